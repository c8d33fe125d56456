/*
 * ddl_words.h - the parser's hand on a statement: looks at the next word, takes it, notes the names of tables. For this room only.
 *
 * A function that takes something returns true and moves, or returns false and stays (an option that is not there), or, where it
 * says "want", false means that the statement is not understood and why is noted.
 */
#ifndef SCHEMA_DDL_WORDS_H
#define SCHEMA_DDL_WORDS_H

#include "schema/ddl_spell.h"
#include "schema/ddl_tree.h"
#include "text/sql_lex.h"

struct name_list {
	struct ddl_name *names;
	size_t n, room;
};

struct words {
	struct sql_lex lex;		/* behind now */
	struct sql_token now;		/* the next one */
	size_t end;			/* where the last one that was taken ends */
	struct arena *a;
	struct ddl *ddl;
	struct name_list tables;	/* those that decide about filter and route */
	struct name_list others;	/* those that are only rewritten */
	struct ddl_change **tail;	/* where the next change hangs */
	struct ddl_clause *clause;	/* of ALTER TABLE, the one being read; else NULL */
};

void words_init(struct words *w, struct ddl *ddl, struct arena *a);

bool at_end(const struct words *w);
bool at_sign(const struct words *w, char c);
bool at_word(const struct words *w, const char *keyword);

void take_any(struct words *w);
bool take_sign(struct words *w, char c);

/* One or more keywords, one blank between them: all or none. */
bool take_words(struct words *w, const char *keywords);

/* The first of a list (NULL at its end) that stands there; or NULL. */
const char *take_one_of(struct words *w, const char *const *list);

bool want_sign(struct words *w, char c);
bool want_words(struct words *w, const char *keywords);

/* An identifier. */
bool at_name(const struct words *w);
bool want_name(struct words *w, struct str *name);

/* [schema.]table, noted in list. default_schema: of a name without one. */
bool want_table(struct words *w, struct name_list *list, struct str default_schema);
void note_name(struct words *w, struct name_list *list, const struct ddl_name *name);

/* ( ... ), whatever stands between. inside, which may be NULL, is the text between the parentheses. */
bool want_balanced(struct words *w, struct str *inside);

/* Everything up to a sign at depth 0 (',' or ')'), or the end of the statement. */
void skip_clause(struct words *w);
void skip_rest(struct words *w);

/* A number, a text, a word or a name: the value of an option. */
bool want_value(struct words *w, struct str *value);

/* [=] value */
bool want_option_value(struct words *w, struct str *value);

bool take_if_exists(struct words *w);		/* IF EXISTS */
bool take_if_not_exists(struct words *w);	/* IF NOT EXISTS */

/* WAIT n, NOWAIT */
void take_wait(struct words *w);

/* Notes that the statement is not understood here. Always false. */
bool not_understood(struct words *w);
bool refuse(struct words *w, const char *why);

/* A new change, hung on the statement, which starts at the last token taken or the next one. */
struct ddl_change *add_change(struct words *w, enum ddl_op op, size_t start);

/* A CHARACTER SET whose value was taken last. */
struct ddl_charset *note_charset(struct words *w, struct str charset);

/* The character set that a collation's name begins with; "" when there is none. */
struct str charset_of_collation_name(struct str collation);

/* The parts of the grammar. */
bool want_column(struct words *w, struct ddl_column *column, struct str name);	/* behind its name */
bool want_key_parts(struct words *w, struct ddl_key *key);
bool want_key_options(struct words *w);
bool take_constraint_or_key(struct words *w, bool *taken);	/* an item of CREATE TABLE ( ), or behind ADD */
bool take_period(struct words *w, bool *taken);			/* PERIOD FOR name (a, b) */
bool want_table_options(struct words *w, bool *any);
bool take_references(struct words *w);
bool want_default(struct words *w, struct str *text);

bool create_table(struct words *w);		/* behind CREATE [OR REPLACE] TABLE */
bool alter_table(struct words *w);		/* behind ALTER TABLE */
bool create_index(struct words *w, enum ddl_key_kind kind);	/* behind INDEX */
bool drop_index(struct words *w);

#endif
