/*
 * change.h - one row change as SQL, into the downstream transaction.
 *
 * The row is found by the downstream's own key: PRIMARY, the first unique key of NOT NULL columns, a unique key
 * whose values are all there in this row, else all columns; never more than one row is touched. In safe mode
 * what is there already is replaced.
 */
#ifndef SYNC_CHANGE_H
#define SYNC_CHANGE_H

#include "stream/rows.h"
#include "transaction.h"

struct change {
	enum event_type type;		/* insert, update, delete */
	const struct row_value *before, *after;
	uint64_t seq;
	bool safe;
};

/* Adds the statements for one row. An error where the row's image is not full. */
bool change_put(struct transaction *tx, struct shape *shape, const struct change *change, struct err *e);

#endif
