/* expr_case.c - CASE, IF, COALESCE and their like: several values of which one is taken */
#include "rules/expr_parts.h"

static enum expr_type common_type(enum expr_type a, enum expr_type z, bool small)
{
	if (a == z || z == TYPE_NULL)
		return a;
	if (a == TYPE_NULL)
		return z;
	if (is_number(a) && is_number(z)) {
		if (a == TYPE_REAL || z == TYPE_REAL)
			return TYPE_REAL;
		if (small && a != TYPE_EXACT && z != TYPE_EXACT)
			return TYPE_INT;
		return TYPE_EXACT;	/* BIGINT of both signs, too */
	}
	if ((a == TYPE_DATE && z == TYPE_DATETIME) || (a == TYPE_DATETIME && z == TYPE_DATE))
		return TYPE_DATETIME;
	return TYPE_TEXT;
}

bool bind_branches(struct binder *b, struct node *n, size_t from, size_t step)
{
	struct node texts = { .text = n->text };

	n->type = TYPE_NULL;
	n->decimals = 0;
	n->boolean = false;
	n->small = true;
	texts.args = arena_array(b->arena, n->n + 1, sizeof(struct node *));
	for (size_t i = from; i < n->n; i += step) {
		const struct node *arg = n->args[i];

		n->small &= arg->type != TYPE_UINT || arg->small;
		n->type = common_type(n->type, arg->type, n->small);
		if (arg->decimals > n->decimals)
			n->decimals = arg->decimals;
		texts.args[texts.n++] = n->args[i];
	}
	if (n->type == TYPE_JSON)
		n->type = TYPE_TEXT;
	if (n->type != TYPE_TEXT)
		return true;
	for (size_t i = from; i < n->n; i += step)
		if (n->args[i]->type == TYPE_REAL)
			return bind_refuse(b, n, "would make text of a number of floating point; CAST it AS DECIMAL");
		else if (!bind_text(b, &n->args[i]))
			return false;
	bind_collation(b, &texts, 0, texts.n);
	n->collation = texts.collation;
	n->charset = texts.charset;
	n->strength = texts.strength;
	return true;
}

bool branch_value(struct run *r, const struct node *n, const struct node *arg, struct value *v)
{
	switch (n->type) {
	case TYPE_NULL:
		return give_null(v);
	case TYPE_INT: case TYPE_UINT:
		return wide_of(r, arg, &v->i, &v->null);
	case TYPE_EXACT:
		return exact_of(r, arg, &v->x, &v->null);
	case TYPE_REAL:
		return real_of(r, arg, &v->r, &v->null);
	case TYPE_DATE: case TYPE_TIME: case TYPE_DATETIME:
		return moment_of(r, arg, n->type, &v->t, &v->null);
	case TYPE_TEXT: case TYPE_JSON:
		break;
	}
	return text_of(r, arg, &v->s, &v->null);
}

static bool take(struct run *r, const struct node *n, const struct node *arg, struct value *v)
{
	if (arg->type == TYPE_NULL)
		return give_null(v);
	return branch_value(r, n, arg, v);
}

static bool case_value(struct run *r, const struct node *n, struct value *v)
{
	size_t first = n->has_operand ? 1 : 0, pairs = (n->n - first) / 2;

	for (size_t i = 0; i < pairs; i++) {
		const struct node *when = n->args[first + 2 * i];
		enum expr_truth t = EXPR_FALSE;

		if (n->has_operand) {
			int order;
			bool null;

			if (!compare_values(r, n->compares[i].left, when, &n->compares[i], &order, &null))
				return false;
			t = !null && order == 0 ? EXPR_TRUE : EXPR_FALSE;
		} else if (!truth_of(r, when, &t)) {
			return false;
		}
		if (t == EXPR_TRUE)
			return take(r, n, n->args[first + 2 * i + 1], v);
	}
	return n->has_else ? take(r, n, n->args[n->n - 1], v) : give_null(v);
}

/* CASE x WHEN y WHEN z: x, y and z are compared in one collation. */
static bool bind_operands(struct binder *b, struct node *n, size_t pairs)
{
	struct node **all = arena_array(b->arena, pairs + 1, sizeof(*all));

	all[0] = n->args[0];
	for (size_t i = 0; i < pairs; i++)
		all[i + 1] = n->args[1 + 2 * i];
	return bind_one_collation(b, all, pairs + 1, n);
}

bool bind_case(struct binder *b, struct node *n)
{
	size_t first = n->has_operand ? 1 : 0, pairs = (n->n - first) / 2;
	struct node values = { .text = n->text, .args = arena_array(b->arena, pairs + 1, sizeof(struct node *)) };

	n->eval = case_value;
	n->compares = arena_array(b->arena, pairs + 1, sizeof(*n->compares));
	if (n->has_operand && !bind_operands(b, n, pairs))
		return false;
	for (size_t i = 0; i < pairs; i++) {
		struct node *left = n->args[0], **when = &n->args[first + 2 * i];

		n->compares[i].collation = n->collation;
		if (n->has_operand && !bind_compare(b, n, &left, when, &n->compares[i]))
			return false;
		if (!n->has_operand && !bind_number(b, when))
			return false;
		n->compares[i].left = left;
		values.args[values.n++] = n->args[first + 2 * i + 1];
	}
	if (n->has_else)
		values.args[values.n++] = n->args[n->n - 1];
	if (!bind_branches(b, &values, 0, 1))
		return false;
	n->type = values.type;
	n->decimals = values.decimals;
	n->collation = values.collation;
	n->charset = values.charset;
	n->strength = values.strength;
	return true;
}

