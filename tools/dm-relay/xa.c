/* xa.c - XA transactions that the log holds prepared; see xa.h */
#include "xa.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "stream/event.h"
#include "text/json_read.h"
#include "text/json_write.h"

#define EVENT_MAX ((size_t)6 << 30)
#define GTIDS_MAX ((size_t)64 << 20)

enum { PLACE_MAX = 1024, SIZE_AT = 9 };		/* where an event's header tells its size */

void xa_init(struct xa *x)
{
	*x = (struct xa){ .open = NULL, .until = BUF_INIT(PLACE_MAX) };
	gtid_set_init(&x->applied);
}

void xa_release(struct xa *x)
{
	xa_drop_open(x);
	for (size_t i = 0; i < x->n; i++)
		xa_free(x->held[i]);
	free(x->held);
	gtid_set_release(&x->applied);
	buf_release(&x->until);
	xa_init(x);
}

/* --- names --- */

static void put_hex(struct buf *b, struct str bytes)
{
	static const char digits[] = "0123456789abcdef";

	buf_put_text(b, "X'");
	for (size_t i = 0; i < bytes.n; i++) {
		buf_put_char(b, digits[(unsigned char)bytes.p[i] >> 4]);
		buf_put_char(b, digits[bytes.p[i] & 15]);
	}
	buf_put_char(b, '\'');
}

static void set_name(struct xa_name *name, const struct buf *b)
{
	struct str text = str_first(buf_str(b), XA_NAME_MAX - 1);

	memcpy(name->text, text.p, text.n);
	name->text[text.n] = '\0';
}

void xa_name_of(struct xa_name *name, const struct binlog_xid *xid)
{
	struct buf b = BUF_INIT(XA_NAME_MAX);

	put_hex(&b, xid->gtrid);
	buf_put_char(&b, ',');
	put_hex(&b, xid->bqual);
	buf_put_char(&b, ',');
	buf_put_i64(&b, xid->format);
	set_name(name, &b);
	buf_release(&b);
}

/* X'00ff', with either case of both. */
static bool take_hex(struct str *text, struct buf *b)
{
	struct str digits, rest;

	if (!str_starts_nocase(*text, STR_LIT("X'")) || !str_cut(str_from(*text, 2), '\'', &digits, &rest) ||
	    digits.n % 2 != 0)
		return false;
	buf_put_text(b, "X'");
	for (size_t i = 0; i < digits.n; i++) {
		char c = digits.p[i];

		if (c >= 'A' && c <= 'F')
			c = (char)(c - 'A' + 'a');
		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
			return false;
		buf_put_char(b, c);
	}
	buf_put_char(b, '\'');
	*text = str_trim(rest);
	return true;
}

static bool take_comma(struct str *text, struct buf *b)
{
	if (text->n == 0 || text->p[0] != ',')
		return false;
	*text = str_trim(str_from(*text, 1));
	buf_put_char(b, ',');
	return true;
}

bool xa_name_parse(struct xa_name *name, struct str text)
{
	struct buf b = BUF_INIT(XA_NAME_MAX);
	struct str digits;
	uint64_t format;
	bool ok;

	text = str_trim(text);
	ok = take_hex(&text, &b) && take_comma(&text, &b) && take_hex(&text, &b) && take_comma(&text, &b);
	digits = ok && text.n > 0 && text.p[0] == '-' ? str_from(text, 1) : text;
	ok = ok && str_to_u64(digits, &format) && format <= INT32_MAX;
	if (ok) {
		buf_put_str(&b, text);
		ok = !b.over;
	}
	if (ok)
		set_name(name, &b);
	buf_release(&b);
	return ok;
}

/* --- one transaction --- */

void xa_free(struct xa_held *held)
{
	if (!held)
		return;
	if (held->fd >= 0)
		close(held->fd);
	buf_release(&held->b);
	buf_release(&held->start);
	gtid_set_release(&held->done);
	free(held);
}

void xa_drop_open(struct xa *x)
{
	xa_free(x->open);
	x->open = NULL;
}

