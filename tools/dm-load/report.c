/* report.c - how far the load is: status file, progress line, a last word; see load.h */
#include "load.h"

#include <stdio.h>

#include "base/log.h"
#include "status/progress.h"

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

static void set_fields(const struct report *r, bool over)
{
	uint64_t rows = atomic_load(&r->counts->rows) + atomic_load(&r->counts->skipped_rows), now = atomic_load(&r->counts->bytes);
	uint64_t bytes = now + atomic_load(&r->counts->skipped_bytes);
	int64_t ms = clock_ms() - r->started;
	double done = percent(r, rows, over);
	char progress[32];

	snprintf(progress, sizeof(progress), "%.2f %%", done);
	if (r->tables > 0) {
		status_u64(r->status, "totalTables", r->tables);
		status_u64(r->status, "completedTables", atomic_load(&r->counts->tables));
	}
	if (r->rows > 0)
		status_u64(r->status, "estimateTotalRows", r->rows);
	status_u64(r->status, "finishedRows", rows);
	status_u64(r->status, "finishedBytes", bytes);
	status_u64(r->status, "totalBytes", r->bytes > 0 ? r->bytes : done > 0 ? (uint64_t)((double)bytes * 100 / done) : bytes);
	status_text(r->status, "progress", str_of(progress));
	status_u64(r->status, "bps", ms > 0 ? now * 1000 / (uint64_t)ms : 0);
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
