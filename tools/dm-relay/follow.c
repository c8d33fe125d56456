/*
 * follow.c - brings the events of a relay log, while it grows; see relay.h
 *
 * The end of a file is "not yet" until another one follows it. The reader wakes up by inotify, and once in a while in
 * any case, since not every file system tells.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/tool.h"
#include "head.h"
#include "lease.h"
#include "live.h"
#include "logread.h"
#include "repair.h"
#include "seek.h"

static const struct err_kind err_follow_cut = {
	.code = 30517, .class = "relay-unit", .scope = SCOPE_UPSTREAM, .level = LEVEL_MEDIUM, .status = STATUS_RETRY,
	.workaround = "it is safe to try again from the last transaction boundary",
};

static const struct err_kind err_follow_late = {
	.code = 30518, .class = "relay-unit", .scope = SCOPE_INTERNAL, .level = LEVEL_MEDIUM, .status = STATUS_RETRY,
	.workaround = "see that dm-relay --pull runs and how far it is, and try again; or read from the server, without "
		      "--relay-dir",
};

enum {
	WAKE_MS = 900,			/* the longest sleep, for heartbeats */
	POLL_MS = 200,			/* the same where nothing tells of changes */
	LATE_MS = 30000,		/* the writer is waited for */
	SIGNALS_EVERY = 256,
};

struct follow {
	const struct config *config;
	struct relay *r;
	struct store store;
	struct lease lease;
	struct head head;
	struct logread log;
	int fd;				/* of the log that is read; -1: none yet */
	struct buf path;
	uint64_t sub;			/* number of its sub-directory */
	struct buf sub_name, file;
	uint64_t from;			/* the place in it to start at, once its format is known; 0: from its start */
	struct gtid_set skip;		/* transactions that are not sent, where not empty */
	bool skipping;			/* inside one of them, */
	struct boundary skipped;	/* and where in it */
	int notify;			/* -1: this system does not tell */
	int watch;			/* of the sub-directory */
};

/* --- files --- */

static const struct store_sub *sub_of(const struct follow *f)
{
	for (size_t i = 0; i < f->store.n_subs; i++)
		if (f->store.subs[i].number == f->sub)
			return &f->store.subs[i];
	return NULL;
}

/* As server_own_id says it: of MariaDB, the name of a sub-directory is domain and server_id. */
static void name_server(struct relay *r, struct str uuid)
{
	struct str domain, number;
	bool mariadb = str_cut(uuid, '-', &domain, &number) && str_find(number, STR_LIT("-")) == SIZE_MAX;

	snprintf(r->tables.server, sizeof(r->tables.server), "%s %.*s", mariadb ? "server_id" : "server_uuid",
		 STR(mariadb ? number : uuid));
}

static bool open_log(struct follow *f, const struct store_sub *sub, struct str file, uint64_t from, struct err *e)
{
	struct relay *r = f->r;
	struct buf name = BUF_INIT(STORE_NAME_MAX + 16);

	if (!lease_take(&f->lease, sub->number, file, e))
		return false;
	if (f->fd >= 0)
		close(f->fd);
	if (f->notify >= 0 && f->sub != sub->number) {
		if (f->watch >= 0)
			inotify_rm_watch(f->notify, f->watch);
		f->watch = inotify_add_watch(f->notify, store_path(&f->store, sub->name, STR_NONE, &f->path),
					     IN_MODIFY | IN_CREATE | IN_MOVED_TO);
	}
	f->sub = sub->number;
	name_server(r, sub->uuid);
	buf_set(&f->sub_name, sub->name);
	status_text(&r->status, "relaySubDir", sub->name);
	buf_set(&f->file, file);
	f->from = from;
	f->skipping = false;
	f->fd = open(store_path(&f->store, sub->name, file, &f->path), O_RDONLY | O_CLOEXEC);
	if (f->fd < 0)
		return err_set(e, &err_file, "cannot open '%s': %s", f->path.p, strerror(errno));
	logread_start(&f->log, f->fd, f->path.p, 0);
	binlog_decoder_restart(&r->decoder);
	boundary_restart(&f->skipped);
	place_set(&r->at, store_tell(f->sub, file, &name), BINLOG_MAGIC_SIZE);
	buf_release(&name);
	return true;
}

