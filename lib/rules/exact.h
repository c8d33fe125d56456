/*
 * exact.h - DECIMAL arithmetic, exact as the servers' is.
 *
 * A number is an integer of up to 180 digits and a scale. What passes that is said (false), never cut silently. Internal to the room.
 */
#ifndef RULES_EXACT_H
#define RULES_EXACT_H

#include "base/buf.h"

#define EXACT_LIMBS 20
#define EXACT_SCALE_MAX 30	/* digits behind the point that a result may have */

__extension__ typedef __int128 wide;		/* any BIGINT, signed or not, and their sums and products */
__extension__ typedef unsigned __int128 wide_unsigned;

struct exact {
	bool negative;			/* never of zero */
	unsigned scale;			/* digits behind the point */
	unsigned n;			/* limbs in use; 0: zero */
	uint32_t limb[EXACT_LIMBS];	/* of nine digits, the lowest first */
};

/* Reads the number that text begins with: sign, digits, point, exponent. Returns the bytes taken; 0, and zero, where there is none. */
size_t exact_parse(struct exact *x, struct str text);

void exact_of_wide(struct exact *x, wide value);
void exact_put(struct buf *b, const struct exact *x);
double exact_real(const struct exact *x);

/* The nearest integer (.5 away from zero), or what is in front of the point. False where it passes a wide's 38 digits. */
bool exact_wide(const struct exact *x, bool round, wide *value);

/* More zeros behind the point, or fewer digits: rounded (.5 away from zero) or cut. False where it gets too long. */
bool exact_set_scale(struct exact *x, unsigned scale, bool round);

/* Rounds or cuts to digits behind the point, or (negative) to tens, hundreds, ... */
bool exact_round_at(struct exact *x, int digits, bool round);

int exact_compare(const struct exact *a, const struct exact *b);

/* to may be a or b. False where the result is too long. */
bool exact_add(struct exact *to, const struct exact *a, const struct exact *b);
bool exact_subtract(struct exact *to, const struct exact *a, const struct exact *b);
bool exact_multiply(struct exact *to, const struct exact *a, const struct exact *b);

/* The quotient with scale digits behind the point, cut; b is not zero. */
bool exact_divide(struct exact *to, const struct exact *a, const struct exact *b, unsigned scale);
bool exact_remainder(struct exact *to, const struct exact *a, const struct exact *b);

#endif
