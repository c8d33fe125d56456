/*
 * metrics.h - numbers of a tool as Prometheus text, with DM's names and labels: a file, or the answer to a scrape.
 *
 * A tool has one table of its series and sets their values with the fields of its status; status_write then renders all
 * of them. Values belong to the main thread; only a histogram is fed by workers, without a lock. A value that was never set is
 * left out, its # HELP and # TYPE are not. Callers: status, and through it dm-dump, dm-load, dm-relay, dm-sync.
 */
#ifndef STATUS_METRICS_H
#define STATUS_METRICS_H

#include <stdatomic.h>

#include "base/buf.h"

enum metric_kind { METRIC_GAUGE, METRIC_COUNTER, METRIC_HISTOGRAM };

/* One series. Those of one name stand together, and the first of them has the help. */
struct metric {
	const char *name;
	enum metric_kind kind;
	const char *help;
	const char *label;	/* node="master", beside task and source_id, which all have; NULL: none */
	bool worker;		/* has the host's name as worker, where DM's has */
	bool kept;		/* counts on from what the file of an earlier run says */
};

struct metric_table {
	const struct metric *rows;
	size_t n;		/* METRICS_MAX at most */
	size_t exits;		/* row of the ends with an error that waiting does not heal; the next row: that it does */
};

enum { METRICS_MAX = 32, HISTOGRAM_MAX = 25 };

/* Buckets first * 2^k, k = 0 ... n - 1, and one for all that is above. */
struct histogram {
	double first;
	unsigned n;		/* HISTOGRAM_MAX at most */
	atomic_uint_least64_t counts[HISTOGRAM_MAX + 1];
	atomic_uint_least64_t sum;	/* in millionths */
};

/* Takes in one value, not negative. Any thread. */
void histogram_add(struct histogram *h, double value);

struct scrape;

struct metrics {
	const struct metric_table *table;	/* NULL: no metrics */
	const char *path, *listen, *unit;
	double values[METRICS_MAX];
	bool set[METRICS_MAX];
	const struct histogram *histograms[METRICS_MAX];
	char *labels;			/* task="..",source_id=".." */
	char *worker;			/* host */
	struct scrape *scrape;
	bool known;			/* metrics_about told */
	bool started, written;
};

/* All but m is borrowed. path, listen: NULL for none. */
void metrics_init(struct metrics *m, const char *path, const char *listen, const char *unit, const struct metric_table *table);
void metrics_release(struct metrics *m);

/* Is anybody to see them? */
bool metrics_wanted(const struct metrics *m);

/* What task and source the series are of; before metrics_start. Text from strangers is made fit. */
void metrics_about(struct metrics *m, struct str task, struct str source);

/* Reads what is kept, listens. Error 50110: listen is no address (64); 50111: it cannot be had (78). Nothing when done before. */
bool metrics_start(struct metrics *m, struct err *e);

void metrics_set(struct metrics *m, size_t row, double value);
void metrics_add(struct metrics *m, size_t row, double value);
void metrics_histogram(struct metrics *m, size_t row, const struct histogram *h);	/* borrowed */

/* A place of a binlog: the number that ends the file's name, and the offset, in two rows. Nothing for "". */
void metrics_place(struct metrics *m, size_t file_row, size_t pos_row, struct str file, uint64_t pos);

/* The text. state: DM's number of a task's state. */
void metrics_put(const struct metrics *m, int state, struct buf *b);

/* Renders once for the file and for who scrapes, once started. A file that cannot be written is an error the first time; later
 * the old one stays, whose dm_worker_update_time tells: no work stops for want of a number. */
bool metrics_write(struct metrics *m, int state, struct err *e);

#endif
