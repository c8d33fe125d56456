/*
 * keep.h - the file of a relay log that is being written.
 *
 * Events are appended as they are, in the upstream's own places; one that is there already must be the same, byte
 * for byte. A file is synced every few seconds, when it is over, and at the end; relay.meta follows and never leads.
 * After a crash the newest file is cut behind its last whole transaction, and the rest is fetched again. For pull.c.
 */
#ifndef RELAY_KEEP_H
#define RELAY_KEEP_H

#include "boundary.h"
#include "store.h"

extern const struct err_kind err_keep_differs;	/* the upstream's log is not the one that was kept */
extern const struct err_kind err_keep_gap;	/* the upstream left something out */

struct keep {
	const struct store *store;
	struct buf sub;			/* name of the sub-directory */
	uint64_t number;		/* and its number */
	struct boundary b;
	int fd;				/* -1: the file is not there yet */
	struct place at;		/* where the next event belongs; file "": not known yet */
	uint64_t size;			/* of the file, with what is pending */
	struct buf pending;		/* its end, which was not written yet */
	bool unsynced;
	int64_t synced_ms;
};

void keep_init(struct keep *k, const struct store *store);
void keep_release(struct keep *k);

/* Goes on in this sub-directory: mends its newest file and sets where the next event belongs, k->at. Without any file
 * k->at.file is "". */
bool keep_resume(struct keep *k, const struct store_sub *sub, struct err *e);

/* Begins with this file, in a sub-directory that has none. */
void keep_begin(struct keep *k, struct str file);

/* Behind the last whole transaction: where a connection that broke is to be opened again. Events behind it come
 * again. */
bool keep_rewind(struct keep *k, struct err *e);

/* One event as a server sends it. */
bool keep_event(struct keep *k, struct str raw, struct err *e);

/* Makes what is pending visible for readers; synced, when it is time. */
bool keep_flush(struct keep *k, struct err *e);

/* Makes all of it last, and tells so in relay.meta. */
bool keep_sync(struct keep *k, struct err *e);

#endif
