/*
 * status.h - what an operator sees while a tool runs: a JSON file with DM's field names, replaced whole.
 *
 * The driver's query-status puts these files together. Values are set by the tool; status_write replaces the file (not
 * more than once a second unless forced), and renders the metrics, which have the same numbers. Of what has no name nothing is
 * written. Text from strangers is made valid
 * UTF-8 ('?' for what is not): a status is for people. Callers: dm-dump, dm-load, dm-relay, dm-sync.
 */
#ifndef STATUS_STATUS_H
#define STATUS_STATUS_H

#include "base/buf.h"
#include "base/map.h"
#include "base/opt.h"
#include "status/metrics.h"

struct status_settings {
	const char *file;		/* --status-file FILE; NULL: none */
	const char *metrics_file;	/* --metrics-file FILE */
	const char *metrics_listen;	/* --metrics-listen [ADDR:]PORT */
};

extern const struct opt status_options[];	/* spliced into the tables of these tools; offsets into the struct above */

struct status {
	const char *path;		/* NULL: no file */
	const char *unit;		/* Dump, Load, Sync, Relay */
	struct map fields;		/* name -> raw JSON text, owned */
	int64_t written_ms;
	struct metrics metrics;
};

/* All but s is borrowed. table NULL: no metrics. */
void status_init(struct status *s, const struct status_settings *settings, const char *unit, const struct metric_table *table);
void status_release(struct status *s);

/* Is there a file, or are there metrics, that the values are for? */
bool status_wanted(const struct status *s);

/* Once it is known what the work is: metrics, and the lines of the log, are about these. Metrics are there from here on; false as
 * metrics_start and metrics_write. */
bool status_begin(struct status *s, struct str task, struct str source, struct err *e);

/* A field keeps the place in the file that it got when it was set first. */
void status_text(struct status *s, const char *name, struct str value);
/* DM prints 64-bit numbers as strings; so do we. */
void status_u64(struct status *s, const char *name, uint64_t value);
void status_bool(struct status *s, const char *name, bool value);
void status_raw(struct status *s, const char *name, struct str json);

/* {"unit":..,"stage":..,"pid":..,"result":null or {..},"fields":{..}}. stage is DM's: Running, Finished, Stopped. The
 * first write of all is never held back. */
bool status_write(struct status *s, const char *stage, bool now, struct err *e);

/* Stage Paused with the error, as DM shows it (ErrCode, ErrClass, ErrScope, ErrLevel, Message, RawCause,
 * Workaround), and the end with an error is counted. Never fails loudly. */
void status_failed(struct status *s, const struct err *e);

#endif
