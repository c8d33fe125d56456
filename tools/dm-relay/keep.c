/* keep.c - writes the newest file of a relay log; see keep.h */
#include "keep.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "recover.h"

const struct err_kind err_keep_differs = {
	.code = 30513, .class = "relay-unit", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_REFUSED,
	.workaround = "the upstream's log was begun anew or set back: compare it with the relay log; where all that it "
		      "wrote before is in the relay log, go on with --accept-reset, else migrate the data again",
};

const struct err_kind err_keep_gap = {
	.code = 30514, .class = "relay-unit", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "look at the place with mysqlbinlog or mariadb-binlog on the upstream; an encrypted log cannot be "
		      "kept",
};

enum {
	PENDING_MAX = 512 << 10,	/* written at the latest when there is so much */
	SYNC_MS = 5000,
};
static const char magic[BINLOG_MAGIC_SIZE] = { '\xfe', 'b', 'i', 'n' };

void keep_init(struct keep *k, const struct store *store)
{
	*k = (struct keep){ .store = store, .fd = -1, .sub = BUF_INIT(STORE_NAME_MAX) };
	buf_init(&k->pending, (size_t)6 << 30);
	boundary_init(&k->b);
	k->synced_ms = now_ms();
}

static void close_file(struct keep *k)
{
	if (k->fd >= 0)
		close(k->fd);
	k->fd = -1;
}

void keep_release(struct keep *k)
{
	close_file(k);
	buf_release(&k->sub);
	buf_release(&k->pending);
	boundary_release(&k->b);
}

static const char *path_of(const struct keep *k, struct buf *path)
{
	return store_path(k->store, buf_str(&k->sub), str_of(k->at.file), path);
}

static bool fail(const struct keep *k, const char *what, struct err *e)
{
	struct buf path = BUF_INIT(8192);
	int number = errno;

	err_set(e, &err_file, "cannot %s '%s': %s", what, path_of(k, &path), strerror(number));
	buf_release(&path);
	return false;
}

void keep_begin(struct keep *k, struct str file)
{
	close_file(k);
	boundary_restart(&k->b);
	place_set(&k->at, file, BINLOG_MAGIC_SIZE);
	k->size = 0;
}

bool keep_resume(struct keep *k, const struct store_sub *sub, struct err *e)
{
	struct store_file *files;
	struct arena a = ARENA_INIT;
	struct buf path = BUF_INIT(8192);
	size_t n;
	bool ok;

	close_file(k);
	buf_clear(&k->sub);
	buf_clear(&k->pending);
	buf_put_str(&k->sub, sub->name);
	k->number = sub->number;
	k->at = (struct place){ .file = "" };
	ok = store_files(k->store, sub, &a, &files, &n, e);
	if (ok && n > 0) {
		keep_begin(k, files[n - 1].name);
		k->fd = open(path_of(k, &path), O_RDWR | O_CLOEXEC);
		ok = k->fd >= 0 ? recover_file(&k->b, k->fd, path.p, &k->size, e) : fail(k, "open", e);
		k->at.pos = k->b.safe;
		k->unsynced = true;
		if (ok && k->b.rotated && k->b.safe == k->size) {
			place_set(&k->at, str_of(k->b.next), 0);
			keep_begin(k, arena_str(&a, str_of(k->at.file)));
		}
	}
	arena_release(&a);
	buf_release(&path);
	return ok;
}

bool keep_rewind(struct keep *k, struct err *e)
{
	if (!keep_flush(k, e))
		return false;
	boundary_rewind(&k->b);
	k->at.pos = k->b.safe;
	if (k->at.pos <= UINT32_MAX)
		return true;
	/* A server takes no such place by name; so the file comes again from its start, and is compared. */
	boundary_restart(&k->b);
	k->at.pos = BINLOG_MAGIC_SIZE;
	return true;
}

/* --- writing --- */

