/*
 * ddl_make.c - columns and keys of a structure, made from what a statement says about them.
 */
#include "schema/ddl_make.h"

#include <stdio.h>

#include "text/charset.h"

static bool mode_has(struct str sql_mode, const char *word)
{
	while (sql_mode.n > 0) {
		struct str first = sql_mode, rest = STR_NONE;

		str_cut(sql_mode, ',', &first, &rest);
		if (str_is_nocase(first, word))
			return true;
		sql_mode = rest;
	}
	return false;
}

struct str make_charset(struct maker *m, struct str name)
{
	const struct charset *cs;

	if (str_is_nocase(name, "default"))
		name = m->tables->default_charset;
	cs = name.n ? charset_of_name(name) : NULL;
	return cs ? str_of(charset_name(cs)) : STR_LIT("");
}

/* The longest character, in bytes; it decides which TEXT a column gets. */
static unsigned character_size(struct str charset)
{
	static const struct { const char *name; unsigned size; } sizes[] = {
		{ "utf8mb4", 4 }, { "utf16", 4 }, { "utf16le", 4 }, { "utf32", 4 }, { "gb18030", 4 }, { "utf8", 3 },
		{ "utf8mb3", 3 }, { "ujis", 3 }, { "eucjpms", 3 }, { "ucs2", 2 }, { "big5", 2 }, { "gbk", 2 },
		{ "gb2312", 2 }, { "sjis", 2 }, { "cp932", 2 }, { "euckr", 2 },
	};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
		if (str_is_nocase(charset, sizes[i].name))
			return sizes[i].size;
	return 1;
}

static const struct text_type {
	const char *text, *blob;
	uint64_t bytes;
} text_types[] = {
	{ "tinytext", "tinyblob", 255 }, { "text", "blob", 65535 }, { "mediumtext", "mediumblob", 16777215 },
	{ "longtext", "longblob", UINT32_MAX },
};

#define N_TEXT_TYPES (sizeof(text_types) / sizeof(*text_types))

static const struct text_type *text_type_of(struct str type)
{
	for (size_t i = 0; i < N_TEXT_TYPES; i++)
		if (column_type_is(type, text_types[i].text) || column_type_is(type, text_types[i].blob))
			return &text_types[i];
	return NULL;
}

static const struct text_type *text_type_for(uint64_t bytes)
{
	for (size_t i = 0; i < N_TEXT_TYPES; i++)
		if (bytes <= text_types[i].bytes)
			return &text_types[i];
	return NULL;
}

