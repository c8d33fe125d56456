/* repair.c - an operator's word about single statements; see repair.h */
#include "repair.h"

#include "base/log.h"

static const struct err_kind err_no_statement = {
	.code = 30570, .class = "relay-unit", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "take it back with 'dm binlog revert TASK -b FILE:POS'; only statements can be skipped, replaced or "
		      "preceded, named by the place where they start (startLocation in query-status)",
};

static const struct err_kind err_bad_statement = {
	.code = 30571, .class = "relay-unit", .scope = SCOPE_INTERNAL, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "give other statements with 'dm binlog replace', or take them back with 'dm binlog revert'",
};

enum { SHOWN = 300 };

/* "bin|000002.000003:4" of a relay log is bin.000003:4 to who reads the server. */
static bool is_at(struct str pos, struct str file, uint64_t offset)
{
	struct str name, base, digits, plain;
	uint64_t at;

	if (!event_pos_parse(pos, &name, &at) || at != offset)
		return false;
	if (str_eq(name, file))
		return true;
	return str_find(file, STR_LIT("|")) == SIZE_MAX && str_cut_last(name, '.', &base, &digits) &&
	       str_cut_last(base, '|', &plain, NULL) && file.n == plain.n + 1 + digits.n && str_starts(file, plain) &&
	       file.p[plain.n] == '.' && str_ends(file, digits);
}

static struct repair *find(const struct relay *r, uint64_t offset)
{
	for (size_t i = 0; i < r->repairs.n; i++)
		if (is_at(r->repairs.list[i].pos, str_of(r->at.file), offset))
			return &r->repairs.list[i];
	return NULL;
}

struct repair *repair_for(const struct relay *r, struct span span)
{
	struct repair *repair = find(r, span.start);

	if (!repair && r->trx.statements == 0 && r->trx.seq == 0)
		repair = find(r, r->trx.start);
	return repair;
}

static bool put_state(struct relay *r, struct err *e)
{
	struct buf value = BUF_INIT((size_t)1 << 30);
	bool ok;

	repairs_put(&value, &r->repairs);
	ok = buf_ok(&value, "the operations of handle-error", e);
	state_line_put(out_line(&r->out), REPAIR_STAGE, REPAIR_KEY, buf_str(&value));
	buf_release(&value);
	return ok;
}

/* One of the operator's statements, in the session of the one that it stands for. */
static bool put_one(struct relay *r, const struct binlog_event *ev, struct span span, const struct statement *original,
		    struct str sql, struct err *e)
{
	struct statement own = { .sql = sql, .sql_mode = original->sql_mode, .charset = original->charset };

	ddl_parse(&own.ddl, &r->arena, sql, ev->query.schema, own.sql_mode, r->decoder.format.mariadb);
	if (own.ddl.kind == DDL_UNKNOWN || own.ddl.kind == DDL_OTHER || own.ddl.kind == DDL_TRANSACTION ||
	    own.ddl.kind == DDL_DML)
		return err_set(e, &err_bad_statement, "no DDL statement is understood in '%.*s'%s%s",
			       STR(str_first(sql, SHOWN)), own.ddl.why[0] ? ": " : "", own.ddl.why);
	if (!statement_put(r, ev, span, &own, e))
		return false;
	/* Later stages forget what they know of a table that a statement names. */
	for (size_t i = 0; i < own.ddl.n_tables; i++) {
		struct known *k = structures_find(&r->tables, own.ddl.names[i].schema, own.ddl.names[i].table);

		if (k)
			k->announced = false;
	}
	return true;
}

bool repair_put(struct relay *r, struct repair *repair, const struct binlog_event *ev, struct span span,
		const struct statement *statement, bool *original, struct err *e)
{
	*original = repair->kind == REPAIR_INJECT;
	repair->met = true;
	log_notice("the statement at %s:%llu: %s, as the operator wants: %.*s", r->at.file, (unsigned long long)span.start,
		   repair->kind == REPAIR_SKIP ? "skipped" : repair->kind == REPAIR_REPLACE ? "replaced" :
		   "others come first", STR(str_first(statement->sql, SHOWN)));
	while (repair->done < repair->n_sqls) {
		bool last = repair->done + 1 == repair->n_sqls && !*original && !r->trx.begun;

		if (!put_one(r, ev, span, statement, repair->sqls[repair->done], e))
			return false;
		repair->done++;
		/* The last one is committed as the statement itself would be. */
		if (!last && (!put_state(r, e) || !statement_commit_inside(r, ev, e)))
			return false;
	}
	return true;
}

void repair_settle(struct relay *r, bool same_server)
{
	struct buf at = BUF_INIT(1024);
	struct str start = place_text(&at, &r->start);

	for (size_t i = r->repairs.n; i-- > 0; ) {
		struct repair *repair = &r->repairs.list[i];

		if (same_server && (start.n == 0 || event_pos_compare(repair->pos, start) >= 0))
			continue;
		if (!same_server)
			log_warning("'%s' for the statement at %.*s is forgotten: that was a place of another server",
				    repair_name(repair->kind), STR(repair->pos));
		repairs_drop(&r->repairs, repair);
		r->repairs_changed = true;
	}
	buf_release(&at);
}

bool repair_pass(struct relay *r, struct err *e)
{
	struct buf text = BUF_INIT(1024);
	struct str at = STR_NONE;

	if (r->repairs.n > 0)
		at = place_text(&text, &r->at);
	for (size_t i = r->repairs.n; i-- > 0; ) {
		struct repair *repair = &r->repairs.list[i];
		struct str file;
		uint64_t pos;

		if (event_pos_compare(repair->pos, at) >= 0)
			continue;
		if (!repair->met && event_pos_parse(repair->pos, &file, &pos) && pos >= r->trx.start &&
		    is_at(repair->pos, str_of(r->at.file), pos)) {
			err_set(e, &err_no_statement, "'%s' is wanted at %.*s, and no statement starts there: the transaction "
				"from %s:%llu on has %llu row changes", repair_name(repair->kind), STR(repair->pos),
				r->at.file, (unsigned long long)r->trx.start, (unsigned long long)r->trx.seq);
			buf_release(&text);
			return false;
		}
		if (!repair->met)
			log_warning("'%s' is wanted at %.*s, which was passed, and no statement started there",
				    repair_name(repair->kind), STR(repair->pos));
		repairs_drop(&r->repairs, repair);
		r->repairs_changed = true;
	}
	buf_release(&text);
	if (!r->repairs_changed)
		return true;
	r->repairs_changed = false;
	return put_state(r, e);
}
