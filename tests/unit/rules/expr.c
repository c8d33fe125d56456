/* expr.c - expressions: what they are, what is refused, and what they say of one row. The oracle test compares with servers. */
#include "tests.h"

#include "rules/expr.h"

#define N_COLUMNS 8

static const char *const columns[N_COLUMNS][5] = {
	/* name, type, charset, collation, value of the row */
	{ "id", "int(11)", "", "", "7" },
	{ "big", "bigint(20) unsigned", "", "", "18446744073709551615" },
	{ "price", "decimal(10,2)", "", "", "12.50" },
	{ "name", "varchar(20)", "utf8mb4", "utf8mb4_general_ci", "M\xc3\xbcller" },
	{ "code", "varchar(20)", "utf8mb4", "", "a" },
	{ "kind", "enum('new','old')", "utf8mb4", "utf8mb4_bin", "old" },
	{ "day", "datetime(3)", "", "", "2021-01-01 04:34:56.500" },
	{ "doc", "json", "", "", "{\"a\": 1, \"b\": \"x\", \"c\": [true, null]}" },
};

static void make_table(struct table *t)
{
	table_init(t, STR_LIT("s"), STR_LIT("t"));
	for (size_t i = 0; i < N_COLUMNS; i++) {
		struct column c = {
			.name = str_of(columns[i][0]), .type = str_of(columns[i][1]), .charset = str_of(columns[i][2]),
			.collation = str_of(columns[i][3]), .nullable = true,
		};

		table_add_column(t, &c, i);
	}
}

static void make_row(struct row_value *row)
{
	for (size_t i = 0; i < N_COLUMNS; i++)
		row[i] = (struct row_value){ i < 2 ? VALUE_NUMBER : VALUE_TEXT, str_of(columns[i][4]) };
}

/* 1 0 N; E and the code of the error; R and the code where it is refused. */
static const char *says(const char *text)
{
	static char got[20];
	struct row_value row[N_COLUMNS];
	struct err e = { 0 };
	struct table t;
	struct expr *x;

	make_table(&t);
	make_row(row);
	x = expr_bind(str_of(text), &t, &e);
	if (!x) {
		snprintf(got, sizeof(got), "R%d", e.kind->code);
	} else {
		enum expr_truth truth = expr_ask(x, row, 1600000000000000, &e);

		snprintf(got, sizeof(got), truth == EXPR_FAILED ? "E%d" : "%c", truth == EXPR_FAILED ? e.kind->code :
			 truth == EXPR_TRUE ? '1' : truth == EXPR_FALSE ? '0' : 'N');
	}
	expr_free(x);
	table_release(&t);
	return got;
}

static bool all_say(const char *wanted, const char *const *texts, size_t n)
{
	bool good = true;

	for (size_t i = 0; i < n; i++) {
		const char *got = says(texts[i]);

		if (strcmp(got, wanted) == 0)
			continue;
		printf("# %s: %s, wanted %s\n", texts[i], got, wanted);
		good = false;
	}
	return good;
}

#define ALL_SAY(wanted, ...) \
	CHECK(all_say(wanted, (const char *const[]){ __VA_ARGS__ }, \
		      sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *)))

static void operators_bind_as_in_mysql(void)
{
	ALL_SAY("1", "1 OR 1 AND 0", "(1 OR 0) XOR 0", "NOT 1 = 2", "!(1 = 2)", "2 + 3 * 4 = 14", "- 2 ^ 1 <> 0", "1 | 2 = 3",
		"7 DIV 2 = 3", "7 % 4 = 3", "-7 MOD 4 = -3", "1 << 2 + 1 = 8", "5 BETWEEN 1 AND 6 AND 1", "NOT 5 IN (1, 2)",
		"1 IS NOT NULL IS TRUE", "~0 = 18446744073709551615", "NOT 0 && 1", "0 || 1", "`id` = 7", "t.id = 7", "s.t.id = 7",
		"id = 7 /* seven */", "'a' 'b' = 'ab'");
}

static void null_is_neither(void)
{
	ALL_SAY("N", "NULL", "NULL = NULL", "NULL AND 1", "NULL OR 0", "NOT NULL", "id IN (1, NULL)", "1 / 0 > 1", "id % 0 = 1",
		"CONCAT('a', NULL) = 'a'", "NULL XOR 1", "name LIKE NULL");
	ALL_SAY("0", "NULL AND 0", "NULL <=> 1", "NULL IS NOT NULL", "(NULL = 1) IS TRUE", "id NOT IN (7, NULL)");
	ALL_SAY("1", "NULL OR 1", "NULL <=> NULL", "(NULL = 1) IS UNKNOWN", "id IN (7, NULL)", "CONCAT_WS(',', 'a', NULL, 'b') = 'a,b'");
}

