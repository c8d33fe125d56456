/* report.c - how far the dump is: status file, progress line, a last word; see dump.h */
#include "dump.h"

#include <stdio.h>

#include "base/log.h"
#include "status/progress.h"

void report_init(struct report *r, struct status *status, const struct catalog *catalog)
{
	*r = (struct report){ .status = status, .started = clock_ms(), .tables = catalog->n_tables };
	for (size_t i = 0; i < catalog->n_tables; i++)
		r->rows += catalog->tables[i].rows_estimate;
}

static void put_number(struct status *s, const char *name, uint64_t v)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)v);
	status_raw(s, name, str_of(text));
}

/* Below 100 until it is over: the rows to come are an estimate. */
static double percent(const struct report *r, uint64_t rows, bool over)
{
	double done = r->rows ? 100.0 * (double)rows / (double)r->rows : 0;

	return over ? 100 : done > 99.99 ? 99.99 : done;
}

static void set_fields(struct report *r, struct dump_counts *counts, bool over)
{
	uint64_t rows = atomic_load(&counts->rows), bytes = atomic_load(&counts->bytes), tables = atomic_load(&counts->tables);
	int64_t ms = clock_ms() - r->started;
	char progress[32];

	snprintf(progress, sizeof(progress), "%.2f %%", percent(r, rows, over));
	status_u64(r->status, "totalTables", r->tables);
	put_number(r->status, "completedTables", tables);
	put_number(r->status, "finishedBytes", bytes);
	put_number(r->status, "finishedRows", rows);
	put_number(r->status, "estimateTotalRows", r->rows);
	status_u64(r->status, "bps", ms > 0 ? bytes * 1000 / (uint64_t)ms : 0);
	status_text(r->status, "progress", str_of(progress));
}

static void show_line(const struct report *r, struct dump_counts *counts)
{
	uint64_t rows = atomic_load(&counts->rows), bytes = atomic_load(&counts->bytes), tables = atomic_load(&counts->tables);
	int64_t ms = clock_ms() - r->started;
	char text[200];
	int n;

	n = snprintf(text, sizeof(text), "%llu of %llu tables, %llu rows, %.1f MB, %.1f MB/s, %.0f %%", (unsigned long long)tables,
		     (unsigned long long)r->tables, (unsigned long long)rows, (double)bytes / 1e6,
		     ms > 0 ? (double)bytes / 1e3 / (double)ms : 0, percent(r, rows, false));
	progress_show((struct str){ text, (size_t)n });
}

bool report_show(struct report *r, struct dump_counts *counts, struct err *e)
{
	if (progress_wanted())
		show_line(r, counts);
	set_fields(r, counts, false);
	return status_write(r->status, "Running", false, e);
}

bool report_end(struct report *r, struct dump_counts *counts, struct err *e)
{
	int64_t ms = clock_ms() - r->started;

	progress_clear();
	log_notice("dumped %llu tables, %llu rows, %.1f MB in %.1f s", (unsigned long long)atomic_load(&counts->tables),
		   (unsigned long long)atomic_load(&counts->rows), (double)atomic_load(&counts->bytes) / 1e6, (double)ms / 1e3);
	set_fields(r, counts, true);
	return status_write(r->status, "Finished", true, e);
}
