/* live.c - brings the events of a server's log, as a replica does; see relay.h */
#include "live.h"

#include <poll.h>
#include <time.h>

#include "base/log.h"
#include "base/tool.h"

enum {
	HEARTBEAT_MS = 900,
	STOP_WAIT_MS = 10000,
	RETRY_FIRST_MS = 1000, RETRY_MAX_MS = 16000, RETRY_ALL_MS = 60000,
};

struct live {
	struct relay *r;
	const struct endpoint *at;
	struct replica replica;
	uint32_t server_id;
	bool by_gtid;
	bool stopping;			/* a signal came inside a transaction */
	int64_t stop_ms;		/* its end is waited for until then */
	int64_t lost_ms;		/* the connection broke then; 0: it is there */
	int64_t retry_ms;		/* how long the next wait is */
};

/* --- the connection --- */

static bool feed(struct live *l, struct str raw, struct err *e)
{
	struct binlog_header head;

	if (!binlog_header_read(&head, raw, e))
		return err_at(e, "%s:%llu", l->r->at.file, (unsigned long long)l->r->at.pos);
	return feed_event(l->r, raw, place_span(l->r->at.pos, &head), e);
}

static bool before_wait(void *context, struct err *e)
{
	struct live *l = context;

	return out_flush(&l->r->out, e) && report(l->r, "Running", false, e);
}

static bool open_replica(struct live *l, struct err *e)
{
	struct relay *r = l->r;
	struct buf text = BUF_INIT(64 << 20), binary = BUF_INIT(64 << 20);
	struct replica_start start = {
		.file = str_of(r->safe.file), .pos = r->safe.pos, .by_gtid = l->by_gtid, .server_id = l->server_id,
		.heartbeat_ms = HEARTBEAT_MS, .whole = true,
	};
	bool ok;

	if (l->by_gtid) {
		start.file = STR_LIT("");
		gtid_set_text(&r->done, &text);
		if (r->done.flavor != GTID_MARIADB)
			gtid_set_encode(&r->done, &binary);
	}
	start.gtid = buf_str(&text);
	start.gtid_binary = buf_str(&binary);
	l->replica = (struct replica){ .dumping = false };
	ok = buf_ok(&text, "a GTID set", e) && replica_open(&l->replica, l->at, &start, before_wait, l, e);
	buf_release(&text);
	buf_release(&binary);
	return ok;
}

/* One second at a time, with a heartbeat for who reads. */
static bool wait_ms(struct live *l, int64_t ms, struct err *e)
{
	int64_t end = now_ms() + ms;

	while (now_ms() < end && !stop_asked) {
		int64_t left = end - now_ms(), slice = left < HEARTBEAT_MS ? left : HEARTBEAT_MS;
		struct timespec t = { slice / 1000, slice % 1000 * 1000000L };

		if (slice > 0)
			ppoll(NULL, 0, &t, tool_wait_mask());
		if (!feed_heartbeat(l->r, false, e))
			return false;
	}
	return true;
}

/* The connection broke. Between transactions a new one starts where the old one was; rows that were sent cannot
 * be taken back, so inside of one the whole pipeline starts anew from its checkpoint. False with e as it was: no
 * more. */
static bool reconnect(struct live *l, struct err *e)
{
	struct relay *r = l->r;

	replica_close(&l->replica);
	for (;;) {
		struct err later = { 0 };

		if (e->kind->status != STATUS_RETRY || (r->trx.open && r->trx.seq > 0))
			return false;
		if (l->lost_ms == 0) {
			l->lost_ms = now_ms();
			l->retry_ms = RETRY_FIRST_MS;
		}
		if (now_ms() - l->lost_ms > RETRY_ALL_MS)
			return false;
		log_warning("%s; trying again in %lld s", e->text, (long long)l->retry_ms / 1000);
		feed_restart(r);
		r->at = r->safe;
		r->placed = !l->by_gtid;	/* else the server's first words say where it is */
		if (!wait_ms(l, l->retry_ms, &later)) {
			*e = later;
			return false;
		}
		if (stop_asked)
			return true;
		l->retry_ms = l->retry_ms * 2 > RETRY_MAX_MS ? RETRY_MAX_MS : l->retry_ms * 2;
		if (open_replica(l, &later))
			return true;
		*e = later;
		if (stop_asked)
			return true;
	}
}

/* --- the loop --- */

/* The first signal waits for the end of the transaction, the second one does not. */
static bool stops(struct live *l)
{
	if (stop_asked && (l->stopping || !l->r->trx.open))
		return true;
	if (stop_asked) {
		l->stopping = true;
		l->stop_ms = now_ms() + STOP_WAIT_MS;
		stop_asked = 0;
	}
	return l->stopping && (!l->r->trx.open || now_ms() >= l->stop_ms);
}

