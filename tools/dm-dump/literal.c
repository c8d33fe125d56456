/* literal.c - see literal.h */
#include "literal.h"

#include "dump.h"
#include "text/sql_quote.h"
#include "text/utf8.h"

static const struct err_kind err_csv = {
	.code = 32533, .class = "dump-unit", .scope = SCOPE_UPSTREAM, .level = LEVEL_MEDIUM, .status = STATUS_DATA,
	.workaround = "dump SQL (--filetype sql), or give --csv-delimiter and --escape-backslash",
};

/* The text of a cell as UTF-8. False: it is not valid in its own set. */
static bool text_of(const struct value_column *column, struct str cell, struct str *text, struct buf *scratch)
{
	*text = cell;
	if (!column->charset)
		return utf8_valid(cell);
	buf_clear(scratch);
	if (!charset_put_utf8_exact(column->charset, cell, scratch))
		return false;
	*text = buf_str(scratch);
	return true;
}

/* An enum's error value is no label. */
static bool is_error_value(const struct value_column *column, const struct str *cell)
{
	return (column->form == VALUE_LABEL && cell->n == 0) ||
	       (column->form == VALUE_LABEL_OR_INDEX && str_is(cell[1], "0"));
}

static bool put_sql(struct buf *out, const struct value_column *column, const struct str *cell, bool backslash,
		    struct buf *scratch)
{
	struct str text;

	if (!cell->p) {
		buf_put_text(out, "NULL");
		return true;
	}
	if (value_is_number(column))
		return value_number_put(out, column, *cell);
	if (column->form == VALUE_STRING && column->has_ascii && sql_put_plain(out, *cell))
		return true;
	if (is_error_value(column, cell))
		buf_put_char(out, '0');
	else if (column->form == VALUE_BASE64 || !text_of(column, *cell, &text, scratch) ||
		 (!backslash && text.n > 0 && memchr(text.p, '\0', text.n)))		/* a NUL as it is ends the text for many a client */
		sql_put_bytes(out, *cell);
	else
		sql_put_text(out, text, backslash);
	return true;
}

static bool no_value(const struct column *column, const struct table *t, struct err *e)
{
	return err_set(e, &err_value, "column '%.*s' of `%.*s`.`%.*s` (%.*s): the server sent no value of this type",
		       STR(column->name), STR(t->schema), STR(t->name), STR(column->type));
}

bool literal_row_put(struct buf *out, const struct table *t, const struct value_column *columns, const struct str *cells,
		     bool backslash, struct buf *scratch, struct err *e)
{
	char before = '(';

	for (size_t i = 0; i < t->n_columns; i++) {
		if (columns[i].skip)
			continue;
		buf_put_char(out, before);
		before = ',';
		if (!put_sql(out, &columns[i], cells, backslash, scratch))
			return no_value(&t->columns[i], t, e);
		cells += value_column_cells(&columns[i]);
	}
	buf_put_char(out, ')');
	return true;
}

/* The empty label of a set leaves no trace, or a comma that readers may not see. */
static bool holds_empty_label(const struct value_column *column, struct str sum)
{
	uint64_t bits;

	return !str_to_u64(sum, &bits) || (bits & column->empty_label) != 0;
}

/* With backslashes: what ends a field or a line, and the backslash itself, stands behind one. */
static void put_escaped(struct buf *out, struct str text, const struct dump_csv *csv)
{
	char special = csv->delimiter.n > 0 ? csv->delimiter.p[0] : csv->separator.p[0];
	size_t from = 0;

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (c != '\0' && c != '\r' && c != '\n' && c != '\\' && c != special)
			continue;
		buf_put(out, text.p + from, i - from);
		buf_put_char(out, '\\');
		buf_put_char(out, c == '\0' ? '0' : c == '\r' ? 'r' : c == '\n' ? 'n' : c);
		from = i + 1;
	}
	buf_put(out, text.p + from, text.n - from);
}

static void put_doubled(struct buf *out, struct str text, struct str delimiter)
{
	size_t at;

	while ((at = str_find(text, delimiter)) != SIZE_MAX) {
		buf_put(out, text.p, at + delimiter.n);
		buf_put_str(out, delimiter);
		text = str_from(text, at + delimiter.n);
	}
	buf_put_str(out, text);
}

bool csv_text_put(struct buf *out, struct str text, const struct dump_csv *csv)
{
	bool bare = csv->delimiter.n == 0;

	/* Without delimiters nothing tells a text that looks like NULL, or holds what parts fields. */
	if (bare && (csv->backslash ? str_eq(text, csv->null_value) && !memchr(text.p, '\\', text.n) :
		     str_eq(text, csv->null_value) || str_find(text, csv->separator) != SIZE_MAX ||
		     str_find(text, STR_LIT("\n")) != SIZE_MAX || str_find(text, csv->terminator) != SIZE_MAX))
		return false;
	buf_put_str(out, csv->delimiter);
	if (csv->backslash)
		put_escaped(out, text, csv);
	else if (bare)
		buf_put_str(out, text);
	else
		put_doubled(out, text, csv->delimiter);
	buf_put_str(out, csv->delimiter);
	return true;
}

/* An error value reads back from '' where no label is ''. */
static bool put_csv(struct buf *out, const struct value_column *column, const struct str *cell, const struct dump_csv *csv,
		    struct buf *scratch)
{
	struct str text = *cell;

	if (!cell->p) {
		buf_put_str(out, csv->null_value);
		return true;
	}
	if (value_is_number(column))
		return value_number_put(out, column, *cell);
	if ((column->form == VALUE_LABEL_OR_INDEX && is_error_value(column, cell)) ||
	    (column->form == VALUE_LABELS_AND_SUM && holds_empty_label(column, cell[1])))
		return false;
	/* What is UTF-8 by its set goes as it is, valid or not: nothing converts it. */
	if (column->charset && !text_of(column, *cell, &text, scratch))
		return false;
	return csv_text_put(out, text, csv);
}

bool csv_row_put(struct buf *out, const struct table *t, const struct value_column *columns, const struct str *cells,
		 const struct dump_csv *csv, struct buf *scratch, struct err *e)
{
	bool first = true;

	for (size_t i = 0; i < t->n_columns; i++) {
		if (columns[i].skip)
			continue;
		if (!first)
			buf_put_str(out, csv->separator);
		first = false;
		if (!put_csv(out, &columns[i], cells, csv, scratch))
			return err_set(e, &err_csv, "column '%.*s' of `%.*s`.`%.*s` has a value that CSV cannot hold so that "
				       "it is read back as it is", STR(t->columns[i].name), STR(t->schema), STR(t->name));
		cells += value_column_cells(&columns[i]);
	}
	buf_put_str(out, csv->terminator);
	return true;
}
