/*
 * xxh64.h - the 64-bit xxHash of bytes that come in pieces, seed 0: what `xxhsum -H1` prints.
 *
 * It finds damage, fast. It is no protection against somebody who means to deceive. Callers: dump directories.
 */
#ifndef BASE_XXH64_H
#define BASE_XXH64_H

#include "base/str.h"

struct xxh64 {
	uint64_t lanes[4];
	uint64_t total;		/* bytes added */
	unsigned char held[32];	/* of them, the last total % 32: a block that is not yet whole */
};

void xxh64_init(struct xxh64 *x);
void xxh64_add(struct xxh64 *x, const void *p, size_t n);

/* Of all that was added; more may follow. */
uint64_t xxh64_sum(const struct xxh64 *x);

#endif
