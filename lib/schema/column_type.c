/*
 * column_type.c - reads and normalises the text of a column's type.
 *
 * A type is words, perhaps one pair of parentheses, and words again. The words in front of the parentheses are the
 * name (CHARACTER VARYING), those behind it are attributes (UNSIGNED); where there are no parentheses the two are
 * told apart by meaning.
 */
#include "schema/column_type.h"

#include "base/mem.h"

#define WORDS_MAX 8

struct parts {
	struct str words[WORDS_MAX];	/* of the name, and, where there are no parentheses, the attributes too */
	size_t n_words;
	struct str inside;		/* between the parentheses */
	bool has_inside;
	bool is_unsigned, zerofill;
};

static bool is_word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' ||
	       (unsigned char)c >= 0x80;
}

/* The first size_t behind a quoted text that starts at at; s.n where it is not closed. */
static size_t skip_quoted(struct str s, size_t at)
{
	char quote = s.p[at++];

	while (at < s.n) {
		if (s.p[at] == '\\') {
			at += 2;
		} else if (s.p[at] != quote) {
			at++;
		} else if (at + 1 < s.n && s.p[at + 1] == quote) {
			at += 2;
		} else {
			return at + 1;
		}
	}
	return s.n;
}

static size_t skip_inside(struct str s, size_t at)
{
	size_t depth = 0;

	while (at < s.n) {
		char c = s.p[at];

		if (c == '\'' || c == '"') {
			at = skip_quoted(s, at);
			continue;
		}
		at++;
		depth += c == '(';
		depth -= c == ')';
		if (depth == 0)
			break;
	}
	return at < s.n ? at : s.n;
}

static size_t skip_comment(struct str s, size_t at)
{
	size_t n = str_find(str_from(s, at), STR_LIT("*/"));

	return n == SIZE_MAX ? s.n : at + n + 2;
}

static void take_word(struct parts *parts, struct str word)
{
	if (str_is_nocase(word, "unsigned"))
		parts->is_unsigned = true;
	else if (str_is_nocase(word, "zerofill"))
		parts->zerofill = parts->is_unsigned = true;
	else if (!parts->has_inside && parts->n_words < WORDS_MAX && !str_is_nocase(word, "signed"))
		parts->words[parts->n_words++] = word;
	else if (parts->has_inside && parts->n_words < WORDS_MAX && str_is_nocase(word, "byte"))
		parts->words[parts->n_words++] = word;
}

static void split_type(struct parts *parts, struct str type)
{
	size_t at = 0;

	memset(parts, 0, sizeof(*parts));
	while (at < type.n) {
		size_t from = at;

		if (is_word_char(type.p[at])) {
			while (at < type.n && is_word_char(type.p[at]))
				at++;
			take_word(parts, (struct str){ type.p + from, at - from });
		} else if (type.p[at] == '(' && !parts->has_inside) {
			at = skip_inside(type, at);
			parts->inside = (struct str){ type.p + from + 1, at - from - 1 };
			if (str_ends(parts->inside, STR_LIT(")")))
				parts->inside.n--;
			parts->has_inside = true;
		} else if (str_starts(str_from(type, at), STR_LIT("/*"))) {
			at = skip_comment(type, at + 2);
		} else {
			at++;
		}
	}
}

bool column_type_is(struct str type, const char *word)
{
	size_t n = 0;

	while (n < type.n && is_word_char(type.p[n]))
		n++;
	return str_is_nocase(str_first(type, n), word);
}

bool column_type_is_base64(struct str type, struct str charset)
{
	static const char *const binary[] = {
		"binary", "varbinary", "blob", "tinyblob", "mediumblob", "longblob", "vector",
		"geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon",
		"geometrycollection", "geomcollection",
	};
	static const char *const text[] = { "char", "varchar", "text", "tinytext", "mediumtext", "longtext" };

	for (size_t i = 0; i < sizeof(binary) / sizeof(*binary); i++)
		if (column_type_is(type, binary[i]))
			return true;
	if (!str_is_nocase(charset, "binary"))
		return false;
	for (size_t i = 0; i < sizeof(text) / sizeof(*text); i++)
		if (column_type_is(type, text[i]))
			return true;
	return false;
}

