#include "base/arena.h"

#include "tests.h"

static void what_is_handed_out_does_not_overlap(void)
{
	struct arena a = ARENA_INIT;
	unsigned char *p[300];
	bool good = true;

	for (int round = 0; round < 4; round++) {
		for (size_t i = 0; i < 300; i++) {
			size_t n = i * 37 % 1000 + (i % 50 == 0 ? 100000 : 0);

			p[i] = arena_alloc(&a, n);
			good = good && (uintptr_t)p[i] % 16 == 0;
			memset(p[i], (int)i & 0xff, n);
		}
		for (size_t i = 0; i < 300; i++) {
			size_t n = i * 37 % 1000 + (i % 50 == 0 ? 100000 : 0);

			for (size_t k = 0; k < n; k++)
				good = good && p[i][k] == (i & 0xff);
		}
		arena_clear(&a);
		CHECK(a.total == 0);
	}
	CHECK(good);
	arena_release(&a);
	CHECK(!a.first && !a.now && a.used == 0);
}

static size_t bytes_held(const struct arena *a);

static void clear_keeps_little_and_uses_it_again(void)
{
	struct arena a = ARENA_INIT;
	void *first = arena_alloc(&a, 10);
	size_t held;

	arena_clear(&a);
	CHECK(arena_alloc(&a, 10) == first);
	for (int i = 0; i < 100; i++)
		arena_alloc(&a, 60000);
	arena_alloc(&a, 10000000);
	CHECK(bytes_held(&a) > 10000000);
	arena_clear(&a);
	held = bytes_held(&a);
	CHECK(held > 0 && held <= 1 << 20);
	first = arena_alloc(&a, 10);
	arena_clear(&a);
	CHECK(arena_alloc(&a, 10) == first && bytes_held(&a) == held);
	arena_release(&a);
}

static void one_thing_takes_little(void)
{
	struct arena a = ARENA_INIT;

	arena_alloc(&a, 100);
	CHECK(bytes_held(&a) <= 1024);
	arena_alloc(&a, 2000);
	CHECK(bytes_held(&a) <= 4096);
	arena_release(&a);
}

/* Blocks are the arena's secret; what one holds shows in what it hands out without asking for more. */
struct arena_block {
	struct arena_block *next;
	size_t size;
};

static size_t bytes_held(const struct arena *a)
{
	size_t n = 0;

	for (const struct arena_block *b = a->first; b; b = b->next)
		n += b->size;
	return n;
}

static void a_loop_that_clears_stays_small(void)
{
	struct arena a = ARENA_INIT;
	size_t most = 0;

	for (int i = 0; i < 2000; i++) {
		arena_alloc(&a, (size_t)i * 131 % 200000);
		arena_alloc(&a, (size_t)i * 17 % 70000);
		arena_clear(&a);
		most = bytes_held(&a) > most ? bytes_held(&a) : most;
	}
	CHECK(most <= 1 << 20);
	arena_release(&a);
}

static void texts_end_in_nul(void)
{
	struct arena a = ARENA_INIT;
	struct str s = arena_str(&a, STR_LIT("a\0b"));

	CHECK(str_eq(s, STR_LIT("a\0b")) && s.p[3] == '\0');
	s = arena_str(&a, STR_NONE);
	CHECK(s.n == 0 && s.p && s.p[0] == '\0');
	s = arena_strf(&a, "%s/%d", "x", 42);
	CHECK(str_is(s, "x/42") && s.p[4] == '\0');
	s = arena_strf(&a, "%100000d", 1);
	CHECK(s.n == 100000);
	arena_release(&a);
}

static void arrays_are_zero(void)
{
	struct arena a = ARENA_INIT;
	bool zero = true;

	memset(arena_alloc(&a, 1000), 0xff, 1000);
	arena_clear(&a);
	for (int i = 0; i < 3; i++) {
		unsigned char *p = arena_array(&a, 100, 3);

		for (int k = 0; k < 300; k++)
			zero = zero && p[k] == 0;
	}
	CHECK(zero);
	CHECK(arena_array(&a, 0, 8));
	CHECK(arena_alloc(&a, 0));
	arena_release(&a);
	arena_release(&a);
}

void test_arena(void)
{
	RUN(what_is_handed_out_does_not_overlap);
	RUN(clear_keeps_little_and_uses_it_again);
	RUN(one_thing_takes_little);
	RUN(a_loop_that_clears_stays_small);
	RUN(texts_end_in_nul);
	RUN(arrays_are_zero);
}
