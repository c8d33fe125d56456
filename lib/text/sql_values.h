/*
 * sql_values.h - the rows of an INSERT or REPLACE that lists its values, literal by literal.
 *
 * Takes what dump programs write: NULL, numbers, quoted text with its escapes, hexadecimal and bit literals, introducers
 * (_binary, _utf8mb4, N), CONVERT('...' USING utf8mb4), TRUE and FALSE. Anything else (a function, DEFAULT, ON DUPLICATE
 * KEY, a SELECT) is told as what it is and not run. Pure. Callers: stream, dm-load.
 */
#ifndef TEXT_SQL_VALUES_H
#define TEXT_SQL_VALUES_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

extern const struct err_kind err_sql_values;

enum sql_literal_kind {
	SQL_LITERAL_NULL,
	SQL_LITERAL_NUMBER,	/* text: sign, digits, point, exponent */
	SQL_LITERAL_TEXT,	/* text: in the character set of the file */
	SQL_LITERAL_BYTES,	/* x'..', 0x.., b'..', _binary '..' */
};

struct sql_literal {
	enum sql_literal_kind kind;
	struct str text;	/* borrowed from the statement, or in the arena */
	struct str charset;	/* of an introducer or CONVERT; "" without */
};

struct sql_values {
	struct str schema, table;	/* as the statement names it; schema "" without */
	struct str *columns;		/* of its column list */
	size_t n_columns;		/* 0: none */
	struct str text;
	size_t at;
	bool backslash, ansi_quotes;	/* set by the caller, as the file's sql_mode says */
	bool wanted;			/* a row must follow */
	unsigned depth;			/* values inside of values */
	struct arena names;
};

void sql_values_init(struct sql_values *v);
void sql_values_release(struct sql_values *v);

/* Reads the head, up to the first row. *is_insert false, and nothing else, where it is another statement. */
bool sql_values_start(struct sql_values *v, struct str statement, bool *is_insert, struct err *e);

/* The next row: literals (room for max), in *n. *more false behind the last. */
bool sql_values_next(struct sql_values *v, struct sql_literal *row, size_t max, size_t *n, struct arena *a, bool *more, struct err *e);

#endif
