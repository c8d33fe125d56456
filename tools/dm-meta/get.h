/*
 * get.h - what a restart reads, and which pipeline comes next. Neither writes, nor needs the lease. Callers:
 * commands.c.
 */
#ifndef DM_META_GET_H
#define DM_META_GET_H

#include "commands.h"

/* Prints the resume document. Without a checkpoint: the first place of an incremental task, else an error. */
bool get_checkpoint(struct work *w, struct err *e);

/* Prints load, sync or done. */
bool get_next(struct work *w, struct err *e);

#endif
