/*
 * shape.h - how the rows of one upstream table fit the table that they are written to.
 *
 * Made from both structures: which columns are written, which keys of the downstream table find a row. Pure;
 * copies all it needs. Counted, since statements that wait for their transaction outlive a change of structure.
 */
#ifndef SYNC_SHAPE_H
#define SYNC_SHAPE_H

#include "schema/table.h"
#include "stream/rows.h"

/* A unique key of the downstream table, in upstream's column numbers. */
struct shape_key {
	struct str name;
	bool nullable;
	size_t n;
	size_t *columns;
};

struct shape {
	_Atomic unsigned users;
	struct event_name source, target;
	struct table table;		/* upstream's structure: what rows are read by */
	const struct column **down;	/* of each upstream column, the downstream's; copies */
	bool *written;			/* false where the downstream generates the value */
	bool *is_document;		/* a JSON column that is written */
	bool has_documents;		/* any is */
	size_t n_keys;
	struct shape_key *keys;		/* DM's order: PRIMARY, those that are NOT NULL, the others */
	bool *is_unique;		/* takes part in any unique key of the downstream table */
	bool has_unique;
	bool is_sequence;		/* downstream */
	bool covers;			/* all columns of the downstream that it does not generate come from the upstream */
	bool simple;			/* rows are told apart by keys[0], and only the outcome of their changes need be written:
					 * no trigger sees the way there */
	bool conflicts;			/* values of unique keys may collide though keys[0] differs in bytes */
	bool odd_collation;		/* of a unique key: what it takes for equal is not known here */
	bool has_labels;		/* columns of ENUM or SET */
	struct event_name family;	/* see family.h; table "" : none */
	bool cascades;
	bool hidden_unique;		/* a unique key over an expression, or over columns that the upstream lacks */
	struct str insert, replace;	/* "INSERT INTO `s`.`t` (`a`,`b`) VALUES " */
	struct arena arena;
};

/* An error where the downstream lacks a column of the upstream, or the upstream's columns have no names. */
bool shape_new(struct shape **shape, const struct table *up, const struct event_name *target, const struct table *down,
	       struct err *e);

struct shape *shape_keep(struct shape *shape);
void shape_drop(struct shape *shape);		/* NULL is fine */

/* "`s`.`t` (upstream `a`.`b`)", for messages. */
void shape_name_put(struct buf *b, const struct shape *shape);

#endif