static bool is_name(const struct parts *parts, const char *name)
{
	size_t word = 0;
	struct str rest = str_of(name);

	while (rest.n > 0) {
		struct str want = rest, after = STR_NONE;

		str_cut(rest, ' ', &want, &after);
		if (word >= parts->n_words || !str_eq_nocase(parts->words[word++], want))
			return false;
		rest = after;
	}
	return word == parts->n_words;
}

/* How a type's size is treated in the normal form. */
enum size_rule {
	SIZE_KEEP,		/* as it is written */
	SIZE_DROP,		/* display widths */
	SIZE_ONE,		/* 1 where there is none */
	SIZE_DECIMAL,		/* (10,0) where there is none, (p,0) where there is no scale */
	SIZE_FLOAT,		/* (p) only chooses float or double */
	SIZE_FRACTION,		/* (0) is none */
	SIZE_LABELS,
	SIZE_SERIAL,		/* BIGINT UNSIGNED */
	SIZE_VECTOR,
};

static const struct type_name {
	const char *name;	/* lower case words, one blank between them */
	const char *normal;
	enum size_rule size;
} type_names[] = {
	{ "int", "int", SIZE_DROP }, { "integer", "int", SIZE_DROP }, { "int4", "int", SIZE_DROP },
	{ "tinyint", "tinyint", SIZE_DROP }, { "int1", "tinyint", SIZE_DROP }, { "bool", "tinyint", SIZE_DROP },
	{ "boolean", "tinyint", SIZE_DROP },
	{ "smallint", "smallint", SIZE_DROP }, { "int2", "smallint", SIZE_DROP },
	{ "mediumint", "mediumint", SIZE_DROP }, { "int3", "mediumint", SIZE_DROP },
	{ "middleint", "mediumint", SIZE_DROP },
	{ "bigint", "bigint", SIZE_DROP }, { "int8", "bigint", SIZE_DROP }, { "serial", "bigint", SIZE_SERIAL },
	{ "decimal", "decimal", SIZE_DECIMAL }, { "dec", "decimal", SIZE_DECIMAL },
	{ "numeric", "decimal", SIZE_DECIMAL }, { "fixed", "decimal", SIZE_DECIMAL },
	{ "float", "float", SIZE_FLOAT }, { "float4", "float", SIZE_FLOAT },
	{ "double", "double", SIZE_KEEP }, { "double precision", "double", SIZE_KEEP },
	{ "float8", "double", SIZE_KEEP }, { "real", "double", SIZE_KEEP },
	{ "bit", "bit", SIZE_ONE }, { "year", "year", SIZE_DROP },
	{ "date", "date", SIZE_DROP }, { "time", "time", SIZE_FRACTION },
	{ "datetime", "datetime", SIZE_FRACTION }, { "timestamp", "timestamp", SIZE_FRACTION },
	{ "char", "char", SIZE_ONE }, { "character", "char", SIZE_ONE }, { "nchar", "char", SIZE_ONE },
	{ "national char", "char", SIZE_ONE }, { "national character", "char", SIZE_ONE },
	{ "char byte", "binary", SIZE_ONE }, { "character byte", "binary", SIZE_ONE }, { "binary", "binary", SIZE_ONE },
	{ "varchar", "varchar", SIZE_KEEP }, { "varcharacter", "varchar", SIZE_KEEP },
	{ "varchar2", "varchar", SIZE_KEEP },
	{ "char varying", "varchar", SIZE_KEEP }, { "character varying", "varchar", SIZE_KEEP },
	{ "nvarchar", "varchar", SIZE_KEEP }, { "nchar varchar", "varchar", SIZE_KEEP },
	{ "nchar varying", "varchar", SIZE_KEEP }, { "nchar varcharacter", "varchar", SIZE_KEEP },
	{ "national varchar", "varchar", SIZE_KEEP }, { "national varcharacter", "varchar", SIZE_KEEP },
	{ "national char varying", "varchar", SIZE_KEEP }, { "national character varying", "varchar", SIZE_KEEP },
	{ "varbinary", "varbinary", SIZE_KEEP }, { "raw", "varbinary", SIZE_KEEP },
	{ "long", "mediumtext", SIZE_DROP }, { "long varchar", "mediumtext", SIZE_DROP },
	{ "long varcharacter", "mediumtext", SIZE_DROP }, { "long char varying", "mediumtext", SIZE_DROP },
	{ "long character varying", "mediumtext", SIZE_DROP }, { "long varbinary", "mediumblob", SIZE_DROP },
	{ "clob", "longtext", SIZE_DROP },
	{ "enum", "enum", SIZE_LABELS }, { "set", "set", SIZE_LABELS },
	{ "geomcollection", "geometrycollection", SIZE_DROP },
	{ "vector", "vector", SIZE_VECTOR },
};

