/*
 * rates.h - how fast each source goes, from one look to the next, and how fast it went before.
 */
#ifndef DM_TOP_RATES_H
#define DM_TOP_RATES_H

#include "base/map.h"
#include "state.h"

enum { HISTORY = 120 };

struct rate {
	struct counters last;
	int64_t seen_ns;		/* by our clock: when last was new */
	bool seen;			/* in this look */
	double rows, bytes;		/* a second; below 0: not known */
	float history[HISTORY];		/* bytes of Load, rows of Sync; a ring */
	size_t n, next;
};

struct rates {
	struct map map;			/* key of the source -> struct rate */
};

#define RATES_INIT { MAP_INIT }

/* Takes a look in. now_ns: a clock that only goes on. */
void rates_take(struct rates *r, const struct state *s, int64_t now_ns);

/* That of a source of the last look. */
const struct rate *rates_of(const struct rates *r, const struct source_state *s);

/* The value of i looks ago; below 0: there was none. */
double rate_before(const struct rate *rate, size_t i);

void rates_release(struct rates *r);

#endif
