/*
 * digits.h - numbers as text, by hand, where a row is written: no printf, one check of the room for each value.
 *
 * Callers: binlog/value, binlog/temporal, binlog/decimal, binlog/json.
 */
#ifndef BINLOG_DIGITS_H
#define BINLOG_DIGITS_H

#include "base/buf.h"

/* Room for n bytes; NULL where the ceiling is passed. The caller moves b->n. */
static inline char *digits_room(struct buf *b, size_t n)
{
	return b->cap - b->n >= n ? b->p + b->n : buf_room(b, n);
}

static inline void digits_done(struct buf *b, const char *end)
{
	b->n = (size_t)(end - b->p);
}

/* Two digits of v, which is below 100. */
static inline char *digits_two(char *at, unsigned v)
{
	static const char pairs[] =
		"0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849"
		"5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899";

	memcpy(at, pairs + 2 * v, 2);
	return at + 2;
}

/* Exactly n digits, zeros in front. */
static inline char *digits_fixed(char *at, uint64_t v, unsigned n)
{
	char *end = at + n;

	while (n >= 2) {
		n -= 2;
		digits_two(at + n, (unsigned)(v % 100));
		v /= 100;
	}
	if (n)
		*at = (char)('0' + v % 10);
	return end;
}

/* As many digits as it takes, at most 20. */
static inline char *digits_u64(char *at, uint64_t v)
{
	unsigned n = 1;

	for (uint64_t t = v; t >= 10; t /= 10)
		n++;
	return digits_fixed(at, v, n);
}

/* At most 10, without a 64-bit division. */
static inline char *digits_u32(char *at, uint32_t v)
{
	unsigned n = v < 10 ? 1 : v < 100 ? 2 : v < 1000 ? 3 : v < 10000 ? 4 : v < 100000 ? 5 : v < 1000000 ? 6 :
		     v < 10000000 ? 7 : v < 100000000 ? 8 : v < 1000000000 ? 9 : 10;
	char *end = at + n;

	while (n >= 2) {
		n -= 2;
		digits_two(at + n, v % 100);
		v /= 100;
	}
	if (n)
		*at = (char)('0' + v);
	return end;
}

#endif
