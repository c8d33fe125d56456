/* expr_bind.c - a tree meets a table: types, collations, functions */
#include "rules/expr_parts.h"

#include <stdlib.h>

#include "base/mem.h"

const struct err_kind err_expr_column = {
	.code = 20080, .class = "config", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_CONFIG,
	.workaround = "name a column that the upstream's table has, or take the expression out of the task",
};
const struct err_kind err_expr_unsupported = {
	.code = 20081, .class = "config", .scope = SCOPE_INTERNAL, .level = LEVEL_MEDIUM, .status = STATUS_CONFIG,
	.workaround = "write the expression with the operators and functions that dm-filter(1) lists; CAST makes types plain",
};
const struct err_kind err_expr_collation = {
	.code = 20082, .class = "config", .scope = SCOPE_INTERNAL, .level = LEVEL_MEDIUM, .status = STATUS_CONFIG,
	.workaround = "say in the expression how to compare, as in: name COLLATE utf8mb4_bin = 'x'; dm-filter(1) lists the collations",
};

bool bind_refuse(struct binder *b, const struct node *n, const char *why)
{
	return err_set(b->e, &err_expr_unsupported, "'%.*s' %s", STR(str_first(n->text, 100)), why);
}

struct node *bind_constant(struct binder *b, const struct node *like, enum expr_type type)
{
	struct node *n = arena_array(b->arena, 1, sizeof(*n));

	n->kind = NODE_CONSTANT;
	n->text = like->text;
	n->type = type;
	n->constant = true;
	n->eval = constant_value;
	return n;
}

/* "decimal(10,2) unsigned": the numbers. */
static void type_numbers(struct str type, uint64_t *first, uint64_t *second)
{
	struct str inside, a, rest;

	*first = *second = 0;
	if (!str_cut(type, '(', NULL, &inside) || !str_cut(inside, ')', &inside, NULL))
		return;
	if (!str_cut(inside, ',', &a, &rest))
		a = inside, rest = STR_NONE;
	str_to_u64(str_trim(a), first);
	str_to_u64(str_trim(rest), second);
}

struct type_name {
	const char *word;
	enum expr_type type;
};

static const struct type_name type_names[] = {
	{ "tinyint", TYPE_INT }, { "smallint", TYPE_INT }, { "mediumint", TYPE_INT }, { "int", TYPE_INT }, { "bigint", TYPE_INT },
	{ "year", TYPE_UINT }, { "bit", TYPE_UINT }, { "decimal", TYPE_EXACT }, { "float", TYPE_REAL }, { "double", TYPE_REAL },
	{ "char", TYPE_TEXT }, { "varchar", TYPE_TEXT }, { "tinytext", TYPE_TEXT }, { "text", TYPE_TEXT },
	{ "mediumtext", TYPE_TEXT }, { "longtext", TYPE_TEXT }, { "enum", TYPE_TEXT }, { "set", TYPE_TEXT },
	{ "binary", TYPE_TEXT }, { "varbinary", TYPE_TEXT }, { "tinyblob", TYPE_TEXT }, { "blob", TYPE_TEXT },
	{ "mediumblob", TYPE_TEXT }, { "longblob", TYPE_TEXT },
	{ "date", TYPE_DATE }, { "time", TYPE_TIME }, { "datetime", TYPE_DATETIME }, { "timestamp", TYPE_DATETIME },
	{ "json", TYPE_JSON },
};

static bool set_column_type(struct binder *b, struct node *n)
{
	struct buf normal = BUF_INIT(1 << 20);
	const struct column *c = n->of;
	uint64_t first, second;
	struct str type;
	size_t i = 0;

	column_type_put_normal(&normal, c->type);
	type = arena_str(b->arena, buf_str(&normal));
	buf_release(&normal);
	while (i < sizeof(type_names) / sizeof(type_names[0]) && !column_type_is(type, type_names[i].word))
		i++;
	if (i == sizeof(type_names) / sizeof(type_names[0]))
		return err_set(b->e, &err_expr_unsupported, "column '%.*s' has the type '%.*s', which expressions cannot read",
			       STR(c->name), STR(str_first(c->type, 60)));
	n->type = type_names[i].type;
	type_numbers(type, &first, &second);
	if (n->type == TYPE_INT && (str_find(type, STR_LIT(" unsigned")) != SIZE_MAX || str_find(type, STR_LIT("zerofill")) != SIZE_MAX))
		n->type = TYPE_UINT;
	n->small = n->type == TYPE_UINT && !column_type_is(type, "bigint") && !column_type_is(type, "bit");
	n->decimals = n->type == TYPE_EXACT ? (unsigned)second : is_moment(n->type) ? (unsigned)first : 0;
	return true;
}

