/* files.c - brings the events of log files, with no server at all; see relay.h */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/tool.h"
#include "relay.h"

static const struct err_kind err_files_gap = {
	.code = 30505, .class = "relay-unit", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "name the log files in their order, without a gap",
};

enum { READ_SIZE = 1 << 20 };

struct log_file {
	const char *path;
	int fd;
	struct buf b;			/* bytes that were read; those before at are used up */
	size_t at;
	uint64_t offset;		/* of b.p[at] in the file */
	bool eof;
};

static struct str base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return str_of(slash ? slash + 1 : path);
}

static bool open_file(struct log_file *f, const char *path, struct err *e)
{
	*f = (struct log_file){ .path = path, .b = BUF_INIT((size_t)6 << 30) };
	f->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (f->fd < 0)
		return err_set(e, &err_file, "cannot open '%s': %s", path, strerror(errno));
	posix_fadvise(f->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	return true;
}

static void close_file(struct log_file *f)
{
	if (f->fd >= 0)
		close(f->fd);
	buf_release(&f->b);
}

/* Makes n bytes stand at f->at, or as many as there are. Memory grows with bytes that came, not with what a
 * length claims. */
static bool fill(struct log_file *f, size_t n, struct err *e)
{
	while (f->b.n - f->at < n && !f->eof) {
		char *room;
		ssize_t got;

		if (f->at > 0) {
			f->b.n -= f->at;
			memmove(f->b.p, f->b.p + f->at, f->b.n);
			f->at = 0;
		}
		room = buf_room(&f->b, READ_SIZE);
		if (!room)
			return buf_ok(&f->b, "an event", e);
		got = read(f->fd, room, f->b.cap - f->b.n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_set(e, &err_file, "cannot read '%s': %s", f->path, strerror(errno));
		f->b.n += (size_t)got;
		f->eof = got == 0;
	}
	return true;
}

static struct str bytes_at(const struct log_file *f, size_t n)
{
	return str_first((struct str){ f->b.p + f->at, f->b.n - f->at }, n);
}

static void use_up(struct log_file *f, size_t n)
{
	f->at += n;
	f->offset += n;
}

/* --start: what stands before it in its file is passed over. */
static bool pass_to(struct log_file *f, uint64_t pos, struct err *e)
{
	while (f->offset < pos) {
		size_t n;

		if (!fill(f, 1, e))
			return false;
		n = f->b.n - f->at;
		if (n == 0)
			return err_set(e, &err_binlog_event, "%s: the place to start at, %llu, is behind the end of "
				       "the file", f->path,
				       (unsigned long long)pos);
		use_up(f, n < pos - f->offset ? n : pos - f->offset);
	}
	return true;
}

static bool cut_short(const struct relay *r, const struct log_file *f, struct err *e)
{
	/* A server that writes the file now, or that died, has not cleared the mark: a part of an event is its
	 * end. */
	if (r->decoder.has_format && r->decoder.format.in_use) {
		log_warning("%s:%llu: the file ends inside an event; it is being written, or its server died", f->path,
			    (unsigned long long)f->offset);
		return true;
	}
	return err_set(e, &err_binlog_event, "%s:%llu: the file is cut short inside an event", r->at.file,
		       (unsigned long long)f->offset);
}

static bool check_type(const struct relay *r, const struct binlog_header *head, struct err *e)
{
	if (!r->decoder.has_format && head->type != BINLOG_FORMAT)
		return err_set(e, &err_binlog_file, "the file does not start with a format description");
	if (head->type == BINLOG_START_ENCRYPTION)
		return err_set(e, &err_binlog_file, "the binary log is encrypted");
	return true;
}

static bool read_event(struct relay *r, struct log_file *f, bool *more, struct err *e)
{
	struct binlog_header head;
	struct span span = { f->offset, 0 };

	*more = false;
	if (!fill(f, BINLOG_HEADER_SIZE, e))
		return false;
	if (f->b.n == f->at)
		return true;
	if (f->b.n - f->at < BINLOG_HEADER_SIZE)
		return cut_short(r, f, e);
	if (!binlog_header_read(&head, bytes_at(f, BINLOG_HEADER_SIZE), e) || !check_type(r, &head, e))
		return err_at(e, "%s:%llu", r->at.file, (unsigned long long)f->offset);
	if (!fill(f, head.size, e))
		return false;
	if (f->b.n - f->at < head.size)
		return cut_short(r, f, e);
	span.end = span.start + head.size;
	*more = true;
	if (!feed_event(r, bytes_at(f, head.size), span, e))
		return false;
	use_up(f, head.size);
	return true;
}

static bool read_file(struct relay *r, struct log_file *f, uint64_t from, struct err *e)
{
	bool more = true;

	if (!fill(f, BINLOG_MAGIC_SIZE, e))
		return false;
	if (!binlog_magic_check(bytes_at(f, BINLOG_MAGIC_SIZE), e))
		return err_at(e, "%s", f->path);
	use_up(f, BINLOG_MAGIC_SIZE);
	if (!read_event(r, f, &more, e) || (more && !pass_to(f, from, e)))
		return false;
	if (!more)
		return err_set(e, &err_binlog_file, "%s: the file has no events", f->path);
	r->at.pos = f->offset;
	feed_boundary(r);		/* --until may be here already */
	while (more && !r->ended) {
		if (stop_asked && !r->trx.open) {
			r->ended = "signal";
			return true;
		}
		if (!read_event(r, f, &more, e))
			return false;
	}
	return feed_may_end(r, e);
}

/* The number at the end of a log's name, or 0. */
static uint64_t number_of(struct str name)
{
	struct str digits;
	uint64_t n = 0;

	return str_cut_last(name, '.', NULL, &digits) && str_to_u64(digits, &n) ? n : 0;
}

static bool check_order(const struct relay *r, const char *path, struct err *e)
{
	struct str name = base_name(path);
	uint64_t want = number_of(r->next_file), have = number_of(name);

	if (want == 0 || have == 0 || want == have)
		return true;
	return err_set(e, &err_files_gap, "'%s' does not follow the file before it, which says that '%.*s' does", path,
		       STR(r->next_file));
}

static bool one_file(struct relay *r, const char *path, uint64_t from, struct err *e)
{
	struct log_file f;
	bool ok;

	binlog_decoder_restart(&r->decoder);
	ok = open_file(&f, path, e);
	if (ok) {
		place_set(&r->at, base_name(path), BINLOG_MAGIC_SIZE);
		if (!r->start.file[0]) {
			place_set(&r->start, base_name(path), from > BINLOG_MAGIC_SIZE ? from : BINLOG_MAGIC_SIZE);
			r->safe = r->start;
		}
		ok = read_file(r, &f, from, e);
	}
	close_file(&f);
	return ok;
}

/* The place to start at, and the first file to read. */
static bool find_start(const char *start, char ***files, struct place *from, struct err *e)
{
	*from = (struct place){ .file = "" };
	if (!start)
		return true;
	if (!place_parse(from, str_of(start)))
		return err_set(e, &err_usage, "--start is FILE:OFFSET where log files are read, not '%s'", start);
	while (**files && !str_is(base_name(**files), from->file))
		(*files)++;
	return **files || err_set(e, &err_usage, "no file named '%s' is given to start at", from->file);
}

bool files_run(struct relay *r, const struct relay_settings *s, char **files, struct err *e)
{
	struct place from;
	bool ok = true;

	if (s->until && !place_parse(&r->until, str_of(s->until)))
		return err_set(e, &err_usage, "--until is FILE:OFFSET where log files are read, not '%s'", s->until);
	r->until_reason = "until";
	r->placed = true;
	r->source_id = str_of(s->config.source ? s->config.source : "");
	if (!report_begin(r, &(struct config){ .has_task = false }, e) || !find_start(s->start, &files, &from, e))
		return false;
	for (; ok && *files && !r->ended; files++) {
		ok = check_order(r, *files, e) && one_file(r, *files, from.pos, e);
		from.pos = 0;
	}
	if (ok)
		return feed_end(r, r->ended ? r->ended : "complete", e);
	return false;
}
