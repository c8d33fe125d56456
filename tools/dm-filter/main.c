/* dm-filter - pass on the events that a task wants; see dm-filter(1) */
#include "filter.h"

#include "base/tool.h"
#include "config/options.h"

#define DDL_LINE_MAX (64u << 20)
#define ROW_LINE_MAX (1u << 30)		/* one row may be as long: only for tables that an expression is about */

struct settings {
	struct config_settings config;
	struct opt_list do_dbs, ignore_dbs, do_tables, ignore_tables;
	struct opt_list insert_exprs, old_exprs, new_exprs, delete_exprs;
	bool split_update;
	bool case_sensitive;
	bool filter_full;
	bool count;
};

#define AT(field) offsetof(struct settings, field)

static const struct opt options[] = {
	{ OPT_TABLE, 0, NULL, NULL, AT(config), NULL, 0, 0, config_options },
	{ OPT_LIST, 0, "do-db", "PATTERN", AT(do_dbs), "keep only schemas like this; may be repeated", 0, 0, NULL },
	{ OPT_LIST, 0, "ignore-db", "PATTERN", AT(ignore_dbs), "drop schemas like this; may be repeated", 0, 0,
	  NULL },
	{ OPT_LIST, 0, "do-table", "PATTERN.PATTERN", AT(do_tables), "keep only tables like this; may be repeated",
	  0, 0, NULL },
	{ OPT_LIST, 0, "ignore-table", "PATTERN.PATTERN", AT(ignore_tables), "drop tables like this; may be repeated",
	  0, 0, NULL },
	{ OPT_LIST, 0, "insert-value-expr", "TABLE:EXPR", AT(insert_exprs), "drop inserts for which this is true; may be repeated", 0, 0,
	  NULL },
	{ OPT_LIST, 0, "update-old-value-expr", "TABLE:EXPR", AT(old_exprs),
	  "drop updates for which this was true before; may be repeated", 0, 0, NULL },
	{ OPT_LIST, 0, "update-new-value-expr", "TABLE:EXPR", AT(new_exprs),
	  "drop updates for which this is true after them; may be repeated", 0, 0, NULL },
	{ OPT_LIST, 0, "delete-value-expr", "TABLE:EXPR", AT(delete_exprs), "drop deletes for which this is true; may be repeated", 0, 0,
	  NULL },
	{ OPT_FLAG, 0, "split-update", NULL, AT(split_update),
	  "let rows come in and leave by an update, as insert-value-expr has them", 0, 0, NULL },
	{ OPT_FLAG, 0, "case-sensitive", NULL, AT(case_sensitive), "tell upper from lower case in patterns", 0, 0,
	  NULL },
	{ OPT_FLAG, 0, "filter-full", NULL, AT(filter_full),
	  "leave the rows of tables of which the event filters drop inserts out of whole data, too", 0, 0, NULL },
	{ OPT_FLAG, 0, "count", NULL, AT(count), "say on exit how many events were dropped", 0, 0, NULL },
	{ 0 }
};

static bool add_all(struct rules *r, const struct opt_list *list,
		    bool (*add)(struct rules *r, struct str pattern, struct err *e), struct err *e)
{
	for (size_t i = 0; i < list->n; i++)
		if (!add(r, str_of(list->items[i]), e))
			return false;
	return true;
}

static bool add_options(struct rules *r, const struct settings *s, struct err *e)
{
	return add_all(r, &s->do_dbs, rules_add_do_db, e) && add_all(r, &s->ignore_dbs, rules_add_ignore_db, e) &&
	       add_all(r, &s->do_tables, rules_add_do_table, e) &&
	       add_all(r, &s->ignore_tables, rules_add_ignore_table, e);
}

/* A source's filters hold without a task, too. */
static bool add_config(struct rules *r, const struct config *config, struct err *e)
{
	if (config->instance)
		return rules_of_task(r, &config->task, config->instance, config->has_source ? &config->source : NULL,
				     e);
	for (size_t i = 0; config->has_source && i < config->source.n_filters; i++)
		if (!rules_add_filter(r, &config->source.filters[i], e))
			return false;
	return true;
}

static bool add_expressions(struct row_filter *f, const struct settings *s, const struct config *config, struct err *e)
{
	const struct opt_list *lists[] = {
		[ROW_INSERT] = &s->insert_exprs, [ROW_OLD] = &s->old_exprs, [ROW_NEW] = &s->new_exprs, [ROW_DELETE] = &s->delete_exprs,
	};

	if (config->instance && !row_filter_of_task(f, &config->task, config->instance, e))
		return false;
	for (size_t kind = ROW_INSERT; kind <= ROW_DELETE; kind++)
		for (size_t i = 0; i < lists[kind]->n; i++)
			if (!row_filter_add(f, str_of(lists[kind]->items[i]), (enum row_expr)kind, e))
				return false;
	return true;
}

static bool want_rows(struct filter *f, const struct event_head *ev, bool *keep, struct err *e)
{
	enum rules_answer got = RULES_KEEP;

	*keep = rules_want_table(f->rules, ev->schema, ev->table);
	if (*keep && (!f->dump || f->full))
		got = rules_want_rows(f->rules, ev->schema, ev->table, f->dump ? "insert" : event_type_name(ev->type), e);
	*keep = *keep && got == RULES_KEEP;
	return got != RULES_ERROR || (f->dump ? false : err_at(e, "at %.*s", STR(ev->pos)));
}

