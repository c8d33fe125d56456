/* value.c - values of all column types, from the bytes that servers wrote to the JSON of the stream. */
#include "binlog/value.h"

#include <stdlib.h>

#include "tests.h"
#include "text/charset.h"

struct column_case {
	struct map_column column;
	struct column_facts facts;
	const char *hex;
	const char *want;		/* NULL: refused */
};

static bool decodes(const struct column_case *t)
{
	struct buf out = BUF_INIT(1 << 20), scratch = BUF_INIT(1 << 20);
	struct arena a = ARENA_INIT;
	struct column_plan plan;
	struct err e = { 0 };
	uint8_t bytes[4096];
	size_t n = from_hex(t->hex, bytes, sizeof(bytes));
	struct cur c = cur_of(bytes, n);
	const char *why = "no plan";
	bool ok;

	if (column_plan_make(&plan, &t->column, &t->facts, 1, &scratch, &a, &e))
		why = plan.put(&plan, &c, &out);
	ok = t->want ? !why && cur_left(&c) == 0 && str_is(buf_str(&out), t->want) : why != NULL;
	if (!ok)
		printf("# %s: got %.*s (%s), want %s\n", t->hex, STR(buf_str(&out)), why ? why : "good", t->want ? t->want : "refused");
	/* The same bytes, cut anywhere, are refused and never read past. */
	for (size_t cut = 0; !why && cut < n; cut++) {
		struct buf part = BUF_INIT(1 << 20);
		uint8_t *exact = mem_alloc(cut + 1);

		memcpy(exact, bytes, cut);
		c = cur_of(exact, cut);
		ok = plan.put(&plan, &c, &part) != NULL && ok;
		free(exact);
		buf_release(&part);
	}
	buf_release(&out);
	buf_release(&scratch);
	arena_release(&a);
	return ok;
}

static void check_all(const struct column_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++)
		CHECK(decodes(&cases[i]));
}

#define COUNT(list) (sizeof(list) / sizeof(*(list)))
#define PLAIN { .is_unsigned = false }
#define UNSIGNED { .is_unsigned = true }

static void integers_are_exact_to_their_ends(void)
{
	static const struct column_case cases[] = {
		{ { .type = TYPE_TINY }, PLAIN, "80", "-128" }, { { .type = TYPE_TINY }, UNSIGNED, "ff", "255" },
		{ { .type = TYPE_TINY }, PLAIN, "7f", "127" }, { { .type = TYPE_SHORT }, PLAIN, "0080", "-32768" },
		{ { .type = TYPE_SHORT }, UNSIGNED, "ffff", "65535" }, { { .type = TYPE_INT24 }, PLAIN, "000080", "-8388608" },
		{ { .type = TYPE_INT24 }, PLAIN, "ffff7f", "8388607" }, { { .type = TYPE_INT24 }, UNSIGNED, "ffffff", "16777215" },
		{ { .type = TYPE_LONG }, PLAIN, "00000080", "-2147483648" }, { { .type = TYPE_LONG }, PLAIN, "ffffffff", "-1" },
		{ { .type = TYPE_LONG }, UNSIGNED, "ffffffff", "4294967295" },
		{ { .type = TYPE_LONGLONG }, PLAIN, "0000000000000080", "-9223372036854775808" },
		{ { .type = TYPE_LONGLONG }, UNSIGNED, "ffffffffffffffff", "18446744073709551615" },
		{ { .type = TYPE_LONGLONG }, PLAIN, "00e40b5402000000", "10000000000" },
		/* what the map says counts */
		{ { .type = TYPE_LONG, .has_sign = true, .is_unsigned = true }, PLAIN, "ffffffff", "4294967295" },
		{ { .type = TYPE_LONG, .has_sign = true }, UNSIGNED, "ffffffff", "-1" },
		{ { .type = TYPE_YEAR }, PLAIN, "00", "0" }, { { .type = TYPE_YEAR }, PLAIN, "01", "1901" },
		{ { .type = TYPE_YEAR }, PLAIN, "ff", "2155" },
		{ { .type = TYPE_BIT, .length = 9 }, PLAIN, "0155", "341" }, { { .type = TYPE_BIT, .length = 1 }, PLAIN, "01", "1" },
		{ { .type = TYPE_BIT, .length = 64 }, PLAIN, "ffffffffffffffff", "18446744073709551615" },
		{ { .type = TYPE_NULL }, PLAIN, "", "null" },
	};

	check_all(cases, COUNT(cases));
}

