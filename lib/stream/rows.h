/*
 * rows.h - the rows of an insert, update or delete line, one after the other.
 *
 * Strings are unescaped, base64 is decoded, into the reader's arena, which is cleared row by row: values are borrowed until the next
 * row. Callers: dm-load, dm-sync.
 */
#ifndef STREAM_ROWS_H
#define STREAM_ROWS_H

#include "stream/event.h"
#include "text/json_read.h"

enum value_kind {
	VALUE_ABSENT,		/* a partial image does not hold this column */
	VALUE_NULL,
	VALUE_NUMBER,		/* text: its digits */
	VALUE_TEXT,		/* text: UTF-8 */
	VALUE_BYTES,		/* text: bytes */
	VALUE_JSON_DIFF,	/* text: the raw list of operations */
};

struct row_value {
	enum value_kind kind;
	struct str text;
};

struct rows_reader {
	struct json j;
	enum event_type type;
	const struct table *table;
	size_t n_columns;
	struct row_value *before, *after;	/* n_columns each; before: update, delete. after: insert, update */
	size_t *before_columns, *after_columns;	/* which columns an image holds of the table's own; identity where it is full */
	size_t n_before, n_after;
	struct str pos;			/* of the line; for messages */
	uint64_t seq;			/* of the row that rows_next gave */
	bool started;
	size_t room;			/* of the arrays */
	struct arena *values;		/* where texts that had to be made go: arena, or the caller's */
	bool own_line;			/* the line may be written over */
	struct arena arena;
};

extern const struct err_kind err_stream_row;	/* a row that does not fit its table */

void rows_init(struct rows_reader *r);
void rows_release(struct rows_reader *r);

/* From here on values live as long as the line and this arena do, which is the caller's to clear; NULL: until the next row. (The
 * arrays of a row are used again in any case.) own_line: the lines are the caller's to write, and nobody reads them again: base64 is
 * decoded where it stands, since a row may be big. */
void rows_keep(struct rows_reader *r, struct arena *values, bool own_line);

/* line is the whole line; table its structure, which outlives the reading. */
bool rows_start(struct rows_reader *r, const struct event_head *head, const struct table *table, struct str line, struct err *e);

/* The next row in r->before and r->after. *more is false behind the last. False, e filled, where a row does not fit the table. */
bool rows_next(struct rows_reader *r, bool *more, struct err *e);

#endif