static bool want_chunk(struct filter *f, const struct event_head *ev, bool *keep, struct err *e)
{
	if (!want_rows(f, ev, keep, e))
		return false;
	if (!*keep)
		map_put(&f->dropped_chunks, ev->id, f);
	return true;
}

static bool want_chunk_end(struct filter *f, const struct event_head *ev)
{
	bool keep = !map_take(&f->dropped_chunks, ev->id);

	if (f->dropped_chunks.live == 0)
		map_release(&f->dropped_chunks);	/* what is gone must not pile up */
	return keep;
}

/* The loader holds the chunk's rows against this count. */
static bool filter_chunk_end(struct filter *f, const struct event_head *ev, struct err *e)
{
	struct event_head less = *ev;

	if (f->chunk_dropped > ev->rows)
		return err_set(e, &err_stream_syntax, "chunk '%.*s' ends with %llu rows, and had more", STR(ev->id),
			       (unsigned long long)ev->rows);
	less.rows -= f->chunk_dropped;
	f->chunk_dropped = 0;
	buf_clear(&f->made);
	chunk_end_line_put(&f->made, &less);
	return line_pass(f->in, NULL, e) && buf_ok(&f->made, "a line of the stream", e) && line_put(f->out, buf_str(&f->made), e);
}

static bool filter_line(struct filter *f, const struct event_head *ev, struct err *e)
{
	bool keep = true;

	f->seen++;
	switch (ev->type) {
	case EVENT_STREAM:
		f->mariadb = str_is(ev->flavor, "mariadb");
		break;
	case EVENT_SNAPSHOT:
		f->dump = f->head;
		break;
	case EVENT_TABLE:
		keep = rules_want_table(f->rules, ev->schema, ev->table);
		if (keep && ((rules_has_filters(f->rules) && !f->dump) || has_expressions(f, ev->schema, ev->table)))
			return filter_table(f, e);
		break;
	case EVENT_INSERT: case EVENT_UPDATE: case EVENT_DELETE:
		if (!want_rows(f, ev, &keep, e))
			return false;
		if (keep && (!f->dump || f->full) && has_expressions(f, ev->schema, ev->table))
			return filter_rows(f, ev, e);
		break;
	case EVENT_CHUNK:
		if (!want_chunk(f, ev, &keep, e))
			return false;
		break;
	case EVENT_CHUNK_END:
		keep = want_chunk_end(f, ev);
		if (keep && f->chunk_dropped > 0)
			return filter_chunk_end(f, ev, e);
		break;
	case EVENT_DDL:
		return filter_ddl(f, e);
	case EVENT_OTHER: case EVENT_STATE: case EVENT_COMMIT: case EVENT_HEARTBEAT: case EVENT_END:
		break;
	}
	f->dropped += !keep;
	return line_pass(f->in, keep ? f->out : NULL, e);
}

static bool filter(struct filter *f, struct err *e)
{
	struct event_head ev;
	enum line_got got;
	struct str head;

	while ((got = event_next(f->in, &ev, &head, &f->arena, e)) == LINE_GOT) {
		enum event_type type = ev.type;

		if (!filter_line(f, &ev, e)) {
			got = LINE_FAIL;
			break;
		}
		f->head = type == EVENT_STREAM || (f->head && type == EVENT_STATE);
	}
	return line_close(f->in, f->out, got, e);
}

/* As DM's log has it. */
static void say_rows(const struct filter *f)
{
	if (f->rows_dropped[0] + f->rows_dropped[1] + f->rows_dropped[2] > 0)
		log_notice("expressions dropped %llu inserts, %llu updates, %llu deletes", (unsigned long long)f->rows_dropped[0],
			   (unsigned long long)f->rows_dropped[1], (unsigned long long)f->rows_dropped[2]);
}

static bool run(void *settings, char **operands, struct err *e)
{
	const struct settings *s = settings;
	static struct line_out out;
	static struct line_in in;
	struct filter f = {
		.in = &in, .out = &out, .spill = BUF_INIT(DDL_LINE_MAX), .made = BUF_INIT(DDL_LINE_MAX),
		.row_spill = BUF_INIT(ROW_LINE_MAX), .split_update = s->split_update,
	};
	struct config config = { 0 };
	bool ok;

	(void)operands;
	line_open(&in, &out);
	f.full = s->filter_full;
	ok = config_load(&config, &s->config, s->config.config != NULL, e);
	log_about(config.task.name, config.source_id);
	f.rules = rules_new(s->case_sensitive || (config.has_task && config.task.case_sensitive) ||
			    (config.has_source && config.source.case_sensitive));
	f.row_filter = row_filter_new();
	rows_init(&f.reader);
	ok = ok && add_config(f.rules, &config, e) && add_options(f.rules, s, e) && add_expressions(f.row_filter, s, &config, e) &&
	     filter(&f, e);
	say_rows(&f);
	if (s->count)
		log_notice("dropped %llu of %llu events", (unsigned long long)f.dropped, (unsigned long long)f.seen);
	rules_free(f.rules);
	config_release(&config);
	map_release(&f.dropped_chunks);
	forget_tables(&f);
	forget_rows(&f);
	row_filter_free(f.row_filter);
	arena_release(&f.arena);
	buf_release(&f.spill);
	buf_release(&f.made);
	buf_release(&f.row_spill);
	return ok;
}

int main(int argc, char **argv)
{
	static struct settings settings;
	static const struct tool tool = {
		.name = "dm-filter", .line = "pass on the events that a task wants",
		.opts = options, .settings = &settings, .run = run,
	};

	return tool_main(&tool, argc, argv);
}
