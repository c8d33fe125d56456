#include "schema/ddl_cut.h"

#include "text/sql_lex.h"

#define STATEMENT_MAX ((size_t)1 << 30)
#define SINGLES_MAX 5000	/* more than a table can have columns; each is compared with each */

bool ddl_has_version_comment(const struct ddl *ddl)
{
	return str_find(ddl->sql, STR_LIT("/*!")) != SIZE_MAX || str_find(ddl->sql, STR_LIT("/*M!")) != SIZE_MAX ||
	       str_find(ddl->sql, STR_LIT("/*T!")) != SIZE_MAX;
}

/* The words in [from, to), without comments. */
static void put_words(struct buf *b, const struct ddl *ddl, size_t from, size_t to)
{
	struct sql_lex lex;
	struct sql_token t;
	size_t end = from;

	sql_lex_init(&lex, ddl->sql, ddl->lex_flags);
	while ((t = sql_lex_next(&lex)).kind != SQL_END && t.start < to) {
		if (t.start < from)
			continue;
		if (t.start > end)
			buf_put_char(b, ' ');
		buf_put_str(b, t.raw);
		end = t.end;
	}
}

void ddl_put_bytes(struct buf *b, const struct ddl *ddl, size_t from, size_t to)
{
	if (ddl_has_version_comment(ddl))
		put_words(b, ddl, from, to);
	else
		buf_put_str(b, (struct str){ ddl->sql.p + from, to - from });
}

static void put_head(struct buf *b, const struct ddl *ddl)
{
	ddl_put_bytes(b, ddl, 0, ddl->clauses->start);
	if (ddl_has_version_comment(ddl))
		buf_put_char(b, ' ');
}

void ddl_put_clauses(struct buf *b, const struct ddl *ddl, const bool *keep)
{
	const struct ddl_clause *last = ddl->clauses;
	bool some = false;
	size_t i = 0;

	put_head(b, ddl);
	for (const struct ddl_clause *c = ddl->clauses; c; c = c->next, i++) {
		last = c;
		if (!keep[i])
			continue;
		if (some)
			buf_put_text(b, c->kind == CLAUSE_PARTITION && !c->comma ? " " : ", ");
		ddl_put_bytes(b, ddl, c->start, c->end);
		some = true;
	}
	ddl_put_bytes(b, ddl, last->end, ddl->sql.n);
}

/* --- one change each --- */

struct single {
	const struct ddl_clause *clause;
	const struct ddl_change *change;	/* NULL: the clause changes nothing of the structure */
	bool item;				/* one of ADD (a, b): the change's bytes, not the clause's */
	bool done;
};

/* Of several new names the last one counts. */
static bool is_renamed_again(const struct ddl_clause *c)
{
	if (c->kind != CLAUSE_RENAME)
		return false;
	while ((c = c->next))
		if (c->kind == CLAUSE_RENAME)
			return true;
	return false;
}

static struct single *all_singles(struct arena *a, const struct ddl *ddl, size_t *n)
{
	struct single *singles;
	size_t room = 0;

	for (const struct ddl_clause *c = ddl->clauses; c; c = c->next) {
		room++;
		for (const struct ddl_change *g = c->list ? c->first : NULL; g; g = g == c->last ? NULL : g->next)
			room++;
	}
	singles = arena_array(a, room, sizeof(*singles));
	*n = 0;
	for (const struct ddl_clause *c = ddl->clauses; c; c = c->next) {
		if (c->kind == CLAUSE_HOW || is_renamed_again(c))
			continue;
		if (!c->list)
			singles[(*n)++] = (struct single){ c, c->first, false, false };
		for (const struct ddl_change *g = c->list ? c->first : NULL; g; g = g == c->last ? NULL : g->next)
			singles[(*n)++] = (struct single){ c, g, true, false };
	}
	return singles;
}

static bool is_op(const struct single *s, enum ddl_op op)
{
	return s->change && s->change->op == op;
}

static bool defines_column(const struct single *s)
{
	return is_op(s, OP_ADD_COLUMN) || is_op(s, OP_CHANGE_COLUMN);
}

static bool is_word(struct str sql, const char *word)
{
	return sql.n >= strlen(word) && str_is_nocase(str_first(sql, strlen(word)), word);
}

/* DROP FOREIGN KEY, CHECK, CONSTRAINT; of the parser these are no change, or one by name. */
static bool drops_constraint(const struct ddl *ddl, const struct single *s)
{
	return is_op(s, OP_DROP_CONSTRAINT) ||
	       (is_op(s, OP_NOTHING) && s->clause->kind == CLAUSE_PLAIN &&
		is_word(str_from(ddl->sql, s->clause->start), "drop"));
}

static bool adds_constraint(const struct single *s)
{
	return is_op(s, OP_ADD_KEY) || (is_op(s, OP_NOTHING) && strcmp(s->clause->event, "modify constraint") == 0);
}

/* The column name that is free, or is taken, behind it; "" none. */
static struct str frees_column(const struct single *s)
{
	bool renamed = is_op(s, OP_RENAME_COLUMN) ||
		       (is_op(s, OP_CHANGE_COLUMN) && !str_eq_nocase(s->change->name, s->change->column->name));

	return renamed || is_op(s, OP_DROP_COLUMN) ? s->change->name : STR_LIT("");
}

