/*
 * rows.c - a table map and row images of it, without any event around them.
 *
 * Input: a byte of flags (1 of MariaDB, 2 unsigned, 4 latin1, 8 binary; what is left: the form and the digits of old types),
 * two bytes: the size of the map; the map behind its id; images, whose columns are all there.
 */
#include "fuzz.h"

#include "binlog/rows.h"
#include "text/charset.h"
#include "text/json_read.h"

static struct column_facts facts_of(uint8_t flags)
{
	return (struct column_facts){
		.is_unsigned = flags & 2,
		.charset = flags & 4 ? charset_of_name(STR_LIT("latin1")) : flags & 8 ? charset_of_name(STR_LIT("binary")) : NULL,
		.form = (enum column_form)(flags >> 4 & 3),
		.old_digits = flags >> 4 < 7 ? flags >> 4 : 6,
	};
}

static void put_images(const struct rows_plan *plan, struct str bytes)
{
	struct cur c = cur_of(bytes.p ? bytes.p : "", bytes.n);
	struct buf out = BUF_INIT(16 << 20);
	struct err e = { 0 };
	struct json j;

	for (size_t left = 0; cur_left(&c) > 0 && left != cur_left(&c);) {
		left = cur_left(&c);
		buf_clear(&out);
		if (!settled(rows_image_put(plan, NULL, &c, &out, &e), &e))
			break;
		MUST(cur_left(&c) <= left);
		if (out.over)
			continue;
		json_init(&j, buf_str(&out));
		MUST(json_peek(&j) == JSON_ARRAY && json_skip(&j).n == out.n);
	}
	buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str input = { (const char *)data, size };
	uint8_t flags = take_byte(&input);
	size_t low = take_byte(&input), n = low | (size_t)take_byte(&input) << 8;
	struct str body = { exact_copy(str_first(input, n)), str_first(input, n).n };
	struct arena a = ARENA_INIT;
	struct err e = { 0 };
	struct table_map map;
	struct rows_plan plan;

	rows_plan_init(&plan);
	if (settled(table_map_decode(&map, &a, body, flags & 1, &e), &e)) {
		struct column_facts *facts = arena_array(&a, map.n_columns, sizeof(*facts));

		for (size_t i = 0; i < map.n_columns; i++)
			facts[i] = facts_of((uint8_t)(flags + (i << 4)));
		if (settled(rows_plan_make(&plan, &map, facts, &e), &e))
			put_images(&plan, str_from(input, n));
	}
	rows_plan_release(&plan);
	arena_release(&a);
	free((char *)body.p);
	return 0;
}