static void set_column_collation(struct node *n)
{
	const struct column *c = n->of;

	n->strength = STRENGTH_COLUMN;
	n->charset = c->charset;
	if (c->base64 && c->charset.n == 0)
		n->charset = STR_LIT("binary");
	if (str_is(n->charset, "binary"))
		n->collation = collation_of(n->charset);
	else if (c->collation.n > 0)
		n->collation = collation_of(c->collation);
}

static bool bind_column(struct binder *b, struct node *n)
{
	const struct table *t = b->table;

	if (!t)
		return true;
	n->column = table_find_column(t, n->text);
	if ((n->qualifier[1].n > 0 && !str_eq_nocase(n->qualifier[1], t->name)) ||
	    (n->qualifier[0].n > 0 && !str_eq_nocase(n->qualifier[0], t->schema)))
		return err_set(b->e, &err_expr_column, "the expression names '%.*s.%.*s', which is no column of '%.*s.%.*s'",
			       STR(n->qualifier[1]), STR(n->text), STR(t->schema), STR(t->name));
	if (n->column == SIZE_MAX)
		return err_set(b->e, &err_expr_column, "there is no column '%.*s' in '%.*s.%.*s'", STR(str_first(n->text, 64)),
			       STR(t->schema), STR(t->name));
	n->of = &t->columns[n->column];
	n->eval = column_value;
	if (!set_column_type(b, n))
		return false;
	if (n->type == TYPE_TEXT)
		set_column_collation(n);
	if (n->type == TYPE_JSON) {
		n->collation = collation_of(STR_LIT("utf8mb4_bin"));
		n->charset = STR_LIT("utf8mb4");
		n->strength = STRENGTH_COLUMN;
	}
	return true;
}

static bool bind_literal(struct node *n)
{
	n->constant = true;
	n->eval = constant_value;
	n->strength = n->type == TYPE_TEXT ? STRENGTH_LITERAL : STRENGTH_NUMBER;
	n->charset = n->hex ? STR_LIT("binary") : STR_LIT("utf8mb4");
	n->collation = collation_of(n->hex ? n->charset : STR_LIT("utf8mb4_general_ci"));
	return true;
}

static bool index_value(struct run *r, const struct node *n, struct value *v)
{
	struct str s;
	bool set = column_type_is(n->of->type, "set");

	if (!node_value(r, n->args[0], v) || v->null)
		return v->null || r->e->kind == NULL;
	s = v->s;
	v->i = 0;
	while (s.n > 0) {
		struct str label = s, rest = STR_NONE;
		size_t i = 0;

		if (set && !str_cut(s, ',', &label, &rest))
			rest = STR_NONE;
		while (i < n->n_labels && !str_eq(n->labels[i], label))
			i++;
		if (i == n->n_labels)
			return run_fail(r, n, "has a value that is not among its labels");
		v->i = set ? v->i | (wide)1 << i : (wide)(i + 1);
		s = set ? rest : STR_NONE;
	}
	return true;
}

/* 0x41 as a number. */
static struct node *hex_number(struct binder *b, const struct node *n)
{
	struct node *number = bind_constant(b, n, TYPE_UINT);

	for (size_t i = 0; i < n->value.s.n; i++)
		number->value.i = number->value.i << 8 | (unsigned char)n->value.s.p[i];
	return number;
}

