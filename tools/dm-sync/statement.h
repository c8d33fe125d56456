/*
 * statement.h - one statement of the downstream transaction, and what to say when it does not do what it
 * should.
 *
 * A row that is refused, a row that is not there and a value that the server changed are told with table, place
 * and key, and never with the row's values.
 */
#ifndef SYNC_STATEMENT_H
#define SYNC_STATEMENT_H

#include "transaction.h"

struct row_place {
	struct str pos;			/* where its upstream transaction starts */
	uint64_t seq;
	size_t at;			/* bytes of the statement before this row; its comma stands there */
};

struct statement {
	size_t start, n;		/* in tx->sql */
	size_t head;			/* "INSERT ... VALUES "; 0: rows cannot be added */
	struct shape *shape;		/* counted */
	size_t first_place, n_places;	/* in tx->places */
	bool must_find;
	uint64_t affects;		/* what the server must count for a statement of many rows; 0: other rules */
	size_t instead, n_instead;	/* in tx->sql */
	bool cascades;			/* it goes on to rows of other tables, which the log does not hold */
	bool json;			/* operations on documents: what the servers warn of there is grave */
	bool partial;			/* the log does not hold the whole row: it cannot be written instead */
	size_t zeroes;			/* error values of enums that it writes: a warning each, and no surprise */
};

/* A statement for many rows did not do what it should; not for users. */
extern const struct err_kind err_apart;

/* Runs it. Passing failures come back as the connection tells them, all others as one of sync's own kinds. */
bool statement_run(struct transaction *tx, const struct statement *s, struct err *e);

/* "table 's.t', row at mysql-bin.000002:4567 seq 3", for row i of the statement. */
void statement_place_put(struct buf *b, const struct transaction *tx, const struct statement *s, size_t i);

#endif
