/* table_sql.c - structures as SQL; see table_sql.h */
#include "schema/table_sql.h"

#include "schema/ddl.h"
#include "text/sql_lex.h"
#include "text/sql_quote.h"
#include "text/sql_split.h"

static const struct err_kind err_table_sql = {
	.code = 44009, .class = "schema-tracker", .scope = SCOPE_INTERNAL, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "give the CREATE TABLE that SHOW CREATE TABLE prints upstream, as it was at the place of the log",
};

enum { SHOWN = 200 };

/* --- to SQL --- */

static bool is_number(struct str s)
{
	size_t digits = 0;

	for (size_t i = 0; i < s.n; i++) {
		bool digit = s.p[i] >= '0' && s.p[i] <= '9';

		digits += digit;
		if (!digit && s.p[i] != '.' && !(s.p[i] == '-' && i == 0))
			return false;
	}
	return digits > 0;
}

/* MySQL shows a default without quotes, MariaDB as an expression. */
static bool is_expression(const struct column *c)
{
	if (c->def.n > 1 && c->def.p[0] == '\'' && c->def.p[c->def.n - 1] == '\'')
		return true;
	if (c->charset.n > 0)
		return str_is(c->def, "NULL");
	return is_number(c->def) || str_is_nocase(c->def, "NULL") || str_find(c->def, STR_LIT("(")) != SIZE_MAX ||
	       str_starts_nocase(c->def, STR_LIT("current_timestamp")) || str_starts(c->def, STR_LIT("b'"));
}

void table_put_default(struct buf *b, const struct column *c)
{
	if (is_expression(c))
		buf_put_str(b, c->def);
	else
		sql_put_text(b, c->def, true);
}

static void put_column(struct buf *b, const struct column *c, bool whole)
{
	sql_put_name(b, c->name);
	buf_putf(b, " %.*s", STR(c->type));
	if (c->charset.n > 0)
		buf_putf(b, " CHARACTER SET %.*s", STR(c->charset));
	if (whole && c->charset.n > 0 && c->collate.n > 0)
		buf_putf(b, " COLLATE %.*s", STR(c->collate));
	if (c->generated && c->expression.n > 0)
		buf_putf(b, " GENERATED ALWAYS AS %.*s", STR(c->expression));
	else if (c->generated)
		buf_put_text(b, " GENERATED ALWAYS AS (NULL) VIRTUAL");
	buf_put_text(b, c->nullable ? (c->generated ? "" : " NULL") : " NOT NULL");
	if (!c->generated && c->has_default) {
		buf_put_text(b, " DEFAULT ");
		table_put_default(b, c);
	}
	if (whole && c->on_update.n > 0)
		buf_putf(b, " ON UPDATE %.*s", STR(c->on_update));
	if (c->auto_increment)
		buf_put_text(b, " AUTO_INCREMENT");
	if (c->invisible)
		buf_put_text(b, " INVISIBLE");
	if (whole && c->comment.n > 0) {
		buf_put_text(b, " COMMENT ");
		sql_put_text(b, c->comment, true);
	}
}

void table_put_column(struct buf *b, const struct column *c)
{
	put_column(b, c, false);
}

void table_put_definition(struct buf *b, const struct column *c)
{
	put_column(b, c, true);
}

void table_put_key(struct buf *b, const struct key *k)
{
	if (str_is_nocase(k->name, "PRIMARY")) {
		buf_put_text(b, "PRIMARY KEY (");
	} else {
		buf_put_text(b, k->unique ? "UNIQUE KEY " : "KEY ");
		sql_put_name(b, k->name);
		buf_put_text(b, " (");
	}
	for (size_t i = 0; i < k->n_parts; i++) {
		buf_put_text(b, i ? ", " : "");
		if (k->parts[i].column.n == 0)
			buf_put_text(b, "(NULL)");
		else
			sql_put_name(b, k->parts[i].column);
		if (k->parts[i].prefix > 0)
			buf_putf(b, "(%u)", k->parts[i].prefix);
	}
	buf_put_char(b, ')');
}

