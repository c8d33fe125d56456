/* image.c - row images that do not hold all columns; see image.h */
#include "image.h"

#include <stdlib.h>

static bool is_there(const struct row_value *v)
{
	return v->kind != VALUE_ABSENT && v->kind != VALUE_JSON_DIFF;
}

bool image_is_whole(const struct shape *shape, const struct row_value *before, const struct row_value *after)
{
	for (size_t i = 0; i < shape->table.n_columns; i++)
		if (shape->written[i] && !is_there(&after[i]) &&
		    (after[i].kind == VALUE_ABSENT || !is_there(&before[i])))
			return false;
	return true;
}

const struct shape_key *image_key(const struct shape *shape, const struct row_value *values)
{
	for (size_t k = 0; k < shape->n_keys; k++) {
		const struct shape_key *key = &shape->keys[k];
		size_t there = 0;

		while (there < key->n && values[key->columns[there]].kind != VALUE_NULL &&
		       is_there(&values[key->columns[there]]))
			there++;
		if (there == key->n)
			return key;
	}
	return NULL;
}

static void list_name(struct buf *b, struct str name)
{
	buf_putf(b, "%s'%.*s'", b->n ? ", " : "", STR(name));
}

bool image_finds_row(const struct shape *shape, const struct row_value *values, struct buf *lacking)
{
	const struct shape_key *key = shape->n_keys ? &shape->keys[0] : NULL;
	bool whole = true;

	if (image_key(shape, values))
		return true;
	for (size_t i = 0; i < shape->table.n_columns; i++)
		whole &= !shape->written[i] || is_there(&values[i]);
	if (whole)
		return true;
	for (size_t i = 0; key && i < key->n; i++)
		if (!is_there(&values[key->columns[i]]))
			list_name(lacking, shape->table.columns[key->columns[i]].name);
	for (size_t i = 0; lacking->n == 0 && i < shape->table.n_columns; i++)
		if (shape->written[i] && !is_there(&values[i]))
			list_name(lacking, shape->table.columns[i].name);
	return false;
}

static bool to_number(struct str s, double *v)
{
	char text[80], *end;

	if (s.n == 0 || s.n >= sizeof(text))
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	*v = strtod(text, &end);
	return *end == '\0';
}

/* MariaDB shows texts with their quotes, MySQL without. */
static struct str bare(struct str def)
{
	def = str_trim(def);
	if (def.n >= 2 && def.p[0] == '\'' && def.p[def.n - 1] == '\'')
		def = (struct str){ def.p + 1, def.n - 2 };
	return def;
}

static bool is_none(const struct column *c)
{
	return !c->has_default || str_is_nocase(c->def, "NULL");
}

/* "2020-01-01" and "2020-01-01 00:00:00": one goes on where the other ends, and says nothing more. */
static bool goes_on_with_zeros(struct str longer, struct str shorter)
{
	if (!str_starts(longer, shorter) || shorter.n == 0)
		return false;
	for (size_t i = shorter.n; i < longer.n; i++)
		if (!strchr("0: .", longer.p[i]))
			return false;
	return true;
}

/* Texts of one value: the server and a statement may write them each in its own way. */
static bool same_default(const struct column *up, const struct column *down)
{
	struct str a = bare(up->def), b = bare(down->def);
	double x, y;

	if (is_none(up) || is_none(down))
		return is_none(up) && is_none(down) && up->nullable == down->nullable;
	if (str_is_nocase(a, "") || str_is_nocase(b, ""))
		return a.n == b.n;
	return str_eq(a, b) || (to_number(a, &x) && to_number(b, &y) && x == y) ||
	       (column_type_is(up->type, "datetime") && (goes_on_with_zeros(a, b) || goes_on_with_zeros(b, a))) ||
	       (column_type_is(up->type, "timestamp") && (goes_on_with_zeros(a, b) || goes_on_with_zeros(b, a)));
}

bool image_defaults_agree(const struct shape *shape, const struct row_value *after, struct str *column)
{
	for (size_t i = 0; i < shape->table.n_columns; i++) {
		*column = shape->table.columns[i].name;
		if (shape->written[i] && !is_there(&after[i]) &&
		    !same_default(&shape->table.columns[i], shape->down[i]))
			return false;
	}
	return true;
}

bool image_lacks_generated(const struct shape *shape, const struct row_value *values, bool unchanged,
			   struct str *column)
{
	for (size_t i = 0; i < shape->table.n_columns && !unchanged; i++) {
		*column = shape->table.columns[i].name;
		if (shape->written[i] && shape->table.columns[i].generated && !is_there(&values[i]))
			return true;
	}
	return false;
}

void image_merge(const struct shape *shape, const struct row_value *before, const struct row_value *after,
		 struct row_value *to)
{
	for (size_t i = 0; i < shape->table.n_columns; i++)
		to[i] = after[i].kind == VALUE_ABSENT ? before[i] : after[i];
}
