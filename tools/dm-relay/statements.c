/* statements.c - query events: the borders of transactions, and DDL; see relay.h */
#include "base/log.h"
#include "relay.h"
#include "repair.h"
#include "schema/ddl_spell.h"
#include "schema/ddl_tree.h"
#include "text/charset.h"

const struct err_kind err_statement_format = {
	.code = 30503, .class = "relay-unit", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "set binlog_format=ROW on the upstream for all sessions, copy what this statement changed by "
		"hand, and start behind it",
};

enum { SHOWN = 300 };		/* of a statement, in a message */

enum border { BORDER_NONE, BORDER_BEGIN, BORDER_COMMIT, BORDER_ROLLBACK, BORDER_SAVEPOINT, BORDER_ROLLBACK_TO,
	BORDER_XA, BORDER_DUMMY };

static enum border border_of(struct str text)
{
	static const struct { const char *start; enum border border; } starts[] = {
		{ "SAVEPOINT ", BORDER_SAVEPOINT }, { "RELEASE SAVEPOINT ", BORDER_SAVEPOINT },
		{ "ROLLBACK TO ", BORDER_ROLLBACK_TO }, { "XA ", BORDER_XA }, { "# Dummy event", BORDER_DUMMY },
	};

	if (str_is_nocase(text, "BEGIN"))
		return BORDER_BEGIN;
	if (str_is_nocase(text, "COMMIT"))
		return BORDER_COMMIT;
	if (str_is_nocase(text, "ROLLBACK"))
		return BORDER_ROLLBACK;
	for (size_t i = 0; i < sizeof(starts) / sizeof(*starts); i++)
		if (str_starts_nocase(text, str_of(starts[i].start)))
			return starts[i].border;
	return BORDER_NONE;
}

/* Rows that were sent cannot be taken back; where there are none, there is nothing to undo. */
static bool undo(const struct relay *r, struct str text, struct err *e)
{
	return r->trx.seq == 0 ||
	       err_set(e, &err_unsupported, "'%.*s' behind %llu rows of the transaction that starts at %s:%llu: rows "
		       "that the log takes back are not supported", STR(str_first(text, SHOWN)),
		       (unsigned long long)r->trx.seq, r->at.file, (unsigned long long)r->trx.start);
}

/* The statement as UTF-8; the log has it in the client's charset. */
static bool to_utf8(struct relay *r, const struct binlog_query *q, struct str *sql, const struct charset **cs,
		    struct err *e)
{
	struct buf b = BUF_INIT((size_t)1 << 30);
	bool ok;

	*cs = q->has_charset ? charset_of_collation(q->client) : charset_of_name(STR_LIT("utf8mb4"));
	if (!*cs)
		return err_set(e, &err_binlog_unknown, "statement in collation %u, which is not known", q->client);
	ok = charset_put_utf8(*cs, q->text, &b) && !b.over;
	if (ok)
		*sql = arena_str(&r->arena, buf_str(&b));
	buf_release(&b);
	return ok || err_set(e, &err_binlog_event, "statement is not valid in its client's charset %s",
			     charset_name(*cs));
}

/* What CREATE TABLE ... SELECT of 8.0.21 on has at its end: the rows follow in the same transaction. */
static struct str without_start_transaction(struct str sql)
{
	static const struct str clause = { "START TRANSACTION", 17 };
	struct str trimmed = str_trim(sql);

	if (trimmed.n <= clause.n || !str_eq_nocase(str_from(trimmed, trimmed.n - clause.n), clause))
		return sql;
	return str_trim(str_first(trimmed, trimmed.n - clause.n));
}

/* What NOW() was to it, which may become the default of a column. It was committed later. */
static struct str statement_time(struct relay *r, const struct binlog_event *ev)
{
	uint64_t commit_us = r->trx.commit_us;
	struct str text;

	r->trx.commit_us = 0;
	text = feed_time(r, &ev->head, &ev->query);
	r->trx.commit_us = commit_us;
	return text;
}

/* Does only the old structure tell what the statement changes? Then it stands in front of it once more: a stage that starts here
 * may not have seen it. */
static bool put_old_structure(struct relay *r, const struct ddl *ddl, struct err *e)
{
	struct known *k = ddl->n_tables > 0 ? structures_find(&r->tables, ddl->names[0].schema, ddl->names[0].table) : NULL;
	bool asks = false;

	for (const struct ddl_clause *c = ddl->clauses; c; c = c->next)
		asks |= c->kind == CLAUSE_MODIFY || (c->first && c->first->op == OP_DROP_KEY);
	if (!asks || !k || !k->has_table || !k->named)
		return true;
	k->announced = false;
	return rows_announce(r, k, e);
}

struct spelling {
	struct relay *r;
	bool unknown;			/* a collation could not be asked for */
};

static bool ask_collation(void *context, struct str charset, struct str *name, struct err *e)
{
	struct spelling *s = context;

	if (!structures_default_collation(&s->r->tables, &s->r->arena, charset, name, e))
		return false;
	s->unknown |= name->n == 0;
	return true;
}

