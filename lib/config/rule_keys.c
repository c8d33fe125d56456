/* rule_keys.c - the rules of a task: filters, routes, block-allow lists. */
#include "config/parts.h"

#include "config/events.h"
#include "config/kinds.h"
#include "text/glob.h"

static bool check_pattern(struct str text, struct err *e)
{
	struct glob *g = glob_new(text, true, e);

	glob_free(g);
	return g != NULL;
}

/* A list item, or a pattern that says nothing, would match nothing and drop the rule silently. */
static bool check_some_pattern(struct str text, struct err *e)
{
	return text.n ? check_pattern(text, e) : err_set(e, &err_config, "a pattern cannot be empty");
}

static bool check_sql_pattern(struct str text, struct err *e)
{
	char pattern[1000] = "~";
	size_t n = text.n < sizeof(pattern) - 1 ? text.n : sizeof(pattern) - 2;

	if (text.n == 0)
		return err_set(e, &err_config, "a pattern cannot be empty");
	if (n != text.n)
		return err_set(e, &err_config, "the pattern is longer than %zu bytes", sizeof(pattern) - 2);
	memcpy(pattern + 1, text.p, n);
	return check_pattern((struct str){ pattern, n + 1 }, e);
}

const struct key filter_keys[] = {
	{ .kind = KEY_TEXT, .name = "schema-pattern", .at = AT(struct config_filter, schema_pattern),
	  .check = check_pattern,
	  .bad = &config_kinds[BAD_FILTER] },
	{ .kind = KEY_TEXT, .name = "table-pattern", .at = AT(struct config_filter, table_pattern),
	  .check = check_pattern,
	  .bad = &config_kinds[BAD_FILTER] },
	{ .kind = KEY_TEXTS, .name = "events", .at = AT(struct config_filter, events),
	  .count_at = AT(struct config_filter, n_events), .check = event_word_check },
	{ .kind = KEY_TEXTS, .name = "sql-pattern", .at = AT(struct config_filter, sql_patterns),
	  .count_at = AT(struct config_filter, n_sql_patterns), .check = check_sql_pattern,
	  .bad = &config_kinds[BAD_FILTER] },
	{ .kind = KEY_TEXT, .name = "action", .at = AT(struct config_filter, action), .allowed = "Do|Ignore|Error",
	  .bad = &config_kinds[BAD_FILTER] },
	{ 0 }
};

bool filter_whole(struct key_reader *r, void *element, const struct yaml_node *node, const char *path, struct err *e)
{
	const struct config_filter *f = element;

	(void)node;
	if (f->schema_pattern.n == 0)
		return keys_fail(r, f->line, &config_kinds[BAD_FILTER], e, "'%s' has no 'schema-pattern'", path);
	if (f->action.n == 0)
		return keys_fail(r, f->line, &config_kinds[BAD_FILTER], e,
				 "'%s' has no 'action' (allowed: Do, Ignore, Error)", path);
	if (f->n_events == 0 && f->n_sql_patterns == 0)
		return keys_fail(r, f->line, &config_kinds[BAD_FILTER], e,
				 "'%s' has neither 'events' nor 'sql-pattern'", path);
	return true;
}

#define EXPRESSION(key, member) { .kind = KEY_TEXT, .name = key, .at = AT(struct config_expression, member) }

const struct key expression_keys[] = {
	EXPRESSION("schema", schema), EXPRESSION("table", table),
	EXPRESSION("insert-value-expr", insert), EXPRESSION("update-old-value-expr", old),
	EXPRESSION("update-new-value-expr", new), EXPRESSION("delete-value-expr", delete),
	{ 0 }
};

/* Whether the expressions are some is up to whoever uses them: the rules know how to read them. */
bool expression_whole(struct key_reader *r, void *element, const struct yaml_node *node, const char *path, struct err *e)
{
	const struct config_expression *x = element;

	(void)node;
	if (x->schema.n == 0 || x->table.n == 0)
		return keys_fail(r, x->line, &config_kinds[NO_EXPRESSION_TABLE], e, "'%s' wants both 'schema' and 'table'", path);
	if ((x->insert.n > 0) + (x->old.n + x->new.n > 0) + (x->delete.n > 0) > 1)
		return keys_fail(r, x->line, &config_kinds[MIXED_EXPRESSION], e,
				 "'%s' has expressions for more than one of INSERT, UPDATE and DELETE", path);
	return true;
}

static bool check_regexp(struct str text, struct err *e)
{
	return check_sql_pattern(text, e);
}

#define EXTRACT(keys, regexp_key) \
	static const struct key keys[] = { \
		{ .kind = KEY_TEXT, .name = regexp_key, .at = AT(struct config_extract, regexp), .check = check_regexp, \
		  .bad = &config_kinds[BAD_ROUTE] }, \
		{ .kind = KEY_TEXT, .name = "target-column", .at = AT(struct config_extract, column) }, \
		{ 0 } \
	}

EXTRACT(extract_table_keys, "table-regexp");
EXTRACT(extract_schema_keys, "schema-regexp");
EXTRACT(extract_source_keys, "source-regexp");

