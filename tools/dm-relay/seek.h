/*
 * seek.h - finds a place of the upstream's log, or what comes behind a set of GTIDs, in a relay log.
 */
#ifndef RELAY_SEEK_H
#define RELAY_SEEK_H

#include "boundary.h"
#include "store.h"

/* Where a reader begins. */
struct seek {
	size_t sub;			/* of the store's subs */
	struct place place;		/* file as upstream calls it */
	struct gtid_set done;		/* all transactions before it, as the log says, */
	bool done_known;		/* where it does */
};

enum seek_got {
	SEEK_FOUND,
	SEEK_LATER,			/* the writer has not come so far yet */
	SEEK_FAIL,
};

void seek_init(struct seek *k);
void seek_release(struct seek *k);

/* A place, with the set that belongs to it where it is known: it decides between sub-directories that have logs of one
 * name. */
enum seek_got seek_place(struct seek *k, const struct store *s, const struct place *place, const struct gtid_set *done,
			 struct err *e);

/* Before the first transaction that is not in the set. */
enum seek_got seek_gtid(struct seek *k, const struct store *s, const struct gtid_set *set, struct err *e);

/* Behind the last whole transaction. */
enum seek_got seek_end(struct seek *k, const struct store *s, struct err *e);

#endif
