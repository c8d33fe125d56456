/*
 * table.c - builds, copies and compares table structures.
 */
#include "schema/table.h"

#include <stdarg.h>
#include <stdio.h>

void table_init(struct table *t, struct str schema, struct str name)
{
	memset(t, 0, sizeof(*t));
	arena_init(&t->arena);
	t->schema = arena_str(&t->arena, schema);
	t->name = arena_str(&t->arena, name);
	t->charset = STR_LIT("");
}

void table_release(struct table *t)
{
	arena_release(&t->arena);
	memset(t, 0, sizeof(*t));
}

void table_copy(struct table *to, const struct table *from)
{
	table_init(to, from->schema, from->name);
	to->charset = arena_str(&to->arena, from->charset);
	to->versioned = from->versioned;
	to->is_sequence = from->is_sequence;
	to->row_end = arena_str(&to->arena, from->row_end);
	for (size_t i = 0; i < from->n_columns; i++)
		table_add_column(to, &from->columns[i], i);
	for (size_t i = 0; i < from->n_keys; i++)
		table_add_key(to, &from->keys[i]);
}

/* Room for one more; the old array stays in the arena, which is a table's whole life anyway. */
static void *grow(struct arena *a, void *old, size_t n, size_t *room, size_t size)
{
	void *p;

	if (n < *room)
		return old;
	*room = n < 4 ? 8 : n * 2;
	p = arena_array(a, *room, size);
	if (n)
		memcpy(p, old, n * size);
	return p;
}

static struct str copy_where_said(struct arena *a, struct str text)
{
	return text.p ? arena_str(a, text) : STR_NONE;
}

void table_add_column(struct table *t, const struct column *column, size_t at)
{
	struct column copy = *column;

	copy.name = arena_str(&t->arena, column->name);
	copy.type = arena_str(&t->arena, column->type);
	copy.charset = arena_str(&t->arena, column->charset);
	copy.collation = arena_str(&t->arena, column->collation);
	copy.def = arena_str(&t->arena, column->def);
	copy.expression = arena_str(&t->arena, column->expression);
	copy.collate = copy_where_said(&t->arena, column->collate);
	copy.comment = copy_where_said(&t->arena, column->comment);
	copy.on_update = copy_where_said(&t->arena, column->on_update);
	copy.constant = copy_where_said(&t->arena, column->constant);
	if (at > t->n_columns)
		at = t->n_columns;
	t->columns = grow(&t->arena, t->columns, t->n_columns, &t->columns_room, sizeof(*t->columns));
	memmove(t->columns + at + 1, t->columns + at, (t->n_columns - at) * sizeof(*t->columns));
	t->columns[at] = copy;
	t->n_columns++;
}

void table_add_constant(struct table *t, struct str name, struct str text)
{
	struct column column = {
		.name = name, .type = STR_LIT("varchar(255)"), .charset = STR_LIT("utf8mb4"), .collation = STR_LIT(""),
		.def = STR_LIT(""), .expression = STR_LIT(""), .constant = text.p ? text : STR_LIT(""),
	};

	table_add_column(t, &column, t->n_columns);
}

size_t table_own_columns(const struct table *t)
{
	size_t n = t->n_columns;

	while (n > 0 && t->columns[n - 1].constant.p)
		n--;
	return n;
}

void table_drop_column(struct table *t, size_t at)
{
	if (at >= t->n_columns)
		return;
	t->n_columns--;
	memmove(t->columns + at, t->columns + at + 1, (t->n_columns - at) * sizeof(*t->columns));
}

void table_add_key(struct table *t, const struct key *key)
{
	struct key copy = *key;
	bool primary = str_is_nocase(key->name, "PRIMARY");

	copy.name = arena_str(&t->arena, key->name);
	copy.parts = arena_array(&t->arena, key->n_parts, sizeof(*copy.parts));
	for (size_t i = 0; i < key->n_parts; i++) {
		copy.parts[i].column = arena_str(&t->arena, key->parts[i].column);
		copy.parts[i].prefix = key->parts[i].prefix;
	}
	t->keys = grow(&t->arena, t->keys, t->n_keys, &t->keys_room, sizeof(*t->keys));
	if (primary)
		memmove(t->keys + 1, t->keys, t->n_keys * sizeof(*t->keys));
	t->keys[primary ? 0 : t->n_keys] = copy;
	t->n_keys++;
}

