/* payload.c - transaction payloads: what they claim, and how much memory it takes to find out. */
#include "binlog/payload.h"

#include <stdlib.h>
#include <zstd.h>

#include "binlog/event.h"
#include "tests.h"

static struct err e;

static void put_le(char *at, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++, v >>= 8)
		at[i] = (char)v;
}

/* An event's header, in the zeroes that follow it in the payload. */
static void put_header(char *at, size_t size)
{
	memset(at, 0, BINLOG_HEADER_SIZE);
	at[4] = BINLOG_IGNORABLE;
	put_le(at + 9, size, 4);
}

/* The body of a payload of these bytes, for which the caller says how large they are. */
static void put_body(struct buf *b, const char *plain, size_t n, uint64_t claimed)
{
	size_t room = ZSTD_compressBound(n);
	char *packed = mem_alloc(room), field[9] = "\xfe";

	n = ZSTD_compress(packed, room, plain, n, 19);
	CHECK(!ZSTD_isError(n));
	buf_clear(b);
	buf_put(b, "\2\1\0", 3);
	buf_put(b, "\3\x09", 2);
	put_le(field + 1, claimed, 8);
	buf_put(b, field, 9);
	buf_put(b, "\1\x09", 2);
	put_le(field + 1, n, 8);
	buf_put(b, field, 9);
	buf_put(b, "\0", 1);
	buf_put(b, packed, n);
	free(packed);
}

/* How many events it has; -1 for a fault. *cap: the memory that it took. */
static long long count(struct str body, size_t *cap)
{
	struct payload p;
	struct str event;
	long long n = -1;
	bool more = true;

	payload_init(&p);
	e = (struct err){ 0 };
	if (payload_start(&p, body, &e))
		for (n = 0; more; n += more)
			if (!payload_next(&p, &event, &more, &e)) {
				n = -1;
				break;
			}
	*cap = p.plain.cap;
	payload_release(&p);
	return n;
}

static void a_large_transaction_takes_the_memory_of_its_largest_event(void)
{
	enum { SIZE = 8 << 10, EVENTS = 16 << 10 };	/* 128 MiB, out of some KiB */
	char *plain = mem_zalloc((size_t)SIZE * EVENTS);
	struct buf body = BUF_INIT(1 << 20);
	size_t cap;

	for (size_t i = 0; i < EVENTS; i++)
		put_header(plain + i * SIZE, SIZE);
	put_body(&body, plain, (size_t)SIZE * EVENTS, (size_t)SIZE * EVENTS);
	free(plain);
	CHECK(count(buf_str(&body), &cap) == EVENTS && cap <= 1 << 20);
	buf_release(&body);
}

static void what_a_payload_claims_takes_no_memory(void)
{
	char plain[1024] = "";
	struct buf body = BUF_INIT(1 << 20);
	size_t cap;

	/* 1 GiB by its own account: that is not looked at */
	put_header(plain, sizeof(plain));
	put_body(&body, plain, sizeof(plain), 1 << 30);
	CHECK(body.n < 1024 && count(buf_str(&body), &cap) == 1 && cap <= 1 << 20);
	/* 4 GiB by its event's account, of which there is 1 KiB */
	put_header(plain, UINT32_MAX);
	put_body(&body, plain, sizeof(plain), sizeof(plain));
	CHECK(count(buf_str(&body), &cap) == -1 && e.kind == &err_binlog_event && cap <= 1 << 20);
	/* less than a header by its event's account */
	put_header(plain, BINLOG_HEADER_SIZE - 1);
	put_body(&body, plain, sizeof(plain), sizeof(plain));
	CHECK(count(buf_str(&body), &cap) == -1 && e.kind == &err_binlog_event);
	buf_release(&body);
}

static void a_payload_that_is_cut_short_or_damaged_is_an_error(void)
{
	char plain[1024] = "";
	struct buf body = BUF_INIT(1 << 20);
	size_t cap;

	put_header(plain, sizeof(plain));
	put_body(&body, plain, sizeof(plain), sizeof(plain));
	for (size_t n = 0; n < body.n; n++)
		CHECK(count(str_first(buf_str(&body), n), &cap) == -1 && e.kind == &err_binlog_event);
	body.p[body.n - 3] ^= 0x55;
	CHECK(count(buf_str(&body), &cap) == -1 && e.kind == &err_binlog_event);
	buf_release(&body);
}

void test_payload(void)
{
	RUN(a_large_transaction_takes_the_memory_of_its_largest_event);
	RUN(what_a_payload_claims_takes_no_memory);
	RUN(a_payload_that_is_cut_short_or_damaged_is_an_error);
}
