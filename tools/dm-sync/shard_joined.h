/*
 * shard_joined.h - optimistic shard DDL: each statement runs, or not, as the join of all shards' structures asks.
 *
 * Every decision is optimist.h's, made under the lock of the group's row. What is to be run is written there as a plan before it is,
 * with all that another source needs to finish it, and carried out by the group's owner; only then the structures of the group
 * move on. A member whose statement waits for others, or is in conflict with them, is blocked as in pessimistic mode: its
 * rows are kept, and it asks again whenever the group has moved. Callers: shard.c, shard_wait.c.
 */
#ifndef SYNC_SHARD_JOINED_H
#define SYNC_SHARD_JOINED_H

#include "shard_parts.h"

/* A change of the structure of t, all before it applied. *waits: t is to wait for others. line is the whole line of it; "" where an
 * operator has left it out. */
bool joined_pass(struct sync *s, struct shard_table *t, struct str line, const struct shard_place *at, bool *waits, struct err *e);

/* A table line, before the group knows the table or whenever its structure is not in there. */
bool joined_learn(struct shard_table *t, struct str line, struct err *e);

/* A table that the stream has not told of, and that is upstream: it is taken to have the downstream's structure, until it is told. */
bool joined_assume(struct sync *s, struct shard_table *t, struct err *e);
bool joined_is_assumed(const struct shard_table *t);

/* t is a member now: its structure goes into the group, and what the downstream lacks for it is run. */
bool joined_enter(struct sync *s, struct shard_table *t, struct err *e);

/* A table has left its group: those that wait look again. */
bool joined_moved(struct sync *s, const struct event_name *target, struct err *e);

/* Between transactions: what other sources have made of our targets is looked at anew, once a second at most. */
bool joined_refresh(struct sync *s, struct err *e);

/* Does it make sense to ask again? */
bool joined_may_go_on(const struct sync *s, const struct shard_table *t, const struct shard_glance *g, bool look_owner);

#endif
