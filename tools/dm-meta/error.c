/* error.c - what is to happen instead of a statement that fails; see commands.h */
#include "commands.h"

#include "schema/ddl.h"
#include "stream/event.h"
#include "stream/repair.h"
#include "text/json_write.h"
#include "text/sql_split.h"

#define JSON_BYTES ((size_t)1 << 30)

static const struct err_kind err_binlog_pos = {
	.code = 40510, .class = "dm-master", .scope = SCOPE_INTERNAL, .level = LEVEL_LOW, .status = STATUS_USAGE,
	.workaround = "give the place where the statement starts, as startLocation in query-status has it: mysql-bin.000003:3270",
};

static const struct err_kind err_not_ddl = {
	.code = 36024, .class = "sync-unit", .scope = SCOPE_INTERNAL, .level = LEVEL_LOW, .status = STATUS_USAGE,
	.workaround = "give DDL statements that name their tables with their schemas, separated by ';'",
};

static const struct err_kind err_no_operation = {
	.code = 36065, .class = "sync-unit", .scope = SCOPE_INTERNAL, .level = LEVEL_LOW, .status = STATUS_REFUSED,
	.workaround = "see what is to come with 'dm binlog list'",
};

static const struct err_kind err_half_done = {
	.code = 40511, .class = "dm-master", .scope = SCOPE_DOWNSTREAM, .level = LEVEL_MEDIUM, .status = STATUS_REFUSED,
	.workaround = "skip the rest with 'dm binlog skip', or replace it with 'dm binlog replace'",
};

static bool read_repairs(struct work *w, struct repairs *repairs, struct arena *a, struct err *e)
{
	struct str value = STR_LIT("");

	return (!w->there || meta_state_get(&w->meta, a, REPAIR_STAGE, REPAIR_KEY, &value, e)) &&
	       repairs_parse(repairs, value, e);
}

static bool write_repairs(struct work *w, const struct repairs *repairs, struct err *e)
{
	struct buf value = BUF_INIT(JSON_BYTES);
	bool ok;

	repairs_put(&value, repairs);
	ok = buf_ok(&value, "the operations", e) &&
	     (repairs->n > 0 ? meta_state_put(&w->meta, REPAIR_STAGE, REPAIR_KEY, buf_str(&value), e) :
	      meta_state_drop(&w->meta, REPAIR_STAGE, REPAIR_KEY, e));
	buf_release(&value);
	return ok;
}

/* --- adding --- */

static bool check_statement(struct arena *a, struct str sql, struct err *e)
{
	struct ddl ddl;

	ddl_parse(&ddl, a, sql, STR_LIT(""), STR_LIT(""), false);
	if (ddl.kind == DDL_UNKNOWN)
		ddl_parse(&ddl, a, sql, STR_LIT(""), STR_LIT(""), true);
	if (ddl.kind == DDL_UNKNOWN || ddl.kind == DDL_OTHER || ddl.kind == DDL_TRANSACTION || ddl.kind == DDL_DML)
		return err_set(e, &err_not_ddl, "no DDL statement is understood in '%.*s'%s%s", STR(str_first(sql, 300)),
			       ddl.why[0] ? ": " : "", ddl.why);
	for (size_t i = 0; i < ddl.n_tables; i++)
		if (ddl.names[i].table.n > 0 && !ddl.names[i].qualified)
			return err_set(e, &err_not_ddl, "'%.*s' does not say in which schema '%.*s' is",
				       STR(str_first(sql, 300)), STR(ddl.names[i].table));
	return true;
}

static bool split(struct repair *op, struct arena *a, struct str text, struct err *e)
{
	struct str rest = text, sql;
	size_t n = 0;

	while (sql_split(&rest, 0, &sql))
		n++;
	if (n == 0)
		return err_set(e, &err_not_ddl, "no statement stands in '%.*s'", STR(str_first(text, 300)));
	op->sqls = arena_array(a, n, sizeof(*op->sqls));
	while (sql_split(&text, 0, &sql)) {
		if (!check_statement(a, sql, e))
			return false;
		op->sqls[op->n_sqls++] = sql;
	}
	return true;
}