static bool holds_text(struct str type)
{
	static const char *const names[] = { "char", "varchar", "enum", "set", "tinytext", "text", "mediumtext", "longtext" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (column_type_is(type, names[i]))
			return true;
	return false;
}

/* The number in the parentheses; 0 when there is none. */
static uint64_t size_of_type(struct str type)
{
	struct str inside;
	uint64_t n = 0;

	if (str_cut(type, '(', NULL, &inside))
		str_to_u64(str_first(inside, inside.n ? inside.n - 1 : 0), &n);
	return n;
}

static struct str normal_type(struct maker *m, struct str written)
{
	struct buf b = BUF_INIT(1 << 26);
	struct str type;

	if (column_type_is(written, "real") && mode_has(m->ddl->sql_mode, "REAL_AS_FLOAT"))
		written = arena_strf(&m->arena, "float%.*s", STR(str_from(written, 4)));
	column_type_put_normal(&b, written);
	m->unknown |= b.over;
	type = arena_str(&m->arena, buf_str(&b));
	buf_release(&b);
	return type;
}

/* Blanks behind a label are no part of it, but for labels of bytes. */
static struct str labels_without_blanks(struct maker *m, struct str type)
{
	struct buf b = BUF_INIT(1 << 26);
	struct str *labels;
	size_t n;

	if (!column_type_labels(&m->arena, type, &labels, &n))
		return type;
	buf_put_text(&b, column_type_is(type, "enum") ? "enum(" : "set(");
	for (size_t i = 0; i < n; i++) {
		struct str label = labels[i];

		while (label.n > 0 && label.p[label.n - 1] == ' ')
			label.n--;
		if (i > 0)
			buf_put_char(&b, ',');
		column_type_put_label(&b, label);
	}
	buf_put_char(&b, ')');
	type = arena_str(&m->arena, buf_str(&b));
	buf_release(&b);
	return type;
}

/* CHARACTER SET binary turns text into bytes. */
static struct str bytes_of_text(struct maker *m, struct str type)
{
	const struct text_type *text = text_type_of(type);

	if (text)
		return str_of(text->blob);
	if (column_type_is(type, "char"))
		return arena_strf(&m->arena, "binary%.*s", STR(str_from(type, 4)));
	if (column_type_is(type, "varchar"))
		return arena_strf(&m->arena, "varbinary%.*s", STR(str_from(type, 7)));
	return type;
}

/* TEXT(100), BLOB(100): the smallest type that holds so many characters. A VARCHAR that is too long for a row becomes a TEXT,
 * or did not: that is the sql_mode's choice and left to the server. */
static void settle_size(struct maker *m, struct column *column)
{
	uint64_t size = size_of_type(column->type), unit = character_size(column->charset);
	const struct text_type *text = text_type_of(column->type);

	if (column_type_is(column->type, "varchar") || column_type_is(column->type, "varbinary")) {
		m->unknown |= size > 65532 / unit;
	} else if (text && size > 0) {
		bool blob = column_type_is(column->type, "blob");

		text = size <= UINT32_MAX ? text_type_for(size * unit) : NULL;
		if (text)
			column->type = str_of(blob ? text->blob : text->text);
		else
			m->unknown = true;
	}
}

static void settle_charset(struct maker *m, const struct ddl_column *c, struct column *column)
{
	column->charset = STR_LIT("");
	if (m->mariadb && column_type_is(column->type, "json")) {
		column->type = STR_LIT("longtext");
		column->charset = STR_LIT("utf8mb4");
		return;
	}
	if (!holds_text(column->type))
		return;
	column->charset = c->national ? STR_LIT("utf8mb3") : c->charset.n && !str_is_nocase(c->charset, "default") ?
			  make_charset(m, c->charset) : m->charset;
	if (column->charset.n == 0)
		m->unknown = true;
	settle_size(m, column);
	if (!str_is(column->charset, "binary")) {
		column->type = labels_without_blanks(m, column->type);
	} else if (!column_type_is(column->type, "enum") && !column_type_is(column->type, "set")) {
		column->type = bytes_of_text(m, column->type);
		column->charset = STR_LIT("");
	} else if (!m->mariadb) {
		column->charset = STR_LIT("");		/* as it is shown there */
	}
}

static bool settle_null(struct maker *m, const struct ddl_column *c, const struct column *column)
{
	if (c->null != NULL_UNSAID)
		return c->null == NULL_ALLOWED;
	if (!column_type_is(column->type, "timestamp") || c->generated)
		return true;
	if (m->tables->timestamps == TIMESTAMPS_UNKNOWN)
		m->unknown = true;
	return m->tables->timestamps != TIMESTAMPS_IMPLICIT;
}

/* MariaDB shows DEFAULT NULL, said or not; MySQL never does. */
void settle_default(const struct maker *m, struct column *column, bool has_default, struct str def)
{
	bool null = has_default ? str_is_nocase(def, "NULL") : column->nullable && !column->generated;

	column->has_default = m->mariadb ? has_default || null : has_default && !null;
	column->def = null ? STR_LIT("NULL") : def;
}

void make_column(struct maker *m, const struct ddl_column *c, struct column *column)
{
	memset(column, 0, sizeof(*column));
	/* In Oracle's mode DATE is a DATETIME, BLOB a LONGBLOB, and more of the kind. */
	m->unknown |= c->strange || mode_has(m->ddl->sql_mode, "ORACLE");
	column->name = c->name;
	column->type = normal_type(m, c->type);
	if (column_type_is(c->type, "serial")) {
		column->auto_increment = true;
	} else {
		settle_charset(m, c, column);
		if (column->charset.n == 0)
			settle_size(m, column);
		column->nullable = settle_null(m, c, column);
		column->auto_increment = c->auto_increment;
	}
	column->generated = c->generated;
	column->expression = c->expression;
	column->invisible = c->invisible;
	column->collate = c->collate;
	column->comment = c->comment;
	column->on_update = c->on_update;
	settle_default(m, column, c->has_default, c->def);
	column->base64 = column_type_is_base64(column->type, column->charset);
}

void convert_column(struct maker *m, struct column *column, struct str charset)
{
	unsigned before = character_size(column->charset), after = character_size(charset);
	const struct text_type *text = text_type_of(column->type);

	if (column->charset.n == 0 || !holds_text(column->type) || str_is(column->charset, "binary"))
		return;
	column->charset = charset;
	column->collation = STR_LIT("");	/* the charset's default one, which differs between servers */
	column->collate = STR_NONE;
	if (str_is(charset, "binary")) {
		m->unknown = true;
	} else if (text && after > before) {
		/* A text keeps room for as many characters as before. */
		text = text_type_for(text->bytes / before * after);
		column->type = str_of(text ? text->text : "longtext");
	}
	settle_size(m, column);
}

static struct str first_column(const struct ddl_key *key)
{
	for (size_t i = 0; i < key->n_parts; i++)
		if (key->parts[i].column.n == 0)
			return STR_LIT("functional_index");
	return key->n_parts ? key->parts[0].column : STR_LIT("");
}

/* A key without a name is named after its first column, unless it holds an expression; _2, _3 where that is taken. */
static struct str key_name(struct maker *m, const struct ddl_key *key)
{
	struct str name = first_column(key), with_number = name;

	if (key->kind == KEY_PRIMARY)
		return STR_LIT("PRIMARY");
	if (key->name.n > 0)
		return key->name;
	if (key->symbol.n > 0)
		return key->symbol;
	for (unsigned i = 2; str_is_nocase(with_number, "PRIMARY") || table_find_key(&m->made, with_number) != SIZE_MAX; i++)
		with_number = arena_strf(&m->arena, "%.*s_%u", STR(name), i);
	return with_number;
}

/* A prefix as long as the column is none. How much of a TEXT or a GEOMETRY an index without a prefix holds is the engine's
 * choice: it matters where the key is to identify rows. */
static unsigned settle_prefix(struct maker *m, const struct key_part *part, bool unique)
{
	size_t at = part->column.n ? table_find_column(&m->made, part->column) : SIZE_MAX;
	const struct column *column = at == SIZE_MAX ? NULL : &m->made.columns[at];
	bool long_type = column && (text_type_of(column->type) || (column->base64 && size_of_type(column->type) == 0));

	m->unknown |= long_type && unique && part->prefix == 0;
	if (!column || part->prefix == 0 || long_type)
		return part->prefix;
	return size_of_type(column->type) <= part->prefix ? 0 : part->prefix;
}

/* Do the key's first columns cover all that a foreign key names? Then that needs no key of its own. */
static bool covers(const struct key *key, const struct ddl_key *foreign)
{
	if (key->n_parts < foreign->n_parts)
		return false;
	for (size_t i = 0; i < foreign->n_parts; i++)
		if (!str_eq_nocase(key->parts[i].column, foreign->parts[i].column) || key->parts[i].prefix)
			return false;
	return true;
}

static bool is_covered(const struct table *t, const struct ddl_key *foreign)
{
	for (size_t i = 0; i < t->n_keys; i++)
		if (covers(&t->keys[i], foreign))
			return true;
	return false;
}

void make_key(struct maker *m, const struct ddl_key *written)
{
	struct key key = { .unique = written->kind == KEY_PRIMARY || written->kind == KEY_UNIQUE };
	struct ddl_key foreign = *written;
	size_t at;

	if (written->kind == KEY_FOREIGN && is_covered(&m->made, written))
		return;
	/* The symbol of a foreign key names its index before the index's own name does. */
	if (written->kind == KEY_FOREIGN && written->symbol.n > 0)
		foreign.name = written->symbol;
	key.name = key_name(m, &foreign);
	key.n_parts = written->n_parts;
	key.parts = arena_array(&m->arena, key.n_parts, sizeof(*key.parts));
	for (size_t i = 0; i < key.n_parts; i++) {
		key.parts[i] = written->parts[i];
		key.parts[i].prefix = written->kind == KEY_FULLTEXT ? 0 : settle_prefix(m, &key.parts[i], key.unique);
	}
	at = table_find_key(&m->made, key.name);
	if (at != SIZE_MAX && written->kind == KEY_PRIMARY)
		table_drop_key(&m->made, at);
	else if (at != SIZE_MAX)
		m->unknown = true;	/* no server has two keys of a name: what is known is not what is there */
	table_add_key(&m->made, &key);
}
