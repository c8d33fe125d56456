/* report.c - how far the dump is: status file, metrics, progress line, a last word; see dump.h */
#include "dump.h"

#include <stdio.h>

#include "base/log.h"
#include "status/progress.h"

enum { M_TABLES, M_TABLES_DONE, M_SIZE, M_ROWS_DONE, M_ROWS, M_EXITS, M_EXITS_PASSING, M_N };

static const struct metric series[] = {
	[M_TABLES] = { "dumpling_dump_total_tables", METRIC_GAUGE, "Tables to dump.", NULL, false, false },
	[M_TABLES_DONE] = { "dumpling_dump_finished_tables", METRIC_GAUGE, "Tables that are dumped.", NULL, false, false },
	[M_SIZE] = { "dumpling_dump_finished_size", METRIC_GAUGE, "Bytes that are dumped.", NULL, false, false },
	[M_ROWS_DONE] = { "dumpling_dump_finished_rows", METRIC_GAUGE, "Rows that are dumped.", NULL, false, false },
	[M_ROWS] = { "dumpling_dump_estimate_total_rows", METRIC_GAUGE, "Rows to dump, as the server estimates.", NULL, false, false },
	[M_EXITS] = { "dm_dumpling_exit_with_error_count", METRIC_COUNTER, "How often the tool ended with an error.",
		      "resumable_err=\"false\"", false, true },
	[M_EXITS_PASSING] = { "dm_dumpling_exit_with_error_count", METRIC_COUNTER, NULL, "resumable_err=\"true\"", false, true },
};
const struct metric_table dump_metrics = { series, M_N, M_EXITS };

void report_init(struct report *r, struct status *status, const struct catalog *catalog)
{
	*r = (struct report){ .status = status, .started = clock_ms(), .tables = catalog->n_tables };
	for (size_t i = 0; i < catalog->n_tables; i++)
		r->rows += catalog->tables[i].n_chunks > 0 ? catalog->tables[i].rows_estimate : 0;
	for (size_t i = 0; i < catalog->n_tables; i++)
		r->empty += catalog->tables[i].n_chunks == 0;
}

/* A moment of the counts; and since when. */
struct seen {
	unsigned long long rows, bytes, tables;
	int64_t ms;
};

static struct seen look(const struct report *r, struct dump_counts *counts)
{
	return (struct seen){
		atomic_load(&counts->rows), atomic_load(&counts->bytes), atomic_load(&counts->tables) + r->empty, clock_ms() - r->started,
	};
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

static void set_fields(struct report *r, const struct seen *now, bool over)
{
	char progress[32];

	snprintf(progress, sizeof(progress), "%.2f %%", percent(r, now->rows, over));
	status_u64(r->status, "totalTables", r->tables);
	put_number(r->status, "completedTables", now->tables);
	put_number(r->status, "finishedBytes", now->bytes);
	put_number(r->status, "finishedRows", now->rows);
	put_number(r->status, "estimateTotalRows", r->rows);
	status_u64(r->status, "bps", now->ms > 0 ? now->bytes * 1000 / (uint64_t)now->ms : 0);
	status_text(r->status, "progress", str_of(progress));
	metrics_set(&r->status->metrics, M_TABLES, (double)r->tables);
	metrics_set(&r->status->metrics, M_TABLES_DONE, (double)now->tables);
	metrics_set(&r->status->metrics, M_SIZE, (double)now->bytes);
	metrics_set(&r->status->metrics, M_ROWS_DONE, (double)now->rows);
	metrics_set(&r->status->metrics, M_ROWS, (double)r->rows);
}

static void show_line(const struct report *r, const struct seen *now)
{
	const struct progress_numbers n = {
		.tables = now->tables, .all_tables = r->tables, .rows = now->rows, .bytes = now->bytes, .rate_bytes = now->bytes,
		.ms = now->ms, .percent = percent(r, now->rows, false),
	};
	struct buf text = BUF_INIT(1000);

	progress_put(&text, &n);
	progress_show(buf_str(&text));
	buf_release(&text);
}

bool report_show(struct report *r, struct dump_counts *counts, struct err *e)
{
	struct seen now = look(r, counts);

	if (progress_wanted())
		show_line(r, &now);
	set_fields(r, &now, false);
	return status_write(r->status, "Running", false, e);
}

bool report_end(struct report *r, struct dump_counts *counts, struct err *e)
{
	struct seen now = look(r, counts);

	progress_clear();
	log_notice("dumped %llu tables, %llu rows, %.1f MB in %.1f s", now.tables, now.rows, (double)now.bytes / 1e6,
		   (double)now.ms / 1e3);
	set_fields(r, &now, true);
	return status_write(r->status, "Finished", true, e);
}