static void floats_read_back_the_same(void)
{
	static const struct column_case cases[] = {
		{ { .type = TYPE_FLOAT, .length = 4 }, PLAIN, "cdcccc3d", "0.1" },
		{ { .type = TYPE_FLOAT, .length = 4 }, PLAIN, "000000bf", "-0.5" },
		{ { .type = TYPE_DOUBLE, .length = 8 }, PLAIN, "9a9999999999b93f", "0.1" },
		{ { .type = TYPE_DOUBLE, .length = 8 }, PLAIN, "ffffffffffffefff", "-1.7976931348623157e308" },
		{ { .type = TYPE_DOUBLE, .length = 8 }, PLAIN, "000000000000f07f", NULL },	/* infinite */
		{ { .type = TYPE_FLOAT, .length = 4 }, PLAIN, "0000c07f", NULL },		/* no number */
	};

	check_all(cases, COUNT(cases));
}

#define DECIMAL(p, s) { .type = TYPE_NEWDECIMAL, .precision = (p), .digits = (s) }

static void decimals_keep_all_digits(void)
{
	static const struct column_case cases[] = {
		{ DECIMAL(10, 0), PLAIN, "76c4653600", "\"-9999999999\"" },
		{ DECIMAL(5, 5), PLAIN, "7fcfc6", "\"-0.12345\"" },
		{ DECIMAL(9, 2), PLAIN, "8098967f63", "\"9999999.99\"" },
		{ DECIMAL(20, 9), PLAIN, "73eb655bcaf8a432ea", "\"-12345678901.123456789\"" },
		{ DECIMAL(20, 9), PLAIN, "7ffffffffffffffffe", "\"-0.000000001\"" },
		{ DECIMAL(10, 3), PLAIN, "8000000c0154", "\"12.340\"" },
		{ DECIMAL(1, 0), PLAIN, "80", "\"0\"" },
		{ DECIMAL(9, 0), PLAIN, "ffffffff", NULL },					/* ten digits in nine */
		{ DECIMAL(5, 5), PLAIN, "8fffff", NULL },
	};

	check_all(cases, COUNT(cases));
}

#define TEMPORAL(t, d) { .type = TYPE_##t, .digits = (d) }

static void dates_and_times_are_the_servers_text(void)
{
	static const struct column_case cases[] = {
		{ TEMPORAL(DATE, 0), PLAIN, "9f1f4e", "\"9999-12-31\"" }, { TEMPORAL(DATE, 0), PLAIN, "000000", "\"0000-00-00\"" },
		{ TEMPORAL(DATE, 0), PLAIN, "00d00f", "\"2024-00-00\"" }, { TEMPORAL(DATE, 0), PLAIN, "ffffff", NULL },
		{ TEMPORAL(TIME2, 0), PLAIN, "80c8b8", "\"12:34:56\"" }, { TEMPORAL(TIME2, 0), PLAIN, "7f3748", "\"-12:34:56\"" },
		{ TEMPORAL(TIME2, 0), PLAIN, "b46efb", "\"838:59:59\"" }, { TEMPORAL(TIME2, 0), PLAIN, "4b9105", "\"-838:59:59\"" },
		{ TEMPORAL(TIME2, 1), PLAIN, "7f3747ba", "\"-12:34:56.7\"" },
		{ TEMPORAL(TIME2, 1), PLAIN, "7ffffff6", "\"-00:00:00.1\"" },
		{ TEMPORAL(TIME2, 1), PLAIN, "7fffff00", "\"-00:00:01.0\"" },
		{ TEMPORAL(TIME2, 3), PLAIN, "4b9105d8fa", "\"-838:59:58.999\"" },
		{ TEMPORAL(TIME2, 6), PLAIN, "7fffffffffff", "\"-00:00:00.000001\"" },
		{ TEMPORAL(TIME2, 6), PLAIN, "7f3747f3f57d", "\"-12:34:56.789123\"" },
		{ TEMPORAL(TIME2, 0), PLAIN, "ffffff", NULL },
		{ TEMPORAL(DATETIME2, 0), PLAIN, "8000000000", "\"0000-00-00 00:00:00\"" },
		{ TEMPORAL(DATETIME2, 0), PLAIN, "99b240a000", "\"2024-01-00 10:00:00\"" },
		{ TEMPORAL(DATETIME2, 6), PLAIN, "fef3ff7efb0f423f", "\"9999-12-31 23:59:59.999999\"" },
		{ TEMPORAL(DATETIME2, 1), PLAIN, "80038200000a", "\"0001-01-01 00:00:00.1\"" },
		{ TEMPORAL(DATETIME2, 0), PLAIN, "0000000000", NULL },
		{ TEMPORAL(TIMESTAMP2, 4), PLAIN, "000000010001", "\"1970-01-01 00:00:01.0001\"" },
		{ TEMPORAL(TIMESTAMP2, 0), PLAIN, "00000000", "\"0000-00-00 00:00:00\"" },
		{ TEMPORAL(TIMESTAMP2, 2), PLAIN, "0000000000", "\"0000-00-00 00:00:00.00\"" },
		{ TEMPORAL(TIMESTAMP2, 0), PLAIN, "7fffffff", "\"2038-01-19 03:14:07\"" },
		{ TEMPORAL(TIMESTAMP2, 0), PLAIN, "ffffffff", "\"2106-02-07 06:28:15\"" },
		{ TEMPORAL(TIMESTAMP2, 0), PLAIN, "65e07bf0", "\"2024-02-29 12:43:28\"" },
		/* the types before 5.6.4 and MariaDB 10.1 */
		{ TEMPORAL(TIME, 0), PLAIN, "40e201", "\"12:34:56\"" }, { TEMPORAL(TIME, 0), PLAIN, "c01dfe", "\"-12:34:56\"" },
		{ TEMPORAL(DATETIME, 0), PLAIN, "80c5aa8b68120000", "\"2024-02-29 12:34:56\"" },
		{ TEMPORAL(DATETIME, 0), PLAIN, "ffffffffffffff7f", NULL },
		{ TEMPORAL(TIMESTAMP, 0), PLAIN, "f07be065", "\"2024-02-29 12:43:28\"" },
		{ TEMPORAL(TIMESTAMP, 0), { .old_digits = 3 }, "65e07bf0007b", "\"2024-02-29 12:43:28.123\"" },
		{ TEMPORAL(TIME, 0), { .old_digits = 1 }, "01cce060", "\"00:00:00.0\"" },
		{ TEMPORAL(TIME, 0), { .old_digits = 1 }, "01cce05f", "\"-00:00:00.1\"" },
	};

	check_all(cases, COUNT(cases));
}

