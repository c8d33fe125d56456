/*
 * value.h - how a column is asked for, and how what the server answers stands in a line.
 *
 * The connection sends text as it is stored (character_set_results = NULL), so nothing that is not valid in its own set
 * is lost on the way. The list that value_select_put puts and the cells that value_row_put reads belong together.
 * Callers: structure, chunk.
 */
#ifndef DUMP_VALUE_H
#define DUMP_VALUE_H

#include "base/buf.h"
#include "schema/table.h"
#include "text/charset.h"

enum value_form {
	/* Numbers: see value_is_number. */
	VALUE_INTEGER,		/* BIT, YEAR, and a set with an empty label, too */
	VALUE_FLOAT,
	VALUE_DOUBLE,
	VALUE_DECIMAL,

	VALUE_BASE64,
	VALUE_STRING,
	VALUE_LABEL,		/* enum: the label, or 0 for the error value */
	VALUE_LABEL_OR_INDEX,	/* enum with an empty label: the next cell is the index, which tells both apart */
	VALUE_LABELS_AND_SUM,	/* a set with an empty label, where a number would be read as one: in CSV */
};

struct value_column {
	enum value_form form;
	bool has_ascii;		/* VALUE_STRING: what is ASCII in it is ASCII in UTF-8 */
	uint64_t empty_label;	/* VALUE_LABELS_AND_SUM: what it adds to the sum */
	bool skip;		/* not asked for: the server that loads the row makes it */
	const struct charset *charset;	/* VALUE_STRING, VALUE_LABEL*: NULL where it is UTF-8 already */
};

extern const struct err_kind err_value;

/* Into arena a, one for each column of t. False where a column's charset is not known. */
bool value_columns(struct value_column **columns, const struct table *t, struct arena *a, struct err *e);

/* Of a set with an empty label: labels with their sum, not the number alone. */
void value_want_labels(struct value_column *column, struct str type, struct arena *a);

/* The select list of all columns. */
void value_select_put(struct buf *sql, const struct table *t, const struct value_column *columns);

/* How many cells a column, or a row of that list, has. */
static inline size_t value_column_cells(const struct value_column *column)
{
	return column->skip ? 0 : column->form >= VALUE_LABEL_OR_INDEX ? 2 : 1;
}
size_t value_cells(const struct value_column *columns, size_t n);

static inline bool value_is_number(const struct value_column *column)
{
	return column->form <= VALUE_DECIMAL;
}

/* Its digits, for SQL and CSV; cell is not NULL. False where they are none. */
bool value_number_put(struct buf *out, const struct value_column *column, struct str cell);

/* [v,...]; scratch is for conversion. False where a cell is no value of its column. */
bool value_row_put(struct buf *out, const struct table *t, const struct value_column *columns, const struct str *cells,
		   struct buf *scratch, struct err *e);

#endif
