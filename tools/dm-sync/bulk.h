/*
 * bulk.h - what a plan says is to be done for rows, as statements of a downstream transaction.
 *
 * Rows of one table that go, or that change, share a statement where the server's count of rows tells that each of them was
 * there; apart, or where it would not tell, each has one of its own. Callers: crew, apply.
 */
#ifndef SYNC_BULK_H
#define SYNC_BULK_H

#include "plan.h"
#include "transaction.h"

struct bulk {
	struct transaction *tx;
	const struct group *group;
	bool from_mariadb;		/* the upstream */
	bool apart;			/* no statement for many rows but INSERT */
};

/* Adds the statements for these items, in their order. */
bool bulk_put(const struct bulk *bulk, struct plan_item *const *items, size_t n, struct err *e);

/* Adds those of one change, as it came. */
bool bulk_put_op(const struct bulk *bulk, const struct op *op, struct err *e);

#endif
