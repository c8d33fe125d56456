/* value_sql.c - values as literals and conditions. */
#include "tests.h"

#include "stream/value_sql.h"

static struct buf b = BUF_INIT(1 << 20);

static struct column of(const char *type, const char *charset)
{
	return (struct column){ .name = STR_LIT("c"), .type = str_of(type), .charset = str_of(charset) };
}

static const char *literal(const char *type, enum value_kind kind, const char *text)
{
	struct column c = of(type, "");
	struct row_value v = { kind, str_of(text) };

	buf_clear(&b);
	value_put_sql(&b, &v, &c, true);
	return buf_text(&b);
}

static const char *equal(const char *type, enum value_kind kind, const char *text, enum json_store store)
{
	struct column c = of(type, "");
	struct row_value v = { kind, str_of(text) };

	buf_clear(&b);
	value_put_sql_equal(&b, STR_LIT("c`d"), &v, &c, true, store);
	return buf_text(&b);
}

static const char *identical(const char *type, const char *charset, enum value_kind kind, const char *text)
{
	struct column c = of(type, charset);
	struct row_value v = { kind, str_of(text) };

	buf_clear(&b);
	value_put_sql_identical(&b, STR_LIT("c"), &v, &c, true, JSON_STORE_DECIMALS);
	return buf_text(&b);
}

#define IS(call, wanted) \
	do { \
		const char *got_ = (call); \
		CHECK(strcmp(got_, (wanted)) == 0); \
		if (strcmp(got_, (wanted)) != 0) \
			printf("#   is %s\n", got_); \
	} while (0)

static void literals_are_exact(void)
{
	IS(literal("int(11)", VALUE_NUMBER, "-5"), "-5");
	IS(literal("bigint(20) unsigned", VALUE_NUMBER, "18446744073709551615"), "18446744073709551615");
	IS(literal("float", VALUE_NUMBER, "0.1"), "0.10000000149011612e0");
	IS(literal("FLOAT(7,2)", VALUE_NUMBER, "1e30"), "1.0000000150474662e+30");
	IS(literal("float", VALUE_NUMBER, "7.038531e-26"), "7.0385306918512091e-26");
	IS(literal("float", VALUE_NUMBER, "-0.0"), "-0e0");
	IS(literal("float", VALUE_NUMBER, "-1e60"), "-1e60");	/* infinity would be a word */
	IS(literal("double", VALUE_NUMBER, "0.1"), "0.1e0");
	IS(literal("double", VALUE_NUMBER, "1E22"), "1E22");
	IS(literal("double", VALUE_NUMBER, "-0.0"), "-0.0e0");
	IS(literal("decimal(10,3)", VALUE_TEXT, "-12.340"), "-12.340");
	IS(literal("decimal(10,3)", VALUE_TEXT, "1; DROP TABLE x"), "'1; DROP TABLE x'");
	IS(literal("decimal(10,3)", VALUE_TEXT, "1-2"), "'1-2'");
	IS(literal("decimal(10,3)", VALUE_TEXT, ""), "''");
	IS(literal("date", VALUE_TEXT, "0000-00-00"), "'0000-00-00'");
	IS(literal("varchar(9)", VALUE_TEXT, "it's \\"), "'it''s \\\\'");
	IS(literal("blob", VALUE_BYTES, "\1\377"), "x'01ff'");
	IS(literal("blob", VALUE_BYTES, ""), "''");
	IS(literal("enum('a')", VALUE_NUMBER, "0"), "0");
	IS(literal("json", VALUE_TEXT, "{\"a\": 1}"), "'{\"a\": 1}'");
	IS(literal("int", VALUE_NULL, ""), "NULL");
	IS(literal("int", VALUE_ABSENT, ""), "DEFAULT");
}

static void without_backslash_escapes_only_quotes_are_doubled(void)
{
	struct column c = of("text", "utf8mb4");
	struct row_value v = { VALUE_TEXT, STR_LIT("a\\'b") };

	buf_clear(&b);
	value_put_sql(&b, &v, &c, false);
	CHECK(holds(&b, "'a\\''b'"));
}

static void conditions_find_the_value_again(void)
{
	IS(equal("int", VALUE_NULL, "", JSON_STORE_DECIMALS), "`c``d` IS NULL");
	IS(equal("json", VALUE_NULL, "", JSON_STORE_DECIMALS), "`c``d` IS NULL");
	IS(equal("int", VALUE_NUMBER, "1", JSON_STORE_DECIMALS), "`c``d` = 1");
	IS(equal("float", VALUE_NUMBER, "0.1", JSON_STORE_DECIMALS), "`c``d` = 0.10000000149011612e0");
	IS(equal("json", VALUE_TEXT, "[1]", JSON_STORE_DECIMALS), "`c``d` = CAST('[1]' AS JSON)");
	IS(equal("json", VALUE_TEXT, "[1.10]", JSON_STORE_DECIMALS), "`c``d` = JSON_ARRAY(1.10)");
	IS(equal("json", VALUE_TEXT, "[1.10]", JSON_STORE_DOUBLES), "`c``d` = CAST('[1.10]' AS JSON)");
	IS(equal("json", VALUE_TEXT, "[1.10]", JSON_STORE_TEXT), "`c``d` = '[1.10]'");
	IS(equal("year(4)", VALUE_NUMBER, "0", JSON_STORE_DECIMALS), "`c``d`+0 = 0");
	IS(equal("year(4)", VALUE_NUMBER, "2024", JSON_STORE_DECIMALS), "`c``d` = 2024");
	IS(equal("enum('a','')", VALUE_TEXT, "", JSON_STORE_DECIMALS), "`c``d` = '' AND `c``d` <> 0");
	IS(equal("enum('a','')", VALUE_TEXT, "a", JSON_STORE_DECIMALS), "`c``d` = 'a'");
	IS(equal("enum('a','')", VALUE_NUMBER, "0", JSON_STORE_DECIMALS), "`c``d` = 0");
	IS(equal("varbinary(3)", VALUE_BYTES, "a", JSON_STORE_DECIMALS), "`c``d` = x'61'");
}

