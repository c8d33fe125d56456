/* feed.c - reads a dump's lines: creates what they describe, hands chunks on, keeps the meta tables; see load.h */
#include "load.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/tool.h"
#include "status/progress.h"
#include "text/json_write.h"
#include "text/sql_quote.h"

#define TICK_MS 250
#define LEASE_MS 5000

static const struct err_kind err_not_a_dump = {
	.code = 34506, .class = "load-unit", .scope = SCOPE_INTERNAL, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "give dm-load what dm-dump writes; changes go to dm-sync",
};
static const struct err_kind err_dump_stopped = {
	.code = 34507, .class = "load-unit", .scope = SCOPE_INTERNAL, .level = LEVEL_MEDIUM, .status = STATUS_RETRY,
	.workaround = "start again",
};
static const struct err_kind err_load_double = {
	.code = 34509, .class = "load-unit", .scope = SCOPE_DOWNSTREAM, .level = LEVEL_HIGH, .status = STATUS_REFUSED,
	.workaround = "empty the downstream table, remove what is kept about the task with dm-meta drop, "
		      "then start again",
};

/* A state line that came before there was a place to keep it. */
struct held {
	struct held *next;
	struct str stage, key, value;
};

struct feed {
	const struct load_want *want;
	struct conn c;			/* opened when a dump is seen: what is none changes nothing downstream */
	struct report *report;
	struct line_in *in;
	struct buf spill;		/* a line that in cannot hold */
	struct arena arena, line;	/* for as long as we run; for one line */

	bool mariadb;			/* upstream */
	struct str source, sql_mode;
	struct str place;		/* of the dump */
	struct held *held;
	struct meta meta;
	bool begun;			/* the snapshot line came, meta is open */
	struct str reason;		/* of the end line */
	int64_t ticked, renewed;	/* ms */

	struct map targets;		/* "schema\0table" -> struct target */
	struct target *made;
	struct pool pool;
	struct job *job;		/* the chunk that is open */
	struct str chunk;		/* its id; "" none is open */
	struct buf chunk_id;
	bool skipping;			/* it was loaded before */
};

/* Signals, lease, status. False with e empty: we are to stop. */
static bool tick(void *context, struct err *e)
{
	struct feed *f = context;
	int64_t now = clock_ms();

	tool_take_signals();
	if (stop_asked)
		return false;
	if (now - f->ticked < TICK_MS)
		return true;
	f->ticked = now;
	if (f->begun && now - f->renewed >= LEASE_MS) {
		f->renewed = now;
		if (!meta_lease_hold(&f->meta, e))
			return false;
	}
	return report_show(f->report, e);
}

static struct pool_tick pool_tick_of(struct feed *f)
{
	return (struct pool_tick){ tick, f };
}

static bool whole_line(struct feed *f, struct str *line, struct err *e)
{
	return line_rest(f->in, &f->spill, line, e);
}

static bool on_stream(struct feed *f, const struct event_head *ev, struct err *e)
{
	f->mariadb = str_is(ev->flavor, "mariadb");
	f->source = f->want->source.n > 0 ? f->want->source : arena_str(&f->arena, ev->source);
	if (ev->source.n > 0 && !str_eq(f->source, ev->source))
		return err_set(e, &err_not_a_dump, "this is a dump of source '%.*s', not of '%.*s'", STR(ev->source),
			       STR(f->source));
	return f->source.n > 0 || err_set(e, &err_usage, "no source is given: name one with -s");
}

/* What dm-dump tells us, by key. */
static bool take_dump_state(struct feed *f, struct str name, struct str value, struct err *e)
{
	struct json j;
	struct str key;

	json_init(&j, value);
	if (str_is(name, "sql_mode")) {
		f->sql_mode = server_downstream_sql_mode(&f->arena, json_text(&j, &f->line));
	} else if (str_is(name, "estimate")) {
		for (bool more = json_object(&j); more && json_key(&j, &key); ) {
			if (str_is(key, "rows"))
				f->report->rows = json_u64(&j);
			else
				json_skip(&j);
		}
	}
	return json_ok(&j, "a state line of dm-dump", e);
}

