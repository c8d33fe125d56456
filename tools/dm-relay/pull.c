/* pull.c - dm-relay --pull: a server's log goes to the relay log; see pull.h and keep.h */
#include "pull.h"

#include <poll.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/tool.h"
#include "head.h"
#include "keep.h"
#include "lease.h"
#include "mysql/replica.h"
#include "mysql/server.h"
#include "needed.h"
#include "purge.h"

static const struct err_kind err_other_server = {
	.code = 30516, .class = "relay-unit", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_REFUSED,
	.workaround = "without GTIDs nobody knows where the other server's log goes on: connect to the server that was "
		      "pulled from before, or migrate the data again and pull into an empty folder",
};

enum {
	HEARTBEAT_MS = 900,
	TEND_EVERY = 256,		/* events */
	RETRY_FIRST_MS = 1000, RETRY_MAX_MS = 16000, RETRY_ALL_MS = 60000,
};

struct pull {
	struct relay *r;		/* for the status, and --until */
	const struct relay_settings *s;
	const struct source *source;	/* NULL: none is named */
	const struct endpoint *at;
	struct replica replica;
	struct head head;
	struct store store;
	struct keep keep;
	uint32_t server_id;
	bool settled;			/* --until is known */
	bool anew;			/* the log was seen to be another one of the same server */
	int64_t purge_ms;		/* old logs are looked for then */
	int64_t lost_ms;		/* the connection broke then; 0: it is there */
	int64_t retry_ms;		/* how long the next wait is */
};

/* --- where to go on --- */

/* The log that the tasks of --keep-for need first, or the next one where the server has that no longer; file "": they need none. */
static bool needed_file(struct pull *p, struct conn *c, struct arena *a, struct str *file, struct err *e)
{
	struct buf who = BUF_INIT(4096);
	struct str *files, base;
	uint64_t needed, number;
	size_t n = 0;
	bool ok;

	*file = STR_LIT("");
	ok = needed_start(&p->store, &p->s->keep_for, &p->s->config, &needed, &who, e) &&
	     (needed == 0 || locate_logs(c, a, &files, &n, e));
	for (size_t i = 0; ok && i < n && file->n == 0; i++)
		if (store_log_number(files[i], &base, &number) && number >= needed)
			*file = files[i];
	if (ok && file->n > 0)
		log_notice("the relay log starts with %.*s: a checkpoint needs it, %.*s", STR(*file), STR(buf_str(&who)));
	buf_release(&who);
	return ok;
}

/* What tasks need, else the file that the source file names, else the one that is written now. */
static bool first_file(struct pull *p, struct conn *c, struct arena *a, struct str *file, struct err *e)
{
	const struct source *source = p->source;
	struct server_place head;
	struct gtid_set set;
	bool ok;

	if (!needed_file(p, c, a, file, e))
		return false;
	if (file->n > 0)
		return true;
	if (source && source->relay_binlog_gtid.n > 0 && (source->enable_gtid || source->relay_binlog_name.n == 0)) {
		gtid_set_init(&set);
		ok = gtid_set_parse(&set, source->relay_binlog_gtid, e) || err_at(e, "relay-binlog-gtid");
		ok = ok && locate_file(c, a, &set, file, e);
		gtid_set_release(&set);
		return ok;
	}
	if (source && source->relay_binlog_name.n > 0) {
		*file = source->relay_binlog_name;
		return true;
	}
	if (!server_binlog_place(c, a, &head, e))
		return false;
	*file = head.file;
	return true;
}

/* A sub-directory behind others: of another server, found by what was pulled before; or of the same one, which has
 * begun anew. */
static bool next_file(struct pull *p, struct conn *c, struct arena *a, bool anew, struct str *file, struct err *e)
{
	if (anew)
		return server_oldest_binlog(c, a, file, e);
	if (gtid_set_is_empty(&p->keep.b.done))
		return err_set(e, &err_other_server, "%s is another server than that of '%.*s/%.*s', and the log has no "
			       "GTIDs", c->name, STR(str_of(p->store.dir)), STR(buf_str(&p->keep.sub)));
	return locate_file(c, a, &p->keep.b.done, file, e);
}