/* What the old log did not end will never be ended. */
static bool leave_sub(struct follow *f, const struct store_sub *next, struct err *e)
{
	struct relay *r = f->r;
	const struct store_sub *now = sub_of(f);

	if (r->trx.open && r->trx.seq > 0)
		return err_set(e, &err_follow_cut, "%s: the transaction that starts at %llu is not whole in the log of this "
			       "server", r->at.file, (unsigned long long)r->trx.start);
	feed_restart(r);
	/* A server that has begun anew counts its transactions from the start; with another one, those that were read
	 * already come first. */
	if (now && str_eq(now->uuid, next->uuid)) {
		gtid_set_release(&r->done);
		gtid_set_init(&r->done);
	}
	gtid_set_copy(&f->skip, &r->done);
	log_notice("sub-directory '%.*s' follows '%.*s'", STR(next->name), STR(buf_str(&f->sub_name)));
	return true;
}

/* The log that follows that which is read, where there is one. Text in a. */
static bool find_next(struct follow *f, struct arena *a, const struct store_sub **sub, struct str *file, bool *there,
		      struct err *e)
{
	struct store_file *files;
	struct str base;
	uint64_t number = 0;
	size_t n, i = 0;

	*there = false;
	store_log_number(buf_str(&f->file), &base, &number);
	if (!store_read_index(&f->store, e))
		return false;
	while (i < f->store.n_subs && f->store.subs[i].number < f->sub)
		i++;
	for (; i < f->store.n_subs && !*there; i++) {
		*sub = &f->store.subs[i];
		if (!store_files(&f->store, *sub, a, &files, &n, e))
			return false;
		for (size_t k = 0; k < n && !*there; k++) {
			*there = (*sub)->number > f->sub || files[k].number > number;
			*file = files[k].name;
			if (*there && (*sub)->number == f->sub && files[k].number != number + 1)
				return err_set(e, &err_store_place, "'%.*s' does not follow '%.*s' in the relay log",
					       STR(*file), STR(buf_str(&f->file)));
		}
	}
	return true;
}

/* --- events --- */

static bool names_gtid(uint8_t type)
{
	return type == BINLOG_GTID || type == BINLOG_GTID_TAGGED || type == BINLOG_MARIADB_GTID ||
	       type == BINLOG_ANONYMOUS_GTID;
}

static bool ends_skip(uint8_t type)
{
	return type == BINLOG_FORMAT || type == BINLOG_ROTATE || type == BINLOG_STOP || type == BINLOG_PREVIOUS_GTIDS ||
	       type == BINLOG_MARIADB_GTID_LIST;
}

/* Sets f->skipping: does the event belong to a transaction that is not sent? */
static bool choose(struct follow *f, struct str raw, uint8_t type, struct err *e)
{
	struct binlog_event ev;

	if (gtid_set_is_empty(&f->skip) || ends_skip(type)) {
		f->skipping = false;
		return true;
	}
	if (!names_gtid(type))
		return true;
	if (!binlog_decode(&f->r->decoder, &ev, raw, false, e))
		return err_at(e, "%s:%llu", f->r->at.file, (unsigned long long)f->log.offset);
	f->skipping = ev.gtid.gtid.flavor != GTID_NONE && gtid_set_contains(&f->skip, &ev.gtid.gtid);
	return true;
}

/* An event that is not sent. Behind the last one of a transaction the place counts all the same. */
static bool pass_over(struct follow *f, struct str raw, uint64_t end, struct err *e)
{
	if (!boundary_event(&f->skipped, raw, end, e))
		return err_at(e, "%s:%llu", f->r->at.file, (unsigned long long)f->log.offset);
	f->r->at.pos = end;
	if (!f->skipped.open) {
		f->skipping = false;
		feed_boundary(f->r);
	}
	return true;
}

