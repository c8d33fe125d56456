/* xxh64.c - see xxh64.h; after the description of the algorithm by Yann Collet */
#include "base/xxh64.h"

#define P1 11400714785074694791U
#define P2 14029467366897019727U
#define P3 1609587929392839161U
#define P4 9650029242287828579U
#define P5 2870177450012600261U

static uint64_t turn(uint64_t v, unsigned bits)
{
	return v << bits | v >> (64 - bits);
}

/* Little-endian, wherever we run; a compiler makes one load of it. */
static uint64_t word(const unsigned char *p)
{
	return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24 | (uint64_t)p[4] << 32 |
	       (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 | (uint64_t)p[7] << 56;
}

static uint64_t mix(uint64_t lane, uint64_t v)
{
	return turn(lane + v * P2, 31) * P1;
}

static void block(struct xxh64 *x, const unsigned char *p)
{
	for (int i = 0; i < 4; i++)
		x->lanes[i] = mix(x->lanes[i], word(p + (size_t)8 * (size_t)i));
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
		block(x, x->held);
	}
	for (; n >= sizeof(x->held); p += sizeof(x->held), n -= sizeof(x->held))
		block(x, p);
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
