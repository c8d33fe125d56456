/* join_sql.c - the way from one structure to another, as clauses of an ALTER TABLE; see join.h */
#include "schema/join.h"

#include "schema/join_type.h"
#include "schema/table_sql.h"
#include "text/sql_quote.h"

#define CLAUSE_MAX ((size_t)1 << 26)

struct way {
	struct arena *a;
	const struct table *from, *to;
	struct str *clauses;
	size_t n;
	struct buf text;
	struct str *unknown;		/* the column that cannot be spelled; p NULL: none */
};

static void add(struct way *w)
{
	w->clauses[w->n++] = arena_str(w->a, buf_str(&w->text));
	buf_clear(&w->text);
}

static const struct column *find_column(const struct table *t, struct str name)
{
	size_t at = table_find_column(t, name);

	return at == SIZE_MAX ? NULL : &t->columns[at];
}

static void put_definition(struct way *w, const char *verb, const struct column *c)
{
	if (c->generated && c->expression.n == 0)
		*w->unknown = c->name;
	buf_put_text(&w->text, verb);
	table_put_definition(&w->text, c);
	add(w);
}

static bool same_default(struct way *w, const struct column *a, const struct column *b)
{
	struct str x = column_default_normal(w->a, a), y = column_default_normal(w->a, b);

	return (x.p != NULL) == (y.p != NULL) && str_eq(x, y);
}

/* All but the default. */
static bool same_column(const struct column *a, const struct column *b)
{
	enum table_order charset;

	return column_type_equal(a->type, b->type) && charset_order(a->charset, b->charset, &charset) && charset == ORDER_EQUAL &&
	       a->nullable == b->nullable && a->generated == b->generated && expression_same(a, b) &&
	       a->auto_increment == b->auto_increment;
}

/* A default alone is changed without saying the column anew, which would lose what is not known here. */
static void change_default(struct way *w, const struct column *c)
{
	buf_put_text(&w->text, "ALTER COLUMN ");
	sql_put_name(&w->text, c->name);
	if (column_default_normal(w->a, c).p || c->nullable) {
		buf_put_text(&w->text, " SET DEFAULT ");
		if (c->has_default)
			table_put_default(&w->text, c);
		else
			buf_put_text(&w->text, "NULL");
	} else {
		buf_put_text(&w->text, " DROP DEFAULT");
	}
	add(w);
}

static bool loses_auto_increment(const struct column *from, const struct column *to)
{
	return from->auto_increment && !to->auto_increment;
}

/* What was AUTO_INCREMENT must end it before its key goes, and what becomes it must have its key. */
enum when { BEFORE_KEYS, BETWEEN, BEHIND_KEYS };

static enum when when_of(const struct column *from, const struct column *to)
{
	if (to->auto_increment && !from->auto_increment)
		return BEHIND_KEYS;
	return loses_auto_increment(from, to) ? BEFORE_KEYS : BETWEEN;
}

static void change_columns(struct way *w, enum when when)
{
	for (size_t i = 0; i < w->to->n_columns; i++) {
		const struct column *to = &w->to->columns[i], *from = find_column(w->from, to->name);

		if (!from || when_of(from, to) != when)
			continue;
		if (!same_column(from, to) || (!same_default(w, from, to) && column_default_varies(to)))
			put_definition(w, "MODIFY COLUMN ", to);
		else if (!same_default(w, from, to))
			change_default(w, to);
	}
}

static bool has_key(const struct table *t, const struct key *key)
{
	size_t at = table_find_key(t, key->name);

	return at != SIZE_MAX && key_equal(&t->keys[at], key);
}

static void drop_keys(struct way *w)
{
	for (size_t i = 0; i < w->from->n_keys; i++) {
		const struct key *key = &w->from->keys[i];

		if (has_key(w->to, key))
			continue;
		if (str_is_nocase(key->name, "PRIMARY")) {
			buf_put_text(&w->text, "DROP PRIMARY KEY");
		} else {
			buf_put_text(&w->text, "DROP INDEX ");
			sql_put_name(&w->text, key->name);
		}
		add(w);
	}
}

static void add_keys(struct way *w)
{
	for (size_t i = 0; i < w->to->n_keys; i++)
		if (!has_key(w->from, &w->to->keys[i])) {
			buf_put_text(&w->text, "ADD ");
			table_put_key(&w->text, &w->to->keys[i]);
			add(w);
		}
}

static void drop_columns(struct way *w)
{
	for (size_t i = 0; i < w->from->n_columns; i++)
		if (!find_column(w->to, w->from->columns[i].name)) {
			buf_put_text(&w->text, "DROP COLUMN ");
			sql_put_name(&w->text, w->from->columns[i].name);
			add(w);
		}
}

static void add_columns(struct way *w)
{
	for (size_t i = 0; i < w->to->n_columns; i++)
		if (!find_column(w->from, w->to->columns[i].name))
			put_definition(w, "ADD COLUMN ", &w->to->columns[i]);
}

static void change_charset(struct way *w)
{
	enum table_order order;

	if (w->to->charset.n == 0 ||
	    (w->from->charset.n > 0 && charset_order(w->from->charset, w->to->charset, &order) && order == ORDER_EQUAL))
		return;
	buf_putf(&w->text, "DEFAULT CHARACTER SET %.*s", STR(w->to->charset));
	add(w);
}

bool table_difference(struct arena *a, const struct table *from, const struct table *to, struct str **clauses, size_t *n,
		      struct str *column)
{
	struct way w = { .a = a, .from = from, .to = to, .text = BUF_INIT(CLAUSE_MAX), .unknown = column };

	*column = STR_NONE;
	w.clauses = arena_array(a, from->n_columns + to->n_columns + from->n_keys + to->n_keys + 1, sizeof(*w.clauses));
	change_columns(&w, BEFORE_KEYS);
	drop_keys(&w);
	drop_columns(&w);
	add_columns(&w);
	change_columns(&w, BETWEEN);
	add_keys(&w);
	change_columns(&w, BEHIND_KEYS);
	change_charset(&w);
	*clauses = w.clauses;
	*n = w.n;
	buf_release(&w.text);
	return !column->p;
}
