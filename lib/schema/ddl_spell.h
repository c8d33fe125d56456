/*
 * ddl_spell.h - a statement with its collations said: which one goes with a character set differs between servers.
 *
 * Pure; whoever calls knows the server that the statement comes from. Callers: dm-relay (collation_compatible: strict).
 */
#ifndef SCHEMA_DDL_SPELL_H
#define SCHEMA_DDL_SPELL_H

#include "schema/ddl.h"

/* A CHARACTER SET of the statement: of a column, of the table or database, or of CONVERT TO. */
struct ddl_charset {
	struct str charset;
	size_t end;			/* behind its value */
	bool of_column;
	bool collated;			/* of a column, of CONVERT TO: COLLATE, or BINARY, stands beside it */
	struct ddl_charset *before;	/* the one that stands in front of it; NULL */
};

struct ddl_spelling {
	/* The collation that charset has where none is said; *name "" where that cannot be known. False, e filled: could not ask. */
	bool (*collation)(void *context, struct str charset, struct str *name, struct err *e);
	void *context;
	struct str server;		/* the collation of a database of which nothing is said; "" not known */
};

/* Puts the statement, with a COLLATE behind each CHARACTER SET that has none, and one for a database of which nothing is said. The
 * rest stays the user's own text. */
bool ddl_put_spelled(struct buf *b, const struct ddl *ddl, const struct ddl_spelling *how, struct err *e);

#endif
