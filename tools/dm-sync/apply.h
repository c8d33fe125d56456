/*
 * apply.h - the loop of dm-sync: lines of the stream into downstream transactions.
 */
#ifndef SYNC_APPLY_H
#define SYNC_APPLY_H

#include "applied.h"
#include "crew.h"
#include "ddl.h"
#include "report.h"
#include "shard.h"
#include "stream/rows.h"
#include "upstream.h"

struct sync {
	/* from the options and the task */
	struct str meta_schema, task, source;	/* source "": the stream's own */
	uint64_t batch;			/* rows of a downstream transaction */
	bool safe_mode;			/* always */
	bool atomic;			/* upstream transactions stay whole and in order */
	bool compact;			/* of the changes of a row only the outcome is written */
	size_t window;			/* row changes that are read ahead */
	int64_t idle_ms;		/* the checkpoint moves this often when nothing is applied */
	/* the work */
	struct line_in *in;
	struct target target;
	struct checkpoint cp;
	struct transaction tx;
	struct group groups[2];
	struct group *now;		/* what is read goes in here */
	struct group *flying;		/* the crew works on this one; NULL: on none */
	struct plan plan;
	struct crew crew;
	struct applied applied;		/* behind the place, by an earlier run */
	bool based;			/* the table holds a place */
	struct buf base;		/* that place, as the crew writes it */
	struct upstream up;
	struct ddl_run ddl;
	struct shard shard;
	struct report report;
	struct rows_reader rows;
	struct buf spill;		/* a line that the reader's buffer cannot hold */
	struct arena arena;		/* of the line */
	bool started;			/* the head of the stream was seen */
	bool in_trx;			/* inside an upstream transaction that is applied */
	bool streaming;			/* atomic, and too big to be kept: its rows go to the open downstream transaction */
	double busy_since;		/* of what no group holds, it or a statement: its time by the upstream's clock; 0: nothing */
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
void sync_init(struct sync *s, const struct status_settings *status, enum on_missing on_missing);
void sync_release(struct sync *s);
bool sync_run(struct sync *s, struct err *e);

/* A line of rows, whole, into what is applied next. */
bool sync_put_rows(struct sync *s, const struct event_head *ev, struct str line, bool safe, struct err *e);

/* A statement, all before it applied: runs it, and its commit line is written at once. */
bool sync_run_ddl(struct sync *s, const struct ddl_event *ddl, struct err *e);

/* What a statement did away with is not known any more. */
void sync_forget_tables(struct sync *s, const struct ddl_event *ddl);

/* --- flush.c --- */

/* Before the first change of a run that starts anew: the place goes into the table, with the structures there. Once a statement has changed
 * them, nobody could tell them after a crash. */
bool sync_base(struct sync *s, struct err *e);

/* Rows that come from no transaction of the stream that is read: are applied, and committed. */
bool sync_apply_kept(struct sync *s, struct err *e);

/* Row changes so far that are not applied. */
bool sync_has_work(const struct sync *s);

/* Applies all that is whole, and waits for that; the checkpoint is written. A part stays. */
bool sync_flush(struct sync *s, struct err *e);

/* At the end of an upstream transaction: starts what is to be applied by now. */
bool sync_end_transaction(struct sync *s, struct err *e);

/* After rows of a transaction that has not ended: what there is of it is applied where it is too big to be kept. */
bool sync_spill(struct sync *s, struct err *e);

/* After a place between transactions: where nothing waits to be applied, we are there. */
bool sync_pass(struct sync *s, struct err *e);

/* Nothing to read: starts what there is, takes in what is done. */
bool sync_idle(struct sync *s, struct err *e);

/* The lease is kept, whatever takes long. */
bool sync_hold(struct sync *s, struct err *e);

/* Writes the status file, at most once a second unless now. */
bool sync_report(struct sync *s, const char *stage, bool now, struct err *e);

/* The same while the server is waited for, which may be for a commit: how far we are is not told anew. */
void sync_report_wait(struct sync *s);

#endif
