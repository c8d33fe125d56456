/* shard_wait.c - tables that wait for the DDL of other shards, and go on; see shard.h */
#include "shard_parts.h"

#include <stdio.h>

#include "apply.h"
#include "base/log.h"
#include "base/mem.h"
#include "pessimist.h"
#include "shard_joined.h"

#define GTIDS_MAX ((size_t)64 << 20)
#define CHUNK_BYTES ((size_t)4 << 20)	/* of what is drained in one transaction */
#define LOOK_MS 200
#define LOOK_OWNER_MS 2000
#define DRAIN_MS 100		/* at a time; the stream has as much, where there is more to read */

static const struct err_kind err_not_there = {
	.code = 36612, .class = "sync-unit", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "compare the table at both ends; a filter that was changed while it waited leaves out what was applied already",
};

/* A decision about one member, made in a transaction. */
struct decision {
	struct sync *s;
	struct shard_table *t;
	struct shard_ddl ddl;		/* what it brings; sql "": nothing new */
	uint64_t number;		/* of that; of what passes, at least */
	struct shard_place at;
	bool passes, done, leaves;	/* what happens: it comes to its DDL; that has run; its spool is empty */
	enum pess_next next;		/* what follows from it */
	struct buf announced;		/* by the owner before us */
	uint64_t group_done;
};

static bool find(struct decision *d, struct arena *a, struct shard_group *g, struct shard_member **member, struct err *e)
{
	struct shard_member *more;

	if (!meta_shard_lock(&d->s->cp.meta, a, &d->t->target, g, e))
		return false;
	*member = shard_find(g, d->s->cp.meta.source, d->t->up.schema, d->t->up.table);
	if (*member)
		return true;
	more = arena_array(a, g->n_members + 1, sizeof(*more));	/* an operator has taken it out: it is here again */
	if (g->n_members)
		memcpy(more, g->members, g->n_members * sizeof(*more));
	g->members = more;
	*member = &more[g->n_members++];
	shard_member_of(d->s, d->t, *member);
	return true;
}

static bool is_owner_dead(struct sync *s, const struct shard_group *g, bool *dead, struct err *e)
{
	*dead = false;
	return g->owner.n == 0 || str_eq(g->owner, s->cp.meta.source) || meta_lease_is_dead(&s->cp.meta, g->owner, dead, e);
}

/* What the row of the table says from now on. */
static void take(struct decision *d, const struct shard_member *member)
{
	struct shard_table *t = d->t;

	t->passed = member->passed;
	t->held = member->held;
	buf_set(&t->held_pos, member->held_at.pos);
	buf_set(&t->held_gtid, member->held_at.gtid);
	t->held_nth = member->held_at.nth;
	if (d->passes || d->leaves)
		t->drained = t->drained_met = false;
}

/* What an operator has left out on one table is left out for all where it was what the downstream refuses; else others run it. */
static enum pess_next look_again(const struct shard_table *t, struct shard_group *g, const struct shard_member *member,
				 bool ready, bool dead)
{
	return t->left_out && !g->failed.n && g->done < member->passed ? PESS_WAIT : pess_look(g, member, ready, dead);
}

/* Inside the transaction; may run again, then all is read anew. */
static bool decide(void *context, struct err *e)
{
	struct decision *d = context;
	struct arena a = ARENA_INIT;
	struct shard_group g;
	struct shard_member *member;
	uint64_t number = d->number;
	bool ready, dead, ok;

	ok = find(d, &a, &g, &member, e) && shard_all_registered(d->s, &ready, e) && is_owner_dead(d->s, &g, &dead, e);
	if (ok && d->passes)
		number = pess_number(&g, d->number, &d->ddl);
	if (ok && d->ddl.sql.n)
		ok = pess_read(&g, member, number, &d->ddl, &a, e);
	if (ok && d->passes) {
		pess_pass(&g, member, number);
		member->held_at = d->at;
	}
	if (ok && d->done && g.done == d->number)
		shard_done(&g);
	if (ok && d->leaves) {
		member->held = member->drained = false;
		member->passed = d->t->passed;
	}
	if (ok) {
		d->next = d->leaves ? PESS_DONE : look_again(d->t, &g, member, ready, dead);
		buf_set(&d->announced, g.announced);
		d->group_done = g.done;
		d->t->alone = g.n_members < 2;
		take(d, member);
		shard_set_anchor(d->s);
		ok = meta_shard_put_member(&d->s->cp.meta, &g.target, member, e) && meta_shard_put(&d->s->cp.meta, &g, e);
	}
	arena_release(&a);
	return ok;
}

