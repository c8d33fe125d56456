/* lint.c - rules held against the tables that are really there. */
#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "rules/parts.h"
#include "text/utf8.h"

#define NAMES_SHOWN 5

static const struct err_kind err_same_target = {
	.code = 26001, .class = "task-check", .scope = SCOPE_INTERNAL, .level = LEVEL_MEDIUM, .status = STATUS_CONFIG,
	.workaround = "spell the names in 'target-schema' and 'target-table' in one way",
};

struct lint {
	struct rules *r;
	const struct rules_table *tables;	/* those that are wanted */
	size_t n;
	void (*warn)(void *context, const char *text);
	void *context;
	struct buf text;
};

static void say(struct lint *l)
{
	l->warn(l->context, buf_text(&l->text));
	buf_clear(&l->text);
}

static void put_pattern(struct buf *b, const struct table_pattern *p)
{
	buf_putf(b, "'%.*s", STR(glob_text(p->schema)));
	if (p->table)
		buf_putf(b, ".%.*s", STR(glob_text(p->table)));
	buf_put_char(b, '\'');
}

static size_t skip_digits(struct str s, size_t at)
{
	while (at < s.n && s.p[at] >= '0' && s.p[at] <= '9')
		at++;
	return at;
}

/* "[0-63]": digits, '-', digits, more than one of them on a side. It reads like a range of numbers, and is a class of
 * characters. */
static bool find_number_class(struct str pattern, struct str *class)
{
	for (size_t i = 0; i < pattern.n && pattern.p[0] != '~'; i++) {
		size_t from = i + 1, dash = skip_digits(pattern, from), to = dash + 1, end;

		if (pattern.p[i] != '[' || dash == from || dash >= pattern.n || pattern.p[dash] != '-')
			continue;
		end = skip_digits(pattern, to);
		if (end == to || end >= pattern.n || pattern.p[end] != ']' || (dash - from < 2 && end - to < 2))
			continue;
		*class = (struct str){ pattern.p + i, end + 1 - i };
		return true;
	}
	return false;
}

static void lint_class(struct lint *l, const struct table_pattern *p, const struct glob *g)
{
	struct str class;

	if (!g || !find_number_class(glob_text(g), &class))
		return;
	origin_put(&l->text, &p->origin);
	buf_put_text(&l->text, ": in pattern ");
	put_pattern(&l->text, p);
	buf_putf(&l->text, " the class %.*s stands for one character, not for the numbers of a range; "
		 "a regular expression after '~' can say that, as in ~^tbl_([0-9]|[1-5][0-9]|6[0-3])$", STR(class));
	say(l);
}

static bool matches_any(const struct table_pattern *p, const struct rules_table *tables, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (table_pattern_matches(p, tables[i].schema, tables[i].table))
			return true;
	return false;
}

static void lint_pattern(struct lint *l, const struct table_pattern *p, const struct rules_table *tables, size_t n)
{
	lint_class(l, p, p->schema);
	lint_class(l, p, p->table);
	if (matches_any(p, tables, n))
		return;
	origin_put(&l->text, &p->origin);
	buf_put_text(&l->text, ": pattern ");
	put_pattern(&l->text, p);
	buf_put_text(&l->text, " matches no table");
	say(l);
}

static void lint_list(struct lint *l, const struct pattern_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		lint_pattern(l, &list->items[i], l->tables, l->n);
}

static void lint_filters(struct lint *l)
{
	for (size_t i = 0; i < l->r->n_filters; i++) {
		const struct filter_rule *f = &l->r->filters[i];

		if (f->action != FILTER_DO || f->n_events > 0)
			continue;
		origin_put(&l->text, &f->pattern.origin);
		buf_put_text(&l->text, ": 'Do' without events keeps no event at all");
		say(l);
	}
}

/* A rule for tables that a table's schema fits, and the table not. */
static const struct route_rule *missed_by(const struct lint *l, const struct rules_table *t)
{
	for (size_t i = 0; i < l->r->n_routes; i++) {
		const struct table_pattern *p = &l->r->routes[i].pattern;

		if (p->table && glob_match(p->schema, t->schema))
			return &l->r->routes[i];
	}
	return NULL;
}

/* Does any table of this schema go by a rule for tables? */
static bool others_go(const struct lint *l, struct str schema)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct table_answer *answer;

		if (!str_eq(l->tables[i].schema, schema))
			continue;
		answer = rules_answer(l->r, schema, l->tables[i].table);
		if (answer->route && answer->route->pattern.table)
			return true;
	}
	return false;
}

/* One warning a schema: the tables that only a schema rule, or no rule, takes while others go by a rule for tables. */
static void lint_missed(struct lint *l, struct str schema)
{
	const struct route_rule *rule = NULL;
	struct buf names = BUF_INIT(600);
	bool by_schema = false;
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++) {
		const struct rules_table *t = &l->tables[i];
		const struct table_answer *answer;

		if (!str_eq(t->schema, schema))
			continue;
		answer = rules_answer(l->r, t->schema, t->table);
		if (answer->route && answer->route->pattern.table)
			continue;
		if (!rule)
			rule = missed_by(l, t);
		by_schema = answer->route != NULL;
		if (n++ < NAMES_SHOWN)
			buf_putf(&names, "%s'%.*s'", n > 1 ? ", " : "", STR(t->table));
	}
	if (n && rule && others_go(l, schema)) {
		origin_put(&l->text, &rule->pattern.origin);
		buf_putf(&l->text, ": of schema '%.*s', %zu %s%s, though others go by it: %s%s", STR(schema), n,
			 n == 1 ? "table matches no such rule and keeps its name" :
				  "tables match no such rule and keep their names",
			 by_schema ? " in the schema's target" : "", buf_text(&names), n > NAMES_SHOWN ? ", ..." : "");
		say(l);
	}
	buf_release(&names);
}

