/* table_map.c - types and optional metadata of a table map; see table_map.h */
#include "binlog/table_map.h"

#include "binlog/cur.h"
#include "binlog/event.h"
#include "text/charset.h"
#include "text/sql_quote.h"
#include "text/utf8.h"

enum {
	COLUMNS_MAX = 4096,
	STRING_ENUM = 0xf7, STRING_SET = 0xf8,
};

enum optional {
	META_SIGN = 1, META_DEFAULT_CHARSET, META_COLUMN_CHARSET, META_NAME, META_SET_LABELS, META_ENUM_LABELS,
	META_GEOMETRY, META_PRIMARY, META_PRIMARY_PREFIX, META_LABEL_DEFAULT_CHARSET, META_LABEL_CHARSET,
	META_VISIBLE, META_VECTOR,
};

unsigned integer_size(uint8_t type)
{
	switch (type) {
	case TYPE_TINY:
		return 1;
	case TYPE_SHORT:
		return 2;
	case TYPE_INT24:
		return 3;
	case TYPE_LONG:
		return 4;
	case TYPE_LONGLONG:
		return 8;
	}
	return 0;
}

/* --- types --- */

/* ENUM and SET hide in STRING; so do the two high bits of a CHAR's length. */
static bool read_string_type(struct map_column *col, struct cur *c)
{
	unsigned first = (unsigned)cur_uint(c, 1), second = (unsigned)cur_uint(c, 1);

	if (first == STRING_ENUM || first == STRING_SET) {
		col->type = first == STRING_ENUM ? TYPE_ENUM : TYPE_SET;
		col->length = (uint16_t)second;
		return col->type == TYPE_ENUM ? second == 1 || second == 2 : second >= 1 && second <= 8;
	}
	col->length = (uint16_t)(((first & 0x30) ^ 0x30) << 4 | second);
	return (first | 0x30) == TYPE_STRING;
}

static bool read_type(struct map_column *col, struct cur *c)
{
	switch (col->type) {
	case TYPE_TINY: case TYPE_SHORT: case TYPE_LONG: case TYPE_LONGLONG: case TYPE_INT24: case TYPE_NULL:
	case TYPE_YEAR:
	case TYPE_DATE: case TYPE_NEWDATE: case TYPE_TIMESTAMP: case TYPE_TIME: case TYPE_DATETIME:
		return true;
	case TYPE_FLOAT: case TYPE_DOUBLE:
		col->length = (uint16_t)cur_uint(c, 1);
		return col->length == (col->type == TYPE_FLOAT ? 4 : 8);
	case TYPE_VARCHAR: case TYPE_VAR_STRING: case TYPE_VARCHAR_COMPRESSED:
		col->length = (uint16_t)cur_uint(c, 2);
		return true;
	case TYPE_BIT:
		col->length = (uint16_t)cur_uint(c, 1);
		col->length = (uint16_t)(col->length + 8 * cur_uint(c, 1));
		return col->length >= 1 && col->length <= 64;
	case TYPE_TIMESTAMP2: case TYPE_DATETIME2: case TYPE_TIME2:
		col->digits = (uint8_t)cur_uint(c, 1);
		return col->digits <= 6;
	case TYPE_NEWDECIMAL:
		col->precision = (uint8_t)cur_uint(c, 1);
		col->digits = (uint8_t)cur_uint(c, 1);
		return col->precision >= 1 && col->precision <= 65 && col->digits <= col->precision;
	case TYPE_BLOB: case TYPE_TINY_BLOB: case TYPE_MEDIUM_BLOB: case TYPE_LONG_BLOB: case TYPE_BLOB_COMPRESSED:
	case TYPE_GEOMETRY: case TYPE_JSON: case TYPE_VECTOR:
		col->length = (uint16_t)cur_uint(c, 1);
		return col->length >= 1 && col->length <= 4;
	case TYPE_STRING:
		return read_string_type(col, c);
	}
	return false;
}

static bool read_types(struct table_map *map, struct cur *c, struct err *e)
{
	const uint8_t *types = cur_take(c, map->n_columns);
	struct str bytes = cur_packed_str(c);
	struct cur meta = cur_of(bytes.p ? bytes.p : "", bytes.n);
	const uint8_t *nulls = cur_take(c, (map->n_columns + 7) / 8);

	if (c->bad)
		return err_set(e, &err_binlog_event, "table map is cut short");
	for (size_t i = 0; i < map->n_columns; i++) {
		struct map_column *col = &map->columns[i];

		col->type = types[i];
		col->nullable = nulls[i / 8] >> (i % 8) & 1;
		col->name = STR_LIT("");
		if (!read_type(col, &meta) || meta.bad)
			return err_set(e, &err_binlog_event, "table map: column %zu has type %u, which is not known "
				       "or has bad metadata", i + 1, types[i]);
	}
	return cur_left(&meta) == 0 || err_set(e, &err_binlog_event, "table map has metadata left over");
}