static bool take(struct follow *f, struct str raw, struct err *e)
{
	struct relay *r = f->r;
	struct span span = { f->log.offset, f->log.offset + raw.n };
	struct binlog_header head;

	if (!binlog_header_read(&head, raw, e))
		return false;
	if (!r->decoder.has_format && head.type != BINLOG_FORMAT)
		return err_set(e, &err_binlog_file, "%s: the file does not start with a format description", f->path.p);
	if (!choose(f, raw, head.type, e))
		return false;
	if (f->skipping ? !pass_over(f, raw, span.end, e) : !feed_event(r, raw, span, e))
		return false;
	if (head.type == BINLOG_FORMAT && !boundary_event(&f->skipped, raw, span.end, e))
		return false;
	r->at.pos = span.end;
	logread_pass(&f->log, raw.n);
	if (head.type == BINLOG_FORMAT && f->from > f->log.offset) {
		logread_start(&f->log, f->fd, f->path.p, f->from);
		r->at.pos = f->from;
	}
	f->from = 0;
	return true;
}

/* --- waiting --- */

static void drain(int fd)
{
	char block[4096];

	while (read(fd, block, sizeof(block)) > 0)
		;
}

/* A restart may have to begin in an old log, where an XA transaction is undecided. */
static bool trim_lease(struct follow *f, struct err *e)
{
	struct buf name = BUF_INIT(STORE_NAME_MAX);
	struct lease_place needed = { .sub = 0 };
	struct place resume;
	struct str base;
	bool any;

	any = place_parse(&resume, xa_resume(&f->r->xa)) && store_told(str_of(resume.file), &needed.sub, &name) &&
	      store_log_number(buf_str(&name), &base, &needed.number);
	if (needed.sub == 0)
		needed.sub = 1;		/* its places are told without a number */
	buf_release(&name);
	return lease_trim(&f->lease, any ? &needed : NULL, e);
}

/* The waiting place. */
static bool wait_for_more(struct follow *f, struct err *e)
{
	struct relay *r = f->r;
	struct pollfd p = { .fd = f->notify, .events = POLLIN };
	int ms = f->notify >= 0 ? WAKE_MS : POLL_MS;
	struct timespec limit = { ms / 1000, ms % 1000 * 1000000L };

	if (!out_flush(&r->out, e) || !report(r, "Running", false, e) || !trim_lease(f, e))
		return false;
	if (ppoll(&p, f->notify >= 0, &limit, tool_wait_mask()) > 0)
		drain(f->notify);
	/* The first line needs to know what kind of server wrote the log. */
	if (r->trx.open || !r->decoder.has_format || now_ms() - r->out.written_ms < WAKE_MS)
		return true;
	head_ask(&f->head, r, f->sub, r->tables.server);
	return feed_heartbeat(r, r->head.file[0] && place_compare(&r->safe, &r->head) >= 0, e);
}

/* At the end of the file, or in a part of an event: another file follows, or more comes. */
static bool go_on(struct follow *f, enum logread_got at_end, struct err *e)
{
	const struct store_sub *sub = NULL;
	struct arena a = ARENA_INIT;
	struct str raw, file = STR_NONE;
	enum logread_got got = at_end;
	bool there, ok;

	ok = find_next(f, &a, &sub, &file, &there, e);
	if (ok && there) {
		/* The writer may have ended this one in between. */
		got = logread_event(&f->log, &raw, e);
		ok = got != LOGREAD_FAIL;
	}
	if (ok && there && got == LOGREAD_PART)
		ok = err_set(e, &err_binlog_event, "%s:%llu: the file is cut short inside an event", f->path.p,
			     (unsigned long long)f->log.offset);
	else if (ok && there && got == LOGREAD_END)
		ok = (sub->number == f->sub ? feed_may_end(f->r, e) : leave_sub(f, sub, e)) &&
		     open_log(f, sub, file, 0, e);
	else if (ok && !there)
		ok = wait_for_more(f, e);
	arena_release(&a);
	return ok;
}

/* --- the loop --- */

static bool loop(struct follow *f, struct err *e)
{
	struct relay *r = f->r;
	struct str raw;
	unsigned n = 0;

	while (!r->ended) {
		enum logread_got got = logread_event(&f->log, &raw, e);

		if (got == LOGREAD_FAIL || (got == LOGREAD_EVENT ? !take(f, raw, e) : !go_on(f, got, e)))
			return false;
		if (++n % SIGNALS_EVERY == 0)
			tool_take_signals();
		if (!r->ended && stop_asked && (!r->trx.open || got != LOGREAD_EVENT))
			r->ended = "signal";
	}
	return true;
}

/* --- where to start --- */

