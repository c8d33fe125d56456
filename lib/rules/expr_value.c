/* expr_value.c - values as what is wanted of them: MySQL's implicit conversions */
#include "rules/expr_parts.h"

#include <math.h>
#include <stdlib.h>

#include "text/json_read.h"
#include "text/json_write.h"

const struct err_kind err_expr_row = {
	.code = 36680, .class = "sync-unit", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "change the expression so that it can tell this row too, and resume the task",
};
const struct err_kind err_expr_partial = {
	.code = 36681, .class = "sync-unit", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "set binlog_row_image=FULL (and binlog_row_value_options='') upstream; rows that were logged before stay as they "
		      "are: take the expression out until they are past",
};

bool run_fail(struct run *r, const struct node *n, const char *why)
{
	return err_set(r->e, &err_expr_row, "'%.*s' %s", STR(str_first(n->text, 60)), why);
}

bool is_number(enum expr_type t)
{
	return t == TYPE_INT || t == TYPE_UINT || t == TYPE_EXACT || t == TYPE_REAL;
}

bool is_moment(enum expr_type t)
{
	return t == TYPE_DATE || t == TYPE_TIME || t == TYPE_DATETIME;
}

bool node_value(struct run *r, const struct node *n, struct value *v)
{
	return n->eval(r, n, v);
}

bool constant_value(struct run *r, const struct node *n, struct value *v)
{
	(void)r;
	*v = n->value;
	return true;
}

static struct str skip_spaces(struct str s)
{
	while (s.n > 0 && (*s.p == ' ' || (*s.p >= '\t' && *s.p <= '\r')))
		s = str_from(s, 1);
	return s;
}

/* The number that s begins with; 0 where there is none. */
double text_real(struct str s)
{
	char room[400];
	size_t n;

	s = skip_spaces(s);
	/* Only what is a number there, too: strtod knows "inf", "nan" and "0x". */
	for (n = 0; n < s.n && n < sizeof(room) - 1 && s.p[n] && strchr("+-.0123456789eE", s.p[n]); n++)
		room[n] = s.p[n];
	room[n] = '\0';
	return strtod(room, NULL);
}

static bool column_number(struct run *r, const struct node *n, struct str s, struct value *v)
{
	switch (n->type) {
	case TYPE_INT: case TYPE_UINT:
		if (exact_parse(&v->x, s) != s.n || s.n == 0 || !exact_wide(&v->x, true, &v->i))
			return run_fail(r, n, "is no integer");
		return true;
	case TYPE_EXACT:
		return (s.n > 0 && exact_parse(&v->x, s) == s.n) || run_fail(r, n, "is no number");
	case TYPE_REAL:
		v->r = text_real(s);
		if (column_type_is(n->of->type, "float"))	/* a server compares with what the four bytes hold */
			v->r = (double)(float)v->r;
		return true;
	case TYPE_NULL: case TYPE_TEXT: case TYPE_DATE: case TYPE_TIME: case TYPE_DATETIME: case TYPE_JSON:
		break;
	}
	return run_fail(r, n, "is no number");
}

bool column_value(struct run *r, const struct node *n, struct value *v)
{
	const struct row_value *row = &r->row[n->column];

	v->null = row->kind == VALUE_NULL;
	switch (row->kind) {
	case VALUE_NULL:
		return true;
	case VALUE_ABSENT:
		return err_set(r->e, &err_expr_partial, "the row image lacks the column '%.*s', which the expression needs "
			       "(binlog_row_image is not FULL)", STR(n->of->name));
	case VALUE_JSON_DIFF:
		return err_set(r->e, &err_expr_partial, "the row image has only what changed in the document '%.*s', which the "
			       "expression needs (binlog_row_value_options is PARTIAL_JSON)", STR(n->of->name));
	case VALUE_NUMBER: case VALUE_TEXT: case VALUE_BYTES:
		break;
	}
	if (is_number(n->type))
		return column_number(r, n, row->text, v);
	if (is_moment(n->type))
		return moment_parse(row->text, n->type, &v->t) || run_fail(r, n, "holds no date or time that is known");
	if (row->kind == VALUE_NUMBER && n->type == TYPE_TEXT && !str_is(row->text, "0"))
		return run_fail(r, n, "has a value whose label is not known");
	v->s = row->kind == VALUE_NUMBER && n->type == TYPE_TEXT ? STR_LIT("") : row->text;
	return true;
}

