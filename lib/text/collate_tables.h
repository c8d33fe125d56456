/*
 * collate_tables.h - the data behind collate.c and its letters. For this room only.
 */
#ifndef TEXT_COLLATE_TABLES_H
#define TEXT_COLLATE_TABLES_H

#include <stddef.h>
#include <stdint.h>

/* Every step-th code point from first to last: the first becomes `to`, the next ones what follows it as far behind; step 0: all of
 * them become `to`. */
struct collate_run {
	uint16_t first, last, step, to;
};

extern const struct collate_run collate_general[], collate_upper[], collate_lower[];
extern const size_t collate_n_general, collate_n_upper, collate_n_lower;

#define COLLATE_RANGES 10
struct collate_range {
	uint16_t first, last;
	unsigned at;		/* of its first code point's weight in the tables */
};
extern const struct collate_range collate_ranges[COLLATE_RANGES];

/* A weight below 0x8000 is one (0: the character counts for nothing); COLLATE_NO_WEIGHT: not known; from 0x8000 on the place in
 * longer, where the number of weights stands before them. */
#define COLLATE_NO_WEIGHT 0xffff
struct collate_weights {
	const uint16_t *weights, *longer;
};
extern const struct collate_weights collate_unicode, collate_unicode_520, collate_uca900, collate_uca1400;

#endif
