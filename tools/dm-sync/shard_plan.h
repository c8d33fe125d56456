/*
 * shard_plan.h - the statements that a joined group has to run are run by its owner, one after the other.
 *
 * A plan stands in the group's row before any of it is run, and says how far it has come; who finds one whose owner is dead goes on
 * with it. Callers: shard_joined.c.
 */
#ifndef SYNC_SHARD_PLAN_H
#define SYNC_SHARD_PLAN_H

#include "shard_parts.h"

extern const struct err_kind err_lost_plan;	/* 36642: it is not ours any more; a restart finds out what is to be done */

/* Runs what is left of the plan of t's group, which our source owns, and leaves the group and its members where it leads. *ours: it was
 * that of t's own statement. */
bool plan_carry_out(struct sync *s, struct shard_table *t, bool *ours, struct err *e);

#endif