static bool run_decision(struct decision *d, struct err *e)
{
	bool ok;

	buf_init(&d->announced, GTIDS_MAX);
	ok = shard_commit(d->s, decide, d, e);
	if (!ok)
		buf_release(&d->announced);
	return ok;
}

/* --- the owner --- */

struct announcement {
	struct sync *s;
	struct shard_table *t;
	struct str value, failed;
};

static bool write_announcement(void *context, struct err *e)
{
	struct announcement *x = context;
	struct arena a = ARENA_INIT;
	struct shard_group g;
	bool ok = meta_shard_lock(&x->s->cp.meta, &a, &x->t->target, &g, e);

	if (ok && x->value.n)
		g.announced = x->value;
	if (ok && x->failed.n) {
		g.failed = x->failed;
		g.failed_schema = x->t->up.schema;
		g.failed_table = x->t->up.table;
	}
	ok = ok && meta_shard_put(&x->s->cp.meta, &g, e);
	arena_release(&a);
	return ok;
}

static bool announce(void *context, struct str value, struct err *e)
{
	struct announcement *x = context;

	x->value = value;
	return shard_commit(x->s, write_announcement, x, e);
}

/* The downstream has refused it: others must not try, since a person has to see to it. */
static void tell_failure(struct announcement *x, const struct err *e)
{
	struct err why = { 0 };

	x->value = STR_NONE;
	x->failed = str_first(str_of(e->text), 500);
	if (!shard_commit(x->s, write_announcement, x, &why))
		log_warning("%s", why.text);
}

static bool run_ddl(struct sync *s, struct shard_table *t, struct str announced, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct announcement x = { .s = s, .t = t };
	struct ddl_shared shared = { .target = t->target, .announce = announce, .context = &x };
	struct ddl_event ddl;
	bool ran, ok;

	if (t->left_out)
		return true;
	s->ddl.shared = &shared;
	ok = ddl_line_parse(&ddl, buf_str(&t->ddl), &a, e) && ddl_run_adopt(&s->ddl, announced, e);
	if (ok) {
		s->busy_since = report_time(ddl.ts);
		ok = (t->alone || shard_fills_alike(&ddl, s->ddl.from_mariadb, e)) && ddl_run_event(&s->ddl, &ddl, &ran, e);
		if (!ok && !target_is_passing(e))
			tell_failure(&x, e);
	}
	s->ddl.shared = NULL;
	s->tx.failed |= !ok;		/* the session is not as it was */
	s->busy_since = 0;
	arena_release(&a);
	return ok;
}

/* --- going on --- */

static void stale(struct sync *s, const struct shard_table *t)
{
	upstream_stale(&s->up, &t->target);
	target_forget(&s->target, &t->target);
}

/* All that was taken from the spool so far is applied, and the row says so. */
static bool write_drained(void *context, struct err *e)
{
	struct decision *d = context;
	struct shard_member member;

	shard_member_of(d->s, d->t, &member);
	return meta_shard_put_member(&d->s->cp.meta, &d->t->target, &member, e);
}

static bool drain_rows(struct sync *s, struct shard_table *t, struct err *e)
{
	const struct group *g = s->now;
	struct decision d = { .s = s, .t = t };

	if (g->n == 0)
		return true;
	t->drained = true;
	t->drained_met = true;
	buf_set(&t->drained_pos, g->trxs[g->ops[g->n - 1].trx].pos);
	buf_set(&t->drained_gtid, g->trxs[g->ops[g->n - 1].trx].gtid);
	t->drained_seq = g->ops[g->n - 1].seq;
	s->cp.also = write_drained;
	s->cp.also_context = &d;
	s->cp.moved = true;
	if (!sync_apply_kept(s, e)) {
		s->cp.also = NULL;
		return false;
	}
	t->drained = false;		/* for this run, what comes next was not */
	return true;
}

