#include "text/sql_quote.h"

#include "tests.h"
#include "text/sql_lex.h"

static void names_double_their_back_quotes(void)
{
	struct buf b = BUF_INIT(100);

	sql_put_name(&b, STR_LIT("t"));
	CHECK(holds_text(&b, "`t`"));
	sql_put_name(&b, STR_LIT("`a``b'\"\\"));
	CHECK(holds_text(&b, "```a````b'\"\\`"));
	sql_put_name(&b, STR_NONE);
	CHECK(holds_text(&b, "``"));
	sql_put_table(&b, STR_LIT("s.x"), STR_LIT("t"));
	CHECK(holds_text(&b, "`s.x`.`t`"));
	buf_release(&b);
}

static void text_is_escaped(void)
{
	struct buf b = BUF_INIT(100);

	sql_put_text(&b, STR_NONE, true);
	CHECK(holds_text(&b, "''"));
	sql_put_text(&b, STR_LIT("a'b\\c\nd\0e\x1a" "f\"é\r\t"), true);
	CHECK(holds_text(&b, "'a''b\\\\c\\nd\\0e\\Zf\"é\r\t'"));
	sql_put_text(&b, STR_LIT("a'b\\c\nd\0e\x1a"), false);
	CHECK(holds(&b, STR_LIT("'a''b\\c\nd\0e\x1a'")));
	sql_put_text(&b, STR_NONE, false);
	CHECK(holds_text(&b, "''"));
	buf_release(&b);
}

static void bytes_are_hex(void)
{
	struct buf b = BUF_INIT(100);

	sql_put_bytes(&b, STR_LIT("ab\0\xff"));
	CHECK(holds_text(&b, "x'616200ff'"));
	sql_put_bytes(&b, STR_NONE);
	CHECK(holds_text(&b, "''"));
	buf_release(&b);
}

/* Whatever the bytes, they are one token, and that stands for them. */
static void what_is_quoted_is_one_token(void)
{
	static const char letters[] = "ab'\"`\\\n\0\x1a%_é;-#/*";
	struct buf b = BUF_INIT(10000);
	struct arena a = ARENA_INIT;
	uint64_t state = 3;
	char text[100];

	for (int i = 0; i < 20000; i++) {
		size_t n = next_random(&state) % sizeof(text);
		bool backslash = i % 2;
		struct sql_lex lex;
		struct sql_token t;

		for (size_t k = 0; k < n; k++)
			text[k] = letters[next_random(&state) % (sizeof(letters) - 1)];
		buf_clear(&b);
		if (i % 3 == 0)
			sql_put_name(&b, (struct str){ text, n });
		else if (i % 3 == 1)
			sql_put_text(&b, (struct str){ text, n }, backslash);
		else
			sql_put_bytes(&b, (struct str){ text, n });
		sql_lex_init(&lex, buf_str(&b), backslash ? 0 : SQL_NO_BACKSLASH_ESCAPES);
		t = sql_lex_next(&lex);
		CHECK(t.kind == (i % 3 ? SQL_TEXT : SQL_NAME) && t.start == 0 && t.end == b.n);
		CHECK(str_eq(sql_token_value(&lex, &t, &a), (struct str){ text, n }));
		CHECK(sql_lex_next(&lex).kind == SQL_END);
		arena_clear(&a);
	}
	buf_release(&b);
	arena_release(&a);
}

void test_sql_quote(void)
{
	RUN(names_double_their_back_quotes);
	RUN(text_is_escaped);
	RUN(bytes_are_hex);
	RUN(what_is_quoted_is_one_token);
}