/* --- optional metadata --- */

static bool is_numeric(const struct map_column *col)
{
	return integer_size(col->type) || col->type == TYPE_FLOAT || col->type == TYPE_DOUBLE ||
	       col->type == TYPE_NEWDECIMAL || col->type == TYPE_YEAR;
}

static bool is_label(const struct map_column *col)
{
	return col->type == TYPE_ENUM || col->type == TYPE_SET;
}

static bool is_set(const struct map_column *col)
{
	return col->type == TYPE_SET;
}

static bool is_enum(const struct map_column *col)
{
	return col->type == TYPE_ENUM;
}

static bool is_geometry(const struct map_column *col)
{
	return col->type == TYPE_GEOMETRY;
}

static bool is_text(const struct map_column *col)
{
	switch (col->type) {
	case TYPE_STRING: case TYPE_VAR_STRING: case TYPE_VARCHAR: case TYPE_BLOB: case TYPE_TINY_BLOB:
	case TYPE_MEDIUM_BLOB:
	case TYPE_LONG_BLOB: case TYPE_BLOB_COMPRESSED: case TYPE_VARCHAR_COMPRESSED:
		return true;
	}
	return false;
}

static bool is_text_mysql(const struct map_column *col)
{
	return is_text(col) || col->type == TYPE_VECTOR;
}

static bool is_text_mariadb(const struct map_column *col)
{
	return is_text(col) || col->type == TYPE_GEOMETRY;
}

typedef bool column_test(const struct map_column *);

static struct map_column *next_column(const struct table_map *map, size_t *at, column_test *test)
{
	while (*at < map->n_columns) {
		struct map_column *col = &map->columns[(*at)++];

		if (test(col))
			return col;
	}
	return NULL;
}

/* Bits of the columns that pass test, high bits first. */
static void read_signs(struct table_map *map, struct cur *c)
{
	struct map_column *col;
	size_t at = 0, n = 0;
	unsigned bits = 0;

	while ((col = next_column(map, &at, is_numeric))) {
		if (n++ % 8 == 0)
			bits = (unsigned)cur_uint(c, 1);
		col->has_sign = true;
		col->is_unsigned = bits & 0x80;
		bits <<= 1;
	}
}

static void read_visible(struct table_map *map, struct cur *c)
{
	unsigned bits = 0;

	for (size_t i = 0; i < map->n_columns; i++) {
		if (i % 8 == 0)
			bits = (unsigned)cur_uint(c, 1);
		map->columns[i].invisible = !(bits & 0x80);
		bits <<= 1;
	}
}

static void set_collation(struct map_column *col, uint64_t id)
{
	col->has_collation = true;
	col->collation = (uint16_t)id;
}

/* One for all, then pairs for the exceptions, which are ascending and count only the columns that pass test. */
static void read_default_charset(struct table_map *map, struct cur *c, column_test *test)
{
	uint64_t all = cur_packed(c), n = 0, exception = UINT64_MAX, id = 0;
	struct map_column *col;
	size_t at = 0;

	if (cur_left(c) > 0) {
		exception = cur_packed(c);
		id = cur_packed(c);
	}
	while ((col = next_column(map, &at, test))) {
		set_collation(col, n == exception ? id : all);
		if (n++ == exception && cur_left(c) > 0) {
			exception = cur_packed(c);
			id = cur_packed(c);
		}
	}
}

static void read_column_charsets(struct table_map *map, struct cur *c, column_test *test)
{
	struct map_column *col;
	size_t at = 0;

	while ((col = next_column(map, &at, test)))
		set_collation(col, cur_packed(c));
}

static void read_names(struct table_map *map, struct cur *c)
{
	for (size_t i = 0; i < map->n_columns; i++) {
		map->columns[i].name = cur_packed_str(c);
		c->bad = c->bad || map->columns[i].name.n == 0 || !utf8_valid(map->columns[i].name);
	}
	map->has_names = true;
}

static void read_labels(struct table_map *map, struct arena *a, struct cur *c, column_test *test)
{
	struct map_column *col;
	size_t at = 0;

	while ((col = next_column(map, &at, test)) && !c->bad) {
		uint64_t n = cur_packed(c);

		if (n > cur_left(c)) {
			c->bad = true;
			return;
		}
		col->labels = arena_array(a, n, sizeof(*col->labels));
		for (uint64_t i = 0; i < n; i++)
			col->labels[i] = cur_packed_str(c);
		col->n_labels = n;
	}
}

