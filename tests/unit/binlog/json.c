/* json.c - MySQL's binary JSON as the server's own text. */
#include "binlog/json.h"

#include <stdlib.h>

#include "binlog/cur.h"
#include "tests.h"

static bool prints(const char *hex, const char *want)
{
	struct buf out = BUF_INIT(1 << 20);
	uint8_t bytes[4096];
	size_t n = from_hex(hex, bytes, sizeof(bytes));
	const char *why = put_json((struct str){ (char *)bytes, n }, &out);
	bool ok = want ? !why && str_is(buf_str(&out), want) : why != NULL;

	if (!ok)
		printf("# %s: got %.*s (%s), want %s\n", hex, STR(buf_str(&out)), why ? why : "good", want ? want : "refused");
	/* Cut anywhere it may be refused or mean less, and must not be read past. */
	for (size_t cut = 1; cut < n; cut++) {
		uint8_t *exact = mem_alloc(cut);

		memcpy(exact, bytes, cut);
		buf_clear(&out);
		put_json((struct str){ (char *)exact, cut }, &out);
		free(exact);
	}
	buf_release(&out);
	return ok;
}

static void scalars_are_printed(void)
{
	CHECK(prints("", "null"));
	CHECK(prints("0400", "null"));
	CHECK(prints("0401", "true"));
	CHECK(prints("0402", "false"));
	CHECK(prints("0403", NULL));
	CHECK(prints("05ffff", "-1"));
	CHECK(prints("06ffff", "65535"));
	CHECK(prints("0700000080", "-2147483648"));
	CHECK(prints("08ffffffff", "4294967295"));
	CHECK(prints("090000000000000080", "-9223372036854775808"));
	CHECK(prints("0affffffffffffffff", "18446744073709551615"));
	CHECK(prints("0c03616263", "\"abc\""));
	CHECK(prints("0c0422085c0a", "\"\\\"\\b\\\\\\n\""));
	CHECK(prints("0c02011f", "\"\\u0001\\u001f\""));
	CHECK(prints("0c01ff", NULL));
	CHECK(prints("0cffffffffff00", NULL));
	CHECK(prints("0d00", NULL));
}

static void doubles_are_printed_as_the_server_does(void)
{
	CHECK(prints("0b0000000000000000", "0.0"));
	CHECK(prints("0b0000000000000080", "-0.0"));
	CHECK(prints("0b000000000000f03f", "1.0"));
	CHECK(prints("0b9a9999999999b9bf", "-0.1"));
	CHECK(prints("0b00000000006af840", "100000.0"));
	CHECK(prints("0b00003426f56b0c43", "1e15"));
	CHECK(prints("0b0080e03779c34143", "1e16"));
	CHECK(prints("0b0000901ec4bcd642", "100000000000000.0"));
	CHECK(prints("0bbc89d897b2d29c3c", "1e-16"));
	CHECK(prints("0b6bde77832112dc42", "123456789012345.67"));
	CHECK(prints("0b48afbc9af2d77a3e", "0.0000001"));
	CHECK(prints("0b0100000000000000", "5e-324"));
	CHECK(prints("0bffffffffffffef7f", "1.7976931348623157e308"));
	CHECK(prints("0b000000000000f07f", NULL));
}

static void containers_are_printed(void)
{
	CHECK(prints("0000000400", "{}"));
	CHECK(prints("0200000400", "[]"));
	/* {"a": 1} : one small object, inlined */
	CHECK(prints("00 0100 0c00 0b00 0100 05 0100 61", "{\"a\": 1}"));
	/* [true, "x"] */
	CHECK(prints("02 0200 0c00 04 0100 0c 0a00 0178", "[true, \"x\"]"));
	/* [[]] */
	CHECK(prints("02 0100 0b00 02 0700 0000 0400", "[[]]"));
	/* large array with an inlined int32 */
	CHECK(prints("03 01000000 0d000000 07 ffffffff", "[-1]"));
	/* more members than bytes, sizes past the end, offsets past the size */
	CHECK(prints("02 ffff 0400", NULL));
	CHECK(prints("02 0100 ff00 05 0100", NULL));
	CHECK(prints("02 0100 0700 0c ff00", NULL));
	CHECK(prints("00 0100 0b00 ff00 0100 05 0100", NULL));
}

