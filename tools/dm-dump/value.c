/* value.c - columns to expressions, cells to JSON; see value.h and dm-stream(5) */
#include "value.h"

#include <math.h>
#include <stdlib.h>

#include "dump.h"
#include "text/json_write.h"
#include "text/sql_quote.h"

const struct err_kind err_value = {
	.code = 32502, .class = "dump-unit", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "leave the table out with block-allow-list, or change the column upstream",
};

static bool is_integer(struct str type)
{
	static const char *const names[] = {
		"tinyint", "smallint", "mediumint", "int", "integer", "bigint", "year", "bit",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (column_type_is(type, names[i]))
			return true;
	return false;
}

/* enum('a','') or set(''): is there a label that looks like no value? */
static bool has_empty_label(struct str type, struct arena *a)
{
	struct str *labels;
	size_t n;

	if (!column_type_labels(a, type, &labels, &n))
		return true;
	for (size_t i = 0; i < n; i++)
		if (labels[i].n == 0)
			return true;
	return false;
}

static enum value_form form_of(const struct column *c, struct arena *a)
{
	if (is_integer(c->type))
		return VALUE_INTEGER;
	if (column_type_is(c->type, "float"))
		return VALUE_FLOAT;
	if (column_type_is(c->type, "double"))
		return VALUE_DOUBLE;
	if (column_type_is(c->type, "decimal"))
		return VALUE_DECIMAL;
	if (c->base64)
		return VALUE_BASE64;
	if (column_type_is(c->type, "enum"))
		return has_empty_label(c->type, a) ? VALUE_LABEL_OR_INDEX : VALUE_LABEL;
	if (column_type_is(c->type, "set") && has_empty_label(c->type, a))
		return VALUE_INTEGER;
	return VALUE_STRING;
}

bool value_columns(struct value_column **columns, const struct table *t, struct arena *a, struct err *e)
{
	*columns = arena_array(a, t->n_columns, sizeof(**columns));
	for (size_t i = 0; i < t->n_columns; i++) {
		const struct column *c = &t->columns[i];
		struct value_column *v = &(*columns)[i];

		v->form = form_of(c, a);
		v->has_ascii = true;
		if (c->charset.n == 0)
			continue;
		v->charset = charset_of_name(c->charset);
		if (!v->charset)
			return err_set(e, &err_value, "column '%.*s' of `%.*s`.`%.*s`: character set '%.*s' is not "
				       "known", STR(c->name), STR(t->schema), STR(t->name), STR(c->charset));
		if (charset_is_utf8(v->charset) || charset_is_binary(v->charset))
			v->charset = NULL;
		else
			v->has_ascii = charset_has_ascii(v->charset);
	}
	return true;
}

void value_want_labels(struct value_column *column, struct str type, struct arena *a)
{
	struct str *labels;
	size_t n;

	column->form = VALUE_LABELS_AND_SUM;
	column->empty_label = UINT64_MAX;
	if (!column_type_labels(a, type, &labels, &n))
		return;
	column->empty_label = 0;
	for (size_t i = 0; i < n && i < 64; i++)
		if (labels[i].n == 0)
			column->empty_label |= (uint64_t)1 << i;
}

/* The server rounds floats to six digits when it prints them, and sends bits as bytes: as numbers both come whole. */
static void put_expression(struct buf *sql, struct str name, struct str type, enum value_form form)
{
	bool bits = form == VALUE_INTEGER && (column_type_is(type, "bit") || column_type_is(type, "set"));

	if (bits)		/* as a sum MySQL gives a set as a DOUBLE */
		buf_put_text(sql, "CAST(");
	sql_put_name(sql, name);
	if (bits)
		buf_put_text(sql, " AS UNSIGNED)");
	else if (form == VALUE_LABELS_AND_SUM) {
		buf_put_text(sql, ",CAST(");
		sql_put_name(sql, name);
		buf_put_text(sql, " AS UNSIGNED)");
	}
	else if (form == VALUE_FLOAT || form == VALUE_DOUBLE)
		buf_put_text(sql, "*1e0");
	else if (form == VALUE_LABEL_OR_INDEX) {
		buf_put_char(sql, ',');
		sql_put_name(sql, name);
		buf_put_text(sql, "+0");
	}
}

void value_select_put(struct buf *sql, const struct table *t, const struct value_column *columns)
{
	bool first = true;

	for (size_t i = 0; i < t->n_columns; i++) {
		if (columns[i].skip)
			continue;
		if (!first)
			buf_put_char(sql, ',');
		first = false;
		put_expression(sql, t->columns[i].name, t->columns[i].type, columns[i].form);
	}
}

size_t value_cells(const struct value_column *columns, size_t n)
{
	size_t cells = 0;

	for (size_t i = 0; i < n; i++)
		cells += value_column_cells(&columns[i]);
	return cells;
}

/* Digits behind a sign; ZEROFILL and YEAR put zeros in front, which JSON has not. */
static bool put_integer(struct buf *out, struct str digits)
{
	if (digits.n > 0 && digits.p[0] == '-') {
		buf_put_char(out, '-');
		digits = str_from(digits, 1);
	}
	while (digits.n > 1 && digits.p[0] == '0')
		digits = str_from(digits, 1);
	for (size_t i = 0; i < digits.n; i++)
		if (digits.p[i] < '0' || digits.p[i] > '9')
			return false;
	buf_put_str(out, digits);
	return digits.n > 0;
}

static bool put_float(struct buf *out, struct str digits, bool single)
{
	char text[64], *end;
	double v;

	if (digits.n == 0 || digits.n >= sizeof(text))
		return false;
	memcpy(text, digits.p, digits.n);
	text[digits.n] = '\0';
	v = strtod(text, &end);
	if (*end != '\0' || !isfinite(v))
		return false;
	if (single)
		json_put_float(out, (float)v);
	else
		json_put_double(out, v);
	return true;
}

/* ZEROFILL puts zeros in front, which are no part of the value. */
static bool put_decimal(struct buf *out, struct str digits)
{
	while (digits.n > 1 && digits.p[0] == '0' && digits.p[1] != '.')
		digits = str_from(digits, 1);
	return json_put_text_checked(out, digits);
}

static void put_string(struct buf *out, struct str bytes, const struct charset *charset, struct buf *scratch)
{
	if (charset) {
		buf_clear(scratch);
		if (charset_put_utf8_exact(charset, bytes, scratch)) {
			json_put_text(out, buf_str(scratch));
			return;
		}
	} else if (json_put_text_checked(out, bytes)) {
		return;
	}
	buf_put_text(out, "{\"base64\":");
	json_put_base64(out, bytes);
	buf_put_char(out, '}');
}

/* Digits as JSON has them are digits of SQL, too, but for a zero below zero: as a decimal it would lose its sign. */
bool value_number_put(struct buf *out, const struct value_column *column, struct str cell)
{
	size_t before = out->n;

	switch (column->form) {
	case VALUE_INTEGER:
		return put_integer(out, cell);
	case VALUE_FLOAT:
	case VALUE_DOUBLE:
		if (!put_float(out, cell, column->form == VALUE_FLOAT))
			return false;
		if (str_is(str_from(buf_str(out), before), "-0.0"))
			buf_put_text(out, "e0");
		return true;
	case VALUE_DECIMAL:
		while (cell.n > 1 && cell.p[0] == '0' && cell.p[1] != '.')
			cell = str_from(cell, 1);
		buf_put_str(out, cell);
		return cell.n > 0;
	case VALUE_BASE64: case VALUE_STRING: case VALUE_LABEL: case VALUE_LABEL_OR_INDEX: case VALUE_LABELS_AND_SUM:
		break;
	}
	return false;
}

static bool put_value(struct buf *out, const struct value_column *column, const struct str *cell, struct buf *scratch)
{
	if (!cell->p) {
		buf_put_text(out, "null");
		return true;
	}
	switch (column->form) {
	case VALUE_INTEGER:
		return put_integer(out, *cell);
	case VALUE_FLOAT:
	case VALUE_DOUBLE:
		return put_float(out, *cell, column->form == VALUE_FLOAT);
	case VALUE_DECIMAL:
		return put_decimal(out, *cell);
	case VALUE_BASE64:
		json_put_base64(out, *cell);
		return true;
	case VALUE_LABEL_OR_INDEX:
		if (str_is(cell[1], "0")) {
			buf_put_char(out, '0');
			return true;
		}
		break;
	case VALUE_LABEL:
		if (cell->n == 0) {
			buf_put_char(out, '0');
			return true;
		}
		break;
	case VALUE_STRING: case VALUE_LABELS_AND_SUM:
		break;
	}
	put_string(out, *cell, column->charset, scratch);
	return true;
}

bool value_row_put(struct buf *out, const struct table *t, const struct value_column *columns, const struct str *cells,
		   struct buf *scratch, struct err *e)
{
	buf_put_char(out, '[');
	for (size_t i = 0; i < t->n_columns; i++) {
		if (i > 0)
			buf_put_char(out, ',');
		if (!put_value(out, &columns[i], cells, scratch))
			return err_set(e, &err_value, "column '%.*s' of `%.*s`.`%.*s` (%.*s): the server sent no value of "
				       "this type", STR(t->columns[i].name), STR(t->schema), STR(t->name),
				       STR(t->columns[i].type));
		cells += value_column_cells(&columns[i]);
	}
	buf_put_char(out, ']');
	return true;
}