bool bind_number(struct binder *b, struct node **arg)
{
	struct node *n = *arg, *index;

	if (n->kind == NODE_CONSTANT && n->hex && n->value.s.n <= 8)
		*arg = hex_number(b, n);
	if (n->kind != NODE_COLUMN || !n->of || !(column_type_is(n->of->type, "enum") || column_type_is(n->of->type, "set")))
		return true;
	index = bind_constant(b, n, TYPE_UINT);
	index->kind = NODE_INDEX;
	index->constant = false;
	index->of = n->of;
	index->n = 1;
	index->args = arena_array(b->arena, 1, sizeof(struct node *));
	index->args[0] = n;
	index->eval = index_value;
	if (!column_type_labels(b->arena, n->of->type, &index->labels, &index->n_labels))
		return bind_refuse(b, n, "has labels that cannot be read");
	*arg = index;
	return true;
}

bool bind_text(struct binder *b, struct node **arg)
{
	const struct node *n = *arg;

	if (n->kind == NODE_COLUMN && n->of && n->type == TYPE_REAL && str_find(n->of->type, STR_LIT("(")) != SIZE_MAX)
		return bind_refuse(b, n, "is a number of fixed digits that would be read as text; CAST it AS DECIMAL");
	if (n->kind == NODE_COLUMN && n->of && (str_find(n->of->type, STR_LIT("zerofill")) != SIZE_MAX ||
						  column_type_is(n->of->type, "bit")))
		return bind_refuse(b, n, "would be read as text with leading zeros or as bytes; CAST it AS UNSIGNED");
	return true;
}

bool bind_bytes(struct binder *b, struct node *n, struct node *arg)
{
	struct str c = arg->charset;

	if (arg->type != TYPE_TEXT || arg->strength == STRENGTH_NUMBER || str_starts(c, STR_LIT("utf8")) || str_is(c, "ascii") ||
	    str_is(c, "binary"))
		return bind_text(b, &arg);
	return err_set(b->e, &err_expr_unsupported, "'%.*s' would count the bytes of a text in the character set '%.*s'; write "
		       "CONVERT(... USING utf8mb4) around it", STR(str_first(n->text, 60)), STR(c));
}

/* The first column below n of which no collation is known. */
static const struct node *unknown_of(const struct node *n)
{
	if (n->kind == NODE_COLUMN)
		return n->type == TYPE_TEXT && !n->collation ? n : NULL;
	for (size_t i = 0; i < n->n; i++) {
		const struct node *found = unknown_of(n->args[i]);

		if (found)
			return found;
	}
	return NULL;
}

bool bind_known_collation(struct binder *b, const struct node *n, const struct collation *c)
{
	const struct node *column;

	if (c || !b->table)
		return true;
	column = unknown_of(n);
	if (!column)
		return err_set(b->e, &err_expr_collation, "'%.*s' compares texts of two collations, of which none wins",
			       STR(str_first(n->text, 60)));
	if (column->of->collation.n == 0)
		return err_set(b->e, &err_expr_collation, "the collation of column '%.*s' (charset '%.*s') is not told by the stream",
			       STR(column->of->name), STR(column->of->charset));
	return err_set(b->e, &err_expr_collation, "column '%.*s' has the collation '%.*s', which is not known here",
		       STR(column->of->name), STR(column->of->collation));
}

static bool is_unicode(struct str charset)
{
	return str_starts(charset, STR_LIT("utf")) || str_is(charset, "ucs2");
}

/* How a text of two becomes one. */
static void meet(struct node *n, const struct node *arg)
{
	if (arg->strength != n->strength) {
		if (arg->strength > n->strength)
			return;
	} else if (arg->collation == n->collation && (arg->collation || str_eq(arg->charset, n->charset))) {
		if (is_unicode(n->charset))
			return;
	} else if (n->collation && arg->collation && n->strength != STRENGTH_EXPLICIT) {
		if (collation_is_binary(n->collation))
			return;
		if (collation_is_binary(arg->collation)) {
			;
		} else if (is_unicode(arg->charset) != is_unicode(n->charset)) {
			if (is_unicode(n->charset))
				return;
		} else if (collation_is_bin(n->collation) && str_eq(n->charset, arg->charset)) {
			return;
		} else if (!collation_is_bin(arg->collation) || !str_eq(n->charset, arg->charset)) {
			n->collation = NULL;
			n->strength = STRENGTH_NONE;
			return;
		}
	} else {
		n->collation = NULL;
		return;
	}
	n->collation = arg->collation;
	n->charset = arg->charset;
	n->strength = arg->strength;
}

