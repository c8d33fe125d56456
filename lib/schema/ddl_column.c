/*
 * ddl_column.c - column definitions: type, then attributes in any order.
 */
#include "schema/ddl_words.h"

#include "base/buf.h"
#include "text/utf8.h"

/* The names of types of more than one word, longest first. */
static const char *const long_types[] = {
	"NATIONAL CHARACTER VARYING", "NATIONAL CHAR VARYING", "NATIONAL VARCHARACTER", "NATIONAL VARCHAR",
	"NATIONAL CHARACTER", "NATIONAL CHAR", "NCHAR VARCHARACTER", "NCHAR VARCHAR", "NCHAR VARYING",
	"LONG CHARACTER VARYING", "LONG CHAR VARYING", "LONG VARCHARACTER", "LONG VARCHAR", "LONG VARBINARY",
	"CHARACTER VARYING", "CHAR VARYING", "DOUBLE PRECISION", NULL,
};

/* (10,2) or ('a','b'): labels are unquoted and quoted again, the rest stays as it is. */
static bool take_type_parameters(struct words *w, struct buf *type, struct ddl_column *c)
{
	if (!take_sign(w, '('))
		return true;
	buf_put_char(type, '(');
	while (!at_sign(w, ')')) {
		if (w->now.kind == SQL_TEXT) {
			struct str label = sql_token_value(&w->lex, &w->now, w->a);

			c->strange |= w->now.raw.p[0] != '\'' && w->now.raw.p[0] != '"';
			column_type_put_label(type, label);
		} else if (w->now.kind == SQL_NUMBER || w->now.kind == SQL_WORD || at_sign(w, ',') || at_sign(w, '-')) {
			buf_put_str(type, w->now.raw);
		} else {
			return not_understood(w);
		}
		take_any(w);
	}
	buf_put_char(type, ')');
	return want_sign(w, ')');
}

static bool want_type(struct words *w, struct ddl_column *c)
{
	struct buf type = BUF_INIT(1 << 26);
	const char *name = take_one_of(w, long_types);
	bool ok;

	if (name) {
		buf_put_text(&type, name);
		c->national = name[0] == 'N';
	} else if (w->now.kind == SQL_WORD) {
		c->national = at_word(w, "NCHAR") || at_word(w, "NVARCHAR");
		buf_put_str(&type, w->now.raw);
		take_any(w);
	} else {
		return not_understood(w);
	}
	ok = take_type_parameters(w, &type, c);
	/* Only what belongs to the type's own text; the other attributes come with the rest. */
	while (ok) {
		if (take_words(w, "UNSIGNED"))
			buf_put_text(&type, " unsigned");
		else if (take_words(w, "ZEROFILL"))
			buf_put_text(&type, " zerofill");
		else if (!take_words(w, "SIGNED"))
			break;
	}
	c->type = arena_str(w->a, buf_str(&type));
	c->strange |= type.over;
	buf_release(&type);
	return ok;
}

/* CASE ... END, which may nest. */
static bool skip_case(struct words *w)
{
	size_t depth = 0;

	do {
		if (at_end(w) || w->now.kind == SQL_BAD)
			return not_understood(w);
		depth += at_word(w, "CASE");
		depth -= at_word(w, "END");
		take_any(w);
	} while (depth > 0);
	return true;
}

/* What stands behind DEFAULT: a literal with its sign, a function, or anything in parentheses. There are no operators outside
 * of parentheses, so the next attribute is never mistaken. */
static bool skip_default(struct words *w)
{
	bool word;

	while (at_sign(w, '+') || at_sign(w, '-') || at_sign(w, '!') || at_sign(w, '~'))
		take_any(w);
	if (at_sign(w, '('))
		return want_balanced(w, NULL);
	if (take_words(w, "NEXT VALUE FOR") || take_words(w, "PREVIOUS VALUE FOR"))
		return want_name(w, &(struct str){ NULL, 0 }) && (!take_sign(w, '.') || want_name(w, &(struct str){ NULL, 0 }));
	if (at_word(w, "CASE"))
		return skip_case(w);
	word = w->now.kind == SQL_WORD;
	if (!word && w->now.kind != SQL_TEXT && w->now.kind != SQL_NUMBER && w->now.kind != SQL_NAME &&
	    w->now.kind != SQL_VARIABLE)
		return not_understood(w);
	take_any(w);
	while (take_sign(w, '.'))
		if (!want_name(w, &(struct str){ NULL, 0 }))
			return false;
	if (at_sign(w, '('))
		return want_balanced(w, NULL);
	while (w->now.kind == SQL_TEXT)		/* DATE '2020-01-01', _utf8 'a', 'a' 'b' */
		take_any(w);
	return true;
}

/* MariaDB shows a text with its quotes, since it shows expressions too. */
static struct str as_shown(struct words *w, struct str literal)
{
	struct buf b = BUF_INIT(1 << 26);

