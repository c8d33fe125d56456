/*
 * state.h - what the driver and the tools keep in files about each source of each task, read at one moment.
 *
 * The layout is that of FILES in dm(1), the status files are those of status/status.h. Anything may be missing, torn, or from a
 * stranger: what cannot be read is not known, and a file that is there and cannot be read is told in a note.
 */
#ifndef DM_TOP_STATE_H
#define DM_TOP_STATE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/opt.h"

#define UNKNOWN UINT64_MAX

/* As DM has them; of those that are Paused, what tries again by itself and what has lost its processes are kept apart. */
enum stage { STAGE_UNKNOWN, STAGE_NEW, STAGE_RUNNING, STAGE_PAUSED, STAGE_RETRYING, STAGE_GONE, STAGE_STOPPED, STAGE_FINISHED };
#define STAGES (STAGE_FINISHED + 1)
enum unit { UNIT_NONE, UNIT_LOAD, UNIT_SYNC };

enum note_kind { NOTE_LOCK, NOTE_ERROR, NOTE_WAY_OUT };

struct note {
	enum note_kind kind;
	struct str text;
	struct note *next;
};

/* Numbers that grow, and when they were so. */
struct counters {
	uint64_t pid;		/* whose they are */
	int64_t at_ns;		/* the file's time; 0: there are none */
	uint64_t rows;		/* UNKNOWN where they are not told */
	uint64_t bytes;		/* of data; of a binlog file, the offset */
	struct str file;	/* that binlog file; "" for data */
	uint64_t told;		/* the rate that the tool tells: bytes of Load, rows of Sync */
};

struct source_state {
	struct str key;		/* the folder, within tasks/ */
	struct str task, source;
	enum stage stage;
	enum unit unit;
	double percent;		/* of Load; below 0: not known */
	uint64_t tables, all_tables, total_bytes;
	uint64_t lag;		/* of Sync, in seconds */
	bool synced;
	struct str place;	/* "mysql-bin.000003:154" */
	struct counters counters;
	struct note *notes;
};

struct state {
	struct arena a;		/* all text is here */
	struct source_state *sources;	/* by task, then source */
	size_t n, n_tasks;
};

/* Reads all tasks, or those that are named; of them all sources, or those that are named. */
bool state_read(struct state *s, struct str home, const struct opt_list *tasks, const struct opt_list *sources, struct err *e);
void state_release(struct state *s);

/* Are all these names there? An error of the configuration (78) where not. */
bool state_has(const struct state *s, const struct opt_list *tasks, const struct opt_list *sources, struct err *e);

const char *stage_name(enum stage stage);
const char *unit_name(enum unit unit);

#endif
