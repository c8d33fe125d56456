#include "text/sql_lex.h"

#include <stdlib.h>

#include "tests.h"

static const char kind_letters[] = {
	[SQL_END] = '.', [SQL_WORD] = 'W', [SQL_NAME] = 'N', [SQL_TEXT] = 'T', [SQL_NUMBER] = '1', [SQL_VARIABLE] = '@',
	[SQL_SIGN] = 'S', [SQL_BAD] = '!',
};

/* "W:create N:`a`": what the statement consists of. The statement has no byte to spare behind it. */
static bool lexes(const char *sql, unsigned flags, const char *want)
{
	struct buf b = BUF_INIT(10000);
	size_t n = strlen(sql), at = 0;
	char *copy = malloc(n ? n : 1);
	struct sql_lex lex;
	struct sql_token t;
	bool good = true;

	memcpy(copy, sql, n);
	sql_lex_init(&lex, (struct str){ copy, n }, flags);
	while ((t = sql_lex_next(&lex)).kind != SQL_END) {
		if (b.n)
			buf_put_char(&b, ' ');
		buf_put_char(&b, kind_letters[t.kind]);
		buf_put_char(&b, ':');
		buf_put_str(&b, t.raw);
		good = good && t.start >= at && t.end >= t.start && t.end <= n && t.raw.n == t.end - t.start;
		good = good && (t.raw.n == 0 || t.raw.p == copy + t.start);
		at = t.end;
	}
	good = good && sql_lex_next(&lex).kind == SQL_END;
	good = holds_text(&b, want) && good;
	free(copy);
	buf_release(&b);
	return good;
}

#define LEX(sql, want) CHECK(lexes(sql, 0, want))
#define LEX_AS(flags, sql, want) CHECK(lexes(sql, flags, want))

static void words_names_and_signs(void)
{
	LEX("", "");
	LEX(" \t\r\n\v\f", "");
	LEX("ALTER TABLE `a b`.c$1 ADD é_1 INT", "W:ALTER W:TABLE N:`a b` S:. W:c$1 W:ADD W:é_1 W:INT");
	LEX("`a``b`", "N:`a``b`");
	LEX("a(b,c);", "W:a S:( W:b S:, W:c S:) S:;");
	LEX("a:=b<=c>=d<>e!=f||g&&h<=>i<<j>>k->l->>m",
	    "W:a S::= W:b S:<= W:c S:>= W:d S:<> W:e S:!= W:f S:|| W:g S:&& W:h "
	    "S:<=> W:i S:<< W:j S:>> W:k S:-> W:l S:->> W:m");
	LEX("a*/b", "W:a S:* S:/ W:b");
	LEX("a=b", "W:a S:= W:b");
}

static void quotes(void)
{
	LEX("'a''b' \"c\"\"d\"", "T:'a''b' T:\"c\"\"d\"");
	LEX("'a\\'b' 'c\\\\' 'd'", "T:'a\\'b' T:'c\\\\' T:'d'");
	LEX("'a\"b`c' \"a'b\" `a'b\"`", "T:'a\"b`c' T:\"a'b\" N:`a'b\"`");
	LEX("`a\\` b", "N:`a\\` W:b");
	LEX("'/* no -- comment # */'", "T:'/* no -- comment # */'");
	LEX("''", "T:''");
	LEX_AS(SQL_ANSI_QUOTES, "\"a\"\"b\" 'c' \"d\\\"", "N:\"a\"\"b\" T:'c' N:\"d\\\"");
	LEX_AS(SQL_NO_BACKSLASH_ESCAPES, "'a\\' b", "T:'a\\' W:b");
	LEX_AS(SQL_NO_BACKSLASH_ESCAPES, "\"a\\\" b", "T:\"a\\\" W:b");
}

static void introducers(void)
{
	LEX("_latin1'x' _utf8mb4\"y\" N'z' n'z' x'4f' X'4f' b'01' B'1'",
	    "T:_latin1'x' T:_utf8mb4\"y\" T:N'z' T:n'z' T:x'4f' T:X'4f' T:b'01' T:B'1'");
	LEX("_latin1 'x' _a a'b' xx'4f'", "W:_latin1 T:'x' W:_a W:a T:'b' W:xx T:'4f'");
	LEX("x\"4f\" N\"a\"", "W:x T:\"4f\" W:N T:\"a\"");
	LEX_AS(SQL_ANSI_QUOTES, "_latin1\"x\"", "W:_latin1 N:\"x\"");
	LEX("_binary'a\\'b'c", "T:_binary'a\\'b' W:c");
	LEX("x'4", "!:x'4");
}