static bool on_state(struct feed *f, const struct event_head *ev, struct err *e)
{
	struct str line, stage, key, value;
	struct held *held;

	(void)ev;
	if (!whole_line(f, &line, e) || !state_line_parse(&stage, &key, &value, line, &f->line, e))
		return false;
	if (str_is(stage, "dm-dump"))
		return take_dump_state(f, key, value, e);
	if (f->begun)
		return meta_state_put(&f->meta, stage, key, value, e);
	held = arena_alloc(&f->arena, sizeof(*held));
	held->next = f->held;
	held->stage = arena_str(&f->arena, stage);
	held->key = arena_str(&f->arena, key);
	held->value = arena_str(&f->arena, value);
	f->held = held;
	return true;
}

static bool read_packet(struct feed *f, struct err *e)
{
	struct str value;
	bool exists;

	f->pool.packet = 4 << 20;
	return server_variable(&f->c, &f->line, "max_allowed_packet", &value, &exists, e) &&
	       (!exists || str_to_u64(value, &f->pool.packet) || f->pool.packet > 0);
}

static bool begin(struct feed *f, const struct event_head *ev, struct err *e)
{
	bool again;

	f->place = arena_str(&f->arena, ev->pos);
	if (!meta_load_begin(&f->meta, ev->pos, ev->gtid, ev->pos_end, &again, e))
		return false;
	if (again)
		log_notice("an earlier load was not finished: its rows are loaded again, over what it left");
	for (struct held *held = f->held; held; held = held->next)
		if (!meta_state_put(&f->meta, held->stage, held->key, held->value, e))
			return false;
	f->pool.meta = f->meta;
	buf_init(&f->pool.meta.sql, f->meta.sql.limit);
	return read_packet(f, e);
}

static bool on_snapshot(struct feed *f, const struct event_head *ev, struct err *e)
{
	if (f->begun)
		return err_set(e, &err_not_a_dump, "the stream has a second 'snapshot' line");
	if (ev->pos.n == 0)
		return err_set(e, &err_not_a_dump, "the 'snapshot' line has no pos");
	report_place(f->report, ev->pos, ev->gtid);
	if (!conn_open(&f->c, &(struct conn_want){ .at = &f->want->at, .scope = SCOPE_DOWNSTREAM }, e) ||
	    !meta_open(&f->meta, &f->c, f->want->meta_schema, f->want->task, f->source, e))
		return false;
	if (!meta_lease_take(&f->meta, e)) {
		meta_release(&f->meta);
		return false;
	}
	f->begun = true;
	f->renewed = clock_ms();
	f->pool.sql_mode = f->sql_mode;
	return begin(f, ev, e);
}

static bool need_begun(const struct feed *f, struct err *e)
{
	return f->begun || err_set(e, &err_not_a_dump, "the stream has no 'snapshot' line in front: it is no dump");
}

static bool on_ddl(struct feed *f, const struct event_head *ev, struct err *e)
{
	struct ddl_event ddl;
	struct str line;

	(void)ev;
	return need_begun(f, e) && whole_line(f, &line, e) && ddl_line_parse(&ddl, line, &f->line, e) &&
	       ddl_create(&f->c, &ddl, f->mariadb, e);
}

static struct str name_key(struct arena *a, struct str schema, struct str table)
{
	return arena_strf(a, "%.*s%c%.*s", STR(schema), 0, STR(table));
}

static bool double_rows(const struct target *t, struct err *e)
{
	return err_set(e, &err_load_double, "table `%.*s`.`%.*s` has no key, and an earlier load that was not finished has "
		       "left rows of `%.*s`.`%.*s` in it, which would double", STR(t->downstream.schema),
		       STR(t->downstream.name), STR(t->upstream.schema), STR(t->upstream.name));
}

/* Rows without a key that were committed at another place cannot be told from those that come now. */
static bool check_touched(struct feed *f, const struct target *t, struct err *e)
{
	bool touched;

	if (t->idempotent)
		return true;
	if (!meta_load_table_touched(&f->meta, t->upstream.schema, t->upstream.name, &touched, e))
		return false;
	return !touched || double_rows(t, e);
}

static bool on_table(struct feed *f, const struct event_head *ev, struct err *e)
{
	struct target *t;
	struct str line;

	(void)ev;	/* it may point into what whole_line overwrites */
	if (!need_begun(f, e) || !whole_line(f, &line, e))
		return false;
	t = target_new(&f->c, line, f->want->on_duplicate, e);
	if (!t)
		return false;
	t->next = f->made;
	f->made = t;
	map_put(&f->targets, name_key(&f->line, t->upstream.schema, t->upstream.name), t);
	return check_touched(f, t, e) && meta_load_table_put(&f->meta, t->upstream.schema, t->upstream.name, line, e);
}

