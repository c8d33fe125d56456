/* live.c - brings the events of a server's log, as a replica does; see relay.h */
#include "live.h"

#include <poll.h>
#include <stdio.h>
#include <time.h>

#include "base/log.h"
#include "base/tool.h"
#include "repair.h"

enum {
	HEARTBEAT_MS = 900,
	STOP_WAIT_MS = 10000,
	SILENCE_MS = 10000,		/* more than ten heartbeats that did not come: the connection is lost */
	RETRY_FIRST_MS = 100, RETRY_MAX_MS = 16000, RETRY_ALL_MS = 60000,
	BEHIND_MS = 10000,		/* a server that lacks what we have may have it in a moment */
};

struct live {
	struct relay *r;
	const struct endpoint *at;
	const struct config *config;
	struct replica replica;
	uint32_t server_id;
	bool by_gtid;
	bool stopping;			/* a signal came inside a transaction */
	int64_t stop_ms;		/* its end is waited for until then */
	int64_t lost_ms;		/* the connection broke then; 0: it is there */
	int64_t retry_ms;		/* how long the next wait is */
	struct place farthest;		/* seen from this server */
	char server[100];		/* which one it is */
};

/* --- the connection --- */

/* A connection that only brings again what was seen is no better than none. */
static void see_progress(struct live *l, const struct binlog_header *head)
{
	const struct relay *r = l->r;
	bool heartbeat = head->type == BINLOG_HEARTBEAT || head->type == BINLOG_HEARTBEAT_V2;

	if (place_compare(&r->at, &l->farthest) > 0)
		l->farthest = r->at;
	else if (!heartbeat || r->cut.open)
		return;
	l->lost_ms = 0;
}

static bool feed(struct live *l, struct str raw, struct err *e)
{
	struct binlog_header head;

	if (!binlog_header_read(&head, raw, e))
		return err_at(e, "%s:%llu", l->r->at.file, (unsigned long long)l->r->at.pos);
	if (!feed_event(l->r, raw, place_span(l->r->at.pos, &head), e))
		return false;
	see_progress(l, &head);
	return true;
}

static bool before_wait(void *context, struct err *e)
{
	struct live *l = context;

	return out_flush(&l->r->out, e) && report(l->r, "Running", false, e);
}

/* By GTIDs another server may go on. */
static void see_server(struct live *l)
{
	if (strcmp(l->server, l->replica.server) == 0)
		return;
	log_notice("the server with %s goes on where the one with %s was", l->replica.server, l->server);
	memcpy(l->server, l->replica.server, sizeof(l->server));
	memcpy(l->r->tables.server, l->server, sizeof(l->server));
	l->farthest = (struct place){ .pos = 0 };
	buf_clear(&l->r->server);
	start_put_server(&l->r->server, str_of(l->server));
	repair_settle(l->r, false);
}

