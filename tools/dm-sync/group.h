/*
 * group.h - row changes that are applied together, as they came, and the place that is reached with them.
 *
 * Changes of whole upstream transactions come first; behind the mark stand those of one whose end has not been seen. A
 * group owns all it holds, in one arena. Pure. Callers: apply, plan.
 */
#ifndef SYNC_GROUP_H
#define SYNC_GROUP_H

#include "checkpoint.h"
#include "shape.h"

/* One row change. Images are arrays of the shape's columns. */
struct op {
	struct shape *shape;		/* counted */
	enum event_type type;		/* insert, update, delete */
	bool safe;
	uint32_t trx;			/* number in trxs */
	uint64_t seq;			/* in its upstream transaction */
	const struct row_value *before, *after;
};

struct op_trx {
	struct str pos;			/* where it starts */
	struct str gtid;
	struct str ts;			/* by the upstream's clock */
};

struct group {
	struct arena arena;
	struct op *ops;
	size_t n, cap;
	size_t mark;			/* ops of whole transactions */
	struct op_trx *trxs;
	size_t n_trxs, cap_trxs;
	size_t whole_trxs;		/* those whose end was seen */
	struct buf *lines;		/* big ones, for themselves */
	size_t n_lines, cap_lines;
	size_t bytes, mark_bytes;	/* kept; of whole transactions */
	struct checkpoint_step step;	/* the boundaries that were passed */
};

void group_init(struct group *g);
void group_release(struct group *g);
void group_clear(struct group *g);

/* Rows from here on belong to this upstream transaction; its texts are copied. */
void group_at(struct group *g, const struct op_trx *trx);

/* A copy of a line, for values that point into it. Where spill holds it and it is big, it is taken over instead, and spill is empty. */
struct str group_line(struct group *g, struct str line, struct buf *spill);

/* Adds a change of the current transaction; both images (either may be NULL) are copied, what they point to is not. */
void group_add(struct group *g, struct shape *shape, const struct op *op);

/* The part is whole now; line is the commit, or another line that tells a place between transactions. */
void group_boundary(struct group *g, struct checkpoint *cp, const struct event_head *line);

static inline bool group_has_part(const struct group *g)
{
	return g->n > g->mark;
}

/* Moves the part behind the mark to the empty group to, with copies of all its values. */
void group_move_part(struct group *g, struct group *to);

/* Forgets the part. */
void group_drop_part(struct group *g);

#endif