/* What did not fit is taken away again: then the file ends with a whole event. */
static bool write_failed(struct keep *k, uint64_t at, struct err *e)
{
	fail(k, "write", e);
	if (ftruncate(k->fd, (off_t)at) != 0)
		log_debug("the end of the file cannot be cut: %s", strerror(errno));
	k->size = at;
	buf_clear(&k->pending);
	return false;
}

static bool write_pending(struct keep *k, struct err *e)
{
	uint64_t at = k->size - k->pending.n;

	if (k->pending.n == 0)
		return true;
	if (!buf_ok(&k->pending, "an event", e))
		return false;
	if (lseek(k->fd, (off_t)at, SEEK_SET) < 0 || !file_write_all(k->fd, k->pending.p, k->pending.n))
		return write_failed(k, at, e);
	if (k->pending.cap > 8 * PENDING_MAX)		/* a huge event is not kept for ever */
		buf_release(&k->pending);
	buf_clear(&k->pending);
	k->unsynced = true;
	return true;
}

bool keep_sync(struct keep *k, struct err *e)
{
	struct store_meta meta = { .place = k->at };
	struct buf gtid = BUF_INIT(64 << 20);
	bool ok;

	k->synced_ms = now_ms();
	if (!write_pending(k, e))
		return false;
	if (!k->unsynced || k->fd < 0)
		return true;
	if (fsync(k->fd) != 0)
		return fail(k, "write", e);
	k->unsynced = false;
	meta.place.pos = k->b.safe;
	gtid_set_text(&k->b.done, &gtid);
	meta.gtid = buf_str(&gtid);
	ok = store_meta_write(k->store, buf_str(&k->sub), &meta, e);
	buf_release(&gtid);
	return ok;
}

bool keep_flush(struct keep *k, struct err *e)
{
	return write_pending(k, e) && (now_ms() - k->synced_ms < SYNC_MS || keep_sync(k, e));
}

static bool append(struct keep *k, struct str bytes, struct err *e)
{
	buf_put_str(&k->pending, bytes);
	k->size += bytes.n;
	return k->pending.n < PENDING_MAX || keep_flush(k, e);
}

