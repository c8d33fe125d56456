/* ddl_text.c - an upstream DDL as the downstream is to run it; see ddl_text.h */
#include "ddl_text.h"

#include "rules/rules.h"
#include "schema/ddl_cut.h"
#include "text/sql_lex.h"
#include "text/sql_quote.h"

#define TEXT_MAX ((size_t)1 << 30)
#define SHOWN 300

static const struct err_kind err_dml_statement = {
	.code = 36014, .class = "sync-unit", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "set binlog_format=ROW upstream, also in sessions, and start from a place behind this statement",
};

static const struct err_kind err_mariadb_only = {
	.code = 36541, .class = "sync-unit", .scope = SCOPE_DOWNSTREAM, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "leave it out with block-allow-list; of a system-versioned table, make a plain one downstream by hand "
		"and ignore the statement with a filter (dm-filter, sql-pattern)",
};

static bool unknown(const struct ddl_event *ddl, const struct err_kind *kind, const char *why, struct err *e)
{
	return err_set(e, kind, "statement at %.*s (ends at %.*s): %s: %.*s%s", STR(ddl->at.n ? ddl->at : ddl->pos),
		       STR(ddl->pos), why,
		       STR(str_first(ddl->sql, SHOWN)), ddl->sql.n > SHOWN ? "..." : "");
}

static struct sql_token *all_tokens(struct arena *a, struct str sql, unsigned flags, size_t *n)
{
	struct sql_token *tokens;
	struct sql_lex lex;
	size_t count = 0;

	for (sql_lex_init(&lex, sql, flags); sql_lex_next(&lex).kind != SQL_END; )
		count++;
	tokens = arena_array(a, count + 1, sizeof(*tokens));
	sql_lex_init(&lex, sql, flags);
	for (*n = 0; *n < count; (*n)++)
		tokens[*n] = sql_lex_next(&lex);
	tokens[count].kind = SQL_END;
	return tokens;
}

static bool is_word(const struct sql_token *t, const char *word)
{
	return t->kind == SQL_WORD && str_is_nocase(t->raw, word);
}

static bool is_sign(const struct sql_token *t, const char *sign)
{
	return t->kind == SQL_SIGN && str_is(t->raw, sign);
}

/* The statement with every name spelled out, so that the session's default database does not matter. */
static struct str qualify(struct arena *a, const struct ddl *parsed)
{
	struct buf b = BUF_INIT(TEXT_MAX);
	struct str text;

	ddl_put_renamed(&b, parsed, parsed->names);
	text = arena_str(a, buf_str(&b));
	buf_release(&b);
	return text;
}

static struct str splice(struct arena *a, struct str sql, size_t at, size_t drop, const char *insert)
{
	struct buf b = BUF_INIT(TEXT_MAX);
	struct str text;

	buf_put_str(&b, str_first(sql, at));
	buf_put_text(&b, insert);
	buf_put_str(&b, str_from(sql, at + drop));
	text = arena_str(a, buf_str(&b));
	buf_release(&b);
	return text;
}

/* The place of TABLE, SEQUENCE, DATABASE or SCHEMA behind CREATE or DROP; n where it is not among the first few words. */
static size_t find_object(const struct sql_token *tokens, size_t n)
{
	for (size_t i = 1; i < n && i < 6; i++)
		if (is_word(&tokens[i], "table") || is_word(&tokens[i], "sequence") || is_word(&tokens[i], "tables") || is_word(&tokens[i], "database") ||
		    is_word(&tokens[i], "schema"))
			return i;
	return n;
}

static struct str add_if(struct arena *a, struct str sql, unsigned flags, const char *clause)
{
	size_t n, at;
	struct sql_token *tokens = all_tokens(a, sql, flags, &n);

	at = find_object(tokens, n);
	if (at >= n || is_word(&tokens[at + 1], "if"))
		return sql;
	return splice(a, sql, tokens[at].end, 0, clause);
}

/* MySQL writes CREATE TABLE ... SELECT as CREATE TABLE ... START TRANSACTION, and rows behind it. */
static struct str drop_start_transaction(struct arena *a, struct str sql, unsigned flags)
{
	size_t n;
	struct sql_token *tokens = all_tokens(a, sql, flags, &n);

	while (n > 0 && is_sign(&tokens[n - 1], ";"))
		n--;
	if (n < 3 || !is_word(&tokens[n - 1], "transaction") || !is_word(&tokens[n - 2], "start"))
		return sql;
	return splice(a, sql, tokens[n - 2].start, tokens[n - 1].end - tokens[n - 2].start, "");
}

/* CREATE OR REPLACE TABLE is MariaDB's alone: elsewhere it is a DROP and a CREATE. */
static void take_or_replace(struct ddl_text *text, struct arena *a, struct str sql, unsigned flags, enum flavor to)
{
	size_t n;
	struct sql_token *tokens = all_tokens(a, sql, flags, &n);
	struct buf drop = BUF_INIT(TEXT_MAX);

	text->statements[0] = sql;
	text->n = 1;
	if (n < 4 || !is_word(&tokens[1], "or") || !is_word(&tokens[2], "replace") || text->n_targets == 0)
		return;
	if (to == FLAVOR_MARIADB)
		return;
	buf_put_text(&drop, "DROP TABLE IF EXISTS ");
	sql_put_table(&drop, text->targets[0].schema, text->targets[0].table);
	text->statements[0] = arena_str(a, buf_str(&drop));
	text->statements[1] = splice(a, sql, tokens[1].start, tokens[2].end - tokens[1].start, "");
	text->n = 2;
	buf_release(&drop);
}