/* "a.t:1+500" of the chunk id "a.t:1+500*3": how dm-dump has cut the table. Ids of another cut of the same place stand for
 * other rows, of which some may be there already; without a key they would double. (Of another place: see check_touched.) */
static bool check_cut(struct feed *f, struct target *t, struct str id, struct err *e)
{
	struct buf key = BUF_INIT(4096), value = BUF_INIT(4096);
	struct str cut = id, kept;
	bool ok;

	if (t->idempotent || t->cut_checked)
		return true;
	str_cut_last(id, '*', &cut, NULL);
	buf_put_text(&key, "cut ");
	sql_put_table(&key, t->upstream.schema, t->upstream.name);
	json_put_text(&value, arena_strf(&f->line, "%.*s at %.*s", STR(cut), STR(f->place)));
	ok = buf_ok(&key, "a name", e) && buf_ok(&value, "a chunk id", e) &&
	     meta_state_get(&f->meta, &f->line, STR_LIT("dm-load"), buf_str(&key), &kept, e);
	if (ok && !str_eq(kept, buf_str(&value)) && str_ends(kept, arena_strf(&f->line, " at %.*s\"", STR(f->place))))
		ok = double_rows(t, e);
	else if (ok && !str_eq(kept, buf_str(&value)))
		ok = meta_state_put(&f->meta, STR_LIT("dm-load"), buf_str(&key), buf_str(&value), e);
	t->cut_checked = ok;
	buf_release(&key);
	buf_release(&value);
	return ok;
}

static bool on_chunk(struct feed *f, const struct event_head *ev, struct err *e)
{
	struct target *t = map_get(&f->targets, name_key(&f->line, ev->schema, ev->table));

	if (!need_begun(f, e))
		return false;
	if (f->chunk.n > 0 || ev->id.n == 0)
		return err_set(e, &err_stream_syntax,
			       f->chunk.n > 0 ? "a chunk begins inside another" : "a chunk has no id");
	if (!t)
		return err_set(e, &err_stream_syntax, "chunk '%.*s' has no 'table' line before it", STR(ev->id));
	buf_clear(&f->chunk_id);
	buf_put_str(&f->chunk_id, ev->id);
	if (!buf_ok(&f->chunk_id, "the id of a chunk", e) || !check_cut(f, t, ev->id, e) ||
	    !meta_load_chunk_is_done(&f->meta, ev->id, &f->skipping, e))
		return false;
	f->chunk = buf_str(&f->chunk_id);
	return f->skipping || pool_start_job(&f->pool, t, ev->id, &f->job, e);
}

static bool on_insert(struct feed *f, const struct event_head *ev, struct err *e)
{
	struct pool_tick ticking = pool_tick_of(f);
	struct str line;

	if (f->chunk.n == 0)
		return err_set(e, &err_not_a_dump, "rows of `%.*s`.`%.*s` stand outside of a chunk: this is no dump",
			       STR(ev->schema), STR(ev->table));
	if (f->skipping)
		return true;
	if (!str_eq(ev->schema, f->job->target->upstream.schema) || !str_eq(ev->table, f->job->target->upstream.name))
		return err_set(e, &err_stream_syntax, "rows of `%.*s`.`%.*s` stand in chunk '%.*s'", STR(ev->schema),
			       STR(ev->table), STR(f->chunk));
	return whole_line(f, &line, e) && pool_add_line(&f->pool, f->job, line, &ticking, e);
}

static bool on_chunk_end(struct feed *f, const struct event_head *ev, struct err *e)
{
	if (f->chunk.n == 0 || !str_eq(ev->id, f->chunk))
		return err_set(e, &err_stream_syntax, "a chunk ends that did not begin: '%.*s'", STR(ev->id));
	if (f->skipping) {
		f->report->skipped_rows += ev->rows;
		f->report->skipped_bytes += ev->bytes;
	} else {
		pool_end_job(&f->pool, f->job);
	}
	f->job = NULL;
	f->chunk = STR_NONE;
	return true;
}

