#include "text/base64.h"

#include "tests.h"

static void the_vectors_of_the_rfc(void)
{
	static const char *const pairs[][2] = {
		{ "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" }, { "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" },
	};
	struct buf b = BUF_INIT(100);
	struct arena a = ARENA_INIT;

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct str bytes;

		base64_put(&b, str_of(pairs[i][0]));
		CHECK(holds_text(&b, pairs[i][1]));
		CHECK(base64_take(&a, str_of(pairs[i][1]), &bytes));
		CHECK(str_is(bytes, pairs[i][0]));
	}
	buf_release(&b);
	arena_release(&a);
}

static void all_bytes_go_there_and_back(void)
{
	struct buf b = BUF_INIT(1000);
	struct arena a = ARENA_INIT;
	char bytes[256];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(255 - i);
	for (size_t n = 0; n <= sizeof(bytes); n++) {
		struct str back;

		buf_clear(&b);
		base64_put(&b, (struct str){ bytes, n });
		CHECK(b.n == (n + 2) / 3 * 4);
		CHECK(base64_take(&a, buf_str(&b), &back));
		CHECK(str_eq(back, (struct str){ bytes, n }));
	}
	buf_release(&b);
	arena_release(&a);
}

static void what_is_not_base64_is_refused(void)
{
	static const char *const bad[] = {
		"Z", "Zg", "Zg=", "Zg===", "=", "====", "Zm=v", "Zm9v=", "Z===", "Zg==Zg==", "Zm9v\n", "Zm9 ", "Zm-_",
		"Zh==", "Zm9=", "Zm9\xff", "=m9v", "Zm9vZ===", "\x80m9v",
	};
	struct arena a = ARENA_INIT;
	struct str untouched = STR_LIT("as it was"), bytes = untouched;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		bool took = base64_take(&a, str_of(bad[i]), &bytes);

		CHECK(!took && bytes.p == untouched.p);
		if (took)
			printf("# took '%s'\n", bad[i]);
	}
	CHECK(!base64_take(&a, STR_LIT("Zm\0v"), &bytes));
	arena_release(&a);
}

static void no_room_leaves_nothing(void)
{
	struct buf b = BUF_INIT(7);
	struct err e = { 0 };

	base64_put(&b, STR_LIT("foobar"));
	CHECK(b.n == 0);
	CHECK(!buf_ok(&b, "x", &e));
	buf_release(&b);
}

void test_base64(void)
{
	RUN(the_vectors_of_the_rfc);
	RUN(all_bytes_go_there_and_back);
	RUN(what_is_not_base64_is_refused);
	RUN(no_room_leaves_nothing);
}