static bool bind_if(struct binder *b, struct node *n)
{
	return bind_number(b, &n->args[0]) && bind_branches(b, n, 1, 1);
}

static bool if_value(struct run *r, const struct node *n, struct value *v)
{
	enum expr_truth t;

	return truth_of(r, n->args[0], &t) && take(r, n, n->args[t == EXPR_TRUE ? 1 : 2], v);
}

static bool bind_coalesce(struct binder *b, struct node *n)
{
	return bind_branches(b, n, 0, 1);
}

static bool coalesce_value(struct run *r, const struct node *n, struct value *v)
{
	for (size_t i = 0; i < n->n; i++) {
		if (!take(r, n, n->args[i], v))
			return false;
		if (!v->null)
			return true;
	}
	return give_null(v);
}

/* NULLIF(a, b): a, unless it is b. */
static bool bind_nullif(struct binder *b, struct node *n)
{
	struct node *left = n->args[0];
	const struct node *a = n->args[0];

	n->type = a->type == TYPE_JSON ? TYPE_TEXT : a->type;
	n->decimals = a->decimals;
	n->collation = a->collation;
	n->charset = a->charset;
	n->strength = a->strength;
	n->of = NULL;
	n->compares = arena_array(b->arena, 1, sizeof(*n->compares));
	if (!bind_compare(b, n, &left, &n->args[1], n->compares))
		return false;
	n->compares->left = left;
	return true;
}

static bool nullif_value(struct run *r, const struct node *n, struct value *v)
{
	int order;
	bool null;

	if (!compare_values(r, n->compares->left, n->args[1], n->compares, &order, &null))
		return false;
	return !null && order == 0 ? give_null(v) : take(r, n, n->args[0], v);
}

static bool bind_isnull(struct binder *b, struct node *n)
{
	n->kind = NODE_IS;
	n->is = IS_NULL;
	return bind_logic(b, n);
}

/* GREATEST, LEAST: which = 1, -1. */
static bool bind_extreme(struct binder *b, struct node *n)
{
	if (!bind_branches(b, n, 0, 1))
		return false;
	for (size_t i = 0; i < n->n; i++) {
		enum expr_type t = n->args[i]->type;

		if (n->type == TYPE_TEXT && t != TYPE_TEXT && t != TYPE_NULL)
			return bind_refuse(b, n, "mixes texts with other types; CAST them");
		if (t == TYPE_JSON)
			return bind_refuse(b, n, "compares documents");
	}
	return n->type != TYPE_TEXT || bind_known_collation(b, n, n->collation);
}

static bool extreme_order(struct run *r, const struct node *n, const struct value *a, const struct value *z, int *order)
{
	enum collate_got got;

	switch (n->type) {
	case TYPE_NULL:
		return true;
	case TYPE_INT: case TYPE_UINT:
		*order = a->i < z->i ? -1 : a->i > z->i;
		return true;
	case TYPE_EXACT:
		*order = exact_compare(&a->x, &z->x);
		return true;
	case TYPE_REAL:
		*order = a->r < z->r ? -1 : a->r > z->r;
		return true;
	case TYPE_DATE: case TYPE_TIME: case TYPE_DATETIME:
		*order = moment_compare(&a->t, &z->t);
		return true;
	case TYPE_TEXT: case TYPE_JSON:
		break;
	}
	got = collation_compare(n->collation, a->s, z->s);
	*order = (int)got;
	return got != COLLATE_UNKNOWN || run_fail(r, n, "has a letter whose place in the collation is not known");
}

static bool extreme_value(struct run *r, const struct node *n, struct value *v)
{
	for (size_t i = 0; i < n->n; i++) {
		struct value next;
		int order = 0;

		if (!take(r, n, n->args[i], &next))
			return false;
		if (next.null)
			return give_null(v);
		if (i > 0 && !extreme_order(r, n, &next, v, &order))
			return false;
		if (i == 0 || order == n->which)
			*v = next;
	}
	return true;
}

const struct function functions_case[] = {
	{ "IF", 3, 3, bind_if, if_value, 0 },
	{ "IFNULL", 2, 2, bind_coalesce, coalesce_value, 0 },
	{ "NVL", 2, 2, bind_coalesce, coalesce_value, 0 },
	{ "COALESCE", 1, MANY, bind_coalesce, coalesce_value, 0 },
	{ "NULLIF", 2, 2, bind_nullif, nullif_value, 0 },
	{ "ISNULL", 1, 1, bind_isnull, NULL, 0 },
	{ "GREATEST", 2, MANY, bind_extreme, extreme_value, 1 },
	{ "LEAST", 2, MANY, bind_extreme, extreme_value, -1 },
	{ NULL, 0, 0, NULL, NULL, 0 }
};
