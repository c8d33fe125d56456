/*
 * shard.h - merged upstream tables: who they are, and what a statement that changes one of them means for the others.
 *
 * Every table that the stream tells of is a member of the group of its target, in TASK_shard_ddl (meta/shard.h). take_ddl, take_rows
 * and take_table of apply.c ask here first. Rows of a member that waits for others go to its spool; everything else flows, and a
 * restart reads from where the first of them waits (checkpoint_set_anchor) and makes the spools again. Both modes share the
 * members, the order in which statements are read, and the rules of shard_take_ddl; what a change of a structure means is
 * shard_pass's (pessimistic) or the other mode's. What the files shard_*.c have among themselves is in shard_parts.h. Callers: apply.c.
 */
#ifndef SYNC_SHARD_H
#define SYNC_SHARD_H

#include "base/map.h"
#include "base/spool.h"
#include "checkpoint.h"
#include "meta/shard.h"
#include "rules/rules.h"

struct sync;

/* One of our own source's tables. Texts are owned. */
struct shard_table {
	struct event_name up, target;
	char *text;			/* the four, one after the other */
	bool joined;			/* the group knows */
	bool alone;			/* in its group, when that was asked last */
	uint64_t passed;		/* as in its row */
	uint64_t read;			/* passed, and the statements in the spool */
	bool held;			/* its row says that it waits, or that its spool was not empty yet */
	struct buf held_pos, held_gtid;	/* at this statement */
	uint64_t held_nth;
	bool anchored;			/* anchor is its own; else that of the checkpoint that we started from holds for it */
	struct anchor anchor;
	bool blocked;			/* that statement was read: what comes goes to the spool */
	bool draining;			/* its spool is being emptied, a part at a time; what comes goes to its end */
	bool left_out;			/* that statement did not come again: an operator has taken it out */
	struct buf ddl;			/* its line */
	struct spool spool;
	bool drained;			/* of what comes, the rows up to here were applied by an earlier run */
	struct buf drained_pos, drained_gtid;
	uint64_t drained_seq;
	bool drained_met;		/* its transaction was seen */
	/* optimistic */
	struct buf state;		/* as in its row; before there is one, what the stream has told */
	struct buf verdict, why;	/* what it waits for */
	uint64_t looked;		/* how far the group had moved when it was asked last */
	uint64_t seen;			/* how far it had moved when the downstream's structure was looked at */
	bool entered;			/* the group knows its structure */
	bool silent;			/* it was upstream when we started, and the stream has not told its structure yet */
};

struct shard {
	enum shard_mode mode;
	bool strict;			/* optimistic: no statement waits for others */
	int timestamps;			/* of the upstream; enum of struct ddl_tables */
	const char *spool_dir;		/* NULL: TMPDIR, /tmp */
	size_t n_sources;		/* of the task; 0: not known, those that have registered count */
	const struct str *sources;
	struct arena names;
	struct rules *rules;		/* of the task file; owned; NULL: none */
	struct map tables;		/* "schema NUL table" -> struct shard_table */
	struct arena key;
	bool registered;		/* our tables and our source are in the meta table */
	bool to_join;			/* a table is not */
	bool behind;			/* what is read was applied by an earlier run */
	bool again;			/* that run had come further: a table that is no member now has gone since, or is about to come */
	struct anchor start;		/* where that run wanted a restart to read from */
	struct gtid_set read;		/* from there on, while behind */
	size_t n_blocked;
	size_t n_unmet;			/* held, and their statement has not come again yet */
	size_t n_draining;
	int64_t refreshed_ms;
	int64_t looked_ms, looked_owner_ms, drained_ms;
	struct buf pos, gtid;		/* of the transaction whose statements are read */
	uint64_t nth;			/* how many of it came before */
	bool draining;			/* rows come from this table's spool, now */
	struct shard_table *from;
};

void shard_init(struct shard *sh);
void shard_release(struct shard *sh);

/* The head of the stream: what a TIMESTAMP is upstream. */
void shard_take_stream(struct shard *sh, const struct event_head *ev, bool mariadb);

/* After the lease is taken. Without a mode: an error where tables of an earlier run wait. */
bool shard_open(struct sync *s, struct err *e);

/* Before the first line that is no state, table or snapshot: tells the tables of our source. */
bool shard_register(struct sync *s, struct err *e);

/* A table line of the stream. *taken: the table waits, and the line with it. */
bool shard_take_table(struct sync *s, const struct event_name *up, const struct event_name *target, struct str line,
		      bool *taken, struct err *e);

/* Tables that were upstream when the task started, and whose structure the stream cannot tell yet: a JSON list of pairs. They are members
 * from the start, or the others would not wait for them. */
bool shard_take_unlearnt(struct sync *s, struct str value, struct err *e);

/* Rows: does their table wait? Then shard_keep_rows. */
struct shard_table *shard_waiting(struct shard *sh, struct str schema, struct str table);
bool shard_keep_rows(struct sync *s, struct shard_table *t, struct str line, struct err *e);

/* While a spool is drained: was this row applied by an earlier run? */
bool shard_was_drained(struct shard *sh, const struct event_head *ev, uint64_t seq);

/* A statement, s->skipping as look_back has found. */
bool shard_take_ddl(struct sync *s, const struct event_head *ev, struct str line, struct err *e);

/* A commit, heartbeat or end was read, or nothing to read. May drain spools and run statements. */
bool shard_boundary(struct sync *s, const struct event_head *ev, struct err *e);
bool shard_idle(struct sync *s, struct err *e);

/* For the status file: JSON lists of the statements that tables of ours wait at, and of their groups; the ID of the first lock. */
void shard_report(const struct sync *s, struct buf *blocking, struct buf *groups, struct buf *lock);
void shard_report_conflict(const struct sync *s, struct buf *owner, struct buf *why);	/* "" where there is none */

#endif