static void numbers_are_exact(void)
{
	ALL_SAY("1", "big = 18446744073709551615", "big > 18446744073709551614", "big <> -1", "price * 2 = 25", "0.1 + 0.2 = 0.3",
		"0.1e0 + 0.2e0 <> 0.3", "ROUND(2.5) = 3", "ROUND(-2.5) = -3", "TRUNCATE(12.567, 1) = 12.5", "ROUND(155, -1) = 160",
		"1 / 3 = 0.3333", "12345678901234567890.5 - 0.5 = 12345678901234567890", "CEIL(-1.5) = -1", "FLOOR(-1.5) = -2",
		"'12abc' = 12", "' 7' + 0 = id", "0x10 + 0 = 16", "-9223372036854775808 < 0");
	ALL_SAY("E36680", "big + 1 > 0", "id - big > 0", "9223372036854775807 + id > 0", "1e308 * 10 > 1");
}

static void texts_compare_by_their_collation(void)
{
	ALL_SAY("1", "name = 'MULLER'", "name = 'muller  '", "name LIKE 'm_L%'", "name COLLATE utf8mb4_bin = 'M\xc3\xbcller'",
		"kind <> 'OLD'", "kind = 2", "kind + 0 = 2", "UPPER(name) COLLATE utf8mb4_bin = 'M\xc3\x9cLLER'", "name REGEXP '^m.ll'",
		"REGEXP_LIKE(name, 'LLER$')", "ELT(2, 'a', 'b') = 'B'", "ELT(3, 'a', 'b') IS NULL", "FIELD(name, 'x', 'MULLER') = 2", "FIELD(NULL, 'x') = 0",
		"FIELD(id, 1, 7.0) = 2", "INSERT(name, 2, 1, 'ue') = 'MUELLER'", "CONCAT('a', SPACE(2), 'b') = 'a  b'", "BIN(id) = '111'", "OCT(big) = '1777777777777777777777'",
		"BIT_COUNT(big) = 64", "ORD(SUBSTRING(name, 2)) = 50108", "BIT_LENGTH(name) = 56", "UNHEX('4a') = BINARY 'J'", "UNHEX('x') IS NULL",
		"SHA2('a', 256) LIKE 'ca978112%'",
		"BINARY 'a' <> 'A'", "'stra\xc3\x9f""e' COLLATE utf8mb4_unicode_ci = 'STRASSE'", "'a' COLLATE utf8mb4_0900_ai_ci < 'B'",
		"'a ' COLLATE utf8mb4_0900_ai_ci <> 'a'", "name COLLATE latin1_swedish_ci <> 'muller'", "LENGTH(name) = 7",
		"CHAR_LENGTH(name) = 6", "name LIKE 'M|%' ESCAPE '|' IS FALSE", "CHAR_LENGTH(code) = 1");
	ALL_SAY("R20082", "code = 'a'", "code LIKE 'a'", "name COLLATE utf8mb4_german2_ci = 'x'",
		"name COLLATE utf8mb4_bin = name COLLATE utf8mb4_general_ci");
	ALL_SAY("E36680", "'\xe0\xb8\x81' COLLATE utf8mb4_unicode_ci < 'a'");
}

static void times_are_times(void)
{
	ALL_SAY("1", "day = '2021-01-01 12:34:56.5+08:00'", "day > '2020-12-31'", "day < NOW() IS FALSE", "DATE(day) = '2021-01-01'",
		"YEAR(day) = 2021", "day + INTERVAL 1 MONTH = '2021-02-01 04:34:56.5'", "DATE_SUB(DATE'2020-03-31', INTERVAL 1 MONTH) = 20200229",
		"DATEDIFF(day, '2020-12-31') = 1", "UNIX_TIMESTAMP(day) = 1609475696.5", "DATE_FORMAT(day, '%Y/%c/%e') = '2021/1/1'",
		"WEEK(day) = 0", "WEEK(day, 1) = 0", "WEEKOFYEAR(day) = 53", "YEARWEEK(day) = 202052", "DATE_FORMAT(day, '%x-%v %X-%V') = '2020-53 2020-52'",
		"DAYNAME(day) = 'friday'", "MONTHNAME(day) = 'January'", "TIME_TO_SEC('01:00:01') = 3601", "SEC_TO_TIME(-3601) = '-01:00:01'",
		"FROM_DAYS(738156) = '2021-01-01'", "TIMESTAMPADD(MONTH, 1, day) = '2021-02-01 04:34:56.500'",
		"CONVERT_TZ(day, '+00:00', '-05:30') = '2020-12-31 23:04:56.500'",
		"CAST('2020-02-30' AS DATE) IS NULL", "EXTRACT(HOUR FROM day) = 4", "day BETWEEN '2021-01-01' AND '2021-01-02'",
		"CAST('-10:11:12.5' AS TIME) < TIME'00:00:00'");
	ALL_SAY("R20081", "day = 'yesterday'", "day = code", "day = 20201399");
}

