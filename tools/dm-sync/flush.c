/* flush.c - when row changes are applied, and how; see apply.h */
#include "apply.h"

#include "base/log.h"
#include "base/tool.h"

#define WINDOW_BYTES ((size_t)16 << 20)	/* of what is read ahead */
#define PART_BYTES ((size_t)4 << 20)	/* of a transaction that is waited for */
#define HOLD_MS 5000
#define LOOK_MS 1000			/* the status file tells how the wait goes */

bool sync_has_work(const struct sync *s)
{
	return s->now->mark > 0 || s->flying || transaction_has_whole(&s->tx);
}

/* --- on the one connection that moves the checkpoint --- */

/* *from: the one that cannot be done, or to. */
static bool put_ops(struct sync *s, struct group *g, size_t *from, size_t to, struct err *e)
{
	struct bulk bulk = { &s->tx, g, s->ddl.from_mariadb, true };

	for (; *from < to; ++*from) {
		if (!bulk_put_op(&bulk, &g->ops[*from], e))
			return false;
		s->tx.rows++;
	}
	return true;
}

static bool commit(struct sync *s, struct err *e)
{
	if (!transaction_commit(&s->tx, e))
		return false;
	s->based = true;
	return true;
}

/* Since when the oldest change waits that is not applied, by the upstream's clock; 0: none does. */
static double waiting_since(const struct sync *s)
{
	const struct group *g = s->flying ? s->flying : s->now;

	return s->busy_since > 0 ? s->busy_since : g->n_trxs > 0 ? report_time(g->trxs[0].ts) : 0;
}

static void report_waiting(struct sync *s)
{
	shard_report(s, &s->report.blocking, &s->report.groups, &s->report.lock);
	shard_report_conflict(s, &s->report.owner, &s->report.why);
}

bool sync_report(struct sync *s, const char *stage, bool now, struct err *e)
{
	s->report.waiting_since = waiting_since(s);
	s->report.waiting = s->now->n + (s->flying ? s->flying->n : 0);
	s->report.blocked = s->shard.n_blocked > 0;
	s->report.idle &= !s->report.blocked;
	if (s->shard.mode != SHARD_NONE && report_is_due(&s->report, now))
		report_waiting(s);
	return report_write(&s->report, stage, now, e);
}

void sync_report_wait(struct sync *s)
{
	s->report.waiting_since = waiting_since(s);
	s->report.waiting = s->now->n + (s->flying ? s->flying->n : 0);
	report_wait(&s->report);
}

/* To the boundaries that the group has passed. What lies behind them and was applied nevertheless stays listed: by an earlier run,
 * or, part, as the part of a transaction that has not ended. */
static bool move(struct sync *s, const struct group *g, bool part, struct err *e)
{
	struct applied *applied = &s->applied;

	for (size_t i = 0; i < g->whole_trxs && !applied_is_empty(applied); i++)
		applied_forget(applied, &g->trxs[i]);
	if (part)
		applied_add_up_to(applied, &g->trxs[g->n_trxs - 1], g->ops[g->n - 1].seq);
	buf_clear(&s->cp.partly);
	applied_put_all(&s->cp.partly, applied);
	return checkpoint_move(&s->cp, &g->step, e) && buf_ok(&s->cp.partly, "the list of what was applied", e);
}

/* Change n cannot be done: the transactions before its own are, and the place is where that one starts. Where it is not known
 * what belongs to that place, nothing is. */
static void apply_before(struct sync *s, struct group *g, size_t n)
{
	uint32_t trx = g->ops[n].trx;
	size_t gtids = 0, first = 0;
	struct err ignored = { 0 };

	transaction_clear(&s->tx);
	s->tx.failed = true;
	if (s->shard.draining)		/* these are from before the place */
		return;
	while (n > 0 && g->ops[n - 1].trx == trx)
		n--;
	while (gtids < g->step.n_gtids && !str_eq(g->step.gtids[gtids], g->trxs[trx].gtid))
		gtids++;
	if (n == 0 || g->step.resume.n > 0 || s->cp.resume.n > 0 || (gtids == g->step.n_gtids && gtids > 0))
		return;
	g->step.n_gtids = gtids;
	g->step.notes = s->cp.noted - s->cp.n_notes;
	buf_set(&g->step.pos, g->trxs[trx].pos);
	g->whole_trxs = trx;
	if (put_ops(s, g, &first, n, &ignored)) {
		transaction_boundary(&s->tx);
		if (!move(s, g, false, &ignored) || !commit(s, &ignored))
			log_debug("%s", ignored.text);
	}
	s->tx.failed = true;
}

/* In the order they came, and the place with them. Texts of a part behind them are still needed. */
static bool apply_here(struct sync *s, struct err *e)
{
	struct group *g = s->now, *other = g == &s->groups[0] ? &s->groups[1] : &s->groups[0];
	size_t at = 0;

	if (!put_ops(s, g, &at, g->mark, e)) {
		apply_before(s, g, at);
		return false;
	}
	transaction_boundary(&s->tx);
	if (!move(s, g, false, e) || !commit(s, e))
		return false;
	s->report.transactions += g->whole_trxs;
	group_move_part(g, other);
	group_clear(g);
	s->now = other;
	return sync_report(s, "Running", false, e);
}

bool sync_apply_kept(struct sync *s, struct err *e)
{
	struct group *g = s->now;

	g->mark = g->n;
	g->whole_trxs = g->n_trxs;
	g->mark_bytes = g->bytes;
	return apply_here(s, e);
}

