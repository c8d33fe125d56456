/*
 * literal.h - a row as it stands in a file: (1,'a',NULL) of an INSERT, or a line of CSV.
 *
 * Text is UTF-8, as its file says; bytes of SQL are x'..'. Cells are those of value_select_put. Callers: data.
 */
#ifndef DUMP_LITERAL_H
#define DUMP_LITERAL_H

#include "stream/dump_list.h"
#include "value.h"

/* (v,...); backslash as in sql_put_text; scratch is for conversion. */
bool literal_row_put(struct buf *out, const struct table *t, const struct value_column *columns, const struct str *cells,
		     bool backslash, struct buf *scratch, struct err *e);

/* The line with its terminator. False too where a value would not be read back as it is. */
bool csv_row_put(struct buf *out, const struct table *t, const struct value_column *columns, const struct str *cells,
		 const struct dump_csv *csv, struct buf *scratch, struct err *e);

/* One field between delimiters; false where it cannot be told from what stands around it. */
bool csv_text_put(struct buf *out, struct str text, const struct dump_csv *csv);

#endif
