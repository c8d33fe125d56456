#include "base/str.h"

#include "tests.h"

static void equal_texts(void)
{
	CHECK(str_eq(STR_NONE, STR_LIT("")));
	CHECK(str_eq(STR_LIT("a\0b"), STR_LIT("a\0b")));
	CHECK(!str_eq(STR_LIT("a\0b"), STR_LIT("a\0c")));
	CHECK(!str_eq(STR_LIT("a"), STR_LIT("ab")));
	CHECK(str_is(STR_LIT("abc"), "abc"));
	CHECK(!str_is(STR_LIT("abc"), "ab"));
	CHECK(str_of(NULL).n == 0 && str_of("abc").n == 3);
	CHECK(str_is_nocase(STR_LIT("aBz_Z"), "AbZ_z"));
	CHECK(!str_is_nocase(STR_LIT("é"), "É"));
	CHECK(!str_is_nocase(STR_LIT("@[`{"), "`{@["));
	CHECK(!str_eq_nocase(STR_LIT("ab"), STR_LIT("a")));
}

static void order_is_that_of_bytes(void)
{
	CHECK(str_compare(STR_LIT("a"), STR_LIT("b")) < 0);
	CHECK(str_compare(STR_LIT("b"), STR_LIT("a")) > 0);
	CHECK(str_compare(STR_LIT("a"), STR_LIT("a")) == 0);
	CHECK(str_compare(STR_LIT("a"), STR_LIT("ab")) < 0);
	CHECK(str_compare(STR_LIT("ab"), STR_LIT("a")) > 0);
	CHECK(str_compare(STR_NONE, STR_LIT("")) == 0);
	CHECK(str_compare(STR_NONE, STR_LIT("a")) < 0);
	CHECK(str_compare(STR_LIT("z"), STR_LIT("\xc3")) < 0);
}

static void parts(void)
{
	CHECK(str_starts(STR_LIT("abc"), STR_LIT("ab")));
	CHECK(str_starts(STR_LIT("abc"), STR_LIT("")));
	CHECK(!str_starts(STR_LIT("ab"), STR_LIT("abc")));
	CHECK(str_starts_nocase(STR_LIT("ABc"), STR_LIT("abC")));
	CHECK(str_ends(STR_LIT("abc"), STR_LIT("bc")));
	CHECK(str_ends(STR_LIT("abc"), STR_LIT("")));
	CHECK(!str_ends(STR_LIT("bc"), STR_LIT("abc")));
	CHECK(str_is(str_from(STR_LIT("abc"), 1), "bc"));
	CHECK(str_is(str_from(STR_LIT("abc"), 9), ""));
	CHECK(str_from(STR_NONE, 5).n == 0);
	CHECK(str_is(str_first(STR_LIT("abc"), 2), "ab"));
	CHECK(str_is(str_first(STR_LIT("abc"), 9), "abc"));
	CHECK(str_find(STR_LIT("abcabc"), STR_LIT("ca")) == 2);
	CHECK(str_find(STR_LIT("abc"), STR_LIT("")) == 0);
	CHECK(str_find(STR_LIT("abc"), STR_LIT("abcd")) == SIZE_MAX);
	CHECK(str_find(STR_NONE, STR_LIT("a")) == SIZE_MAX);
	CHECK(str_is(str_trim(STR_LIT(" \t\r\n\v\fa b ")), "a b"));
	CHECK(str_trim(STR_LIT("  ")).n == 0);
	CHECK(str_trim(STR_NONE).n == 0);
}

