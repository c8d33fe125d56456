/*
 * family.h - tables of the downstream that foreign keys tie together.
 *
 * The upstream's log does not hold what InnoDB itself does to children (cascades; MySQL logs them since 9.6), so the
 * downstream must do the same: a row that such a key refers to is changed with foreign_key_checks on, after and before the same
 * changes of its children as upstream. Tables of a family therefore keep their order. Where the session checks foreign keys at all
 * times, every one of them ties. Callers: target, upstream.
 */
#ifndef SYNC_FAMILY_H
#define SYNC_FAMILY_H

#include "mysql/conn.h"
#include "stream/event.h"

struct family_key {
	struct event_name child, parent;
	bool cascades;
};

struct families {
	struct family_key *keys;	/* of the schemas that were looked at */
	size_t n, cap;
	struct str *schemas;
	size_t n_schemas, cap_schemas;
	struct arena arena;
};

void families_init(struct families *f);
void families_release(struct families *f);

/* Forgets all that was read. */
void families_clear(struct families *f);

/* Which family the table is of: *head, one of its tables, the same one for all; table "" : none. *cascades: changes of its rows
 * go on to others. every: also by keys that only check. */
bool families_find(struct families *f, struct conn *c, const struct event_name *table, bool every, struct event_name *head,
		   bool *cascades, struct err *e);

#endif
