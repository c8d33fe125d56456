/* xxh64.c - see xxh64.h; after the description of the algorithm by Yann Collet */
#include "base/xxh64.h"

#define P1 11400714785074694791U
#define P2 14029467366897019727U
#define P3 1609587929392839161U
#define P4 9650029242287828579U
#define P5 2870177450012600261U

static inline uint64_t turn(uint64_t v, unsigned bits)
{
	return v << bits | v >> (64 - bits);
}

/* Little-endian, wherever we run. */
static inline uint64_t word(const unsigned char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? v : __builtin_bswap64(v);
}

static inline uint64_t mix(uint64_t lane, uint64_t v)
{
	return turn(lane + v * P2, 31) * P1;
}

/* The lanes in registers, for as many blocks as there are. */
static const unsigned char *blocks(struct xxh64 *x, const unsigned char *p, size_t n)
{
	uint64_t a = x->lanes[0], b = x->lanes[1], c = x->lanes[2], d = x->lanes[3];

	for (; n > 0; n--, p += 32) {
		a = mix(a, word(p));
		b = mix(b, word(p + 8));
		c = mix(c, word(p + 16));
		d = mix(d, word(p + 24));
	}
	x->lanes[0] = a;
	x->lanes[1] = b;
	x->lanes[2] = c;
	x->lanes[3] = d;
	return p;
}

void xxh64_init(struct xxh64 *x)
{
	*x = (struct xxh64){ .lanes = { P1 + P2, P2, 0, 0 - P1 } };
}

void xxh64_add(struct xxh64 *x, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;
	size_t held = x->total % sizeof(x->held);

	x->total += n;
	if (held > 0) {
		size_t take = sizeof(x->held) - held < n ? sizeof(x->held) - held : n;

		memcpy(x->held + held, p, take);
		p += take;
		n -= take;
		if (held + take < sizeof(x->held))
			return;
		blocks(x, x->held, 1);
	}
	p = blocks(x, p, n / sizeof(x->held));
	n %= sizeof(x->held);
	if (n > 0)
		memcpy(x->held, p, n);
}

static uint64_t join(const struct xxh64 *x)
{
	uint64_t h = turn(x->lanes[0], 1) + turn(x->lanes[1], 7) + turn(x->lanes[2], 12) + turn(x->lanes[3], 18);

	for (int i = 0; i < 4; i++)
		h = (h ^ mix(0, x->lanes[i])) * P1 + P4;
	return h;
}

uint64_t xxh64_sum(const struct xxh64 *x)
{
	uint64_t h = (x->total >= sizeof(x->held) ? join(x) : P5) + x->total;
	size_t n = x->total % sizeof(x->held), at = 0;

	for (; n - at >= 8; at += 8)
		h = turn(h ^ mix(0, word(x->held + at)), 27) * P1 + P4;
	if (n - at >= 4) {
		uint64_t half = (uint64_t)x->held[at] | (uint64_t)x->held[at + 1] << 8 | (uint64_t)x->held[at + 2] << 16 |
				(uint64_t)x->held[at + 3] << 24;

		h = turn(h ^ half * P1, 23) * P2 + P3;
		at += 4;
	}
	for (; at < n; at++)
		h = turn(h ^ x->held[at] * P5, 11) * P1;
	h = (h ^ h >> 33) * P2;
	h = (h ^ h >> 29) * P3;
	return h ^ h >> 32;
}
