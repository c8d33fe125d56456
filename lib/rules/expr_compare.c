/* expr_compare.c - comparisons and three-valued logic */
#include "rules/expr_parts.h"

#include "text/json_read.h"

bool truth_of(struct run *r, const struct node *n, enum expr_truth *truth)
{
	struct value v;
	struct exact x;
	double real;
	bool null;

	switch (n->type) {
	case TYPE_NULL:
		*truth = EXPR_UNKNOWN;
		return true;
	case TYPE_INT: case TYPE_UINT:
		if (!node_value(r, n, &v))
			return false;
		*truth = v.null ? EXPR_UNKNOWN : v.i != 0 ? EXPR_TRUE : EXPR_FALSE;
		return true;
	case TYPE_EXACT:
		if (!exact_of(r, n, &x, &null))
			return false;
		*truth = null ? EXPR_UNKNOWN : x.n != 0 ? EXPR_TRUE : EXPR_FALSE;
		return true;
	case TYPE_REAL: case TYPE_TEXT: case TYPE_DATE: case TYPE_TIME: case TYPE_DATETIME: case TYPE_JSON:
		break;
	}
	if (!real_of(r, n, &real, &null))
		return false;
	*truth = null ? EXPR_UNKNOWN : real != 0 ? EXPR_TRUE : EXPR_FALSE;
	return true;
}

static bool give_truth(struct value *v, enum expr_truth t)
{
	v->null = t == EXPR_UNKNOWN;
	v->i = t == EXPR_TRUE;
	return true;
}

/* AND stops at the first FALSE, OR at the first TRUE. */
static bool logic_value(struct run *r, const struct node *n, struct value *v)
{
	enum expr_truth stops = n->kind == NODE_AND ? EXPR_FALSE : EXPR_TRUE;
	enum expr_truth all = n->kind == NODE_AND ? EXPR_TRUE : EXPR_FALSE, t;

	for (size_t i = 0; i < n->n; i++) {
		if (!truth_of(r, n->args[i], &t))
			return false;
		if (t == stops)
			return give_truth(v, t);
		if (t == EXPR_UNKNOWN)
			all = t;
	}
	return give_truth(v, all);
}

static bool xor_value(struct run *r, const struct node *n, struct value *v)
{
	enum expr_truth a, b;

	if (!truth_of(r, n->args[0], &a) || !truth_of(r, n->args[1], &b))
		return false;
	return give_truth(v, a == EXPR_UNKNOWN || b == EXPR_UNKNOWN ? EXPR_UNKNOWN : a != b ? EXPR_TRUE : EXPR_FALSE);
}

static bool not_value(struct run *r, const struct node *n, struct value *v)
{
	enum expr_truth t;

	if (!truth_of(r, n->args[0], &t))
		return false;
	return give_truth(v, t == EXPR_UNKNOWN ? t : t == EXPR_TRUE ? EXPR_FALSE : EXPR_TRUE);
}

static bool is_value(struct run *r, const struct node *n, struct value *v)
{
	enum expr_truth t;
	bool yes = false;

	if ((n->is == IS_NULL || n->is == IS_UNKNOWN) && (n->args[0]->kind == NODE_SAME || n->args[0]->kind == NODE_IS))
		return give_wide(v, n->negated);	/* never NULL: a server does not look, either */
	if (n->is == IS_NULL) {
		if (!node_value(r, n->args[0], v))
			return false;
		yes = v->null || n->args[0]->type == TYPE_NULL;
	} else {
		if (!truth_of(r, n->args[0], &t))
			return false;
		yes = t == (n->is == IS_TRUE ? EXPR_TRUE : n->is == IS_FALSE ? EXPR_FALSE : EXPR_UNKNOWN);
	}
	return give_wide(v, yes != n->negated);
}