	if (!(w->lex.flags & SQL_MARIADB))
		return literal;
	column_type_put_label(&b, literal);
	literal = arena_str(w->a, buf_str(&b));
	buf_release(&b);
	return literal;
}

bool want_default(struct words *w, struct str *text)
{
	struct str literal = w->now.kind == SQL_TEXT ? sql_token_value(&w->lex, &w->now, w->a) : STR_NONE;
	size_t from = w->now.start, end = w->now.end;

	if (!skip_default(w))
		return false;
	if (literal.p && !utf8_valid(literal))		/* b'11111111', x'ff': shown as they were written */
		literal = STR_NONE;
	else if (literal.p)
		literal = as_shown(w, literal);
	*text = literal.p && w->end == end ? literal : (struct str){ w->ddl->sql.p + from, w->end - from };
	return true;
}

/* [ON DELETE x] [ON UPDATE x] [MATCH x], in any order. */
static bool take_reference_options(struct words *w)
{
	static const char *const actions[] = {
		"RESTRICT", "CASCADE", "SET NULL", "NO ACTION", "SET DEFAULT", NULL,
	};

	for (;;) {
		if (take_words(w, "MATCH")) {
			if (!want_value(w, NULL))
				return false;
		} else if (take_words(w, "ON DELETE") || take_words(w, "ON UPDATE")) {
			if (!take_one_of(w, actions))
				return not_understood(w);
		} else {
			return true;
		}
	}
}

/* Behind REFERENCES. A name without a schema is in the schema of the statement's own table, not in the default one. */
bool take_references(struct words *w)
{
	struct str schema = w->tables.n ? w->tables.names[0].schema : w->ddl->schema;

	return want_table(w, &w->others, schema) && (!at_sign(w, '(') || want_balanced(w, NULL)) && take_reference_options(w);
}

static bool attr_null(struct words *w, struct ddl_column *c)
{
	(void)w;
	c->null = NULL_ALLOWED;
	return true;
}

static bool attr_not_null(struct words *w, struct ddl_column *c)
{
	take_words(w, "ENABLE");		/* MariaDB, ORACLE mode */
	c->null = NULL_NOT;
	return true;
}

static bool attr_default(struct words *w, struct ddl_column *c)
{
	c->has_default = true;
	return want_default(w, &c->def);
}

static bool attr_on_update(struct words *w, struct ddl_column *c)
{
	return want_default(w, &c->on_update);
}

static bool attr_auto_increment(struct words *w, struct ddl_column *c)
{
	(void)w;
	c->auto_increment = true;
	c->null = NULL_NOT;
	return true;
}

static bool attr_serial(struct words *w, struct ddl_column *c)
{
	c->unique = true;
	return attr_auto_increment(w, c);
}

static bool attr_primary(struct words *w, struct ddl_column *c)
{
	(void)w;
	c->primary = true;
	return true;
}

static bool attr_unique(struct words *w, struct ddl_column *c)
{
	(void)w;
	c->unique = true;
	return true;
}

static bool attr_comment(struct words *w, struct ddl_column *c)
{
	return want_option_value(w, &c->comment);
}

/* STORAGE DISK: a value that changes nothing. */
static bool attr_value(struct words *w, struct ddl_column *c)
{
	(void)c;
	return want_option_value(w, NULL);
}

static bool attr_nothing(struct words *w, struct ddl_column *c)
{
	(void)w;
	(void)c;
	return true;
}

static bool attr_strange(struct words *w, struct ddl_column *c)
{
	(void)w;
	c->strange = true;
	return true;
}

static bool attr_charset(struct words *w, struct ddl_column *c)
{
	if (!want_option_value(w, &c->charset))
		return false;
	c->said = note_charset(w, c->charset);
	c->said->of_column = true;
	c->said->collated = c->collated || c->binary;
	return true;
}

static bool attr_binary(struct words *w, struct ddl_column *c)
{
	(void)w;
	c->binary = true;
	if (c->said)
		c->said->collated = true;
	return true;
}

static bool attr_collate(struct words *w, struct ddl_column *c)
{
	struct str collation, charset;

	if (!want_option_value(w, &collation))
		return false;
	charset = charset_of_collation_name(collation);
	c->collated = true;
	c->collate = collation;
	if (c->said)
		c->said->collated = true;
	if (c->charset.n == 0)
		c->charset = charset;
	return true;
}

static bool attr_ascii(struct words *w, struct ddl_column *c)
{
	(void)w;
	c->charset = STR_LIT("latin1");
	return true;
}

static bool attr_unicode(struct words *w, struct ddl_column *c)
{
	(void)w;
	c->charset = STR_LIT("ucs2");
	return true;
}

static bool attr_byte(struct words *w, struct ddl_column *c)
{
	(void)w;
	c->charset = STR_LIT("binary");
	return true;
}