static const struct str letters[] = { { "a", 1 }, { "b\"c", 3 }, { "d", 1 } };

static void labels_stand_for_numbers(void)
{
	static const struct column_facts known = { .n_labels = 3, .labels = letters };
	static const struct str some[] = { { "a", 1 }, { "", 0 } };
	static const struct column_facts empty = { .n_labels = 2, .labels = some };
	const struct column_case cases[] = {
		{ { .type = TYPE_SET, .length = 1 }, empty, "00", "0" },
		{ { .type = TYPE_SET, .length = 1 }, empty, "02", "2" },	/* the label '', not: no label */
		{ { .type = TYPE_SET, .length = 1 }, empty, "04", NULL },
		{ { .type = TYPE_ENUM, .length = 1 }, empty, "02", "\"\"" },
		{ { .type = TYPE_ENUM, .length = 1 }, known, "01", "\"a\"" },
		{ { .type = TYPE_ENUM, .length = 1 }, known, "02", "\"b\\\"c\"" },
		{ { .type = TYPE_ENUM, .length = 2 }, known, "0300", "\"d\"" },
		{ { .type = TYPE_ENUM, .length = 1 }, known, "00", "0" },	/* the error value */
		{ { .type = TYPE_ENUM, .length = 1 }, known, "04", NULL },
		{ { .type = TYPE_ENUM, .length = 1 }, PLAIN, "02", "2" },
		{ { .type = TYPE_SET, .length = 1 }, known, "00", "\"\"" },
		{ { .type = TYPE_SET, .length = 1 }, known, "05", "\"a,d\"" },
		{ { .type = TYPE_SET, .length = 1 }, known, "08", NULL },
		{ { .type = TYPE_SET, .length = 2 }, PLAIN, "0501", "261" },
		{ { .type = TYPE_SET, .length = 8 }, PLAIN, "0000000000000080", "9223372036854775808" },
	};

	check_all(cases, COUNT(cases));
}

#define COLLATED(t, n, id) { .type = (t), .length = (n), .has_collation = true, .collation = (id) }

