/*
 * plan.h - from row changes in the order they came to what is done for each row, in which transaction, and by whom.
 *
 * Changes of one row become their outcome. Changes that may get in each other's way (the same value of any unique key, before or
 * after; a row that moves from one key to another) stand in one downstream transaction, so transactions do not depend on each
 * other and may run at the same time, in any order, and be done or not done when a crash comes. Inside one, rows that go
 * make way first, then come those that change, then the new ones. Tables whose rows cannot be told apart, and changes of which the log
 * does not hold all, keep their order. Pure: no server. Callers: crew, apply.
 */
#ifndef SYNC_PLAN_H
#define SYNC_PLAN_H

#include "base/map.h"
#include "group.h"

struct plan_want {
	unsigned workers;
	size_t rows;			/* of a downstream transaction, unless more belong together */
	size_t bytes;			/* the same */
	bool compact;			/* only the outcome counts */
	bool in_order;			/* one worker, and all in the order it came */
};

enum plan_phase { PLAN_DELETE, PLAN_UPDATE, PLAN_INSERT, PLAN_IN_ORDER, PLAN_NOTHING };

/* What is done for one row; or one change, where order counts. */
struct plan_item {
	struct shape *shape;		/* borrowed from the group */
	enum plan_phase phase;
	enum event_type type;		/* insert, update, delete */
	bool safe;
	uint32_t table;			/* one number for one downstream table */
	uint32_t up;			/* towards the item that stands for all that belong together */
	const struct op *last;		/* for messages: the newest of its changes */
	const struct row_value *before, *after;
};

/* One downstream transaction. */
struct plan_batch {
	unsigned worker;
	struct plan_item **items;	/* as they are to run */
	size_t n, bytes;
	uint32_t *ops;			/* which changes it holds, in their order */
	size_t n_ops;
};

struct plan {
	struct plan_item *items;
	size_t n, cap;
	struct plan_batch *batches;	/* those of a worker follow one another in the order that they run */
	size_t n_batches;
	struct arena arena;
	struct map rows;		/* a key's bytes -> item + 1 */
	struct plan_table *tables;
	size_t n_tables, cap_tables;
	uint32_t *of_op;		/* an item of each op */
};

void plan_init(struct plan *p);
void plan_release(struct plan *p);

/* Of ops [from, to) of the group, which outlives the plan. What an earlier plan held is gone. */
void plan_make(struct plan *p, const struct group *g, size_t from, size_t to, const struct plan_want *want);

#endif
