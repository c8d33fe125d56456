/* words.c - the statements of a dump's file that set the session of a client; see value_read.h */
#include "value_read.h"

#include "text/sql_lex.h"

static bool is_word(const struct sql_token *t, const char *word)
{
	return t->kind == SQL_WORD && str_is_nocase(t->raw, word);
}

/* "@@SESSION.sql_mode" and "sql_mode" are one. */
static struct str variable_name(const struct sql_token *t)
{
	struct str name = t->raw;

	if (t->kind == SQL_VARIABLE && str_starts(name, STR_LIT("@@"))) {
		name = str_from(name, 2);
		str_cut_last(name, '.', NULL, &name);
	} else if (t->kind != SQL_WORD) {
		return STR_NONE;
	}
	return name;
}

static void note(struct file_words *words, struct str name, struct str value)
{
	if (str_is_nocase(name, "sql_mode"))
		words->sql_mode = value;
	else if (str_is_nocase(name, "time_zone"))
		words->zone = value;
	else if (str_is_nocase(name, "collation_connection"))
		words->collation = value;
}

static bool is_value(const struct sql_token *t)
{
	return t->kind == SQL_WORD || t->kind == SQL_TEXT;
}

/* name = value, ...; a value that is no plain word or text (@OLD_SQL_MODE) sets back what was there. */
static void read_set(struct file_words *words, struct sql_lex *lex, struct arena *a)
{
	struct str name = STR_NONE;
	bool names = false, assigned = false;

	for (struct sql_token t = sql_lex_next(lex); t.kind != SQL_END; t = sql_lex_next(lex)) {
		if (t.kind == SQL_SIGN) {
			assigned = str_is(t.raw, "=") || str_is(t.raw, ":=");
			names = false;
		} else if (names && is_value(&t)) {
			words->names = arena_str(a, sql_token_value(lex, &t, a));
			names = false;
		} else if (is_word(&t, "NAMES")) {
			names = true;
		} else if (assigned) {
			if (is_value(&t))
				note(words, name, arena_str(a, sql_token_value(lex, &t, a)));
			assigned = false;
		} else {
			name = variable_name(&t);
		}
	}
}

static bool is_keys_switch(struct sql_lex *lex)
{
	struct sql_token before = { .kind = SQL_END }, last = before;

	for (struct sql_token t = sql_lex_next(lex); t.kind != SQL_END; t = sql_lex_next(lex)) {
		before = last;
		last = t;
	}
	return is_word(&last, "KEYS") && (is_word(&before, "DISABLE") || is_word(&before, "ENABLE"));
}

void words_read(struct file_words *words, struct str statement, struct arena *a)
{
	static const char *const idle[] = { "LOCK", "UNLOCK", "USE", "BEGIN", "START", "COMMIT" };
	struct sql_token first;
	struct sql_lex lex;

	*words = (struct file_words){ .known = true };
	sql_lex_init(&lex, statement, 0);
	first = sql_lex_next(&lex);
	if (first.kind == SQL_END)	/* all of it is for another server */
		return;
	if (is_word(&first, "SET")) {
		read_set(words, &lex, a);
		return;
	}
	for (size_t i = 0; i < sizeof(idle) / sizeof(idle[0]); i++)
		if (is_word(&first, idle[i]))
			return;
	words->known = is_word(&first, "ALTER") && is_keys_switch(&lex);
}