void xa_open(struct xa *x, struct str start)
{
	xa_drop_open(x);
	x->open = mem_zalloc(sizeof(*x->open));
	x->open->fd = -1;
	buf_init(&x->open->b, EVENT_MAX);
	buf_init(&x->open->start, PLACE_MAX);
	gtid_set_init(&x->open->done);
	buf_put_str(&x->open->start, start);
}

static bool spill(struct xa_held *held, struct err *e)
{
	if (held->fd < 0 && !file_make_unnamed(&held->fd, NULL, "an XA transaction", e))
		return false;
	if (!file_write_all(held->fd, held->b.p, held->b.n))
		return err_set(e, &err_file, "cannot write to the file that holds an XA transaction: %s",
			       strerror(errno));
	held->written += held->b.n;
	buf_release(&held->b);
	return true;
}

bool xa_hold(struct xa *x, struct str raw, size_t checksum, struct err *e)
{
	struct xa_held *held = x->open;
	size_t n = raw.n - checksum, start;

	/* Before the event is added: memory holds one that is whole and large by itself only until the next. */
	if (held->b.n > 0 && held->b.n + n > XA_MEMORY && !spill(held, e))
		return false;
	start = held->b.n;
	buf_put(&held->b, raw.p, n);
	if (!buf_ok(&held->b, "an event of an XA transaction", e))
		return false;
	for (size_t i = 0; i < 4; i++)
		held->b.p[start + SIZE_AT + i] = (char)(n >> 8 * i);
	held->events++;
	return true;
}

static bool read_file(struct xa_held *held, char *p, size_t n, struct err *e)
{
	while (n > 0) {
		ssize_t got = pread(held->fd, p, n, (off_t)held->read);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return err_set(e, &err_file, "cannot read the file that holds an XA transaction: %s",
				       got < 0 ? strerror(errno) : "it is shorter than it was");
		held->read += (uint64_t)got;
		p += got;
		n -= (size_t)got;
	}
	return true;
}

/* Adds n bytes of the file to b, which holds one event while the file is read. */
static bool read_more(struct xa_held *held, size_t n, struct err *e)
{
	char *room = buf_room(&held->b, n);

	if (!room)
		return buf_ok(&held->b, "an event of an XA transaction", e);
	if (!read_file(held, room, n, e))
		return false;
	held->b.n += n;
	return true;
}

static bool next_of_file(struct xa_held *held, struct str *raw, struct err *e)
{
	struct binlog_header head;

	buf_clear(&held->b);
	if (!read_more(held, BINLOG_HEADER_SIZE, e) || !binlog_header_read(&head, buf_str(&held->b), e) ||
	    !read_more(held, head.size - BINLOG_HEADER_SIZE, e))
		return false;
	*raw = buf_str(&held->b);
	return true;
}

bool xa_next(struct xa_held *held, struct str *raw, bool *more, struct err *e)
{
	struct binlog_header head;
	struct str rest;

	if (held->fd >= 0 && held->read == 0 && held->b.n > 0 && !spill(held, e))
		return false;
	if (held->fd >= 0) {
		*more = held->read < held->written;
		return !*more || next_of_file(held, raw, e);
	}
	*more = held->at < held->b.n;
	if (!*more)
		return true;
	rest = str_from(buf_str(&held->b), held->at);
	if (!binlog_header_read(&head, str_first(rest, BINLOG_HEADER_SIZE), e))
		return false;
	*raw = str_first(rest, head.size);
	held->at += raw->n;
	return true;
}

/* --- all that are prepared --- */

static struct xa_held *take_at(struct xa *x, size_t i)
{
	struct xa_held *held = x->held[i];

	x->n--;
	memmove(x->held + i, x->held + i + 1, (x->n - i) * sizeof(*x->held));
	x->memory -= held->b.n;
	x->changed = true;
	return held;
}

struct xa_held *xa_take(struct xa *x, const struct xa_name *name)
{
	for (size_t i = 0; i < x->n; i++)
		if (strcmp(x->held[i]->name.text, name->text) == 0)
			return take_at(x, i);
	return NULL;
}

