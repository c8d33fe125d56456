/*
 * notes.h - what is said below a source: what its merged tables wait for, what went wrong, and the way out.
 */
#ifndef DM_TOP_NOTES_H
#define DM_TOP_NOTES_H

#include "state.h"

/* What sync.json says of merged tables; blocking and groups are JSON. */
struct waiting {
	struct str lock, blocking, groups, owner, why;
};

/* The text lives in a, or for ever. Notes stay in the order in which they are added. */
void notes_add(struct source_state *s, struct arena *a, enum note_kind kind, struct str text);

void notes_of_waiting(struct source_state *s, struct arena *a, const struct waiting *w);

/* The errors in result.json, as the driver keeps them; a source that was paused by hand has none. */
void notes_of_result(struct source_state *s, const char *dir, struct arena *a);

/* Nobody is left who could tell what happened. */
void notes_gone(struct source_state *s, struct arena *a);

#endif
