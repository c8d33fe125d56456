/*
 * split.h - statements about several tables, cut down to some of them.
 *
 * Only DROP TABLE and RENAME TABLE can be cut; the rest of the statement stays the user's own text (without its comments
 * where there are version comments). Pure. Callers: dm-online-ddl, dm-filter,
 * dm-route.
 */
#ifndef RULES_SPLIT_H
#define RULES_SPLIT_H

#include "base/buf.h"
#include "schema/ddl.h"

/* True where each table (of a RENAME: each pair) can be taken out of the statement. */
bool split_can(const struct ddl *ddl);

/* How many names belong together: 2 in a RENAME, else 1. */
size_t split_group(const struct ddl *ddl);

/* Puts the statement with only those groups of names for which keep is true; at least one is. */
void split_put(struct buf *b, const struct ddl *ddl, const bool *keep);

/* RENAME a TO tmp, b TO a, tmp TO b moves two tables: for each pair of the statement, the number of the pair where
 * its table set out, and of the pair where it ends up. */
void split_rename_chains(const struct ddl *ddl, size_t *first, size_t *last);

/* ALTER TABLE x RENAME TO y and nothing else, which DM calls "rename table". Only asked of an ALTER with two tables. */
bool split_is_only_rename(const struct ddl *ddl);

#endif
