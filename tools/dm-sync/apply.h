/*
 * apply.h - the loop of dm-sync: lines of the stream into downstream transactions.
 */
#ifndef SYNC_APPLY_H
#define SYNC_APPLY_H

#include "ddl.h"
#include "report.h"
#include "stream/rows.h"
#include "upstream.h"

struct sync {
	/* from the options and the task */
	struct str meta_schema, task, source;	/* source "": the stream's own */
	uint64_t batch;			/* rows of a downstream transaction */
	bool safe_mode;			/* always */
	int64_t idle_ms;		/* the checkpoint moves this often when nothing is applied */
	/* the work */
	struct line_in *in;
	struct target target;
	struct checkpoint cp;
	struct transaction tx;
	struct upstream up;
	struct ddl_run ddl;
	struct report report;
	struct rows_reader rows;
	struct buf spill;		/* a line that the reader's buffer cannot hold */
	struct arena arena;		/* of the line */
	bool started;			/* the head of the stream was seen */
	bool skipping;			/* this transaction was applied by an earlier run */
	bool skipped_gtid;		/* its GTID tells so, not its place */
	bool after_ddl;			/* its commit line is to be written at once */
	bool cut;			/* the `end` came inside a transaction */
	bool stopping;			/* a signal came; the transaction that is open may still end */
	int64_t stop_ms;
};

/* Opens the meta tables for s->source. Called by sync_run, or, where only the stream knows its source, at
 * its head. */
bool sync_take_lease(struct sync *s, struct err *e);

/* Reads the stream to its end. The target is open; all else is prepared by sync_init. */
void sync_init(struct sync *s, const char *status_file, enum on_missing on_missing);
void sync_release(struct sync *s);
bool sync_run(struct sync *s, struct err *e);

#endif
