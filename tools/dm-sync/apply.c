/* apply.c - the loop of dm-sync; see apply.h */
#include "apply.h"

#include "base/log.h"
#include "base/tool.h"
#include "change.h"
#include "schema/ddl.h"

#define LINE_MAX_BYTES ((size_t)3 << 30)
#define STOP_WAIT_MS 10000
#define IDLE_TICK_MS 500

static const struct err_kind err_straddles = {
	.code = 36511, .class = "sync-unit", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "start dm-relay from what 'dm-meta checkpoint get' prints",
};
static const struct err_kind err_wrong_stream = {
	.code = 36512, .class = "sync-unit", .scope = SCOPE_INTERNAL, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "give dm-sync the changes of one source; a dump goes to dm-load",
};

static const struct err_kind err_doubt = {
	.code = 36540, .class = "sync-unit", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "set binlog_row_image=FULL upstream for the sessions that write so (for UPDATE alone, "
		"binlog_annotate_row_events=ON is enough); leave the table out, or copy it anew and start behind this place",
};

void sync_init(struct sync *s, const struct status_settings *status, enum on_missing on_missing)
{
	checkpoint_init(&s->cp);
	transaction_init(&s->tx, &s->target, &s->cp, on_missing);
	group_init(&s->groups[0]);
	group_init(&s->groups[1]);
	s->now = &s->groups[0];
	plan_init(&s->plan);
	crew_init(&s->crew);
	applied_init(&s->applied);
	buf_init(&s->base, 4096);
	upstream_init(&s->up);
	ddl_run_init(&s->ddl, &s->tx);
	shard_init(&s->shard);
	report_init(&s->report, status, &s->tx);
	s->tx.times = s->crew.times = &s->report.commits;
	rows_init(&s->rows);
	buf_init(&s->spill, LINE_MAX_BYTES);
	arena_init(&s->arena);
}

void sync_release(struct sync *s)
{
	crew_release(&s->crew);
	plan_release(&s->plan);
	group_release(&s->groups[0]);
	group_release(&s->groups[1]);
	applied_release(&s->applied);
	buf_release(&s->base);
	transaction_release(&s->tx);
	upstream_release(&s->up);
	ddl_run_release(&s->ddl);
	shard_release(&s->shard);
	report_release(&s->report);
	rows_release(&s->rows);
	buf_release(&s->spill);
	arena_release(&s->arena);
	checkpoint_release(&s->cp);
}

/* The line whole; where it did not fit the reader's buffer, its head moved and is read again. */
static bool whole_line(struct sync *s, struct event_head *ev, struct str head, struct str *line, struct err *e)
{
	if (!line_rest(s->in, &s->spill, line, e))
		return false;
	if (line->p == head.p && line->n == head.n)
		return true;
	arena_clear(&s->arena);
	return event_head_parse(ev, *line, &s->arena, e);
}

static bool take_stream(struct sync *s, const struct event_head *ev, struct err *e)
{
	if (s->started)
		return err_set(e, &err_stream_syntax, "a second line of type 'stream'");
	s->started = true;
	s->ddl.from_mariadb = str_is(ev->flavor, "mariadb");
	shard_take_stream(&s->shard, ev, s->ddl.from_mariadb);
	if (s->source.n && ev->source.n && !str_eq(s->source, ev->source))
		return err_set(e, &err_wrong_stream, "the stream is of source '%.*s', not of '%.*s'", STR(ev->source),
			       STR(s->source));
	if (s->source.n == 0 && ev->source.n == 0)
		return err_set(e, &err_usage, "no source is given: name one with -s");
	if (s->source.n == 0) {
		s->source = str_of(mem_text(ev->source));	/* for the life of the process */
		if (!status_begin(&s->report.status, s->task, s->source, e))
			return false;
	}
	if (!s->cp.open && !sync_take_lease(s, e))
		return false;
	return checkpoint_start(&s->cp, ev, e);
}

static bool take_snapshot(struct sync *s, const struct event_head *ev)
{
	if (!ev->consistent && ev->pos_end.n && checkpoint_set_exit(&s->cp, ev->pos_end))
		log_notice("safe mode until %.*s: up to there the rows may hold these changes already", STR(ev->pos_end));
	return true;
}

