/*
 * csv.h - rows of a CSV file, in the dialects of Dumpling and Lightning.
 *
 * Separator, delimiter (the quote) and terminator are texts of any length. A field that is quoted may hold all of them, a
 * doubled delimiter stands for one. With backslash, '\' escapes as in SQL. A field is NULL where it is not quoted
 * and is the text for NULL. Pure. Callers: dm-load.
 */
#ifndef TEXT_CSV_H
#define TEXT_CSV_H

#include "base/arena.h"

struct csv_form {
	struct str separator, delimiter, terminator;	/* terminator "": \n or \r\n; delimiter "": nothing is quoted */
	struct str null_value;
	bool backslash;
};

struct csv_field {
	struct str text;	/* borrowed from the text, or in the arena */
	bool is_null, quoted;
};

enum csv_got {
	CSV_ROW,
	CSV_MORE,		/* what is there holds no whole row: read more */
	CSV_END,
	CSV_TORN,		/* the text ends inside quotes */
	CSV_BAD,		/* something stands behind a closing delimiter */
	CSV_WIDE,		/* more than max fields */
};

/* The row at the front of text, *used bytes of it; last: no more comes. */
enum csv_got csv_next(const struct csv_form *form, struct str text, bool last, struct csv_field *fields, size_t max, size_t *n,
		      size_t *used, struct arena *a);

#endif
