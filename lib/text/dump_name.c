/* dump_name.c - see dump_name.h */
#include "text/dump_name.h"

#define MARK "-schema"

static const char *const kinds[] = {
	[DUMP_OTHER] = "other", [DUMP_IS_METADATA] = "metadata", [DUMP_IS_LIST] = "list", [DUMP_SCHEMA] = "schema",
	[DUMP_POST] = "post", [DUMP_TABLE] = "table", [DUMP_SEQUENCE] = "sequence", [DUMP_VIEW] = "view",
	[DUMP_TRIGGERS] = "triggers", [DUMP_DATA] = "data",
};

/* What stands behind a name in the files of structures. */
static const struct {
	const char *end;
	enum dump_kind kind;
	bool has_table;
} endings[] = {
	{ "-schema-create", DUMP_SCHEMA, false },
	{ "-schema-post", DUMP_POST, false },
	{ "-schema", DUMP_TABLE, true },
	{ "-schema-sequence", DUMP_SEQUENCE, true },
	{ "-schema-view", DUMP_VIEW, true },
	{ "-schema-triggers", DUMP_TRIGGERS, true },
	{ "-schema-trigger", DUMP_TRIGGERS, true },
};

const char *dump_kind_name(enum dump_kind kind)
{
	return kinds[kind];
}

enum dump_kind dump_kind_of(struct str name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (str_is(name, kinds[i]))
			return (enum dump_kind)i;
	return DUMP_OTHER;
}

const char *dump_packing_end(enum dump_packing packing)
{
	return packing == DUMP_GZIP ? ".gz" : packing == DUMP_ZSTD ? ".zst" : "";
}

static bool needs_escape(struct str rest)
{
	return (unsigned char)rest.p[0] < 0x20 || strchr("%\"*./:<>?\\|", rest.p[0]) ||
	       str_starts_nocase(rest, STR_LIT(MARK));
}

void dump_name_put(struct buf *out, struct str name)
{
	for (; name.n > 0; name = str_from(name, 1)) {
		if (needs_escape(name))
			buf_putf(out, "%%%02X", (unsigned char)name.p[0]);
		else
			buf_put_char(out, name.p[0]);
	}
}

bool dump_name_take(struct buf *out, struct str escaped)
{
	for (size_t i = 0; i < escaped.n; i++) {
		int high, low;

		if (escaped.p[i] != '%') {
			buf_put_char(out, escaped.p[i]);
			continue;
		}
		if (escaped.n - i < 3 || (high = hex_digit(escaped.p[i + 1])) < 0 || (low = hex_digit(escaped.p[i + 2])) < 0)
			return false;
		buf_put_char(out, (char)(high << 4 | low));
		i += 2;
	}
	return true;
}

static bool take_end(struct str *s, const char *end)
{
	size_t n = strlen(end);

	if (s->n <= n || !str_eq_nocase(str_from(*s, s->n - n), str_of(end)))
		return false;
	s->n -= n;
	return true;
}

static bool is_number(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.n > 0;
}

/* db.table or db.table.000000001: a table's name may hold dots where it is not escaped, a schema's may not. */
static bool take_data(struct dump_name *name, struct str stem)
{
	struct str table, index;

	if (!str_cut(stem, '.', &name->schema, &table) || name->schema.n == 0 || table.n == 0)
		return false;
	if (str_cut_last(table, '.', &name->table, &index) && is_number(index) && name->table.n > 0) {
		name->index = index;
		return true;
	}
	name->table = table;
	return true;
}

static bool take_structure(struct dump_name *name, struct str stem)
{
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		struct str rest = stem;

		if (!take_end(&rest, endings[i].end))
			continue;
		if (!endings[i].has_table && str_find(rest, STR_LIT(".")) != SIZE_MAX)
			continue;
		if (endings[i].has_table && (!str_cut(rest, '.', &name->schema, &name->table) || name->schema.n == 0 ||
					     name->table.n == 0))
			continue;
		if (!endings[i].has_table)
			name->schema = rest;
		name->kind = endings[i].kind;
		return true;
	}
	return false;
}

void dump_name_parse(struct dump_name *name, struct str file)
{
	*name = (struct dump_name){ .kind = DUMP_OTHER, .index = STR_LIT("") };
	if (str_is(file, DUMP_METADATA)) {
		name->kind = DUMP_IS_METADATA;
		return;
	}
	if (str_is(file, DUMP_LIST)) {
		name->kind = DUMP_IS_LIST;
		return;
	}
	if (take_end(&file, ".gz"))
		name->packing = DUMP_GZIP;
	else if (take_end(&file, ".zst"))
		name->packing = DUMP_ZSTD;
	name->csv = take_end(&file, ".csv");
	if (!name->csv && (!take_end(&file, ".sql") || take_structure(name, file)))
		return;
	if (take_data(name, file))
		name->kind = DUMP_DATA;
	else
		name->schema = name->table = STR_NONE;
}

bool dump_name_is_safe(struct str file)
{
	return file.n > 0 && !str_is(file, ".") && !str_is(file, "..") && !memchr(file.p, '/', file.n) &&
	       !memchr(file.p, '\0', file.n);
}