static bool take_row_line(struct sync *s, struct str line, bool safe, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct event_head ev;
	bool ok = event_head_parse(&ev, line, &a, e) && sync_put_rows(s, &ev, line, safe, e);

	arena_release(&a);
	return ok;
}

static bool take_table_line(struct sync *s, struct str line, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct table t;
	bool ok = table_line_parse(&t, NULL, line, &a, e);

	if (ok)
		upstream_set(&s->up, &t);
	arena_release(&a);
	return ok;
}

static bool put_anchor(struct buf *b, const struct anchor *at, uint64_t nth, struct err *e)
{
	buf_putf(b, "%llu\n", (unsigned long long)nth);
	buf_put_str(b, buf_str(&at->pos));
	buf_put_char(b, '\n');
	buf_put_str(b, buf_str(&at->resume));
	buf_put_char(b, '\n');
	gtid_set_text(&at->gtids, b);
	buf_put_char(b, '\n');
	return buf_ok(b, "a GTID set", e);
}

static bool take_anchor(struct shard_table *t, struct str *rest, uint64_t *nth, struct err *e)
{
	struct str number, pos, resume, gtids;

	if (!str_cut(*rest, '\n', &number, rest) || !str_cut(*rest, '\n', &pos, rest) || !str_cut(*rest, '\n', &resume, rest) ||
	    !str_cut(*rest, '\n', &gtids, rest) || !str_to_u64(number, nth))
		return err_set(e, &err_not_there, "a statement that waits cannot be read again");
	t->anchored = pos.n > 0;
	buf_set(&t->anchor.pos, pos);
	buf_set(&t->anchor.resume, resume);
	return gtid_set_parse(&t->anchor.gtids, gtids, e);
}

static struct shard_ddl brought(const struct sync *s, const struct shard_table *t, const struct ddl_event *ddl, struct arena *a)
{
	return (struct shard_ddl){
		.sql = shard_normal(a, ddl, s->ddl.from_mariadb), .text = ddl->sql, .source = s->cp.meta.source,
		.schema = t->up.schema, .table = t->up.table, .pos = ddl->pos,
	};
}

/* The table comes to its statement number read - 1 (or passed, where it does not wait), which its ddl holds. */
static bool come_to(struct sync *s, struct shard_table *t, const struct ddl_event *ddl, uint64_t nth, struct decision *d,
		    struct arena *a, struct err *e)
{
	*d = (struct decision){
		.s = s, .t = t, .number = t->passed, .passes = true, .at = { ddl->pos, ddl->gtid, nth },
		.ddl = brought(s, t, ddl, a),
	};
	return run_decision(d, e);
}

static bool run_and_tell(struct sync *s, struct shard_table *t, struct str announced, struct err *e)
{
	struct decision d = { .s = s, .t = t, .number = t->passed - 1, .done = true };

	if (!run_ddl(s, t, announced, e))
		return false;
	if (!run_decision(&d, e))
		return false;
	buf_release(&d.announced);
	return true;
}

/* The statement in the spool: *stop where the table waits at it. */
static bool take_ddl_line(struct sync *s, struct shard_table *t, struct str record, bool *stop, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct ddl_event ddl;
	struct decision d = { .s = s };
	uint64_t nth;
	bool ok = take_anchor(t, &record, &nth, e) && ddl_line_parse(&ddl, record, &a, e);

	buf_set(&t->ddl, record);
	if (s->shard.mode == SHARD_OPTIMISTIC) {
		ok = ok && joined_pass(s, t, record, &(struct shard_place){ ddl.pos, ddl.gtid, nth }, stop, e);
		if (ok && !*stop)
			stale(s, t);
		arena_release(&a);
		return ok;
	}
	ok = ok && come_to(s, t, &ddl, nth, &d, &a, e);
	if (ok) {
		if (d.next == PESS_RUN)
			ok = run_and_tell(s, t, buf_str(&d.announced), e);
		*stop = d.next == PESS_WAIT;
		if (!*stop)
			stale(s, t);
		buf_release(&d.announced);
	}
	arena_release(&a);
	return ok;
}

static bool take_record(struct sync *s, struct shard_table *t, struct str record, bool *stop, struct err *e)
{
	char kind = record.p[0];

	record = str_from(record, 1);
	if (kind == 't')
		return take_table_line(s, record, e);
	if (kind == 'd')
		return drain_rows(s, t, e) && take_ddl_line(s, t, record, stop, e);
	return take_row_line(s, record, kind == 'R', e) && (s->now->bytes < CHUNK_BYTES || drain_rows(s, t, e));
}

