/*
 * shard_parts.h - what the coordination of merged tables is made of. For the files shard*.c only; apply.c has shard.h.
 *
 * shard.c has the tables of our own source, and what a boundary of transactions means for those that wait; shard_member.c says who
 * belongs to a group; shard_ddl.c what a statement is for its group; shard_wait.c, and shard_joined.c with shard_plan.c, when it is
 * run, by whom, and what waits for it.
 */
#ifndef SYNC_SHARD_PARTS_H
#define SYNC_SHARD_PARTS_H

#include "shard.h"

/* --- shard.c --- */

/* The key of a table in the map; it lives until the next one is asked for. */
struct str shard_key(struct shard *sh, struct str schema, struct str table);

/* The member of that name, made where there is none. target NULL: NULL where there is none. */
struct shard_table *shard_table_get(struct sync *s, const struct event_name *up, const struct event_name *target);

/* We know of it no more. */
void shard_table_drop(struct sync *s, struct shard_table *t);

/* Its row, as it is to be. Texts are borrowed from t. */
void shard_member_of(const struct sync *s, const struct shard_table *t, struct shard_member *member);

/* Commits all that is whole, and in the same transaction, first, what write does under the group's lock. write may run again. */
bool shard_commit(struct sync *s, bool (*write)(void *context, struct err *e), void *context, struct err *e);

/* The earliest place that a table of ours needs a restart to read from, into the checkpoint. */
void shard_set_anchor(struct sync *s);

/* --- shard_member.c --- */

/* All tables that are not in their groups yet go there; in statements of their own, each of which may be made again. */
bool shard_join_all(struct sync *s, struct err *e);

/* A table goes out of its group, in its own transaction: whoever dies after that takes it out once more. */
bool shard_leave(struct sync *s, struct shard_table *t, struct err *e);

/* Every source of the task has told its tables. Inside a transaction. */
bool shard_all_registered(struct sync *s, bool *all, struct err *e);

/* --- shard_ddl.c and shard_text.c --- */

/* The statement at which an earlier run had stopped is here; "": an operator has left it out. */
void shard_meet(struct shard *sh, struct shard_table *t, struct str line);

/* The statement as all members have to bring it: names after routing, one space between words, small letters. In a. */
struct str shard_normal(struct arena *a, const struct ddl_event *ddl, bool from_mariadb);

/* Not where it adds a column that would have other values in the rows of the target than upstream: a shard's own time, or numbers. */
bool shard_fills_alike(const struct ddl_event *ddl, bool from_mariadb, struct err *e);

/* --- shard_wait.c: pessimistic --- */

/* A change of the structure of t, which is in the stream now and applied by no earlier run. */
bool shard_pass(struct sync *s, struct shard_table *t, const struct ddl_event *ddl, struct str line, struct err *e);

/* The same of a table that waits. */
bool shard_queue(struct sync *s, struct shard_table *t, const struct ddl_event *ddl, struct str line, struct err *e);

/* Looks whether a table that waits may go on, and lets it. busy: the stream has more to be read. */
bool shard_go_on(struct sync *s, bool busy, struct err *e);

/* shard.c: all that can go on now does, and is drained. */
bool shard_go_on_fully(struct sync *s, struct err *e);

#endif
