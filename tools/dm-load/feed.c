/* feed.c - reads a dump's lines: creates what they describe, hands chunks on, keeps the meta tables; see load.h */
#include "load.h"

#include "text/json_write.h"
#include "text/sql_quote.h"

#define TICK_MS 250
#define CHUNKS_MAX (1u << 24)	/* of a table: a bit for each is kept */

static const struct err_kind err_not_a_dump = {
	.code = 34506, .class = "load-unit", .scope = SCOPE_INTERNAL, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "give dm-load what dm-dump writes; changes go to dm-sync",
};
static const struct err_kind err_dump_stopped = {
	.code = 34507, .class = "load-unit", .scope = SCOPE_INTERNAL, .level = LEVEL_MEDIUM, .status = STATUS_RETRY,
	.workaround = "start again",
};
/* A state line that came before there was a place to keep it. */
struct held {
	struct held *next;
	struct str stage, key, value;
};

struct feed {
	struct session s;
	struct line_in *in;
	struct buf spill;		/* a line that in cannot hold */
	bool mariadb;			/* upstream */
	struct held *held;
	struct str reason;		/* of the end line */

	struct map targets;		/* "schema\0table" -> struct target */
	struct event_name sized;	/* the table whose size was told, */
	uint64_t size;			/* bytes */
	struct owed *owed;		/* keys of tables that were made */
	struct job *job;		/* the chunk that is open */
	struct str chunk;		/* its id; "" none is open */
	struct buf chunk_id;
	bool skipping;			/* it was loaded before, into */
	const struct target *skipped;
};

static bool whole_line(struct feed *f, struct str *line, struct err *e)
{
	return line_rest(f->in, &f->spill, line, e);
}

static bool on_stream(struct feed *f, const struct event_head *ev, struct err *e)
{
	f->mariadb = str_is(ev->flavor, "mariadb");
	f->s.source = f->s.want->source.n > 0 ? f->s.want->source : arena_str(&f->s.arena, ev->source);
	if (ev->source.n > 0 && !str_eq(f->s.source, ev->source))
		return err_set(e, &err_not_a_dump, "this is a dump of source '%.*s', not of '%.*s'", STR(ev->source),
			       STR(f->s.source));
	return f->s.source.n > 0 || err_set(e, &err_usage, "no source is given: name one with -s");
}

static void take_size(struct feed *f, struct json *j)
{
	struct str key;

	for (bool more = json_object(j); more && json_key(j, &key); ) {
		if (str_is(key, "schema"))
			f->sized.schema = json_text(j, &f->s.arena);
		else if (str_is(key, "table"))
			f->sized.table = json_text(j, &f->s.arena);
		else if (str_is(key, "bytes"))
			f->size = json_u64(j);
		else
			json_skip(j);
	}
	f->sized = (struct event_name){ arena_str(&f->s.arena, f->sized.schema), arena_str(&f->s.arena, f->sized.table) };
}

