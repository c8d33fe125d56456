/* state.c - what stages asked to be remembered; see meta.h
 *
 * State lines are rows of TASK_state, but for those of dm-online-ddl: these are rows of TASK_onlineddl, as DM has it, so
 * that what DM's manual says about that table holds.
 */
#include "meta/parts.h"
#include "stream/event.h"
#include "text/json_read.h"
#include "text/sql_lex.h"
#include "text/sql_quote.h"

#define STAGE_BYTES 64
#define KEY_BYTES 255
#define ONLINE_STAGE "dm-online-ddl"

static const struct err_kind err_online_row = {
	.code = 36039, .class = "sync-unit", .scope = SCOPE_DOWNSTREAM, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "correct the row of TASK_onlineddl, as dm-online-ddl(1) shows it, or delete it",
};

static bool is_online(struct str stage)
{
	return str_is(stage, ONLINE_STAGE);
}

static bool want_name(struct sql_lex *lex, struct arena *a, struct str *name)
{
	struct sql_token t = sql_lex_next(lex);

	*name = sql_token_value(lex, &t, a);
	return t.kind == SQL_NAME;
}

/* `schema`.`table` */
static bool online_key_parse(struct str key, struct arena *a, struct event_name *table, struct err *e)
{
	struct sql_lex lex;

	sql_lex_init(&lex, key, 0);
	if (!want_name(&lex, a, &table->schema) || !str_is(sql_lex_next(&lex).raw, ".") ||
	    !want_name(&lex, a, &table->table) || sql_lex_next(&lex).kind != SQL_END)
		return err_set(e, &err_meta_row, "a state line of " ONLINE_STAGE " has the key '%.*s', which is no table's name",
			       STR(str_first(key, 300)));
	return meta_fits(table->schema, NAME_BYTES, "the name of a schema", e) &&
	       meta_fits(table->table, NAME_BYTES, "the name of a table", e);
}

static bool online_put(struct meta *m, struct str key, struct str value, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct event_name table;
	bool ok = online_key_parse(key, &a, &table, e) &&
		  meta_run(m, e, "REPLACE INTO $t (id, ghost_schema, ghost_table, ddls) VALUES ($i, $s, $s, $s)", ONLINE,
			   table.schema, table.table, value);

	arena_release(&a);
	return ok;
}

static bool online_drop(struct meta *m, struct str key, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct event_name table;
	bool ok = online_key_parse(key, &a, &table, e) &&
		  meta_run(m, e, "DELETE FROM $t WHERE id = $i AND ghost_schema = $s AND ghost_table = $s", ONLINE,
			   table.schema, table.table);

	arena_release(&a);
	return ok;
}

bool meta_state_put(struct meta *m, struct str stage, struct str key, struct str value, struct err *e)
{
	if (is_online(stage))
		return online_put(m, key, value, e);
	return meta_fits(stage, STAGE_BYTES, "a stage", e) && meta_fits(key, KEY_BYTES, "a stage's key", e) &&
	       meta_run(m, e, "INSERT INTO $t (id, stage, state_key, value) VALUES ($i, $s, $s, $s) "
			"ON DUPLICATE KEY UPDATE value = VALUES(value)", STATE, stage, key, value);
}

bool meta_state_get(struct meta *m, struct arena *a, struct str stage, struct str key, struct str *value, struct err *e)
{
	bool found;

	*value = STR_LIT("");
	return meta_row(m, a, value, 1, &found, e,
			"SELECT value FROM $t WHERE id = $i AND stage = $s AND state_key = $s", STATE, stage,
			key);
}

bool meta_state_drop(struct meta *m, struct str stage, struct str key, struct err *e)
{
	if (is_online(stage))
		return online_drop(m, key, e);
	return meta_run(m, e, "DELETE FROM $t WHERE id = $i AND stage = $s AND state_key = $s", STATE, stage, key);
}

/* A release that knew no online schema changes has made the task's tables without this one. */
static bool has_online(struct meta *m, bool *there, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct str name = arena_strf(&a, "%.*s" ONLINE, STR(m->task)), row;
	bool ok = meta_row(m, &a, &row, 1, there, e, "SELECT TABLE_NAME FROM information_schema.TABLES "
			   "WHERE TABLE_SCHEMA = $s AND TABLE_NAME = $s", m->schema, name);

	arena_release(&a);
	return ok;
}

/* An operator may have written it: in a line of the stream it must be JSON, and stand on one line. */
static bool put_online_line(struct buf *out, const struct str *row, struct err *e)
{
	struct buf key = BUF_INIT(4096), value = BUF_INIT((size_t)1 << 30);
	struct json j;
	bool ok;

	sql_put_table(&key, row[0], row[1]);
	buf_put_str(&value, row[2]);
	for (size_t i = 0; i < value.n; i++)
		if (value.p[i] == '\n' || value.p[i] == '\r')
			value.p[i] = ' ';
	json_init(&j, buf_str(&value));
	json_skip(&j);
	ok = json_ok(&j, "ddls", e) ||
	     err_set(e, &err_online_row, "ddls of ghost table %.*s is no JSON: '%.*s'", STR(buf_str(&key)),
		     STR(str_first(row[2], 200)));
	if (ok)
		state_line_put(out, STR_LIT(ONLINE_STAGE), buf_str(&key), buf_str(&value));
	buf_release(&key);
	buf_release(&value);
	return ok;
}

static bool put_online_lines(struct meta *m, struct buf *out, struct err *e)
{
	struct result r;
	bool more = true, ok;

	ok = meta_ask(m, &r, e, "SELECT ghost_schema, ghost_table, ddls FROM $t WHERE id = $i AND ddls <> '' "
		      "ORDER BY ghost_schema, ghost_table", ONLINE);
	while (ok && (ok = result_next(&r, &more, e)) && more)
		ok = put_online_line(out, r.row, e);
	result_release(&r);
	return ok;
}

bool state_lines_put(struct meta *m, struct buf *out, bool moved, struct err *e)
{
	struct result r;
	bool more = true, there = false, ok;

	ok = meta_ask(m, &r, e, "SELECT stage, state_key, value FROM $t WHERE id = $i AND "
		      "stage NOT IN ('dm-sync', 'dm-load', 'dm-meta') AND $r ORDER BY stage, state_key", STATE,
		      moved ? "NOT (stage = 'dm-relay' AND state_key = 'server')" : "TRUE");
	while (ok && (ok = result_next(&r, &more, e)) && more)
		state_line_put(out, r.row[0], r.row[1], r.row[2]);
	result_release(&r);
	return ok && has_online(m, &there, e) && (!there || put_online_lines(m, out, e));
}