/* Its spool is empty: from here on it is as any other. */
static bool set_free(struct sync *s, struct shard_table *t, struct err *e)
{
	struct decision d = { .s = s, .t = t, .leaves = true };

	if (t->drained && !t->drained_met)
		return err_set(e, &err_not_there, "table '%.*s.%.*s': of the changes that waited for other shards, some were applied, up to "
			       "%.*s, and they do not come again", STR(t->up.schema), STR(t->up.table), STR(buf_str(&t->drained_pos)));
	if (!run_decision(&d, e))
		return false;
	buf_release(&d.announced);
	t->blocked = t->anchored = false;
	t->read = t->passed;
	buf_release(&t->ddl);
	s->shard.n_blocked--;
	log_notice(s->shard.mode == SHARD_OPTIMISTIC ? "table '%.*s.%.*s' goes on: '%.*s.%.*s' takes its rows" :
		   "table '%.*s.%.*s' goes on: all of '%.*s.%.*s' have come to its DDL", STR(t->up.schema), STR(t->up.table),
		   STR(t->target.schema), STR(t->target.table));
	return true;
}

static void set_draining(struct sync *s, struct shard_table *t, bool draining)
{
	s->shard.n_draining += draining && !t->draining;
	s->shard.n_draining -= !draining && t->draining;
	t->draining = draining;
	s->shard.drained_ms = clock_ms();
}

/* Until it waits again, or nothing is left; or for a while, so that other tables do not fall behind. All else is applied. */
static bool drain(struct sync *s, struct shard_table *t, struct err *e)
{
	bool more = true, stop = false, ok = true;
	int64_t until = clock_ms() + DRAIN_MS;
	struct str record;

	if (!t->draining)
		stale(s, t);
	s->shard.draining = true;
	s->shard.from = t;
	while (ok && !stop && clock_ms() < until && (ok = spool_next(&t->spool, &record, &more, e)) && more)
		ok = take_record(s, t, record, &stop, e);
	ok = ok && drain_rows(s, t, e) && (stop || more || set_free(s, t, e));
	s->shard.draining = false;
	set_draining(s, t, more && !stop);
	return ok && sync_report(s, "Running", false, e);
}

/* --- statements as they are read --- */

bool shard_queue(struct sync *s, struct shard_table *t, const struct ddl_event *ddl, struct str line, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct buf head = BUF_INIT(GTIDS_MAX);
	struct anchor here;
	struct decision d = {
		.s = s, .t = t, .number = t->read,
		.ddl = brought(s, t, ddl, &a),
	};
	bool ok;

	anchor_init(&here);
	if (!s->shard.behind)
		checkpoint_here(&s->cp, &here);
	ok = put_anchor(&head, &here, s->shard.nth, e) && (s->shard.mode == SHARD_OPTIMISTIC || run_decision(&d, e)) &&
	     spool_put(&t->spool, (struct str[]){ STR_LIT("d"), buf_str(&head), line }, 3, e);
	t->read++;
	buf_release(&d.announced);
	anchor_release(&here);
	buf_release(&head);
	arena_release(&a);
	return ok;
}

/* Where structures are joined, it only waits where they have no join. */
static bool pass_joined(struct sync *s, struct shard_table *t, const struct ddl_event *ddl, struct str line, struct err *e)
{
	bool waits = false, ok;

	buf_set(&t->ddl, line);
	ok = joined_pass(s, t, line, &(struct shard_place){ ddl->pos, ddl->gtid, s->shard.nth }, &waits, e);
	s->report.events++;
	s->after_ddl = true;
	t->blocked = waits;
	s->shard.n_blocked += waits;
	t->read = t->passed;
	stale(s, t);
	s->shard.looked_ms = 0;
	return ok;
}

