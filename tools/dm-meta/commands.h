/*
 * commands.h - what dm-meta can be told to do.
 *
 * A command works on one source of one task, but for drop. What it prints goes through out. Callers: main.c.
 */
#ifndef DM_META_COMMANDS_H
#define DM_META_COMMANDS_H

#include "config/options.h"
#include "meta/meta.h"
#include "meta/shard.h"
#include "rules/rules.h"
#include "stream/line.h"

enum { OPERANDS_MAX = 3 };

struct work {
	struct str schema, task, source;
	const struct task_instance *instance;	/* NULL without a task file */
	bool has_mode;				/* a task file says what the task does */
	bool sharded;				/* with a shard-mode */
	enum task_mode mode;
	struct str safe_until;			/* of --safe-until; "" where it was not given */
	struct str gtid;			/* of --gtid; p NULL where it was not given */
	struct str database, table, action;	/* with lock unlock, of an optimistic one; "" where they were not given */
	struct str operands[OPERANDS_MAX];	/* behind the command's words; p NULL where one was left out */
	bool from_source, from_target;		/* options of schema set */
	struct str owner;			/* options of lock unlock; "" any */
	bool force;
	const struct endpoint *upstream;	/* NULL: no source file was found */
	bool mariadb;				/* the upstream, as far as its source file says */
	struct rules *rules;			/* of the task; NULL without a task file */
	struct conn c;
	struct meta meta;
	bool there;				/* the meta tables are there, and meta is open */
	struct line_out *out;
};

struct command {
	const char *first, *second;		/* words; second NULL: there is none */
	const char *operands[OPERANDS_MAX + 1];	/* what it takes behind them; "[...]" may be left out */
	bool writes;				/* makes the tables where they are not there */
	bool whole_task;			/* needs no source */
	bool (*run)(struct work *w, struct err *e);
};

/* The command that the operands name, and what it takes. NULL, with e filled, where there is none. */
const struct command *command_find(char **words, struct str operands[OPERANDS_MAX], struct err *e);

/* Runs change while nobody else may work on the source. */
bool with_lease(struct work *w, bool (*change)(struct work *w, struct err *e), struct err *e);

/* --- error.c: statements that are skipped, replaced, preceded --- */

bool error_skip(struct work *w, struct err *e);
bool error_replace(struct work *w, struct err *e);
bool error_inject(struct work *w, struct err *e);
bool error_revert(struct work *w, struct err *e);
bool error_list(struct work *w, struct err *e);

/* --- schema.c: structures of upstream tables --- */

bool schema_get(struct work *w, struct err *e);
bool schema_set(struct work *w, struct err *e);
bool schema_remove(struct work *w, struct err *e);

/* --- lock.c: what merged tables wait for --- */

bool lock_list(struct work *w, struct err *e);
bool lock_unlock(struct work *w, struct err *e);
bool lock_leave(struct work *w, struct err *e);
bool lock_join(struct work *w, struct err *e);

/* --- lease.c: who works on which source --- */

bool lease_list(struct work *w, struct err *e);
bool lease_give(struct work *w, struct err *e);

/* --- lock_joined.c: locks of tables whose structures are joined --- */

/* Puts the group where it is a lock. */
bool lock_joined_put(struct buf *b, const struct work *w, const struct shard_group *g, struct err *e);

/* The operator's word about one table's statement. Under the group's lock; g is put by the caller. */
bool lock_joined_order(struct work *w, struct shard_group *g, struct arena *a, struct err *e);

#endif