/* What dm-dump tells us, by key. */
static bool take_dump_state(struct feed *f, struct str name, struct str value, struct err *e)
{
	struct json j;
	struct str key;

	json_init(&j, value);
	if (str_is(name, "sql_mode")) {
		f->s.sql_mode = server_downstream_sql_mode(&f->s.arena, json_text(&j, &f->s.line));
	} else if (str_is(name, "size")) {
		take_size(f, &j);
	} else if (str_is(name, "estimate")) {
		for (bool more = json_object(&j); more && json_key(&j, &key); ) {
			if (str_is(key, "rows"))
				f->s.report->rows = json_u64(&j);
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
	if (!whole_line(f, &line, e) || !state_line_parse(&stage, &key, &value, line, &f->s.line, e))
		return false;
	if (str_is(stage, "dm-dump"))
		return take_dump_state(f, key, value, e);
	if (!f->s.begun && str_is(stage, "dm-relay") && str_is(key, "server")) {
		f->s.server = arena_str(&f->s.arena, value);
		return true;
	}
	if (f->s.begun)
		return meta_state_put(&f->s.meta, stage, key, value, e);
	held = arena_alloc(&f->s.arena, sizeof(*held));
	held->next = f->held;
	held->stage = arena_str(&f->s.arena, stage);
	held->key = arena_str(&f->s.arena, key);
	held->value = arena_str(&f->s.arena, value);
	f->held = held;
	return true;
}

static bool begin(struct feed *f, const struct event_head *ev, struct err *e)
{
	if (!session_begin(&f->s, ev->pos, ev->gtid, ev->pos_end, e))
		return false;
	for (struct held *held = f->held; held; held = held->next)
		if (!meta_state_put(&f->s.meta, held->stage, held->key, held->value, e))
			return false;
	return true;
}

static bool on_snapshot(struct feed *f, const struct event_head *ev, struct err *e)
{
	if (f->s.begun)
		return err_set(e, &err_not_a_dump, "the stream has a second 'snapshot' line");
	if (ev->pos.n == 0)
		return err_set(e, &err_not_a_dump, "the 'snapshot' line has no pos");
	return session_open(&f->s, e) && begin(f, ev, e);
}

static bool need_begun(const struct feed *f, struct err *e)
{
	return f->s.begun || err_set(e, &err_not_a_dump, "the stream has no 'snapshot' line in front: it is no dump");
}

/* A big table that is not there yet gets some of its keys later. */
static bool put_off(struct feed *f, struct ddl_event *ddl, struct err *e)
{
	struct ddl parsed;
	struct table t = { 0 };
	struct owed *o;
	bool known = false, ok;

	if (ddl->n_tables != 1 || !str_eq(f->sized.schema, ddl->tables[0].schema) ||
	    !str_eq(f->sized.table, ddl->tables[0].table))
		return true;
	ddl_parse(&parsed, &f->s.line, ddl->sql, ddl->schema, STR_LIT(""), f->mariadb);
	if (parsed.kind != DDL_CREATE_TABLE || parsed.is_sequence)
		return true;
	ok = create_structure(&t, &known, &parsed, STR_LIT(""), e);
	if (ok && known) {
		o = arena_array(&f->s.arena, 1, sizeof(*o));
		o->to = (struct event_name){ arena_str(&f->s.arena, ddl->to[0].schema), arena_str(&f->s.arena, ddl->to[0].table) };
		ok = keys_put_off(&f->s, o, &ddl->sql, &t, f->size, e);
		if (o->keys) {
			o->next = f->owed;
			f->owed = o;
		}
	}
	if (known)
		table_release(&t);
	return ok;
}

static bool on_ddl(struct feed *f, const struct event_head *ev, struct err *e)
{
	struct ddl_event ddl;
	struct str line;

	(void)ev;
	return need_begun(f, e) && whole_line(f, &line, e) && ddl_line_parse(&ddl, line, &f->s.line, e) &&
	       put_off(f, &ddl, e) && ddl_create(&f->s.c, &ddl, f->mariadb, e);
}

static struct str name_key(struct arena *a, struct str schema, struct str table)
{
	return arena_strf(a, "%.*s%c%.*s", STR(schema), 0, STR(table));
}

static bool on_table(struct feed *f, const struct event_head *ev, struct err *e)
{
	struct target *t;
	struct str line;

	(void)ev;	/* it may point into what whole_line overwrites */
	if (!need_begun(f, e) || !whole_line(f, &line, e))
		return false;
	t = target_new(&f->s.c, line, f->s.want->on_duplicate, e);
	if (!t)
		return false;
	map_put(&f->targets, name_key(&f->s.line, t->upstream.schema, t->upstream.name), t);
	f->s.report->tables++;
	return session_add_target(&f->s, t, line, e);
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
	json_put_text(&value, arena_strf(&f->s.line, "%.*s at %.*s", STR(cut), STR(f->s.place)));
	ok = buf_ok(&key, "a name", e) && buf_ok(&value, "a chunk id", e) &&
	     meta_state_get(&f->s.meta, &f->s.line, STR_LIT("dm-load"), buf_str(&key), &kept, e);
	if (ok && !str_eq(kept, buf_str(&value)) && str_ends(kept, arena_strf(&f->s.line, " at %.*s\"", STR(f->s.place))))
		ok = session_double_rows(t, e);
	else if (ok && !str_eq(kept, buf_str(&value)))
		ok = meta_state_put(&f->s.meta, STR_LIT("dm-load"), buf_str(&key), buf_str(&value), e);
	t->cut_checked = ok;
	buf_release(&key);
	buf_release(&value);
	return ok;
}

/* A chunk that stands in the stream twice would load its rows twice where they have no key. Which one of how many it is
 * stands behind the '*' of its id; ids of somebody else are counted only. */
static bool note_chunk(struct target *t, const struct event_head *ev, struct err *e)
{
	struct str number = STR_LIT("0");
	uint64_t n;

	if (ev->of == 0)
		return true;
	if (t->of == 0 && ev->of <= CHUNKS_MAX) {
		t->of = ev->of;
		t->came = mem_zalloc(ev->of / 8 + 1);
		t->counts = mem_zalloc(sizeof(*t->counts));
		atomic_store(&t->counts->files, t->of);
	}
	if (t->of != ev->of)
		return err_set(e, &err_stream_syntax, "chunk '%.*s' is one of %llu, others of its table of %llu", STR(ev->id),
			       (unsigned long long)ev->of, (unsigned long long)t->of);
	if (t->of > 1 && !str_cut_last(ev->id, '*', NULL, &number))
		number = STR_LIT("");
	if (str_to_u64(number, &n) && n < t->of) {
		if (t->came[n / 8] & 1u << n % 8)
			return err_set(e, &err_dump_damaged, "chunk '%.*s' stands in the stream twice", STR(ev->id));
		t->came[n / 8] |= (uint8_t)(1u << n % 8);
	}
	t->seen++;
	return true;
}

static bool check_seen(const struct target *t, struct load_counts *counts, struct err *e)
{
	for (; t; t = t->next)
		if (t->of == 0)		/* a table of which no rows were dumped */
			atomic_fetch_add(&counts->tables, 1);
		else if (t->seen != t->of)
			return err_set(e, &err_dump_incomplete, "table `%.*s`.`%.*s`: %llu chunks of %llu are in the stream",
				       STR(t->upstream.schema), STR(t->upstream.name), (unsigned long long)t->seen,
				       (unsigned long long)t->of);
	return true;
}

static bool on_chunk(struct feed *f, const struct event_head *ev, struct err *e)
{
	struct target *t = map_get(&f->targets, name_key(&f->s.line, ev->schema, ev->table));

	if (!need_begun(f, e))
		return false;
	if (f->chunk.n > 0 || ev->id.n == 0)
		return err_set(e, &err_stream_syntax,
			       f->chunk.n > 0 ? "a chunk begins inside another" : "a chunk has no id");
	if (!t)
		return err_set(e, &err_stream_syntax, "chunk '%.*s' has no 'table' line before it", STR(ev->id));
	buf_set(&f->chunk_id, ev->id);
	if (!buf_ok(&f->chunk_id, "the id of a chunk", e) || !note_chunk(t, ev, e) || !check_cut(f, t, ev->id, e) ||
	    !meta_load_chunk_is_done(&f->s.meta, ev->id, &f->skipping, e))
		return false;
	f->chunk = buf_str(&f->chunk_id);
	f->skipped = t;
	return f->skipping || pool_start_job(&f->s.pool, t, ev->id, &f->job, e);
}

static bool on_insert(struct feed *f, const struct event_head *ev, struct err *e)
{
	struct pool_tick ticking = session_pool_tick(&f->s);
	struct str line;

	if (f->chunk.n == 0)
		return err_set(e, &err_not_a_dump, "rows of `%.*s`.`%.*s` stand outside of a chunk: this is no dump",
			       STR(ev->schema), STR(ev->table));
	if (f->skipping)
		return true;
	if (!str_eq(ev->schema, f->job->target->upstream.schema) || !str_eq(ev->table, f->job->target->upstream.name))
		return err_set(e, &err_stream_syntax, "rows of `%.*s`.`%.*s` stand in chunk '%.*s'", STR(ev->schema),
			       STR(ev->table), STR(f->chunk));
	return whole_line(f, &line, e) && pool_add_line(&f->s.pool, f->job, line, &ticking, e);
}

static bool on_chunk_end(struct feed *f, const struct event_head *ev, struct err *e)
{
	if (f->chunk.n == 0 || !str_eq(ev->id, f->chunk))
		return err_set(e, &err_stream_syntax, "a chunk ends that did not begin: '%.*s'", STR(ev->id));
	if (f->skipping) {
		atomic_fetch_add(&f->s.report->counts->skipped_rows, ev->rows);
		atomic_fetch_add(&f->s.report->counts->skipped_bytes, ev->bytes);
		target_part_done(f->skipped, f->s.report->counts);
	} else {
		pool_end_job(&f->s.pool, f->job, ev->rows);
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
	f->reason = arena_str(&f->s.arena, ev->reason);
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
		*got = event_next(f->in, &ev, &head, &f->s.line, e);
		if (*got != LINE_GOT && *got != LINE_TICK)
			return *got != LINE_FAIL;
		if (!session_tick(&f->s, e))
			return false;
		if (*got == LINE_GOT && ev.type < sizeof(handlers) / sizeof(handlers[0]) && handlers[ev.type] &&
		    !handlers[ev.type](f, &ev, e))
			return false;
		if (!pool_is_well(&f->s.pool, e))
			return false;
	}
}

/* The chunks that are whole are loaded, whatever became of the stream: what is done is done. */
static bool finish(struct feed *f, enum line_got got, struct err *e)
{
	struct pool_tick ticking = session_pool_tick(&f->s);

	if (f->job)
		pool_drop_job(&f->s.pool, f->job);
	f->job = NULL;
	if (!pool_drain(&f->s.pool, &ticking, e))
		return false;
	if (got == LINE_TORN)
		return err_set(e, &err_stream_cut, "the stream is cut inside a line");
	if (!f->in->ended)
		return err_set(e, &err_stream_cut, "the stream stops without an 'end'");
	if (!str_is(f->reason, "complete"))
		return err_set(e, &err_dump_stopped, "the dump was stopped ('%.*s')", STR(f->reason));
	return need_begun(f, e) && check_seen(f->s.made, f->s.report->counts, e) && keys_pay(&f->s, f->owed, e) &&
	       meta_load_finish(&f->s.meta, e);
}

bool feed(const struct load_want *want, struct report *report, struct err *e)
{
	static struct line_in in;
	struct feed f = {
		.in = &in, .spill = BUF_INIT(LINE_LIMIT), .chunk_id = BUF_INIT(4096), .targets = MAP_INIT,
	};
	enum line_got got;
	bool ok;

	line_open(&in, NULL);
	in.tick_ms = TICK_MS;
	session_init(&f.s, want, report);
	ok = read_lines(&f, &got, e) && got != LINE_STOP && finish(&f, got, e);
	session_release(&f.s);
	map_release(&f.targets);
	buf_release(&f.spill);
	buf_release(&f.chunk_id);
	return session_report(report, ok, &err_dump_stopped, e);
}