static bool extract_whole(struct key_reader *r, void *element, const struct yaml_node *node, const char *path,
			  struct err *e)
{
	const struct config_extract *extract = element;

	if (extract->column.n == 0)
		return keys_fail(r, node->line, &config_kinds[BAD_ROUTE], e, "'%s' has no 'target-column'", path);
	if (extract->regexp.n == 0)
		return keys_fail(r, node->line, &config_kinds[BAD_ROUTE], e, "'%s' has no regular expression", path);
	return true;
}

const struct key route_keys[] = {
	{ .kind = KEY_TEXT, .name = "schema-pattern", .at = AT(struct config_route, schema_pattern),
	  .check = check_pattern,
	  .bad = &config_kinds[BAD_ROUTE] },
	{ .kind = KEY_TEXT, .name = "table-pattern", .at = AT(struct config_route, table_pattern),
	  .check = check_pattern,
	  .bad = &config_kinds[BAD_ROUTE] },
	{ .kind = KEY_TEXT, .name = "target-schema", .at = AT(struct config_route, target_schema) },
	{ .kind = KEY_TEXT, .name = "target-table", .at = AT(struct config_route, target_table) },
	{ .kind = KEY_MAP, .name = "extract-table", .at = AT(struct config_route, extracts[EXTRACT_TABLE]),
	  .keys = extract_table_keys, .whole = extract_whole },
	{ .kind = KEY_MAP, .name = "extract-schema", .at = AT(struct config_route, extracts[EXTRACT_SCHEMA]),
	  .keys = extract_schema_keys, .whole = extract_whole },
	{ .kind = KEY_MAP, .name = "extract-source", .at = AT(struct config_route, extracts[EXTRACT_SOURCE]),
	  .keys = extract_source_keys, .whole = extract_whole },
	{ 0 }
};

bool route_whole(struct key_reader *r, void *element, const struct yaml_node *node, const char *path, struct err *e)
{
	const struct config_route *route = element;

	(void)node;
	if (route->schema_pattern.n == 0)
		return keys_fail(r, route->line, &config_kinds[BAD_ROUTE], e, "'%s' has no 'schema-pattern'", path);
	if (route->target_schema.n == 0)
		return keys_fail(r, route->line, &config_kinds[BAD_ROUTE], e, "'%s' has no 'target-schema'", path);
	return true;
}

static const struct key table_keys[] = {
	{ .kind = KEY_TEXT, .name = "db-name", .at = AT(struct config_table, schema), .check = check_some_pattern,
	  .bad = &config_kinds[BAD_BLOCK_ALLOW] },
	{ .kind = KEY_TEXT, .name = "tbl-name", .at = AT(struct config_table, table), .check = check_some_pattern,
	  .bad = &config_kinds[BAD_BLOCK_ALLOW] },
	{ 0 }
};

static bool table_whole(struct key_reader *r, void *element, const struct yaml_node *node, const char *path,
			struct err *e)
{
	const struct table_part *t = element;

	(void)node;
	return (t->table.schema.n && t->table.table.n) ||
	       keys_fail(r, t->head.line, &config_kinds[BAD_BLOCK_ALLOW], e,
			 "'%s' wants both 'db-name' and 'tbl-name'", path);
}

#define PATTERNS(key, member) { \
	.kind = KEY_TEXTS, .name = key, .at = AT(struct block_allow_part, list.member), \
	.count_at = AT(struct block_allow_part, list.n_##member), .check = check_some_pattern, \
	.bad = &config_kinds[BAD_BLOCK_ALLOW] }
#define TABLES(key, member) { \
	.kind = KEY_LIST, .name = key, .at = AT(struct block_allow_part, member), \
	.count_at = AT(struct block_allow_part, n_##member), .keys = table_keys, .size = sizeof(struct table_part), \
	.body_at = AT(struct table_part, table), .whole = table_whole, .bad = &config_kinds[BAD_BLOCK_ALLOW] }

const struct key block_allow_keys[] = {
	PATTERNS("do-dbs", do_dbs), PATTERNS("ignore-dbs", ignore_dbs),
	TABLES("do-tables", do_tables), TABLES("ignore-tables", ignore_tables),
	{ 0 }
};

static struct config_table *tables(struct arena *a, const struct table_part *parts, size_t n)
{
	struct config_table *list = arena_array(a, n, sizeof(*list));

	for (size_t i = 0; i < n; i++)
		list[i] = parts[i].table;
	return list;
}

bool block_allow_whole(struct key_reader *r, void *element, const struct yaml_node *node, const char *path,
		       struct err *e)
{
	struct block_allow_part *part = element;

	(void)node, (void)path, (void)e;
	part->list.n_do_tables = part->n_do_tables;
	part->list.do_tables = tables(r->a, part->do_tables, part->n_do_tables);
	part->list.n_ignore_tables = part->n_ignore_tables;
	part->list.ignore_tables = tables(r->a, part->ignore_tables, part->n_ignore_tables);
	return true;
}