static void numbers_and_what_looks_like_one(void)
{
	LEX("1 12.5 .5 1. 1e5 1E+5 1.5e-3", "1:1 1:12.5 1:.5 1:1. 1:1e5 1:1E+5 1:1.5e-3");
	LEX("0x1F 0b01 0xZ 0b2 0X1F 0x 0x1Fg", "1:0x1F 1:0b01 W:0xZ W:0b2 W:0X1F W:0x W:0x1Fg");
	LEX("1abc 1e 1e+ 1e5x 1_a 2$", "W:1abc W:1e W:1e S:+ 1:1e5 W:x W:1_a W:2$");
	LEX("a.1b db.1 `a`.1b a.1e5", "W:a S:. W:1b W:db S:. W:1 N:`a` S:. W:1b W:a S:. W:1e5");
	LEX("(.5,-.5)=.5", "S:( 1:.5 S:, S:- 1:.5 S:) S:= 1:.5");
	LEX("1+2-3", "1:1 S:+ 1:2 S:- 1:3");
	LEX("varchar(255)", "W:varchar S:( 1:255 S:)");
}

static void variables(void)
{
	LEX("@a @`a b` @'c d' @\"e\" @@f @@global.g @@session.`h` @a.b$c",
	    "@:@a @:@`a b` @:@'c d' @:@\"e\" @:@@f @:@@global.g @:@@session.`h` @:@a.b$c");
	LEX("`root`@`localhost` root@127.0.0.1 'a'@'%'", "N:`root` @:@`localhost` W:root @:@127.0.0.1 T:'a' @:@'%'");
	LEX("@a:=1", "@:@a S::= 1:1");
	LEX("@ a", "S:@ W:a");
	LEX("@", "S:@");
	LEX("@'a", "!:@'a");
	LEX("@@`a", "!:@@`a");
}

static void comments_are_gone(void)
{
	LEX("a /* b */ c", "W:a W:c");
	LEX("a/**/b/* * / ** */c", "W:a W:b W:c");
	LEX("a -- b\nc", "W:a W:c");
	LEX("a --", "W:a");
	LEX("a --\nb", "W:a W:b");
	LEX("a--1", "W:a S:- S:- 1:1");
	LEX("a # b 'c\nd", "W:a W:d");
	LEX("# a", "");
	LEX("/* 'a */ b", "W:b");
	LEX("/* a /* b */ c */", "W:c S:* S:/");
	LEX("/*/ a */ b", "W:b");
}

static void version_comments_count(void)
{
	LEX("a /*! b */ c", "W:a W:b W:c");
	LEX("a /*!50100 b */ c", "W:a W:b W:c");
	LEX("a /*!099999 b */ c", "W:a W:b W:c");
	LEX("a /*!50100b*/ c", "W:a W:b W:c");
	LEX("/*!123 b */", "1:123 W:b");
	LEX("/*!50100 PARTITION BY /* x */ HASH('*/') */", "W:PARTITION W:BY W:HASH S:( T:'*/' S:)");
	LEX("/*!40101 SET @a=1 */;", "W:SET @:@a S:= 1:1 S:;");
	LEX("/*!*/", "");
}

/* As MariaDB 10.11 and MySQL 9.7 take them. */
static void versions_tell_the_families_apart(void)
{
	const char *sql = "/*!50699 a */ /*!50700 b */ /*!80023 c /* x */ y */ /*!99999 d */ /*!100000 e */ /*!101100 f */";

	LEX(sql, "W:a W:b W:c W:y W:d");
	LEX_AS(SQL_MARIADB, sql, "W:a W:e W:f");
	LEX_AS(SQL_MARIADB, "/*M!50701 a */ /*!090700 b */", "W:a");
	LEX_AS(SQL_TIDB, "/*!50700 b */ /*!100000 e */", "W:b W:e");
}

static void those_of_another_server_do_not(void)
{
	LEX("a /*M! b */ /*M!100201 c */ /*T! d */ /*T![x,y] e */ f", "W:a W:f");
	LEX_AS(SQL_MARIADB, "a /*M! b */ /*M!100201 c */ /*T! d */ /*T![x,y] e */ f", "W:a W:b W:c W:f");
	LEX_AS(SQL_TIDB, "a /*M! b */ /*M!100201 c */ /*T! d */ /*T![x,y] e */ f", "W:a W:d W:e W:f");
	LEX("a /*M! b /* c */ d */ e", "W:a W:e");
	LEX_AS(SQL_TIDB, "/*T![x e */ f", "S:[ W:x W:e W:f");
	LEX_AS(SQL_TIDB, "/*T![clustered_index] CLUSTERED */", "W:CLUSTERED");
}

