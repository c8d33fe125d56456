/* spell.c - CREATE statements that say their collations: which one goes with a charset differs between servers; see dump.h */
#include "dump.h"

#include "text/sql_lex.h"
#include "text/sql_quote.h"

/* Where CHARSET = x (CHARACTER SET x) ends, and no COLLATE is behind it. */
static bool is_charset(struct sql_lex *lex, struct sql_token *t, bool *named)
{
	struct sql_token next;

	*named = false;
	if (t->kind != SQL_WORD)
		return false;
	if (str_is_nocase(t->raw, "CHARACTER")) {
		*t = sql_lex_next(lex);
		if (!str_is_nocase(t->raw, "SET"))
			return false;
	} else if (!str_is_nocase(t->raw, "CHARSET")) {
		return false;
	}
	*t = sql_lex_next(lex);
	if (str_is(t->raw, "="))
		*t = sql_lex_next(lex);
	if (t->kind != SQL_WORD && t->kind != SQL_NAME)
		return false;
	next = sql_lex_next(lex);
	lex->at = t->end;
	*named = str_is_nocase(next.raw, "COLLATE");
	return true;
}

/* The collation of a column ("": of the table). */
static bool collation_of(struct conn *conn, struct arena *a, const struct dump_table *t, struct str column, struct str *name,
			 struct err *e)
{
	struct buf sql = BUF_INIT(1 << 16);
	bool ok;

	buf_put_text(&sql, column.n ? "SELECT COLLATION_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = " :
		     "SELECT TABLE_COLLATION FROM information_schema.TABLES WHERE TABLE_SCHEMA = ");
	sql_put_text(&sql, t->schema, true);
	buf_put_text(&sql, " AND TABLE_NAME = ");
	sql_put_text(&sql, t->name, true);
	if (column.n) {
		buf_put_text(&sql, " AND COLUMN_NAME = ");
		sql_put_text(&sql, column, true);
	}
	ok = buf_ok(&sql, "a name", e) && conn_get(conn, a, name, buf_str(&sql), e);
	buf_release(&sql);
	return ok;
}

static bool spell_table(struct buf *out, struct str sql, const struct dump_table *t, struct conn *conn, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct str column = STR_LIT("");
	struct sql_token now, before = { .kind = SQL_END };
	struct sql_lex lex;
	size_t done = 0, depth = 0;
	bool ok = true, named;

	sql_lex_init(&lex, sql, conn->flavor == FLAVOR_MARIADB ? SQL_MARIADB : conn->flavor == FLAVOR_TIDB ? SQL_TIDB : 0);
	while (ok && (now = sql_lex_next(&lex)).kind != SQL_END && now.kind != SQL_BAD) {
		struct str collation;

		if (depth == 1 && now.kind == SQL_NAME && (str_is(before.raw, "(") || str_is(before.raw, ",")))
			column = sql_token_value(&lex, &now, &a);
		if (str_is(now.raw, "(") || str_is(now.raw, ")"))
			depth += str_is(now.raw, "(") ? 1 : (size_t)-1;
		if (depth == 0 && str_is(now.raw, ")"))
			column = STR_LIT("");
		before = now;
		if (depth > 1 || !is_charset(&lex, &now, &named) || named)
			continue;
		ok = collation_of(conn, &a, t, column, &collation, e);
		if (!ok || collation.n == 0)
			continue;
		buf_put_str(out, str_first(str_from(sql, done), now.end - done));
		buf_putf(out, depth ? " COLLATE %.*s" : " COLLATE=%.*s", STR(collation));
		done = now.end;
	}
	buf_put_str(out, str_from(sql, done));
	arena_release(&a);
	return ok;
}

bool spell_create(struct buf *out, struct str sql, const struct dump_table *t, struct conn *conn, struct err *e)
{
	if (t->is_sequence)
		buf_put_str(out, sql);
	return (t->is_sequence || spell_table(out, sql, t, conn, e)) && buf_ok(out, "a table", e);
}

bool spell_schema(struct buf *out, struct str sql, struct str schema, struct conn *conn, struct err *e)
{
	struct buf ask = BUF_INIT(1 << 16);
	struct arena a = ARENA_INIT;
	struct str collation;
	struct sql_token now;
	struct sql_lex lex;
	bool named, ok;

	buf_put_text(&ask, "SELECT DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ");
	sql_put_text(&ask, schema, true);
	ok = conn_get(conn, &a, &collation, buf_str(&ask), e);
	sql_lex_init(&lex, sql, 0);
	while (ok && (now = sql_lex_next(&lex)).kind != SQL_END && now.kind != SQL_BAD) {
		if (!is_charset(&lex, &now, &named) || named || collation.n == 0)
			continue;
		buf_put_str(out, str_first(sql, now.end));
		buf_putf(out, " COLLATE %.*s", STR(collation));
		sql = str_from(sql, now.end);
		break;
	}
	buf_put_str(out, sql);
	buf_release(&ask);
	arena_release(&a);
	return ok;
}