struct xa_held *xa_take_open(struct xa *x)
{
	struct xa_held *held = x->open;

	x->open = NULL;
	return held;
}

bool xa_prepare(struct xa *x, const struct xa_name *name, const struct gtid_set *done, struct err *e)
{
	struct xa_held *held = x->open, *old = xa_take(x, name);

	/* A server lets nobody prepare it twice: its end was kept out of the log. */
	if (old)
		log_warning("XA transaction %s of %.*s was never decided in the log, and is prepared anew at %.*s; it is "
			    "taken as rolled back", name->text, STR(buf_str(&old->start)), STR(buf_str(&held->start)));
	xa_free(old);
	held->name = *name;
	gtid_set_copy(&held->done, done);
	if ((held->fd >= 0 || x->memory + held->b.n > XA_MEMORY_ALL) && held->b.n > 0 && !spill(held, e))
		return false;
	if (x->n == x->cap) {
		x->cap = x->cap ? x->cap * 2 : 8;
		x->held = mem_rearray(x->held, x->cap, sizeof(*x->held));
	}
	x->held[x->n++] = xa_take_open(x);
	x->memory += held->b.n;
	x->changed = true;
	return true;
}

/* --- what a restart needs to know --- */

struct str xa_resume(const struct xa *x)
{
	return x->n > 0 ? buf_str(&x->held[0]->start) : STR_LIT("");
}

void xa_state_put(const struct xa *x, struct str until, bool with_gtids, struct buf *b)
{
	struct buf gtids = BUF_INIT(GTIDS_MAX);

	if (x->n == 0) {
		buf_put_text(b, "null");
		return;
	}
	if (with_gtids)
		gtid_set_text(&x->held[0]->done, &gtids);
	buf_put_char(b, '{');
	json_put_key_text(b, "resume", xa_resume(x));
	json_put_key_text(b, "until", until);
	json_put_key_text(b, "from", buf_str(&gtids));
	buf_put_char(b, '}');
	buf_release(&gtids);
}

bool xa_state_apply(struct xa *x, struct str value, struct str place, struct gtid_set *done, bool *fits, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct str key, resume = STR_LIT(""), until = STR_LIT(""), from = STR_NONE, gtids = STR_LIT("");
	struct gtid_set set;
	struct json j;
	bool ok;

	gtid_set_init(&set);
	json_init(&j, value);
	for (bool more = json_object(&j); more && json_key(&j, &key); ) {
		if (str_is(key, "resume"))
			resume = json_text(&j, &a);
		else if (str_is(key, "until"))
			until = json_text(&j, &a);
		else if (str_is(key, "from"))
			from = json_text(&j, &a);
		else if (str_is(key, "gtid"))		/* of a version before: the undecided ones alone */
			gtids = json_text(&j, &a);
		else
			json_skip(&j);
	}
	ok = json_ok(&j, "what is known of XA transactions", e) && gtid_set_parse(&set, from.p ? from : gtids, e);
	*fits = ok && str_eq(resume, place);
	if (*fits) {
		gtid_set_copy(&x->applied, done);
		buf_set(&x->until, until);
		if (from.p)
			gtid_set_copy(done, &set);
		else
			gtid_set_remove_set(done, &set);
	}
	gtid_set_release(&set);
	arena_release(&a);
	return ok;
}

bool xa_was_sent(const struct xa *x, const struct gtid *gtid, struct str pos)
{
	if (gtid->flavor != GTID_NONE && gtid->flavor == x->applied.flavor && !gtid_set_is_empty(&x->applied))
		return gtid_set_contains(&x->applied, gtid);
	return x->until.n > 0 && event_pos_compare(pos, buf_str(&x->until)) <= 0;
}

void xa_pass(struct xa *x, const struct gtid *gtid, struct str pos)
{
	if (x->until.n == 0 || xa_was_sent(x, gtid, pos))
		return;
	buf_clear(&x->until);
	gtid_set_release(&x->applied);
}