static bool take_table(struct sync *s, struct str line, struct err *e)
{
	struct buf plain = BUF_INIT(LINE_MAX_BYTES);
	struct event_name to;
	struct table t;
	bool ok, waits = false;

	if (!table_line_parse(&t, &to, line, &s->arena, e))
		return false;
	table_line_put(&plain, &t, NULL);
	ok = buf_ok(&plain, "the structure of a table", e);
	if (ok)
		checkpoint_note_table(&s->cp, t.schema, t.name, str_first(buf_str(&plain), plain.n - 1));
	ok = ok && shard_take_table(s, &(struct event_name){ t.schema, t.name }, &to, line, &waits, e);
	if (waits || !ok)
		table_release(&t);
	else
		upstream_set(&s->up, &t);
	buf_release(&plain);
	return ok;
}

static bool take_state(struct sync *s, struct str line, struct err *e)
{
	struct str stage, key, value;

	if (!state_line_parse(&stage, &key, &value, line, &s->arena, e))
		return false;
	if (str_is(stage, "dm-relay") && str_is(key, "unlearnt"))
		return shard_take_unlearnt(s, value, e);
	if (!str_eq(stage, SYNC_STAGE))
		checkpoint_note_state(&s->cp, stage, key, str_is(value, "null") ? STR_NONE : value);
	return true;
}

/* The shape of a line's rows, over failures in passing. */
static bool find_shape(struct sync *s, const struct event_head *ev, struct shape **shape, struct err *e)
{
	while (!upstream_shape(&s->up, &s->target, ev, shape, e))
		if (!target_is_passing(e) || !transaction_interrupted(&s->tx, e))
			return false;
	return true;
}

/* To the open downstream transaction. */
static bool stream_row(struct sync *s, const struct event_head *ev, struct shape *shape, bool safe, struct err *e)
{
	struct change change = {
		ev->type, s->rows.before, s->rows.after, s->rows.seq, safe, s->ddl.from_mariadb,
	};

	transaction_at(&s->tx, ev->pos);
	if (!change_put(&s->tx, shape, &change, e) || !transaction_spill(&s->tx, e))
		return false;
	s->tx.rows++;
	return true;
}

static void keep_row(struct sync *s, const struct event_head *ev, struct shape *shape, bool safe)
{
	struct op op = {
		.type = ev->type, .safe = safe, .seq = s->rows.seq,
		.before = ev->type == EVENT_INSERT ? NULL : s->rows.before,
		.after = ev->type == EVENT_DELETE ? NULL : s->rows.after,
	};

	group_add(s->now, shape, &op);
}

static bool put_rows(struct sync *s, const struct event_head *ev, struct shape *shape, struct str line, bool safe, struct err *e)
{
	bool more = true;

	if (ev->doubt.n)
		return err_set(e, &err_doubt, "row of '%.*s.%.*s' at %.*s seq %llu: the log does not hold all columns of this "
			       "update, and it may be a REPLACE, which sets the others to their defaults: %.*s",
			       STR(ev->schema), STR(ev->table), STR(ev->pos), (unsigned long long)ev->seq,
			       STR(str_first(ev->doubt, 200)));
	rows_keep(&s->rows, s->streaming ? NULL : &s->now->arena, !s->streaming || line.p == s->spill.p);
	if (!s->streaming)
		line = group_line(s->now, line, &s->spill);
	if (!rows_start(&s->rows, ev, &shape->table, line, e))
		return false;
	group_at(s->now, &(struct op_trx){ ev->pos, ev->gtid, ev->ts });
	while (rows_next(&s->rows, &more, e) && more) {
		if (!applied_is_empty(&s->applied) && applied_has(&s->applied, ev->pos, ev->gtid, s->rows.seq))
			continue;
		if (s->shard.draining && shard_was_drained(&s->shard, ev, s->rows.seq))
			continue;
		if (!s->streaming)
			keep_row(s, ev, shape, safe);
		else if (!stream_row(s, ev, shape, safe, e))
			return false;
	}
	return !more && (s->streaming || s->shard.draining || sync_spill(s, e));
}

bool sync_put_rows(struct sync *s, const struct event_head *ev, struct str line, bool safe, struct err *e)
{
	struct shape *shape;
	bool ok;

	if (!find_shape(s, ev, &shape, e))
		return false;
	shape_keep(shape);
	ok = put_rows(s, ev, shape, line, s->safe_mode || safe, e);
	shape_drop(shape);
	return ok;
}

