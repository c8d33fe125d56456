/* fit.c - structures beside table maps; see fit.h */
#include "fit.h"

#include <stdio.h>

#include "text/charset.h"

/* A type as COLUMN_TYPE spells it, taken apart: "decimal(10,2) unsigned". */
struct type_text {
	struct str name;
	size_t n;			/* numbers between the parentheses, at most 2 */
	uint64_t numbers[2];
	bool is_unsigned;
};

struct type_class {
	const char *name;
	uint8_t types[4];		/* that the log may have; 0 ends them */
	bool (*fits)(const struct type_text *text, const struct map_column *column);
};

static void read_type(struct type_text *t, struct str normal)
{
	struct str rest = STR_NONE, inside = STR_NONE, first, second;
	size_t end = 0;

	*t = (struct type_text){ .n = 0 };
	while (end < normal.n && normal.p[end] != '(' && normal.p[end] != ' ')
		end++;
	t->name = str_first(normal, end);
	rest = str_from(normal, end);
	t->is_unsigned = str_find(rest, STR_LIT(" unsigned")) != SIZE_MAX && !str_is(t->name, "enum") &&
		!str_is(t->name, "set");
	if (rest.n == 0 || rest.p[0] != '(' || !str_cut(str_from(rest, 1), ')', &inside, NULL))
		return;
	if (!str_cut(inside, ',', &first, &second))
		first = inside, second = STR_NONE;
	t->n = str_to_u64(first, &t->numbers[0]);
	if (t->n == 1 && str_to_u64(second, &t->numbers[1]))
		t->n = 2;
}

static bool fits_decimal(const struct type_text *t, const struct map_column *col)
{
	return t->n == 2 && t->numbers[0] == col->precision && t->numbers[1] == col->digits;
}

static bool fits_fraction(const struct type_text *t, const struct map_column *col)
{
	bool old = col->type == TYPE_TIME || col->type == TYPE_DATETIME || col->type == TYPE_TIMESTAMP;

	return old ? t->n == 0 || t->numbers[0] <= 6 : (t->n ? t->numbers[0] : 0) == col->digits;
}

static bool fits_bits(const struct type_text *t, const struct map_column *col)
{
	return (t->n ? t->numbers[0] : 1) == col->length;
}

/* Bytes that a length is stored in; TEXT(100) chooses its own. */
static bool fits_blob(const struct type_text *t, const struct map_column *col)
{
	unsigned want = 2;

	if (str_starts(t->name, STR_LIT("tiny")))
		want = 1;
	else if (str_starts(t->name, STR_LIT("medium")))
		want = 3;
	else if (str_starts(t->name, STR_LIT("long")) || str_is(t->name, "json"))
		want = 4;
	return t->n > 0 || col->length == want;
}

static bool fits_bytes(const struct type_text *t, const struct map_column *col)
{
	return col->type != TYPE_STRING || (t->n ? t->numbers[0] : 1) == col->length;
}

static bool fits_address(const struct type_text *t, const struct map_column *col)
{
	return col->length == (str_is(t->name, "inet4") ? 4 : 16);
}

