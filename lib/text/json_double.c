#include "text/json_write.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

typedef unsigned __int128 wide;

#define TEN_8 100000000u
#define TEN_17 100000000000000000u
#define TEN_19 10000000000000000000u

/* n * 10^decimals; n has up to 55 bits, the power (up to 10^21) 70. */
static wide times_ten_to(uint64_t n, int decimals)
{
	static const uint64_t powers[] = {
		1u, 10u, 100u, 1000u, 10000u, 100000u, 1000000u, 10000000u,
		100000000u, 1000000000u, 10000000000u, 100000000000u, 1000000000000u,
		10000000000000u, 100000000000000u, 1000000000000000u, 10000000000000000u,
		100000000000000000u, 1000000000000000000u, 10000000000000000000u,
	};

	return decimals < 20 ? (wide)n * powers[decimals] : (wide)n * TEN_19 * powers[decimals - 19];
}

/* digits / 10^decimals, without an exponent. */
static void put_decimal(struct buf *b, uint64_t digits, int decimals)
{
	char text[40];
	int at = sizeof(text);

	for (; decimals < 0; decimals++)
		digits *= 10;
	for (int i = 0; digits > 0 || i <= decimals; i++) {
		if (i == decimals && i > 0)
			text[--at] = '.';
		text[--at] = (char)('0' + digits % 10);
		digits /= 10;
	}
	buf_put(b, text + at, sizeof(text) - (size_t)at);
}

/* Is there a multiple of by between low and high? Then the two become the first and the last of them, divided
 * by it. */
static inline bool shorten(uint64_t *low, uint64_t *high, uint64_t by)
{
	uint64_t first = (*low + by - 1) / by, last = *high / by;

	if (first > last)
		return false;
	*low = first;
	*high = last;
	return true;
}

/*
 * For mantissa / 2^scale from 1e-4 to 2^53. Scaled by a power of ten to 17 digits, the number and the
 * middles between it and its neighbours are whole numbers and a rest. What lies strictly between the
 * middles reads back as this number; the shortest of that is the one with the most zeros at its end.
 * narrow: the neighbour below is half as far away as the one above.
 */
static void put_shortest(struct buf *b, uint64_t mantissa, int scale, bool narrow)
{
	int exponent = 63 - __builtin_clzll(mantissa) - scale;	/* of 2, rounded down */
	int decimals = 16 - (exponent * 1233 >> 12);		/* 1233 / 4096 is the logarithm of 2 */
	int bits = scale + 2;
	uint64_t units = mantissa * 4, low, high, nearest, power = 1;

	if (times_ten_to(units, decimals) >> bits >= TEN_17)
		decimals--;
	nearest = (uint64_t)(times_ten_to(units, decimals) >> (bits - 1));	/* doubled, to round by it */
	low = (uint64_t)(times_ten_to(units - (narrow ? 1 : 2), decimals) >> bits) + 1;
	high = (uint64_t)((times_ten_to(units + 2, decimals) - 1) >> bits);
	for (; shorten(&low, &high, TEN_8); decimals -= 8)
		power *= TEN_8;
	for (; shorten(&low, &high, 10); decimals--)
		power *= 10;
	nearest = (nearest + power) / (power * 2);
	put_decimal(b, nearest < low ? low : nearest > high ? high : nearest, decimals);
}

/* "1e+05" is "1e5" here. */
static void put_tidy(struct buf *b, const char *text)
{
	const char *e = strchr(text, 'e');

	if (!e) {
		buf_put_text(b, text);
		return;
	}
	buf_put(b, text, (size_t)(e + 1 - text));
	e++;
	if (*e == '-')
		buf_put_char(b, '-');
	e++;
	while (*e == '0')
		e++;
	buf_put_text(b, e);
}

/* Zero, and whole numbers that are exact to the last digit, need no search. False when magnitude is still to
 * be put. */
static bool put_whole(struct buf *b, double v, double magnitude, double exact)
{
	if (v == 0) {
		buf_put_text(b, signbit(v) ? "-0.0" : "0");
		return true;
	}
	if (v < 0)
		buf_put_char(b, '-');
	if (magnitude >= exact || magnitude != floor(magnitude))
		return false;
	buf_put_u64(b, (uint64_t)magnitude);
	return true;
}

#define DOUBLE_BITS 52		/* of the mantissa, but for the first, which is not written */
#define DOUBLE_SCALE (1023 + DOUBLE_BITS)
#define DOUBLE_EXACT 9007199254740992.0
#define FLOAT_BITS 23
#define FLOAT_SCALE (127 + FLOAT_BITS)
#define FLOAT_EXACT 16777216.0f

void json_put_double(struct buf *b, double v)
{
	const uint64_t one = (uint64_t)1 << DOUBLE_BITS;
	double magnitude = fabs(v);
	int digits = magnitude < 1e-290 ? 1 : 15;	/* 15 are always right, but not the fewest near the end */
	char text[40];
	uint64_t bits;

	if (put_whole(b, v, magnitude, DOUBLE_EXACT))
		return;
	if (magnitude >= 1e-4 && magnitude < DOUBLE_EXACT) {
		memcpy(&bits, &magnitude, sizeof(bits));
		put_shortest(b, (bits & (one - 1)) | one, DOUBLE_SCALE - (int)(bits >> DOUBLE_BITS),
			     (bits & (one - 1)) == 0);
		return;
	}
	do
		snprintf(text, sizeof(text), "%.*g", digits++, magnitude);
	while (digits <= 17 && strtod(text, NULL) != magnitude);
	put_tidy(b, text);
}

void json_put_float(struct buf *b, float v)
{
	const uint32_t one = (uint32_t)1 << FLOAT_BITS;
	float magnitude = fabsf(v);
	int digits = magnitude < 1e-30f ? 1 : 6;
	char text[40];
	uint32_t bits;

	if (put_whole(b, (double)v, (double)magnitude, FLOAT_EXACT))
		return;
	if (magnitude >= 1e-4f && magnitude < FLOAT_EXACT) {
		memcpy(&bits, &magnitude, sizeof(bits));
		put_shortest(b, (bits & (one - 1)) | one, FLOAT_SCALE - (int)(bits >> FLOAT_BITS),
			     (bits & (one - 1)) == 0);
		return;
	}
	do
		snprintf(text, sizeof(text), "%.*g", digits++, (double)magnitude);
	while (digits <= 9 && strtof(text, NULL) != magnitude);
	put_tidy(b, text);
}
