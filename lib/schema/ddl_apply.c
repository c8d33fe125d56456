/*
 * ddl_apply.c - what a statement does to the structures that are known.
 */
#include "schema/ddl.h"

#include "schema/ddl_make.h"
#include "text/sql_lex.h"

static const struct table *get(const struct ddl_tables *tables, const struct ddl_name *name)
{
	return tables->get(tables->context, name->schema, name->table);
}

static void set(const struct ddl_tables *tables, const struct ddl_name *name, const struct table *t)
{
	tables->set(tables->context, name->schema, name->table, t);
}

/* A copy under another name. */
static void set_copy(const struct ddl_tables *tables, const struct ddl_name *name, const struct table *from)
{
	struct table copy;

	if (!from) {
		set(tables, name, NULL);
		return;
	}
	table_copy(&copy, from);
	copy.schema = arena_str(&copy.arena, name->schema);
	copy.name = arena_str(&copy.arena, name->table);
	set(tables, name, &copy);
	table_release(&copy);
}

/* Where the last RENAME TO leads, or LIKE points: names[0] is the table itself. */
static const struct ddl_name *other_name(const struct ddl *ddl, enum ddl_op op)
{
	size_t at = 0;

	for (const struct ddl_change *c = ddl->changes; c; c = c->next)
		at += c->op == op;
	return at > 0 && at < ddl->n_tables ? &ddl->names[at] : NULL;
}

/* Carries out the clauses on old and keeps the outcome as name. */
static bool change(const struct ddl *ddl, const struct ddl_tables *tables, const struct table *old,
		   const struct ddl_name *name, struct err *e)
{
	struct maker m = { .ddl = ddl, .tables = tables, .old = old, .charset = old->charset };
	bool ok;

	m.mariadb = ddl->lex_flags & SQL_MARIADB;
	table_init(&m.made, name->schema, name->table);
	ok = make_table(&m, e);
	if (ok)
		set(tables, name, m.unknown || m.made.n_columns == 0 ? NULL : &m.made);
	table_release(&m.made);
	arena_release(&m.arena);
	return ok;
}

/* What every sequence looks like as a table. Its type is another since 11.5 where the statement says so. */
static void create_sequence(const struct ddl *ddl, const struct ddl_tables *tables)
{
	static const struct { const char *name, *type; } columns[] = {
		{ "next_not_cached_value", "bigint(21)" }, { "minimum_value", "bigint(21)" },
		{ "maximum_value", "bigint(21)" }, { "start_value", "bigint(21)" }, { "increment", "bigint(21)" },
		{ "cache_size", "bigint(21) unsigned" }, { "cycle_option", "tinyint(1) unsigned" },
		{ "cycle_count", "bigint(21)" },
	};
	struct table t;

	table_init(&t, ddl->names[0].schema, ddl->names[0].table);
	for (size_t i = 0; i < sizeof(columns) / sizeof(*columns); i++) {
		struct column column = {
			.name = str_of(columns[i].name), .type = str_of(columns[i].type), .charset = STR_LIT(""),
			.def = STR_LIT(""),
		};

		table_add_column(&t, &column, i);
	}
	set(tables, &ddl->names[0], ddl->changes ? NULL : &t);
	table_release(&t);
}

static bool create_table(const struct ddl *ddl, const struct ddl_tables *tables, struct err *e)
{
	const struct ddl_name *name = &ddl->names[0], *model = other_name(ddl, OP_LIKE);
	struct maker m = { .ddl = ddl, .tables = tables };
	struct table nothing;
	bool ok;

	/* Was it there already? Then nothing happened. When it is not known, neither is what stands there now. */
	if (ddl->if_exists) {
		if (!get(tables, name))
			set(tables, name, NULL);
		return true;
	}
	if (ddl->is_sequence) {
		create_sequence(ddl, tables);
		return true;
	}
	if (model) {
		set_copy(tables, name, get(tables, model));
		return true;
	}
	table_init(&nothing, name->schema, name->table);
	nothing.charset = make_charset(&m, tables->default_charset);
	ok = change(ddl, tables, &nothing, name, e);
	table_release(&nothing);
	return ok;
}

static bool alter_table(const struct ddl *ddl, const struct ddl_tables *tables, struct err *e)
{
	const struct ddl_name *name = &ddl->names[0], *to = other_name(ddl, OP_RENAME_TABLE);
	const struct table *old = get(tables, name);
	struct table copy;
	bool ok;

	if (!old) {
		set(tables, name, NULL);
		if (to)
			set(tables, to, NULL);
		return true;
	}
	table_copy(&copy, old);		/* set may move what get gave */
	ok = change(ddl, tables, &copy, to ? to : name, e);
	if (ok && to)
		set(tables, name, NULL);
	table_release(&copy);
	return ok;
}

/* Tables that took part in what is not modelled. */
static void forget_others(const struct ddl *ddl, const struct ddl_tables *tables)
{
	bool strange = false;

	for (const struct ddl_change *c = ddl->changes; c; c = c->next)
		strange |= c->op == OP_STRANGE;
	for (size_t i = 1; strange && i < ddl->n_tables; i++)
		set(tables, &ddl->names[i], NULL);
}

static void rename_table(const struct ddl_tables *tables, const struct ddl_name *from, const struct ddl_name *to)
{
	set_copy(tables, to, get(tables, from));
	set(tables, from, NULL);
}

bool ddl_apply(const struct ddl *ddl, const struct ddl_tables *tables, struct err *e)
{
	switch (ddl->kind) {
	case DDL_CREATE_TABLE:
		return create_table(ddl, tables, e);
	case DDL_ALTER_TABLE:
	case DDL_CREATE_INDEX:
	case DDL_DROP_INDEX:
		forget_others(ddl, tables);
		return alter_table(ddl, tables, e);
	case DDL_DROP_TABLE:
		for (size_t i = 0; i < ddl->n_tables; i++)
			set(tables, &ddl->names[i], NULL);
		return true;
	case DDL_RENAME_TABLE:
		for (size_t i = 0; i + 1 < ddl->n_tables; i += 2)
			rename_table(tables, &ddl->names[i], &ddl->names[i + 1]);
		return true;
	case DDL_DROP_DATABASE:
		tables->drop_schema(tables->context, ddl->names[0].schema);
		return true;
	/* Whatever it did, it did to these. */
	case DDL_UNKNOWN:
		for (size_t i = 0; i < ddl->n_tables; i++)
			set(tables, &ddl->names[i], NULL);
		return true;
	case DDL_OTHER:
	case DDL_TRANSACTION:
	case DDL_DML:
	case DDL_CREATE_DATABASE:
	case DDL_ALTER_DATABASE:
	case DDL_TRUNCATE_TABLE:
	case DDL_CREATE_VIEW:
	case DDL_DROP_VIEW:
		break;
	}
	return true;
}