static void what_is_not_closed_is_bad(void)
{
	LEX("a 'b", "W:a !:'b");
	LEX("a 'b\\'", "W:a !:'b\\'");
	LEX("a 'b\\", "W:a !:'b\\");
	LEX("a 'b''", "W:a !:'b''");
	LEX("a `b", "W:a !:`b");
	LEX("a \"b", "W:a !:\"b");
	LEX("a _latin1'b", "W:a !:_latin1'b");
	LEX("a /* b", "W:a !:/* b");
	LEX("a /*", "W:a !:/*");
	LEX("a /*! b", "W:a W:b !:");
	LEX("a /*M! b", "W:a !:/*M! b");
	LEX("a /*M! b /* c */ d", "W:a !:/*M! b /* c */ d");
}

static bool stands_for(const char *sql, unsigned flags, struct str want)
{
	struct arena a = ARENA_INIT;
	struct sql_lex lex;
	struct sql_token t;
	bool is;

	sql_lex_init(&lex, str_of(sql), flags);
	t = sql_lex_next(&lex);
	is = str_eq(sql_token_value(&lex, &t, &a), want);
	if (!is)
		printf("# %s: '%.*s'\n", sql, STR(sql_token_value(&lex, &t, &a)));
	arena_release(&a);
	return is;
}

static void tokens_stand_for_values(void)
{
	CHECK(stands_for("abc", 0, STR_LIT("abc")));
	CHECK(stands_for("`abc`", 0, STR_LIT("abc")));
	CHECK(stands_for("``", 0, STR_LIT("")));
	CHECK(stands_for("`a``b\\`", 0, STR_LIT("a`b\\")));
	CHECK(stands_for("'a''b\"\"c'", 0, STR_LIT("a'b\"\"c")));
	CHECK(stands_for("\"a''b\"\"c\"", 0, STR_LIT("a''b\"c")));
	CHECK(stands_for("'\\0\\'\\\"\\b\\n\\r\\t\\Z\\\\\\%\\_\\q'", 0, STR_LIT("\0'\"\b\n\r\t\x1a\\\\%\\_q")));
	CHECK(stands_for("'a\\nb'", SQL_NO_BACKSLASH_ESCAPES, STR_LIT("a\\nb")));
	CHECK(stands_for("\"a\\n\"", SQL_ANSI_QUOTES, STR_LIT("a\\n")));
	CHECK(stands_for("_latin1'a\\nb'", 0, STR_LIT("a\nb")));
	CHECK(stands_for("N'a'", 0, STR_LIT("a")));
	CHECK(stands_for("x'4f6B00'", 0, STR_LIT("Ok\0")));
	CHECK(stands_for("X'f4f'", 0, STR_LIT("\x0f\x4f")));
	CHECK(stands_for("x''", 0, STR_LIT("")));
	CHECK(stands_for("b'01001111'", 0, STR_LIT("O")));
	CHECK(stands_for("b'100000001'", 0, STR_LIT("\x01\x01")));
	CHECK(stands_for("'not closed", 0, STR_LIT("'not closed")));
}

static void any_bytes_are_safe(void)
{
	static const char letters[] = "a1'\"`\\\n\0/*!MT[]-#@._xXbN0e+$\xc3\xa9 ";
	struct arena a = ARENA_INIT;
	uint64_t state = 11;

	for (int i = 0; i < 100000; i++) {
		size_t n = next_random(&state) % 40, at = 0;
		char *text = malloc(n ? n : 1);
		struct sql_token t;
		struct sql_lex lex;

		for (size_t k = 0; k < n; k++)
			text[k] = letters[next_random(&state) % (sizeof(letters) - 1)];
		sql_lex_init(&lex, (struct str){ text, n }, (unsigned)i % 16);
		do {
			bool moved;

			t = sql_lex_next(&lex);
			moved = t.end > at || t.kind == SQL_END || t.kind == SQL_BAD;
			CHECK(t.start >= at && t.end >= t.start && t.end <= n && moved);
			sql_token_value(&lex, &t, &a);
			at = t.end;
		} while (t.kind != SQL_END);
		arena_clear(&a);
		free(text);
	}
	arena_release(&a);
}

void test_sql_lex(void)
{
	RUN(words_names_and_signs);
	RUN(quotes);
	RUN(introducers);
	RUN(numbers_and_what_looks_like_one);
	RUN(variables);
	RUN(comments_are_gone);
	RUN(version_comments_count);
	RUN(versions_tell_the_families_apart);
	RUN(those_of_another_server_do_not);
	RUN(what_is_not_closed_is_bad);
	RUN(tokens_stand_for_values);
	RUN(any_bytes_are_safe);
}