static bool put(struct work *w, const struct repair *op, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct repairs repairs;
	bool ok;

	repairs_init(&repairs);
	ok = read_repairs(w, &repairs, &a, e);
	if (ok) {
		repairs_add(&repairs, op);
		ok = write_repairs(w, &repairs, e);
	}
	repairs_release(&repairs);
	arena_release(&a);
	return ok;
}

static bool check_place(struct str text, struct err *e)
{
	struct str file;
	uint64_t pos;

	return event_pos_parse(text, &file, &pos) ||
	       err_set(e, &err_binlog_pos, "invalid --binlog-pos '%.*s': it is no place in a binlog", STR(text));
}

static bool add(struct work *w, enum repair_kind kind, struct err *e)
{
	struct repair op = { .kind = kind, .pos = w->operands[0] };
	struct arena a = ARENA_INIT;
	struct err later = { 0 };
	bool ok;

	ok = check_place(op.pos, e) && (kind == REPAIR_SKIP || split(&op, &a, w->operands[1], e)) &&
	     meta_lease_take(&w->meta, e);
	if (ok) {
		ok = put(w, &op, e);
		if (!meta_lease_drop(&w->meta, &later) && ok) {
			*e = later;
			ok = false;
		}
	}
	arena_release(&a);
	return ok;
}

bool error_skip(struct work *w, struct err *e)
{
	return add(w, REPAIR_SKIP, e);
}

bool error_replace(struct work *w, struct err *e)
{
	return add(w, REPAIR_REPLACE, e);
}

bool error_inject(struct work *w, struct err *e)
{
	return add(w, REPAIR_INJECT, e);
}

/* --- taking back --- */

static bool revert(struct work *w, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct repairs repairs;
	struct repair *op;
	bool ok;

	repairs_init(&repairs);
	ok = read_repairs(w, &repairs, &a, e);
	op = ok ? repairs_find(&repairs, w->operands[0]) : NULL;
	if (ok && !op) {
		ok = err_set(e, &err_no_operation, "operator not exist: nothing is to happen at %.*s", STR(w->operands[0]));
	} else if (ok && op->done > 0) {
		ok = err_set(e, &err_half_done, "%zu of the %zu statements for %.*s have run", op->done, op->n_sqls,
			     STR(op->pos));
	} else if (ok) {
		repairs_drop(&repairs, op);
		ok = write_repairs(w, &repairs, e);
	}
	repairs_release(&repairs);
	arena_release(&a);
	return ok;
}

bool error_revert(struct work *w, struct err *e)
{
	return check_place(w->operands[0], e) && with_lease(w, revert, e);
}

/* --- showing --- */

/* As DM lists them. */
static void put_operation(struct buf *b, struct str task, const struct repair *op)
{
	static const unsigned numbers[] = { [REPAIR_SKIP] = 1, [REPAIR_REPLACE] = 2, [REPAIR_INJECT] = 4 };
	struct buf place = BUF_INIT(4096);
	struct str file = STR_LIT("");
	uint64_t pos = 0;

	event_pos_parse(op->pos, &file, &pos);
	buf_putf(&place, "(%.*s, %llu)", STR(file), (unsigned long long)pos);
	buf_put_char(b, '{');
	json_put_key_u64(b, "op", numbers[op->kind]);
	json_put_key_text(b, "task", task);
	json_put_key_text(b, "binlogPos", buf_str(&place));
	json_put_key(b, "sqls");
	buf_put_char(b, '[');
	for (size_t i = 0; i < op->n_sqls; i++) {
		buf_put_text(b, i ? "," : "");
		json_put_text(b, op->sqls[i]);
	}
	buf_put_text(b, "]}");
	buf_release(&place);
}

bool error_list(struct work *w, struct err *e)
{
	struct buf b = BUF_INIT(JSON_BYTES);
	struct arena a = ARENA_INIT;
	struct repairs repairs;
	bool ok;

	repairs_init(&repairs);
	ok = read_repairs(w, &repairs, &a, e);
	buf_put_char(&b, '[');
	for (size_t i = 0; ok && i < repairs.n; i++) {
		buf_put_text(&b, i ? "," : "");
		put_operation(&b, w->task, &repairs.list[i]);
	}
	buf_put_text(&b, "]\n");
	ok = ok && buf_ok(&b, "the operations", e) && line_put(w->out, buf_str(&b), e);
	repairs_release(&repairs);
	arena_release(&a);
	buf_release(&b);
	return ok;
}
