#include "rules/rules.h"

#include <stdlib.h>

#include "base/mem.h"
#include "rules/parts.h"

#define ANSWERS_MAX 200000	/* more are forgotten and asked anew: memory stays bounded where tables come and go */

const struct err_kind err_rule = {
	.code = 20601, .class = "config", .scope = SCOPE_INTERNAL, .level = LEVEL_MEDIUM, .status = STATUS_CONFIG,
	.workaround = "correct the rule; dm-task(5) says what a rule may be",
};
static const struct err_kind err_filtered = {
	.code = 36015, .class = "sync-unit", .scope = SCOPE_INTERNAL, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "a filter has the action Error for this; change the filter, or deal with the statement by hand",
};

const struct err_kind err_statement_unknown = {
	.code = 36067, .class = "sync-unit", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "run what it should do downstream by hand, and pass it with 'dm binlog skip TASK'; or give what can be read "
		      "in its place: dm binlog replace TASK 'SQL'; for statements of its kind, add a filter with a "
		      "'sql-pattern' and the action Ignore",
};

static const char *const system_schemas[] = {
	"mysql", "information_schema", "performance_schema", "sys", "dm_heartbeat", "inspection_schema",
	"metrics_schema",
};

void origin_put(struct buf *b, const struct origin *origin)
{
	buf_put_text(b, origin->what);
	if (origin->name.n)
		buf_putf(b, " '%.*s'", STR(str_first(origin->name, 100)));
	if (origin->file.n)
		buf_putf(b, " (%.*s:%u)", STR(str_first(origin->file, 100)), origin->line);
}

static bool bad_pattern(const struct table_pattern *p, struct err *e)
{
	struct buf where = BUF_INIT(400);

	origin_put(&where, &p->origin);
	if (p->origin.file.n == 0)
		e->kind = &err_usage;
	err_at(e, "%s", buf_text(&where));
	buf_release(&where);
	return false;
}

bool table_pattern_init(struct table_pattern *p, const struct rules *r, struct str schema, struct str table,
			struct err *e)
{
	p->schema = glob_new(schema, r->case_sensitive, e);
	if (p->schema && table.n)
		p->table = glob_new(table, r->case_sensitive, e);
	return (p->schema && (p->table || table.n == 0)) || bad_pattern(p, e);
}

void table_pattern_release(struct table_pattern *p)
{
	glob_free(p->schema);
	glob_free(p->table);
}

/* A pattern without a table matches all of its schemas. */
bool table_pattern_matches(const struct table_pattern *p, struct str schema, struct str table)
{
	return glob_match(p->schema, schema) && (!p->table || (table.n && glob_match(p->table, table)));
}

struct rules *rules_new(bool case_sensitive)
{
	struct rules *r = mem_zalloc(sizeof(*r));

	r->case_sensitive = case_sensitive;
	map_init(&r->answers);
	return r;
}

static void list_release(struct pattern_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		table_pattern_release(&list->items[i]);
	free(list->items);
}

void rules_free(struct rules *r)
{
	if (!r)
		return;
	list_release(&r->do_dbs);
	list_release(&r->ignore_dbs);
	list_release(&r->do_tables);
	list_release(&r->ignore_tables);
	for (size_t i = 0; i < r->n_filters; i++)
		filter_release(&r->filters[i]);
	for (size_t i = 0; i < r->n_routes; i++)
		route_release(&r->routes[i]);
	free(r->filters);
	free(r->routes);
	map_release(&r->answers);
	arena_release(&r->answer_arena);
	arena_release(&r->arena);
	free(r);
}

/* Whatever was answered before may be different now. */
static void forget(struct rules *r)
{
	map_release(&r->answers);
	arena_clear(&r->answer_arena);
}

static bool list_add(struct rules *r, struct pattern_list *list, struct origin origin, struct str schema,
		     struct str table, struct err *e)
{
	struct table_pattern *p;

	forget(r);
	list->items = mem_rearray(list->items, list->n + 1, sizeof(*list->items));
	p = &list->items[list->n++];
	*p = (struct table_pattern){ .origin = origin };
	return table_pattern_init(p, r, schema, table, e);
}

static bool add_names(struct rules *r, struct pattern_list *list, struct origin origin, const struct str *names,
		      size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++)
		if (!list_add(r, list, origin, names[i], STR_NONE, e))
			return false;
	return true;
}

