#include "base/xxh64.h"

#include "tests.h"

static uint64_t sum_of(const char *text)
{
	struct xxh64 x;

	xxh64_init(&x);
	xxh64_add(&x, text, strlen(text));
	return xxh64_sum(&x);
}

/* What xxhsum -H1 prints. */
static void texts_have_the_known_sums(void)
{
	CHECK(sum_of("") == 0xef46db3751d8e999U);
	CHECK(sum_of("a") == 0xd24ec4f1a98c6e5bU);
	CHECK(sum_of("abc") == 0x44bc2cf5ad770999U);
	CHECK(sum_of("asdf") == 0x415872f599cea71eU);
	CHECK(sum_of("Nobody inspects the spammish repetition") == 0xfbcea83c8a378bf1U);
	CHECK(sum_of("Call me Ishmael. Some years ago--never mind how long precisely-") == 0x02a2e85470d6fd96U);
}

static void pieces_sum_up_as_the_whole(void)
{
	char bytes[300];
	struct xxh64 whole, pieces;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 37 % 251);
	for (size_t step = 1; step < 70; step++) {
		xxh64_init(&whole);
		xxh64_add(&whole, bytes, sizeof(bytes));
		xxh64_init(&pieces);
		for (size_t at = 0; at < sizeof(bytes); at += step)
			xxh64_add(&pieces, bytes + at, step < sizeof(bytes) - at ? step : sizeof(bytes) - at);
		CHECK(xxh64_sum(&pieces) == xxh64_sum(&whole));
	}
}

void test_xxh64(void)
{
	RUN(texts_have_the_known_sums);
	RUN(pieces_sum_up_as_the_whole);
}