static bool take(struct live *l, enum replica_got got, struct str event, struct err *e)
{
	switch (got) {
	case REPLICA_EVENT:
		l->lost_ms = 0;
		return feed(l, event, e);
	case REPLICA_TICK:
		return l->r->trx.open || feed_heartbeat(l->r, false, e);
	case REPLICA_STOP:
		return true;
	case REPLICA_LOST:
		if (l->stopping) {
			l->stop_ms = 0;
			return true;
		}
		return reconnect(l, e);
	case REPLICA_FAIL:
		break;
	}
	return false;
}

static bool run(struct live *l, struct err *e)
{
	struct relay *r = l->r;

	if (stop_asked)
		r->ended = "signal";
	while (!r->ended) {
		struct str event = STR_NONE;
		struct err now = { 0 };

		if (!take(l, replica_next(&l->replica, &event, &now), event, &now)) {
			*e = now;
			return false;
		}
		if (!r->ended && stops(l))
			r->ended = "signal";
	}
	return true;
}

/* Where --until is, and whether it is reached before anything is read. */
static bool settle_until(struct relay *r, const struct relay_settings *s, const struct server_place *head, bool by_gtid,
			 struct err *e)
{
	struct gtid_set all;

	if (!s->until)
		return true;
	if (strcmp(s->until, "caught-up") != 0) {
		r->until_reason = "until";
		if (!place_parse(&r->until, str_of(s->until)))
			return err_set(e, &err_usage, "--until is 'caught-up' or FILE:OFFSET, not '%s'", s->until);
	} else {
		r->until_reason = "caught-up";
		place_set(&r->until, head->file, head->pos);
	}
	if (!by_gtid) {
		if (place_compare(&r->safe, &r->until) >= 0)
			r->ended = r->until_reason;
		return true;
	}
	gtid_set_init(&all);
	if (strcmp(s->until, "caught-up") == 0 && gtid_set_parse(&all, head->gtid, e) &&
	    gtid_set_contains_set(&r->done, &all))
		r->ended = r->until_reason;
	gtid_set_release(&all);
	return !e->kind;
}

static bool stream(struct live *l, const struct relay_settings *s, struct start *start, struct err *e)
{
	struct relay *r = l->r;
	struct conn *c = &r->tables.conn;
	struct server_place head;
	bool ok;

	if (!structures_connect(&r->tables, e) || !server_check_binlog(c, e) ||
	    !server_binlog_place(c, &start->arena, &head, e))
		return false;
	r->flavor = c->flavor == FLAVOR_MARIADB ? STR_LIT("mariadb") : STR_LIT("mysql");
	r->tables.mariadb = c->flavor == FLAVOR_MARIADB;
	r->server_version = arena_str(&start->arena, str_of(c->server_version));
	if (r->source_id.n == 0 && strlen(c->name) <= SOURCE_ID_MAX)
		/* Where nobody has named it; as dm-dump does. */
		r->source_id = arena_str(&start->arena, str_of(c->name));
	if (!start_settle(start, r, &head, e) || !settle_until(r, s, &head, start->by_gtid, e))
		return false;
	l->by_gtid = start->by_gtid;
	r->placed = !l->by_gtid;
	place_set(&r->head, head.file, head.pos);
	ok = feed_begin(r, e) && out_flush(&r->out, e) && report(r, "Running", true, e);
	if (!ok || r->ended)
		return ok;
	if (open_replica(l, e))
		return true;
	if (!stop_asked && !reconnect(l, e))
		return false;
	err_clear(e);
	return true;
}

static bool connect_and_run(struct live *l, const struct relay_settings *s, struct start *start, struct err *e)
{
	bool stopped = false, ok;

	if (s->start ? !start_parse(start, s->start, e) : !start_read_document(start, l->r, &stopped, e))
		return false;
	if (stopped)
		return feed_end(l->r, "signal", e);
	ok = stream(l, s, start, e) && run(l, e);
	replica_close(&l->replica);
	return ok && feed_end(l->r, l->r->ended, e);
}

bool live_run(struct relay *r, const struct relay_settings *s, struct err *e)
{
	struct config config = { 0 };
	struct endpoint at;
	struct start start;
	struct live l = { .r = r, .at = &at };
	bool ok;

	start_init(&start);
	ok = config_load(&config, &s->config, !s->connection.host && !s->connection.socket, e) &&
	     config_endpoint(&at, &s->connection, config.has_source ? &config.source.from : NULL, &start.arena, e);
	if (ok) {
		r->from_server = true;
		r->source_id = config.source_id;
		r->tables.upstream = &at;
		start.by_gtid = config.has_source && config.source.enable_gtid;
		l.server_id = (uint32_t)(s->server_id ? s->server_id : config.has_source ? config.source.server_id : 0);
		ok = connect_and_run(&l, s, &start, e);
	}
	structures_release(&r->tables);
	structures_init(&r->tables, NULL);
	start_release(&start);
	config_release(&config);
	return ok;
}
