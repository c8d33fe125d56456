/* route.c - the table router: where a table goes. */
#include "base/buf.h"
#include "base/mem.h"
#include "rules/parts.h"

const struct err_kind err_route_clash = {
	.code = 40080, .class = "dm-worker", .scope = SCOPE_INTERNAL, .level = LEVEL_HIGH, .status = STATUS_CONFIG,
	.workaround = "make the patterns in 'routes' so narrow that only one claims the table",
};

bool route_add(struct rules *r, const struct config_route *from, struct str file, struct err *e)
{
	struct route_rule *route;

	r->routes = mem_rearray(r->routes, r->n_routes + 1, sizeof(*r->routes));
	route = &r->routes[r->n_routes++];
	*route = (struct route_rule){
		.pattern.origin = { "route", arena_str(&r->arena, from->name), file, from->line },
		.target_schema = arena_str(&r->arena, from->target_schema),
		.target_table = arena_str(&r->arena, from->target_table),
	};
	for (size_t i = 0; i < EXTRACTS; i++)
		if (from->extracts[i].column.n > 0) {
			route->extracts[i].column = arena_str(&r->arena, from->extracts[i].column);
			route->extracts[i].from = glob_new(arena_strf(&r->arena, "~%.*s", STR(from->extracts[i].regexp)), true, e);
			if (!route->extracts[i].from)
				return false;
		}
	return table_pattern_init(&route->pattern, r, from->schema_pattern, from->table_pattern, e);
}

void route_release(struct route_rule *route)
{
	table_pattern_release(&route->pattern);
	for (size_t i = 0; i < EXTRACTS; i++)
		glob_free(route->extracts[i].from);
}

size_t rules_extract(struct rules *r, struct arena *a, const struct rules_place *of, struct rules_column columns[RULES_EXTRACTS_MAX])
{
	const struct route_rule *route = rules_answer(r, of->schema, of->table)->route;
	const struct str names[EXTRACTS] = { of->table, of->schema, of->source };
	size_t n = 0;

	for (size_t i = 0; route && i < EXTRACTS; i++) {
		struct buf value = BUF_INIT(1 << 16);

		if (!route->extracts[i].from)
			continue;
		glob_put_groups(&value, route->extracts[i].from, names[i]);
		columns[n].name = route->extracts[i].column;
		columns[n++].value = arena_str(a, buf_str(&value));
		buf_release(&value);
	}
	return n;
}

/* The rules for tables, or those for schemas, that match. */
static void find(const struct rules *r, bool for_tables, struct str schema, struct str table,
		 const struct route_rule **route, const struct route_rule **rival)
{
	for (size_t i = 0; i < r->n_routes && !*rival; i++) {
		const struct route_rule *rule = &r->routes[i];

		if ((rule->pattern.table != NULL) != for_tables ||
		    !table_pattern_matches(&rule->pattern, schema, table))
			continue;
		if (*route)
			*rival = rule;
		else
			*route = rule;
	}
}

void route_find(const struct rules *r, struct str schema, struct str table, const struct route_rule **route,
		const struct route_rule **rival)
{
	*route = *rival = NULL;
	if (table.n)
		find(r, true, schema, table, route, rival);
	if (!*route)
		find(r, false, schema, table, route, rival);
}

bool route_check(const struct table_answer *answer, struct str schema, struct str table, struct err *e)
{
	struct buf first = BUF_INIT(300), second = BUF_INIT(300);

	if (!answer->rival)
		return true;
	origin_put(&first, &answer->route->pattern.origin);
	origin_put(&second, &answer->rival->pattern.origin);
	err_set(e, &err_route_clash, "%s '%.*s%s%.*s' is claimed by %s and by %s", table.n ? "table" : "schema",
		STR(schema), table.n ? "." : "", STR(table), buf_text(&first), buf_text(&second));
	buf_release(&first);
	buf_release(&second);
	return false;
}

static bool is_wild(const struct glob *g)
{
	struct str text = g ? glob_text(g) : STR_NONE;

	for (size_t i = 0; i < text.n; i++)
		if (strchr("*?[", text.p[i]))
			return true;
	return str_starts(text, STR_LIT("~"));
}

bool rules_merges(struct rules *r, struct str schema, struct str table)
{
	const struct route_rule *route = rules_answer(r, schema, table)->route;

	return route && route->target_table.n &&
	       (!route->pattern.table || is_wild(route->pattern.table) || is_wild(route->pattern.schema));
}
