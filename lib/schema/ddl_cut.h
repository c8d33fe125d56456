/*
 * ddl_cut.h - an ALTER TABLE cut down to some of its clauses, or into statements of one change each.
 *
 * What is kept stays the user's own text (without its comments where there are version comments, which may begin in what goes
 * and end in what stays). Pure. Callers: rules, dm-filter, dm-sync.
 */
#ifndef SCHEMA_DDL_CUT_H
#define SCHEMA_DDL_CUT_H

#include "base/buf.h"
#include "schema/ddl_tree.h"

/* Puts the bytes [from, to) of the statement. */
void ddl_put_bytes(struct buf *b, const struct ddl *ddl, size_t from, size_t to);

/* Are there version comments in the statement, so that bytes are put without comments? A blank is then wanted between pieces. */
bool ddl_has_version_comment(const struct ddl *ddl);

/* Puts the ALTER TABLE with only those clauses for which keep is true; at least one is. */
void ddl_put_clauses(struct buf *b, const struct ddl *ddl, const bool *keep);

/* The ALTER TABLE as statements of one change each, in an order in which each can be done when its turn comes: the order of the
 * statement, but for a clause that needs what a later one makes, or the name that a later one gives up. A change of the table's
 * name comes last, so all go by the old one. NULL where there is only one, or where no order will do (two columns that swap
 * their names, a table that gets its system versioning). ALGORITHM and LOCK are left out. */
struct str *ddl_singles(struct arena *a, const struct ddl *ddl, size_t *n);

#endif