static struct str makes_column(const struct single *s)
{
	if (is_op(s, OP_RENAME_COLUMN))
		return s->change->new_name;
	if (is_op(s, OP_ADD_COLUMN) || (is_op(s, OP_CHANGE_COLUMN) && frees_column(s).n > 0))
		return s->change->column->name;
	return STR_LIT("");
}

static struct str frees_key(const struct single *s)
{
	return is_op(s, OP_DROP_KEY) || is_op(s, OP_RENAME_KEY) ? s->change->name : STR_LIT("");
}

static struct str makes_key(const struct single *s)
{
	if (is_op(s, OP_RENAME_KEY))
		return s->change->new_name;
	if (defines_column(s))
		return s->change->column->primary ? STR_LIT("PRIMARY") : STR_LIT("");
	if (!is_op(s, OP_ADD_KEY))
		return STR_LIT("");
	return s->change->key->kind == KEY_PRIMARY ? STR_LIT("PRIMARY") :
	       s->change->key->name.n ? s->change->key->name : s->change->key->symbol;
}

static bool same(struct str a, struct str b)
{
	return a.n > 0 && str_eq_nocase(a, b);
}

static bool needs_column(const struct single *s, struct str name)
{
	if (name.n == 0)
		return false;
	if (defines_column(s) && s->change->place == PLACE_AFTER && str_eq_nocase(s->change->after, name))
		return true;
	for (size_t i = 0; is_op(s, OP_ADD_KEY) && i < s->change->key->n_parts; i++) {
		struct str part = s->change->key->parts[i].column;

		if (part.n == 0 || str_eq_nocase(part, name))	/* an expression may name any */
			return true;
	}
	return false;
}

/* A key cannot hold a whole text: it must go before its column becomes one. */
static bool becomes_text(const struct single *s)
{
	static const char *const types[] = {
		"tinytext", "text", "mediumtext", "longtext", "tinyblob", "blob", "mediumblob", "longblob", "long", "json",
	};

	for (size_t i = 0; is_op(s, OP_CHANGE_COLUMN) && i < sizeof(types) / sizeof(*types); i++)
		if (column_type_is(s->change->column->type, types[i]))
			return true;
	return false;
}

static bool sets_charset(const struct single *s)
{
	return is_op(s, OP_TABLE_CHARSET) || is_op(s, OP_CONVERT);
}

/* Must a come before b? */
static bool precedes(const struct ddl *ddl, const struct single *a, const struct single *b)
{
	if (a->clause->kind == CLAUSE_RENAME || b->clause->kind == CLAUSE_RENAME)
		return a->clause->kind != CLAUSE_RENAME;
	if (b->clause->kind == CLAUSE_PARTITION && a->clause->kind != CLAUSE_PARTITION)
		return true;
	return same(frees_column(a), makes_column(b)) || same(frees_key(a), makes_key(b)) ||
	       needs_column(b, makes_column(a)) || (drops_constraint(ddl, a) && adds_constraint(b)) ||
	       (drops_constraint(ddl, a) && (is_op(b, OP_DROP_KEY) || is_op(b, OP_DROP_COLUMN))) ||
	       (is_op(a, OP_DROP_KEY) && !str_is_nocase(a->change->name, "PRIMARY") && (is_op(b, OP_DROP_COLUMN) || becomes_text(b))) ||
	       (sets_charset(a) && defines_column(b));
}

/* The first that waits for no other one; NULL: each waits for another. */
static struct single *next_single(const struct ddl *ddl, struct single *singles, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool ready = !singles[i].done;

		for (size_t j = 0; ready && j < n; j++)
			ready = j == i || singles[j].done || !precedes(ddl, &singles[j], &singles[i]);
		if (ready)
			return &singles[i];
	}
	return NULL;
}

static struct str text_of(struct arena *a, const struct ddl *ddl, const struct single *s)
{
	struct buf b = BUF_INIT(STATEMENT_MAX);
	struct str text;

	put_head(&b, ddl);
	if (s->item)
		buf_put_text(&b, is_op(s, OP_ADD_COLUMN) ? "ADD COLUMN " : "ADD ");
	if (s->item && is_op(s, OP_ADD_COLUMN) && s->change->if_exists)
		buf_put_text(&b, "IF NOT EXISTS ");
	ddl_put_bytes(&b, ddl, s->item ? s->change->start : s->clause->start, s->item ? s->change->end : s->clause->end);
	text = arena_str(a, buf_str(&b));
	buf_release(&b);
	return text;
}

struct str *ddl_singles(struct arena *a, const struct ddl *ddl, size_t *n)
{
	struct single *singles;
	struct str *texts;

	*n = 0;
	if (ddl->kind != DDL_ALTER_TABLE || !ddl->clauses)
		return NULL;
	/* A table gets its history and the columns for it together. */
	for (const struct ddl_change *c = ddl->changes; c; c = c->next)
		if (c->op == OP_STRANGE || c->op == OP_VERSION)
			return NULL;
	singles = all_singles(a, ddl, n);
	if (*n > SINGLES_MAX)
		return NULL;
	texts = arena_array(a, *n + 1, sizeof(*texts));
	for (size_t i = 0; i < *n; i++) {
		struct single *s = next_single(ddl, singles, *n);

		if (!s)
			return NULL;
		s->done = true;
		texts[i] = text_of(a, ddl, s);
	}
	return *n > 1 ? texts : NULL;
}
