/* report.c - the status file and the metrics of dm-sync; see report.h */
#include "report.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "text/json_write.h"

#define WAITING_MAX ((size_t)8 << 20)

enum {
	M_FILE_MASTER, M_FILE, M_POS_MASTER, M_POS, M_LAG, M_LAGS, M_SYNCED, M_TRANSACTIONS, M_ROWS, M_EVENTS, M_QUEUE, M_COMMITS,
	M_RESOLVING, M_EXITS, M_EXITS_PASSING, M_N
};

static const struct metric series[] = {
	[M_FILE_MASTER] = { "dm_syncer_binlog_file", METRIC_GAUGE, "The number of the binlog file.", "node=\"master\"", false, false },
	[M_FILE] = { "dm_syncer_binlog_file", METRIC_GAUGE, NULL, "node=\"syncer\"", false, false },
	[M_POS_MASTER] = { "dm_syncer_binlog_pos", METRIC_GAUGE, "The offset in the binlog file.", "node=\"master\"", false, false },
	[M_POS] = { "dm_syncer_binlog_pos", METRIC_GAUGE, NULL, "node=\"syncer\"", false, false },
	[M_LAG] = { "dm_syncer_replication_lag_gauge", METRIC_GAUGE,
		    "Age of the oldest change that is not applied, in seconds, by the upstream's clock against ours.", NULL, true, false },
	[M_LAGS] = { "dm_syncer_replication_lag", METRIC_HISTOGRAM, "The same, as it was each time that the numbers were written.",
		     NULL, true, false },
	[M_SYNCED] = { "dm_syncer_synced", METRIC_GAUGE, "1 when all that the upstream has is applied.", NULL, false, false },
	[M_TRANSACTIONS] = { "dm_syncer_finished_transaction_total", METRIC_COUNTER,
			     "Transactions of the upstream, with rows, that are applied.", NULL, true, false },
	[M_ROWS] = { "dm_syncer_finished_jobs_total", METRIC_COUNTER, "Row changes that are applied.", "type=\"dml\"", true, false },
	[M_EVENTS] = { "dm_syncer_events_total", METRIC_COUNTER, "Row events and statements that were read.", NULL, false, false },
	[M_QUEUE] = { "dm_syncer_queue_size", METRIC_GAUGE, "Row changes that are read and not applied.",
		      "queue_id=\"dml_worker_input\"", false, false },
	[M_COMMITS] = { "dm_syncer_txn_duration_time", METRIC_HISTOGRAM,
			"How long transactions of the downstream took, with their COMMIT, in seconds.", NULL, true, false },
	[M_RESOLVING] = { "dm_syncer_shard_lock_resolving", METRIC_GAUGE,
			  "1 while rows of tables wait for a statement that has not come from all that are merged with them.",
			  NULL, false, false },
	[M_EXITS] = { "dm_syncer_exit_with_error_count", METRIC_COUNTER, "How often the tool ended with an error.",
		      "resumable_err=\"false\"", false, true },
	[M_EXITS_PASSING] = { "dm_syncer_exit_with_error_count", METRIC_COUNTER, NULL, "resumable_err=\"true\"", false, true },
};
static const struct metric_table metrics = { series, M_N, M_EXITS };

void report_init(struct report *p, const struct status_settings *settings, const struct transaction *tx)
{
	memset(p, 0, sizeof(*p));
	p->lags.first = 0.5;
	p->lags.n = 12;
	p->commits.first = 0.0005;
	p->commits.n = 18;
	p->tx = tx;
	buf_init(&p->head, 1024);
	buf_init(&p->blocking, WAITING_MAX);
	buf_init(&p->groups, WAITING_MAX);
	buf_init(&p->lock, 1024);
	buf_init(&p->owner, 4096);
	buf_init(&p->why, 4096);
	p->started_ms = p->looked_ms = clock_ms();
	status_init(&p->status, settings, "Sync", &metrics);
	metrics_histogram(&p->status.metrics, M_LAGS, &p->lags);
	metrics_histogram(&p->status.metrics, M_COMMITS, &p->commits);
}

void report_release(struct report *p)
{
	status_release(&p->status);
	buf_release(&p->head);
	buf_release(&p->blocking);
	buf_release(&p->groups);
	buf_release(&p->lock);
	buf_release(&p->owner);
	buf_release(&p->why);
}

double report_time(struct str ts)
{
	char text[32];

	snprintf(text, sizeof(text), "%.*s", STR(ts));
	return strtod(text, NULL);
}

void report_see(struct report *p, const struct event_head *line)
{
	if (line->type == EVENT_HEARTBEAT && line->head.n)
		buf_set(&p->head, line->head);
	if (line->type == EVENT_END)
		p->caught_up = str_is(line->reason, "caught-up");
	if (line->type == EVENT_COMMIT && event_pos_compare(line->pos, buf_str(&p->head)) > 0)
		buf_clear(&p->head);	/* what is newer than that is not told yet */
	if (line->type == EVENT_COMMIT && line->ts.n)
		p->ts = report_time(line->ts);
}

/* "(mysql-bin.000001, 154)", as DM prints a place. */
static void put_place(struct status *s, const char *name, struct str place)
{
	struct buf b = BUF_INIT(1200);
	struct str file;
	uint64_t pos;

	if (event_pos_parse(place, &file, &pos))
		buf_putf(&b, "(%.*s, %llu)", STR(file), (unsigned long long)pos);
	status_text(s, name, buf_str(&b));
	buf_release(&b);
}