static void text_is_converted_and_bytes_are_not(void)
{
	static const struct column_case cases[] = {
		{ COLLATED(TYPE_VARCHAR, 20, 45), PLAIN, "03616263", "\"abc\"" },
		{ COLLATED(TYPE_VARCHAR, 300, 45), PLAIN, "0300616263", "\"abc\"" },
		{ COLLATED(TYPE_VARCHAR, 20, 45), PLAIN, "04f09f9880", "\"\xf0\x9f\x98\x80\"" },
		{ COLLATED(TYPE_VARCHAR, 20, 45), PLAIN, "0341220a", "\"A\\\"\\n\"" },
		{ COLLATED(TYPE_VARCHAR, 20, 45), PLAIN, "0141", "\"A\"" },
		{ COLLATED(TYPE_VARCHAR, 20, 45), PLAIN, "01e9", "{\"base64\":\"6Q==\"}" },
		{ COLLATED(TYPE_VARCHAR, 20, 8), PLAIN, "01e9", "\"\xc3\xa9\"" },
		{ COLLATED(TYPE_VARCHAR, 20, 11), PLAIN, "02c3a9", "{\"base64\":\"w6k=\"}" },	/* ascii */
		{ COLLATED(TYPE_STRING, 10, 45), PLAIN, "00", "\"\"" },
		{ COLLATED(TYPE_STRING, 765, 33), PLAIN, "0200d0b6", "\"\xd0\xb6\"" },
		{ COLLATED(TYPE_BLOB, 1, 45), PLAIN, "0161", "\"a\"" },
		{ COLLATED(TYPE_BLOB, 4, 45), PLAIN, "0100000061", "\"a\"" },
		{ COLLATED(TYPE_BLOB, 2, 63), PLAIN, "030001ff00", "\"Af8A\"" },
		{ COLLATED(TYPE_STRING, 5, 63), PLAIN, "026162", "\"YWIAAAA=\"" },	/* zeros at the end come back */
		{ COLLATED(TYPE_STRING, 2, 63), PLAIN, "03616263", NULL },
		{ COLLATED(TYPE_VARCHAR, 5, 63), PLAIN, "026162", "\"YWI=\"" },
		{ COLLATED(TYPE_VARCHAR, 5, 9999), PLAIN, "0161", NULL },
		{ { .type = TYPE_BLOB, .length = 1 }, PLAIN, "01e9", "{\"base64\":\"6Q==\"}" },	/* charset not known */
		{ { .type = TYPE_GEOMETRY, .length = 4 }, PLAIN, "020000000001", "\"AAE=\"" },
		{ { .type = TYPE_VECTOR, .length = 4 }, PLAIN, "040000000000803f", "\"AACAPw==\"" },
		{ COLLATED(TYPE_STRING, 16, 63), { .form = FORM_UUID }, "00", "\"00000000-0000-0000-0000-000000000000\"" },
		{ COLLATED(TYPE_STRING, 16, 63), { .form = FORM_UUID }, "10123e4567e89b12d3a456426655440000",
		  "\"123e4567-e89b-12d3-a456-426655440000\"" },
		{ COLLATED(TYPE_STRING, 16, 63), { .form = FORM_INET6 }, "1020010db8000000000000000000000001", "\"2001:db8::1\"" },
		{ COLLATED(TYPE_STRING, 4, 63), { .form = FORM_INET4 }, "030a0000", "\"10.0.0.0\"" },
		/* COMPRESSED: as it is, and zlib; and claims that are not true */
		{ COLLATED(TYPE_VARCHAR_COMPRESSED, 20, 45), PLAIN, "020061", "\"a\"" },
		{ COLLATED(TYPE_BLOB_COMPRESSED, 1, 45), PLAIN, "0d8105789c4b4a4a4a4a0200", NULL },
		{ COLLATED(TYPE_BLOB_COMPRESSED, 1, 45), PLAIN, "0d8105789c4b4c04020005b401e6", "\"aaaaa\"" },
		{ COLLATED(TYPE_BLOB_COMPRESSED, 1, 45), PLAIN, "0d8104789c4b4c04020005b401e6", NULL },
		{ COLLATED(TYPE_BLOB_COMPRESSED, 1, 45), PLAIN, "0d8106789c4b4c04020005b401e6", NULL },
		{ COLLATED(TYPE_BLOB_COMPRESSED, 1, 45), PLAIN, "00", "\"\"" },
	};

	check_all(cases, COUNT(cases));
}

static void what_rows_cannot_have_is_refused(void)
{
	static const struct column_case cases[] = {
		{ { .type = TYPE_DECIMAL_OLD }, PLAIN, "00", NULL },
		{ { .type = TYPE_TYPED_ARRAY }, PLAIN, "00", NULL },
		{ { .type = 99 }, PLAIN, "00", NULL },
	};

	check_all(cases, COUNT(cases));
}

void test_value(void)
{
	RUN(integers_are_exact_to_their_ends);
	RUN(floats_read_back_the_same);
	RUN(decimals_keep_all_digits);
	RUN(dates_and_times_are_the_servers_text);
	RUN(labels_stand_for_numbers);
	RUN(text_is_converted_and_bytes_are_not);
	RUN(what_rows_cannot_have_is_refused);
}