static void read_geometry(struct table_map *map, struct cur *c)
{
	struct map_column *col;
	size_t at = 0;

	while ((col = next_column(map, &at, is_geometry))) {
		col->has_geometry = true;
		col->geometry = (uint8_t)cur_packed(c);
	}
}

static void read_primary(struct table_map *map, struct arena *a, struct cur *c, bool prefixes)
{
	map->primary = arena_array(a, cur_left(c), sizeof(*map->primary));
	map->n_primary = 0;
	while (cur_left(c) > 0) {
		struct map_key_part *part = &map->primary[map->n_primary++];

		part->column = cur_packed(c);
		part->prefix = prefixes ? cur_packed(c) : 0;
		if (part->column >= map->n_columns) {
			c->bad = true;
			return;
		}
	}
}

static void read_optional(struct table_map *map, struct arena *a, uint64_t type, struct cur *c, bool mariadb)
{
	column_test *text = mariadb ? is_text_mariadb : is_text_mysql;

	switch (type) {
	case META_SIGN:
		read_signs(map, c);
		break;
	case META_DEFAULT_CHARSET:
		read_default_charset(map, c, text);
		break;
	case META_COLUMN_CHARSET:
		read_column_charsets(map, c, text);
		break;
	case META_NAME:
		read_names(map, c);
		break;
	case META_SET_LABELS:
		read_labels(map, a, c, is_set);
		break;
	case META_ENUM_LABELS:
		read_labels(map, a, c, is_enum);
		break;
	case META_GEOMETRY:
		read_geometry(map, c);
		break;
	case META_PRIMARY:
	case META_PRIMARY_PREFIX:
		read_primary(map, a, c, type == META_PRIMARY_PREFIX);
		break;
	case META_LABEL_DEFAULT_CHARSET:
		read_default_charset(map, c, is_label);
		break;
	case META_LABEL_CHARSET:
		read_column_charsets(map, c, is_label);
		break;
	case META_VISIBLE:
		read_visible(map, c);
		break;
	default:		/* made to be skipped by who does not know it */
		cur_rest(c);
		break;
	}
}

/* Labels stand in their column's charset, which comes behind them. */
static bool convert_labels(struct map_column *col, size_t number, struct arena *a, struct err *e)
{
	const struct charset *cs = charset_of_collation(col->has_collation ? col->collation : COLLATION_BINARY);
	struct buf b = BUF_INIT(1 << 20);
	bool ok = true;

	if (!cs)
		return err_set(e, &err_binlog_unknown, "table map: column %zu has collation %u, which is not known",
			       number, col->collation);
	for (size_t i = 0; ok && i < col->n_labels; i++) {
		buf_clear(&b);
		ok = charset_put_utf8(cs, col->labels[i], &b) && !b.over;
		col->labels[i] = arena_str(a, buf_str(&b));
	}
	buf_release(&b);
	return ok || err_set(e, &err_binlog_event, "table map: column %zu has a label that is not valid in charset "
			     "%s", number,
			     charset_name(cs));
}

bool table_map_decode(struct table_map *map, struct arena *a, struct str body, bool mariadb, struct err *e)
{
	struct cur c = cur_of(body.p, body.n);

	*map = (struct table_map){ .n_columns = 0 };
	cur_uint(&c, 2);
	map->schema = cur_packed_str(&c);
	cur_uint(&c, 1);
	map->table = cur_packed_str(&c);
	cur_uint(&c, 1);
	map->n_columns = cur_packed(&c);
	if (c.bad || map->n_columns > COLUMNS_MAX)
		return err_set(e, &err_binlog_event, "table map is cut short or has too many columns");
	if (!utf8_valid(map->schema) || !utf8_valid(map->table))
		return err_set(e, &err_binlog_event, "table map has a name that is not valid UTF-8");
	map->columns = arena_array(a, map->n_columns, sizeof(*map->columns));
	if (!read_types(map, &c, e))
		return false;
	while (cur_left(&c) > 0) {
		uint64_t type = cur_uint(&c, 1);
		struct str value = cur_packed_str(&c);
		struct cur inner = cur_of(value.p ? value.p : "", value.n);

		read_optional(map, a, type, &inner, mariadb);
		if (c.bad || inner.bad)
			return err_set(e, &err_binlog_event, "table map: optional metadata %u is cut short or "
				       "damaged", (unsigned)type);
	}
	for (size_t i = 0; i < map->n_columns; i++)
		if (map->columns[i].n_labels > 0 && !convert_labels(&map->columns[i], i + 1, a, e))
			return false;
	return true;
}

/* --- the type as text --- */

static const char *const geometries[] = {
	"geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon",
	"geometrycollection",
};

