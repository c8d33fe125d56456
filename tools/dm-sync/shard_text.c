/* shard_text.c - a statement as all members of a shard group have to bring it; see shard.h */
#include "shard_parts.h"

#include "base/mem.h"
#include "schema/ddl.h"
#include "text/sql_lex.h"

#define TEXT_MAX ((size_t)1 << 30)

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
