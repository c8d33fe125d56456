#include "base/map.h"

#include <stdio.h>

#include "tests.h"

static int one = 1, two = 2;

static void put_get_take(void)
{
	struct map m = MAP_INIT;

	CHECK(!map_get(&m, STR_LIT("a")) && !map_has(&m, STR_LIT("a")) && !map_take(&m, STR_LIT("a")));
	CHECK(!map_put(&m, STR_LIT("a"), &one));
	CHECK(map_get(&m, STR_LIT("a")) == &one);
	CHECK(map_put(&m, STR_LIT("a"), &two) == &one);
	CHECK(map_get(&m, STR_LIT("a")) == &two && m.live == 1);
	CHECK(!map_put(&m, STR_NONE, &one) && map_get(&m, STR_LIT("")) == &one);
	CHECK(map_take(&m, STR_LIT("a")) == &two && m.live == 1);
	CHECK(!map_get(&m, STR_LIT("a")) && !map_has(&m, STR_LIT("a")));
	CHECK(!map_take(&m, STR_LIT("a")));
	map_release(&m);
	CHECK(!map_get(&m, STR_LIT("")));
}

static void what_was_taken_can_be_put_again(void)
{
	struct map m = MAP_INIT;

	map_put(&m, STR_LIT("a"), &one);
	map_take(&m, STR_LIT("a"));
	CHECK(!map_put(&m, STR_LIT("a"), &two));
	CHECK(map_get(&m, STR_LIT("a")) == &two && m.live == 1);
	CHECK(map_take(&m, STR_LIT("a")) == &two && m.live == 0);
	map_release(&m);
}

static void a_null_value_is_there(void)
{
	struct map m = MAP_INIT;

	map_put(&m, STR_LIT("a"), NULL);
	CHECK(map_has(&m, STR_LIT("a")) && !map_get(&m, STR_LIT("a")));
	map_release(&m);
}

static struct str name_of(char text[20], int i)
{
	return (struct str){ text, (size_t)snprintf(text, 20, "key%d", i) };
}

static void many_keys_in_their_order(void)
{
	static int values[5000];
	struct map m = MAP_INIT;
	struct map_entry *entry;
	char text[20];
	size_t at = 0;
	int i;

	for (i = 0; i < 5000; i++)
		map_put(&m, name_of(text, i), &values[i]);
	for (i = 0; i < 5000; i += 2)
		CHECK(map_take(&m, name_of(text, i)) == &values[i]);
	for (i = 1; (entry = map_next(&m, &at)); i += 2)
		CHECK(str_eq(entry->key, name_of(text, i)) && entry->value == &values[i]);
	CHECK(i == 5001 && m.live == 2500);
	for (i = 0; i < 5000; i++)
		CHECK(map_get(&m, name_of(text, i)) == (i % 2 ? &values[i] : NULL));
	map_release(&m);
}

/* Keys that come and go, as those of transactions do, must not pile up. */
static void what_is_gone_takes_no_room_for_ever(void)
{
	struct map m = MAP_INIT;
	char text[20];

	map_put(&m, STR_LIT("stays"), &one);
	for (int i = 0; i < 200000; i++) {
		map_put(&m, name_of(text, i), &two);
		map_put(&m, STR_LIT("also"), &two);
		CHECK(map_take(&m, name_of(text, i)) == &two);
	}
	CHECK(m.live == 2 && m.cap <= 1024);
	CHECK(m.keys.total <= 1 << 20);
	CHECK(map_get(&m, STR_LIT("stays")) == &one && map_get(&m, STR_LIT("also")) == &two);
	map_release(&m);
}

void test_map(void)
{
	RUN(put_get_take);
	RUN(what_was_taken_can_be_put_again);
	RUN(a_null_value_is_there);
	RUN(many_keys_in_their_order);
	RUN(what_is_gone_takes_no_room_for_ever);
}
