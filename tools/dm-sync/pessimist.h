/*
 * pessimist.h - the decisions of pessimistic shard DDL: who waits, who runs it, what is an error.
 *
 * All upstream tables of a group must bring the same DDL in the same order. One that has brought DDL number done waits until all
 * others have, too; then one source, the owner, runs it once. A restart of any of them at any step finds in the group all
 * that it needs. Pure: functions over a group as it was read under its lock. Callers: shard.c, tests/sim.
 */
#ifndef SYNC_PESSIMIST_H
#define SYNC_PESSIMIST_H

#include "meta/shard.h"

enum pess_next {
	PESS_WAIT,		/* for others */
	PESS_RUN,		/* we are the owner, and run it now */
	PESS_DONE,		/* it has run: go on */
};

/* The number of what a member brings that has passed i statements: i; where an operator has let the others go on without it, and it is none
 * of what they have run, the next one that has not run. */
uint64_t pess_number(const struct shard_group *g, uint64_t i, const struct shard_ddl *ddl);

/* A member reads its DDL number i, ddl, in the order of its log: it must be what the others have brought as number i, or
 * becomes that. a: for the group's longer list. */
bool pess_read(struct shard_group *g, const struct shard_member *member, uint64_t i, const struct shard_ddl *ddl,
	       struct arena *a, struct err *e);

/* All of a member's rows before its DDL number i are applied; it waits there. */
void pess_pass(struct shard_group *g, struct shard_member *member, uint64_t i);

/* A member that waits looks again. ready: every source of the task has told its tables. owner_dead: the owner, which is
 * another source, does not work any more. Where it is to run the DDL, the group has a new owner. */
enum pess_next pess_look(struct shard_group *g, const struct shard_member *member, bool ready, bool owner_dead);

#endif