bool bind_logic(struct binder *b, struct node *n)
{
	n->type = TYPE_INT;
	n->boolean = true;
	n->eval = n->kind == NODE_XOR ? xor_value : n->kind == NODE_NOT ? not_value : n->kind == NODE_IS ? is_value : logic_value;
	if (n->kind == NODE_IS && n->is == IS_NULL)
		return true;
	for (size_t i = 0; b->table && i < n->n; i++)
		if (!bind_number(b, &n->args[i]))
			return false;
	return true;
}

/* --- how two are compared --- */

static bool moment_constant(struct binder *b, struct node **arg, enum expr_type type)
{
	struct node *n = *arg, *made = bind_constant(b, n, type);
	bool ok;

	if (n->kind == NODE_CONSTANT && n->type == TYPE_TEXT)
		ok = moment_parse(n->value.s, type, &made->value.t);
	else if (n->kind == NODE_CONSTANT && (n->type == TYPE_INT || n->type == TYPE_UINT))
		ok = moment_parse_number(n->value.i, type, &made->value.t);
	else
		return bind_refuse(b, n, "is compared with a date or time, and is none; CAST it AS DATE, TIME or DATETIME");
	*arg = made;
	if (ok)
		return true;
	return err_set(b->e, &err_expr_unsupported, "'%.*s' is compared with a date or time, and is none that can be read",
		       STR(str_first(n->text, 60)));
}

static bool compare_moments(struct binder *b, struct node **x, struct node **y, struct compare *c)
{
	enum expr_type a = (*x)->type, z = (*y)->type;

	c->how = COMPARE_MOMENT;
	if (is_moment(a) && is_moment(z))
		return (a == TYPE_TIME) == (z == TYPE_TIME) ||
		       bind_refuse(b, *x, "is a time of day or a date, and is compared with the other");
	/* A date is compared as the date and time that it begins with: '2020-01-01 10:00:00' is not it. */
	if (is_moment(a))
		return moment_constant(b, y, a == TYPE_TIME ? a : TYPE_DATETIME);
	return moment_constant(b, x, z == TYPE_TIME ? z : TYPE_DATETIME);
}

static bool compare_documents(struct binder *b, const struct node *x, const struct node *y, struct compare *c)
{
	const struct node *other = x->type == TYPE_JSON ? y : x;

	c->how = COMPARE_JSON;
	return other->type == TYPE_JSON || is_number(other->type) || other->type == TYPE_TEXT ||
	       bind_refuse(b, other, "is compared with a document");
}

/* An integer that is written as text is compared as one: so a BIGINT keeps all its digits. */
static void text_to_int(struct binder *b, const struct node *other, struct node **arg)
{
	struct node *n = *arg, *made;
	struct exact x;
	wide i;

	if (n->kind != NODE_CONSTANT || n->type != TYPE_TEXT || n->hex || other->kind != NODE_COLUMN ||
	    (other->type != TYPE_INT && other->type != TYPE_UINT))
		return;
	if (n->value.s.n == 0 || n->value.s.n > 20 || exact_parse(&x, n->value.s) != n->value.s.n || x.scale > 0 ||
	    memchr(n->value.s.p, 'e', n->value.s.n) || !exact_wide(&x, false, &i) || i < INT64_MIN || i > UINT64_MAX)
		return;
	made = bind_constant(b, n, i > INT64_MAX ? TYPE_UINT : TYPE_INT);
	made->value.i = i;
	*arg = made;
}

static bool is_comparison(const struct node *n)
{
	return (n->kind >= NODE_EQUAL && n->kind <= NODE_MORE_EQUAL) || n->kind == NODE_IN || n->kind == NODE_BETWEEN;
}

/* 20 is the year 2020 where a YEAR is compared with it. */
static bool whole_year(struct binder *b, bool plain, const struct node *other, struct node **arg)
{
	struct node *n = *arg, *made;

	if (other->kind != NODE_COLUMN || !other->of || !column_type_is(other->of->type, "year") || !n->constant)
		return true;
	if (n->kind != NODE_CONSTANT || n->type != TYPE_INT)
		return bind_refuse(b, n, "is compared with a YEAR, and is no integer that is written out");
	if (n->value.i < 1 || n->value.i > 99)
		return true;
	if (!plain)
		return bind_refuse(b, n, "is a year of two digits; write four");
	made = bind_constant(b, n, TYPE_INT);
	made->value.i = n->value.i + (n->value.i < 70 ? 2000 : 1900);
	*arg = made;
	return true;
}

