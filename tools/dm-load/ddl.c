/* ddl.c - creates the schemas and tables of a dump where they are not there; see load.h */
#include "load.h"

#include "base/log.h"
#include "schema/ddl.h"
#include "text/sql_quote.h"

#define ER_BAD_DB 1049

static const struct err_kind err_mariadb_only = {
	.code = 34540, .class = "load-unit", .scope = SCOPE_DOWNSTREAM, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "leave it out with block-allow-list; of a system-versioned table, a plain one of that name made "
		"downstream by hand takes the rows",
};
static const struct err_kind err_load_ddl = {
	.code = 34504, .class = "load-unit", .scope = SCOPE_DOWNSTREAM, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "create the table downstream by hand, then start again",
};

/* Somebody may have made it, with other character sets or columns than the statement's: that is then taken as it is. */
static bool exists(struct conn *c, struct event_name name, bool *there, struct err *e)
{
	struct buf sql = BUF_INIT(1 << 16);
	struct result r;
	bool ok;

	buf_put_text(&sql, "SELECT 1 FROM information_schema.");
	buf_put_text(&sql, name.table.n > 0 ? "TABLES WHERE TABLE_SCHEMA = " : "SCHEMATA WHERE SCHEMA_NAME = ");
	sql_put_text(&sql, name.schema, c->backslash);
	if (name.table.n > 0) {
		buf_put_text(&sql, " AND TABLE_NAME = ");
		sql_put_text(&sql, name.table, c->backslash);
	}
	ok = buf_ok(&sql, "a name", e) && conn_query(c, &r, buf_str(&sql), false, e);
	if (ok) {
		ok = result_next(&r, there, e);
		result_release(&r);
	}
	buf_release(&sql);
	return ok;
}

/* The statement with its names spelled out, and IF NOT EXISTS, since another source may create the same table just
 * now. */
static void put_create(struct buf *sql, const struct ddl *parsed, const struct ddl_event *ddl, struct arena *a)
{
	struct ddl_name *to = arena_array(a, parsed->n_names, sizeof(*to));
	struct buf named = BUF_INIT(1 << 26);
	size_t at = parsed->names[0].start;
	struct str text;

	for (size_t i = 0; i < parsed->n_names; i++) {
		to[i] = parsed->names[i];
		if (ddl->routed && i < parsed->n_tables && i < ddl->n_tables) {
			to[i].schema = ddl->to[i].schema;
			to[i].table = ddl->to[i].table;
		}
	}
	ddl_put_renamed(&named, parsed, to);
	text = buf_str(&named);
	buf_put_str(sql, str_first(text, at));
	if (!str_ends(str_trim(str_first(text, at)), STR_LIT("EXISTS")))
		buf_put_text(sql, "IF NOT EXISTS ");
	buf_put_str(sql, str_from(text, at));
	if (named.over)
		sql->over = true;
	buf_release(&named);
}

static bool create_schema(struct conn *c, struct str schema, struct err *e)
{
	struct buf sql = BUF_INIT(4096);
	bool ok;

	log_notice("creating schema `%.*s` downstream, which the dump does not hold", STR(schema));
	buf_put_text(&sql, "CREATE DATABASE IF NOT EXISTS ");
	sql_put_name(&sql, schema);
	ok = conn_run(c, buf_str(&sql), e);
	buf_release(&sql);
	return ok;
}

static bool run(struct conn *c, struct str sql, struct str schema, struct err *e)
{
	if (conn_run(c, sql, e))
		return true;
	if (c->errno_last != ER_BAD_DB)
		return false;
	err_clear(e);
	return create_schema(c, schema, e) && conn_run(c, sql, e);
}

bool ddl_create(struct conn *c, const struct ddl_event *ddl, bool mariadb, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct buf sql = BUF_INIT(1 << 26);
	struct event_name name;
	struct ddl parsed;
	bool there = false, ok = false;

	ddl_parse(&parsed, &a, ddl->sql, ddl->schema, ddl->sql_mode, mariadb);
	if ((parsed.kind != DDL_CREATE_TABLE && parsed.kind != DDL_CREATE_DATABASE) || parsed.n_names == 0) {
		err_set(e, &err_load_ddl, "a statement of kind '%s' is no part of a dump%s%s: %.*s",
			ddl_kind_name(parsed.kind), parsed.kind == DDL_UNKNOWN ? ": " : "",
			parsed.kind == DDL_UNKNOWN ? parsed.why : "", STR(str_first(ddl->sql, 200)));
		goto out;
	}
	name = (struct event_name){ parsed.names[0].schema, parsed.names[0].table };
	if (ddl->routed && ddl->n_tables > 0)
		name = ddl->to[0];
	if (!exists(c, name, &there, e))
		goto out;
	if (!there && parsed.mariadb_only && c->flavor != FLAVOR_MARIADB) {
		err_set(e, &err_mariadb_only, "'%.*s.%.*s' is %s, and the downstream is no MariaDB", STR(name.schema),
			STR(name.table), parsed.mariadb_only);
		goto out;
	}
	if (!there) {
		put_create(&sql, &parsed, ddl, &a);
		ok = buf_ok(&sql, "a statement", e) && run(c, buf_str(&sql), name.schema, e);
	} else {
		ok = true;
	}
out:
	buf_release(&sql);
	arena_release(&a);
	return ok;
}
