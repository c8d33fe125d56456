/*
 * commands.h - what dm-meta can be told to do.
 *
 * A command works on one source of one task, but for drop. What it prints goes through out. Callers: main.c.
 */
#ifndef DM_META_COMMANDS_H
#define DM_META_COMMANDS_H

#include "config/options.h"
#include "meta/meta.h"
#include "stream/line.h"

struct work {
	struct str schema, task, source;
	const struct task_instance *instance;	/* NULL without a task file */
	bool has_mode;				/* a task file says what the task does */
	enum task_mode mode;
	struct str gtid;			/* of --gtid; p NULL where it was not given */
	struct str place;			/* FILE:POS of checkpoint set */
	struct conn c;
	struct meta meta;
	bool there;				/* the meta tables are there, and meta is open */
	struct line_out *out;
};

struct command {
	const char *first, *second;		/* words; second NULL: there is none */
	const char *operand;			/* what it takes behind them; NULL: nothing */
	bool whole_task;			/* needs no source */
	bool (*run)(struct work *w, struct err *e);
};

/* The command that the operands name, and what it takes. NULL, with e filled, where there is none. */
const struct command *command_find(char **operands, struct str *operand, struct err *e);

#endif