static bool is_binary(const struct map_column *col)
{
	return col->has_collation && col->collation == COLLATION_BINARY;
}

static const char *blob_name(const struct map_column *col)
{
	static const char *const names[2][4] = {
		{ "tinytext", "text", "mediumtext", "longtext" },
		{ "tinyblob", "blob", "mediumblob", "longblob" },
	};

	/* Where the charset is not said, it may be either. */
	return names[is_binary(col) || !col->has_collation][col->length - 1];
}

static struct str labels_text(const struct map_column *col, struct arena *a)
{
	struct buf b = BUF_INIT(16 << 20);
	struct str text;

	buf_put_text(&b, col->type == TYPE_ENUM ? "enum" : "set");
	for (size_t i = 0; i < col->n_labels; i++) {
		buf_put_char(&b, i ? ',' : '(');
		sql_put_text(&b, col->labels[i], false);
	}
	if (col->n_labels)
		buf_put_char(&b, ')');
	text = arena_str(a, buf_str(&b));
	buf_release(&b);
	return text;
}

static struct str temporal_text(const struct map_column *col, const char *name, struct arena *a)
{
	return col->digits ? arena_strf(a, "%s(%u)", name, col->digits) : str_of(name);
}

/* The log counts bytes, a type characters. */
static unsigned characters(const struct map_column *col)
{
	static const struct { const char *charset; unsigned bytes; } wide[] = {
		{ "utf8mb4", 4 }, { "utf8mb3", 3 }, { "utf8", 3 }, { "utf16", 4 }, { "utf16le", 4 }, { "utf32", 4 },
		{ "ucs2", 2 }, { "gb18030", 4 }, { "ujis", 3 }, { "eucjpms", 3 }, { "gbk", 2 }, { "gb2312", 2 },
		{ "big5", 2 }, { "sjis", 2 }, { "cp932", 2 }, { "euckr", 2 },
	};
	const struct charset *cs = col->has_collation ? charset_of_collation(col->collation) : NULL;
	unsigned bytes = col->length - (col->type == TYPE_VARCHAR_COMPRESSED && col->length > 0);

	for (size_t i = 0; cs && i < sizeof(wide) / sizeof(*wide); i++)
		if (strcmp(charset_name(cs), wide[i].charset) == 0)
			return bytes / wide[i].bytes;
	return bytes;
}

struct str map_column_type_text(const struct map_column *col, struct arena *a)
{
	const char *sign = col->has_sign && col->is_unsigned ? " unsigned" : "";

	switch (col->type) {
	case TYPE_TINY:
		return arena_strf(a, "tinyint%s", sign);
	case TYPE_SHORT:
		return arena_strf(a, "smallint%s", sign);
	case TYPE_INT24:
		return arena_strf(a, "mediumint%s", sign);
	case TYPE_LONG:
		return arena_strf(a, "int%s", sign);
	case TYPE_LONGLONG:
		return arena_strf(a, "bigint%s", sign);
	case TYPE_FLOAT:
		return arena_strf(a, "float%s", sign);
	case TYPE_DOUBLE:
		return arena_strf(a, "double%s", sign);
	case TYPE_NEWDECIMAL:
		return arena_strf(a, "decimal(%u,%u)%s", col->precision, col->digits, sign);
	case TYPE_YEAR:
		return STR_LIT("year");
	case TYPE_BIT:
		return arena_strf(a, "bit(%u)", col->length);
	case TYPE_DATE: case TYPE_NEWDATE:
		return STR_LIT("date");
	case TYPE_TIME: case TYPE_TIME2:
		return temporal_text(col, "time", a);
	case TYPE_DATETIME: case TYPE_DATETIME2:
		return temporal_text(col, "datetime", a);
	case TYPE_TIMESTAMP: case TYPE_TIMESTAMP2:
		return temporal_text(col, "timestamp", a);
	case TYPE_VARCHAR: case TYPE_VAR_STRING: case TYPE_VARCHAR_COMPRESSED:
		return arena_strf(a, "%s(%u)", is_binary(col) ? "varbinary" : "varchar", characters(col));
	case TYPE_STRING:
		return arena_strf(a, "%s(%u)", is_binary(col) ? "binary" : "char", characters(col));
	case TYPE_ENUM: case TYPE_SET:
		return labels_text(col, a);
	case TYPE_JSON:
		return STR_LIT("json");
	case TYPE_VECTOR:
		return STR_LIT("vector");
	case TYPE_GEOMETRY:
		return str_of(col->has_geometry && col->geometry < 8 ? geometries[col->geometry] : "geometry");
	case TYPE_NULL:
		return STR_LIT("null");
	}
	return str_of(blob_name(col));
}