static bool enter_sub(struct pull *p, struct conn *c, struct arena *a, struct str uuid, bool anew, struct err *e)
{
	size_t n = p->store.n_subs;
	struct str file;
	bool ok;
	int lock;

	/* What is not whole there will never be. */
	if (n > 0 && !keep_resume(&p->keep, &p->store.subs[n - 1], e))
		return false;
	if (n > 0 ? !next_file(p, c, a, anew, &file, e) : !first_file(p, c, a, &file, e))
		return false;
	/* Who purges takes sub-directories out of the index meanwhile. */
	if (!lease_lock(&p->store, true, true, &lock, e))
		return false;
	ok = store_read_index(&p->store, e) && store_add_sub(&p->store, uuid, e);
	close(lock);
	n = p->store.n_subs - 1;
	if (!ok || !keep_resume(&p->keep, &p->store.subs[n], e))
		return false;
	keep_begin(&p->keep, file);
	p->anew = false;
	log_notice("%s goes to '%s/%.*s' from %s on", c->name, p->store.dir, STR(p->store.subs[n].name), p->keep.at.file);
	return true;
}

/* The newest sub-directory has no file yet: its start is found as it was the first time. */
static bool enter_empty(struct pull *p, struct conn *c, struct arena *a, bool same, struct err *e)
{
	size_t n = p->store.n_subs;
	const struct store_sub *last = &p->store.subs[n - 1];
	bool anew = n > 1 && str_eq(last->uuid, last[-1].uuid);
	struct str file;

	if (n == 1 && same) {
		if (!first_file(p, c, a, &file, e))
			return false;
	} else if (n == 1) {
		return err_set(e, &err_store, "'%s/%.*s' is empty, and of another server", p->store.dir, STR(last->name));
	} else if (!keep_resume(&p->keep, last - 1, e) || !next_file(p, c, a, anew, &file, e) ||
		   !keep_resume(&p->keep, last, e)) {
		return false;
	}
	keep_begin(&p->keep, file);
	return true;
}

/* Has the server less than what was pulled from it? */
static bool check_head(struct pull *p, struct conn *c, const struct server_place *head, bool *anew, struct err *e)
{
	struct place now;

	place_set(&now, head->file, head->pos);
	*anew = p->anew || place_compare(&now, &p->keep.at) < 0;
	if (!*anew || p->s->accept_reset)
		return true;
	return err_set(e, &err_keep_differs, "%s: the server's log ends at %s:%llu, the relay log goes on to %s:%llu",
		       c->name, now.file, (unsigned long long)now.pos, p->keep.at.file,
		       (unsigned long long)p->keep.at.pos);
}

static bool settle(struct pull *p, struct conn *c, struct arena *a, struct err *e)
{
	const struct store_sub *last;
	struct server_place head;
	struct str uuid;
	bool same, anew = false;

	if (!store_read_index(&p->store, e))
		return false;
	last = p->store.n_subs > 0 ? &p->store.subs[p->store.n_subs - 1] : NULL;
	if (!locate_uuid(c, a, &uuid, e) || !server_binlog_place(c, a, &head, e))
		return false;
	place_set(&p->r->head, head.file, head.pos);
	buf_set(&p->r->head_gtid, head.gtid);
	same = last && str_eq(last->uuid, uuid);
	if (last && !p->keep.at.file[0] && !keep_resume(&p->keep, last, e))
		return false;
	if (last && !p->keep.at.file[0])
		return enter_empty(p, c, a, same, e);
	if (same && !check_head(p, c, &head, &anew, e))
		return false;
	return (same && !anew) || enter_sub(p, c, a, uuid, anew, e);
}

/* --- the connection --- */

static void tell(struct pull *p)
{
	struct relay *r = p->r;

	r->safe = p->keep.at;
	r->safe.pos = p->keep.b.safe;
	r->done_known = true;
	gtid_set_copy(&r->done, &p->keep.b.done);
	status_text(&r->status, "relaySubDir", buf_str(&p->keep.sub));
}

