/* create.c - the CREATE statement in a dump's file, and the structure that it gives; see restore.h */
#include "restore.h"

#include "base/log.h"

static const struct table *get_none(void *context, struct str schema, struct str table)
{
	(void)context;
	(void)schema;
	(void)table;
	return NULL;
}

struct made {
	struct table *table;
	bool known;
};

static void set_structure(void *context, struct str schema, struct str table, const struct table *structure)
{
	struct made *made = context;

	(void)schema;
	(void)table;
	if (made->known || !structure)
		return;
	table_copy(made->table, structure);
	made->known = true;
}

static void drop_none(void *context, struct str schema)
{
	(void)context;
	(void)schema;
}

bool create_structure(struct table *t, bool *known, const struct ddl *parsed, struct str charset, struct err *e)
{
	struct made made = { .table = t };
	struct ddl_tables tables = {
		.get = get_none, .set = set_structure, .drop_schema = drop_none, .context = &made, .default_charset = charset,
		.timestamps = TIMESTAMPS_EXPLICIT,
	};
	bool ok = ddl_apply(parsed, &tables, e);

	*known = made.known;
	return ok;
}

/* The structure; what is not understood is looked up downstream, once the table is there. */
static bool apply(struct restore *r, struct item *item, const struct ddl *parsed, struct err *e)
{
	const struct item *schema = map_get(&r->charsets, item->name.schema);

	if (parsed->kind == DDL_CREATE_DATABASE) {
		item->charset = arena_str(&r->s.arena, parsed->charset);
		return true;
	}
	item->is_sequence = parsed->is_sequence;
	return parsed->is_sequence ||
	       create_structure(&item->structure, &item->known, parsed, schema ? schema->charset : STR_LIT(""), e);
}

static bool take(struct restore *r, struct item *item, struct str statement, struct err *e)
{
	enum ddl_kind want = item->name.table.n > 0 ? DDL_CREATE_TABLE : DDL_CREATE_DATABASE;
	struct arena *keep = &r->s.arena;
	struct ddl parsed;

	statement = arena_str(keep, statement);
	ddl_parse(&parsed, keep, statement, item->name.schema, STR_LIT(""), r->mariadb);
	if (parsed.kind != want || parsed.n_names == 0)
		return true;	/* SET and the like, DROP TABLE IF EXISTS: not ours to run */
	if (item->create.sql.n > 0)
		return err_set(e, &err_dump_layout, "file '%.*s' creates two tables", STR(item->table->create->name));
	if (!str_eq_nocase(parsed.names[0].table, item->name.table) ||
	    (parsed.names[0].qualified && !str_eq_nocase(parsed.names[0].schema, item->name.schema)) ||
	    (want == DDL_CREATE_DATABASE && !str_eq_nocase(parsed.names[0].schema, item->name.schema)))
		return err_set(e, &err_dump_layout, "file '%.*s' creates `%.*s`.`%.*s`", STR(item->table->create->name),
			       STR(parsed.names[0].schema), STR(parsed.names[0].table));
	item->create = (struct ddl_event){
		.schema = item->name.schema, .n_tables = 1, .tables = &item->name, .to = &item->to, .routed = item->routed,
		.sql_mode = STR_LIT(""), .sql = statement,
	};
	return apply(r, item, &parsed, e);
}

bool create_read(struct restore *r, struct item *item, struct err *e)
{
	struct buf text = BUF_INIT(1);
	struct str rest, statement;
	struct sql_cut cut;
	size_t used;
	bool ok;

	sql_cut_init(&cut);
	ok = catalog_read(&r->catalog, item->table->create, &text, e);
	for (rest = buf_str(&text); ok; rest = str_from(rest, used)) {
		enum sql_cut_got got = sql_cut_next(&cut, rest, true, &statement, &used);

		if (got == SQL_CUT_STATEMENT)
			ok = take(r, item, statement, e);
		else if (got == SQL_CUT_TORN)
			ok = err_set(e, &err_dump_damaged, "file '%.*s' ends inside a statement", STR(item->table->create->name));
		else
			break;
	}
	buf_release(&text);
	if (ok && item->create.sql.n == 0)
		ok = err_set(e, &err_dump_layout, "file '%.*s' holds no CREATE that is understood",
			     STR(item->table->create->name));
	return ok;
}