static bool is_ignored(const struct lint *l, const struct rules_table *t, const char *event)
{
	const struct event_names names = { { event_word_find(str_of(event)) }, 1 };
	const struct filter_rule *by;

	return filters_ask(rules_answer(l->r, t->schema, t->table), &names, STR_NONE, &by) != RULES_KEEP;
}

/* What drops one of the merged tables upstream would drop them all downstream: DM's manual has a filter beside such a route. */
static void lint_merged(struct lint *l, const struct route_rule *rule)
{
	const struct rules_table *open = NULL;
	size_t n = 0;

	if (l->r->sharded)		/* then it never is */
		return;
	for (size_t i = 0; i < l->n; i++) {
		const struct rules_table *t = &l->tables[i];

		if (rules_answer(l->r, t->schema, t->table)->route != rule || !rules_merges(l->r, t->schema, t->table))
			continue;
		n++;
		if (!is_ignored(l, t, "drop table") || !is_ignored(l, t, "truncate table"))
			open = t;
	}
	if (n < 2 || !open)
		return;
	origin_put(&l->text, &rule->pattern.origin);
	buf_putf(&l->text, ": %zu tables are merged into '%.*s.%.*s', and no filter ignores both 'drop table' and "
		 "'truncate table' for '%.*s.%.*s': done to it upstream, this would be done to all of them downstream", n,
		 STR(rule->target_schema), STR(rule->target_table), STR(open->schema), STR(open->table));
	say(l);
}

static void lint_routes(struct lint *l)
{
	struct map seen = MAP_INIT;

	for (size_t i = 0; i < l->n; i++) {
		if (map_put(&seen, l->tables[i].schema, l))
			continue;
		lint_missed(l, l->tables[i].schema);
	}
	for (size_t i = 0; i < l->r->n_routes; i++)
		lint_merged(l, &l->r->routes[i]);
	map_release(&seen);
}

/* Two targets that differ in case alone: one table on one server, two on another. */
static bool check_targets(struct lint *l, struct err *e)
{
	struct map seen = MAP_INIT;
	struct arena a = ARENA_INIT;
	struct buf key = BUF_INIT(2000);
	bool ok = true;

	for (size_t i = 0; ok && i < l->n; i++) {
		struct str schema, table, exact, *before;

		ok = rules_route(l->r, l->tables[i].schema, l->tables[i].table, &schema, &table, e);
		if (!ok)
			break;
		exact = arena_strf(&a, "%.*s.%.*s", STR(schema), STR(table));
		buf_clear(&key);
		utf8_put_lower(&key, exact);
		before = map_get(&seen, buf_str(&key));
		if (before && !str_eq(*before, exact))
			ok = err_set(e, &err_same_target, "targets '%.*s' and '%.*s' differ only in letter case",
				     STR(*before), STR(exact));
		before = arena_alloc(&a, sizeof(*before));
		*before = exact;
		map_put(&seen, buf_str(&key), before);
	}
	buf_release(&key);
	arena_release(&a);
	map_release(&seen);
	return ok;
}

/* The tables that are wanted; freed by the caller. */
static struct rules_table *wanted(struct rules *r, const struct rules_table *tables, size_t n, size_t *n_wanted)
{
	struct rules_table *list = mem_array(n ? n : 1, sizeof(*list));

	*n_wanted = 0;
	for (size_t i = 0; i < n; i++)
		if (rules_want_table(r, tables[i].schema, tables[i].table))
			list[(*n_wanted)++] = tables[i];
	return list;
}

bool rules_lint(struct rules *r, const struct rules_table *tables, size_t n,
		void (*warn)(void *context, const char *text), void *context, struct err *e)
{
	struct lint l = { .r = r, .warn = warn, .context = context, .text = BUF_INIT(2000) };
	struct rules_table *list = wanted(r, tables, n, &l.n);
	bool ok;

	l.tables = list;
	lint_routes(&l);
	lint_filters(&l);
	ok = check_targets(&l, e);
	buf_release(&l.text);
	free(list);
	return ok;
}

void rules_lint_patterns(struct rules *r, const struct rules_table *tables, size_t n,
			 void (*warn)(void *context, const char *text), void *context)
{
	struct lint l = { .r = r, .tables = tables, .n = n, .warn = warn, .context = context, .text = BUF_INIT(2000) };
	struct rules_table *list;

	lint_list(&l, &r->do_dbs);
	lint_list(&l, &r->ignore_dbs);
	lint_list(&l, &r->do_tables);
	lint_list(&l, &r->ignore_tables);
	list = wanted(r, tables, n, &l.n);
	l.tables = list;
	for (size_t i = 0; i < r->n_routes; i++)
		lint_pattern(&l, &r->routes[i].pattern, list, l.n);
	for (size_t i = 0; i < r->n_filters; i++)
		lint_pattern(&l, &r->filters[i].pattern, list, l.n);
	buf_release(&l.text);
	free(list);
}