static bool attr_generated(struct words *w, struct ddl_column *c)
{
	static const char *const kinds[] = { "VIRTUAL", "STORED", "PERSISTENT", NULL };

	size_t start = w->now.start;

	c->generated = true;
	if (!want_balanced(w, NULL))
		return false;
	take_one_of(w, kinds);
	c->expression = (struct str){ w->ddl->sql.p + start, w->end - start };
	return true;
}

/* Filled by the server, and never NULL. */
static bool attr_row_start(struct words *w, struct ddl_column *c)
{
	(void)w;
	c->generated = true;
	c->null = NULL_NOT;
	return true;
}

static bool attr_row_end(struct words *w, struct ddl_column *c)
{
	c->row_end = true;
	return attr_row_start(w, c);
}

static bool attr_references(struct words *w, struct ddl_column *c)
{
	c->references = true;
	return take_references(w);
}

static bool attr_check(struct words *w, struct ddl_column *c)
{
	(void)c;
	if (!want_balanced(w, NULL))
		return false;
	if (!take_words(w, "NOT ENFORCED"))
		take_words(w, "ENFORCED");
	return true;
}

static bool attr_constraint(struct words *w, struct ddl_column *c)
{
	struct str symbol;

	if (!at_word(w, "CHECK") && !want_name(w, &symbol))
		return false;
	return want_words(w, "CHECK") && attr_check(w, c);
}

static bool attr_invisible(struct words *w, struct ddl_column *c)
{
	(void)w;
	c->invisible = true;
	return true;
}

static bool attr_compressed(struct words *w, struct ddl_column *c)
{
	(void)c;
	return !take_sign(w, '=') || want_value(w, NULL);
}

static bool attr_parameters(struct words *w, struct ddl_column *c)
{
	(void)c;
	return !at_sign(w, '(') || want_balanced(w, NULL);
}

static const struct attribute {
	const char *words;
	bool (*take)(struct words *w, struct ddl_column *c);
} attributes[] = {
	{ "NOT NULL", attr_not_null }, { "NULL", attr_null }, { "DEFAULT", attr_default },
	{ "ON UPDATE", attr_on_update }, { "AUTO_INCREMENT", attr_auto_increment },
	{ "COMMENT", attr_comment }, { "COLLATE", attr_collate }, { "CHARACTER SET", attr_charset },
	{ "CHAR SET", attr_charset }, { "CHARSET", attr_charset }, { "ASCII", attr_ascii }, { "UNICODE", attr_unicode },
	{ "BYTE", attr_byte }, { "BINARY", attr_binary }, { "PRIMARY KEY", attr_primary }, { "KEY", attr_primary },
	{ "UNIQUE KEY", attr_unique }, { "UNIQUE", attr_unique }, { "SERIAL DEFAULT VALUE", attr_serial },
	{ "GENERATED ALWAYS AS ROW START", attr_row_start }, { "GENERATED ALWAYS AS ROW END", attr_row_end },
	{ "AS ROW START", attr_row_start }, { "AS ROW END", attr_row_end },
	{ "GENERATED ALWAYS AS", attr_generated }, { "AS", attr_generated },
	{ "REFERENCES", attr_references }, { "CONSTRAINT", attr_constraint }, { "CHECK", attr_check },
	{ "INVISIBLE", attr_invisible }, { "VISIBLE", attr_nothing }, { "SRID", attr_value },
	{ "REF_SYSTEM_ID", attr_value }, { "COLUMN_FORMAT", attr_value }, { "STORAGE", attr_value },
	{ "ENGINE_ATTRIBUTE", attr_value }, { "SECONDARY_ENGINE_ATTRIBUTE", attr_value },
	{ "NOT SECONDARY", attr_nothing }, { "COMPRESSED", attr_compressed },
	{ "WITH SYSTEM VERSIONING", attr_strange }, { "WITHOUT SYSTEM VERSIONING", attr_nothing },
	{ "UNSIGNED", attr_strange }, { "ZEROFILL", attr_strange },
	{ "CLUSTERED", attr_nothing }, { "NONCLUSTERED", attr_nothing }, { "AUTO_RANDOM", attr_parameters },
};

/* An attribute of a storage engine: NAME = value. */
static bool take_engine_attribute(struct words *w)
{
	struct words before = *w;

	if (!at_name(w))
		return false;
	take_any(w);
	if (take_sign(w, '=') && want_value(w, NULL))
		return true;
	*w = before;
	return false;
}

static const struct attribute *take_attribute_word(struct words *w)
{
	if (w->now.kind != SQL_WORD)
		return NULL;
	for (size_t i = 0; i < sizeof(attributes) / sizeof(*attributes); i++)
		if (take_words(w, attributes[i].words))
			return &attributes[i];
	return NULL;
}

bool want_column(struct words *w, struct ddl_column *c, struct str name)
{
	c->name = name;
	if (!want_type(w, c))
		return false;
	for (;;) {
		const struct attribute *attribute = take_attribute_word(w);

		if (attribute && !attribute->take(w, c))
			return false;
		if (!attribute && !take_engine_attribute(w))
			return true;
	}
}