/* Was what starts here applied by an earlier run? */
static void look_back(struct sync *s, const struct event_head *ev)
{
	s->skipping = checkpoint_has(&s->cp, ev->pos, ev->gtid);
	s->skipped_gtid = s->skipping && !checkpoint_has(&s->cp, ev->pos, STR_NONE);
}

static bool take_rows(struct sync *s, struct event_head *ev, struct str head, struct err *e)
{
	struct shard_table *waiting = shard_waiting(&s->shard, ev->schema, ev->table);
	struct str line;

	if (ev->pos.n == 0)
		return err_set(e, &err_wrong_stream, "rows of '%.*s.%.*s' have no place in a log", STR(ev->schema),
			       STR(ev->table));
	if (!s->in_trx && !s->skipping)
		look_back(s, ev);
	if (s->skipping && !waiting) {
		log_debug("rows of the transaction at %.*s were applied already", STR(ev->pos));
		return line_pass(s->in, NULL, e);
	}
	if (!sync_base(s, e) || !whole_line(s, ev, head, &line, e))
		return false;
	s->report.events++;
	s->in_trx |= !s->skipping;
	return waiting ? shard_keep_rows(s, waiting, line, e) : sync_put_rows(s, ev, line, s->cp.safe.n > 0, e);
}

/* What the DDL did away with is not known any more; what it changed, the stream tells before the next rows. */
void sync_forget_tables(struct sync *s, const struct ddl_event *ddl)
{
	enum ddl_kind kind = ddl_kind_of_name(ddl->kind);

	for (size_t i = 0; i < ddl->n_tables; i++) {
		bool gone = kind == DDL_DROP_TABLE || kind == DDL_DROP_DATABASE ||
			    (kind == DDL_RENAME_TABLE && i % 2 == 0);

		upstream_stale(&s->up, &ddl->to[i]);
		checkpoint_note_change(&s->cp, ddl->tables[i].schema, ddl->tables[i].table);
		if (!gone)
			continue;
		checkpoint_note_table(&s->cp, ddl->tables[i].schema, ddl->tables[i].table, STR_NONE);
		upstream_forget(&s->up, ddl->tables[i].schema, ddl->tables[i].table);
	}
	if (ddl->n_tables == 0)
		upstream_stale(&s->up, NULL);
}

bool sync_run_ddl(struct sync *s, const struct ddl_event *ddl, struct err *e)
{
	bool ran;

	s->busy_since = report_time(ddl->ts);
	if (!ddl_run_event(&s->ddl, ddl, &ran, e)) {
		s->tx.failed = true;	/* the session is not as it was */
		return false;
	}
	s->report.events++;
	s->after_ddl |= ran;
	if (ran)
		sync_forget_tables(s, ddl);
	return true;
}

static bool take_ddl(struct sync *s, const struct event_head *ev, struct str line, struct err *e)
{
	struct ddl_event ddl;

	if (s->in_trx)
		return err_set(e, &err_stream_syntax, "a statement at %.*s inside a transaction", STR(ev->pos));
	look_back(s, ev);
	if (!s->skipping && !sync_base(s, e))
		return false;
	if (s->shard.mode != SHARD_NONE)
		return shard_take_ddl(s, ev, line, e);
	if (!ddl_line_parse(&ddl, line, &s->arena, e))
		return false;
	if (s->skipping) {
		log_debug("the statement at %.*s was applied already", STR(ev->pos));
		sync_forget_tables(s, &ddl);
		return true;
	}
	return sync_flush(s, e) && sync_run_ddl(s, &ddl, e);
}

/* A transaction that was skipped must end where everything is applied, or part of it would be lost. (CREATE
 * TABLE ... SELECT has a commit inside, which has no GTID.) */
static bool end_skipped(struct sync *s, const struct event_head *ev, struct err *e)
{
	s->skipping = false;
	checkpoint_read(&s->cp, ev->pos);
	if (!checkpoint_covers(&s->cp, ev->pos, ev->gtid) && !(s->skipped_gtid && ev->gtid.n == 0))
		return err_set(e, &err_straddles,
			       "the transaction that ends at %.*s starts before the checkpoint %.*s and ends behind it",
			       STR(ev->pos), STR(buf_str(&s->cp.applied)));
	return true;
}