bool bind_collation(struct binder *b, struct node *n, size_t from, size_t to)
{
	bool any = false;

	(void)b;
	for (size_t i = from; i < to; i++) {
		const struct node *arg = n->args[i];

		if (arg->type != TYPE_TEXT && arg->type != TYPE_JSON)
			continue;
		if (any) {
			meet(n, arg);
			continue;
		}
		any = true;
		n->collation = arg->collation;
		n->charset = arg->charset;
		n->strength = arg->strength;
	}
	if (!any) {
		n->collation = collation_of(STR_LIT("utf8mb4_general_ci"));
		n->charset = STR_LIT("utf8mb4");
		n->strength = STRENGTH_NUMBER;
	}
	return true;
}

static bool collate_value(struct run *r, const struct node *n, struct value *v)
{
	bool null;

	if (!text_of(r, n->args[0], &v->s, &null))
		return false;
	v->null = null;
	return true;
}

static bool bind_collate(struct binder *b, struct node *n)
{
	struct str charset;

	n->type = TYPE_TEXT;
	n->collation = collation_of(n->text);
	n->charset = str_cut(n->text, '_', &charset, NULL) ? arena_str(b->arena, charset) : n->text;
	n->strength = STRENGTH_EXPLICIT;
	n->eval = collate_value;
	if (n->collation)
		return bind_text(b, &n->args[0]);
	return err_set(b->e, &err_expr_collation, "the collation '%.*s' is not known here", STR(str_first(n->text, 64)));
}

static const struct function *function_find(struct str name)
{
	static const struct function *const tables[] = {
		functions_case, functions_number, functions_text, functions_text_more, functions_choose, functions_time, functions_time_more,
		functions_like, functions_json,
	};

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		for (const struct function *f = tables[i]; f->name; f++)
			if (str_is_nocase(name, f->name))
				return f;
	return NULL;
}

static bool adds_interval(const char *name)
{
	return !strcmp(name, "DATE_ADD") || !strcmp(name, "DATE_SUB") || !strcmp(name, "ADDDATE") || !strcmp(name, "SUBDATE");
}

static bool bind_call(struct binder *b, struct node *n)
{
	const struct function *f = function_find(n->text);

	if (!f)
		return err_set(b->e, &err_expr_unsupported, "the function %.*s is not supported", STR(str_first(n->text, 64)));
	if (n->n < f->min || n->n > f->max)
		return err_set(b->e, &err_expr_syntax, "the function %s has %zu arguments, where %u to %u are wanted", f->name, n->n,
			       f->min, f->max);
	for (size_t i = 0; i < n->n; i++)
		if (n->args[i]->kind == NODE_INTERVAL && (i != 1 || !adds_interval(f->name)))
			return bind_refuse(b, n, "takes no INTERVAL there");
	n->function = f;
	if (f->which)
		n->which = f->which;
	n->eval = f->eval;
	if (!b->table)
		return true;
	return f->bind(b, n);
}

static bool bind_kind(struct binder *b, struct node *n)
{
	switch (n->kind) {
	case NODE_CONSTANT:
		return bind_literal(n);
	case NODE_COLUMN:
		return bind_column(b, n);
	case NODE_CALL:
		return bind_call(b, n);
	case NODE_COLLATE:
		return !b->table || bind_collate(b, n);
	case NODE_CAST:
		return !b->table || bind_cast(b, n);
	case NODE_INTERVAL:
		return bind_refuse(b, n, "is an interval that is added to no date");
	case NODE_INDEX:
		return true;
	case NODE_OR: case NODE_XOR: case NODE_AND: case NODE_NOT: case NODE_IS:
		return bind_logic(b, n);
	case NODE_EQUAL: case NODE_SAME: case NODE_DIFFERENT: case NODE_LESS: case NODE_LESS_EQUAL: case NODE_MORE:
	case NODE_MORE_EQUAL: case NODE_IN: case NODE_BETWEEN:
		return !b->table || bind_comparison(b, n);
	case NODE_LIKE:
		return bind_like(b, n);
	case NODE_REGEXP:
		return bind_regexp(b, n);
	case NODE_ADD: case NODE_SUBTRACT: case NODE_MULTIPLY: case NODE_DIVIDE: case NODE_INT_DIVIDE: case NODE_REMAINDER:
	case NODE_NEGATE: case NODE_BIT_NOT: case NODE_BIT_AND: case NODE_BIT_OR: case NODE_BIT_XOR: case NODE_SHIFT_LEFT:
	case NODE_SHIFT_RIGHT:
		return !b->table || bind_arithmetic(b, n);
	case NODE_CASE:
		return !b->table || bind_case(b, n);
	}
	return false;
}