void table_drop_key(struct table *t, size_t at)
{
	if (at >= t->n_keys)
		return;
	t->n_keys--;
	memmove(t->keys + at, t->keys + at + 1, (t->n_keys - at) * sizeof(*t->keys));
}

size_t table_find_column(const struct table *t, struct str name)
{
	for (size_t i = 0; i < t->n_columns; i++)
		if (str_eq_nocase(t->columns[i].name, name))
			return i;
	return SIZE_MAX;
}

size_t table_find_key(const struct table *t, struct str name)
{
	for (size_t i = 0; i < t->n_keys; i++)
		if (str_eq_nocase(t->keys[i].name, name))
			return i;
	return SIZE_MAX;
}

static bool identifies(const struct table *t, const struct key *key)
{
	if (!key->unique)
		return false;
	for (size_t i = 0; i < key->n_parts; i++) {
		size_t at = key->parts[i].column.n ? table_find_column(t, key->parts[i].column) : SIZE_MAX;

		if (at == SIZE_MAX || t->columns[at].nullable || key->parts[i].prefix)
			return false;
	}
	return key->n_parts > 0;
}

const struct key *table_identity(const struct table *t)
{
	size_t primary = table_find_key(t, STR_LIT("PRIMARY"));

	if (primary != SIZE_MAX)
		return &t->keys[primary];
	for (size_t i = 0; i < t->n_keys; i++)
		if (identifies(t, &t->keys[i]))
			return &t->keys[i];
	return NULL;
}

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

/* utf8 is the old name of utf8mb3, and both are shown by servers of today. */
static bool charset_equal(struct str a, struct str b)
{
	if (str_is_nocase(a, "utf8"))
		a = STR_LIT("utf8mb3");
	if (str_is_nocase(b, "utf8"))
		b = STR_LIT("utf8mb3");
	return str_eq_nocase(a, b);
}

static bool column_equal(const struct column *a, const struct column *b, char *why, size_t size)
{
	if (!str_eq_nocase(a->name, b->name))
		return tell(why, size, "column '%.*s' is '%.*s'", STR(a->name), STR(b->name));
	if (!column_type_equal(a->type, b->type))
		return tell(why, size, "column '%.*s' is %.*s, not %.*s", STR(a->name), STR(b->type), STR(a->type));
	if (!charset_equal(a->charset, b->charset))
		return tell(why, size, "column '%.*s' has charset '%.*s', not '%.*s'", STR(a->name),
			    STR(b->charset), STR(a->charset));
	if (a->nullable != b->nullable)
		return tell(why, size, "column '%.*s' is %s", STR(a->name), b->nullable ? "nullable" : "NOT NULL");
	if (a->generated != b->generated)
		return tell(why, size, "column '%.*s' is %sgenerated", STR(a->name), b->generated ? "" : "not ");
	return true;
}

bool key_equal(const struct key *a, const struct key *b)
{
	if (a->unique != b->unique || a->n_parts != b->n_parts)
		return false;
	for (size_t i = 0; i < a->n_parts; i++)
		if (!str_eq_nocase(a->parts[i].column, b->parts[i].column) || a->parts[i].prefix != b->parts[i].prefix)
			return false;
	return true;
}

bool table_equal(const struct table *a, const struct table *b, char *why, size_t why_size)
{
	for (size_t i = 0; i < a->n_columns && i < b->n_columns; i++)
		if (!column_equal(&a->columns[i], &b->columns[i], why, why_size))
			return false;
	if (a->versioned != b->versioned || !str_eq_nocase(a->row_end, b->row_end))
		return tell(why, why_size, "system versioning is another");
	if (a->n_columns != b->n_columns)
		return tell(why, why_size, "%zu columns, not %zu", b->n_columns, a->n_columns);
	for (size_t i = 0; i < a->n_keys; i++) {
		size_t at = table_find_key(b, a->keys[i].name);

		if (at == SIZE_MAX)
			return tell(why, why_size, "key '%.*s' is not there", STR(a->keys[i].name));
		if (!key_equal(&a->keys[i], &b->keys[at]))
			return tell(why, why_size, "key '%.*s' is another", STR(a->keys[i].name));
	}
	for (size_t i = 0; i < b->n_keys; i++)
		if (table_find_key(a, b->keys[i].name) == SIZE_MAX)
			return tell(why, why_size, "key '%.*s' is one too many", STR(b->keys[i].name));
	return true;
}