static bool is_or_replace(struct arena *a, struct str sql, unsigned flags)
{
	size_t n;
	struct sql_token *tokens = all_tokens(a, sql, flags, &n);

	return n > 3 && is_word(&tokens[1], "or") && is_word(&tokens[2], "replace");
}

/* A statement that copies rows on its own would do that a second time: the log holds these rows as well. */
static bool has_select(const struct sql_token *tokens, size_t n)
{
	size_t depth = 0;

	for (size_t i = 0; i < n; i++) {
		depth += is_sign(&tokens[i], "(");
		depth -= is_sign(&tokens[i], ")") && depth > 0;
		if (depth <= 1 && is_word(&tokens[i], "select"))
			return true;
	}
	return false;
}

static bool make_create_table(struct ddl_text *text, struct arena *a, struct str sql, unsigned flags, enum flavor to,
			      const struct ddl_event *ddl, struct err *e)
{
	size_t n;
	struct sql_token *tokens = all_tokens(a, sql, flags, &n);

	if (has_select(tokens, n))
		return unknown(ddl, &err_dml_statement, "it copies rows, which the log holds as well", e);
	sql = drop_start_transaction(a, sql, flags);
	if (!is_or_replace(a, sql, flags))
		sql = add_if(a, sql, flags, " IF NOT EXISTS");
	take_or_replace(text, a, sql, flags, to);
	return true;
}

static bool make(struct ddl_text *text, struct arena *a, const struct ddl *parsed, const struct ddl_event *ddl,
		 enum flavor to,
		 struct err *e)
{
	struct str sql = qualify(a, parsed);

	text->n = 1;
	switch (parsed->kind) {
	case DDL_CREATE_TABLE:
		return make_create_table(text, a, sql, parsed->lex_flags, to, ddl, e);
	case DDL_CREATE_DATABASE:
		text->statements[0] = is_or_replace(a, sql, parsed->lex_flags) ? sql :
				      add_if(a, sql, parsed->lex_flags, " IF NOT EXISTS");
		return true;
	case DDL_DROP_TABLE:
	case DDL_DROP_DATABASE:
		text->statements[0] = add_if(a, sql, parsed->lex_flags, " IF EXISTS");
		return true;
	case DDL_ALTER_DATABASE:
	case DDL_ALTER_TABLE:
	case DDL_TRUNCATE_TABLE:
	case DDL_RENAME_TABLE:
	case DDL_CREATE_INDEX:
	case DDL_DROP_INDEX:
		text->statements[0] = sql;
		return true;
	case DDL_OTHER:
	case DDL_TRANSACTION:
	case DDL_CREATE_VIEW:
	case DDL_DROP_VIEW:
		text->n = 0;
		return true;
	case DDL_DML:
		return unknown(ddl, &err_dml_statement, "it changes rows, and the log is not in row format", e);
	case DDL_UNKNOWN:
		break;
	}
	return unknown(ddl, &err_statement_unknown, parsed->why[0] ? parsed->why : "it is not understood", e);
}

bool ddl_text_make(struct ddl_text *text, struct arena *a, const struct ddl_event *ddl, bool from_mariadb, enum flavor to,
		   struct err *e)
{
	struct str schema = ddl->routed && ddl->n_tables > 0 ? ddl->to[0].schema : ddl->schema;
	struct ddl parsed;

	*text = (struct ddl_text){ .schema = schema, .statements = arena_array(a, 2, sizeof(*text->statements)) };
	ddl_parse(&parsed, a, ddl->sql, schema, ddl->sql_mode, from_mariadb);
	text->kind = parsed.kind;
	text->n_targets = parsed.n_tables;
	if (parsed.mariadb_only && to != FLAVOR_MARIADB)
		return err_set(e, &err_mariadb_only, "statement at %.*s is about %s, and the downstream is no MariaDB: %.*s",
			       STR(ddl->at.n ? ddl->at : ddl->pos), parsed.mariadb_only, STR(str_first(ddl->sql, 200)));
	text->targets = arena_array(a, parsed.n_tables, sizeof(*text->targets));
	for (size_t i = 0; i < parsed.n_tables; i++)
		text->targets[i] = (struct event_name){ parsed.names[i].schema, parsed.names[i].table };
	return make(text, a, &parsed, ddl, to, e);
}

struct str *ddl_text_singles(struct arena *a, struct str sql, struct str sql_mode, bool from_mariadb, size_t *n)
{
	struct ddl parsed;

	ddl_parse(&parsed, a, sql, STR_LIT(""), sql_mode, from_mariadb);
	return ddl_singles(a, &parsed, n);
}
