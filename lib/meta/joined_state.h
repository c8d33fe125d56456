/*
 * joined_state.h - what TASK_shard_ddl keeps of a group whose structures are joined, as JSON and as structs.
 *
 * A member's state is its structure, the statement that was answered last, and the one it waits at; a group's the joined structure,
 * what was dropped by some, and the plan of a statement that is being run: all that another source needs to finish it. Texts
 * live in the arena that was given, structures until release. Pure. Callers: dm-sync, dm-meta.
 */
#ifndef META_JOINED_STATE_H
#define META_JOINED_STATE_H

#include "meta/shard.h"
#include "schema/table.h"

struct joined_member {
	struct table now, wants;
	bool has_now, has_wants;
	bool assumed;			/* now was the downstream's when it came, since the stream has not told it */
	size_t n_renamed;
	struct str *renamed;
	bool has_last;
	struct shard_place last;	/* of the statement that was answered last: it is not asked about again */
	struct str verdict;		/* "wait", "conflict", "busy"; "" : it waits for nothing */
	struct str why;
	struct str sql;			/* the statement it waits at */
	struct str order;		/* of an operator: "skip", "exec"; "" none */
};

struct joined_dropped {
	struct str source, schema, table, column;
};

struct joined_statement {
	struct str sql;
	bool own;		/* to be run as strictly as upstream; else in a session that is not strict: it is ours, or changes what
				 * shards have left behind in a column that they dropped */
};

/* A statement that is being run by the group's owner. */
struct joined_plan {
	bool there;
	struct str source, schema, table;	/* whose it is */
	struct shard_place at;
	struct str line;			/* its ddl line */
	uint64_t next;				/* of the statements: those before have run */
	size_t n;
	struct joined_statement *statements;
	struct table now, joined;		/* afterwards */
	bool has_now, has_joined, resolves;
	size_t n_dropped;
	struct joined_dropped *dropped;
};

struct joined_group {
	bool begun;				/* joined is the join of all that there were */
	struct table joined;
	bool has_joined;
	size_t n_dropped;
	struct joined_dropped *dropped;
	struct joined_plan plan;
};

/* An empty text is an empty state. */
bool joined_member_read(struct joined_member *m, struct str state, struct arena *a, struct err *e);
bool joined_group_read(struct joined_group *g, struct str state, struct arena *a, struct err *e);
void joined_member_put(struct buf *b, const struct joined_member *m);
void joined_group_put(struct buf *b, const struct joined_group *g);
void joined_member_release(struct joined_member *m);
void joined_group_release(struct joined_group *g);

/* Same transaction, by its GTID or its place, and the same statement of it. */
bool joined_same_place(const struct shard_place *a, const struct shard_place *b);

#endif