static enum compare_how numbers_how(enum expr_type a, enum expr_type z)
{
	if (a == TYPE_TEXT || z == TYPE_TEXT || a == TYPE_REAL || z == TYPE_REAL)
		return COMPARE_REAL;
	return a == TYPE_EXACT || z == TYPE_EXACT ? COMPARE_EXACT : COMPARE_INT;
}

bool bind_compare(struct binder *b, struct node *n, struct node **x, struct node **y, struct compare *c)
{
	enum expr_type a = (*x)->type, z = (*y)->type;
	struct node pair = { .text = n->text, .n = 2, .args = (struct node *[]){ *x, *y } };

	c->how = COMPARE_NEVER;
	if (a == TYPE_NULL || z == TYPE_NULL)
		return true;
	if (a == TYPE_JSON || z == TYPE_JSON)
		return compare_documents(b, *x, *y, c);
	if (is_moment(a) || is_moment(z))
		return compare_moments(b, x, y, c);
	if (a == TYPE_TEXT && z == TYPE_TEXT) {
		c->how = COMPARE_TEXT;
		if (c->collation)
			return true;
		bind_collation(b, &pair, 0, 2);
		c->collation = pair.collation;
		return bind_known_collation(b, &pair, c->collation);
	}
	text_to_int(b, *x, y);
	text_to_int(b, *y, x);
	if (!whole_year(b, is_comparison(n), *x, y) || !whole_year(b, is_comparison(n), *y, x) || !bind_number(b, x) || !bind_number(b, y))
		return false;
	c->how = numbers_how((*x)->type, (*y)->type);
	return true;
}

/* --- comparing --- */

enum { RANK_NULL, RANK_NUMBER, RANK_TEXT, RANK_OBJECT, RANK_ARRAY, RANK_TRUTH };

/* A value as a scalar of a document: text and its kind. */
static bool as_document(struct run *r, const struct node *n, int *rank, struct str *s, bool *null)
{
	static const int ranks[] = {
		[JSON_NULL] = RANK_NULL, [JSON_FALSE] = RANK_TRUTH, [JSON_TRUE] = RANK_TRUTH, [JSON_NUMBER] = RANK_NUMBER,
		[JSON_TEXT] = RANK_TEXT, [JSON_ARRAY] = RANK_ARRAY, [JSON_OBJECT] = RANK_OBJECT,
	};
	struct json j;
	enum json_kind kind;

	if (!text_of(r, n, s, null) || *null)
		return *null;
	if (n->type != TYPE_JSON) {
		*rank = n->type == TYPE_TEXT ? RANK_TEXT : n->boolean ? RANK_TRUTH : RANK_NUMBER;
		if (n->boolean)
			*s = str_is(*s, "0") ? STR_LIT("false") : STR_LIT("true");
		return true;
	}
	json_init(&j, *s);
	kind = json_peek(&j);
	if (kind == JSON_BAD)
		return run_fail(r, n, "is no JSON document");
	*rank = ranks[kind];
	if (kind == JSON_TEXT)
		*s = json_text(&j, r->arena);
	return true;
}