static void cuts(void)
{
	struct str before = STR_LIT("x"), after = STR_LIT("y");

	CHECK(!str_cut(STR_LIT("abc"), ':', &before, &after));
	CHECK(str_is(before, "x") && str_is(after, "y"));
	CHECK(!str_cut(STR_NONE, ':', &before, &after));
	CHECK(str_cut(STR_LIT("a:b:c"), ':', &before, &after));
	CHECK(str_is(before, "a") && str_is(after, "b:c"));
	CHECK(str_cut_last(STR_LIT("a:b:c"), ':', &before, &after));
	CHECK(str_is(before, "a:b") && str_is(after, "c"));
	CHECK(str_cut(STR_LIT(":"), ':', &before, &after) && before.n == 0 && after.n == 0);
	CHECK(str_cut(STR_LIT("a:b"), ':', NULL, &after) && str_is(after, "b"));
	CHECK(str_cut_last(STR_LIT("a:b"), ':', &before, NULL) && str_is(before, "a"));
	CHECK(!str_cut_last(STR_LIT("ab"), ':', &before, &after));
	before = STR_LIT("k=v=w");
	CHECK(str_cut(before, '=', &before, &before) && str_is(before, "v=w"));
}

static bool u64(const char *text, uint64_t want)
{
	uint64_t v = 77;

	return str_to_u64(str_of(text), &v) && v == want;
}

static bool i64(const char *text, int64_t want)
{
	int64_t v = 77;

	return str_to_i64(str_of(text), &v) && v == want;
}

static void numbers_are_read_whole(void)
{
	static const char *const no_u64[] = { "", " 1", "1 ", "+1", "-1", "1.0", "0x1", "1e3", "18446744073709551616",
					      "99999999999999999999" };
	static const char *const no_i64[] = { "", "-", "--1", "- 1", "9223372036854775808", "-9223372036854775809" };
	uint64_t u = 5;
	int64_t i = 5;

	CHECK(u64("0", 0) && u64("007", 7) && u64("18446744073709551615", UINT64_MAX));
	CHECK(i64("0", 0) && i64("-0", 0) && i64("-1", -1));
	CHECK(i64("9223372036854775807", INT64_MAX) && i64("-9223372036854775808", INT64_MIN));
	for (size_t k = 0; k < sizeof(no_u64) / sizeof(no_u64[0]); k++)
		CHECK(!str_to_u64(str_of(no_u64[k]), &u) && u == 5);
	for (size_t k = 0; k < sizeof(no_i64) / sizeof(no_i64[0]); k++)
		CHECK(!str_to_i64(str_of(no_i64[k]), &i) && i == 5);
	CHECK(!str_to_u64(STR_LIT("1\0"), &u));
}

static void hashes_differ(void)
{
	CHECK(str_hash(STR_LIT("a")) == str_hash(STR_LIT("a")));
	CHECK(str_hash(STR_LIT("a")) != str_hash(STR_LIT("b")));
	CHECK(str_hash(STR_LIT("a")) != str_hash(STR_LIT("a\0")));
	CHECK(str_hash(STR_NONE) == str_hash(STR_LIT("")));
}

static void sums_tell_texts_and_their_order(void)
{
	struct str a = STR_LIT("0123456789abcdef"), b = STR_LIT("0123456789abcdeg");

	CHECK(str_sum(0, a) == str_sum(0, a) && str_sum(0, a) != str_sum(0, b));
	CHECK(str_sum(str_sum(0, a), b) != str_sum(str_sum(0, b), a));
	CHECK(str_sum(str_sum(0, str_first(a, 3)), str_from(a, 3)) != str_sum(str_sum(0, str_first(a, 4)), str_from(a, 4)));
	CHECK(str_sum(0, str_first(a, 8)) != str_sum(0, str_first(a, 9)) && str_sum(0, STR_LIT("")) != str_sum(0, STR_LIT("\0")));
	CHECK(str_sum(1, STR_NONE) != str_sum(2, STR_NONE));
}

void test_str(void)
{
	RUN(equal_texts);
	RUN(order_is_that_of_bytes);
	RUN(parts);
	RUN(cuts);
	RUN(numbers_are_read_whole);
	RUN(hashes_differ);
	RUN(sums_tell_texts_and_their_order);
}
