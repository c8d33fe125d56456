#include "base/spool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tests.h"

static bool put_number(struct spool *s, unsigned n, size_t bytes)
{
	struct err e = { 0 };
	char number[20], *fill = mem_zalloc(bytes + 1);
	bool ok;

	snprintf(number, sizeof(number), "%u:", n);
	memset(fill, 'x', bytes);
	ok = spool_put(s, (struct str[]){ str_of(number), { fill, bytes } }, 2, &e);
	free(fill);
	return ok;
}

static bool next_is(struct spool *s, unsigned n, size_t bytes)
{
	struct str record, number;
	struct err e = { 0 };
	uint64_t got;
	bool more;

	return spool_next(s, &record, &more, &e) && more && str_cut(record, ':', &number, &record) && str_to_u64(number, &got) &&
	       got == n && record.n == bytes && (bytes == 0 || record.p[bytes - 1] == 'x');
}

static bool is_empty(struct spool *s)
{
	struct str record;
	struct err e = { 0 };
	bool more;

	return spool_next(s, &record, &more, &e) && !more;
}

/* Over the border between memory and file, again and again, with records of all sizes. */
static void what_is_put_is_taken_in_order(void)
{
	struct spool s;
	unsigned in = 0, out = 0, seed = 7;

	spool_init(&s, NULL, "a test");
	for (unsigned round = 0; round < 400; round++) {
		seed = seed * 1103515245 + 12345;
		for (unsigned k = seed >> 16 & 7; k > 0; k--, in++)
			CHECK(put_number(&s, in, in * 37 % 9000));
		for (unsigned k = seed >> 20 & (round < 200 ? 3 : 15); k > 0 && out < in; k--, out++)
			CHECK(next_is(&s, out, out * 37 % 9000));
		CHECK(s.tail.n - s.at <= 2 * SPOOL_MEMORY);
	}
	for (; out < in; out++)
		CHECK(next_is(&s, out, out * 37 % 9000));
	CHECK(is_empty(&s));
	CHECK(s.written == 0);
	CHECK(put_number(&s, 1, 3 * SPOOL_MEMORY) && put_number(&s, 2, 0));
	CHECK(s.fd >= 0 && next_is(&s, 1, 3 * SPOOL_MEMORY) && next_is(&s, 2, 0) && is_empty(&s));
	CHECK(put_number(&s, 3, 1));
	spool_clear(&s);
	CHECK(is_empty(&s));
	spool_release(&s);
}

static void a_directory_that_is_not_there_is_said(void)
{
	struct spool s;
	struct err e = { 0 };
	struct str big = { NULL, SPOOL_MEMORY };
	char *fill = mem_zalloc(SPOOL_MEMORY);

	big.p = fill;
	spool_init(&s, "/nonexistent", "a test");
	CHECK(spool_put(&s, &big, 1, &e));
	CHECK(!spool_put(&s, &big, 1, &e));
	CHECK(strstr(e.text, "cannot make a file to hold a test in '/nonexistent'"));
	free(fill);
	spool_release(&s);
}

void test_spool(void)
{
	what_is_put_is_taken_in_order();
	a_directory_that_is_not_there_is_said();
}
