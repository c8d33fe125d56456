/* secret.c - what is kept is there, and cannot be seen. */
#include "base/secret.h"

#include "tests.h"

static void a_secret_comes_back_and_is_not_seen(void)
{
	struct arena a = ARENA_INIT;
	char bytes[1000];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 7);
	for (size_t n = 0; n <= sizeof(bytes); n += n < 40 ? 1 : 120) {
		struct secret s = secret_keep(&a, (struct str){ bytes, n }), copy = s;
		char *plain = secret_text(&copy);

		CHECK(s.n == n && memcmp(plain, bytes, n) == 0 && plain[n] == '\0');
		CHECK(n < 8 || memcmp(s.masked, bytes, n) != 0);
		secret_drop(&copy, plain);
	}
	arena_release(&a);
}

static void one_text_is_never_masked_alike_twice(void)
{
	struct arena a = ARENA_INIT;
	struct secret one = secret_keep(&a, STR_LIT("a long password")), two = secret_keep(&a, STR_LIT("a long password"));

	CHECK(memcmp(one.masked, two.masked, one.n) != 0);
	arena_release(&a);
}

void test_secret(void)
{
	RUN(a_secret_comes_back_and_is_not_seen);
	RUN(one_text_is_never_masked_alike_twice);
}
