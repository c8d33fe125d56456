/*
 * join.h - structures of tables that are merged into one: compared, joined, and the way from one to another as clauses.
 *
 * The rules are DM's: a structure is less than another where each of its rows fits that one too. More columns (that may be left
 * out), wider types, NULL allowed and fewer keys make it greater; defaults, signs, precisions and families of types must be the
 * same. Order of columns, visibility and AUTO_INCREMENT are not compared, and what no row depends on is not seen: comments,
 * collations, ON UPDATE (a join has none of them), checks, foreign keys, partitions; the expression of a generated column only where both know it.
 * Where we differ from DM: a key of one name and two meanings is no conflict, it is in no join; and of NOT NULL columns one without
 * a default is less than one whose default is what servers put there anyway.
 * Pure. Callers: dm-sync, dm-check.
 */
#ifndef SCHEMA_JOIN_H
#define SCHEMA_JOIN_H

#include "schema/table.h"

enum table_order { ORDER_EQUAL, ORDER_LESS, ORDER_GREATER };

/* False where they cannot be compared; why then names the column. */
bool table_compare(const struct table *a, const struct table *b, enum table_order *order, char *why, size_t why_size);

/* Which two of the tables have no join, and where. */
struct table_clash {
	size_t a, b;		/* numbers of tables */
	struct str column;	/* of table a */
};

/* The least structure that takes the rows of all n (at least one), named like the first. The order of the tables makes no difference
 * but to that of the columns. A NOT NULL column that some lack gets the default that servers imply. False where there is none: clash
 * is filled (what it points to lives as long as the tables) and to is not initialised. */
bool table_join(struct table *to, const struct table *const *tables, size_t n, struct table_clash *clash);

/* The clauses of an ALTER TABLE that make `to` of `from`, in an order in which they can also be run one by one; none where it is the
 * same. False where a column would have to be spelled whose expression is not known; column names it. */
bool table_difference(struct arena *a, const struct table *from, const struct table *to, struct str **clauses, size_t *n,
		      struct str *column);

/* The default in the one spelling that equal ones share; p is NULL where there is none, and for NULL. Lives in a. */
struct str column_default_normal(struct arena *a, const struct column *c);

/* What a row has in the column where nothing is said: its default, else what servers imply. p NULL: NULL, or nothing (a text
 * without a default). Lives in a. */
struct str column_fill(struct arena *a, const struct column *c);

/* Makes of `to` the least column that holds both, which have a join. Texts that are borrowed live as long as `by`, or in a. */
void column_widen(struct arena *a, struct column *to, const struct column *by);

/* May values be others when the column becomes `after`, with which it has a join? A strict server refuses that where there are such
 * values, but for fractions of seconds, which it rounds. */
bool column_narrows(const struct column *before, const struct column *after, bool strict);

/* An expression, which is written in other words than a value: now(), uuid(), (1 + 1). */
bool column_default_varies(const struct column *c);

/* Do the rows that are there when the column comes get values that another server, or another moment, would not give them: now(), rand(),
 * AUTO_INCREMENT? */
bool column_fill_varies(const struct column *c);

#endif