static bool add_tables(struct rules *r, struct pattern_list *list, struct origin origin,
		       const struct config_table *tables, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++)
		if (!list_add(r, list, origin, tables[i].schema, tables[i].table, e))
			return false;
	return true;
}

static bool add_block_allow(struct rules *r, const struct config_block_allow *list, struct str file, struct err *e)
{
	struct origin origin = { "block-allow-list", arena_str(&r->arena, list->name), file, list->line };

	return add_names(r, &r->do_dbs, origin, list->do_dbs, list->n_do_dbs, e) &&
	       add_names(r, &r->ignore_dbs, origin, list->ignore_dbs, list->n_ignore_dbs, e) &&
	       add_tables(r, &r->do_tables, origin, list->do_tables, list->n_do_tables, e) &&
	       add_tables(r, &r->ignore_tables, origin, list->ignore_tables, list->n_ignore_tables, e);
}

bool rules_of_task(struct rules *r, const struct task *task, const struct task_instance *instance,
		   const struct source *source, struct err *e)
{
	struct str file = arena_str(&r->arena, task->file);

	forget(r);
	r->sharded = task->shard_mode.n > 0;
	if (instance->block_allow && !add_block_allow(r, instance->block_allow, file, e))
		return false;
	for (size_t i = 0; i < instance->n_filters; i++)
		if (!filter_add(r, instance->filters[i], file, e))
			return false;
	file = source ? arena_str(&r->arena, source->file) : file;
	/* DM's rule: for the same names, the task's filter has precedence over the source's. */
	for (size_t i = 0; source && i < source->n_filters; i++)
		if (!filter_is_there(r, &source->filters[i]) && !filter_add(r, &source->filters[i], file, e))
			return false;
	file = arena_str(&r->arena, task->file);
	for (size_t i = 0; i < instance->n_routes; i++)
		if (!route_add(r, instance->routes[i], file, e))
			return false;
	return true;
}

static bool add_db(struct rules *r, struct pattern_list *list, const char *what, struct str pattern, struct err *e)
{
	struct str text = arena_str(&r->arena, pattern);

	if (text.n == 0)
		return err_set(e, &err_usage, "a pattern for schemas cannot be empty");
	return list_add(r, list, (struct origin){ what, text, STR_NONE, 0 }, text, STR_NONE, e);
}

static bool add_table(struct rules *r, struct pattern_list *list, const char *what, struct str pattern, struct err *e)
{
	struct str schema, table, text = arena_str(&r->arena, pattern);

	if (!spec_parse(text, &r->arena, &schema, &table, e))
		return false;
	if (table.n == 0)
		return err_set(e, &err_usage, "'%.*s' wants the form SCHEMA.TABLE", STR(text));
	return list_add(r, list, (struct origin){ what, text, STR_NONE, 0 }, schema, table, e);
}

bool rules_add_do_db(struct rules *r, struct str pattern, struct err *e)
{
	return add_db(r, &r->do_dbs, "do-db", pattern, e);
}

bool rules_add_ignore_db(struct rules *r, struct str pattern, struct err *e)
{
	return add_db(r, &r->ignore_dbs, "ignore-db", pattern, e);
}

bool rules_add_do_table(struct rules *r, struct str pattern, struct err *e)
{
	return add_table(r, &r->do_tables, "do-table", pattern, e);
}

bool rules_add_ignore_table(struct rules *r, struct str pattern, struct err *e)
{
	return add_table(r, &r->ignore_tables, "ignore-table", pattern, e);
}

bool rules_add_filter(struct rules *r, const struct config_filter *filter, struct err *e)
{
	forget(r);
	return filter_add(r, filter, STR_NONE, e);
}

bool rules_add_route(struct rules *r, struct str text, struct err *e)
{
	struct config_route route = { .name = text };

	forget(r);
	return spec_parse_pair(text, &r->arena, &route, e) && route_add(r, &route, STR_NONE, e);
}

static bool list_matches(const struct pattern_list *list, struct str schema, struct str table)
{
	for (size_t i = 0; i < list->n; i++)
		if (table_pattern_matches(&list->items[i], schema, table))
			return true;
	return false;
}

static bool want(const struct rules *r, struct str schema, struct str table)
{
	for (size_t i = 0; i < sizeof(system_schemas) / sizeof(*system_schemas); i++)
		if (str_is_nocase(schema, system_schemas[i]))
			return false;
	if (r->do_dbs.n ? !list_matches(&r->do_dbs, schema, table) : list_matches(&r->ignore_dbs, schema, table))
		return false;
	if (table.n == 0 || list_matches(&r->do_tables, schema, table))
		return true;
	return r->do_tables.n == 0 && !list_matches(&r->ignore_tables, schema, table);
}

