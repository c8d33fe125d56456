/*
 * value_read.h - a literal of a dump's file as the value of a column; and the words between the rows.
 *
 * Callers: rowfile.c, views.c.
 */
#ifndef LOAD_VALUE_READ_H
#define LOAD_VALUE_READ_H

#include "stream/rows.h"
#include "text/charset.h"
#include "text/sql_values.h"

/* What literals of a column become: found out once, not for each value. */
struct value_form {
	const struct column *column;	/* borrowed */
	enum { FORM_TEXT, FORM_BYTES, FORM_NUMBER } what;
	bool number_is_text;		/* digits without quotes stand for their text */
	bool empty_is_zero;		/* '' of an enum that has no such label is its error value, which SELECT shows so */
	const struct charset *charset;	/* of its text; NULL: one that is not known */
};
void value_form_make(struct value_form *form, const struct column *column, struct arena *a);

/* charset: what text is in; NULL: in the column's own. buf is scratch; the value is borrowed from the literal, or in the
 * arena. False where it is no value of such a column. */
bool value_read(struct row_value *v, const struct sql_literal *literal, const struct value_form *form,
		const struct charset *charset, struct buf *buf, struct arena *a, struct err *e);

/* A statement of a dump's file that is neither rows nor structure: SET, LOCK TABLES, ALTER TABLE .. DISABLE KEYS and
 * the like. What it sets to a plain text is here, p NULL where it does not. */
struct file_words {
	bool known;		/* else it is a statement that would do something */
	struct str names, sql_mode, zone, collation;
};
void words_read(struct file_words *words, struct str statement, struct arena *a);

#endif
