/*
 * plan.h - what a task would do, table by table, as text for a person: --plan, which `dm start-task --dry-run` shows.
 *
 * Statements that read are all that a server is asked; see report.h for what is found wrong.
 */
#ifndef DM_CHECK_PLAN_H
#define DM_CHECK_PLAN_H

#include "check.h"

/* Sizes of the tables that are wanted, as the server estimates them; what cannot be asked is not known. */
void plan_read_sizes(struct upstream *u, struct arena *a);

/* Tables of each source with their targets, sizes and filters; targets that several tables go to; what was found wrong. */
bool plan_put(struct buf *b, const struct report *r, struct upstream *all, size_t n, const struct task *task, struct err *e);

#endif