static void bytes_that_are_no_text_are_compared_as_bytes(void)
{
	IS(identical("varchar(9)", "geostd8", VALUE_BYTES, "\xff"), "CAST(`c` AS BINARY) = x'ff'");
	IS(identical("varbinary(9)", "", VALUE_BYTES, "a"), "`c` = x'61'");
	IS(identical("vector(1)", "", VALUE_BYTES, "a"), "CAST(`c` AS BINARY) = x'61'");
}

static void text_without_a_key_is_compared_byte_for_byte(void)
{
	IS(identical("varchar(9)", "latin1", VALUE_TEXT, "a"),
	   "`c` = 'a' AND CAST(CONVERT(`c` USING utf8mb4) AS BINARY) = CAST('a' AS BINARY)");
	IS(identical("varchar(9)", "latin1", VALUE_NULL, ""), "`c` IS NULL");
	IS(identical("enum('a')", "latin1", VALUE_TEXT, "a"), "`c` = 'a'");
	IS(identical("set('a','')", "latin1", VALUE_NUMBER, "2"), "CAST(`c` AS UNSIGNED) = 2");
	IS(identical("date", "", VALUE_TEXT, "2020-01-01"), "`c` = '2020-01-01'");
	IS(identical("int", "", VALUE_NUMBER, "1"), "`c` = 1");
}

/* 1.10, 1.1 and 1 are not the same text, and 1.0 = 1 for the server. */
static void documents_without_a_key_are_compared_byte_for_byte(void)
{
	IS(identical("json", "", VALUE_TEXT, "1"), "CAST(`c` AS BINARY) = CAST(CAST('1' AS JSON) AS BINARY)");
	IS(identical("json", "", VALUE_TEXT, "[1.10]"), "CAST(`c` AS BINARY) = CAST(JSON_ARRAY(1.10) AS BINARY)");
	IS(identical("json", "", VALUE_NULL, ""), "`c` IS NULL");
}

static const char *into(const char *from, const char *to, enum json_store store, const char *text)
{
	struct column up = of(from, ""), down = of(to, "");
	struct row_value v = { VALUE_TEXT, str_of(text) };

	buf_clear(&b);
	value_put_sql_into(&b, &v, &up, &down, true, store);
	return buf_text(&b);
}

static void documents_are_built_where_the_column_keeps_no_text(void)
{
	IS(into("json", "json", JSON_STORE_DECIMALS, "[1.10]"), "JSON_ARRAY(1.10)");
	IS(into("longtext", "json", JSON_STORE_DECIMALS, "[1.10]"), "JSON_ARRAY(1.10)");
	IS(into("json", "longtext", JSON_STORE_DECIMALS, "[1.10]"), "'[1.10]'");
	IS(into("json", "json", JSON_STORE_DECIMALS, "[1.5]"), "'[1.5]'");
	IS(into("json", "json", JSON_STORE_TEXT, "[1.10]"), "'[1.10]'");
	IS(into("json", "json", JSON_STORE_DOUBLES, "[1.10]"), "'[1.10]'");
}

static void a_number_that_the_column_cannot_hold_is_told(void)
{
	struct column json = of("json", ""), text = of("longtext", "");
	struct row_value v = { VALUE_TEXT, STR_LIT("[12345678901234567890.12345]") };
	struct str number;

	CHECK(value_fits(&v, &json, JSON_STORE_DECIMALS, &number));
	CHECK(!value_fits(&v, &json, JSON_STORE_DOUBLES, &number) && str_is(number, "12345678901234567890.12345"));
	CHECK(value_fits(&v, &text, JSON_STORE_DOUBLES, &number));
	v.kind = VALUE_NULL;
	CHECK(value_fits(&v, &json, JSON_STORE_DOUBLES, &number));
}

void test_value_sql(void)
{
	RUN(literals_are_exact);
	RUN(without_backslash_escapes_only_quotes_are_doubled);
	RUN(conditions_find_the_value_again);
	RUN(bytes_that_are_no_text_are_compared_as_bytes);
	RUN(text_without_a_key_is_compared_byte_for_byte);
	RUN(documents_without_a_key_are_compared_byte_for_byte);
	RUN(documents_are_built_where_the_column_keeps_no_text);
	RUN(a_number_that_the_column_cannot_hold_is_told);
	buf_release(&b);
}
