/*
 * view.h - a look at all sources as lines for a person, or as lines for a log.
 */
#ifndef DM_TOP_VIEW_H
#define DM_TOP_VIEW_H

#include "rates.h"
#include "text.h"

/* Lines, each with a '\n': those that always stand on top, and those that may be more than the screen has. */
struct view {
	struct buf head, body;
	size_t head_lines, body_lines;
};

void view_init(struct view *v);
void view_release(struct view *v);

/* What a screen is to be like. */
struct view_want {
	const struct look *look;
	const char *clock;		/* "16:05:32" */
	uint64_t every;			/* seconds between looks */
	size_t columns;
};

/* Draws it anew. */
void view_draw(struct view *v, const struct view_want *want, const struct state *s, const struct rates *r);

/* A line for each source: time=.. task=.. source=.. stage=.. and what is known; a value with other characters than letters, digits
 * and ._:/+- stands in quotes. */
void view_put_plain(struct buf *b, const struct look *look, const struct state *s, const struct rates *r, const char *time);

/* Seconds that a load goes on at the speed that it has; UNKNOWN where that cannot be said. */
uint64_t seconds_left(const struct source_state *s, const struct rate *rate);

#endif