static bool on_changes(struct feed *f, const struct event_head *ev, struct err *e)
{
	(void)f;
	return err_set(e, &err_not_a_dump, "the stream holds changes ('%s'), it is no dump", event_type_name(ev->type));
}

static bool on_end(struct feed *f, const struct event_head *ev, struct err *e)
{
	if (f->chunk.n > 0 && str_is(ev->reason, "complete"))
		return err_set(e, &err_stream_syntax, "the stream ends inside chunk '%.*s'", STR(f->chunk));
	f->reason = arena_str(&f->arena, ev->reason);
	return true;
}

/* What is not here is nothing to us. */
static bool (*const handlers[])(struct feed *f, const struct event_head *ev, struct err *e) = {
	[EVENT_STREAM] = on_stream, [EVENT_STATE] = on_state, [EVENT_SNAPSHOT] = on_snapshot, [EVENT_TABLE] = on_table,
	[EVENT_DDL] = on_ddl, [EVENT_CHUNK] = on_chunk, [EVENT_INSERT] = on_insert, [EVENT_CHUNK_END] = on_chunk_end,
	[EVENT_UPDATE] = on_changes, [EVENT_DELETE] = on_changes, [EVENT_COMMIT] = on_changes, [EVENT_END] = on_end,
};

/* False with e empty: a signal. */
static bool read_lines(struct feed *f, enum line_got *got, struct err *e)
{
	struct event_head ev;
	struct str head;

	for (;;) {
		*got = event_next(f->in, &ev, &head, &f->line, e);
		if (*got != LINE_GOT && *got != LINE_TICK)
			return *got != LINE_FAIL;
		if (!tick(f, e))
			return false;
		if (*got == LINE_GOT && ev.type < sizeof(handlers) / sizeof(handlers[0]) && handlers[ev.type] &&
		    !handlers[ev.type](f, &ev, e))
			return false;
		if (!pool_is_well(&f->pool, e))
			return false;
	}
}

/* The chunks that are whole are loaded, whatever became of the stream: what is done is done. */
static bool finish(struct feed *f, enum line_got got, struct err *e)
{
	struct pool_tick ticking = pool_tick_of(f);

	if (f->job)
		pool_drop_job(&f->pool, f->job);
	f->job = NULL;
	if (!pool_drain(&f->pool, &ticking, e))
		return false;
	if (got == LINE_TORN)
		return err_set(e, &err_stream_cut, "the stream is cut inside a line");
	if (!f->in->ended)
		return err_set(e, &err_stream_cut, "the stream stops without an 'end'");
	if (!str_is(f->reason, "complete"))
		return err_set(e, &err_dump_stopped, "the dump was stopped ('%.*s')", STR(f->reason));
	return need_begun(f, e) && meta_load_finish(&f->meta, e);
}

static void end_meta(struct feed *f)
{
	struct err ignored = { 0 };

	if (!f->begun)
		return;
	meta_lease_drop(&f->meta, &ignored);	/* else it runs out by itself */
	meta_release(&f->meta);
}

static void release(struct feed *f)
{
	pool_close(&f->pool);
	pool_release(&f->pool);
	end_meta(f);
	conn_close(&f->c);
	while (f->made) {
		struct target *t = f->made;

		f->made = t->next;
		target_free(t);
	}
	map_release(&f->targets);
	buf_release(&f->spill);
	buf_release(&f->chunk_id);
	arena_release(&f->line);
	arena_release(&f->arena);
}

bool feed(const struct load_want *want, struct report *report, struct err *e)
{
	static struct line_in in;
	struct feed f = {
		.want = want, .report = report, .in = &in, .spill = BUF_INIT(LINE_LIMIT), .chunk_id = BUF_INIT(4096),
		.targets = MAP_INIT,
	};
	enum line_got got;
	bool ok;

	line_open(&in, NULL);
	in.tick_ms = TICK_MS;
	pool_init(&f.pool, want, report->counts);
	ok = read_lines(&f, &got, e) && got != LINE_STOP && finish(&f, got, e);
	release(&f);
	if (ok)
		return report_end(report, e);
	if (e->kind && !(stop_asked && e->kind == &err_dump_stopped))
		return false;
	err_clear(e);
	progress_clear();
	log_notice("stopped by a signal; what was loaded is kept");
	return status_write(report->status, "Stopped", true, e);
}