/* The lease must not get old, and a long stretch without rows is a place won, too. */
static bool is_due(const struct sync *s)
{
	return s->cp.open && clock_ms() - s->cp.written_ms >= s->idle_ms;
}

static bool keep_up(struct sync *s, struct err *e)
{
	return (s->flying || s->streaming || sync_flush(s, e)) && (!is_due(s) || sync_hold(s, e));
}

static bool take_commit(struct sync *s, const struct event_head *ev, struct err *e)
{
	bool now = s->after_ddl;

	tool_take_signals();
	if (s->skipping) {
		if (!end_skipped(s, ev, e))
			return false;
	} else if (s->in_trx || now || !checkpoint_covers(&s->cp, ev->pos, ev->gtid)) {
		report_see(&s->report, ev);
		group_boundary(s->now, &s->cp, ev);
		if (!sync_end_transaction(s, e))
			return false;
	}
	s->in_trx = s->streaming = s->after_ddl = false;
	s->busy_since = 0;
	return (now ? sync_flush(s, e) : !is_due(s) || keep_up(s, e)) && shard_boundary(s, ev, e);
}

static bool take_place(struct sync *s, const struct event_head *ev, struct err *e)
{
	report_see(&s->report, ev);
	if (s->in_trx || s->skipping) {
		s->cut = ev->type == EVENT_END && !str_is(ev->reason, "signal");
		return true;		/* a place inside a transaction is none */
	}
	if (!checkpoint_covers(&s->cp, ev->pos, STR_NONE))
		group_boundary(s->now, &s->cp, ev);
	return sync_pass(s, e) && shard_boundary(s, ev, e);
}

static bool take_line(struct sync *s, struct event_head *ev, struct str head, struct err *e)
{
	struct str line;

	if (!s->started && ev->type != EVENT_STREAM)
		return err_set(e, &err_stream_syntax, "the stream does not start with a line of type 'stream'");
	if (ev->type != EVENT_STREAM && ev->type != EVENT_STATE && ev->type != EVENT_TABLE && ev->type != EVENT_SNAPSHOT &&
	    !shard_register(s, e))
		return false;
	switch (ev->type) {
	case EVENT_INSERT:
	case EVENT_UPDATE:
	case EVENT_DELETE:
		return take_rows(s, ev, head, e);
	case EVENT_TABLE:
		return whole_line(s, ev, head, &line, e) && take_table(s, line, e);
	case EVENT_STATE:
		return whole_line(s, ev, head, &line, e) && take_state(s, line, e);
	case EVENT_DDL:
		return whole_line(s, ev, head, &line, e) && take_ddl(s, ev, line, e);
	case EVENT_STREAM:
		return take_stream(s, ev, e);
	case EVENT_SNAPSHOT:
		return take_snapshot(s, ev);
	case EVENT_COMMIT:
		return take_commit(s, ev, e);
	case EVENT_HEARTBEAT:
	case EVENT_END:
		return take_place(s, ev, e);
	case EVENT_CHUNK:
	case EVENT_CHUNK_END:
		return err_set(e, &err_wrong_stream, "the stream is a dump");
	case EVENT_OTHER:
		log_debug("a line of a type that is not known is passed over");
		return true;
	}
	return true;
}

/* Nothing to read: what is whole is applied now, so that a single change is there within milliseconds. */
static bool idle(struct sync *s, struct err *e)
{
	s->report.idle = !s->in_trx && !sync_has_work(s);
	if (!s->streaming && !sync_idle(s, e))
		return false;
	if ((is_due(s) && !keep_up(s, e)) || !shard_idle(s, e))
		return false;
	s->report.idle = !s->in_trx && !sync_has_work(s);
	return sync_report(s, "Running", false, e);
}

/* A second signal, or ten seconds, end the wait for the rest of a transaction. True: go on reading. */
static bool goes_on(struct sync *s)
{
	if (stop_asked && s->stopping)
		return false;
	if (stop_asked) {
		s->stopping = true;
		s->stop_ms = clock_ms() + STOP_WAIT_MS;
		stop_asked = 0;
	}
	return !s->stopping || ((s->in_trx || s->after_ddl) && clock_ms() < s->stop_ms);
}

