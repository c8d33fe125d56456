#include "rules/row_filter.h"

#include <stdlib.h>

#include "base/mem.h"
#include "rules/parts.h"

#define ROW_EXPRS 4

struct row_rule {
	struct origin origin;
	struct str schema, table;
	struct str text[ROW_EXPRS];	/* by enum row_expr; "": none */
};

struct row_filter {
	size_t n;
	struct row_rule *rules;
	struct arena arena;
};

struct bound_rule {
	const struct row_rule *rule;
	struct expr *exprs[ROW_EXPRS];	/* NULL: none, or not yet read */
};

struct row_exprs {
	struct table table;
	size_t n;
	struct bound_rule *rules;
};

static const char *const key_names[ROW_EXPRS] = {
	"insert-value-expr", "update-old-value-expr", "update-new-value-expr", "delete-value-expr",
};

struct row_filter *row_filter_new(void)
{
	return mem_zalloc(sizeof(struct row_filter));
}

void row_filter_free(struct row_filter *f)
{
	if (!f)
		return;
	free(f->rules);
	arena_release(&f->arena);
	free(f);
}

/* "expression filter 'even_c' (task.yaml:17): insert-value-expr: ..." */
static bool in_rule(const struct row_rule *rule, size_t kind, struct err *e)
{
	struct buf where = BUF_INIT(400);

	origin_put(&where, &rule->origin);
	err_at(e, "%s: %s", buf_text(&where), key_names[kind]);
	buf_release(&where);
	return false;
}

static bool add(struct row_filter *f, const struct row_rule *rule, struct err *e)
{
	for (size_t i = 0; i < ROW_EXPRS; i++)
		if (rule->text[i].n > 0 && !expr_check(rule->text[i], e))
			return in_rule(rule, i, e);
	f->rules = mem_rearray(f->rules, f->n + 1, sizeof(*f->rules));
	f->rules[f->n++] = *rule;
	return true;
}

bool row_filter_of_task(struct row_filter *f, const struct task *task, const struct task_instance *instance, struct err *e)
{
	struct str file = arena_str(&f->arena, task->file);

	for (size_t i = 0; i < instance->n_expressions; i++) {
		const struct config_expression *x = instance->expressions[i];
		struct row_rule rule = {
			.origin = { "expression filter", arena_str(&f->arena, x->name), file, x->line },
			.schema = arena_str(&f->arena, x->schema), .table = arena_str(&f->arena, x->table),
		};

		rule.text[ROW_INSERT] = arena_str(&f->arena, x->insert);
		rule.text[ROW_OLD] = arena_str(&f->arena, x->old);
		rule.text[ROW_NEW] = arena_str(&f->arena, x->new);
		rule.text[ROW_DELETE] = arena_str(&f->arena, x->delete);
		if (!add(f, &rule, e))
			return false;
	}
	return true;
}

bool row_filter_add(struct row_filter *f, struct str text, enum row_expr kind, struct err *e)
{
	struct row_rule rule = { .origin = { "option", STR_NONE, STR_NONE, 0 } };
	struct str name, expression;

	if (!spec_cut(text, ':', &name, &expression) || str_trim(expression).n == 0)
		return err_set(e, &err_usage, "'%.*s' wants the form SCHEMA.TABLE:EXPRESSION", STR(str_first(text, 200)));
	if (!spec_parse(name, &f->arena, &rule.schema, &rule.table, e))
		return false;
	if (rule.table.n == 0)
		return err_set(e, &err_usage, "'%.*s' wants the form SCHEMA.TABLE:EXPRESSION", STR(str_first(text, 200)));
	rule.text[kind] = arena_str(&f->arena, expression);
	return add(f, &rule, e);
}

bool row_filter_is_empty(const struct row_filter *f)
{
	return f->n == 0;
}

bool row_filter_has(const struct row_filter *f, struct str schema, struct str table)
{
	for (size_t i = 0; i < f->n; i++)
		if (str_eq(f->rules[i].schema, schema) && str_eq(f->rules[i].table, table))
			return true;
	return false;
}

bool row_filter_next(const struct row_filter *f, size_t *at, struct str *schema, struct str *table)
{
	for (; *at < f->n; (*at)++) {
		const struct row_rule *rule = &f->rules[*at];
		bool again = false;

		for (size_t i = 0; i < *at && !again; i++)
			again = str_eq(f->rules[i].schema, rule->schema) && str_eq(f->rules[i].table, rule->table);
		if (again)
			continue;
		*schema = rule->schema;
		*table = rule->table;
		(*at)++;
		return true;
	}
	return false;
}