void table_put_create(struct buf *b, const struct table *t)
{
	buf_put_text(b, "CREATE TABLE ");
	sql_put_name(b, t->name);
	buf_put_text(b, " (");
	for (size_t i = 0; i < t->n_columns; i++) {
		buf_put_text(b, i ? ", " : "");
		table_put_column(b, &t->columns[i]);
	}
	for (size_t i = 0; i < t->n_keys; i++) {
		buf_put_text(b, ", ");
		table_put_key(b, &t->keys[i]);
	}
	buf_put_char(b, ')');
	if (t->charset.n > 0)
		buf_putf(b, " DEFAULT CHARSET=%.*s", STR(t->charset));
	if (t->versioned)
		buf_put_text(b, " WITH SYSTEM VERSIONING");
}

/* --- from SQL --- */

struct reading {
	const struct table_sql *how;
	struct str schema;		/* the default database now */
	struct arena arena;
	void (*take)(void *context, struct table *t);
	void *context;
	bool took;
};

static const struct table *get_none(void *context, struct str schema, struct str table)
{
	(void)context;
	(void)schema;
	(void)table;
	return NULL;
}

static void set_made(void *context, struct str schema, struct str name, const struct table *made)
{
	struct reading *r = context;
	struct table copy;

	(void)schema;
	(void)name;
	if (!made)
		return;
	table_copy(&copy, made);
	r->took = true;
	r->take(r->context, &copy);
}

static void drop_none(void *context, struct str schema)
{
	(void)context;
	(void)schema;
}

static bool take_create(struct reading *r, struct ddl *ddl, struct err *e)
{
	struct ddl_tables tables = {
		.get = get_none, .set = set_made, .drop_schema = drop_none, .context = r,
		.default_charset = r->how->charset, .timestamps = TIMESTAMPS_UNKNOWN,
	};

	if (ddl->names[0].schema.n == 0)
		return err_set(e, &err_table_sql, "it is not said which database the table '%.*s' is in: %.*s",
			       STR(ddl->names[0].table), STR(str_first(ddl->sql, SHOWN)));
	ddl->if_exists = false;
	r->took = false;
	return ddl_apply(ddl, &tables, e) &&
	       (r->took || err_set(e, &err_table_sql, "the structure of table '%.*s.%.*s' cannot be told from its statement "
				   "alone (does it name its CHARSET?): %.*s", STR(ddl->names[0].schema),
				   STR(ddl->names[0].table), STR(str_first(ddl->sql, SHOWN))));
}

static bool take_statement(struct reading *r, struct str sql, unsigned flags, struct err *e)
{
	struct sql_lex lex;
	struct sql_token t;
	struct ddl ddl;

	sql_lex_init(&lex, sql, flags);
	t = sql_lex_next(&lex);
	if (t.kind == SQL_WORD && str_is_nocase(t.raw, "use")) {
		t = sql_lex_next(&lex);
		r->schema = sql_token_value(&lex, &t, &r->arena);
		return true;
	}
	ddl_parse(&ddl, &r->arena, sql, r->schema, r->how->sql_mode, r->how->mariadb);
	if (ddl.kind == DDL_UNKNOWN)
		return err_set(e, &err_table_sql, "%s: %.*s", ddl.why, STR(str_first(sql, SHOWN)));
	return ddl.kind != DDL_CREATE_TABLE || ddl.n_tables == 0 || take_create(r, &ddl, e);
}

bool table_sql_read(const struct table_sql *how, struct str text, void (*take)(void *context, struct table *t),
		    void *context, struct err *e)
{
	struct reading r = { .how = how, .schema = how->schema, .take = take, .context = context };
	unsigned flags = how->mariadb ? SQL_MARIADB : 0;
	struct str statement;
	bool ok = true;

	if (str_find(how->sql_mode, STR_LIT("ANSI_QUOTES")) != SIZE_MAX)
		flags |= SQL_ANSI_QUOTES;
	if (str_find(how->sql_mode, STR_LIT("NO_BACKSLASH_ESCAPES")) != SIZE_MAX)
		flags |= SQL_NO_BACKSLASH_ESCAPES;
	arena_init(&r.arena);
	while (ok && sql_split(&text, flags, &statement))
		ok = take_statement(&r, statement, flags, e);
	arena_release(&r.arena);
	return ok;
}