static const struct type_class classes[] = {
	{ "tinyint", { TYPE_TINY }, NULL },
	{ "smallint", { TYPE_SHORT }, NULL },
	{ "mediumint", { TYPE_INT24 }, NULL },
	{ "int", { TYPE_LONG }, NULL },
	{ "bigint", { TYPE_LONGLONG }, NULL },
	{ "float", { TYPE_FLOAT }, NULL },
	{ "double", { TYPE_DOUBLE }, NULL },
	{ "decimal", { TYPE_NEWDECIMAL }, fits_decimal },
	{ "bit", { TYPE_BIT }, fits_bits },
	{ "year", { TYPE_YEAR }, NULL },
	{ "date", { TYPE_DATE, TYPE_NEWDATE }, NULL },
	{ "time", { TYPE_TIME2, TYPE_TIME }, fits_fraction },
	{ "datetime", { TYPE_DATETIME2, TYPE_DATETIME }, fits_fraction },
	{ "timestamp", { TYPE_TIMESTAMP2, TYPE_TIMESTAMP }, fits_fraction },
	{ "char", { TYPE_STRING, TYPE_VAR_STRING }, NULL },
	{ "binary", { TYPE_STRING }, fits_bytes },
	{ "varchar", { TYPE_VARCHAR, TYPE_VAR_STRING, TYPE_VARCHAR_COMPRESSED }, NULL },
	{ "varbinary", { TYPE_VARCHAR, TYPE_VAR_STRING, TYPE_VARCHAR_COMPRESSED }, NULL },
	{ "tinytext", { TYPE_BLOB, TYPE_BLOB_COMPRESSED }, fits_blob },
	{ "text", { TYPE_BLOB, TYPE_BLOB_COMPRESSED }, fits_blob },
	{ "mediumtext", { TYPE_BLOB, TYPE_BLOB_COMPRESSED }, fits_blob },
	{ "longtext", { TYPE_BLOB, TYPE_BLOB_COMPRESSED }, fits_blob },
	{ "tinyblob", { TYPE_BLOB, TYPE_BLOB_COMPRESSED }, fits_blob },
	{ "blob", { TYPE_BLOB, TYPE_BLOB_COMPRESSED }, fits_blob },
	{ "mediumblob", { TYPE_BLOB, TYPE_BLOB_COMPRESSED }, fits_blob },
	{ "longblob", { TYPE_BLOB, TYPE_BLOB_COMPRESSED }, fits_blob },
	{ "json", { TYPE_JSON, TYPE_BLOB }, fits_blob },
	{ "enum", { TYPE_ENUM }, NULL },
	{ "set", { TYPE_SET }, NULL },
	{ "geometry", { TYPE_GEOMETRY }, NULL },
	{ "point", { TYPE_GEOMETRY }, NULL },
	{ "linestring", { TYPE_GEOMETRY }, NULL },
	{ "polygon", { TYPE_GEOMETRY }, NULL },
	{ "multipoint", { TYPE_GEOMETRY }, NULL },
	{ "multilinestring", { TYPE_GEOMETRY }, NULL },
	{ "multipolygon", { TYPE_GEOMETRY }, NULL },
	{ "geometrycollection", { TYPE_GEOMETRY }, NULL },
	{ "vector", { TYPE_VECTOR, TYPE_VARCHAR }, NULL },
	{ "uuid", { TYPE_STRING }, fits_address },
	{ "inet6", { TYPE_STRING }, fits_address },
	{ "inet4", { TYPE_STRING }, fits_address },
};

static const struct type_class *class_of(struct str name)
{
	for (size_t i = 0; i < sizeof(classes) / sizeof(*classes); i++)
		if (str_is(name, classes[i].name))
			return &classes[i];
	return NULL;
}

static bool fits_class(const struct type_text *text, const struct map_column *col)
{
	const struct type_class *class = class_of(text->name);

	for (size_t i = 0; class && i < 4 && class->types[i]; i++)
		if (class->types[i] == col->type)
			return !class->fits || class->fits(text, col);
	return false;
}

static bool is_bytes(struct str name)
{
	return str_is(name, "binary") || str_is(name, "varbinary") || str_ends(name, STR_LIT("blob")) ||
	       str_is(name, "vector");
}

/* NULL: not known. */
static const struct charset *column_charset(const struct column *column, const struct type_text *text)
{
	if (is_bytes(text->name))
		return charset_of_name(STR_LIT("binary"));
	if (str_is(text->name, "json"))
		return charset_of_name(STR_LIT("utf8mb4"));
	return column->charset.n ? charset_of_name(column->charset) : NULL;
}

static bool is_text(uint8_t type)
{
	return type == TYPE_STRING || type == TYPE_VARCHAR || type == TYPE_VAR_STRING || type == TYPE_BLOB ||
	       type == TYPE_BLOB_COMPRESSED || type == TYPE_VARCHAR_COMPRESSED;
}

static bool fits_labels(const struct column *column, const struct map_column *col, struct arena *a)
{
	struct str *labels;
	size_t n;

	if (!column_type_labels(a, column->type, &labels, &n))
		return false;
	if (col->type == TYPE_ENUM ? (n > 255) != (col->length == 2) : n > 8u * col->length)
		return false;
	if (col->n_labels == 0)
		return true;
	for (size_t i = 0; i < n && n == col->n_labels; i++)
		if (!str_eq(labels[i], col->labels[i]))
			return false;
	return n == col->n_labels;
}

/* NULL: it fits; else what does not. */
static const char *misfit(const struct column *column, const struct map_column *col, const struct type_text *text,
			  struct arena *a)
{
	const struct charset *cs;

	if (!fits_class(text, col))
		return "type";
	if (col->has_sign && col->type != TYPE_YEAR && col->is_unsigned != text->is_unsigned)
		return "sign";
	if ((col->type == TYPE_ENUM || col->type == TYPE_SET) && !fits_labels(column, col, a))
		return "list of labels";
	cs = is_text(col->type) && col->has_collation ? column_charset(column, text) : NULL;
	if (cs && cs != charset_of_collation(col->collation))
		return "charset";
	if (col->name.n && !str_eq(col->name, column->name))
		return "name";
	return NULL;
}