/* collation_compatible: strict. The names of tables keep their places, since what is added stands behind values. */
static bool spell(struct relay *r, const struct binlog_query *q, const struct ddl *ddl, struct str *sql, struct err *e)
{
	struct spelling context = { r, false };
	struct ddl_spelling how = { ask_collation, &context, STR_LIT("") };
	struct buf b = BUF_INIT((size_t)1 << 30);
	bool ok;

	if (!r->spell)
		return true;
	ok = (ddl->kind != DDL_CREATE_DATABASE || !q->has_charset ||
	      structures_collation(&r->tables, &r->arena, q->server, &how.server, e)) &&
	     ddl_put_spelled(&b, ddl, &how, e) && buf_ok(&b, "a statement", e);
	if (ok)
		*sql = arena_str(&r->arena, buf_str(&b));
	if (ok && context.unknown)
		log_warning("'%.*s' keeps the collations of the downstream: no server tells those of the upstream",
			    STR(str_first(ddl->sql, SHOWN)));
	buf_release(&b);
	return ok;
}

bool statement_put(struct relay *r, const struct binlog_event *ev, struct span span, const struct statement *st,
		   struct err *e)
{
	const struct binlog_query *q = &ev->query;
	const struct ddl *ddl = &st->ddl;
	struct place at = r->at;
	struct ddl_event line = {
		.kind = str_of(ddl_kind_name(ddl->kind)), .schema = ddl->schema, .n_tables = ddl->n_tables,
		.pos = feed_pos(r),
		.gtid = buf_str(&r->trx.gtid), .ts = statement_time(r, ev), .sql_mode = st->sql_mode,
		.charset = str_of(charset_name(st->charset)), .collation = STR_LIT(""), .time_zone = q->time_zone,
		.sql = ddl->sql,
	};

	if (!put_old_structure(r, ddl, e) || !spell(r, q, ddl, &line.sql, e))
		return false;
	at.pos = span.start;
	line.at = place_text(&r->scratch, &at);
	line.tables = line.to = arena_array(&r->arena, ddl->n_tables, sizeof(*line.tables));
	for (size_t i = 0; i < ddl->n_tables; i++)
		line.tables[i] = (struct event_name){ ddl->names[i].schema, ddl->names[i].table };
	if (q->has_charset && !structures_collation(&r->tables, &r->arena, q->connection, &line.collation, e))
		return false;
	ddl_line_put(out_line(&r->out), &line);
	return true;
}

static bool is_known(const struct relay *r, const struct ddl_name *name)
{
	const struct known *k = structures_find(&r->tables, name->schema, name->table);

	return k && k->has_table && k->named;
}

/* Later stages, and the checkpoint, are not to keep what is not true any more: a column without a name is none that is
 * known. */
static bool put_unknown(struct relay *r, const struct ddl_name *name, struct err *e)
{
	struct column column = { .name = STR_LIT("@1"), .type = STR_LIT("int"), .charset = STR_LIT(""), .def = STR_LIT("") };
	struct table t;

	table_init(&t, name->schema, name->table);
	table_add_column(&t, &column, 0);
	table_line_put(out_line(&r->out), &t, NULL);
	table_release(&t);
	return buf_ok(&r->out.b, "the structure of a table", e);
}

/* The new structures come before the commit, so that a checkpoint there has them. hidden: later stages do not see the
 * statement, and so not what it did away with. */
static bool put_structures(struct relay *r, const struct ddl *ddl, const struct binlog_query *query, bool hidden,
			   struct err *e)
{
	bool moves = ddl->kind == DDL_DROP_TABLE || ddl->kind == DDL_RENAME_TABLE;
	bool *was = arena_array(&r->arena, ddl->n_tables, sizeof(*was));

	for (size_t i = 0; i < ddl->n_tables; i++)
		was[i] = is_known(r, &ddl->names[i]);
	if (!structures_apply(&r->tables, ddl, query, e))
		return false;
	for (size_t i = 0; i < ddl->n_tables; i++) {
		struct known *k = structures_find(&r->tables, ddl->names[i].schema, ddl->names[i].table);

		if (is_known(r, &ddl->names[i]) ? !rows_announce(r, k, e) :
		    was[i] && (hidden || !moves) && !put_unknown(r, &ddl->names[i], e))
			return false;
	}
	return true;
}

/* CREATE TABLE ... SELECT: a statement with rows behind it. It stands alone in the stream, committed at the
 * place where its transaction starts: who starts again there meets it again, and finds the table made. */
bool statement_commit_inside(struct relay *r, const struct binlog_event *ev, struct err *e)
{
	struct event_head head = { .type = EVENT_COMMIT, .resume = xa_resume(&r->xa) };

	head.pos = feed_pos(r);
	head.ts = feed_time(r, &ev->head, &ev->query);
	if (r->server.n > 0)
		feed_tell_server(r);
	commit_line_put(out_line(&r->out), &head);
	return out_settle(&r->out, e);
}

