/*
 * online.h - which tables belong to an online schema change (gh-ost, pt-online-schema-change), by their names.
 *
 * A shadow table (DM: ghost table) is what will take the real table's place, a trash table what the real one becomes,
 * or the tool's own. Rules are tried in order, those of shadow tables first. Pure. Callers: dm-online-ddl, dm-check.
 */
#ifndef RULES_ONLINE_H
#define RULES_ONLINE_H

#include "base/err.h"
#include "base/str.h"

struct glob;

enum online_class { ONLINE_REAL, ONLINE_SHADOW, ONLINE_TRASH };

struct online_names {
	struct glob **shadow, **trash;
	size_t n_shadow, n_trash;
};

/* A list that is empty is DM's default: ^_(.+)_(?:new|gho)$ and ^_(.+)_(?:ghc|del|old)$. Released after failure, too. */
bool online_names_init(struct online_names *names, const struct str *shadow, size_t n_shadow, const struct str *trash,
		       size_t n_trash, struct err *e);
void online_names_release(struct online_names *names);

/* real: the name of the table that is changed; table itself where that is a real one. Borrowed from table. */
enum online_class online_class_of(const struct online_names *names, struct str table, struct str *real);

#endif