/* As the source file's purge section says. */
static bool purge_old(struct pull *p, struct err *e)
{
	struct purge_rules rules = { .before = NULL };

	if (!p->source || p->source->purge.interval == 0 || now_ms() < p->purge_ms)
		return true;
	p->purge_ms = now_ms() + (int64_t)p->source->purge.interval * 1000;
	rules.expires_hours = p->source->purge.expires;
	rules.remain_gib = p->source->purge.remain_space;
	rules.keep_for = &p->s->keep_for;
	rules.config = &p->s->config;
	if (purge(p->store.dir, &rules, false, e))
		return true;
	/* A downstream that cannot be asked is no reason to pull no more: its logs stay. */
	if (e->kind->scope != SCOPE_DOWNSTREAM)
		return false;
	log_warning("nothing is purged now: %s", e->text);
	err_clear(e);
	return true;
}

static bool tend(struct pull *p, bool now, struct err *e)
{
	if (!keep_flush(&p->keep, e) || !purge_old(p, e))
		return false;
	report_place(&p->keep.at);
	if (!status_wanted(&p->r->status))
		return true;
	head_ask(&p->head, p->r, 0, "");
	if (now || now_ms() - p->r->status_ms >= 1000)
		tell(p);
	return report(p->r, "Running", now, e);
}

static bool before_wait(void *context, struct err *e)
{
	return tend(context, false, e);
}

static bool settle_until(struct pull *p, struct err *e)
{
	struct relay *r = p->r;
	const char *until = p->s->until;

	if (p->settled || !until)
		return true;
	p->settled = true;
	if (strcmp(until, "caught-up") == 0)
		r->until = r->head;
	else if (!place_parse(&r->until, str_of(until)))
		return err_set(e, &err_usage, "--until is 'caught-up' or FILE:OFFSET, not '%s'", until);
	return true;
}

static bool is_reached(const struct pull *p)
{
	struct place safe = p->keep.at;

	safe.pos = p->keep.b.safe;
	return p->r->until.file[0] && !p->keep.b.open && place_compare(&safe, &p->r->until) >= 0;
}

static bool open_replica(struct pull *p, struct err *e)
{
	struct conn_want want = { .at = p->at, .scope = SCOPE_UPSTREAM };
	struct replica_start start = { .server_id = p->server_id, .heartbeat_ms = HEARTBEAT_MS, .whole = true };
	struct arena a = ARENA_INIT;
	struct conn c = { 0 };
	bool ok;

	ok = conn_open(&c, &want, e) && server_check_binlog(&c, e) && settle(p, &c, &a, e) && settle_until(p, e);
	conn_close(&c);
	arena_release(&a);
	if (!ok)
		return false;
	p->replica = (struct replica){ .dumping = false };
	start.file = str_of(p->keep.at.file);
	start.pos = p->keep.at.pos;
	return replica_open(&p->replica, p->at, &start, before_wait, p, e);
}

static bool wait_ms(struct pull *p, int64_t ms, struct err *e)
{
	int64_t end = now_ms() + ms;

	while (now_ms() < end && !stop_asked) {
		int64_t left = end - now_ms(), slice = left < HEARTBEAT_MS ? left : HEARTBEAT_MS;
		struct timespec t = { slice / 1000, slice % 1000 * 1000000L };

		if (slice > 0)
			ppoll(NULL, 0, &t, tool_wait_mask());
		if (!tend(p, false, e))
			return false;
	}
	return true;
}

/* False with e as it was: no more tries. */
static bool reconnect(struct pull *p, struct err *e)
{
	replica_close(&p->replica);
	if (p->keep.at.file[0] && e->kind->status == STATUS_RETRY) {
		struct err later = { 0 };

		if (!keep_rewind(&p->keep, &later)) {
			*e = later;
			return false;
		}
	}
	for (;;) {
		struct err later = { 0 };

		if (e->kind->status != STATUS_RETRY)
			return false;
		if (p->lost_ms == 0) {
			p->lost_ms = now_ms();
			p->retry_ms = RETRY_FIRST_MS;
		}
		if (now_ms() - p->lost_ms > RETRY_ALL_MS)
			return false;
		log_warning("%s; trying again in %lld s", e->text, (long long)p->retry_ms / 1000);
		if (!wait_ms(p, p->retry_ms, &later)) {
			*e = later;
			return false;
		}
		if (stop_asked)
			return true;
		p->retry_ms = p->retry_ms * 2 > RETRY_MAX_MS ? RETRY_MAX_MS : p->retry_ms * 2;
		if (open_replica(p, &later) || stop_asked)
			return true;
		*e = later;
	}
}

