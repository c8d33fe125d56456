/* sql_values.c - statements cut out of files, rows out of statements, rows out of CSV. */
#include "tests.h"

#include "text/csv.h"
#include "text/sql_cut.h"
#include "text/sql_values.h"

/* All statements of text, which comes in pieces of at most piece bytes, with '|' behind each; at the end how it ended. */
static void cut(struct buf *out, struct str text, size_t piece, bool at_line_end)
{
	struct buf have = BUF_INIT(1 << 20);
	struct str statement;
	struct sql_cut cut;
	size_t fed = 0, used;

	sql_cut_init(&cut);
	cut.at_line_end = at_line_end;
	for (;;) {
		struct buf rest = BUF_INIT(1 << 20);
		enum sql_cut_got got = sql_cut_next(&cut, buf_str(&have), fed == text.n, &statement, &used);

		if (got == SQL_CUT_STATEMENT) {
			buf_put_str(out, statement);
			buf_put_char(out, '|');
		}
		buf_put(&rest, have.p + used, have.n - used);
		buf_release(&have);
		have = rest;
		if (got == SQL_CUT_MORE) {
			struct str more = str_first(str_from(text, fed), piece);

			CHECK(fed < text.n);
			buf_put_str(&have, more);
			fed += more.n;
		} else if (got != SQL_CUT_STATEMENT) {
			buf_put_text(out, got == SQL_CUT_END ? "end" : "torn");
			break;
		}
	}
	buf_release(&have);
}

static void statements_are_cut_the_same_whatever_the_pieces(void)
{
	static const struct { const char *text, *want; bool at_line_end; } cases[] = {
		{ "", "end", false },
		{ " ; ;\n", "end", false },
		{ "a;b ;\nc;", "a|b |c|end", false },
		{ "a", "torn", false },
		{ "INSERT ';'';\\';' \";\\\"\" `;``;`;x;", "INSERT ';'';\\';' \";\\\"\" `;``;`|x|end", false },
		{ "'\\\\';x;", "'\\\\'|x|end", false },
		{ "-- a;\n# b;\n/* c; */ d -- e;\n f # g;\n /* h; */;i;", "d -- e;\n f # g;\n /* h; */|i|end", false },
		{ "a--b;c - - d;", "a--b|c - - d|end", false },
		{ "--", "end", false },
		{ "/* a", "torn", false },
		{ "/*!40101 SET NAMES binary*/;a;", "/*!40101 SET NAMES binary*/|a|end", false },
		{ "/*!50003 CREATE x '*/;' */;a;", "/*!50003 CREATE x '*/;' */|a|end", false },
		{ "/*!999999\\- enable the sandbox mode */\n-- MariaDB dump\na;", "a|end", false },
		{ "/*M!999999\\- enable the sandbox mode */ \nINSERT 1;", "INSERT 1|end", false },
		{ "DELIMITER ;;\nBEGIN a; b; END ;;\ndelimiter ;\nc;", "BEGIN a; b; END |c|end", false },
		{ "delimiters;", "delimiters|end", false },
		{ "BEGIN a; \nb; END;\nc;\n", "BEGIN a; \nb; END|c|end", true },
		{ "\\! rm -rf /\nsystem ls;", "\\! rm -rf /\nsystem ls|end", false },
		{ "'a", "torn", false }, { "'a\\", "torn", false }, { "/*!40101 a", "torn", false },
	};
	struct buf out = BUF_INIT(1 << 20);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (size_t piece = 1; piece < 40; piece++) {
			cut(&out, str_of(cases[i].text), piece, cases[i].at_line_end);
			CHECK(holds_text(&out, cases[i].want));
		}
	buf_release(&out);
}

static void without_backslashes_one_is_just_that(void)
{
	struct str text = STR_LIT("a '\\';b;"), statement;
	struct sql_cut cut;
	size_t used;

	sql_cut_init(&cut);
	cut.backslash = false;
	CHECK(sql_cut_next(&cut, text, true, &statement, &used) == SQL_CUT_STATEMENT && str_is(statement, "a '\\'"));
}

/* "table(columns): kind value, ...;" */
static void put_rows(struct buf *out, struct str statement)
{
	struct sql_literal row[8];
	struct arena a = ARENA_INIT;
	struct sql_values v;
	struct err e = { 0 };
	bool ok, more, is_insert;
	size_t n;

	sql_values_init(&v);
	ok = sql_values_start(&v, statement, &is_insert, &e);
	if (ok && is_insert)
		buf_putf(out, "%.*s/%.*s", STR(v.schema), STR(v.table));
	for (size_t i = 0; ok && i < v.n_columns; i++)
		buf_putf(out, ",%.*s", STR(v.columns[i]));
	while (ok && is_insert && (ok = sql_values_next(&v, row, 8, &n, &a, &more, &e)) && more) {
		buf_put_char(out, ';');
		for (size_t i = 0; i < n; i++) {
			buf_putf(out, "%s%c:", i ? "," : "", "0nts"[row[i].kind]);
			buf_put_str(out, row[i].text);
			if (row[i].charset.n > 0)
				buf_putf(out, "@%.*s", STR(row[i].charset));
		}
	}
	CHECK(ok == !e.kind);
	if (!ok)
		buf_put_text(out, "!");
	else if (!is_insert)
		buf_put_text(out, "other");
	sql_values_release(&v);
	arena_release(&a);
}

