/*
 * parts.h - what the files of this room share: statements about the meta tables, built from a pattern. Inside this
 * room only.
 *
 * In a pattern, $t is a table by the end of its name (const char *), $s is text (struct str), $n a number (uint64_t);
 * $i is this source's id and takes no argument; $r is our own SQL as it stands (const char *). All is quoted as it
 * must be. The statement is built in m->sql.
 */
#ifndef META_PARTS_H
#define META_PARTS_H

#include "meta/meta.h"

#define CHECKPOINT "_syncer_checkpoint"
#define LOADER "_loader_checkpoint"
#define STATE "_state"
#define APPLIED "_syncer_applied"
#define ONLINE "_onlineddl"
#define SHARD "_shard_ddl"
#define LEASE "_lease"

#define NAME_BYTES 128		/* of a schema, a table and a log file, as DM's columns have it */
#define CHUNK_BYTES 255
#define LEASE_SECONDS 30

bool meta_run(struct meta *m, struct err *e, const char *pattern, ...);
bool meta_ask(struct meta *m, struct result *r, struct err *e, const char *pattern, ...);

/* The first row, copied into a, n columns of room, NULL as p NULL. *found false: there is none. */
bool meta_row(struct meta *m, struct arena *a, struct str *row, size_t n, bool *found, struct err *e,
	      const char *pattern, ...);

/* False, e filled, where text is longer than its column takes. what names it. */
bool meta_fits(struct str text, size_t bytes, const char *what, struct err *e);

/* All that the resume document has of stages' state lines. moved: but for what belongs to the place that the task was moved from. */
bool state_lines_put(struct meta *m, struct buf *out, bool moved, struct err *e);

/* What the lease row says about its holder. age_us: since it was renewed, by the database's clock. */
struct lease {
	struct str owner;
	int64_t age_us;
};

/* May it be taken over? Its process is gone, or it has not renewed for too long. */
bool lease_is_dead(const struct lease *lease);

/* "process 12 on host 'a', seen 1.2 s ago" */
struct str lease_text(const struct lease *lease, struct arena *a);

/* Fills e: somebody else has it now. Always false. */
bool lease_is_lost(struct meta *m, struct err *e);

/* All values of a result, row by row, in a; n counts values, not rows. */
bool meta_take_texts(struct result *r, struct arena *a, struct str **list, size_t *n, size_t columns, struct err *e);

/* All rows of a result of two columns, schema and table. */
bool meta_take_names(struct result *r, struct arena *a, struct event_name **names, size_t *n, struct err *e);

/* The load's own row; exists false before the first meta_load_begin. Texts in a. */
struct load_head {
	bool exists, finished;
	struct str start, start_gtid;	/* where changes are read from */
	struct str now;			/* place of the dump that is being loaded */
	struct str end;			/* safe mode until here; "" none */
};
bool load_head_get(struct meta *m, struct arena *a, struct load_head *head, struct err *e);

#endif
