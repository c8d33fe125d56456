/*
 * upstream.h - the tables of the upstream as the stream tells them, and their shapes downstream.
 *
 * A `table` line replaces what was known; what a DDL changed downstream makes shapes stale, and they are made
 * again at the next row.
 */
#ifndef SYNC_UPSTREAM_H
#define SYNC_UPSTREAM_H

#include "shape.h"
#include "target.h"

struct upstream {
	struct map tables;		/* "schema NUL table" -> struct upstream_table */
	uint64_t changes;		/* downstream tables that became stale, so far */
	struct map changed;		/* "schema NUL table" of one, in lower case -> the number of the last such change */
	size_t shapes;			/* that are held */
	struct arena key;
	struct shape *last;		/* the shape that was asked for last: rows come in runs; borrowed */
};

void upstream_init(struct upstream *up);
void upstream_release(struct upstream *up);

/* Takes over t. */
void upstream_set(struct upstream *up, struct table *t);

/* One table, or, with table "", all of a schema. */
void upstream_forget(struct upstream *up, struct str schema, struct str table);

/* Shapes of this downstream table (NULL: of all) are made again. */
void upstream_stale(struct upstream *up, const struct event_name *target);

/* The shape of the rows of a line. Borrowed until the next call that changes tables. An error where the
 * stream has not told the structure; target failures in passing come back as they are. */
bool upstream_shape(struct upstream *up, struct target *target, const struct event_head *ev, struct shape **shape,
		    struct err *e);

#endif