static void documents_have_parts(void)
{
	ALL_SAY("1", "doc->'$.a' = 1", "doc->>'$.b' = 'x'", "doc->>'$.b' <> 'X'", "doc->'$.c[0]' = TRUE", "doc->'$.z' IS NULL",
		"doc->'$.c[1]' IS NOT NULL", "JSON_EXTRACT(doc, '$.\"a\"') + 1 = 2", "JSON_UNQUOTE(doc->'$.b') = 'x'",
		"JSON_LENGTH(doc) = 3", "JSON_LENGTH(doc, '$.c') = 2", "JSON_CONTAINS(doc, '{\"a\": 1.0}')", "JSON_CONTAINS(doc, 'true', '$.c')",
		"NOT JSON_CONTAINS(doc, '[2]', '$.c')", "JSON_CONTAINS_PATH(doc, 'one', '$.z', '$.a')", "NOT JSON_CONTAINS_PATH(doc, 'all', '$.z', '$.a')");
	ALL_SAY("R20081", "doc->'$.*' = 1", "doc->'a' = 1");
}

static void what_is_no_expression_is_refused(void)
{
	ALL_SAY("R20041", "", "id =", "id = 1 2", "(id", "id IN ()", "'open", "CASE id END", "id BETWEEN 1", "SELECT 1", "(1, 2) = (1, 2)",
		"id = @a", "name REGEXP '('", "LEFT(name)", "id NOT 1", "CAST(id AS GEOMETRY)");
	ALL_SAY("R20080", "gone = 1", "x.id = 1", "x.t.id = 1");
	ALL_SAY("R20081", "SLEEP(1)", "name REGEXP code", "INTERVAL(1, 2)", "INSERT(name, 1, 1, kind) = 'x'", "FIELD(name, kind)",
		"CONVERT_TZ(day, 'UTC', 'Europe/Berlin') > 1", "JSON_CONTAINS(doc, id)", "SHA2(name, 100) = ''");
}

static void an_absent_column_is_an_error_where_it_is_asked_for(void)
{
	struct row_value row[N_COLUMNS];
	struct err e = { 0 };
	struct table t;
	struct expr *x;

	make_table(&t);
	make_row(row);
	row[0].kind = VALUE_ABSENT;
	row[7].kind = VALUE_JSON_DIFF;
	x = expr_bind(STR_LIT("price > 1"), &t, &e);
	CHECK(x && expr_ask(x, row, 0, &e) == EXPR_TRUE);
	expr_free(x);
	x = expr_bind(STR_LIT("price > 1 AND id = 7"), &t, &e);
	CHECK(x && expr_ask(x, row, 0, &e) == EXPR_FAILED && error_is(&e, 36681, "lacks the column 'id'"));
	expr_free(x);
	x = expr_bind(STR_LIT("doc->'$.a' = 1"), &t, &e);
	CHECK(x && expr_ask(x, row, 0, &e) == EXPR_FAILED && error_is(&e, 36681, "what changed in the document 'doc'"));
	expr_free(x);
	table_release(&t);
}

/* Depth is bounded by the parser, and a list is no depth. */
static void deep_and_long_ones_end(void)
{
	struct buf b = BUF_INIT(1 << 24);
	struct err e = { 0 };

	for (int i = 0; i < 100000; i++)
		buf_put_char(&b, '(');
	CHECK(!expr_check(buf_str(&b), &e) && error_is(&e, 20041, "nested too deep"));
	buf_clear(&b);
	buf_put_text(&b, "id");
	for (int i = 0; i < 100000; i++)
		buf_put_text(&b, " + 1");
	CHECK(!expr_check(buf_str(&b), &e) && error_is(&e, 20041, "too long"));
	buf_clear(&b);
	buf_put_text(&b, "id = 0");
	for (int i = 0; i < 1900; i++)
		buf_put_text(&b, " OR id = 7");
	CHECK(strcmp(says(buf_text(&b)), "1") == 0);
	buf_clear(&b);
	buf_put_text(&b, "id NOT IN (0");
	for (int i = 0; i < 20000; i++)
		buf_put_text(&b, ", 8");
	buf_put_text(&b, ")");
	CHECK(strcmp(says(buf_text(&b)), "1") == 0);
	buf_release(&b);
}

void test_expr(void)
{
	RUN(operators_bind_as_in_mysql);
	RUN(null_is_neither);
	RUN(numbers_are_exact);
	RUN(texts_compare_by_their_collation);
	RUN(times_are_times);
	RUN(documents_have_parts);
	RUN(what_is_no_expression_is_refused);
	RUN(an_absent_column_is_an_error_where_it_is_asked_for);
	RUN(deep_and_long_ones_end);
}