/* --- by the crew --- */

static bool take_in(struct sync *s, struct err *e)
{
	struct group *g = s->flying;

	s->flying = NULL;
	s->tx.committed_rows += g->n;
	s->cp.beside = true;
	if (!move(s, g, group_has_part(g), e) || !commit(s, e))
		return false;
	s->report.transactions += g->whole_trxs;
	group_clear(g);
	return sync_report(s, "Running", false, e);
}

bool sync_hold(struct sync *s, struct err *e)
{
	while (!checkpoint_hold(&s->cp, e))
		if (!target_is_passing(e) || !target_recover(&s->target, e))
			return false;
	s->cp.written_ms = clock_ms();
	return true;
}

/* Waits for the crew, if it works. */
static bool land(struct sync *s, struct err *e)
{
	bool done;

	while (s->flying) {
		if (!crew_wait(&s->crew, LOOK_MS, &done, e)) {
			s->tx.failed = true;
			return false;
		}
		if (done)
			return take_in(s, e);
		if ((clock_ms() - s->cp.written_ms >= HOLD_MS && !sync_hold(s, e)) || !sync_report(s, "Running", false, e))
			return false;
	}
	return true;
}

bool sync_base(struct sync *s, struct err *e)
{
	if (s->based)
		return true;
	checkpoint_ripen(&s->cp);
	return commit(s, e);
}

/* The crew's lists belong to a place that the table holds. */
static bool have_base(struct sync *s, struct err *e)
{
	if ((!s->based || s->cp.moved) && !commit(s, e))
		return false;
	buf_set(&s->base, checkpoint_base(&s->cp));
	s->crew.base = buf_str(&s->base);
	return true;
}

/* All of s->now, its part too where whole is false. */
static bool launch(struct sync *s, bool whole, struct err *e)
{
	struct group *g = s->now, *other = g == &s->groups[0] ? &s->groups[1] : &s->groups[0];
	struct plan_want want = {
		.workers = s->crew.n, .rows = s->batch, .bytes = (size_t)1 << 20, .compact = s->compact,
	};

	if (!land(s, e) || !have_base(s, e))
		return false;
	if (whole)
		group_move_part(g, other);
	s->crew.from_mariadb = s->ddl.from_mariadb;
	plan_make(&s->plan, g, 0, g->n, &want);
	if (!crew_start(&s->crew, g, 0, &s->plan, e))
		return false;
	s->in->wake_fd = s->crew.wake_fd;
	if (group_has_part(g))		/* it goes on, if only to its end */
		group_at(other, &g->trxs[g->n_trxs - 1]);
	s->flying = g;
	s->now = other;
	return true;
}

/* --- when --- */

static bool is_small(const struct sync *s)
{
	return s->atomic || s->now->mark <= s->batch;
}

bool sync_flush(struct sync *s, struct err *e)
{
	if (!land(s, e))
		return false;
	if (s->now->mark > 0 && !is_small(s))
		return launch(s, true, e) && land(s, e);
	return (s->now->mark == 0 && !s->now->step.any && !checkpoint_has_news(&s->cp)) || apply_here(s, e);
}

bool sync_end_transaction(struct sync *s, struct err *e)
{
	struct group *g = s->now;
	bool full = g->mark >= s->window || g->mark_bytes >= WINDOW_BYTES;

	if (s->atomic)
		return (!s->streaming && g->mark < s->batch && g->mark_bytes < PART_BYTES) || sync_flush(s, e);
	if (s->flying && crew_is_done(&s->crew) && !land(s, e))
		return false;
	if (s->flying ? !full : g->mark < s->batch * 2 && g->mark_bytes < PART_BYTES)
		return true;
	return launch(s, true, e);
}

/* Its rows go to the open downstream transaction from here on. */
static bool start_streaming(struct sync *s, struct err *e)
{
	struct group *g = s->now;

	if (g->mark > 0 && !sync_flush(s, e))
		return false;
	g = s->now;
	log_debug("the transaction at %.*s is big", STR(g->trxs[g->n_trxs - 1].pos));
	transaction_at(&s->tx, g->trxs[g->n_trxs - 1].pos);
	s->streaming = true;
	s->busy_since = report_time(g->trxs[g->n_trxs - 1].ts);
	for (size_t i = 0; i < g->n; )
		if (!put_ops(s, g, &i, i + 1, e) || !transaction_spill(&s->tx, e))
			return false;
	group_drop_part(g);		/* but not what it holds of texts, which statements point to */
	return true;
}

bool sync_spill(struct sync *s, struct err *e)
{
	struct group *g = s->now;

	if (g->bytes - g->mark_bytes < PART_BYTES)
		return true;
	if (s->atomic)
		return start_streaming(s, e);
	/* What comes before it stands alone, so that this one can be left out if its end does not come. */
	if (g->mark > 0 && !launch(s, true, e))
		return false;
	return launch(s, false, e);
}

bool sync_pass(struct sync *s, struct err *e)
{
	if (s->flying || s->now->n > 0)
		return true;
	if (!move(s, s->now, false, e))
		return false;
	checkpoint_step_clear(&s->now->step);
	return true;
}

bool sync_idle(struct sync *s, struct err *e)
{
	if (s->flying)
		return crew_is_done(&s->crew) ? land(s, e) : true;
	if (s->now->mark == 0)
		return true;
	return is_small(s) ? apply_here(s, e) : launch(s, true, e);
}