static uint64_t a_second(uint64_t n, int64_t ms)
{
	return ms > 0 ? n * 1000 / (uint64_t)ms : 0;
}

static bool is_synced(const struct report *p)
{
	struct str place = buf_str(&p->tx->cp->place);

	return p->idle && (p->caught_up || (p->head.n && event_pos_compare(place, buf_str(&p->head)) >= 0));
}

/* By the upstream's clock against ours: since the oldest change that waits; where none does, but the upstream has gone on, since the
 * last one that came. */
static uint64_t seconds_behind(const struct report *p)
{
	double now = (double)time(NULL), since = p->waiting_since;

	if (since <= 0 && p->head.n && event_pos_compare(buf_str(&p->tx->cp->place), buf_str(&p->head)) < 0)
		since = p->ts;
	return since <= 0 || since > now ? 0 : (uint64_t)(now - since);
}

static void measure_place(struct metrics *m, size_t file_row, size_t pos_row, struct str place)
{
	struct str file;
	uint64_t pos;

	if (event_pos_parse(place, &file, &pos))
		metrics_place(m, file_row, pos_row, file, pos);
}

static void measure(struct report *p, uint64_t behind, bool synced)
{
	struct metrics *m = &p->status.metrics;
	struct str place = buf_str(&p->tx->cp->place);

	measure_place(m, M_FILE_MASTER, M_POS_MASTER, p->head.n ? buf_str(&p->head) : place);
	measure_place(m, M_FILE, M_POS, place);
	metrics_set(m, M_LAG, (double)behind);
	histogram_add(&p->lags, (double)behind);
	metrics_set(m, M_SYNCED, synced);
	metrics_set(m, M_TRANSACTIONS, (double)p->transactions);
	metrics_set(m, M_ROWS, (double)p->tx->committed_rows);
	metrics_set(m, M_EVENTS, (double)p->events);
	metrics_set(m, M_QUEUE, (double)p->waiting);
	metrics_set(m, M_RESOLVING, p->blocked);
}

static void fill(struct report *p)
{
	struct status *s = &p->status;
	struct str place = buf_str(&p->tx->cp->place);
	struct buf gtids = BUF_INIT(64 << 20);
	uint64_t done = p->tx->committed_rows, total, behind = seconds_behind(p);
	int64_t now = clock_ms();
	bool synced = is_synced(p);

	if (p->tx->cp->gtids_known)
		gtid_set_text(&p->tx->cp->gtids, &gtids);
	if (now - p->looked_ms >= 1000) {
		p->recent = a_second(done - p->looked_rows, now - p->looked_ms);
		p->looked_ms = now;
		p->looked_rows = done;
	}
	total = a_second(done, now - p->started_ms);
	status_u64(s, "totalEvents", p->events);
	status_u64(s, "totalTps", total);
	status_u64(s, "recentTps", p->recent);
	put_place(s, "masterBinlog", p->head.n ? buf_str(&p->head) : place);
	status_text(s, "masterBinlogGtid", buf_str(&gtids));
	put_place(s, "syncerBinlog", place);
	status_text(s, "syncerBinlogGtid", buf_str(&gtids));
	status_raw(s, "blockingDDLs", p->blocking.n ? buf_str(&p->blocking) : STR_LIT("[]"));
	status_raw(s, "unresolvedGroups", p->groups.n ? buf_str(&p->groups) : STR_LIT("[]"));
	status_bool(s, "synced", synced);
	status_text(s, "binlogType", STR_LIT("remote"));
	status_u64(s, "secondsBehindMaster", behind);
	status_u64(s, "totalRows", done);
	status_u64(s, "totalRps", total);
	status_u64(s, "recentRps", p->recent);
	if (p->owner.n || p->told_owner) {	/* once more, empty, when it is over */
		status_text(s, "blockDDLOwner", buf_str(&p->owner));
		status_text(s, "conflictMsg", buf_str(&p->why));
		p->told_owner = true;
	}
	/* The driver shows it beside these. */
	status_text(s, "unresolvedDDLLockID", p->groups.n ? buf_str(&p->lock) : STR_LIT(""));
	buf_release(&gtids);
	measure(p, behind, synced);
}

bool report_is_due(const struct report *p, bool now)
{
	return status_wanted(&p->status) && (now || p->status.written_ms < 0 || clock_ms() - p->status.written_ms >= 1000);
}

bool report_write(struct report *p, const char *stage, bool now, struct err *e)
{
	if (!report_is_due(p, now))
		return true;
	fill(p);
	return status_write(&p->status, stage, now, e);
}

void report_wait(struct report *p)
{
	struct err ignored = { 0 };
	uint64_t behind;

	if (!status_wanted(&p->status) || p->status.written_ms < 0 || p->waiting_since <= 0 || clock_ms() - p->status.written_ms < 1000)
		return;
	behind = seconds_behind(p);
	status_u64(&p->status, "secondsBehindMaster", behind);
	status_bool(&p->status, "synced", false);
	measure(p, behind, false);
	status_write(&p->status, "Running", false, &ignored);
}

void report_failed(struct report *p, const struct err *e)
{
	/* What was reached is shown beside the error, also where that came before the first report. */
	if (status_wanted(&p->status) && p->tx->cp)
		fill(p);
	status_failed(&p->status, e);
}
