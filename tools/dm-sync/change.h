/*
 * change.h - one row change as SQL, into the downstream transaction.
 *
 * The row is found by the downstream's own key: PRIMARY, the first unique key of NOT NULL columns, a unique key
 * whose values are all there in this row, else all columns; never more than one row is touched. In safe mode
 * what is there already is replaced. Of an image that does not hold all columns only those are written that it
 * holds, and the documents of a partial update of JSON are changed where they are.
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
	bool from_mariadb;		/* the upstream */
};

/* Adds the statements for one row. An error where the row's images do not hold what is needed. */
bool change_put(struct transaction *tx, struct shape *shape, const struct change *change, struct err *e);

/* "(1,'a')": the values of a whole row, in the order of shape->insert's columns, to the transaction's text. */
void change_put_row(struct transaction *tx, const struct shape *shape, const struct row_value *row);

#endif
