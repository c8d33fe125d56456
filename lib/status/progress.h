/*
 * progress.h - the one line that long work shows to a person: rewritten in place, on a terminal only.
 *
 * Callers: dm-dump, dm-load; the main thread.
 */
#ifndef STATUS_PROGRESS_H
#define STATUS_PROGRESS_H

#include "base/buf.h"

/* True when standard error is a terminal and notices are wanted, as text: only then is it worth while to make the text. */
bool progress_wanted(void);

/* How far whole data is. */
struct progress_numbers {
	uint64_t tables, all_tables;	/* all_tables 0: not known */
	uint64_t rows, bytes;		/* so far */
	uint64_t rate_bytes;		/* of them, those of this run */
	int64_t ms;			/* of this run */
	double percent;			/* of all; 0: not known */
};

/* "2 of 9 tables, 1200 rows, 34.5 MB, 11.5 MB/s, 40 %, 5s left"; what is not known is left out. */
void progress_put(struct buf *b, const struct progress_numbers *n);

/* Shows text (cut to the terminal's width) in place of what was shown before. */
void progress_show(struct str text);

/* Takes it away: before anything is logged, and at the end. Nothing happens when nothing is shown. */
void progress_clear(void);

#endif
