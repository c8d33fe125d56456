/* report.c - how far the load is: status file, metrics, progress line, a last word; see load.h */
#include "load.h"

#include <stdio.h>

#include "base/log.h"
#include "status/progress.h"

enum { M_PROGRESS, M_LEFT, M_TABLES, M_TABLES_DONE, M_SIZE, M_SIZE_DONE, M_ROWS_DONE, M_EXITS, M_EXITS_PASSING, M_N };

static const struct metric series[] = {
	[M_PROGRESS] = { "dm_loader_progress", METRIC_GAUGE, "How much is loaded, from 0 to 1.", NULL, false, false },
	[M_LEFT] = { "dm_loader_remaining_time", METRIC_GAUGE, "About how many seconds the rest takes.", NULL, false, false },
	[M_TABLES] = { "dm_loader_table_count", METRIC_GAUGE, "Tables of the dump.", NULL, false, false },
	[M_TABLES_DONE] = { "dm_loader_finished_tables", METRIC_GAUGE, "Tables that are loaded.", NULL, false, false },
	[M_SIZE] = { "dm_loader_data_size_count", METRIC_GAUGE, "Bytes of the dump.", NULL, false, false },
	[M_SIZE_DONE] = { "dm_loader_finished_bytes", METRIC_GAUGE, "Bytes that are loaded, by earlier runs too.", NULL, false, false },
	[M_ROWS_DONE] = { "dm_loader_finished_rows", METRIC_GAUGE, "Rows that are loaded, by earlier runs too.", NULL, false, false },
	[M_EXITS] = { "dm_loader_exit_with_error_count", METRIC_COUNTER, "How often the tool ended with an error.",
		      "resumable_err=\"false\"", false, true },
	[M_EXITS_PASSING] = { "dm_loader_exit_with_error_count", METRIC_COUNTER, NULL, "resumable_err=\"true\"", false, true },
};
const struct metric_table load_metrics = { series, M_N, M_EXITS };

/* As DM prints a place: (mysql-bin.000002, 4567). */
void report_place(struct report *r, struct str pos, struct str gtid)
{
	struct arena a = ARENA_INIT;
	struct str file;
	uint64_t offset;

	if (event_pos_parse(pos, &file, &offset))
		status_text(r->status, "metaBinlog",
			    arena_strf(&a, "(%.*s, %llu)", STR(file), (unsigned long long)offset));
	status_text(r->status, "metaBinlogGTID", gtid);
	arena_release(&a);
}

/* Below 100 until it is over: the rows to come are an estimate. */
static double percent(const struct report *r, uint64_t rows, bool over)
{
	uint64_t bytes = atomic_load(&r->counts->bytes) + atomic_load(&r->counts->skipped_bytes);
	double done = r->rows ? 100.0 * (double)rows / (double)r->rows :
		      r->bytes ? 100.0 * (double)bytes / (double)r->bytes : 0;

	return over ? 100 : done > 99.99 ? 99.99 : done;
}

static void measure(const struct report *r, uint64_t done_rows, uint64_t bytes, uint64_t total_bytes, double done)
{
	struct metrics *m = &r->status->metrics;

	metrics_set(m, M_PROGRESS, done / 100);
	if (done > 0)
		metrics_set(m, M_LEFT, (double)(clock_ms() - r->started) / 1e3 * (100 - done) / done);
	if (r->tables > 0) {
		metrics_set(m, M_TABLES, (double)r->tables);
		metrics_set(m, M_TABLES_DONE, (double)atomic_load(&r->counts->tables));
	}
	metrics_set(m, M_SIZE, (double)total_bytes);
	metrics_set(m, M_SIZE_DONE, (double)bytes);
	metrics_set(m, M_ROWS_DONE, (double)done_rows);
}

static void set_fields(const struct report *r, bool over)
{
	uint64_t done_rows = atomic_load(&r->counts->rows) + atomic_load(&r->counts->skipped_rows), now = atomic_load(&r->counts->bytes);
	uint64_t bytes = now + atomic_load(&r->counts->skipped_bytes);
	int64_t ms = clock_ms() - r->started;
	double done = percent(r, done_rows, over);
	uint64_t total = r->bytes > 0 ? r->bytes : done > 0 ? (uint64_t)((double)bytes * 100 / done) : bytes;
	char progress[32];

	snprintf(progress, sizeof(progress), "%.2f %%", done);
	if (r->tables > 0) {
		status_u64(r->status, "totalTables", r->tables);
		status_u64(r->status, "completedTables", atomic_load(&r->counts->tables));
	}
	if (r->rows > 0)
		status_u64(r->status, "estimateTotalRows", r->rows);
	status_u64(r->status, "finishedRows", done_rows);
	status_u64(r->status, "finishedBytes", bytes);
	status_u64(r->status, "totalBytes", total);
	status_text(r->status, "progress", str_of(progress));
	status_u64(r->status, "bps", ms > 0 ? now * 1000 / (uint64_t)ms : 0);
	measure(r, done_rows, bytes, total, done);
}

static void show_line(const struct report *r)
{
	uint64_t rows = atomic_load(&r->counts->rows) + atomic_load(&r->counts->skipped_rows);
	uint64_t bytes = atomic_load(&r->counts->bytes);
	const struct progress_numbers n = {
		.tables = atomic_load(&r->counts->tables), .all_tables = r->tables, .rows = rows,
		.bytes = bytes + atomic_load(&r->counts->skipped_bytes), .rate_bytes = bytes,
		.ms = clock_ms() - r->started, .percent = percent(r, rows, false),
	};
	struct buf text = BUF_INIT(1000);

	progress_put(&text, &n);
	progress_show(buf_str(&text));
	buf_release(&text);
}

bool report_show(struct report *r, struct err *e)
{
	if (progress_wanted())
		show_line(r);
	set_fields(r, false);
	return status_write(r->status, "Running", false, e);
}

bool report_end(struct report *r, struct err *e)
{
	int64_t ms = clock_ms() - r->started;

	progress_clear();
	log_notice("loaded %llu rows, %.1f MB in %.1f s", (unsigned long long)atomic_load(&r->counts->rows),
		   (double)atomic_load(&r->counts->bytes) / 1e6, (double)ms / 1e3);
	if (atomic_load(&r->counts->skipped_rows) > 0)
		log_notice("%llu rows had been loaded before", (unsigned long long)atomic_load(&r->counts->skipped_rows));
	set_fields(r, true);
	return status_write(r->status, "Finished", true, e);
}
