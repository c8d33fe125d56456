/* json_sql.c - documents for servers that parse them. */
#include "tests.h"

#include "text/json_sql.h"

static struct buf b = BUF_INIT(1 << 20);

static bool puts_as(const char *document, enum json_store store, const char *want)
{
	buf_clear(&b);
	json_put_sql(&b, str_of(document), true, store);
	return holds_text(&b, want);
}

static bool is_built(const char *document)
{
	return json_sql_is_built(str_of(document), JSON_STORE_DECIMALS);
}

static bool can_hold(const char *document, enum json_store store)
{
	struct str number;

	return json_sql_can_hold(str_of(document), store, &number);
}

static void what_parsing_keeps_is_parsed(void)
{
	static const char *const same[] = {
		"null", "0", "-1", "18446744073709551615", "-9223372036854775808", "1.0", "-0.0", "0.1", "1e15", "1e16", "1e-15", "5e-324",
		"1.7976931348623157e308", "123456789012345.67", "0.30000000000000004", "{\"1.10\": \"2.50 \\\" 3.00\"}", "[\"\\\\\", 1.5]",
		"0.00000000000001", "1E5", "1.10e2", "-0.00", "0.10000000000000001e0", "",
	};

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		CHECK(!is_built(same[i]));
		CHECK(can_hold(same[i], JSON_STORE_DECIMALS) && can_hold(same[i], JSON_STORE_DOUBLES));
	}
	CHECK(puts_as("[\"it's\"]", JSON_STORE_DECIMALS, "CAST('[\"it''s\"]' AS JSON)"));
}

static void a_number_that_parsing_would_change_is_a_literal(void)
{
	CHECK(puts_as("1.10", JSON_STORE_DECIMALS, "CAST(1.10 AS JSON)"));
	CHECK(puts_as("18446744073709551616", JSON_STORE_DECIMALS, "CAST(18446744073709551616 AS JSON)"));
	CHECK(puts_as("[-9223372036854775809, 0.00]", JSON_STORE_DECIMALS, "JSON_ARRAY(-9223372036854775809,0.00)"));
	CHECK(puts_as("[100000000000000000.0]", JSON_STORE_DECIMALS, "JSON_ARRAY(100000000000000000.0)"));	/* 1e17 as a double */
	CHECK(puts_as("[0.10000000000000001]", JSON_STORE_DECIMALS, "JSON_ARRAY(0.10000000000000001)"));
	CHECK(puts_as("[0.000000000000000]", JSON_STORE_DECIMALS, "JSON_ARRAY(0.000000000000000)"));
	CHECK(!is_built("1.5") && is_built("1.50") && is_built("{\"a\": [[1, 1.50]]}"));
}

static void what_stands_beside_it_keeps_its_type(void)
{
	CHECK(puts_as("[1.10, 1, 1.0, 1e20, \"a\\n\", null, true, {}, [2.5]]", JSON_STORE_DECIMALS,
		      "JSON_ARRAY(1.10,1,1.0e0,1e20,CAST('\"a\\\\n\"' AS JSON),CAST('null' AS JSON),CAST('true' AS JSON),"
		      "CAST('{}' AS JSON),CAST('[2.5]' AS JSON))"));
	CHECK(puts_as("{\"a\": {\"b\": [7.10]}, \"c\": {\"d\": 1}}", JSON_STORE_DECIMALS,
		      "JSON_OBJECT('a',JSON_OBJECT('b',JSON_ARRAY(7.10)),'c',CAST('{\"d\": 1}' AS JSON))"));
}

static void keys_are_text_of_sql(void)
{
	CHECK(puts_as("{\"\": 1.10}", JSON_STORE_DECIMALS, "JSON_OBJECT('',1.10)"));
	CHECK(puts_as("{\"it's \\\"\\\\ \\u00e9\": 1.10}", JSON_STORE_DECIMALS, "JSON_OBJECT('it''s \"\\\\ \303\251',1.10)"));
	CHECK(puts_as("{\"\360\237\230\200\": 1.10, \"\360\237\230\200\": 2}", JSON_STORE_DECIMALS,
		      "JSON_OBJECT('\360\237\230\200',1.10,'\360\237\230\200',2)"));
}