static void put_lower(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		buf_put_char(b, (char)(s.p[i] >= 'A' && s.p[i] <= 'Z' ? s.p[i] + 32 : s.p[i]));
}

/* The numbers between the parentheses, in one spelling: (010, 2) is (10,2). */
static size_t take_numbers(struct str inside, uint64_t numbers[2])
{
	struct str first = inside, second = STR_NONE;
	bool two = str_cut(inside, ',', &first, &second);

	if (!str_to_u64(str_trim(first), &numbers[0]))
		return 0;
	if (!two)
		return 1;
	return str_to_u64(str_trim(second), &numbers[1]) ? 2 : 0;
}

static void put_numbers(struct buf *b, const struct parts *parts)
{
	uint64_t v[2];
	size_t n = parts->has_inside ? take_numbers(parts->inside, v) : 0;

	if (n == 1)
		buf_putf(b, "(%llu)", (unsigned long long)v[0]);
	else if (n == 2)
		buf_putf(b, "(%llu,%llu)", (unsigned long long)v[0], (unsigned long long)v[1]);
	else if (parts->has_inside)
		buf_putf(b, "(%.*s)", STR(parts->inside));
}

static void put_decimal(struct buf *b, const struct parts *parts)
{
	uint64_t v[2] = { 0, 0 };

	take_numbers(parts->inside, v);
	buf_putf(b, "(%llu,%llu)", (unsigned long long)(v[0] ? v[0] : 10), (unsigned long long)v[1]);
}

/* The server's own spelling: append_unescaped in both servers' sources. */
void column_type_put_label(struct buf *b, struct str label)
{
	buf_put_char(b, '\'');
	for (size_t i = 0; i < label.n; i++) {
		switch (label.p[i]) {
		case '\0':
			buf_put_text(b, "\\0");
			break;
		case '\n':
			buf_put_text(b, "\\n");
			break;
		case '\r':
			buf_put_text(b, "\\r");
			break;
		case '\\':
			buf_put_text(b, "\\\\");
			break;
		case '\'':
			buf_put_text(b, "''");
			break;
		default:
			buf_put_char(b, label.p[i]);
		}
	}
	buf_put_char(b, '\'');
}

static char unescaped(char c)
{
	switch (c) {
	case '0':
		return '\0';
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	case 'b':
		return '\b';
	case 'Z':
		return '\032';
	default:
		return c;
	}
}

/* The text between s.p[0], a quote, and its closing quote; *end is behind it. */
static struct str take_label(struct arena *a, struct str s, size_t *end)
{
	char *p = arena_alloc(a, s.n + 1);
	size_t at = 1, n = 0;

	while (at < s.n) {
		char c = s.p[at++];

		if (c == s.p[0]) {
			if (at >= s.n || s.p[at] != c)
				break;
			at++;
		} else if (c == '\\' && at < s.n) {
			c = unescaped(s.p[at++]);
		}
		p[n++] = c;
	}
	*end = at;
	return (struct str){ p, n };
}