static bool open_replica(struct live *l, struct err *e)
{
	struct relay *r = l->r;
	struct buf text = BUF_INIT(64 << 20), binary = BUF_INIT(64 << 20);
	struct replica_start start = {
		.file = str_of(r->safe.file), .pos = r->safe.pos, .by_gtid = l->by_gtid, .server_id = l->server_id,
		.heartbeat_ms = HEARTBEAT_MS, .server = str_of(l->server), .whole = true,
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
	l->replica = (struct replica){ .read_timeout_ms = SILENCE_MS };
	ok = buf_ok(&text, "a GTID set", e) && replica_open(&l->replica, l->at, &start, before_wait, l, e);
	buf_release(&text);
	buf_release(&binary);
	if (ok)
		see_server(l);
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

/* A failure that a new connection may heal. */
static bool may_heal(const struct live *l, const struct err *e)
{
	if (e->kind == &err_replica_lacks)
		return l->lost_ms != 0 && now_ms() - l->lost_ms < BEHIND_MS;
	return e->kind->status == STATUS_RETRY && e->kind->scope == SCOPE_UPSTREAM && e->kind != &err_cut_other;
}

/* The connection broke: a new one starts at the last boundary, and what was sent behind it is left out when it comes
 * again. False with e as it was: no more. */
static bool reconnect(struct live *l, struct err *e)
{
	struct relay *r = l->r;

	replica_close(&l->replica);
	structures_disconnect(&r->tables);
	if (r->trx.halfway)
		return false;
	cut_note(r);
	for (;;) {
		struct err later = { 0 };

		if (!may_heal(l, e))
			return false;
		if (l->lost_ms == 0) {
			l->lost_ms = now_ms();
			l->retry_ms = RETRY_FIRST_MS;
		}
		if (now_ms() - l->lost_ms > RETRY_ALL_MS)
			return false;
		log_warning("%s; trying again in %lld.%lld s", e->text, (long long)l->retry_ms / 1000,
			    (long long)l->retry_ms / 100 % 10);
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
	bool open = l->r->trx.open || l->r->cut.open;

	if (stop_asked && (l->stopping || !open))
		return true;
	if (stop_asked) {
		l->stopping = true;
		l->stop_ms = now_ms() + STOP_WAIT_MS;
		stop_asked = 0;
	}
	return l->stopping && (!open || now_ms() >= l->stop_ms);
}

static bool take(struct live *l, enum replica_got got, struct str event, struct err *e)
{
	switch (got) {
	case REPLICA_EVENT:
		/* The connection for questions about structures may break, too. */
		return feed(l, event, e) || (may_heal(l, e) && reconnect(l, e));
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
	if (strcmp(s->until, "caught-up") != 0)
		return true;
	if (!gtid_set_parse(&r->until_set, head->gtid, e))
		return false;
	if (gtid_set_contains_set(&r->done, &r->until_set))
		r->ended = r->until_reason;
	return true;
}

static bool stream(struct live *l, const struct relay_settings *s, struct start *start, struct err *e)
{
	struct relay *r = l->r;
	struct conn *c = &r->tables.conn;
	struct server_place head;
	struct str server;
	bool first = s->start || start->server.n == 0, ok;

	if (!structures_connect(&r->tables, e) || !server_check_binlog(c, e) ||
	    !server_own_id(c, &start->arena, &server, e) || !server_binlog_place(c, &start->arena, &head, e))
		return false;
	r->flavor = c->flavor == FLAVOR_MARIADB ? STR_LIT("mariadb") : STR_LIT("mysql");
	r->tables.mariadb = c->flavor == FLAVOR_MARIADB;
	r->server_version = arena_str(&start->arena, str_of(c->server_version));
	if (r->source_id.n == 0 && strlen(c->name) <= SOURCE_ID_MAX)
		/* Where nobody has named it; as dm-dump does. */
		r->source_id = arena_str(&start->arena, str_of(c->name));
	snprintf(l->server, sizeof(l->server), "%.*s", STR(server));
	memcpy(r->tables.server, l->server, sizeof(l->server));
	if (!start_settle(start, r, &head, server, e) || !start_settle_server(start, r, c->name, server, e) ||
	    !settle_until(r, s, &head, start->by_gtid, e))
		return false;
	l->by_gtid = start->by_gtid;
	r->placed = !l->by_gtid;
	place_set(&r->head, head.file, head.pos);
	buf_put_str(&r->head_gtid, head.gtid);
	ok = feed_begin(r, e) && (!first || learn_tables(r, l->config, &r->start, e)) && out_flush(&r->out, e) &&
	     report(r, "Running", true, e);
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
	struct live l = { .r = r, .at = &at, .config = &config };
	bool ok;

	start_init(&start);
	ok = config_load(&config, &s->config, !connection_is_named(&s->connection), e) &&
	     config_endpoint(&at, &s->connection, config.has_source ? &config.source.from : NULL, &start.arena, e);
	if (ok) {
		r->from_server = true;
		r->source_id = config.source_id;
		r->spell = config.has_task && config.task.collation_strict;
		r->tables.upstream = &at;
		start.by_gtid = config.has_source && config.source.enable_gtid;
		l.server_id = (uint32_t)(s->server_id ? s->server_id : config.has_source ? config.source.server_id : 0);
		ok = report_begin(r, &config, e) && connect_and_run(&l, s, &start, e);
	}
	structures_release(&r->tables);
	structures_init(&r->tables, NULL);
	start_release(&start);
	config_release(&config);
	return ok;
}