static enum seek_got seek(struct follow *f, struct seek *k, const struct start *start, struct err *e)
{
	struct gtid_set set;
	enum seek_got got = SEEK_FAIL;

	if (!store_read_index(&f->store, e))
		return SEEK_FAIL;
	gtid_set_init(&set);
	if (!gtid_set_parse(&set, start->gtid, e))
		err_at(e, "the place to start at");
	else if (start->gtid.n > 0 && (start->by_gtid || !start->place.file[0]))
		got = seek_gtid(k, &f->store, &set, e);
	else if (start->place.file[0])
		got = seek_place(k, &f->store, &start->place, &set, e);
	else
		got = seek_end(k, &f->store, e);
	gtid_set_release(&set);
	return got;
}

static bool is_by_gtid(const struct start *start)
{
	return start->gtid.n > 0 && (start->by_gtid || !start->place.file[0]);
}

static bool settle(struct follow *f, const struct seek *k, const struct start *start, struct err *e)
{
	const struct store_sub *sub = &f->store.subs[k->sub];
	struct relay *r = f->r;

	gtid_set_copy(&r->done, &k->done);
	/* What the document says counts; it may hold what the log does not tell. */
	if (start->gtid.n > 0 && !gtid_set_parse(&r->done, start->gtid, e))
		return false;
	r->done_known = start->gtid.n > 0 || k->done_known;
	if (is_by_gtid(start))
		gtid_set_copy(&f->skip, &r->done);
	if (!open_log(f, sub, arena_str(&r->arena, str_of(k->place.file)), k->place.pos, e))
		return false;
	r->at.pos = k->place.pos;
	r->start = r->safe = r->at;
	r->at.pos = BINLOG_MAGIC_SIZE;
	r->placed = true;
	return true;
}

/* The folder of leases is locked from the search to the lease, so that nothing is purged in between. *later: the writer
 * has not come so far yet. */
static bool try_start(struct follow *f, const struct start *start, bool *later, struct err *e)
{
	struct seek k;
	enum seek_got got = SEEK_FAIL;
	int lock;
	bool ok;

	seek_init(&k);
	ok = lease_lock(&f->store, false, true, &lock, e);
	if (ok)
		got = seek(f, &k, start, e);
	ok = ok && got != SEEK_FAIL && (got == SEEK_LATER || settle(f, &k, start, e));
	*later = got == SEEK_LATER;
	if (lock >= 0)
		close(lock);
	seek_release(&k);
	return ok;
}

static bool find_start(struct follow *f, const struct start *start, struct err *e)
{
	struct timespec pause = { 0, POLL_MS * 1000000L };
	int64_t end = now_ms() + LATE_MS;
	bool later;

	for (;;) {
		if (!try_start(f, start, &later, e))
			return false;
		if (!later || stop_asked)
			return true;
		if (now_ms() >= end)
			break;
		ppoll(NULL, 0, &pause, tool_wait_mask());
	}
	if (start->place.file[0])
		return err_set(e, &err_follow_late, "the relay log '%s' has not come to %s:%llu for %d s", f->store.dir,
			       start->place.file, (unsigned long long)start->place.pos, LATE_MS / 1000);
	return err_set(e, &err_follow_late, "the relay log '%s' has had nothing to read for %d s", f->store.dir,
		       LATE_MS / 1000);
}

/* --until names a log as the upstream does, or as places in a relay log are told. */
static bool settle_until(struct follow *f, const char *until, struct err *e)
{
	struct relay *r = f->r;
	struct seek k;
	struct buf name = BUF_INIT(STORE_NAME_MAX + 16), file = BUF_INIT(STORE_NAME_MAX);
	uint64_t sub;
	bool ok = true;

	if (!until)
		return true;
	r->until_reason = strcmp(until, "caught-up") == 0 ? "caught-up" : "until";
	seek_init(&k);
	if (strcmp(until, "caught-up") == 0) {
		ok = seek_end(&k, &f->store, e) == SEEK_FOUND;
		if (ok)
			place_set(&r->until, store_tell(f->store.subs[k.sub].number, str_of(k.place.file), &name),
				  k.place.pos);
	} else if (!place_parse(&r->until, str_of(until)) || !store_told(str_of(r->until.file), &sub, &file)) {
		ok = err_set(e, &err_usage, "--until is 'caught-up' or FILE:OFFSET, not '%s'", until);
	} else if (sub == 0) {
		place_set(&r->until, store_tell(f->sub, buf_str(&file), &name), r->until.pos);
	}
	if (ok && place_compare(&r->safe, &r->until) >= 0)
		r->ended = r->until_reason;
	seek_release(&k);
	buf_release(&name);
	buf_release(&file);
	return ok;
}