static void numbers_of_any_size(void)
{
	struct buf text = BUF_INIT(10000);

	for (int whole = 1; whole <= 82; whole++) {
		buf_clear(&text);
		for (int i = 0; i < whole; i++)
			buf_put_char(&text, '7');
		CHECK(can_hold(buf_text(&text), JSON_STORE_DECIMALS) == (whole <= 81));
		CHECK(can_hold(buf_text(&text), JSON_STORE_DOUBLES) == (whole <= 19));
		buf_clear(&text);
		buf_put_text(&text, "-0.");
		for (int i = 0; i < whole; i++)
			buf_put_char(&text, '7');
		CHECK(can_hold(buf_text(&text), JSON_STORE_DECIMALS) == (whole <= 72));
	}
	CHECK(can_hold("1234567890.123456789012345678901234567890123456789012345678901234567890123", JSON_STORE_DECIMALS));
	CHECK(!can_hold("1234567890.1234567890123456789012345678901234567890123456789012345678901234", JSON_STORE_DECIMALS));
	buf_clear(&text);
	for (int i = 0; i < 5000; i++)
		buf_put_char(&text, '1');
	CHECK(!can_hold(buf_text(&text), JSON_STORE_DECIMALS));
	buf_release(&text);
}

static void what_cannot_be_held_is_named(void)
{
	struct str number;

	CHECK(!json_sql_can_hold(STR_LIT("[1.10, 1e400, 5]"), JSON_STORE_DECIMALS, &number) && str_is(number, "1e400"));
	CHECK(!json_sql_can_hold(STR_LIT("{\"a\": 18446744073709551616}"), JSON_STORE_DOUBLES, &number) &&
	      str_is(number, "18446744073709551616"));
	CHECK(!can_hold("[1.234567890123456789e5]", JSON_STORE_DECIMALS));
	CHECK(can_hold("1.10", JSON_STORE_DOUBLES));		/* the same number: 1.1 */
	CHECK(!can_hold("0.12345678901234567891", JSON_STORE_DOUBLES));
	CHECK(can_hold("1e400", JSON_STORE_TEXT) && !json_sql_is_built(STR_LIT("1.10"), JSON_STORE_TEXT));
	CHECK(!json_sql_is_built(STR_LIT("1.10"), JSON_STORE_DOUBLES));
}

static void what_is_no_document_is_left_to_the_server(void)
{
	CHECK(puts_as("[1.10", JSON_STORE_DECIMALS, "CAST('[1.10' AS JSON)"));
	CHECK(puts_as("1.10 x", JSON_STORE_DECIMALS, "CAST('1.10 x' AS JSON)"));
	CHECK(puts_as("[1.10, 1.10.10]", JSON_STORE_DECIMALS, "CAST('[1.10, 1.10.10]' AS JSON)"));
	CHECK(puts_as("{1.10}", JSON_STORE_DECIMALS, "CAST('{1.10}' AS JSON)"));
	CHECK(puts_as("\"", JSON_STORE_DECIMALS, "CAST('\"' AS JSON)"));
	CHECK(puts_as("-", JSON_STORE_DECIMALS, "CAST('-' AS JSON)"));
}

void test_json_sql(void)
{
	RUN(what_parsing_keeps_is_parsed);
	RUN(a_number_that_parsing_would_change_is_a_literal);
	RUN(what_stands_beside_it_keeps_its_type);
	RUN(keys_are_text_of_sql);
	RUN(numbers_of_any_size);
	RUN(what_cannot_be_held_is_named);
	RUN(what_is_no_document_is_left_to_the_server);
	buf_release(&b);
}
