/*
 * checkpoint.h - where we are, and everything that a restart needs, written in the transaction that brought us
 * there.
 *
 * The place moves at transaction boundaries only. A restart may have to read from an earlier one: from where the stream
 * says so (resume), or from where we do (anchor); what belongs to the checkpoint is always as of that. Structures and state
 * lines that were seen are written once that has passed them. The lease is renewed with every write, and a write fails
 * where it was lost.
 */
#ifndef SYNC_CHECKPOINT_H
#define SYNC_CHECKPOINT_H

#include "base/arena.h"
#include "base/map.h"
#include "binlog/gtid.h"
#include "meta/meta.h"
#include "stream/event.h"

/* Our own facts among the state lines. */
#define SYNC_STAGE STR_LIT("dm-sync")
#define SYNC_DDL STR_LIT("ddl")			/* a DDL that was announced */
#define SYNC_APPLIED STR_LIT("applied")		/* the place that is applied, where a restart reads from an earlier one */

struct note;

/* Boundaries that were passed while reading, for when what stands before them is applied. */
struct checkpoint_step {
	bool any, commits;
	struct buf pos, resume;		/* of the last one; see the fields of the checkpoint */
	struct str *gtids;		/* of the commits; in the arena that was given */
	size_t n_gtids, cap_gtids;
	uint64_t notes;			/* how many had been noted by then */
};

/* A place between transactions, and what a restart from there needs. */
struct anchor {
	struct buf pos, resume;		/* as of the checkpoint below */
	struct gtid_set gtids;
};

struct checkpoint {
	struct meta meta;
	bool open;
	struct buf place;		/* "FILE:OFFSET": everything before it is applied or in the open transaction */
	struct buf resume;		/* where a restart reads from; "" : the place */
	struct buf exit;		/* safe mode until here; "" : none */
	struct buf safe;		/* the same, for what is read now */
	struct gtid_set gtids;		/* up to the place */
	bool gtids_known;
	struct buf applied;		/* the place that was in the table when we started; "" : none, or left behind */
	struct gtid_set applied_gtids;
	bool applied_state;		/* the table holds the place that belongs to a resume */
	struct note *notes;		/* to write with the next place */
	size_t n_notes, n_ripe, cap_notes;	/* ripe: seen before the place */
	size_t n_placed;		/* those behind which a boundary was read */
	bool anchored;			/* a restart reads from the anchor, whatever the place is */
	bool loose;			/* that ends once the place moves, since only then it is known what belongs to it */
	bool has_moved;			/* in this run */
	struct anchor anchor;
	bool (*also)(void *context, struct err *e);	/* what the next write begins with; NULL: nothing. May run again */
	void *also_context;
	uint64_t writes;		/* to tell ours from the one before, where the place stays */
	uint64_t noted;			/* notes that were ever made */
	struct map seen;		/* tables that the stream has told of, or changed */
	struct arena key;
	bool beside;			/* the table may list what was applied behind the place */
	struct buf partly;		/* what stays in that list when the place moves, in applied.h's form; "" : nothing */
	struct buf announced;		/* a DDL that is about to run; "" : none */
	bool moved;			/* since the last write */
	int64_t written_ms;
};

void checkpoint_init(struct checkpoint *cp);
void checkpoint_release(struct checkpoint *cp);

/* Makes the meta tables, takes the lease, reads the place. The strings and c are borrowed for good. */
bool checkpoint_open(struct checkpoint *cp, struct conn *c, struct str schema, struct str task, struct str source,
		     struct err *e);

/* The head of the stream: an error where changes would be left out between the checkpoint and its start. */
bool checkpoint_start(struct checkpoint *cp, const struct event_head *stream, struct err *e);

/* A snapshot that is not consistent: safe mode until its end. False where we are behind it already. */
bool checkpoint_set_exit(struct checkpoint *cp, struct str pos_end);

/* Was this transaction applied by an earlier run? pos is its start, gtid its own. */
bool checkpoint_has(const struct checkpoint *cp, struct str pos, struct str gtid);

/* The same of a place between transactions, or of the end of one: is all before it applied? */
bool checkpoint_covers(const struct checkpoint *cp, struct str pos, struct str gtid);

void checkpoint_step_init(struct checkpoint_step *step);
void checkpoint_step_release(struct checkpoint_step *step);
void checkpoint_step_clear(struct checkpoint_step *step);

/* A boundary is read, be it one that an earlier run had passed. */
void checkpoint_read(struct checkpoint *cp, struct str pos);

/* A boundary is passed. line is the commit, heartbeat or end; only a commit carries a GTID of its own. */
void checkpoint_step_add(struct checkpoint_step *step, struct checkpoint *cp, const struct event_head *line, struct arena *a);

/* All before the boundaries of step is applied, or in the open transaction. */
bool checkpoint_move(struct checkpoint *cp, const struct checkpoint_step *step, struct err *e);

/* To be written with the next place. line: as it goes into the table, NULL text: out of it; table "" (drop):
 * the whole schema. */
void checkpoint_note_table(struct checkpoint *cp, struct str schema, struct str table, struct str line);
void checkpoint_note_change(struct checkpoint *cp, struct str schema, struct str table);	/* by a statement: what comes is new */
void checkpoint_note_state(struct checkpoint *cp, struct str stage, struct str key, struct str value);

/* All that was noted so far belongs to the place. */
void checkpoint_ripen(struct checkpoint *cp);

/* A DDL is about to run: its description, JSON, goes into the table with the next write, whatever the place is. */
void checkpoint_announce(struct checkpoint *cp, struct str value);

/* The place as the table holds it after a write: where a restart reads from. */
struct str checkpoint_base(const struct checkpoint *cp);

/* Is something to be written that belongs to the place? */
bool checkpoint_has_news(const struct checkpoint *cp);

void anchor_init(struct anchor *at);
void anchor_release(struct anchor *at);
void anchor_copy(struct anchor *to, const struct anchor *from);

/* The place where we are. */
void checkpoint_here(const struct checkpoint *cp, struct anchor *at);

/* From the next write on, a restart reads from at, a place not behind ours; NULL: from the place again. */
void checkpoint_set_anchor(struct checkpoint *cp, const struct anchor *at);

/* Inside the caller's transaction; checkpoint_written once that is committed. */
bool checkpoint_write(struct checkpoint *cp, struct err *e);
void checkpoint_written(struct checkpoint *cp);

/* After a COMMIT whose answer was lost: does the table hold our place? */
bool checkpoint_is_written(struct checkpoint *cp, bool *yes, struct err *e);

/* Renews the lease in the caller's transaction. */
bool checkpoint_hold(struct checkpoint *cp, struct err *e);

#endif
