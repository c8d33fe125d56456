/* report.c - the status file of dm-sync; see report.h */
#include "report.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "text/json_write.h"

#define WAITING_MAX ((size_t)8 << 20)

void report_init(struct report *p, const char *path, const struct transaction *tx)
{
	memset(p, 0, sizeof(*p));
	p->tx = tx;
	buf_init(&p->head, 1024);
	buf_init(&p->blocking, WAITING_MAX);
	buf_init(&p->groups, WAITING_MAX);
	buf_init(&p->lock, 1024);
	buf_init(&p->owner, 4096);
	buf_init(&p->why, 4096);
	p->started_ms = p->looked_ms = clock_ms();
	status_init(&p->status, path, "Sync");
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

static void set(struct buf *b, struct str text)
{
	buf_clear(b);
	buf_put_str(b, text);
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
		set(&p->head, line->head);
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

static void fill(struct report *p)
{
	struct status *s = &p->status;
	struct str place = buf_str(&p->tx->cp->place);
	struct buf gtids = BUF_INIT(64 << 20);
	uint64_t rows = p->tx->committed_rows, total;
	int64_t now = clock_ms();
	bool synced = is_synced(p);

	if (p->tx->cp->gtids_known)
		gtid_set_text(&p->tx->cp->gtids, &gtids);
	if (now - p->looked_ms >= 1000) {
		p->recent = a_second(rows - p->looked_rows, now - p->looked_ms);
		p->looked_ms = now;
		p->looked_rows = rows;
	}
	total = a_second(rows, now - p->started_ms);
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
	status_u64(s, "secondsBehindMaster", seconds_behind(p));
	status_u64(s, "totalRows", rows);
	status_u64(s, "totalRps", total);
	status_u64(s, "recentRps", p->recent);
	if (p->owner.n || p->told_owner) {	/* once more, empty, when it is over */
		status_text(s, "blockDDLOwner", buf_str(&p->owner));
		status_text(s, "conflictMsg", buf_str(&p->why));
		p->told_owner = true;
	}
	if (p->groups.n)		/* the driver shows it beside these */
		status_text(s, "unresolvedDDLLockID", buf_str(&p->lock));
	buf_release(&gtids);
}

bool report_is_due(const struct report *p, bool now)
{
	return p->status.path && (now || p->status.written_ms < 0 || clock_ms() - p->status.written_ms >= 1000);
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

	if (!p->status.path || p->status.written_ms < 0 || p->waiting_since <= 0 || clock_ms() - p->status.written_ms < 1000)
		return;
	status_u64(&p->status, "secondsBehindMaster", seconds_behind(p));
	status_bool(&p->status, "synced", false);
	status_write(&p->status, "Running", false, &ignored);
}
