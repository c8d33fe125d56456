/* session.c - what a load needs, whether it reads a stream or a directory: connection, lease, workers, report; see load.h */
#include "load.h"

#include "base/log.h"
#include "base/tool.h"
#include "status/progress.h"
#include "text/utf8.h"

#define TICK_MS 250
#define LEASE_MS 5000

static const struct err_kind err_load_double = {
	.code = 34509, .class = "load-unit", .scope = SCOPE_DOWNSTREAM, .level = LEVEL_HIGH, .status = STATUS_REFUSED,
	.workaround = "empty the downstream table, remove what is kept about the task with dm-meta drop, "
		      "then start again",
};

static const struct err_kind err_other_server = {
	.code = 36590, .class = "load-unit", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_REFUSED,
	.workaround = "dump from that server; or forget the load with dm-meta drop, drop its tables, and start anew; or let the source be "
		      "followed by GTIDs (enable-gtid)",
};

static const struct err_kind err_folded = {
	.code = 36591, .class = "load-unit", .scope = SCOPE_DOWNSTREAM, .level = LEVEL_HIGH, .status = STATUS_REFUSED,
	.workaround = "give one of them another name with a route, or both the same one where they are to be merged",
};

void session_init(struct session *s, const struct load_want *want, struct report *report)
{
	s->want = want;
	s->report = report;
	pool_init(&s->pool, want, report->counts);
	map_init(&s->folded);
}

/* Signals, lease, status. False with e empty: we are to stop. */
bool session_tick(void *context, struct err *e)
{
	struct session *s = context;
	int64_t now = clock_ms();

	tool_take_signals();
	if (stop_asked)
		return false;
	if (now - s->ticked < TICK_MS)
		return true;
	s->ticked = now;
	if (s->begun && now - s->renewed >= LEASE_MS) {
		s->renewed = now;
		if (!meta_lease_hold(&s->meta, e))
			return false;
	}
	return report_show(s->report, e);
}

struct pool_tick session_pool_tick(struct session *s)
{
	return (struct pool_tick){ session_tick, s };
}

bool session_open(struct session *s, struct err *e)
{
	if (s->want->source.n == 0 && !status_begin(s->report->status, s->want->task, s->source, e))
		return false;
	if (!conn_open(&s->c, &(struct conn_want){ .at = &s->want->at, .scope = SCOPE_DOWNSTREAM }, e) ||
	    !meta_open(&s->meta, &s->c, s->want->meta_schema, s->want->task, s->source, e))
		return false;
	if (!meta_lease_take(&s->meta, e)) {
		meta_release(&s->meta);
		return false;
	}
	s->begun = true;
	s->renewed = clock_ms();
	s->pool.sql_mode = s->sql_mode;
	return true;
}

/* Loading reads nothing, and gaps that REPLACE would lock pile up where rows of a killed load are still being rolled back. A log of
 * statements is the one that needs them. */
static bool read_isolation(struct session *s, struct err *e)
{
	struct str format;
	bool exists;

	if (!server_variable(&s->c, &s->line, "binlog_format", &format, &exists, e))
		return false;
	s->pool.read_committed = s->c.flavor != FLAVOR_TIDB && exists && !str_is_nocase(format, "STATEMENT");
	return true;
}

static bool read_packet(struct session *s, struct err *e)
{
	struct str value;
	bool exists;

	s->pool.packet = 4 << 20;
	if (!server_variable(&s->c, &s->line, "local_infile", &value, &exists, e))
		return false;
	s->pool.local_infile = exists && (str_is_nocase(value, "ON") || str_is(value, "1"));
	if (!read_isolation(s, e))
		return false;
	return server_variable(&s->c, &s->line, "max_allowed_packet", &value, &exists, e) &&
	       (!exists || str_to_u64(value, &s->pool.packet) || s->pool.packet > 0);
}

static bool read_folding(struct session *s, struct err *e)
{
	struct str value;
	bool exists;

	if (!server_variable(&s->c, &s->line, "lower_case_table_names", &value, &exists, e))
		return false;
	s->folds = exists && !str_is(value, "0");
	return true;
}

/* dm-relay starts at the first dump's place, and asks whether it is that server's which answers. A dump of another server has
 * other places, which say nothing about the first one's. */
static bool check_server(struct session *s, struct str kept, bool may_differ, struct err *e)
{
	return s->server.n == 0 || kept.n == 0 || str_eq(kept, s->server) || may_differ ||
	       err_set(e, &err_other_server, "an earlier load that was not finished began with a dump of the server with %.*s; this is "
		       "one of the server with %.*s", STR(kept), STR(s->server));
}