/* c + INTERVAL 1 DAY, INTERVAL 1 DAY + c, c - INTERVAL 1 DAY: DATE_ADD and DATE_SUB. */
static bool bind_interval(struct binder *b, struct node *n)
{
	struct node *interval;

	if (n->args[0]->kind == NODE_INTERVAL && n->kind == NODE_ADD) {
		interval = n->args[0];
		n->args[0] = n->args[1];
		n->args[1] = interval;
	}
	interval = n->args[1];
	n->negated = n->kind == NODE_SUBTRACT;
	if (!bind_node(b, n->args[0]) || !bind_node(b, interval->args[0]))
		return false;
	return !b->table || bind_add_interval(b, n);
}

bool bind_node(struct binder *b, struct node *n)
{
	if ((n->kind == NODE_ADD || n->kind == NODE_SUBTRACT) &&
	    (n->args[0]->kind == NODE_INTERVAL || n->args[1]->kind == NODE_INTERVAL))
		return bind_interval(b, n);
	n->constant = true;
	for (size_t i = 0; i < n->n; i++) {
		struct node *arg = n->args[i];

		if (arg->kind == NODE_INTERVAL && n->kind == NODE_CALL)
			arg = arg->args[0];
		if (!bind_node(b, arg))
			return false;
		n->constant &= arg->constant;
	}
	return bind_kind(b, n);
}

/* --- the outside --- */

struct expr {
	struct arena arena, row;
	struct buf made;
	struct node *root;
	struct binder binder;
};

static bool make(struct expr *x, struct str text, const struct table *table, struct err *e)
{
	struct str copy = arena_str(&x->arena, str_trim(text));

	x->binder = (struct binder){ .table = table, .arena = &x->arena, .e = e };
	err_clear(e);
	x->root = expr_parse(&x->arena, copy, e);
	if (!x->root)
		return false;
	if (!bind_node(&x->binder, x->root) || !bind_number(&x->binder, &x->root))
		return err_at(e, "expression '%.*s'", STR(str_first(copy, 300)));
	return true;
}

struct expr *expr_bind(struct str text, const struct table *table, struct err *e)
{
	struct expr *x = mem_zalloc(sizeof(*x));

	buf_init(&x->made, EXPR_TEXT_MAX);
	if (make(x, text, table, e))
		return x;
	expr_free(x);
	return NULL;
}

void expr_free(struct expr *x)
{
	if (!x)
		return;
	for (size_t i = 0; i < x->binder.n_regexes; i++)
		expr_free_regex(x->binder.regexes[i]);
	free(x->binder.regexes);
	arena_release(&x->arena);
	arena_release(&x->row);
	buf_release(&x->made);
	free(x);
}

bool expr_check(struct str text, struct err *e)
{
	struct expr *x = expr_bind(text, NULL, e);

	expr_free(x);
	return x != NULL;
}

enum expr_truth expr_ask(struct expr *x, const struct row_value *row, int64_t now, struct err *e)
{
	struct run r = { .row = row, .now = now, .arena = &x->row, .made = &x->made, .e = e };
	enum expr_truth truth = EXPR_FAILED;

	err_clear(e);
	arena_clear(&x->row);
	return truth_of(&r, x->root, &truth) ? truth : EXPR_FAILED;
}
