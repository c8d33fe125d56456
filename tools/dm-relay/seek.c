/* seek.c - finds a place in a relay log; see seek.h */
#include "seek.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "logread.h"

void seek_init(struct seek *k)
{
	*k = (struct seek){ .sub = 0 };
	gtid_set_init(&k->done);
}

void seek_release(struct seek *k)
{
	gtid_set_release(&k->done);
}

/* --- through one file --- */

struct scan {
	struct boundary b;
	struct logread log;
	struct buf path;
	int fd;
};

static bool scan_open(struct scan *c, const struct store *s, const struct store_sub *sub, struct str file,
		      struct err *e)
{
	boundary_init(&c->b);
	boundary_restart(&c->b);
	logread_init(&c->log);
	buf_init(&c->path, 8192);
	c->fd = open(store_path(s, sub->name, file, &c->path), O_RDONLY | O_CLOEXEC);
	logread_start(&c->log, c->fd, c->path.p, 0);
	return c->fd >= 0 || err_set(e, &err_file, "cannot open '%s': %s", c->path.p, strerror(errno));
}

static void scan_close(struct scan *c)
{
	boundary_release(&c->b);
	logread_release(&c->log);
	buf_release(&c->path);
	if (c->fd >= 0)
		close(c->fd);
}

/* *more false at the end, for now. */
static bool scan_event(struct scan *c, bool *more, struct err *e)
{
	struct str raw;
	enum logread_got got = logread_event(&c->log, &raw, e);

	*more = got == LOGREAD_EVENT;
	if (got != LOGREAD_EVENT)
		return got != LOGREAD_FAIL;
	if (!boundary_event(&c->b, raw, c->log.offset + raw.n, e))
		return err_at(e, "%s:%llu", c->path.p, (unsigned long long)c->log.offset);
	logread_pass(&c->log, raw.n);
	return true;
}

static void found(struct seek *k, const struct scan *c, size_t sub, struct str file, uint64_t pos)
{
	k->sub = sub;
	place_set(&k->place, file, pos);
	gtid_set_copy(&k->done, &c->b.done);
	k->done_known = c->b.told;
}

/* At the start of a file its head still has to tell what went before. */
static bool is_there(const struct scan *c, uint64_t pos)
{
	return pos > BINLOG_MAGIC_SIZE ? c->log.offset >= pos : c->b.is_start;
}

/* To pos, which must be where an event starts. */
static enum seek_got scan_to(struct seek *k, const struct store *s, size_t sub, const struct store_file *f,
			     uint64_t pos, bool is_last, struct err *e)
{
	enum seek_got got = SEEK_FAIL;
	struct scan c;
	bool more = true, ok;

	if (is_last && f->size < pos)
		return SEEK_LATER;
	ok = scan_open(&c, s, &s->subs[sub], f->name, e);
	while (ok && more && !is_there(&c, pos))
		ok = scan_event(&c, &more, e);
	if (ok && (c.log.offset == pos || pos <= BINLOG_MAGIC_SIZE)) {
		found(k, &c, sub, f->name, pos > BINLOG_MAGIC_SIZE ? pos : BINLOG_MAGIC_SIZE);
		got = SEEK_FOUND;
	} else if (ok && c.log.offset < pos && is_last) {
		got = SEEK_LATER;
	} else if (ok) {
		err_set(e, &err_store_place, "%s: %llu is %s", c.path.p, (unsigned long long)pos,
			c.log.offset < pos ? "behind its end" : "no start of an event");
	}
	scan_close(&c);
	return got;
}

/* --- a place --- */

struct candidates {
	size_t n;
	size_t sub;			/* the last one's */
	struct store_file file;
	bool is_last;			/* no log follows it */
	bool beyond;			/* the newest log of all is an older one */
	struct str oldest, newest;
	struct arena a;
};

static bool look_for(struct candidates *c, const struct store *s, size_t sub, uint64_t number, struct str name,
		     struct err *e)
{
	struct store_file *files;
	size_t n;

	if (!store_files(s, &s->subs[sub], &c->a, &files, &n, e))
		return false;
	if (n > 0 && c->oldest.n == 0)
		c->oldest = files[0].name;
	if (n > 0) {
		c->newest = files[n - 1].name;
		c->beyond = files[n - 1].number < number;
	}
	for (size_t i = 0; i < n; i++)
		if (str_eq(files[i].name, name)) {
			c->n++;
			c->sub = sub;
			c->file = files[i];
			c->is_last = i + 1 == n && sub + 1 == s->n_subs;
		}
	return true;
}

/* Of logs of one name, the one where just these transactions stand before the place. The oldest comes first: its places
 * are told without a number, as this one was. */
static enum seek_got by_done(struct seek *k, const struct store *s, struct str name, uint64_t pos,
			     const struct gtid_set *done, struct err *e)
{
	for (size_t i = 0; i < s->n_subs; i++) {
		struct candidates c = { .a = ARENA_INIT };
		struct err no = { 0 };
		bool ok = look_for(&c, s, i, 0, name, e);
		bool same = ok && c.n > 0 && scan_to(k, s, i, &c.file, pos, c.is_last, &no) == SEEK_FOUND &&
			    gtid_set_contains_set(done, &k->done) && gtid_set_contains_set(&k->done, done);

		arena_release(&c.a);
		if (!ok)
			return SEEK_FAIL;
		if (same)
			return SEEK_FOUND;
	}
	err_set(e, &err_store_place, "'%.*s' is in several sub-directories, and in none of them at %llu with the GTIDs that "
		"are wanted", STR(name), (unsigned long long)pos);
	return SEEK_FAIL;
}