bool shard_pass(struct sync *s, struct shard_table *t, const struct ddl_event *ddl, struct str line, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct decision d;
	bool ok;

	t->anchored = !s->shard.behind;
	if (t->anchored)
		checkpoint_here(&s->cp, &t->anchor);
	if (s->shard.mode == SHARD_OPTIMISTIC)
		return pass_joined(s, t, ddl, line, e);
	buf_set(&t->ddl, line);
	ok = come_to(s, t, ddl, s->shard.nth, &d, &a, e);
	if (ok) {
		s->report.events++;
		s->after_ddl = true;
		t->blocked = d.next != PESS_DONE;
		s->shard.n_blocked += t->blocked;
		t->read = t->passed;
		if (d.next == PESS_RUN)
			ok = run_and_tell(s, t, buf_str(&d.announced), e);
		if (d.next == PESS_WAIT)
			log_notice("table '%.*s.%.*s' waits at %.*s, until all of '%.*s.%.*s' bring: %.*s", STR(t->up.schema),
				   STR(t->up.table), STR(ddl->pos), STR(t->target.schema), STR(t->target.table),
				   STR(str_first(d.ddl.sql, 200)));
		stale(s, t);
		buf_release(&d.announced);
		s->shard.looked_ms = 0;
	}
	arena_release(&a);
	return ok;
}

/* --- looking --- */

static const struct shard_glance *glance_of(const struct shard_glance *list, size_t n, const struct shard_table *t)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(list[i].target.schema, t->target.schema) && str_eq(list[i].target.table, t->target.table))
			return &list[i];
	return NULL;
}

static bool may_go_on(const struct sync *s, const struct shard_table *t, const struct shard_glance *g, bool look_owner)
{
	if (!g || g->done >= t->passed || g->owner.n == 0)
		return !g || g->done >= t->passed || (g->done + 1 == t->passed && (g->least > g->done || g->unlocked));
	return g->done + 1 == t->passed && (str_eq(g->owner, s->cp.meta.source) || look_owner);
}

static bool one_goes_on(struct sync *s, struct shard_table *t, bool *moved, struct err *e)
{
	struct decision d = { .s = s, .t = t };
	bool ok, waits;

	if (!sync_flush(s, e))
		return false;
	if (t->draining)
		return drain(s, t, e);
	if (s->shard.mode == SHARD_OPTIMISTIC) {
		ok = joined_pass(s, t, t->left_out ? STR_LIT("") : buf_str(&t->ddl), &(struct shard_place){
			buf_str(&t->held_pos), buf_str(&t->held_gtid), t->held_nth }, &waits, e) && (waits || drain(s, t, e));
		*moved |= ok && !waits;
		return ok;
	}
	if (!run_decision(&d, e))
		return false;
	ok = d.next != PESS_RUN || run_and_tell(s, t, buf_str(&d.announced), e);
	if (ok && d.next != PESS_WAIT)
		ok = drain(s, t, e);
	*moved |= d.next != PESS_WAIT;
	buf_release(&d.announced);
	return ok;
}

static bool look(struct sync *s, bool *again, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct shard_glance *list;
	struct map_entry *entry;
	size_t n, at = 0;
	bool look_owner = clock_ms() - s->shard.looked_owner_ms >= LOOK_OWNER_MS, ok;

	*again = false;
	while (!(ok = meta_shard_glance(&s->cp.meta, &a, &list, &n, e)))
		if (!target_is_passing(e) || !target_recover(&s->target, e))
			break;
	if (look_owner)
		s->shard.looked_owner_ms = clock_ms();
	while (ok && (entry = map_next(&s->shard.tables, &at))) {
		struct shard_table *t = entry->value;

		if (!t->blocked || (!t->draining && !(s->shard.mode == SHARD_OPTIMISTIC ? joined_may_go_on : may_go_on)(
			s, t, glance_of(list, n, t), look_owner)))
			continue;
		ok = one_goes_on(s, t, again, e);
	}
	arena_release(&a);
	return ok;
}

/* Spools are emptied at once while there is nothing to read, else in turns with the stream. */
bool shard_go_on(struct sync *s, bool busy, struct err *e)
{
	bool again = true, drains = s->shard.n_draining > 0 && (!busy || clock_ms() - s->shard.drained_ms >= DRAIN_MS);

	if (!drains && clock_ms() - s->shard.looked_ms < LOOK_MS)
		return true;
	while (again && s->shard.n_blocked > 0)
		if (!look(s, &again, e))
			return false;
	s->shard.looked_ms = clock_ms();
	return true;
}
