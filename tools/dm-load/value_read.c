/* value_read.c - see value_read.h */
#include "value_read.h"

#include "text/utf8.h"

static bool is_one_of(struct str type, const char *const *words)
{
	for (; *words; words++)
		if (column_type_is(type, *words))
			return true;
	return false;
}

static bool is_numeric(struct str type)
{
	static const char *const words[] = {
		"int", "bigint", "smallint", "tinyint", "mediumint", "decimal", "float", "double", "integer", "numeric",
		"dec", "fixed", "real", "bool", "boolean", "year", NULL,
	};

	return is_one_of(type, words);
}

/* Digits as a statement may hold them without quotes: values come from strangers. */
static bool is_number(struct str s)
{
	size_t i = s.n > 0 && s.p[0] == '-', digits = 0, point = 0;

	for (; i < s.n && ((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] == '.' && !point)); i++) {
		digits += s.p[i] != '.';
		point += s.p[i] == '.';
	}
	if (digits == 0)
		return false;
	if (i == s.n)
		return true;
	if ((s.p[i] | 0x20) != 'e')
		return false;
	i++;
	i += i < s.n && (s.p[i] == '-' || s.p[i] == '+');
	for (digits = i; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; )
		i++;
	return i == s.n && i > digits;
}

static bool is_error_label(const struct column *c, struct arena *a)
{
	struct str *labels;
	size_t n;

	if (!column_type_is(c->type, "enum") || !column_type_labels(a, c->type, &labels, &n))
		return false;
	for (size_t i = 0; i < n; i++)
		if (labels[i].n == 0)
			return false;
	return true;
}

void value_form_make(struct value_form *form, const struct column *c, struct arena *a)
{
	bool labels = column_type_is(c->type, "enum") || column_type_is(c->type, "set"), bit = column_type_is(c->type, "bit");

	*form = (struct value_form){ .column = c };
	form->what = c->base64 || bit ? FORM_BYTES : is_numeric(c->type) ? FORM_NUMBER : FORM_TEXT;
	form->number_is_text = !labels && !bit && (c->charset.n > 0 || c->base64);
	form->empty_is_zero = is_error_label(c, a);
	form->charset = charset_of_name(c->charset.n == 0 || column_type_is(c->type, "json") ? STR_LIT("utf8mb4") : c->charset);
}

/* Bytes that are no text of the set stay bytes, which the column then gets as they are. */
static bool put_text(struct row_value *v, struct str bytes, const struct charset *cs, struct buf *buf, struct arena *a)
{
	v->kind = VALUE_TEXT;
	v->text = bytes;
	if (charset_is_utf8(cs)) {
		if (!utf8_valid(bytes))
			v->kind = VALUE_BYTES;
		return true;
	}
	buf_clear(buf);
	if (charset_put_utf8_exact(cs, bytes, buf))
		v->text = arena_str(a, buf_str(buf));
	else
		v->kind = VALUE_BYTES;
	return !buf->over;
}

static bool read_text(struct row_value *v, const struct sql_literal *literal, const struct value_form *form,
		      const struct charset *charset, struct buf *buf, struct arena *a, struct err *e)
{
	const struct column *c = form->column;
	const struct charset *own = form->charset, *from = charset ? charset : own;

	if (literal->kind == SQL_LITERAL_BYTES)
		from = own;
	else if (literal->charset.n > 0)
		from = charset_of_name(literal->charset);
	if (!from || !own)
		return err_set(e, &err_sql_values, "column '%.*s': character set '%.*s' is not known", STR(c->name),
			       STR(from ? c->charset : literal->charset));
	if (!put_text(v, literal->text, from, buf, a))
		return buf_ok(buf, "a text", e);
	/* Bytes are those of the column's own set: of another one they would become another text. */
	return v->kind != VALUE_BYTES || from == own || (charset_is_utf8(from) && charset_is_utf8(own)) ||
	       err_set(e, &err_sql_values, "column '%.*s': a text is not valid in the file's character set %s", STR(c->name),
		       charset_name(from));
}

bool value_read(struct row_value *v, const struct sql_literal *literal, const struct value_form *form,
		const struct charset *charset, struct buf *buf, struct arena *a, struct err *e)
{
	v->text = literal->text;
	if (literal->kind == SQL_LITERAL_NULL) {
		v->kind = VALUE_NULL;
	} else if (literal->kind == SQL_LITERAL_NUMBER) {
		v->kind = !form->number_is_text ? VALUE_NUMBER : form->what == FORM_BYTES ? VALUE_BYTES : VALUE_TEXT;
	} else if (form->what == FORM_BYTES) {
		v->kind = VALUE_BYTES;
	} else if (form->what == FORM_NUMBER) {
		v->kind = literal->kind == SQL_LITERAL_BYTES ? VALUE_BYTES : is_number(literal->text) ? VALUE_NUMBER :
			  utf8_valid(literal->text) ? VALUE_TEXT : VALUE_BYTES;
	} else if (form->empty_is_zero && literal->text.n == 0) {
		*v = (struct row_value){ VALUE_NUMBER, STR_LIT("0") };
	} else {
		return read_text(v, literal, form, charset, buf, a, e);
	}
	return true;
}