struct row_exprs *row_exprs_new(const struct row_filter *f, const struct table *table)
{
	struct row_exprs *x = mem_zalloc(sizeof(*x));

	table_copy(&x->table, table);
	x->rules = mem_zalloc((f->n + 1) * sizeof(*x->rules));
	for (size_t i = 0; i < f->n; i++)
		if (str_eq(f->rules[i].schema, table->schema) && str_eq(f->rules[i].table, table->name))
			x->rules[x->n++].rule = &f->rules[i];
	return x;
}

void row_exprs_free(struct row_exprs *x)
{
	if (!x)
		return;
	for (size_t i = 0; i < x->n; i++)
		for (size_t j = 0; j < ROW_EXPRS; j++)
			expr_free(x->rules[i].exprs[j]);
	table_release(&x->table);
	free(x->rules);
	free(x);
}

const struct table *row_exprs_table(const struct row_exprs *x)
{
	return &x->table;
}

static bool bind(struct row_exprs *x, struct bound_rule *rule, size_t kind, struct err *e)
{
	if (rule->exprs[kind] || rule->rule->text[kind].n == 0)
		return true;
	rule->exprs[kind] = expr_bind(rule->rule->text[kind], &x->table, e);
	return rule->exprs[kind] || in_rule(rule->rule, kind, e);
}

bool row_exprs_check(struct row_exprs *x, struct err *e)
{
	for (size_t i = 0; i < x->n; i++)
		for (size_t j = 0; j < ROW_EXPRS; j++)
			if (!bind(x, &x->rules[i], j, e))
				return false;
	return true;
}

bool row_exprs_has(const struct row_exprs *x, enum event_type type)
{
	for (size_t i = 0; i < x->n; i++) {
		const struct str *text = x->rules[i].rule->text;

		if (type == EVENT_INSERT ? text[ROW_INSERT].n : type == EVENT_DELETE ? text[ROW_DELETE].n
										       : text[ROW_OLD].n + text[ROW_NEW].n)
			return true;
	}
	return false;
}

/* ROW_DROP: it holds, or there is none. */
static enum row_verdict ask(struct row_exprs *x, struct bound_rule *rule, size_t kind, const struct row_value *row, int64_t now,
			    struct err *e)
{
	if (rule->rule->text[kind].n == 0)
		return ROW_DROP;
	if (!bind(x, rule, kind, e))
		return ROW_FAILED;
	switch (expr_ask(rule->exprs[kind], row, now, e)) {
	case EXPR_TRUE:
		return ROW_DROP;
	case EXPR_FALSE: case EXPR_UNKNOWN:
		return ROW_KEEP;
	case EXPR_FAILED:
		break;
	}
	in_rule(rule->rule, kind, e);
	return ROW_FAILED;
}

static enum row_verdict ask_one(struct row_exprs *x, size_t kind, const struct row_value *row, int64_t now, struct err *e)
{
	for (size_t i = 0; i < x->n; i++) {
		enum row_verdict got = x->rules[i].rule->text[kind].n > 0 ? ask(x, &x->rules[i], kind, row, now, e) : ROW_KEEP;

		if (got != ROW_KEEP)
			return got;
	}
	return ROW_KEEP;
}

enum row_verdict row_exprs_ask(struct row_exprs *x, enum event_type type, const struct row_value *before, const struct row_value *after,
			       int64_t now, struct err *e)
{
	if (type != EVENT_UPDATE)
		return ask_one(x, type == EVENT_INSERT ? ROW_INSERT : ROW_DELETE, type == EVENT_INSERT ? after : before, now, e);
	for (size_t i = 0; i < x->n; i++) {
		struct bound_rule *rule = &x->rules[i];
		enum row_verdict got;

		if (rule->rule->text[ROW_OLD].n + rule->rule->text[ROW_NEW].n == 0)
			continue;
		got = ask(x, rule, ROW_OLD, before, now, e);
		if (got == ROW_DROP)
			got = ask(x, rule, ROW_NEW, after, now, e);
		if (got != ROW_KEEP)
			return got;
	}
	return ROW_KEEP;
}

enum row_verdict row_exprs_ask_image(struct row_exprs *x, const struct row_value *row, int64_t now, struct err *e)
{
	return ask_one(x, ROW_INSERT, row, now, e);
}
