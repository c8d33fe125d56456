#include "text/json_write.h"

#include <math.h>
#include <stdlib.h>

#include "tests.h"
#include "text/json_read.h"

static void only_what_must_be_is_escaped(void)
{
	struct buf b = BUF_INIT(1000);

	json_put_text(&b, STR_NONE);
	CHECK(holds_text(&b, "\"\""));
	json_put_text(&b, STR_LIT("a/b é 漢 \x7f"));
	CHECK(holds_text(&b, "\"a/b é 漢 \x7f\""));
	json_put_text(&b, STR_LIT("\"\\\b\f\n\r\t"));
	CHECK(holds_text(&b, "\"\\\"\\\\\\b\\f\\n\\r\\t\""));
	json_put_text(&b, STR_LIT("\0\x01\x0b\x1f"));
	CHECK(holds_text(&b, "\"\\u0000\\u0001\\u000b\\u001f\""));
	CHECK(json_put_text_checked(&b, STR_LIT("\"\0é\n\xf0\x9f\x98\x80")));
	CHECK(holds_text(&b, "\"\\\"\\u0000é\\n\xf0\x9f\x98\x80\""));
	buf_release(&b);
}

/* A byte that needs something, at each place of texts of each length around the step of the scan. */
static void a_special_byte_is_seen_at_every_place(void)
{
	static const char specials[] = { '"', '\\', '\n', 0x01, 0x1f, 0 };
	struct buf b = BUF_INIT(1000);
	struct arena a = ARENA_INIT;
	char text[70];

	for (size_t n = 1; n <= sizeof(text); n++) {
		for (size_t at = 0; at < n; at++) {
			struct str s = { text, n };
			struct json j;

			memset(text, 'x', n);
			text[at] = specials[(n + at) % sizeof(specials)];
			text[at * 7 % n] = '"';
			CHECK(json_put_text_checked(&b, s));
			json_init(&j, buf_str(&b));
			CHECK(str_eq(json_text(&j, &a), s) && !j.bad);
			buf_clear(&b);
			text[at] = (char)0xe9;
			CHECK(!json_put_text_checked(&b, s) && b.n == 0);
		}
		arena_clear(&a);
	}
	buf_release(&b);
	arena_release(&a);
}

static void text_that_is_not_valid_leaves_no_trace(void)
{
	struct buf b = BUF_INIT(100000);
	char text[5000];

	buf_put_text(&b, "before");
	memset(text, '\n', sizeof(text));
	text[sizeof(text) - 1] = (char)0xc3;
	CHECK(!json_put_text_checked(&b, (struct str){ text, sizeof(text) }));
	CHECK(holds_text(&b, "before"));
	text[sizeof(text) - 1] = 0x1f;
	CHECK(json_put_text_checked(&b, (struct str){ text, sizeof(text) }));
	CHECK(b.n == 2 + 2 * (sizeof(text) - 1) + 6);
	buf_release(&b);
}

static void the_ceiling_holds_and_is_reached(void)
{
	struct buf b = BUF_INIT(8);
	struct err e = { 0 };

	CHECK(json_put_text_checked(&b, STR_LIT("a\nb\nc")));
	CHECK(b.over && b.n == 0);
	buf_clear(&b);
	CHECK(!json_put_text_checked(&b, STR_LIT("a\nb\nc\xff")));
	buf_clear(&b);
	CHECK(json_put_text_checked(&b, STR_LIT("a\nb\n")));
	CHECK(holds_text(&b, "\"a\\nb\\n\""));
	CHECK(json_put_text_checked(&b, STR_LIT("abcdef")));
	CHECK(holds_text(&b, "\"abcdef\""));
	json_put_text(&b, STR_LIT("abcdefg"));
	CHECK(!buf_ok(&b, "a line", &e) && e.kind == &err_too_big);
	buf_release(&b);
}

static void keys_get_their_commas(void)
{
	struct buf b = BUF_INIT(1000);

	buf_put_text(&b, "{");
	json_put_key_text(&b, "a", STR_LIT("x\""));
	json_put_key_u64(&b, "b", UINT64_MAX);
	json_put_key_bool(&b, "c", true);
	json_put_key_bool(&b, "d", false);
	json_put_key(&b, "e");
	buf_put_text(&b, "[{");
	json_put_key(&b, "f");
	json_put_base64(&b, STR_LIT("ab"));
	buf_put_text(&b, "}]}");
	CHECK(holds_text(&b, "{\"a\":\"x\\\"\",\"b\":18446744073709551615,\"c\":true,\"d\":false,"
			     "\"e\":[{\"f\":\"YWI=\"}]}"));
	json_put_base64(&b, STR_NONE);
	CHECK(holds_text(&b, "\"\""));
	buf_release(&b);
}

static bool is_double(struct buf *b, double v, const char *text)
{
	json_put_double(b, v);
	return holds_text(b, text);
}

static bool is_mysql_double(double v, const char *text)
{
	struct buf b = BUF_INIT(100);
	bool ok;

	json_put_mysql_double(&b, v);
	ok = holds_text(&b, text);
	buf_release(&b);
	return ok;
}

static void doubles_look_as_mysql_prints_them(void)
{
	CHECK(is_mysql_double(0.0, "0.0"));
	CHECK(is_mysql_double(-0.0, "-0.0"));
	CHECK(is_mysql_double(1, "1.0"));
	CHECK(is_mysql_double(-100000, "-100000.0"));
	CHECK(is_mysql_double(1e14, "100000000000000.0"));
	CHECK(is_mysql_double(1e15, "1e15"));
	CHECK(is_mysql_double(1234567890123456.8, "1234567890123456.8"));
	CHECK(is_mysql_double(123456789012345680000.0, "1.2345678901234568e20"));
	CHECK(is_mysql_double(1e-15, "0.000000000000001"));
	CHECK(is_mysql_double(1e-16, "1e-16"));
	CHECK(is_mysql_double(5e-324, "5e-324"));
}