/* The stream line tells who wrote the log: its first event does. */
static bool read_format(struct follow *f, struct err *e)
{
	struct str raw;

	while (!f->r->decoder.has_format && !stop_asked) {
		switch (logread_event(&f->log, &raw, e)) {
		case LOGREAD_EVENT:
			if (!take(f, raw, e))
				return false;
			continue;
		case LOGREAD_END:
		case LOGREAD_PART:
			if (!wait_for_more(f, e))
				return false;
			continue;
		case LOGREAD_FAIL:
			return false;
		}
	}
	return true;
}

static bool run(struct follow *f, const struct relay_settings *s, struct start *start, struct err *e)
{
	struct relay *r = f->r;
	bool stopped = false;

	if (s->start ? !start_parse(start, s->start, e) : !start_read_document(start, r, &stopped, e))
		return false;
	if (stopped)
		return feed_end(r, "signal", e);
	start_keep_server(start, r);
	if (!file_exists(f->store.dir))
		return err_set(e, &err_file, "cannot open the relay log '%s': %s", f->store.dir, strerror(ENOENT));
	if (!find_start(f, start, e))
		return false;
	if (stop_asked)
		return feed_end(r, "signal", e);
	repair_settle(r, true);
	return read_format(f, e) && settle_until(f, s->until, e) && feed_begin(r, e) &&
	       learn_tables(r, f->config, &r->start, e) && out_flush(&r->out, e) &&
	       report(r, "Running", true, e) && loop(f, e) && feed_end(r, r->ended, e);
}

static void follow_init(struct follow *f, struct relay *r, const char *dir)
{
	*f = (struct follow){ .r = r, .fd = -1, .watch = -1 };
	store_init(&f->store, dir);
	lease_init(&f->lease, &f->store);
	logread_init(&f->log);
	buf_init(&f->path, 8192);
	buf_init(&f->sub_name, STORE_NAME_MAX);
	buf_init(&f->file, STORE_NAME_MAX);
	gtid_set_init(&f->skip);
	boundary_init(&f->skipped);
	f->notify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (f->notify >= 0 && inotify_add_watch(f->notify, dir, IN_CREATE | IN_MOVED_TO) < 0) {
		close(f->notify);
		f->notify = -1;
	}
}

static void follow_release(struct follow *f)
{
	head_release(&f->head);
	lease_release(&f->lease);
	store_release(&f->store);
	logread_release(&f->log);
	buf_release(&f->path);
	buf_release(&f->sub_name);
	buf_release(&f->file);
	gtid_set_release(&f->skip);
	boundary_release(&f->skipped);
	if (f->fd >= 0)
		close(f->fd);
	if (f->notify >= 0)
		close(f->notify);
}

bool follow_run(struct relay *r, const struct relay_settings *s, struct err *e)
{
	struct config config = { 0 };
	struct endpoint at;
	struct follow f;
	struct start start;
	bool has_server, ok;

	follow_init(&f, r, s->relay_dir);
	f.config = &config;
	start_init(&start);
	ok = config_load(&config, &s->config, false, e);
	has_server = connection_is_named(&s->connection) || config.has_source;
	if (ok && has_server)
		ok = config_endpoint(&at, &s->connection, config.has_source ? &config.source.from : NULL, &start.arena,
				     e);
	if (ok) {
		r->source_id = config.source_id;
		r->spell = config.has_task && config.task.collation_strict;
		if (has_server)
			r->tables.upstream = f.head.at = &at;
		start.by_gtid = config.has_source && config.source.enable_gtid;
		r->dir = s->relay_dir;
		ok = report_begin(r, &config, e) && run(&f, s, &start, e);
	}
	structures_release(&r->tables);
	structures_init(&r->tables, NULL);
	follow_release(&f);
	start_release(&start);
	config_release(&config);
	return ok;
}
