/* join.c - structures compared and joined; see join.h */
#include "schema/join.h"

#include <stdarg.h>
#include <stdio.h>

#include "schema/join_type.h"

static bool __attribute__((format(printf, 3, 4))) tell(char *why, size_t size, const char *fmt, ...)
{
	va_list args;

	if (why && size > 0) {
		va_start(args, fmt);
		vsnprintf(why, size, fmt, args);
		va_end(args);
	}
	return false;
}

/* --- compare --- */

/* May a statement leave it out, so that the row has what the upstream's would have without the column? */
static bool may_be_missing(const struct column *c)
{
	struct arena a = ARENA_INIT;
	bool may = c->nullable || c->generated || c->has_default || c->auto_increment || !implied_default(&a, c).p;

	arena_release(&a);
	return may;
}

/* The columns of a: which ones b lacks (or, turned, a column that makes the other greater). */
static bool order_columns(const struct table *a, const struct table *b, bool turned, enum table_order *order, char *why, size_t size)
{
	for (size_t i = 0; i < a->n_columns; i++) {
		const struct column *c = &a->columns[i];
		size_t at = table_find_column(b, c->name);
		enum table_order one;

		if (at == SIZE_MAX) {
			if (!may_be_missing(c))
				return tell(why, size, "column '%.*s' is NOT NULL, has no default, and is in one of them only", STR(c->name));
			one = turned ? ORDER_LESS : ORDER_GREATER;
		} else if (turned) {
			continue;
		} else if (!column_order(c, &b->columns[at], &one)) {
			return tell(why, size, "column '%.*s' is another", STR(c->name));
		}
		if (!order_and(order, one))
			return tell(why, size, "column '%.*s' is more in one, and another column in the other", STR(c->name));
	}
	return true;
}

/* The key of t that is the same; NULL without. */
static const struct key *find_same_key(const struct table *t, const struct key *key)
{
	size_t at = table_find_key(t, key->name);

	return at != SIZE_MAX && key_equal(&t->keys[at], key) ? &t->keys[at] : NULL;
}

/* Keys go the other way: who has one more is less. */
static bool order_keys(const struct table *a, const struct table *b, enum table_order more, enum table_order *order, char *why,
		       size_t size)
{
	for (size_t i = 0; i < a->n_keys; i++)
		if (!find_same_key(b, &a->keys[i]) && !order_and(order, more))
			return tell(why, size, "key '%.*s' is not in both", STR(a->keys[i].name));
	return true;
}

/* A default charset that is not known, or that different ones came to, says nothing: so it holds all. */
static bool order_table_charset(const struct table *a, const struct table *b, enum table_order *order)
{
	enum table_order one;

	if (a->charset.n == 0 || b->charset.n == 0)
		one = a->charset.n == b->charset.n ? ORDER_EQUAL : a->charset.n ? ORDER_LESS : ORDER_GREATER;
	else if (!charset_order(a->charset, b->charset, &one))
		return false;
	return order_and(order, one);
}

bool table_compare(const struct table *a, const struct table *b, enum table_order *order, char *why, size_t why_size)
{
	*order = ORDER_EQUAL;
	if (a->versioned != b->versioned || !str_eq_nocase(a->row_end, b->row_end))
		return tell(why, why_size, "system versioning is another");
	return order_columns(a, b, false, order, why, why_size) && order_columns(b, a, true, order, why, why_size) &&
	       order_keys(a, b, ORDER_LESS, order, why, why_size) && order_keys(b, a, ORDER_GREATER, order, why, why_size) &&
	       (order_table_charset(a, b, order) || tell(why, why_size, "the default charset is another"));
}

/* --- join --- */

struct joining {
	const struct table *const *tables;
	size_t n;
	struct table *to;
	struct table_clash *clash;
	struct arena arena;
};

static bool clashes(struct joining *j, size_t a, size_t b, struct str column)
{
	*j->clash = (struct table_clash){ a, b, column };
	return false;
}

