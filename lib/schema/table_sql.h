/*
 * table_sql.h - structures as SQL: a CREATE TABLE of what is known, and what is known from CREATE TABLEs.
 *
 * What a structure does not hold (engine, comments) is not in its statement; read back, it is the same structure. Pure.
 * Callers: schema/join, dm-meta, dm-relay.
 */
#ifndef SCHEMA_TABLE_SQL_H
#define SCHEMA_TABLE_SQL_H

#include "base/buf.h"
#include "schema/table.h"

/* CREATE TABLE `name` (...) on one line, without the schema. */
void table_put_create(struct buf *b, const struct table *t);

/* Parts of it: "`a` int NOT NULL DEFAULT '0'", "UNIQUE KEY `k` (`a`)", and the text of a default that is there. */
void table_put_column(struct buf *b, const struct column *c);
void table_put_definition(struct buf *b, const struct column *c);	/* with collation, comment and ON UPDATE, as far as they are known */
void table_put_key(struct buf *b, const struct key *k);
void table_put_default(struct buf *b, const struct column *c);

/* How a text is to be read. */
struct table_sql {
	struct str sql_mode;
	bool mariadb;			/* which version comments count, and what JSON is */
	struct str charset;		/* of tables whose statement names none; "" : that is an error */
	struct str schema;		/* default database until a USE; "" : names must be qualified */
};

/* The table of each CREATE TABLE in text, given to take, which owns it. Names may be qualified, or follow a USE; other
 * statements that stand around them in a dump (SET, DROP TABLE, LOCK TABLES ...) are passed over. */
bool table_sql_read(const struct table_sql *how, struct str text, void (*take)(void *context, struct table *t),
		    void *context, struct err *e);

#endif
