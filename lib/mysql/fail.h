/*
 * fail.h - what went wrong with a server, as an error: which kind, and what may be said.
 *
 * Text: who, the server's number, SQL state and words, and the head of the statement without the values of rows.
 * Inside this room only.
 */
#ifndef MYSQL_FAIL_H
#define MYSQL_FAIL_H

#include "mysql/conn.h"

/* The last failure on c->m. Always false. sql may be STR_NONE. */
bool fail_connect(struct conn *c, struct err *e);
bool fail_query(struct conn *c, struct str sql, struct err *e);

/* The server has asked for a local file in answer to a statement: now, or before (c->rogue). Always false. */
bool fail_rogue(struct conn *c, struct err *e);

/* The head of a statement: at most about 200 bytes, cut before the first value of a row, a condition or a password. */
void statement_head_put(struct buf *b, struct str sql);

/* The kind for this scope: class is one of the four of conn.h. */
const struct err_kind *kind_for(const struct err_kind *downstream, enum err_scope scope);

#endif
