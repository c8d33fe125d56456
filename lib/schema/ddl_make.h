/*
 * ddl_make.h - from the clauses of a statement to columns and keys as the server shows them. For this room only.
 *
 * What cannot be told from the statement alone sets unknown; the table must then be learnt from elsewhere.
 */
#ifndef SCHEMA_DDL_MAKE_H
#define SCHEMA_DDL_MAKE_H

#include "schema/ddl_tree.h"

struct maker {
	const struct ddl *ddl;
	const struct ddl_tables *tables;
	const struct table *old;	/* before the statement; no columns for a new one */
	struct table made;
	struct str charset;		/* of columns that say nothing; "" when it is not known */
	bool mariadb;
	bool unknown;
	struct arena arena;
};

/* utf8 is utf8mb3; "default" is the database's. "" when it is not known. */
struct str make_charset(struct maker *m, struct str name);

/* Fills column; its texts live in the statement, in m's arena or for ever. */
void make_column(struct maker *m, const struct ddl_column *c, struct column *column);

/* The default as the server shows it. */
void settle_default(const struct maker *m, struct column *column, bool has_default, struct str def);

/* Gives a column that holds text another charset, as CONVERT TO does. */
void convert_column(struct maker *m, struct column *column, struct str charset);

/* Adds the key to m->made, named as the server would. */
void make_key(struct maker *m, const struct ddl_key *key);

/* All clauses, from m->old to m->made. False, with e filled, where they contradict it. */
bool make_table(struct maker *m, struct err *e);

#endif
