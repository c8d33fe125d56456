/*
 * ddl_text.h - the text of an upstream DDL as the downstream is to run it.
 *
 * The user's own statement stays; names get their schema, IF [NOT] EXISTS is added, clauses that only the
 * upstream understands go. Pure. Callers: ddl.c.
 */
#ifndef SYNC_DDL_TEXT_H
#define SYNC_DDL_TEXT_H

#include "mysql/conn.h"
#include "schema/ddl.h"
#include "stream/event.h"

struct ddl_text {
	enum ddl_kind kind;
	size_t n;
	struct str *statements;		/* to run, in order */
	size_t n_targets;
	struct event_name *targets;	/* downstream's tables, table "" for a database */
	struct str schema;		/* to be the default database, where it exists; "" none */
};

/* Parts live in the arena. An error where the statement is not understood or cannot be carried out. */
bool ddl_text_make(struct ddl_text *text, struct arena *a, const struct ddl_event *ddl, bool from_mariadb, enum flavor to,
		   struct err *e);

/* An ALTER TABLE as statements of one change each; NULL where there is only one, or they belong together. */
struct str *ddl_text_singles(struct arena *a, struct str sql, struct str sql_mode, bool from_mariadb, size_t *n);

#endif