static void doubles_have_their_shortest_digits(void)
{
	struct buf b = BUF_INIT(1000);

	CHECK(is_double(&b, 0.0, "0"));
	CHECK(is_double(&b, -0.0, "-0.0"));
	CHECK(is_double(&b, 1, "1"));
	CHECK(is_double(&b, -1, "-1"));
	CHECK(is_double(&b, 100, "100"));
	CHECK(is_double(&b, 0.1, "0.1"));
	CHECK(is_double(&b, -0.25, "-0.25"));
	CHECK(is_double(&b, 1.05, "1.05"));
	CHECK(is_double(&b, 0.000123, "0.000123"));
	CHECK(is_double(&b, 0.1 + 0.2, "0.30000000000000004"));
	CHECK(is_double(&b, 1.0 / 3, "0.3333333333333333"));
	CHECK(is_double(&b, 123456789.25, "123456789.25"));
	CHECK(is_double(&b, 999999999.999999, "999999999.999999"));
	CHECK(is_double(&b, 1e300, "1e300"));
	CHECK(is_double(&b, -1e-300, "-1e-300"));
	CHECK(is_double(&b, 1e22, "1e22"));
	CHECK(is_double(&b, 9007199254740993.0, "9007199254740992"));
	CHECK(is_double(&b, 1.7976931348623157e308, "1.7976931348623157e308"));
	CHECK(is_double(&b, 2.2250738585072014e-308, "2.2250738585072014e-308"));
	CHECK(is_double(&b, 5e-324, "5e-324"));
	buf_release(&b);
}

static bool is_float(struct buf *b, float v, const char *text)
{
	json_put_float(b, v);
	return holds_text(b, text);
}

static void floats_too(void)
{
	struct buf b = BUF_INIT(1000);

	CHECK(is_float(&b, 0.0f, "0"));
	CHECK(is_float(&b, -0.0f, "-0.0"));
	CHECK(is_float(&b, 0.1f, "0.1"));
	CHECK(is_float(&b, -3.14f, "-3.14"));
	CHECK(is_float(&b, 16777216.0f, "16777216"));
	CHECK(is_float(&b, 1.1754944e-38f, "1.1754944e-38"));
	CHECK(is_float(&b, 3.4028235e38f, "3.4028235e38"));
	CHECK(is_float(&b, 1e-45f, "1e-45"));
	CHECK(is_float(&b, 1e10f, "1e10"));
	CHECK(is_float(&b, 123456.7f, "123456.7"));
	buf_release(&b);
}

/* The fewest digits that the C library needs to read v back. */
static unsigned digits_needed(double v)
{
	unsigned digits = 0;
	char text[40];

	do
		snprintf(text, sizeof(text), "%.*g", (int)++digits, v);
	while (strtod(text, NULL) != v);
	return digits;
}

/* The digits that count, from the first to the last that is not 0. */
static unsigned digits_in(struct str number)
{
	unsigned digits = 0, zeros = 0;

	for (size_t i = 0; i < number.n && number.p[i] != 'e'; i++) {
		if (number.p[i] >= '1' && number.p[i] <= '9') {
			digits += zeros + 1;
			zeros = 0;
		} else if (number.p[i] == '0' && digits > 0) {
			zeros++;
		}
	}
	return digits;
}

static bool double_is_right(struct buf *b, double v)
{
	struct json j;

	buf_clear(b);
	json_put_double(b, v);
	json_init(&j, buf_str(b));
	json_number(&j);
	return !j.bad && j.p == j.end && strtod(buf_text(b), NULL) == v && digits_in(buf_str(b)) <= digits_needed(v);
}

static void any_double_reads_back_the_same(void)
{
	struct buf b = BUF_INIT(1000);
	uint64_t state = 88172645463325252u;

	for (int i = 0; i < 5000; i++) {
		uint64_t bits = next_random(&state);
		double v, money = (double)(int64_t)(bits % 2000000000000) / 1000 - 1e9;

		memcpy(&v, &bits, sizeof(v));
		if (isfinite(v))
			CHECK(double_is_right(&b, v));
		CHECK(double_is_right(&b, money));
		CHECK(double_is_right(&b, (double)(float)money));
		CHECK(double_is_right(&b, ldexp((double)(bits >> 12), (int)(bits % 100) - 90)));
	}
	buf_release(&b);
}

static void any_float_reads_back_the_same(void)
{
	struct buf b = BUF_INIT(1000);
	uint64_t state = 42;

	for (int i = 0; i < 30000; i++) {
		uint32_t bits = (uint32_t)next_random(&state);
		float v;

		memcpy(&v, &bits, sizeof(v));
		if (!isfinite(v))
			continue;
		buf_clear(&b);
		json_put_float(&b, v);
		CHECK(b.n <= 15 && strtof(buf_text(&b), NULL) == v);
	}
	buf_release(&b);
}

void test_json_write(void)
{
	RUN(only_what_must_be_is_escaped);
	RUN(a_special_byte_is_seen_at_every_place);
	RUN(text_that_is_not_valid_leaves_no_trace);
	RUN(the_ceiling_holds_and_is_reached);
	RUN(keys_get_their_commas);
	RUN(doubles_have_their_shortest_digits);
	RUN(doubles_look_as_mysql_prints_them);
	RUN(floats_too);
	RUN(any_double_reads_back_the_same);
	RUN(any_float_reads_back_the_same);
}
