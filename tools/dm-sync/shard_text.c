/* shard_text.c - a statement as all members of a shard group have to bring it; see shard.h */
#include "shard_parts.h"

#include "base/mem.h"
#include "schema/ddl_tree.h"
#include "schema/join.h"
#include "text/sql_lex.h"

#define TEXT_MAX ((size_t)1 << 30)
#define SHOWN 100

static const struct err_kind err_fill = {
	.code = 36613, .class = "sync-unit", .scope = SCOPE_INTERNAL, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "add the column downstream by hand, with the values that the rows are to have, and leave the statement out with 'dm binlog "
		"skip'; or put one with a value as the default, or with none, in its place with 'dm binlog replace'",
};

static void put_small(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		buf_put_char(b, s.p[i] >= 'A' && s.p[i] <= 'Z' ? (char)(s.p[i] - 'A' + 'a') : s.p[i]);
}

/* Quotes around a name say nothing, but where it would not be one without. */
static void put_name(struct buf *b, struct str name)
{
	bool plain = name.n > 0;

	for (size_t i = 0; i < name.n; i++) {
		unsigned char c = (unsigned char)name.p[i];

		plain &= c == '_' || c == '$' || c >= 0x80 || (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
	}
	if (plain) {
		put_small(b, name);
		return;
	}
	buf_put_char(b, '`');
	put_small(b, name);
	buf_put_char(b, '`');
}

/* "ADD COLUMN a" and "ADD a" are one. */
static bool is_noise(struct str word, struct str before)
{
	return str_is_nocase(word, "column") && (str_is_nocase(before, "add") || str_is_nocase(before, "drop") ||
		str_is_nocase(before, "modify") || str_is_nocase(before, "change") || str_is_nocase(before, "alter"));
}

struct str shard_normal(struct arena *a, const struct ddl_event *ddl, bool from_mariadb)
{
	struct buf whole = BUF_INIT(TEXT_MAX), b = BUF_INIT(TEXT_MAX);
	struct ddl parsed;
	struct sql_lex lex;
	struct sql_token t;
	struct str text, before = STR_NONE;

	ddl_parse(&parsed, a, ddl->sql, ddl->n_tables ? ddl->to[0].schema : ddl->schema, ddl->sql_mode, from_mariadb);
	ddl_put_renamed(&whole, &parsed, parsed.names);
	sql_lex_init(&lex, buf_str(&whole), parsed.lex_flags);
	for (; (t = sql_lex_next(&lex)).kind != SQL_END; before = t.kind == SQL_WORD ? t.raw : STR_NONE) {
		if (t.kind == SQL_WORD && is_noise(t.raw, before))
			continue;
		if (b.n)
			buf_put_char(&b, ' ');
		if (t.kind == SQL_NAME)
			put_name(&b, sql_token_value(&lex, &t, a));
		else if (t.kind == SQL_WORD || t.kind == SQL_NUMBER)
			put_small(&b, t.raw);
		else
			buf_put_str(&b, t.raw);
	}
	while (b.n && (b.p[b.n - 1] == ';' || b.p[b.n - 1] == ' '))
		b.n--;
	text = arena_str(a, buf_str(&b));
	buf_release(&whole);
	buf_release(&b);
	return text;
}

bool shard_fills_alike(const struct ddl_event *ddl, bool from_mariadb, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct ddl parsed;
	bool alike = true;

	ddl_parse(&parsed, &a, ddl->sql, ddl->schema, ddl->sql_mode, from_mariadb);
	for (const struct ddl_change *c = parsed.changes; c && alike; c = c->next) {
		struct column column;

		if (c->op != OP_ADD_COLUMN)
			continue;
		column = (struct column){
			.name = c->column->name, .type = c->column->type, .def = c->column->def, .has_default = c->column->has_default,
			.generated = c->column->generated, .auto_increment = c->column->auto_increment,
		};
		if (column_fill_varies(&column))
			alike = err_set(e, &err_fill, "column '%.*s' is added with %.*s, which is another value in the rows of each shard",
					STR(column.name), STR(column.auto_increment ? STR_LIT("AUTO_INCREMENT") :
					str_first(column.def, SHOWN)));
	}
	arena_release(&a);
	return alike;
}