static bool take_labels(struct arena *a, struct str inside, struct str **labels, size_t *n)
{
	size_t at = 0, count = 0, room = 0;
	struct str *list = NULL;

	while (at < inside.n) {
		size_t used;

		if (inside.p[at] != '\'' && inside.p[at] != '"') {
			if (inside.p[at] != ',' && inside.p[at] != ' ')
				return false;
			at++;
			continue;
		}
		if (count == room) {
			struct str *more = arena_array(a, room = room ? room * 2 : 16, sizeof(*more));

			if (count)
				memcpy(more, list, count * sizeof(*more));
			list = more;
		}
		list[count++] = take_label(a, (struct str){ inside.p + at, skip_quoted(inside, at) - at }, &used);
		at += used;
	}
	*labels = list;
	*n = count;
	return count > 0;
}

bool column_type_labels(struct arena *a, struct str type, struct str **labels, size_t *n)
{
	struct parts parts;

	split_type(&parts, type);
	return parts.has_inside && (is_name(&parts, "enum") || is_name(&parts, "set")) &&
	       take_labels(a, parts.inside, labels, n);
}

static void put_labels(struct buf *b, const struct parts *parts)
{
	struct arena a = ARENA_INIT;
	struct str *labels;
	size_t n;

	if (take_labels(&a, parts->inside, &labels, &n)) {
		for (size_t i = 0; i < n; i++) {
			buf_put_char(b, i ? ',' : '(');
			column_type_put_label(b, labels[i]);
		}
		buf_put_char(b, ')');
	} else {
		put_numbers(b, parts);
	}
	arena_release(&a);
}

static void put_known(struct buf *b, const struct type_name *name, struct parts *parts)
{
	uint64_t v[2];

	if (name->size == SIZE_FLOAT && parts->has_inside && take_numbers(parts->inside, v) == 1) {
		buf_put_text(b, v[0] > 24 ? "double" : "float");
		return;
	}
	buf_put_text(b, name->normal);
	switch (name->size) {
	case SIZE_FLOAT:
	case SIZE_KEEP:
		put_numbers(b, parts);
		break;
	case SIZE_DROP:
		break;
	case SIZE_ONE:
		if (parts->has_inside)
			put_numbers(b, parts);
		else
			buf_put_text(b, "(1)");
		break;
	case SIZE_DECIMAL:
		put_decimal(b, parts);
		break;
	case SIZE_FRACTION:
		if (!parts->has_inside || take_numbers(parts->inside, v) != 1 || v[0] > 0)
			put_numbers(b, parts);
		break;
	case SIZE_LABELS:
		put_labels(b, parts);
		break;
	case SIZE_SERIAL:
		parts->is_unsigned = true;
		break;
	case SIZE_VECTOR:
		if (parts->has_inside)
			put_numbers(b, parts);
		else
			buf_put_text(b, "(2048)");
		break;
	}
}

void column_type_put_normal(struct buf *b, struct str type)
{
	const struct type_name *known = NULL;
	struct parts parts;

	split_type(&parts, type);
	for (size_t i = 0; !known && i < sizeof(type_names) / sizeof(*type_names); i++)
		if (is_name(&parts, type_names[i].name))
			known = &type_names[i];
	if (known) {
		put_known(b, known, &parts);
	} else {
		for (size_t i = 0; i < parts.n_words; i++) {
			if (i > 0)
				buf_put_char(b, ' ');
			put_lower(b, parts.words[i]);
		}
		put_numbers(b, &parts);
	}
	if (parts.is_unsigned)
		buf_put_text(b, " unsigned");
	if (parts.zerofill)
		buf_put_text(b, " zerofill");
}

bool column_type_equal(struct str a, struct str b)
{
	struct buf x = BUF_INIT(1 << 24), y = BUF_INIT(1 << 24);
	bool equal = str_eq(a, b);

	if (!equal) {
		column_type_put_normal(&x, a);
		column_type_put_normal(&y, b);
		equal = !x.over && !y.over && str_eq(buf_str(&x), buf_str(&y));
		buf_release(&x);
		buf_release(&y);
	}
	return equal;
}