static bool compare_json(struct run *r, const struct node *x, const struct node *y, int *order, bool *null)
{
	struct str a, z;
	int left, right;

	*null = false;
	if (!as_document(r, x, &left, &a, null) || *null)
		return *null;
	if (!as_document(r, y, &right, &z, null) || *null)
		return *null;
	*order = left < right ? -1 : left > right;
	if (*order != 0 || str_eq(a, z) || left == RANK_NULL)
		return true;
	if (left == RANK_NUMBER) {
		double p = text_real(a), q = text_real(z);
		struct exact m, n;

		*order = p < q ? -1 : p > q;
		if (*order == 0 && exact_parse(&m, a) == a.n && exact_parse(&n, z) == z.n)
			*order = exact_compare(&m, &n);
		return true;
	}
	if (left == RANK_ARRAY || left == RANK_OBJECT)
		return run_fail(r, x, "is an array or object that is compared with another one");
	*order = str_compare(a, z) < 0 ? -1 : 1;
	return true;
}

static bool compare_texts(struct run *r, const struct node *x, const struct node *y, const struct collation *c, int *order,
			  bool *null)
{
	struct str a, z;
	enum collate_got got;

	if (!text_of(r, x, &a, null) || *null)
		return *null;
	if (!text_of(r, y, &z, null) || *null)
		return *null;
	got = collation_compare(c, a, z);
	*order = (int)got;
	return got != COLLATE_UNKNOWN || run_fail(r, x, "has a letter whose place in the collation is not known");
}

/* *null where one of them is NULL; else *order is -1, 0 or 1. The second is not asked where the first is NULL: a server's error in
 * it then does not come up there either. */
bool compare_values(struct run *r, const struct node *x, const struct node *y, const struct compare *c, int *order, bool *null)
{
	struct value a, z;

	*order = 0;
	*null = true;
	switch (c->how) {
	case COMPARE_NEVER:	/* for what may fail */
		return node_value(r, x, &a) && node_value(r, y, &z);
	case COMPARE_TEXT:
		return compare_texts(r, x, y, c->collation, order, null) && (r->e->kind == NULL);
	case COMPARE_JSON:
		return compare_json(r, x, y, order, null) && r->e->kind == NULL;
	case COMPARE_INT:
		if (!node_value(r, x, &a) || (!a.null && !node_value(r, y, &z)))
			return false;
		*null = a.null || z.null;
		if (!*null)
			*order = a.i < z.i ? -1 : a.i > z.i;
		return true;
	case COMPARE_MOMENT:
		if (!node_value(r, x, &a) || (!a.null && !node_value(r, y, &z)))
			return false;
		*null = a.null || z.null;
		if (!*null)
			*order = moment_compare(&a.t, &z.t);
		return true;
	case COMPARE_EXACT:
		if (!exact_of(r, x, &a.x, &a.null) || (!a.null && !exact_of(r, y, &z.x, &z.null)))
			return false;
		*null = a.null || z.null;
		if (!*null)
			*order = exact_compare(&a.x, &z.x);
		return true;
	case COMPARE_REAL:
		break;
	}
	if (!real_of(r, x, &a.r, &a.null) || (!a.null && !real_of(r, y, &z.r, &z.null)))
		return false;
	*null = a.null || z.null;
	if (!*null)
		*order = a.r < z.r ? -1 : a.r > z.r;
	return true;
}

static bool holds(enum node_kind kind, int order)
{
	switch (kind) {
	case NODE_EQUAL: case NODE_SAME:
		return order == 0;
	case NODE_DIFFERENT:
		return order != 0;
	case NODE_LESS:
		return order < 0;
	case NODE_LESS_EQUAL:
		return order <= 0;
	case NODE_MORE:
		return order > 0;
	default:
		return order >= 0;
	}
}

static bool comparison_value(struct run *r, const struct node *n, struct value *v)
{
	int order;
	bool null;

	if (n->kind == NODE_SAME) {
		struct value a, z;

		if (!node_value(r, n->args[0], &a) || !node_value(r, n->args[1], &z))
			return false;
		a.null |= n->args[0]->type == TYPE_NULL;
		z.null |= n->args[1]->type == TYPE_NULL;
		if (a.null || z.null)
			return give_wide(v, a.null && z.null);
	}
	if (!compare_values(r, n->args[0], n->args[1], n->compares, &order, &null))
		return false;
	v->null = null;
	v->i = !null && holds(n->kind, order);
	return true;
}

