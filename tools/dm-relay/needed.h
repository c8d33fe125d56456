/*
 * needed.h - what the tasks of --keep-for still need of a relay log: the logs from their checkpoints on.
 *
 * Leases (see lease.h) tell of readers that live; a task that is paused has none, and goes on from its checkpoint, which
 * is asked for downstream. A task of which no place is known, since it has not loaded its data yet or knows only GTIDs, needs all.
 */
#ifndef RELAY_NEEDED_H
#define RELAY_NEEDED_H

#include "config/options.h"
#include "lease.h"

/* The oldest log that any of these task files needs: *any false where none is named. who: for people. config names the source. A
 * folder is the driver's: all TASK/task.yaml in it that work on the source, as they are now. */
bool needed_oldest(const struct store *s, const struct opt_list *tasks, const struct config_settings *config,
		   struct lease_place *place, bool *any, struct buf *who, struct err *e);

/* The number of the log that a new relay log is to start with, so that it has what these tasks need; 0: they say nothing. */
bool needed_start(const struct store *s, const struct opt_list *tasks, const struct config_settings *config,
		  uint64_t *number, struct buf *who, struct err *e);

#endif
