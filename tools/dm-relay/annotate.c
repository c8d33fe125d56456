/* annotate.c - is an update one, or a REPLACE? see annotate.h */
#include "annotate.h"

#include "base/arena.h"
#include "text/sql_lex.h"

enum { HEAD_MAX = 64 << 10 };		/* of a statement: the names of its tables stand in front */

void annotation_init(struct annotation *a)
{
	*a = (struct annotation){ .text = BUF_INIT(HEAD_MAX + 1) };
}

void annotation_release(struct annotation *a)
{
	buf_release(&a->text);
}

void annotation_take(struct annotation *a, struct str text)
{
	buf_set(&a->text, str_first(text, HEAD_MAX));
	a->known = true;
	a->tables = 0;
}

void annotation_note_table(struct annotation *a)
{
	a->tables++;
}

void annotation_end(struct annotation *a)
{
	a->known = false;
	a->tables = 0;
}

/* --- the head of a statement --- */

struct head {
	struct sql_lex lex;
	struct sql_token now;
	struct arena arena;
	struct str schema, table;	/* the one that is looked for */
	bool alone;			/* it is the only one that the statement changes */
};

static bool at(const struct head *h, const char *word)
{
	return h->now.kind == SQL_WORD && str_is_nocase(h->now.raw, word);
}

static bool at_sign(const struct head *h, const char *sign)
{
	return h->now.kind == SQL_SIGN && str_is(h->now.raw, sign);
}

static void next(struct head *h)
{
	h->now = sql_lex_next(&h->lex);
}

static bool take(struct head *h, const char *word)
{
	if (!at(h, word))
		return false;
	next(h);
	return true;
}

static void take_all(struct head *h, const char *const *words)
{
	for (size_t i = 0; words[i]; )
		i = take(h, words[i]) ? 0 : i + 1;
}

/* The log does not say whether "t" was a name; in these places it can be nothing else. */
static bool take_name(struct head *h, struct str *name)
{
	if (h->now.kind == SQL_TEXT && h->now.raw.p[0] == '"' && h->now.raw.n > 2)
		*name = (struct str){ h->now.raw.p + 1, h->now.raw.n - 2 };
	else if (h->now.kind == SQL_WORD || h->now.kind == SQL_NAME)
		*name = sql_token_value(&h->lex, &h->now, &h->arena);
	else
		return false;
	next(h);
	return true;
}

/* Servers that keep names in lower case log them so, however they were written; where names of both cases are told
 * apart, another table would have been changed as well. */
static bool is_same(const struct head *h, struct str written, struct str logged)
{
	return str_eq(written, logged) || (h->alone && str_eq_nocase(written, logged));
}

/* [schema.]table: is it ours? A statement cannot change a table that it names by a trigger or a function as well. */
static bool take_table(struct head *h)
{
	struct str schema = STR_NONE, table;

	if (!take_name(h, &table))
		return false;
	if (at_sign(h, ".")) {
		next(h);
		schema = table;
		if (!take_name(h, &table))
			return false;
	}
	return is_same(h, table, h->table) && (!schema.p || is_same(h, schema, h->schema));
}

/* UPDATE a, b JOIN c ON ... SET: the names at depth 0. What a quoted text begins and ends with depends on the
 * session's mode, which the log does not have: there it ends. */
static bool update_names(struct head *h)
{
	static const char *const options[] = { "LOW_PRIORITY", "IGNORE", NULL };
	size_t depth = 0;

	take_all(h, options);
	if (take_table(h))
		return true;
	while (!at(h, "SET") && h->now.kind != SQL_END && h->now.kind != SQL_BAD && h->now.kind != SQL_TEXT) {
		bool begins = depth == 0 && (at_sign(h, ",") || at(h, "JOIN") || at(h, "STRAIGHT_JOIN"));

		depth += at_sign(h, "(");
		depth -= at_sign(h, ")") && depth > 0;
		next(h);
		if (begins && take_table(h))
			return true;
	}
	return false;
}

/* Its updates are those of ON DUPLICATE KEY. */
static bool insert_names(struct head *h)
{
	static const char *const options[] = { "LOW_PRIORITY", "DELAYED", "HIGH_PRIORITY", "IGNORE", NULL };

	take_all(h, options);
	take(h, "INTO");
	return take_table(h);
}

/* Its updates are those FOR PORTION OF a period. */
static bool delete_names(struct head *h)
{
	static const char *const options[] = { "LOW_PRIORITY", "QUICK", "IGNORE", NULL };

	take_all(h, options);
	return take(h, "FROM") && take_table(h);
}

/* SET STATEMENT max_statement_time=10 FOR UPDATE ... */
static void skip_set_statement(struct head *h)
{
	if (!take(h, "SET") || !take(h, "STATEMENT"))
		return;
	while (!at(h, "FOR") && h->now.kind != SQL_END && h->now.kind != SQL_BAD && h->now.kind != SQL_TEXT)
		next(h);
	take(h, "FOR");
}

static bool is_no_replace(struct head *h)
{
	next(h);
	if (at(h, "SET"))
		skip_set_statement(h);
	return take(h, "UPDATE") ? update_names(h) : take(h, "INSERT") ? insert_names(h) :
	       take(h, "DELETE") && delete_names(h);
}

const char *annotation_doubt(const struct annotation *a, struct str schema, struct str table)
{
	struct head h = { .arena = ARENA_INIT, .schema = schema, .table = table, .alone = a->tables == 1 };
	bool sure;

	if (!a->known)
		return "the log does not hold the statement that it is of";
	sql_lex_init(&h.lex, buf_str(&a->text), SQL_MARIADB);
	sure = is_no_replace(&h);
	arena_release(&h.arena);
	return sure ? NULL : "it is of a statement that is a REPLACE, or that changes this table without naming it";
}
