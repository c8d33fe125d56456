/* rows.c - row images, whole and partial. */
#include "binlog/rows.h"

#include <stdlib.h>

#include "tests.h"

enum { N = 4 };

/* id int, j json, x tinyint, k json */
static bool make_plan(struct rows_plan *plan, struct err *e)
{
	static struct map_column columns[N] = {
		{ .type = TYPE_LONG, .length = 4 }, { .type = TYPE_JSON, .length = 4, .nullable = true },
		{ .type = TYPE_TINY, .length = 1, .nullable = true }, { .type = TYPE_JSON, .length = 4, .nullable = true },
	};
	struct column_facts facts[N] = { { .n_labels = 0 } };
	struct table_map map = { .n_columns = N, .columns = columns };

	rows_plan_init(plan);
	return rows_plan_make(plan, &map, facts, e);
}

/* Of an image that is cut, no value is read past its end. */
static void cut_it(const struct rows_plan *plan, const uint8_t *bitmap, bool partial, const uint8_t *bytes, size_t n)
{
	struct buf out = BUF_INIT(1 << 20);

	for (size_t cut = 0; cut < n; cut++) {
		uint8_t *exact = mem_alloc(cut + 1);
		struct err e = { 0 };
		struct cur c;

		memcpy(exact, bytes, cut);
		c = cur_of(exact, cut);
		CHECK(!(partial ? rows_partial_image_put : rows_image_put)(plan, bitmap, &c, &out, &e) && e.kind);
		free(exact);
	}
	buf_release(&out);
}

static bool puts_image(uint8_t bitmap, bool partial, const char *hex, const char *want)
{
	struct buf out = BUF_INIT(1 << 20);
	struct rows_plan plan;
	struct err e = { 0 };
	uint8_t bytes[256];
	size_t n = from_hex(hex, bytes, sizeof(bytes));
	struct cur c = cur_of(bytes, n);
	bool ok = make_plan(&plan, &e);

	ok = ok && (partial ? rows_partial_image_put : rows_image_put)(&plan, &bitmap, &c, &out, &e);
	ok = want ? ok && cur_left(&c) == 0 && str_is(buf_str(&out), want) : !ok && e.kind;
	if (!ok)
		printf("# %s: got %.*s (%s)\n", hex, STR(buf_str(&out)), e.text);
	if (want)
		cut_it(&plan, &bitmap, partial, bytes, n);
	buf_release(&out);
	rows_plan_release(&plan);
	return ok;
}

static void an_image_holds_the_columns_of_its_bitmap(void)
{
	CHECK(puts_image(0x0f, false, "fa 07000000 ff", "[7,null,-1,null]"));
	CHECK(puts_image(0x01, false, "fe 07000000", "[7]"));
	CHECK(puts_image(0x05, false, "fc 07000000", NULL));
	CHECK(puts_image(0x05, false, "02 07000000", "[7,null]"));
	CHECK(puts_image(0x0c, false, "02 05", "[5,null]"));
	CHECK(puts_image(0x00, false, "", "[]"));
}

/* The bits of a partial image count the JSON columns of the table, also those that the image does not hold. */
static void a_partial_image_holds_operations(void)
{
	CHECK(puts_image(0x0f, true, "01 01 08 07000000 06000000 02 04 245b305d 05", "[7,{\"json_diff\":[{\"op\":\"remove\",\"path\":\"$[0]\"}]},5,null]"));
	CHECK(puts_image(0x0c, true, "01 02 00 05 00000000", "[5,{\"json_diff\":[]}]"));
	CHECK(puts_image(0x0a, true, "01 02 00 02000000 0401 00000000", "[\"true\",{\"json_diff\":[]}]"));
	CHECK(puts_image(0x0a, true, "01 03 02 00000000", "[{\"json_diff\":[]},null]"));
	CHECK(puts_image(0x04, true, "01 00 00 05", "[5]"));
	CHECK(puts_image(0x0a, true, "00 00 02000000 0401 02000000 0402", "[\"true\",\"false\"]"));
}

static void a_partial_image_that_is_damaged_is_refused(void)
{
	CHECK(puts_image(0x0c, true, "02 02 00 05 00000000", NULL));
	CHECK(puts_image(0x0c, true, "01 02 00 05 01000000", NULL));
	CHECK(puts_image(0x0c, true, "01 02 00 05 01000000 07", NULL));
	CHECK(puts_image(0x0c, true, "", NULL));
}

/* The place of the cursor behind it is that of an image of which all is put. */
static void a_column_that_is_not_shown_is_read_alone(void)
{
	struct buf out = BUF_INIT(1 << 20);
	struct rows_plan plan;
	struct err e = { 0 };
	const uint8_t bitmap = 0x05;
	struct cur c;
	bool there;

	CHECK(make_plan(&plan, &e));
	plan.n_shown = 2;
	c = cur_of("\xfc\x07\0\0\0\x05", 6);
	CHECK(rows_image_put(&plan, &bitmap, &c, &out, &e) && str_is(buf_str(&out), "[7]") && cur_left(&c) == 0);
	buf_clear(&out);
	c = cur_of("\xfc\x07\0\0\0\x05", 6);
	CHECK(rows_image_value(&plan, &bitmap, &c, 2, &out, &there, &e) && there && str_is(buf_str(&out), "5") && cur_left(&c) == 0);
	buf_clear(&out);
	c = cur_of("\xfc\x07\0\0\0\x05", 6);
	CHECK(rows_image_value(&plan, &bitmap, &c, 1, &out, &there, &e) && !there && out.n == 0 && cur_left(&c) == 0);
	c = cur_of("\xfc\x07\0\0\0", 5);
	CHECK(!rows_image_value(&plan, &bitmap, &c, 0, &out, &there, &e) && e.kind);
	rows_plan_release(&plan);
	buf_release(&out);
}

void test_rows(void)
{
	RUN(an_image_holds_the_columns_of_its_bitmap);
	RUN(a_partial_image_holds_operations);
	RUN(a_partial_image_that_is_damaged_is_refused);
	RUN(a_column_that_is_not_shown_is_read_alone);
}