bool session_begin(struct session *s, struct str pos, struct str gtid, struct str pos_end, struct err *e)
{
	struct str kept;
	bool again;

	report_place(s->report, pos, gtid);
	log_place(pos);
	s->place = arena_str(&s->arena, pos);
	if (!meta_state_get(&s->meta, &s->arena, STR_LIT("dm-relay"), STR_LIT("server"), &kept, e) ||
	    !check_server(s, kept, s->want->by_gtid, e) || !meta_load_begin(&s->meta, pos, gtid, pos_end, &again, e) ||
	    !check_server(s, kept, again, e))
		return false;
	if (s->server.n > 0 && kept.n == 0 && !meta_state_put(&s->meta, STR_LIT("dm-relay"), STR_LIT("server"), s->server, e))
		return false;
	if (again)
		log_notice("an earlier load was not finished: its rows are loaded again, over what it left");
	s->pool.meta = s->meta;
	buf_init(&s->pool.meta.sql, s->meta.sql.limit);
	return read_folding(s, e) && read_packet(s, e);
}

bool session_double_rows(const struct target *t, struct err *e)
{
	return err_set(e, &err_load_double, "table `%.*s`.`%.*s` has no key, and an earlier load that was not finished has "
		       "left rows of `%.*s`.`%.*s` in it, which would double", STR(t->downstream.schema),
		       STR(t->downstream.name), STR(t->upstream.schema), STR(t->upstream.name));
}

/* Rows without a key that were committed at another place cannot be told from those that come now. */
static bool check_touched(struct session *s, const struct target *t, struct err *e)
{
	bool touched;

	if (t->idempotent)
		return true;
	if (!meta_load_table_touched(&s->meta, t->upstream.schema, t->upstream.name, &touched, e))
		return false;
	return !touched || session_double_rows(t, e);
}

/* Rows of two tables would get into one that nobody has merged. */
static bool check_folded(struct session *s, struct target *t, struct err *e)
{
	const struct table *down = &t->downstream, *other;
	struct buf key = BUF_INIT(4096);
	struct target *first;
	struct str name;

	if (!s->folds)
		return true;
	utf8_put_lower(&key, down->schema);
	buf_put_char(&key, '\0');
	utf8_put_lower(&key, down->name);
	name = arena_str(&s->arena, buf_str(&key));
	buf_release(&key);
	first = map_get(&s->folded, name);
	if (!first) {
		map_put(&s->folded, name, t);
		return true;
	}
	other = &first->downstream;
	return (str_eq(other->schema, down->schema) && str_eq(other->name, down->name)) ||
	       err_set(e, &err_folded, "tables `%.*s`.`%.*s` and `%.*s`.`%.*s` are one to the downstream, which folds the case of names "
		       "(lower_case_table_names)", STR(other->schema), STR(other->name), STR(down->schema), STR(down->name));
}

/* Columns that a route has added are none of the structure that dm-relay goes on with. */
static bool keep_structure(struct session *s, const struct target *t, struct str line, struct err *e)
{
	const struct event_name to = { t->downstream.schema, t->downstream.name };
	struct buf own = BUF_INIT(LINE_LIMIT);
	bool ok;

	if (table_own_columns(&t->upstream) < t->upstream.n_columns) {
		table_line_put(&own, &t->upstream, &to);
		line = str_first(buf_str(&own), own.n - (own.n > 0));
	}
	ok = buf_ok(&own, "a structure", e) && meta_load_table_put(&s->meta, t->upstream.schema, t->upstream.name, line, e);
	buf_release(&own);
	return ok;
}

bool session_add_target(struct session *s, struct target *t, struct str line, struct err *e)
{
	t->next = s->made;
	s->made = t;
	return check_folded(s, t, e) && check_touched(s, t, e) && keep_structure(s, t, line, e);
}

static void end_meta(struct session *s)
{
	struct err ignored = { 0 };

	if (!s->begun)
		return;
	meta_lease_drop(&s->meta, &ignored);	/* else it runs out by itself */
	meta_release(&s->meta);
}

void session_release(struct session *s)
{
	pool_close(&s->pool);
	pool_release(&s->pool);
	end_meta(s);
	conn_close(&s->c);
	map_release(&s->folded);
	while (s->made) {
		struct target *t = s->made;

		s->made = t->next;
		target_free(t);
	}
	arena_release(&s->line);
	arena_release(&s->arena);
}

bool session_report(struct report *report, bool ok, const struct err_kind *stopped, struct err *e)
{
	if (ok)
		return report_end(report, e);
	if (e->kind && !(stop_asked && e->kind == stopped))
		return false;
	err_clear(e);
	progress_clear();
	log_notice("stopped by a signal; what was loaded is kept");
	return status_write(report->status, "Stopped", true, e);
}
