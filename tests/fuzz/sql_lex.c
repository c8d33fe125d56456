/* sql_lex.c - the words of a statement (behind a byte of flags): in order, none lost; and what is quoted is read as what it was. */
#include "fuzz.h"

#include "text/sql_lex.h"
#include "text/sql_quote.h"

static void check_tokens(struct str text, unsigned flags)
{
	struct arena a = ARENA_INIT;
	struct sql_lex lex;
	struct sql_token t;
	size_t end = 0;

	sql_lex_init(&lex, text, flags);
	while ((t = sql_lex_next(&lex)).kind != SQL_END) {
		MUST(t.start >= end && t.end <= text.n && (t.end > t.start || t.kind == SQL_BAD));
		MUST(t.raw.p == text.p + t.start && t.raw.n == t.end - t.start);
		MUST(t.kind != SQL_BAD || t.end == text.n);
		end = t.end;
		if (t.kind == SQL_WORD || t.kind == SQL_NAME || t.kind == SQL_TEXT)
			MUST(sql_token_value(&lex, &t, &a).n <= t.raw.n);
	}
	MUST(sql_lex_next(&lex).kind == SQL_END);
	arena_release(&a);
}

/* One token, of this kind, that stands for value. */
static void must_be_one(struct str sql, unsigned flags, enum sql_kind kind, struct str value)
{
	struct arena a = ARENA_INIT;
	struct sql_lex lex;
	struct sql_token t;

	sql_lex_init(&lex, sql, flags);
	t = sql_lex_next(&lex);
	MUST(t.kind == kind && t.end == sql.n);
	must_equal(sql_token_value(&lex, &t, &a), value, "what is quoted and read");
	MUST(sql_lex_next(&lex).kind == SQL_END);
	arena_release(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str input = { (const char *)data, size };
	unsigned flags = take_byte(&input) & 15;
	struct buf b = BUF_INIT(16 << 20);

	check_tokens(input, flags);
	sql_put_name(&b, input);
	must_be_one(buf_str(&b), flags, SQL_NAME, input);
	buf_clear(&b);
	sql_put_text(&b, input, !(flags & SQL_NO_BACKSLASH_ESCAPES));
	must_be_one(buf_str(&b), flags, SQL_TEXT, input);
	buf_release(&b);
	return 0;
}
