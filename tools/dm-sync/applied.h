/*
 * applied.h - which row changes were applied behind the checkpoint's place, as text and as a set.
 *
 * The text is "ID FIRST-LAST,SEQ;..." : ID is the GTID of the upstream transaction, or, without one, the place where it starts;
 * what it has in common with the ID before it, up to the last ':', is left out (":24 0-3"). The numbers are those of the rows in it.
 * Pure. Callers: crew, apply.
 */
#ifndef SYNC_APPLIED_H
#define SYNC_APPLIED_H

#include "base/map.h"
#include "group.h"

struct applied {
	struct map trxs;		/* ID -> struct applied_trx */
};

void applied_init(struct applied *a);
void applied_release(struct applied *a);

/* Adds what a text says. */
bool applied_take(struct applied *a, struct str text, struct err *e);

static inline bool applied_is_empty(const struct applied *a)
{
	return a->trxs.live == 0;
}

bool applied_has(struct applied *a, struct str pos, struct str gtid, uint64_t seq);

/* The transaction lies before the place now. */
void applied_forget(struct applied *a, const struct op_trx *trx);

/* All rows of a transaction up to seq, which has not ended yet. */
void applied_add_up_to(struct applied *a, const struct op_trx *trx, uint64_t seq);

/* The text of the whole set. */
void applied_put_all(struct buf *b, const struct applied *a);

/* The text of the changes ops[0 .. n), numbers from first on, in their order. */
void applied_put(struct buf *b, const struct group *g, size_t first, const uint32_t *ops, size_t n);

#endif