static const struct column *column_of(const struct joining *j, size_t table, struct str name)
{
	size_t at = table_find_column(j->tables[table], name);

	return at == SIZE_MAX ? NULL : &j->tables[table]->columns[at];
}

/* What all others write, those that lack it leave out; what servers imply for it then is said. */
static void let_it_be_missing(struct joining *j, struct column *c)
{
	struct str implied = c->nullable || c->generated || c->has_default || c->auto_increment ? STR_NONE :
			     implied_default(&j->arena, c);

	if (implied.p) {
		c->has_default = true;
		c->def = implied;
	}
}

/* The column of this name in all tables; table first is the first that has it. */
static bool join_column(struct joining *j, size_t first, const struct column *c)
{
	struct column joined = *c;
	bool missing = first > 0;

	for (size_t i = first + 1; i < j->n; i++) {
		const struct column *other = column_of(j, i, c->name);

		missing |= !other;
		for (size_t k = first; other && k < i; k++) {
			const struct column *before = column_of(j, k, c->name);

			if (before && !columns_have_join(before, other))
				return clashes(j, k, i, before->name);
		}
		if (other)
			column_widen(&j->arena, &joined, other);
	}
	joined.auto_increment &= !missing;
	if (missing)
		let_it_be_missing(j, &joined);
	joined.invisible = false;
	joined.collate = joined.comment = joined.on_update = STR_NONE;
	joined.base64 = column_type_is_base64(joined.type, joined.charset);
	table_add_column(j->to, &joined, j->to->n_columns);
	return true;
}

static bool join_columns(struct joining *j)
{
	for (size_t i = 0; i < j->n; i++)
		for (size_t c = 0; c < j->tables[i]->n_columns; c++) {
			const struct column *column = &j->tables[i]->columns[c];

			if (table_find_column(j->to, column->name) == SIZE_MAX && !join_column(j, i, column))
				return false;
		}
	return true;
}

static void join_keys(struct joining *j)
{
	for (size_t k = 0; k < j->tables[0]->n_keys; k++) {
		const struct key *key = &j->tables[0]->keys[k];
		bool in_all = true;

		for (size_t i = 1; in_all && i < j->n; i++)
			in_all = find_same_key(j->tables[i], key) != NULL;
		if (in_all)
			table_add_key(j->to, key);
	}
}

/* AUTO_INCREMENT is for the first column of a key. */
static void settle_auto_increment(struct table *t)
{
	for (size_t i = 0; i < t->n_columns; i++) {
		bool leads = false;

		for (size_t k = 0; k < t->n_keys; k++)
			leads |= t->keys[k].n_parts > 0 && str_eq_nocase(t->keys[k].parts[0].column, t->columns[i].name);
		t->columns[i].auto_increment &= leads;
	}
}

static struct str join_charset(const struct joining *j)
{
	struct str charset = j->tables[0]->charset;

	for (size_t i = 1; i < j->n; i++) {
		struct str other = j->tables[i]->charset;
		enum table_order order;

		if (charset.n == 0 || other.n == 0 || !charset_order(charset, other, &order))
			return STR_LIT("");
		if (order == ORDER_LESS)
			charset = other;
	}
	return charset;
}

bool table_join(struct table *to, const struct table *const *tables, size_t n, struct table_clash *clash)
{
	struct joining j = { .tables = tables, .n = n, .to = to, .clash = clash, .arena = ARENA_INIT };
	bool ok = true;

	table_init(to, tables[0]->schema, tables[0]->name);
	for (size_t i = 1; ok && i < n; i++)
		if (tables[i]->versioned != tables[0]->versioned || !str_eq_nocase(tables[i]->row_end, tables[0]->row_end))
			ok = clashes(&j, 0, i, STR_LIT(""));
	ok = ok && join_columns(&j);
	if (ok) {
		to->versioned = tables[0]->versioned;
		to->row_end = arena_str(&to->arena, tables[0]->row_end);
		to->charset = arena_str(&to->arena, join_charset(&j));
		join_keys(&j);
		settle_auto_increment(to);
	} else {
		table_release(to);
	}
	arena_release(&j.arena);
	return ok;
}