/* --- the loop --- */

/* The log that comes is not the one that was kept, and that is said to be right. */
static bool begin_anew(struct pull *p, struct err *e)
{
	log_notice("%s", e->text);
	err_clear(e);
	p->anew = true;
	replica_close(&p->replica);
	return keep_rewind(&p->keep, e) && open_replica(p, e);
}

static bool take(struct pull *p, enum replica_got got, struct str event, struct err *e)
{
	switch (got) {
	case REPLICA_EVENT:
		p->lost_ms = 0;
		if (!keep_event(&p->keep, event, e) &&
		    (e->kind != &err_keep_differs || !p->s->accept_reset || !begin_anew(p, e)))
			return false;
		/* Who is behind never waits. */
		return ++p->r->events % TEND_EVERY != 0 || tend(p, false, e);
	case REPLICA_TICK:
		return tend(p, false, e);
	case REPLICA_STOP:
		return true;
	case REPLICA_LOST:
		return reconnect(p, e);
	case REPLICA_FAIL:
		break;
	}
	return false;
}

static bool loop(struct pull *p, struct err *e)
{
	for (;;) {
		struct str event = STR_NONE;
		struct err now = { 0 };

		if (stop_asked) {
			p->r->ended = "signal";
			return true;
		}
		if (is_reached(p)) {
			p->r->ended = "until";
			return true;
		}
		if (!take(p, replica_next(&p->replica, &event, &now), event, &now)) {
			*e = now;
			return false;
		}
	}
}

static bool run(struct pull *p, struct err *e)
{
	struct err later = { 0 };
	bool ok;

	ok = store_lock(&p->store, e) && store_read_index(&p->store, e);
	if (ok && !open_replica(p, e) && !stop_asked)
		ok = reconnect(p, e);
	if (ok)
		err_clear(e);
	ok = ok && tend(p, true, e) && loop(p, e);
	replica_close(&p->replica);
	/* What is whole is good, whatever ended it. */
	if (!keep_sync(&p->keep, ok ? e : &later))
		ok = false;
	if (p->keep.at.file[0])
		tell(p);
	return ok;
}

bool pull_run(struct relay *r, const struct relay_settings *s, struct err *e)
{
	struct config config = { 0 };
	struct arena a = ARENA_INIT;
	struct endpoint at;
	struct pull p = { .r = r, .s = s, .at = &at, .head = { .at = &at } };
	const char *dir;
	bool ok;

	ok = config_load(&config, &s->config, !connection_is_named(&s->connection), e) &&
	     config_endpoint(&at, &s->connection, config.has_source ? &config.source.from : NULL, &a, e);
	if (ok && config.has_source)
		p.source = &config.source;
	dir = s->relay_dir;
	if (!dir && p.source && p.source->relay_dir.n > 0)
		dir = arena_str(&a, p.source->relay_dir).p;
	store_init(&p.store, dir);
	keep_init(&p.keep, &p.store);
	p.server_id = (uint32_t)(s->server_id ? s->server_id : p.source ? p.source->server_id : 0);
	if (ok && !dir)
		ok = err_set(e, &err_usage, "--pull needs --relay-dir, or relay-dir in the source file");
	r->source_id = config.source_id;
	r->dir = dir;
	ok = ok && report_begin(r, &config, e) && run(&p, e);
	r->source_id = STR_NONE;
	r->dir = NULL;
	head_release(&p.head);
	keep_release(&p.keep);
	store_release(&p.store);
	arena_release(&a);
	config_release(&config);
	return ok;
}