static void what_json_has_no_type_for_is_printed(void)
{
	CHECK(prints("0ff6 04 0402 8c22", "12.34"));
	/* Computed ones have more digits than a column can: 81, or 72 behind the point. */
	CHECK(prints("0ff6 26 5100 bb9ac9ff 3b9ac9ff 3b9ac9ff 3b9ac9ff 3b9ac9ff 3b9ac9ff 3b9ac9ff 3b9ac9ff 3b9ac9ff",
		     "999999999999999999999999999999999999999999999999999999999999999999999999999999999"));
	CHECK(prints("0ff6 23 4948 80 075bcd15 00bc614e 35b7bf87 350e34c0 2f075f79 2877 35f2 21d950cb 1b3a0c14",
		     "0.123456789012345678901234567890123456789012345678901234567890123456789012"));
	CHECK(prints("0ff6 26 5200 bb9ac9ff 3b9ac9ff 3b9ac9ff 3b9ac9ff 3b9ac9ff 3b9ac9ff 3b9ac9ff 3b9ac9ff 3b9ac9ff", NULL));
	CHECK(prints("0ff6 04 0002 8c22", NULL));
	CHECK(prints("0ff6 03 0402 8c", NULL));
	CHECK(prints("0ffd 02 6869", "\"hi\""));
	CHECK(prints("0f0c 08 e02e0019761f9519", "\"2015-01-15 23:24:25.012000\""));
	CHECK(prints("0f07 08 e02e0019761f9519", "\"2015-01-15 23:24:25.012000\""));
	CHECK(prints("0f0a 08 00000000001e9519", "\"2015-01-15\""));
	CHECK(prints("0f0b 08 20d1ffe689feffff", "\"-23:24:25.012000\""));
	CHECK(prints("0f0b 07 20d1ffe689feff", NULL));
	CHECK(prints("0f0c 08 ffffffffffffffff", NULL));
	CHECK(prints("0f10 02 0101", "\"base64:type16:AQE=\""));
	CHECK(prints("0f10 05 01", NULL));
}

/* A damaged document whose entries all share one value must not grow without end. */
static void a_document_does_not_explode(void)
{
	struct buf doc = BUF_INIT(1 << 20), out = BUF_INIT((size_t)1 << 30);
	enum { LEVELS = 60, FAN = 100, HEADER = 4 + FAN * 3 };

	buf_put_char(&doc, 2);
	for (int level = 0; level < LEVELS; level++) {
		uint16_t size = (uint16_t)((LEVELS - level) * HEADER + 4);

		buf_putf(&doc, "%c%c%c%c", FAN, 0, size & 255, size >> 8);
		for (int i = 0; i < FAN; i++)
			buf_putf(&doc, "%c%c%c", 2, HEADER & 255, HEADER >> 8);
	}
	buf_put(&doc, "\0\0\4\0", 4);
	CHECK(put_json(buf_str(&doc), &out) != NULL);
	CHECK(out.n < 4 << 20);
	buf_release(&doc);
	buf_release(&out);
}

static void depth_is_bounded(void)
{
	struct buf doc = BUF_INIT(1 << 20), out = BUF_INIT(1 << 20);
	enum { LEVELS = 200 };

	buf_put_char(&doc, 2);
	for (int level = LEVELS; level > 0; level--)
		buf_putf(&doc, "%c%c%c%c%c%c%c", 1, 0, (level * 7 + 4) & 255, (level * 7 + 4) >> 8, 2, 7, 0);
	buf_put(&doc, "\0\0\4\0", 4);
	CHECK(put_json(buf_str(&doc), &out) != NULL);
	buf_release(&doc);
	buf_release(&out);
}

static bool lists(const char *hex, const char *want)
{
	struct buf out = BUF_INIT(1 << 20), scratch = BUF_INIT(1 << 20);
	uint8_t bytes[512];
	size_t n = from_hex(hex, bytes, sizeof(bytes));
	const char *why = put_json_diff((struct str){ (char *)bytes, n }, &scratch, &out);
	bool ok = want ? !why && str_is(buf_str(&out), want) : why != NULL;

	if (!ok)
		printf("# %s: got %.*s (%s)\n", hex, STR(buf_str(&out)), why ? why : "good");
	for (size_t cut = 1; cut < n; cut++) {
		uint8_t *exact = mem_alloc(cut);

		memcpy(exact, bytes, cut);
		buf_clear(&out);
		put_json_diff((struct str){ (char *)exact, cut }, &scratch, &out);
		free(exact);
	}
	buf_release(&out);
	buf_release(&scratch);
	return ok;
}

static void operations_are_listed_in_their_order(void)
{
	CHECK(lists("", "[]"));
	CHECK(lists("00 03 242e61 03 050200", "[{\"op\":\"replace\",\"path\":\"$.a\",\"value\":\"2\"}]"));
	CHECK(lists("01 03 242e61 03 0c0178 02 04 245b305d",
		    "[{\"op\":\"insert\",\"path\":\"$.a\",\"value\":\"\\\"x\\\"\"},{\"op\":\"remove\",\"path\":\"$[0]\"}]"));
	CHECK(lists("02 06 242e22712222", "[{\"op\":\"remove\",\"path\":\"$.\\\"q\\\"\\\"\"}]"));
}

static void operations_that_are_damaged_are_refused(void)
{
	CHECK(lists("03 03 242e61", NULL));
	CHECK(lists("00 03 242e61", NULL));
	CHECK(lists("00 03 242e61 00", NULL));
	CHECK(lists("00 03 242e61 04 050200", NULL));
	CHECK(lists("00 03 242e61 03 0d0200", NULL));
	CHECK(lists("02 03 242eff", NULL));
	CHECK(lists("02 09 242e61", NULL));
	CHECK(lists("02 ff 242e61", NULL));
}

void test_json(void)
{
	RUN(scalars_are_printed);
	RUN(doubles_are_printed_as_the_server_does);
	RUN(containers_are_printed);
	RUN(what_json_has_no_type_for_is_printed);
	RUN(a_document_does_not_explode);
	RUN(depth_is_bounded);
	RUN(operations_are_listed_in_their_order);
	RUN(operations_that_are_damaged_are_refused);
}