/* Moments with six digits, both of them. */
static bool fits_hidden(const struct table *t, const struct table_map *map)
{
	for (size_t i = t->n_columns; i < map->n_columns; i++)
		if (map->columns[i].type != TYPE_TIMESTAMP2 || map->columns[i].digits != 6 || map->columns[i].nullable)
			return false;
	return true;
}

bool fit_check(const struct table *t, const struct table_map *map, char *why, size_t why_size)
{
	struct buf normal = BUF_INIT(16 << 20);
	struct arena a = ARENA_INIT;
	const char *what = NULL;

	if (t->n_columns + fit_hidden(t) != map->n_columns) {
		snprintf(why, why_size, "it has %zu columns, and the log %zu", t->n_columns + fit_hidden(t),
			 map->n_columns);
		return false;
	}
	if (!fits_hidden(t, map)) {
		snprintf(why, why_size, "it is system-versioned, and the log's last columns are not of that kind");
		return false;
	}
	for (size_t i = 0; i < t->n_columns && !what; i++) {
		struct type_text text;

		buf_clear(&normal);
		column_type_put_normal(&normal, t->columns[i].type);
		read_type(&text, buf_str(&normal));
		what = misfit(&t->columns[i], &map->columns[i], &text, &a);
		if (what) {
			struct str logged = map_column_type_text(&map->columns[i], &a);

			snprintf(why, why_size, "the %s of its column %zu, '%.*s' %.*s, is not the log's (%.*s)",
				 what, i + 1, STR(t->columns[i].name), STR(str_first(t->columns[i].type, 60)),
				 STR(str_first(logged, 60)));
		}
	}
	buf_release(&normal);
	arena_release(&a);
	return !what;
}

static enum column_form form_of(struct str name)
{
	return str_is(name, "uuid") ? FORM_UUID : str_is(name, "inet6") ? FORM_INET6 :
	       str_is(name, "inet4") ? FORM_INET4 : FORM_PLAIN;
}

struct column_facts *fit_facts(const struct table *t, struct arena *a)
{
	struct column_facts *facts = arena_array(a, t->n_columns + fit_hidden(t), sizeof(*facts));
	struct buf normal = BUF_INIT(16 << 20);

	for (size_t i = 0; i < t->n_columns; i++) {
		const struct column *column = &t->columns[i];
		struct type_text text;
		struct str *labels = NULL;

		buf_clear(&normal);
		column_type_put_normal(&normal, column->type);
		read_type(&text, buf_str(&normal));
		facts[i].is_unsigned = text.is_unsigned;
		facts[i].charset = column_charset(column, &text);
		facts[i].form = form_of(text.name);
		if (column_type_labels(a, column->type, &labels, &facts[i].n_labels))
			facts[i].labels = labels;
		if (str_is(text.name, "time") || str_is(text.name, "datetime") || str_is(text.name, "timestamp"))
			facts[i].old_digits = text.n && text.numbers[0] <= 6 ? (unsigned)text.numbers[0] : 0;
	}
	buf_release(&normal);
	return facts;
}

/* --- a structure made of a map --- */

static bool has_charset(const struct map_column *col)
{
	return (is_text(col->type) && !(col->has_collation && col->collation == COLLATION_BINARY)) ||
	       col->type == TYPE_ENUM || col->type == TYPE_SET;
}

static void add_column(struct table *t, const struct map_column *col, size_t number, struct arena *a)
{
	const struct charset *cs = col->has_collation ? charset_of_collation(col->collation) : NULL;
	struct column column = {
		.name = col->name.n ? col->name : arena_strf(a, "@%zu", number),
		.type = map_column_type_text(col, a),
		.charset = cs && has_charset(col) ? str_of(charset_name(cs)) : STR_LIT(""),
		.def = STR_LIT(""), .nullable = col->nullable, .invisible = col->invisible,
		.base64 = col->type == TYPE_GEOMETRY || col->type == TYPE_VECTOR ||
			  (is_text(col->type) && col->has_collation && col->collation == COLLATION_BINARY),
	};

	table_add_column(t, &column, t->n_columns);
}

void fit_table_of_map(struct table *t, const struct table_map *map)
{
	struct arena a = ARENA_INIT;
	struct key primary = { .name = STR_LIT("PRIMARY"), .unique = true, .n_parts = map->n_primary };

	table_init(t, map->schema, map->table);
	for (size_t i = 0; i < map->n_columns; i++)
		add_column(t, &map->columns[i], i + 1, &a);
	primary.parts = arena_array(&a, map->n_primary, sizeof(*primary.parts));
	for (size_t i = 0; i < map->n_primary; i++) {
		primary.parts[i].column = t->columns[map->primary[i].column].name;
		primary.parts[i].prefix = (unsigned)map->primary[i].prefix;
	}
	if (map->n_primary > 0)
		table_add_key(t, &primary);
	arena_release(&a);
}
