/* report.c - the status file and the metrics of dm-relay, with DM's names; see relay.h */
#include "relay.h"

#include <sys/statvfs.h>

#include "base/log.h"

enum {
	M_FILE_MASTER, M_FILE, M_POS_MASTER, M_POS, M_CAPACITY, M_AVAILABLE, M_EVENTS, M_ROWS, M_TRANSACTIONS, M_CORRUPTION,
	M_READ_ERRORS, M_WRITE_ERRORS, M_EXITS, M_EXITS_PASSING, M_N
};

static const struct metric series[] = {
	[M_FILE_MASTER] = { "dm_relay_binlog_file", METRIC_GAUGE, "The number of the binlog file.", "node=\"master\"", false, false },
	[M_FILE] = { "dm_relay_binlog_file", METRIC_GAUGE, NULL, "node=\"relay\"", false, false },
	[M_POS_MASTER] = { "dm_relay_binlog_pos", METRIC_GAUGE, "The offset in the binlog file.", "node=\"master\"", false, false },
	[M_POS] = { "dm_relay_binlog_pos", METRIC_GAUGE, NULL, "node=\"relay\"", false, false },
	[M_CAPACITY] = { "dm_relay_space", METRIC_GAUGE, "Bytes of the disk of the relay log.", "type=\"capacity\"", false, false },
	[M_AVAILABLE] = { "dm_relay_space", METRIC_GAUGE, NULL, "type=\"available\"", false, false },
	[M_EVENTS] = { "dm_relay_events_total", METRIC_COUNTER, "Events of the binlog that were read.", NULL, false, false },
	[M_ROWS] = { "dm_relay_rows_total", METRIC_COUNTER, "Row changes that were written to the stream.", NULL, false, false },
	[M_TRANSACTIONS] = { "dm_relay_transactions_total", METRIC_COUNTER, "Transactions that were written to the stream.",
			     NULL, false, false },
	[M_CORRUPTION] = { "dm_relay_data_corruption", METRIC_COUNTER, "Ends by an event that does not fit its checksum.",
			   NULL, false, true },
	[M_READ_ERRORS] = { "dm_relay_read_error_count", METRIC_COUNTER, "Ends by an error of the upstream or of its log.",
			    NULL, false, true },
	[M_WRITE_ERRORS] = { "dm_relay_write_error_count", METRIC_COUNTER, "Ends by an error of the disk of the relay log.",
			     NULL, false, true },
	[M_EXITS] = { "dm_relay_exit_with_error_count", METRIC_COUNTER, "How often the tool ended with an error.",
		      "resumable_err=\"false\"", false, true },
	[M_EXITS_PASSING] = { "dm_relay_exit_with_error_count", METRIC_COUNTER, NULL, "resumable_err=\"true\"", false, true },
};
const struct metric_table relay_metrics = { series, M_N, M_EXITS };

bool report_begin(struct relay *r, const struct config *config, struct err *e)
{
	return status_begin(&r->status, config->task.name, r->source_id, e);
}

void report_place(const struct place *at)
{
	struct buf b = BUF_INIT(1024);

	if (!log_is_json())
		return;
	log_place(place_text(&b, at));
	buf_release(&b);
}

void report_failed(struct relay *r, const struct err *e)
{
	struct metrics *m = &r->status.metrics;

	if (e->kind == &err_binlog_checksum)
		metrics_add(m, M_CORRUPTION, 1);
	if (e->kind && e->kind->scope == SCOPE_UPSTREAM)
		metrics_add(m, M_READ_ERRORS, 1);
	if (e->kind && e->kind->status == STATUS_FILE)
		metrics_add(m, M_WRITE_ERRORS, 1);
	status_failed(&r->status, e);
}

/* It is told now and then: what was read may be newer. */
static const struct place *upstream_place(const struct relay *r)
{
	return r->head.file[0] && place_compare(&r->safe, &r->head) >= 0 ? &r->safe : &r->head;
}

static void measure(struct relay *r)
{
	const struct place *head = upstream_place(r);
	struct metrics *m = &r->status.metrics;
	struct statvfs disk;

	if (r->head.file[0])
		metrics_place(m, M_FILE_MASTER, M_POS_MASTER, str_of(head->file), head->pos);
	metrics_place(m, M_FILE, M_POS, str_of(r->safe.file), r->safe.pos);
	if (r->dir && statvfs(r->dir, &disk) == 0) {
		metrics_set(m, M_CAPACITY, (double)disk.f_blocks * (double)disk.f_frsize);
		metrics_set(m, M_AVAILABLE, (double)disk.f_bavail * (double)disk.f_frsize);
	}
	metrics_set(m, M_EVENTS, (double)r->events);
	metrics_set(m, M_ROWS, (double)r->rows);
	metrics_set(m, M_TRANSACTIONS, (double)r->transactions);
}

/* "(mysql-bin.000002, 4567)" */
static void put_place(struct status *status, const char *name, const struct place *place)
{
	struct buf b = BUF_INIT(1024);

	if (place->file[0])
		buf_putf(&b, "(%s, %llu)", place->file, (unsigned long long)place->pos);
	status_text(status, name, buf_str(&b));
	buf_release(&b);
}

bool report(struct relay *r, const char *stage, bool now, struct err *e)
{
	const struct place *head = upstream_place(r);
	struct buf b = BUF_INIT(64 << 20);

	if (!status_wanted(&r->status) || (!now && now_ms() - r->status_ms < 1000))
		return true;
	r->status_ms = now_ms();
	if (r->done_known)
		gtid_set_text(&r->done, &b);
	put_place(&r->status, "masterBinlog", head);
	status_text(&r->status, "masterBinlogGtid", head == &r->safe ? buf_str(&b) : buf_str(&r->head_gtid));
	put_place(&r->status, "relayBinlog", &r->safe);
	status_text(&r->status, "relayBinlogGtid", buf_str(&b));
	status_bool(&r->status, "relayCatchUpMaster", head == &r->safe);
	status_u64(&r->status, "events", r->events);
	status_u64(&r->status, "rows", r->rows);
	status_u64(&r->status, "transactions", r->transactions);
	buf_release(&b);
	measure(r);
	return status_write(&r->status, stage, now, e);
}