static enum seek_got pick(struct seek *k, const struct store *s, struct candidates *c, struct str name, uint64_t pos,
			  const struct gtid_set *done, struct err *e)
{
	struct str base, digits;

	if (c->n == 1)
		return scan_to(k, s, c->sub, &c->file, pos, c->is_last, e);
	if (c->n > 1 && done && !gtid_set_is_empty(done))
		return by_done(k, s, name, pos, done, e);
	if (c->n > 1 && str_cut_last(name, '.', &base, &digits))
		err_set(e, &err_store_place, "'%.*s' is in several sub-directories; say which, as in '%.*s|%06llu.%.*s'",
			STR(name), STR(base), (unsigned long long)s->subs[c->sub].number, STR(digits));
	else if (c->oldest.n == 0 || c->beyond)
		return SEEK_LATER;
	else
		err_set(e, &err_store_place, "'%.*s' is not in the relay log, which has '%.*s' to '%.*s'", STR(name),
			STR(c->oldest), STR(c->newest));
	return SEEK_FAIL;
}

enum seek_got seek_place(struct seek *k, const struct store *s, const struct place *place, const struct gtid_set *done,
			 struct err *e)
{
	struct candidates c = { .a = ARENA_INIT };
	struct buf name = BUF_INIT(STORE_NAME_MAX);
	enum seek_got got = SEEK_FAIL;
	struct str base;
	uint64_t sub, number;
	bool ok = true;

	if (!store_told(str_of(place->file), &sub, &name) || !store_log_number(buf_str(&name), &base, &number))
		ok = err_set(e, &err_store_place, "'%s' is no name of a log", place->file);
	for (size_t i = 0; ok && i < s->n_subs; i++)
		if (sub == 0 || s->subs[i].number == sub)
			ok = look_for(&c, s, i, number, buf_str(&name), e);
	if (ok && sub > 0 && s->n_subs > 0 && sub < s->subs[0].number)
		err_set(e, &err_store_place, "sub-directory %06llu was purged", (unsigned long long)sub);
	else if (ok)
		got = pick(k, s, &c, buf_str(&name), place->pos, done, e);
	arena_release(&c.a);
	buf_release(&name);
	return got;
}

/* --- a set --- */

/* Reads the head of a log: are all transactions before it in the set? */
static bool starts_within(const struct store *s, size_t sub, struct str file, const struct gtid_set *set, bool *within,
			  struct err *e)
{
	struct scan c;
	bool more = true, ok = scan_open(&c, s, &s->subs[sub], file, e);

	while (ok && more && !c.b.is_start)
		ok = scan_event(&c, &more, e);
	*within = ok && c.b.decoder.has_format && gtid_set_contains_set(set, &c.b.done);
	scan_close(&c);
	return ok;
}

/* Through a log, to the first transaction that is not in the set. */
static bool scan_set(struct seek *k, const struct store *s, size_t sub, struct str file, const struct gtid_set *set,
		     struct err *e)
{
	struct scan c;
	bool more = true, ok = scan_open(&c, s, &s->subs[sub], file, e);

	while (ok && more) {
		ok = scan_event(&c, &more, e);
		if (ok && more && c.b.is_start &&
		    (c.b.now.flavor == GTID_NONE || !gtid_set_contains(set, &c.b.now)))
			break;
	}
	if (ok) {
		found(k, &c, sub, file, c.b.safe);
		gtid_set_copy(&k->done, set);
	}
	scan_close(&c);
	return ok;
}

enum seek_got seek_gtid(struct seek *k, const struct store *s, const struct gtid_set *set, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct store_file *files;
	bool within = false, ok = true, any = false;
	size_t n;

	for (size_t sub = s->n_subs; ok && !within && sub-- > 0;) {
		ok = store_files(s, &s->subs[sub], &a, &files, &n, e);
		while (ok && !within && n > 0) {
			any = true;
			ok = starts_within(s, sub, files[--n].name, set, &within, e);
			if (ok && within)
				ok = scan_set(k, s, sub, files[n].name, set, e);
		}
	}
	arena_release(&a);
	if (!ok)
		return SEEK_FAIL;
	if (within || !any)
		return within ? SEEK_FOUND : SEEK_LATER;
	err_set(e, &err_store_place, "no log of the relay log starts within the set of GTIDs");
	return SEEK_FAIL;
}

/* --- the end --- */

enum seek_got seek_end(struct seek *k, const struct store *s, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct store_file *files;
	struct scan c;
	size_t n = 0, sub = s->n_subs;
	bool ok = true, more = true;

	while (ok && n == 0 && sub > 0)
		ok = store_files(s, &s->subs[--sub], &a, &files, &n, e);
	if (ok && n > 0) {
		ok = scan_open(&c, s, &s->subs[sub], files[n - 1].name, e);
		while (ok && more)
			ok = scan_event(&c, &more, e);
		if (ok)
			found(k, &c, sub, files[n - 1].name, c.b.safe);
		scan_close(&c);
	}
	arena_release(&a);
	return !ok ? SEEK_FAIL : n > 0 ? SEEK_FOUND : SEEK_LATER;
}
