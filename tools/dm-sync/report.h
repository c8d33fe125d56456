/*
 * report.h - how far we are and how far behind, for the status file and the metrics, with DM's names.
 */
#ifndef SYNC_REPORT_H
#define SYNC_REPORT_H

#include "status/status.h"
#include "transaction.h"

struct report {
	struct status status;
	const struct transaction *tx;
	struct buf head;		/* the upstream's own place, as a heartbeat told it; "" once we are behind it */
	double ts;			/* of the last commit, by the upstream's clock */
	double waiting_since;		/* of the oldest change that is not applied; 0: there is none */
	uint64_t events;		/* row lines, DDL */
	int64_t started_ms, looked_ms;
	uint64_t looked_rows;		/* rows at looked_ms */
	uint64_t recent;		/* rows a second */
	uint64_t transactions;		/* of the upstream, applied */
	uint64_t waiting;		/* row changes that are read and not applied */
	bool blocked;			/* tables wait for a statement of others */
	struct histogram lags, commits;	/* seconds; commits by all that commit */
	struct buf owner, why;		/* of a shard's DDL that is in conflict with others, or waits; "" none */
	struct buf blocking, groups, lock;	/* of merged tables that wait; see shard_report. "" : no shard-mode */
	bool told_owner;
	bool idle;			/* nothing waits to be applied */
	bool caught_up;			/* the stream ended where the upstream was */
};

void report_init(struct report *p, const struct status_settings *settings, const struct transaction *tx);
void report_release(struct report *p);

/* A line's time, seconds; 0 where it has none. */
double report_time(struct str ts);

/* A commit or heartbeat line. */
void report_see(struct report *p, const struct event_head *line);

/* Would report_write write? */
bool report_is_due(const struct report *p, bool now);

/* Writes the file, at most once a second unless now. */
bool report_write(struct report *p, const char *stage, bool now, struct err *e);

/* The end with an error, in status file and metrics. */
void report_failed(struct report *p, const struct err *e);

/* Only how far behind we are, the rest as it was; a fault shows at the next report_write. */
void report_wait(struct report *p);

#endif
