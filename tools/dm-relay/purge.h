/*
 * purge.h - takes old logs out of a relay log: always from the oldest on, never one that a reader needs (see
 * lease.h) or a task of --keep-for (see needed.h), never the newest.
 */
#ifndef RELAY_PURGE_H
#define RELAY_PURGE_H

#include "config/options.h"
#include "store.h"

struct purge_rules {
	const char *before;		/* all that is older than this log */
	uint64_t expires_hours;		/* all that nothing was written to for so long; 0: none for that */
	uint64_t remain_gib;		/* all, where less is free; 0: none for that */
	const struct opt_list *keep_for;	/* task files */
	const struct config_settings *config;	/* the source that they are asked for */
};

/* wait: for readers that start just now; else nothing is done then. */
bool purge(const char *dir, const struct purge_rules *rules, bool wait, struct err *e);

/* --purge-before. */
bool purge_run(const struct relay_settings *s, struct err *e);

#endif