static bool text_exact(struct run *r, const struct node *n, struct str s, struct exact *x)
{
	struct str number = skip_spaces(s);

	if (exact_parse(x, number) == 0 && number.n > 0 && number.p[0] >= '0' && number.p[0] <= '9')
		return run_fail(r, n, "is out of range");
	return true;
}

/* A scalar of a document as a number. */
static double json_real(struct str s)
{
	struct arena a = ARENA_INIT;
	struct json j;
	double real = 0;

	json_init(&j, s);
	switch (json_peek(&j)) {
	case JSON_TRUE:
		real = 1;
		break;
	case JSON_NUMBER:
		real = text_real(s);
		break;
	case JSON_TEXT:
		real = text_real(json_text(&j, &a));
		break;
	case JSON_BAD: case JSON_NULL: case JSON_FALSE: case JSON_ARRAY: case JSON_OBJECT:
		break;
	}
	arena_release(&a);
	return real;
}

static void moment_exact(const struct moment *t, enum expr_type type, struct exact *x)
{
	wide all = moment_number(t, type) * 1000000 + (t->negative ? -(wide)t->micro : (wide)t->micro);

	exact_of_wide(x, all);
	x->scale = 6;
}

bool exact_of(struct run *r, const struct node *n, struct exact *x, bool *null)
{
	struct value v;

	if (!node_value(r, n, &v))
		return false;
	*null = v.null;
	if (v.null)
		return true;
	switch (n->type) {
	case TYPE_NULL:
		break;
	case TYPE_INT: case TYPE_UINT:
		exact_of_wide(x, v.i);
		break;
	case TYPE_EXACT:
		*x = v.x;
		break;
	case TYPE_REAL: {
		struct buf b = BUF_INIT(400);
		bool ok;

		json_put_double(&b, v.r);
		ok = text_exact(r, n, buf_str(&b), x);
		buf_release(&b);
		return ok;
	}
	case TYPE_TEXT:
		return text_exact(r, n, v.s, x);
	case TYPE_DATE: case TYPE_TIME: case TYPE_DATETIME:
		moment_exact(&v.t, n->type, x);
		break;
	case TYPE_JSON: {
		struct json j;

		json_init(&j, v.s);
		if (json_peek(&j) != JSON_NUMBER)
			exact_of_wide(x, (wide)json_real(v.s));
		else
			return text_exact(r, n, v.s, x);
		break;
	}
	}
	return true;
}

bool real_of(struct run *r, const struct node *n, double *real, bool *null)
{
	struct value v;
	struct exact x;

	if (!node_value(r, n, &v))
		return false;
	*null = v.null;
	if (v.null)
		return true;
	switch (n->type) {
	case TYPE_NULL:
		break;
	case TYPE_INT: case TYPE_UINT:
		*real = (double)v.i;
		break;
	case TYPE_EXACT:
		*real = exact_real(&v.x);
		break;
	case TYPE_REAL:
		*real = v.r;
		break;
	case TYPE_TEXT:
		*real = text_real(v.s);
		break;
	case TYPE_DATE: case TYPE_TIME: case TYPE_DATETIME:
		moment_exact(&v.t, n->type, &x);
		*real = exact_real(&x);
		break;
	case TYPE_JSON:
		*real = json_real(v.s);
		break;
	}
	return true;
}

/* What stands in front of the first byte that is no digit. */
static bool text_wide(struct run *r, const struct node *n, struct str s, wide *i)
{
	bool minus;

	s = skip_spaces(s);
	minus = s.n > 0 && *s.p == '-';
	*i = 0;
	if (s.n > 0 && (*s.p == '-' || *s.p == '+'))
		s = str_from(s, 1);
	for (; s.n > 0 && *s.p >= '0' && *s.p <= '9'; s = str_from(s, 1)) {
		*i = *i * 10 + (*s.p - '0');
		if (*i > UINT64_MAX)
			return run_fail(r, n, "is out of range");
	}
	if (minus)
		*i = -*i;
	return *i >= INT64_MIN || run_fail(r, n, "is out of range");
}

