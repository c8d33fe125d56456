/*
 * shard_known.h - a group whose structures are joined, as it stands under its lock: its rows, its state, and what optimist.h wants of it.
 *
 * known_read locks the group's row and reads all; what is changed is put back by known_put_*. Inside a transaction. Callers:
 * shard_joined.c, shard_plan.c.
 */
#ifndef SYNC_SHARD_KNOWN_H
#define SYNC_SHARD_KNOWN_H

#include "meta/joined_state.h"
#include "optimist.h"
#include "shard_parts.h"

struct known {
	struct arena a;
	struct shard_group g;
	struct joined_group joined;
	struct joined_member *states;		/* of g.members */
	size_t ours;				/* index of t's member */
	struct optimist_group group;		/* those whose structure is known: a table that was made and has no rows yet is none */
	struct optimist_member *members;
	size_t *of;				/* their indexes in g.members */
	struct optimist_dropped *dropped;
};

/* t becomes a member where it is none. Release it in any case. */
bool known_read(struct known *k, struct sync *s, struct shard_table *t, struct err *e);
void known_release(struct known *k);

/* After a change of states: k->group points to what they are now. */
void known_point(struct known *k);

/* The index in g.members; n_members: it is none. And of such an index, the one in k->group; SIZE_MAX: it is none of it. */
size_t known_member(const struct known *k, struct str source, struct str schema, struct str table);
size_t known_index(const struct known *k, size_t i);

/* What the columns have downstream, which the group does not know: collations, comments, ON UPDATE. */
void known_describe(struct known *k, const struct table *down);

/* What the row of t, which is ours, says from now on. */
void known_take(const struct known *k, struct shard_table *t);

bool known_put_member(struct known *k, struct sync *s, size_t i, struct err *e);
bool known_put_group(struct known *k, struct sync *s, struct err *e);

/* by NULL: it is gone. */
void known_replace(struct table *t, bool *there, const struct table *by);

void known_wait_no_more(struct joined_member *m);

/* The statement of member i was answered: it is `now`. at without a place: it has entered. */
void known_pass(struct known *k, size_t i, const struct table *now, const struct shard_place *at);

/* Those that wait have got what they want. */
bool known_resolve(struct known *k, struct sync *s, struct err *e);

#endif