static const struct table_answer *make_answer(struct rules *r, struct str schema, struct str table)
{
	struct table_answer *answer = arena_array(&r->answer_arena, 1, sizeof(*answer));

	answer->want = want(r, schema, table);
	route_find(r, schema, table, &answer->route, &answer->rival);
	answer->filters = arena_array(&r->answer_arena, r->n_filters, sizeof(*answer->filters));
	for (size_t i = 0; i < r->n_filters; i++)
		if (table_pattern_matches(&r->filters[i].pattern, schema, table))
			answer->filters[answer->n_filters++] = &r->filters[i];
	return answer;
}

const struct table_answer *rules_answer(struct rules *r, struct str schema, struct str table)
{
	char room[520];
	struct buf long_key = BUF_INIT(schema.n + table.n + 1);
	struct str key = { room, schema.n + table.n + 1 };
	const struct table_answer *answer;

	if (key.n <= sizeof(room)) {
		memcpy(room, schema.n ? schema.p : "", schema.n);
		room[schema.n] = '\0';
		memcpy(room + schema.n + 1, table.n ? table.p : "", table.n);
	} else {
		buf_put_str(&long_key, schema);
		buf_put_char(&long_key, '\0');
		buf_put_str(&long_key, table);
		key = buf_str(&long_key);
	}
	answer = map_get(&r->answers, key);
	if (!answer) {
		if (r->answers.n >= ANSWERS_MAX)
			forget(r);
		answer = make_answer(r, schema, table);
		map_put(&r->answers, key, (void *)answer);
	}
	buf_release(&long_key);
	return answer;
}

bool rules_want_schema(struct rules *r, struct str schema)
{
	return rules_answer(r, schema, STR_NONE)->want;
}

bool rules_want_table(struct rules *r, struct str schema, struct str table)
{
	return rules_answer(r, schema, table)->want;
}

static enum rules_answer ask(struct rules *r, struct str schema, struct str table, const struct str *names, size_t n,
			     struct str sql, struct err *e)
{
	struct event_names event = { .n = 0 };
	const struct filter_rule *by = NULL;
	struct buf where = BUF_INIT(300);
	enum rules_answer got;

	for (size_t i = 0; i < n; i++) {
		const struct event_word *word = event_word_find(names[i]);

		if (word && !word->group)
			event.words[event.n++] = word;
	}
	got = filters_ask(rules_answer(r, schema, table), &event, sql, &by);
	if (got != RULES_ERROR)
		return got;
	origin_put(&where, &by->pattern.origin);
	err_set(e, &err_filtered, "%s stops at the event '%.*s' of '%.*s%s%.*s'", buf_text(&where), STR(names[0]),
		STR(schema), table.n ? "." : "", STR(table));
	buf_release(&where);
	return got;
}

enum rules_answer rules_want_rows(struct rules *r, struct str schema, struct str table, const char *event,
				  struct err *e)
{
	struct str name = str_of(event);

	return ask(r, schema, table, &name, 1, STR_NONE, e);
}

enum rules_answer rules_want_ddl(struct rules *r, struct str schema, struct str table, struct str kind, struct str sql,
				 struct err *e)
{
	return ask(r, schema, table, &kind, 1, sql, e);
}

enum rules_answer rules_want_change(struct rules *r, struct str schema, struct str table,
				    const char *const names[RULES_NAMES_MAX], struct str sql, struct err *e)
{
	struct str texts[RULES_NAMES_MAX];
	size_t n = 0;

	for (size_t i = 0; i < RULES_NAMES_MAX; i++)
		if (names[i])
			texts[n++] = str_of(names[i]);
	return ask(r, schema, table, texts, n, sql, e);
}

bool rules_has_filters(const struct rules *r)
{
	return r->n_filters > 0;
}

bool rules_route(struct rules *r, struct str schema, struct str table, struct str *to_schema, struct str *to_table,
		 struct err *e)
{
	const struct table_answer *answer = rules_answer(r, schema, table);

	if (!route_check(answer, schema, table, e))
		return false;
	*to_schema = answer->route ? answer->route->target_schema : schema;
	*to_table = table.n && answer->route && answer->route->target_table.n ? answer->route->target_table : table;
	return true;
}
