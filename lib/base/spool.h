/*
 * spool.h - records that wait: put at one end, taken at the other, in bounded memory.
 *
 * The last ones are in memory, all before them in a file that has no name. A full disk is an error (74). A spool owns its
 * memory and its file: spool_init ... spool_release. Callers: dm-sync.
 */
#ifndef BASE_SPOOL_H
#define BASE_SPOOL_H

#include "base/buf.h"
#include "base/err.h"

enum { SPOOL_MEMORY = 64 << 10 };	/* bytes of one spool; the rest goes to its file */

struct spool {
	const char *dir, *what;		/* borrowed */
	int fd;				/* -1: no file */
	uint64_t written, read;		/* bytes of the file, and those that were taken */
	struct buf tail;		/* what is behind them */
	size_t at;			/* taken of it */
	struct buf one;			/* the record that was taken last, where it was in the file */
	uint64_t records;		/* that wait */
};

/* dir NULL: TMPDIR, else /tmp. what: what it holds, for errors. */
void spool_init(struct spool *s, const char *dir, const char *what);
void spool_release(struct spool *s);

/* Drops all that waits. */
void spool_clear(struct spool *s);

/* A record of n parts, one after the other. */
bool spool_put(struct spool *s, const struct str *parts, size_t n, struct err *e);

/* Takes the oldest record, borrowed until the next call. *more false: there is none. */
bool spool_next(struct spool *s, struct str *record, bool *more, struct err *e);

#endif