bool wide_of(struct run *r, const struct node *n, wide *i, bool *null)
{
	struct exact x;
	double real;

	if (n->type == TYPE_INT || n->type == TYPE_UINT || n->type == TYPE_TEXT) {
		struct value v;

		if (!node_value(r, n, &v))
			return false;
		*null = v.null;
		*i = v.i;
		return v.null || n->type != TYPE_TEXT || text_wide(r, n, v.s, i);
	}
	if (n->type == TYPE_REAL || n->type == TYPE_JSON) {
		if (!real_of(r, n, &real, null))
			return false;
		if (*null)
			return true;
		real = rint(real);
		if (!(real >= -9223372036854775808.0 && real < 18446744073709551616.0))
			return run_fail(r, n, "is out of range");
		*i = (wide)real;
		return true;
	}
	if (!exact_of(r, n, &x, null))
		return false;
	if (*null)
		return true;
	if (!exact_wide(&x, true, i) || *i > UINT64_MAX || *i < INT64_MIN)
		return run_fail(r, n, "is out of range");
	return true;
}

static void put_real(struct buf *b, const struct node *n, double real)
{
	struct str s;

	if (n->of && column_type_is(n->of->type, "float")) {
		buf_putf(b, "%.6g", real);
		return;
	}
	json_put_mysql_double(b, real);
	s = buf_str(b);
	if (str_ends(s, STR_LIT(".0")))
		b->n -= 2;
}

/* v, of n's type, as text. */
bool put_value(struct run *r, const struct node *n, const struct value *v, struct str *s)
{
	struct exact x;

	buf_clear(r->made);
	switch (n->type) {
	case TYPE_NULL:
		break;
	case TYPE_INT: case TYPE_UINT:
		exact_of_wide(&x, v->i);
		exact_put(r->made, &x);
		break;
	case TYPE_EXACT:
		x = v->x;
		if (!exact_set_scale(&x, n->decimals, true))
			return run_fail(r, n, "is out of range");
		exact_put(r->made, &x);
		break;
	case TYPE_REAL:
		put_real(r->made, n, v->r);
		break;
	case TYPE_TEXT: case TYPE_JSON:
		*s = v->s;
		return true;
	case TYPE_DATE: case TYPE_TIME: case TYPE_DATETIME:
		moment_put(r->made, &v->t, n->type, n->decimals);
		break;
	}
	*s = arena_str(r->arena, buf_str(r->made));
	return true;
}

bool text_of(struct run *r, const struct node *n, struct str *s, bool *null)
{
	struct value v;

	if (!node_value(r, n, &v))
		return false;
	*null = v.null;
	return v.null || put_value(r, n, &v, s);
}

bool moment_of(struct run *r, const struct node *n, enum expr_type as, struct moment *t, bool *null)
{
	struct value v;

	if (!node_value(r, n, &v))
		return false;
	*null = v.null;
	if (v.null)
		return true;
	switch (n->type) {
	case TYPE_NULL:
		break;
	case TYPE_DATE: case TYPE_DATETIME: case TYPE_TIME:
		*t = v.t;
		if (as == TYPE_DATE)
			t->hour = t->minute = t->second = t->micro = 0;
		if (as == TYPE_TIME)
			t->year = t->month = t->day = 0;
		if (as == TYPE_TIME && n->type == TYPE_DATE)
			*t = (struct moment){ 0 };
		break;
	case TYPE_TEXT: case TYPE_JSON:
		*null = !moment_parse(v.s, as, t);
		break;
	case TYPE_INT: case TYPE_UINT:
		*null = !moment_parse_number(v.i, as, t);
		break;
	case TYPE_EXACT: case TYPE_REAL:
		return run_fail(r, n, "is a number with digits behind the point where a date is wanted");
	}
	return true;
}
