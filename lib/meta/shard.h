/*
 * shard.h - upstream tables that are merged into one downstream table, and how far each has come with its DDL: table
 * `TASK_shard_ddl`.
 *
 * A group is one downstream table; its members are the upstream tables, of all sources of the task, that are routed to it. DDL of
 * a group is numbered from 0: member.passed of them were read, group.done of them have run downstream. Every decision is made
 * under meta_shard_lock, in a short transaction of the caller's. Not in meta.h since only dm-sync and dm-meta need it.
 */
#ifndef META_SHARD_H
#define META_SHARD_H

#include "meta/meta.h"
#include "stream/event.h"

enum shard_mode { SHARD_NONE, SHARD_PESSIMISTIC, SHARD_OPTIMISTIC };

const char *shard_mode_name(enum shard_mode mode);	/* "pessimistic"; "" for none */
bool shard_mode_parse(enum shard_mode *mode, struct str name);	/* "" is none; false: no such mode */

/* A statement's place: of its transaction, and how many statements of that came before. */
struct shard_place {
	struct str pos, gtid;
	uint64_t nth;
};

struct shard_member {
	struct str source, schema, table;	/* upstream's names */
	uint64_t passed;
	bool away;			/* an operator has taken its source out: nobody waits for it until it is back */
	bool held;			/* its rows from held_at on wait, or did until drained */
	struct shard_place held_at;
	bool drained;			/* of these, the rows up to this one are applied */
	struct str drained_pos, drained_gtid;
	uint64_t drained_seq;
	struct str state;		/* JSON of the other mode; "" none */
};

struct shard_ddl {
	struct str sql;			/* normalised, as all members must bring it */
	struct str text;		/* as the first of them has brought it, after routing; for people */
	struct str source, schema, table;	/* who brought it first */
	struct str pos;
};

struct shard_group {
	struct event_name target;
	enum shard_mode mode;
	uint64_t done;
	struct str owner;		/* the source that runs DDL number done; "" none */
	struct str failed;		/* why the downstream has refused it; "" */
	struct str failed_schema, failed_table;	/* as the owner's table had brought it */
	struct str announced;		/* JSON of dm-sync: it is about to run, and how far it had come; "" none */
	uint64_t first;			/* number of ddls[0]: those before are passed by all */
	struct shard_ddl *ddls;
	size_t n_ddls;
	bool unlocked;			/* by an operator: number done runs without those that have not come */
	struct str unlock_owner;	/* by this source; "" by any */
	struct str state;		/* JSON of the other mode; "" none */
	struct shard_member *members;	/* in the order of source, schema, table */
	size_t n_members;
};

/* Locks the group's row, which is made where there is none, and reads all of the group into a. Inside the caller's transaction. */
bool meta_shard_lock(struct meta *m, struct arena *a, const struct event_name *target, struct shard_group *g, struct err *e);

/* The same without the lock; *found false: there is no such group. */
bool meta_shard_read(struct meta *m, struct arena *a, const struct event_name *target, struct shard_group *g, bool *found,
		     struct err *e);

/* What is in g, but for its members. Under the lock. */
bool meta_shard_put(struct meta *m, const struct shard_group *g, struct err *e);
bool meta_shard_put_member(struct meta *m, const struct event_name *target, const struct shard_member *member,
			   struct err *e);
bool meta_shard_drop_member(struct meta *m, const struct event_name *target, const struct shard_member *member,
			    struct err *e);

/* A member that is not there yet joins with passed = done of its group, which is made where there is none. Inside the caller's
 * transaction. */
bool meta_shard_join(struct meta *m, const struct event_name *target, struct str schema, struct str table,
		     enum shard_mode mode, struct err *e);

/* Our source has told all tables that it has: no DDL of a group runs before every source of the task has. */
bool meta_shard_register(struct meta *m, struct err *e);
/* Our source is about to be loaded: until it has told its tables no DDL of any group runs, so that none is both in what it brings later
 * and behind the others. */
bool meta_shard_announce(struct meta *m, struct err *e);
bool meta_shard_sources(struct meta *m, struct arena *a, struct str **sources, size_t *n, bool *announced, struct err *e);

/* The groups that a source has members in. */
bool meta_shard_groups(struct meta *m, struct arena *a, struct str source, struct event_name **targets, size_t *n,
		       struct err *e);

/* A source's members are away, with all that is known of them; and they are back. */
bool meta_shard_leave(struct meta *m, struct str source, struct err *e);
bool meta_shard_return(struct meta *m, struct err *e);

/* The source is none of the task's any more. */
bool meta_shard_unregister(struct meta *m, struct str source, struct err *e);

/* One look at all groups that may have moved, without locks: done, owner, and the least passed of all members that are not away. */
struct shard_glance {
	struct event_name target;
	uint64_t done, least;
	struct str owner;
	bool unlocked;
};
bool meta_shard_glance(struct meta *m, struct arena *a, struct shard_glance **list, size_t *n, struct err *e);

/* Has the task this table? One that was made by a version before has not. */
bool meta_shard_is_there(struct meta *m, bool *there, struct err *e);

/* All groups of the task. */
bool meta_shard_all_groups(struct meta *m, struct arena *a, struct event_name **targets, size_t *n, struct err *e);

/* Has nobody a lease on this source that is alive? */
bool meta_lease_is_dead(struct meta *m, struct str source, bool *dead, struct err *e);

/* The least passed of all members that are not away; done where there is none. */
uint64_t shard_least(const struct shard_group *g);

/* DDL number done has run (or was left out by an operator): the group goes on to the next. */
void shard_done(struct shard_group *g);

/* DDL number i, or NULL where it is not known any more, or not yet. */
const struct shard_ddl *shard_ddl_at(const struct shard_group *g, uint64_t i);

struct shard_member *shard_find(const struct shard_group *g, struct str source, struct str schema, struct str table);

/* `TASK-`schema`.`table``, as DM calls a lock. */
void shard_lock_id_put(struct buf *b, struct str task, const struct event_name *target);

#endif