static bool create(struct keep *k, struct err *e)
{
	struct buf path = BUF_INIT(8192);

	if (k->fd < 0)
		k->fd = open(path_of(k, &path), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	buf_release(&path);
	if (k->fd < 0)
		return fail(k, "create", e);
	k->unsynced = true;
	return append(k, (struct str){ magic, sizeof(magic) }, e);
}

/* --- events --- */

static bool differs(const struct keep *k, struct err *e)
{
	return err_set(e, &err_keep_differs, "what the upstream sends at %s:%llu is not what the relay log has there",
		       k->at.file, (unsigned long long)k->at.pos);
}

/* n bytes that are in the file already. */
static bool read_kept(struct keep *k, uint64_t at, size_t n, struct buf *into, struct err *e)
{
	char *room;
	ssize_t got;

	buf_clear(into);
	if (!write_pending(k, e))
		return false;
	room = buf_room(into, n);
	if (!room)
		return buf_ok(into, "an event", e);
	while (into->n < n) {
		got = pread(k->fd, room + into->n, n - into->n, (off_t)(at + into->n));
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return fail(k, "read", e);
		into->n += (size_t)got;
	}
	return true;
}

static bool compare(struct keep *k, struct str raw, struct err *e)
{
	struct buf kept = BUF_INIT((size_t)6 << 30);
	bool ok;

	if (k->size - k->at.pos < raw.n)
		return differs(k, e);
	ok = read_kept(k, k->at.pos, raw.n, &kept, e) && (str_eq(buf_str(&kept), raw) || differs(k, e));
	buf_release(&kept);
	return ok;
}

/* An event that belongs at k->at. */
static bool keep_one(struct keep *k, struct str raw, struct err *e)
{
	bool ok = k->at.pos < k->size ? compare(k, raw, e) : append(k, raw, e);

	k->at.pos += raw.n;
	return ok && boundary_event(&k->b, raw, k->at.pos, e);
}

/* A server that is asked for the middle of a file sends the file's first event before that, changed in the place,
 * the time of creation, the flags and the checksum. The rest must be what was kept: else the file is another one of
 * the same name. */
static bool check_format(struct keep *k, struct str raw, struct err *e)
{
	enum { VERSION_AT = BINLOG_HEADER_SIZE + 2, VERSION_SIZE = 50, SENDER_SIZE = 9 };
	struct buf kept = BUF_INIT(1 << 16);
	bool ok = raw.n >= VERSION_AT + VERSION_SIZE;

	if (!ok)
		return err_set(e, &err_binlog_event, "a format description is cut short");
	ok = read_kept(k, BINLOG_MAGIC_SIZE, VERSION_AT + VERSION_SIZE, &kept, e) &&
	     ((memcmp(kept.p, raw.p, SENDER_SIZE) == 0 &&
	       memcmp(kept.p + VERSION_AT, raw.p + VERSION_AT, VERSION_SIZE) == 0) || differs(k, e));
	buf_release(&kept);
	return ok;
}

static bool take_format(struct keep *k, const struct binlog_header *head, struct str raw, struct err *e)
{
	if (k->at.pos > BINLOG_MAGIC_SIZE)
		return check_format(k, raw, e);
	if (head->end == 0)
		return err_set(e, &err_keep_gap, "%s: the upstream does not send the start of its log", k->at.file);
	if (k->size == 0 && !create(k, e))
		return false;
	return keep_one(k, raw, e);
}

/* The upstream says which file what follows is in. */
static bool take_file(struct keep *k, struct str raw, struct err *e)
{
	struct binlog_decoder d;
	struct binlog_event ev;
	struct str base;
	uint64_t now = 0, next = 0;
	bool ok;

	/* No format came yet, or that of the file before; this event is the same in all. */
	binlog_decoder_init(&d);
	d.format = k->b.decoder.format;
	d.has_format = k->b.decoder.has_format;
	ok = binlog_decode(&d, &ev, raw, false, e);
	if (ok && !str_is(ev.rotate.file, k->at.file)) {
		store_log_number(str_of(k->at.file), &base, &now);
		if (!store_log_number(ev.rotate.file, &base, &next) || next <= now)
			ok = differs(k, e);
		else if (next != now + 1)
			ok = err_set(e, &err_keep_gap, "the upstream's log goes on from '%s' with '%.*s'", k->at.file,
				     STR(ev.rotate.file));
		ok = ok && keep_sync(k, e);
		if (ok)
			keep_begin(k, ev.rotate.file);
	} else if (ok && ev.rotate.pos != k->at.pos) {
		ok = differs(k, e);
	}
	binlog_decoder_release(&d);
	return ok;
}

bool keep_event(struct keep *k, struct str raw, struct err *e)
{
	struct binlog_header head;
	struct span span;

	if (!binlog_header_read(&head, raw, e))
		return false;
	if (head.type == BINLOG_HEARTBEAT || head.type == BINLOG_HEARTBEAT_V2)
		return true;
	if (head.type == BINLOG_ROTATE && (head.flags & BINLOG_FLAG_ARTIFICIAL || head.end == 0))
		return take_file(k, raw, e);
	if (head.flags & BINLOG_FLAG_ARTIFICIAL)
		return true;
	if (head.type == BINLOG_FORMAT)
		return take_format(k, &head, raw, e) || err_at(e, "%s", k->at.file);
	span = place_span(k->at.pos, &head);
	if (head.end == 0)
		span.start = k->at.pos;
	if (span.start != k->at.pos)
		return err_set(e, &err_keep_gap, "%s:%llu: the upstream goes on at %llu", k->at.file,
			       (unsigned long long)k->at.pos, (unsigned long long)span.start);
	return keep_one(k, raw, e) || err_at(e, "%s:%llu", k->at.file, (unsigned long long)k->at.pos);
}
