#include "base/buf.h"

#include "tests.h"

static void puts_add_up(void)
{
	struct buf b = BUF_INIT(1000);
	struct err e = { 0 };

	buf_put_text(&b, "a");
	buf_put_char(&b, 'b');
	buf_put_str(&b, STR_LIT("c\0d"));
	buf_put_str(&b, STR_NONE);
	buf_put_u64(&b, UINT64_MAX);
	buf_put_i64(&b, INT64_MIN);
	buf_put_i64(&b, 0);
	buf_putf(&b, "[%s-%d]", "x", 5);
	CHECK(str_eq(buf_str(&b), STR_LIT("abc\0d18446744073709551615-92233720368547758080[x-5]")));
	CHECK(buf_ok(&b, "it", &e) && !e.kind);
	buf_clear(&b);
	CHECK(b.n == 0 && b.cap > 0);
	buf_put_text(&b, "x");
	CHECK(strcmp(buf_text(&b), "x") == 0 && b.n == 1);
	buf_release(&b);
	CHECK(!b.p && b.n == 0 && b.limit == 1000);
	CHECK(strcmp(buf_text(&b), "") == 0);
	buf_release(&b);
}

/* For each ceiling: filled to the last byte it is good; one byte more is told, and what was there stays. */
static void the_ceiling_is_exact(void)
{
	static char text[2000];

	memset(text, 'x', sizeof(text));
	for (size_t limit = 0; limit < sizeof(text); limit += 1 + limit / 7) {
		struct buf b = BUF_INIT(limit);
		struct err e = { 0 };

		for (size_t i = 0; i < limit; i++)
			buf_put_char(&b, 'a');
		CHECK(b.n == limit && !b.over && b.cap <= limit);
		buf_put_char(&b, 'b');
		CHECK(b.n == limit && b.over);
		CHECK(!buf_ok(&b, "a name", &e) && e.kind == &err_too_big && strstr(e.text, "a name passes "));
		buf_clear(&b);
		buf_put(&b, text, limit);
		CHECK(b.n == limit && !b.over);
		buf_clear(&b);
		buf_put(&b, text, limit + 1);
		CHECK(b.n == 0 && b.over);
		buf_release(&b);
	}
}

static void formatted_text_reaches_the_ceiling(void)
{
	struct buf b = BUF_INIT(5);

	buf_putf(&b, "%s", "12345");
	CHECK(str_is(buf_str(&b), "12345") && !b.over);
	buf_clear(&b);
	buf_putf(&b, "%s", "123456");
	CHECK(b.n == 0 && b.over);
	buf_release(&b);
}

static void numbers_of_every_length(void)
{
	struct buf b = BUF_INIT(100);
	char text[30];

	for (uint64_t v = 1, last = 0; v > last; last = v, v *= 10) {
		for (int add = -1; add <= 1; add++) {
			snprintf(text, sizeof(text), "%llu", (unsigned long long)(v + (uint64_t)add));
			buf_clear(&b);
			buf_put_u64(&b, v + (uint64_t)add);
			CHECK(str_is(buf_str(&b), text));
		}
	}
	for (uint64_t v = 0; v < 1000; v++) {
		snprintf(text, sizeof(text), "%llu", (unsigned long long)v);
		buf_clear(&b);
		buf_put_u64(&b, v);
		CHECK(str_is(buf_str(&b), text));
	}
	buf_release(&b);
}

static void room_is_not_yet_content(void)
{
	struct buf b = BUF_INIT(100);
	char *at = buf_room(&b, 100);

	CHECK(at && b.n == 0);
	CHECK(!buf_room(&b, 101) && b.over);
	CHECK(!buf_room(&b, SIZE_MAX));
	b.n = 3;
	CHECK(!buf_room(&b, SIZE_MAX - 2));
	buf_release(&b);
}

static void products_and_sums_that_do_not_fit(void)
{
	size_t v = 5;

	CHECK(size_add(SIZE_MAX - 1, 1, &v) && v == SIZE_MAX);
	CHECK(!size_add(SIZE_MAX, 1, &v));
	CHECK(size_mul(SIZE_MAX / 2, 2, &v) && v == SIZE_MAX - 1);
	CHECK(!size_mul(SIZE_MAX / 2 + 1, 2, &v));
	CHECK(size_mul(0, SIZE_MAX, &v) && v == 0);
}

void test_buf(void)
{
	RUN(puts_add_up);
	RUN(the_ceiling_is_exact);
	RUN(formatted_text_reaches_the_ceiling);
	RUN(numbers_of_every_length);
	RUN(room_is_not_yet_content);
	RUN(products_and_sums_that_do_not_fit);
}
