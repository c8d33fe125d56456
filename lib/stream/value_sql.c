#include "stream/value_sql.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "text/sql_quote.h"

/* What a literal depends on. */
enum family { FAMILY_OTHER, FAMILY_FLOAT, FAMILY_DOUBLE, FAMILY_DECIMAL, FAMILY_JSON, FAMILY_YEAR, FAMILY_ENUM, FAMILY_SET };

/* By the first letter first: this is asked for each value. */
static enum family family_of(struct str type)
{
	switch (type.n ? type.p[0] | 0x20 : 0) {
	case 'f':
		return column_type_is(type, "float") ? FAMILY_FLOAT : FAMILY_OTHER;
	case 'd':
		return column_type_is(type, "decimal") ? FAMILY_DECIMAL :
		       column_type_is(type, "double") ? FAMILY_DOUBLE : FAMILY_OTHER;
	case 'j':
		return column_type_is(type, "json") ? FAMILY_JSON : FAMILY_OTHER;
	case 'y':
		return column_type_is(type, "year") ? FAMILY_YEAR : FAMILY_OTHER;
	case 'e':
		return column_type_is(type, "enum") ? FAMILY_ENUM : FAMILY_OTHER;
	case 's':
		return column_type_is(type, "set") ? FAMILY_SET : FAMILY_OTHER;
	default:
		return FAMILY_OTHER;
	}
}

/* Digits, a sign, a point: what may stand in a statement without quotes. Values come from strangers. */
static bool is_decimal(struct str s)
{
	size_t digits = 0, points = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] >= '0' && s.p[i] <= '9')
			digits++;
		else if (s.p[i] == '.')
			points++;
		else if (s.p[i] != '-' || i > 0)
			return false;
	}
	return digits > 0 && points <= 1;
}

/* With an exponent it is a DOUBLE for the server; without, a DECIMAL, which has no -0. */
static void put_double(struct buf *b, struct str digits)
{
	buf_put_str(b, digits);
	if (!memchr(digits.p, 'e', digits.n) && !memchr(digits.p, 'E', digits.n))
		buf_put_text(b, "e0");
}

/* The shortest digits of a float are not those of the same number as a double, and servers compare doubles: 0.1 never is a float. */
static void put_float(struct buf *b, struct str digits)
{
	char text[64], exact[64];
	double v;

	if (digits.n >= sizeof(text)) {
		put_double(b, digits);
		return;
	}
	memcpy(text, digits.p, digits.n);
	text[digits.n] = '\0';
	v = (double)strtof(text, NULL);
	snprintf(exact, sizeof(exact), "%.17g", v);
	put_double(b, isfinite(v) ? str_of(exact) : digits);	/* too big for any float: the server says so */
}

static void put_number(struct buf *b, struct str digits, enum family family)
{
	if (family == FAMILY_FLOAT)
		put_float(b, digits);
	else if (family == FAMILY_DOUBLE)
		put_double(b, digits);
	else
		buf_put_str(b, digits);
}

static void put_literal(struct buf *b, const struct row_value *v, enum family family, bool backslash)
{
	switch (v->kind) {
	case VALUE_ABSENT:
		buf_put_text(b, "DEFAULT");
		break;
	case VALUE_NULL:
		buf_put_text(b, "NULL");
		break;
	case VALUE_NUMBER:
		put_number(b, v->text, family);
		break;
	case VALUE_TEXT:
		if (family == FAMILY_DECIMAL && is_decimal(v->text))
			buf_put_str(b, v->text);
		else
			sql_put_text(b, v->text, backslash);
		break;
	case VALUE_BYTES:
		sql_put_many_bytes(b, v->text, backslash);
		break;
	case VALUE_JSON_DIFF:
		buf_put_text(b, "(json_diff)");
		break;
	}
}

void value_put_sql(struct buf *b, const struct row_value *v, const struct column *column, bool backslash)
{
	put_literal(b, v, family_of(column->type), backslash);
}

/* Is it text that the server turns into a document? */
static bool is_document(const struct row_value *v, const struct column *column, enum json_store store)
{
	return v->kind == VALUE_TEXT && store != JSON_STORE_TEXT && family_of(column->type) == FAMILY_JSON;
}

void value_put_sql_into(struct buf *b, const struct row_value *v, const struct column *column, const struct column *to,
			bool backslash, enum json_store store)
{
	if (is_document(v, to, store) && json_sql_is_built(v->text, store))
		json_put_sql(b, v->text, backslash, store);
	else
		value_put_sql(b, v, column, backslash);
}

bool value_fits(const struct row_value *v, const struct column *to, enum json_store store, struct str *number)
{
	return !is_document(v, to, store) || json_sql_can_hold(v->text, store, number);
}

void value_put_sql_equal(struct buf *b, struct str column_name, const struct row_value *v, const struct column *column,
			 bool backslash, enum json_store store)
{
	enum family family = family_of(column->type);
	bool text = v->kind == VALUE_TEXT;

	/* Bytes that are no text of the column's set: MySQL would convert them to it, and refuses that. So it does with a VECTOR. */
	if (v->kind == VALUE_BYTES && (column->charset.n > 0 || column_type_is(column->type, "vector"))) {
		buf_put_text(b, "CAST(");
		sql_put_name(b, column_name);
		buf_put_text(b, " AS BINARY) = ");
		put_literal(b, v, family, backslash);
		return;
	}
	/* Servers compare a SET with a number as doubles, and those over 2^63 as negative ones. */
	if (v->kind == VALUE_NUMBER && family == FAMILY_SET) {
		buf_put_text(b, "CAST(");
		sql_put_name(b, column_name);
		buf_put_text(b, " AS UNSIGNED) = ");
		put_literal(b, v, family, backslash);
		return;
	}
	sql_put_name(b, column_name);
	if (v->kind == VALUE_NULL) {
		buf_put_text(b, " IS NULL");
		return;
	}
	/* Servers read a small number that is compared with a YEAR as a year of two digits, 0 as 2000; a sum is just a number. */
	if (family == FAMILY_YEAR && v->text.n < 4)
		buf_put_text(b, "+0");
	buf_put_text(b, " = ");
	if (is_document(v, column, store))
		json_put_sql(b, v->text, backslash, store);
	else
		put_literal(b, v, family, backslash);
	/* The label '' equals the error value 0, which a server shows as ''. */
	if (family == FAMILY_ENUM && text && v->text.n == 0) {
		buf_put_text(b, " AND ");
		sql_put_name(b, column_name);
		buf_put_text(b, " <> 0");
	}
}

void value_put_sql_identical(struct buf *b, struct str column_name, const struct row_value *v, const struct column *column,
			     bool backslash, enum json_store store)
{
	enum family family = family_of(column->type);

	/* Documents are equal where their numbers are. */
	if (is_document(v, column, store) && store == JSON_STORE_DECIMALS) {
		buf_put_text(b, "CAST(");
		sql_put_name(b, column_name);
		buf_put_text(b, " AS BINARY) = CAST(");
		json_put_sql(b, v->text, backslash, store);
		buf_put_text(b, " AS BINARY)");
		return;
	}
	value_put_sql_equal(b, column_name, v, column, backslash, store);
	if (v->kind != VALUE_TEXT || column->charset.n == 0 || family == FAMILY_ENUM || family == FAMILY_SET)
		return;
	buf_put_text(b, " AND CAST(CONVERT(");
	sql_put_name(b, column_name);
	buf_put_text(b, " USING utf8mb4) AS BINARY) = CAST(");
	sql_put_text(b, v->text, backslash);
	buf_put_text(b, " AS BINARY)");
}