static bool read_statement(struct relay *r, const struct binlog_event *ev, struct statement *st, struct err *e)
{
	struct buf mode = BUF_INIT(4096);

	binlog_sql_mode_put(&mode, ev->query.sql_mode, r->decoder.format.mariadb);
	st->sql_mode = arena_str(&r->arena, buf_str(&mode));
	buf_release(&mode);
	if (!to_utf8(r, &ev->query, &st->sql, &st->charset, e))
		return false;
	if (r->trx.begun)
		st->sql = without_start_transaction(st->sql);
	ddl_parse(&st->ddl, &r->arena, st->sql, ev->query.schema, st->sql_mode, r->decoder.format.mariadb);
	return true;
}

/* Sends the statement, or what an operator wants in its place, and the structures that it leaves. */
static bool put_statement(struct relay *r, const struct binlog_event *ev, struct span span, const struct statement *st,
			  struct repair *repair, struct err *e)
{
	bool original = true;

	if (!feed_begin(r, e) || (repair && !repair_put(r, repair, ev, span, st, &original, e)))
		return false;
	if (original && !statement_put(r, ev, span, st, e))
		return false;
	r->trx.halfway = true;
	if (!put_structures(r, &st->ddl, &ev->query, !original, e))
		return false;
	r->trx.halfway = false;
	r->trx.statements++;
	return r->trx.begun ? statement_commit_inside(r, ev, e) : feed_commit(r, ev, e);
}

/* A statement that an operator skips need not be one that could be carried out. */
static bool pass_over(struct relay *r, const struct binlog_event *ev, struct span span, struct repair *repair, struct err *e)
{
	repair->met = true;
	log_notice("the statement at %s:%llu is skipped, as the operator wants", r->at.file, (unsigned long long)span.start);
	return r->trx.begun || feed_commit(r, ev, e);
}

static bool take_known(struct relay *r, const struct binlog_event *ev, struct span span, const struct statement *st,
		       struct repair *repair, struct err *e)
{
	switch (st->ddl.kind) {
	case DDL_DML:
		return err_set(e, &err_statement_format, "the log is in statement format here: '%.*s'",
			       STR(str_first(st->sql, SHOWN)));
	case DDL_TRANSACTION:
		return err_set(e, &err_unsupported, "statement '%.*s' is not expected in a log",
			       STR(str_first(st->sql, SHOWN)));
	case DDL_OTHER:
		if (repair && repair->kind != REPAIR_SKIP)
			break;
		log_debug("%s:%llu: nothing to replicate in '%.*s'", r->at.file, (unsigned long long)span.start,
			  STR(str_first(st->sql, SHOWN)));
		if (repair)
			repair->met = true;
		return r->trx.begun || feed_commit(r, ev, e);
	default:
		break;
	}
	if (r->trx.seq > 0)
		return err_set(e, &err_unsupported, "a statement behind rows of its own transaction: '%.*s'",
			       STR(str_first(st->sql, SHOWN)));
	if (cut_has_statement(r)) {
		r->trx.statements++;
		if (repair)
			repair->met = true;
		return true;
	}
	return put_statement(r, ev, span, st, repair, e);
}

/* What failed is told with its place, so that an operator, and the driver, can name it. */
static bool failed_at(struct relay *r, struct span span, struct str sql, struct err *e)
{
	struct place at = { .pos = span.start };
	struct buf text = BUF_INIT(1024);
	struct ddl_event line = { .gtid = buf_str(&r->trx.gtid), .sql = sql };

	place_set(&at, str_of(r->at.file), span.start);
	line.at = place_text(&text, &at);
	ddl_line_err(&line, e);
	buf_release(&text);
	return false;
}

static bool take_ddl(struct relay *r, const struct binlog_event *ev, struct span span, struct err *e)
{
	struct repair *repair = repair_for(r, span);
	struct statement st = { .sql = STR_LIT("") };
	bool ok = read_statement(r, ev, &st, e);

	if (repair && repair->kind == REPAIR_SKIP && (!ok || st.ddl.kind == DDL_DML || st.ddl.kind == DDL_TRANSACTION)) {
		err_clear(e);
		return pass_over(r, ev, span, repair, e);
	}
	return (ok && take_known(r, ev, span, &st, repair, e)) || failed_at(r, span, st.sql, e);
}

bool statement_take(struct relay *r, const struct binlog_event *ev, struct span span, struct err *e)
{
	struct str text = str_trim(ev->query.text);

	/* Of MariaDB's two-phase ALTER only the second half counts; it has the whole text again. */
	if (r->trx.id.alter_start || r->trx.id.alter_rollback)
		return feed_commit(r, ev, e);
	switch (border_of(text)) {
	case BORDER_BEGIN:
		r->trx.begun = true;
		return true;
	case BORDER_COMMIT:
		return feed_commit(r, ev, e);
	case BORDER_ROLLBACK:
		return undo(r, text, e) && feed_commit(r, ev, e);
	case BORDER_SAVEPOINT:
		return true;
	case BORDER_ROLLBACK_TO:
		return undo(r, text, e);
	case BORDER_XA:
		return xa_take_statement(r, ev, text, span, e);
	case BORDER_DUMMY:
		return err_set(e, &err_binlog_unknown, "the server hides an event from us: '%.*s'",
			       STR(str_first(text, SHOWN)));
	case BORDER_NONE:
		break;
	}
	return take_ddl(r, ev, span, e);
}
