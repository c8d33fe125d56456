/*
 * optimist.h - what a DDL of one shard comes to downstream, where the structure is the join of all shards'.
 *
 * A group is all upstream tables that are merged into one. Each has its own structure; downstream has the least one that takes
 * the rows of all. A DDL moves its shard from one structure to the next, and with that the join: what is run is the difference
 * of the joins, in the user's own words where they come to just that. A column is dropped when the last shard has dropped it.
 * What no join can hold (two types, two defaults) is a conflict; what would lose values if shards did it one by one (a new name, a type
 * that is neither wider nor narrower; a partition that goes) waits until all have done it, and is run once. Pure: no server, no clock. Callers: shard
 * coordination, the simulation.
 */
#ifndef SYNC_OPTIMIST_H
#define SYNC_OPTIMIST_H

#include "meta/joined_state.h"
#include "schema/ddl.h"

struct optimist_member {
	struct str source, schema, table;	/* upstream's */
	const struct table *now;		/* after its last DDL that was answered */
	const struct table *wants;		/* after the one it waits at; NULL: none. A conflict is none: it is decided again when
						 * the group has moved */
	size_t n_renamed;			/* columns that lose their name in that one */
	const struct str *renamed;
	struct str sql;				/* that one */
};

/* A column that a member has dropped and the downstream still has. */
struct optimist_dropped {
	size_t member;
	struct str column;
};

struct optimist_group {
	size_t n;
	const struct optimist_member *members;
	const struct table *joined;		/* downstream; NULL: the members had no join to begin with. What its columns say of collation,
						 * comment and ON UPDATE stays when they are spelled anew */
	size_t n_dropped;
	const struct optimist_dropped *dropped;
	struct str schema, table;		/* what it is called downstream */
};

/* The statement, as routed: its names are the downstream's. */
struct optimist_ddl {
	size_t member;				/* whose it is; what it wants already is not looked at */
	struct str sql, schema, sql_mode;
	bool from_mariadb;
	int timestamps;				/* enum of struct ddl_tables */
	bool strict;				/* what waits is refused, and so is what needs a default that the statement does not give */
};

enum optimist_verdict {
	OPTIMIST_RUN,		/* statements, in order; then the rest of the answer holds */
	OPTIMIST_NOTHING,	/* none: the downstream takes such rows already */
	OPTIMIST_WAIT,		/* until all have done it */
	OPTIMIST_CONFLICT,	/* another shard contradicts it; why names both */
	OPTIMIST_REFUSED,	/* an error: it must not be done */
};

/* Texts live in the arena of the answer; structures are owned by it. */
struct optimist_answer {
	enum optimist_verdict verdict;
	size_t n;
	struct joined_statement *statements;
	struct table now;			/* the member's; of WAIT and CONFLICT, what it wants */
	bool has_now;
	struct table joined;			/* the downstream's, after the statements */
	bool has_joined;
	bool resolves;				/* all who wait have got what they want: their `now` is their `wants` */
	size_t n_renamed;
	struct str *renamed;
	size_t n_dropped;			/* all columns that are dropped and still there, afterwards */
	struct optimist_dropped *dropped;
	char why[900];				/* of WAIT, CONFLICT and REFUSED */
	const struct err_kind *kind;		/* of REFUSED */
	struct arena arena;
};

extern const struct err_kind err_shard_conflict;	/* 36062 */
extern const struct err_kind err_shard_unknown;		/* 36640: what the statement does to the structure is not known */

/* The join of all members' structures, as it is to begin with. False where there is none; why names the two. */
bool optimist_begin(const struct optimist_group *group, struct table *joined, char *why, size_t why_size);

/* ALTER TABLE, CREATE INDEX and DROP INDEX of one table, which keeps its name. Always fills the answer. */
void optimist_decide(const struct optimist_group *group, const struct optimist_ddl *ddl, struct optimist_answer *answer);

/* A table joins: member is its number in the group, where it stands already, and was made downstream or is known from its `table` line. */
void optimist_enter(const struct optimist_group *group, size_t member, struct optimist_answer *answer);

/* The structure of a member was taken to be the downstream's, and is known now. Nothing becomes narrower downstream for that. */
void optimist_correct(const struct optimist_group *group, size_t member, struct optimist_answer *answer);

/* An operator decides about a statement that is in conflict or waits: it is not run, or is run as it is. */
void optimist_force(const struct optimist_group *group, const struct optimist_ddl *ddl, bool run, struct optimist_answer *answer);

void optimist_answer_release(struct optimist_answer *answer);

#endif
