/*
 * lease.h - what readers of a relay log still need, told to those who purge it.
 *
 * A reader keeps the file DIR/leases/HOST.PID: one line with host, process, when that process started,
 * sub-directory and log. The log is the one before that which it reads, or an older one that it was in during the last
 * minutes, since what comes behind it in the pipeline may have to begin there again. A lease counts for as long as
 * its process lives; those of other hosts always do. The folder of leases is locked while a lease is taken and
 * while a log is purged.
 */
#ifndef RELAY_LEASE_H
#define RELAY_LEASE_H

#include "store.h"

/* A log of a relay log, in the order that they were written. */
struct lease_place {
	uint64_t sub, number;
};

enum { LEASE_TRAIL = 32 };

struct lease {
	const struct store *store;
	struct buf path;		/* "": none was taken */
	size_t n;
	struct {
		struct lease_place place;
		struct buf file;
		int64_t left_ms;
	} trail[LEASE_TRAIL];		/* the oldest first; the last is read now */
};

void lease_init(struct lease *l, const struct store *store);

/* Gives it back. */
void lease_release(struct lease *l);

/* This log is read now. */
bool lease_take(struct lease *l, uint64_t sub, struct str file, struct err *e);

/* Lets go of what was left long ago, but for the log that is needed still and those behind it; NULL: none is. */
bool lease_trim(struct lease *l, const struct lease_place *needed, struct err *e);

/* Locks the folder of leases, which is made; *fd is closed to unlock. Without wait, *fd may be -1: not now. */
bool lease_lock(const struct store *s, bool exclusive, bool wait, int *fd, struct err *e);

/* The oldest log that a reader needs; *any false: nobody reads. who tells the process. Leases of processes that ended
 * are removed. */
bool lease_oldest(const struct store *s, struct lease_place *place, bool *any, struct buf *who, struct err *e);

int lease_compare(const struct lease_place *a, const struct lease_place *b);

#endif
