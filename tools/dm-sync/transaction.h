/*
 * transaction.h - the downstream transaction: statements kept until they are committed, run in order, run again
 * when they must be.
 *
 * It holds whole upstream transactions, and behind the mark the part of one whose end has not been seen yet.
 * Nothing runs before a commit, unless the part grows big: then the whole ones are committed first and the part
 * streams on, statement by statement. The checkpoint is written in the same transaction. After a passing
 * failure everything runs again from memory; a part that has outgrown it cannot, and ends the process with
 * status 75.
 */
#ifndef SYNC_TRANSACTION_H
#define SYNC_TRANSACTION_H

#include "checkpoint.h"
#include "shape.h"
#include "status/metrics.h"
#include "target.h"

enum on_missing { MISSING_ERROR, MISSING_WARN, MISSING_UPSERT };

struct statement;
struct row_place;

struct mark {
	size_t statements;
	size_t bytes;			/* of the last statement */
	size_t places;
	uint64_t rows;
};

/* What is written beside the rows, in their transaction. */
struct transaction_end {
	bool (*write)(void *context, struct err *e);
	bool (*is_written)(void *context, bool *yes, struct err *e);	/* after a COMMIT whose answer was lost */
	void (*written)(void *context);
	bool (*hold)(void *context, struct err *e);			/* keeps the lease through long work */
	void *context;
};

struct transaction {
	struct target *target;
	struct checkpoint *cp;		/* NULL: end is not the checkpoint */
	struct transaction_end end;
	bool single;			/* each row a statement of its own */
	enum on_missing on_missing;
	struct buf sql;			/* all statements, one after the other */
	struct statement *statements;
	size_t n, cap;
	struct row_place *places;	/* of every row */
	size_t n_places, cap_places;
	struct arena texts;		/* places as text */
	struct str pos;			/* where the upstream transaction starts that rows are added for */
	struct mark mark;
	size_t done;			/* statements that ran in the open transaction */
	bool open;			/* the server has it open */
	bool forgotten;			/* statements that ran are no longer in memory */
	bool unsure;			/* COMMIT was sent, its answer did not come */
	int64_t held_ms;		/* the lease was looked at */
	bool failed;			/* for good: what is kept would fail again */
	uint64_t rows;			/* row changes, not yet committed */
	uint64_t committed_rows;	/* since the start; for the status */
	struct histogram *times;	/* seconds that commits took; NULL: not wanted */
};

void transaction_init(struct transaction *tx, struct target *target, struct checkpoint *cp, enum on_missing on_missing);

/* One that ends otherwise than with the checkpoint. */
void transaction_init_end(struct transaction *tx, struct target *target, const struct transaction_end *end,
			  enum on_missing on_missing);
void transaction_release(struct transaction *tx);

/* Empty again, also after a failure; nothing is open. */
void transaction_clear(struct transaction *tx);

/* Rows from here on belong to the upstream transaction that starts at pos. */
void transaction_at(struct transaction *tx, struct str pos);

/* The same; pos outlives the transaction. */
void transaction_of(struct transaction *tx, struct str pos);

/* A statement for row seq of it. Its text is put to tx->sql between start and end; must_find: it must find
 * exactly one row. shape is kept. */
void transaction_start(struct transaction *tx, struct shape *shape, uint64_t seq, bool must_find);
bool transaction_end(struct transaction *tx, struct err *e);

/* A statement for many rows, of which this is the first; transaction_more for each of the others; affects: what the server must
 * count. Where it does not, fails or warns, the whole transaction comes to nothing with err_apart: each row has to be tried alone. */
void transaction_more(struct transaction *tx, uint64_t seq);
bool transaction_end_many(struct transaction *tx, uint64_t affects, struct err *e);

/* What runs where the statement that was just ended finds no row; text is copied. */
void transaction_instead(struct transaction *tx, struct str text);

/* A row "(1,2)" for "INSERT ... VALUES ": is added to the last statement where that has the same head and
 * room, else starts one. The caller puts its text between the two calls. */
void transaction_row_start(struct transaction *tx, struct shape *shape, uint64_t seq, struct str head);
bool transaction_row_end(struct transaction *tx, struct err *e);

/* The part is whole now. */
void transaction_boundary(struct transaction *tx);

/* Is there a part behind the mark? Anything before it? */
bool transaction_has_part(const struct transaction *tx);
bool transaction_has_whole(const struct transaction *tx);

/* Enough bytes are kept: commit. */
bool transaction_is_full(const struct transaction *tx);

/* A question beside the statements failed in passing, as e tells: true when all is rolled back and may go on. */
bool transaction_interrupted(struct transaction *tx, struct err *e);

/* Runs what is big enough; call it after each row line. */
bool transaction_spill(struct transaction *tx, struct err *e);

/* Forgets the part; what of it ran is rolled back. */
void transaction_drop_part(struct transaction *tx);

/* Runs all up to the mark and the checkpoint, and commits. A part behind the mark stays. */
bool transaction_commit(struct transaction *tx, struct err *e);

#endif