static int tick(const struct sync *s)
{
	if (s->now->mark > 0 && !s->flying && !s->in_trx)
		return 0;
	if (s->shard.n_draining > 0 && !s->shard.behind && !s->in_trx)
		return 0;
	return s->stopping || s->shard.n_blocked > 0 || s->idle_ms < IDLE_TICK_MS ? 100 : IDLE_TICK_MS;
}

static enum line_got read_stream(struct sync *s, struct err *e)
{
	for (;;) {
		struct event_head ev;
		struct str head;
		enum line_got got;

		s->in->tick_ms = tick(s);
		got = event_next(s->in, &ev, &head, &s->arena, e);
		if (got == LINE_GOT) {
			s->report.idle = false;
			if (!take_line(s, &ev, head, e))
				return LINE_FAIL;
		} else if (got == LINE_TICK) {
			if (!idle(s, e))
				return LINE_FAIL;
		} else if (got != LINE_STOP) {
			return got;
		}
		if (!goes_on(s))
			return LINE_STOP;
	}
}

/* What is whole is kept, whatever ended the stream; its first error stays. */
static bool finish(struct sync *s, struct err *e)
{
	struct err later = { 0 }, dropped = { 0 };
	bool had_failed = e->kind != NULL, ok = true;

	transaction_drop_part(&s->tx);
	group_drop_part(s->now);
	s->in_trx = s->streaming = false;
	s->busy_since = 0;
	if (s->cp.open && !s->tx.failed)
		ok = sync_flush(s, &later);
	if (s->cp.open && !meta_lease_drop(&s->cp.meta, &dropped))
		log_debug("%s", dropped.text);	/* it ends with the process, or after a while */
	if (!ok && !had_failed)
		*e = later;
	/* Who was away too long finds the rows of the other, and takes them for strange ones. */
	if (e->kind && e->kind != dropped.kind && dropped.kind == &err_meta_lease_lost) {
		log_notice("what it failed with: %s", e->text);
		*e = dropped;
	}
	return ok && !had_failed;
}

static bool ended(struct sync *s, enum line_got got, struct err *e)
{
	switch (got) {
	case LINE_END:
		if (!s->in->ended || s->cut)
			err_set(e, &err_stream_cut, "the stream stops %s",
				s->cut ? "inside a transaction" : "without an 'end'");
		break;
	case LINE_TORN:
		err_set(e, &err_stream_cut, "the stream is cut inside a line");
		break;
	case LINE_STOP:
		log_notice("stopped by a signal at %.*s", STR(buf_str(&s->cp.place)));
		break;
	case LINE_GOT:
	case LINE_TICK:
	case LINE_FAIL:
		break;
	}
	s->report.idle = finish(s, e);
	return s->report.idle && sync_report(s, got == LINE_STOP ? "Stopped" : "Finished", true, e);
}

static bool take_applied(void *applied, struct str done, struct err *e)
{
	return applied_take(applied, done, e);
}

/* What happens to a table that the rules do not want is not seen: its structure must not be taken for the old one when they do again. */
static bool forget_unwanted(struct sync *s, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct event_name *names = NULL;
	size_t n = 0;
	bool ok = !s->shard.rules || meta_tables(&s->cp.meta, &a, &names, &n, e);

	for (size_t i = 0; ok && i < n; i++)
		if (!rules_want_table(s->shard.rules, names[i].schema, names[i].table))
			ok = meta_table_drop(&s->cp.meta, names[i].schema, names[i].table, e) &&
			     meta_load_table_drop(&s->cp.meta, names[i].schema, names[i].table, e);
	arena_release(&a);
	return ok;
}

bool sync_take_lease(struct sync *s, struct err *e)
{
	if (!checkpoint_open(&s->cp, &s->target.c, s->meta_schema, s->task, s->source, e))
		return false;
	if (s->cp.exit.n)
		log_notice("safe mode until %.*s", STR(buf_str(&s->cp.exit)));
	s->based = s->cp.place.n > 0;
	s->cp.beside = true;
	s->crew.meta = &s->cp.meta;
	return forget_unwanted(s, e) && meta_applied_read(&s->cp.meta, checkpoint_base(&s->cp), &s->crew.next, take_applied, &s->applied, e) &&
	       ddl_run_open(&s->ddl, e) && shard_open(s, e);
}

bool sync_run(struct sync *s, struct err *e)
{
	if (s->source.n && !sync_take_lease(s, e))
		return false;
	return ended(s, read_stream(s, e), e);
}
