/*
 * versioned.h - rows of MariaDB's system-versioned tables: which of them are changes of what is there now?
 *
 * Such a table keeps the rows that were, each with the moment at which it ended; of those that are, that is the end
 * of time. The log has all of them: a DELETE stands there as an update that ends the row, and an UPDATE brings an
 * insert of the row that was. Only what happens to rows that are goes on. Pure. Callers: dm-relay.
 */
#ifndef RELAY_VERSIONED_H
#define RELAY_VERSIONED_H

#include "structures.h"

/* One row of an event: its images stand at c. Bitmaps may be NULL: all columns are there. */
struct row_images {
	enum rows_kind kind;
	const uint8_t *before, *after;
	struct cur c;
};

enum row_fate {
	ROW_CHANGES,		/* as the event says */
	ROW_ENDS,		/* the update is a delete */
	ROW_WAS,		/* a row that was: nothing that is there changes */
};

/* Of a table that is versioned. */
bool versioned_fate(const struct known *k, const struct row_images *row, enum row_fate *fate, struct err *e);

#endif