static void rows_of_an_insert(void)
{
	static const char *const cases[][2] = {
		{ "INSERT INTO `a``b` VALUES (1,'x'),\n(NULL,\"y\\\"\")", "/a`b;n:1,t:x;0:,t:y\"" },
		{ "REPLACE INTO d.t (`a`, b) VALUES(-1.5e-3 , +7)", "d/t,a,b;n:-1.5e-3,n:7" },
		{ "insert ignore into t value (x'4142',0x4,b'1000001',_binary 'a\\0',N'u',_latin1'l')",
		  "/t;s:AB,s:\x04,s:A,s:a" },
		{ "INSERT INTO t VALUES ('a''b\\n\\Z\\%\\\\')", "/t;t:a'b\n\x1a%\\" },
		{ "INSERT INTO t VALUES (CONVERT('{}' USING UTF8MB4), TRUE, false)", "/t;t:{}@UTF8MB4,n:1,n:0" },
		{ "INSERT INTO t VALUES ('')", "/t;t:" },
		{ "/*!40101 SET NAMES binary*/", "other" }, { "SELECT 1", "other" }, { "", "other" },
		{ "INSERT INTO t VALUES", "/t!" }, { "INSERT INTO t VALUES (1),", "/t;n:1!" }, { "INSERT INTO t VALUES (1", "/t!" },
		{ "INSERT INTO t VALUES (1) ON DUPLICATE KEY UPDATE a = 2", "/t!" }, { "INSERT INTO t SELECT 1", "!" },
		{ "INSERT INTO t VALUES (NOW())", "/t!" }, { "INSERT INTO t VALUES (1+1)", "/t!" },
		{ "INSERT INTO t VALUES (DEFAULT)", "/t!" }, { "INSERT INTO t VALUES ('a)", "/t!" },
		{ "INSERT INTO t VALUES (x'4g')", "/t!" }, { "INSERT INTO t VALUES (1e)", "/t!" }, { "INSERT INTO t VALUES (-)", "/t!" },
		{ "INSERT INTO t VALUES (1) (2)", "/t!" }, { "INSERT INTO t VALUES ()", "/t!" },
		{ "INSERT INTO t VALUES (1,2,3,4,5,6,7,8,9)", "/t!" }, { "INSERT INTO t VALUES (LOAD_FILE('/etc/passwd'))", "/t!" },
	};
	struct buf out = BUF_INIT(1 << 16);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct str want = str_of(cases[i][1]);

		put_rows(&out, str_of(cases[i][0]));
		if (i == 2) {	/* a NUL is in it */
			CHECK(str_starts(buf_str(&out), want) && out.n == want.n + 1 + strlen(",t:u@utf8,t:l@latin1"));
			buf_clear(&out);
		} else {
			CHECK(holds(&out, want));
		}
	}
	buf_release(&out);
}

/* Fields in [], N for NULL, rows parted by '/', then how it ended. */
static void put_csv(struct buf *out, const struct csv_form *form, struct str text, size_t piece)
{
	struct csv_field fields[4];
	struct arena a = ARENA_INIT;
	size_t have = 0, start = 0, n, used;

	for (;;) {
		enum csv_got got = csv_next(form, (struct str){ text.p + start, have - start }, have == text.n, fields, 4, &n, &used, &a);

		if (got == CSV_MORE) {
			CHECK(have < text.n);
			have = text.n - have < piece ? text.n : have + piece;
			continue;
		}
		if (got != CSV_ROW) {
			buf_put_text(out, got == CSV_END ? "end" : got == CSV_TORN ? "torn" : got == CSV_BAD ? "bad" : "wide");
			break;
		}
		for (size_t i = 0; i < n; i++)
			buf_putf(out, fields[i].is_null ? "N" : "[%.*s]", STR(fields[i].text));
		buf_put_char(out, '/');
		start += used;
	}
	arena_release(&a);
}

static void rows_of_csv(void)
{
	static const struct csv_form dumpling = { { ",", 1 }, { "\"", 1 }, { "", 0 }, { "\\N", 2 }, true };
	static const struct csv_form plain = { { ",", 1 }, { "\"", 1 }, { "\r\n", 2 }, { "NULL", 4 }, false };
	static const struct csv_form wide = { { "|+|", 3 }, { "", 0 }, { "|+|\n", 4 }, { "\\N", 2 }, true };
	static const struct { const struct csv_form *form; const char *text, *want; } cases[] = {
		{ &dumpling, "", "end" },
		{ &dumpling, "1,\"a,\\\"\\\\\\n\"\"b\",\\N\r\n,\"\\N\",\n", "[1][a,\"\\\n\"b]N/[][N][]/end" },
		{ &dumpling, "a\nb", "[a]/[b]/end" }, { &dumpling, "\n", "[]/end" },
		{ &dumpling, "\"a", "torn" }, { &dumpling, "\"a\"b\n", "bad" }, { &dumpling, "1,2,3,4,5\n", "wide" },
		{ &dumpling, "\"a\\", "torn" }, { &dumpling, "a\\,b,c\n", "[a,b][c]/end" },
		{ &plain, "NULL,\"NULL\",\\N\r\n\"a\nb\"\"\",\\\r\n", "N[NULL][\\N]/[a\nb\"][\\]/end" },
		{ &wide, "a|+|b|c|+|\\N|+|\nd|+|\n", "[a][b|c]N/[d]/end" },
	};
	struct buf out = BUF_INIT(1 << 16);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (size_t piece = 1; piece < 12; piece++) {
			put_csv(&out, cases[i].form, str_of(cases[i].text), piece);
			CHECK(holds_text(&out, cases[i].want));
		}
	buf_release(&out);
}

void test_sql_values(void)
{
	RUN(statements_are_cut_the_same_whatever_the_pieces);
	RUN(without_backslashes_one_is_just_that);
	RUN(rows_of_an_insert);
	RUN(rows_of_csv);
}