static bool in_value(struct run *r, const struct node *n, struct value *v)
{
	bool unknown = false;

	for (size_t i = 1; i < n->n; i++) {
		int order;
		bool null;

		if (!compare_values(r, n->compares[i - 1].left, n->args[i], &n->compares[i - 1], &order, &null))
			return false;
		if (!null && order == 0)
			return give_wide(v, !n->negated);
		unknown |= null;
	}
	v->null = unknown;
	v->i = n->negated;
	return true;
}

static bool between_value(struct run *r, const struct node *n, struct value *v)
{
	int low, high;
	bool low_null, high_null, out;

	if (!compare_values(r, n->compares[0].left, n->args[1], &n->compares[0], &low, &low_null))
		return false;
	if (!low_null && low < 0)	/* as servers: what may fail in the upper bound is not asked */
		return give_wide(v, n->negated);
	if (!compare_values(r, n->compares[1].left, n->args[2], &n->compares[1], &high, &high_null))
		return false;
	out = (!low_null && low < 0) || (!high_null && high > 0);
	v->null = !out && (low_null || high_null);
	v->i = out == n->negated;
	return true;
}

/* All three are compared as one kind: 1 BETWEEN 1 AND 'x' compares numbers both times. */
static bool bind_between(struct binder *b, struct node *n)
{
	for (size_t i = 1; i <= 2; i++) {
		struct node *left = n->args[0];

		if (left->kind == NODE_CONSTANT && n->args[i]->of && column_type_is(n->args[i]->of->type, "year"))
			return bind_refuse(b, n, "looks for a number between YEARs; write two comparisons");
		if (!bind_compare(b, n, &left, &n->args[i], &n->compares[i - 1]))
			return false;
		n->compares[i - 1].left = left;
	}
	if (n->compares[0].how == n->compares[1].how || n->compares[0].how == COMPARE_NEVER || n->compares[1].how == COMPARE_NEVER)
		return true;
	if (n->compares[0].how > COMPARE_REAL || n->compares[1].how > COMPARE_REAL)
		return bind_refuse(b, n, "mixes texts, numbers and dates; write two comparisons");
	/* the order of the enum: INT < EXACT < REAL */
	if (n->compares[0].how < n->compares[1].how)
		n->compares[0].how = n->compares[1].how;
	n->compares[1].how = n->compares[0].how;
	return true;
}

/* Where texts are looked for among texts, one collation is for all of them. */
bool bind_one_collation(struct binder *b, struct node **args, size_t n_args, struct node *n)
{
	struct node all = { .text = n->text, .n = n_args, .args = args };
	bool other = false;

	for (size_t i = 0; i < n_args; i++)
		other |= args[i]->type != TYPE_TEXT && args[i]->type != TYPE_NULL;
	if (other || args[0]->type != TYPE_TEXT)
		return true;
	bind_collation(b, &all, 0, n_args);
	n->collation = all.collation;
	return bind_known_collation(b, &all, all.collation);
}

bool bind_comparison(struct binder *b, struct node *n)
{
	n->type = TYPE_INT;
	n->boolean = true;
	n->compares = arena_array(b->arena, n->n, sizeof(*n->compares));
	if (n->kind == NODE_BETWEEN) {
		n->eval = between_value;
		return bind_between(b, n);
	}
	n->eval = n->kind == NODE_IN ? in_value : comparison_value;
	if (n->kind == NODE_IN && !bind_one_collation(b, n->args, n->n, n))
		return false;
	for (size_t i = 1; i < n->n; i++) {
		struct node *left = n->args[0];

		/* Each value of IN is met on its own: what one makes of the left side is not for the others. */
		n->compares[i - 1].collation = n->collation;
		if (!bind_compare(b, n, &left, &n->args[i], &n->compares[i - 1]))
			return false;
		n->compares[i - 1].left = left;
		if (n->kind != NODE_IN)
			n->args[0] = left;
	}
	return true;
}
