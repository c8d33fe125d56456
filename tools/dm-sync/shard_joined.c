/* shard_joined.c - optimistic shard DDL; see shard_joined.h */
#include "shard_joined.h"

#include <time.h>

#include "apply.h"
#include "base/log.h"
#include "base/tool.h"
#include "shard_known.h"
#include "shard_plan.h"
#include "target.h"

#define PAUSE_MS 50
#define REFRESH_MS 1000

enum outcome {
	PASSED,			/* nothing is to be done (any more) */
	RUNS,			/* a plan is ours to carry out: our own, or one of a source that is dead */
	WAITS,
};

/* A statement of t, and what comes of it. */
struct passing {
	struct sync *s;
	struct shard_table *t;
	struct str line;		/* "" : it enters, or the statement was left out */
	struct shard_place at;
	bool enters, left_out;
	bool corrects;			/* what was taken for its structure is replaced by it */
	enum outcome outcome;
};

/* --- decisions --- */

/* What the downstream has is as good as any for a table that has had no rows yet. */
static bool take_downstream(struct sync *s, const struct shard_table *t, struct joined_member *m, struct err *e)
{
	const struct table *down = target_table(&s->target, &t->target, e);

	if (!down)
		return false;
	log_notice("the stream has not told the structure of '%.*s.%.*s': that of '%.*s.%.*s' is taken for it", STR(t->up.schema),
		   STR(t->up.table), STR(t->target.schema), STR(t->target.table));
	table_copy(&m->now, down);
	m->has_now = m->assumed = true;
	m->now.schema = arena_str(&m->now.arena, t->up.schema);
	m->now.name = arena_str(&m->now.arena, t->up.table);
	for (size_t i = 0; i < m->now.n_columns; i++) {
		struct column *c = &m->now.columns[i];

		c->collation = STR_LIT("");
		c->collate = c->comment = c->on_update = STR_NONE;
	}
	return true;
}

/* The log alone does not tell a table's default charset, which a statement's columns may get: run downstream, they get that of there. */
static bool settle_charset(struct passing *p, struct joined_member *m, struct err *e)
{
	const struct table *down;
	struct err why = { 0 };

	if (!m->has_now || m->now.charset.n > 0)
		return true;
	down = target_table(&p->s->target, &p->t->target, &why);
	if (down)
		m->now.charset = arena_str(&m->now.arena, down->charset);
	else if (why.kind != &err_target_table)
		*e = why;
	return down || why.kind == &err_target_table;
}

/* Of a table that is changed behind the place, the stream tells the columns as they are there, but the keys as they are upstream now. */
static void keep_keys(struct table *told, const struct table *assumed)
{
	told->n_keys = 0;
	for (size_t i = 0; i < assumed->n_keys; i++) {
		const struct key *key = &assumed->keys[i];
		bool fits = true;

		for (size_t k = 0; k < key->n_parts; k++)
			fits &= key->parts[k].column.n == 0 || table_find_column(told, key->parts[k].column) != SIZE_MAX;
		if (fits)
			table_add_key(told, key);
	}
}

/* What the stream has told of it, where the group does not know. */
static bool know_ourselves(struct known *k, struct passing *p, struct err *e)
{
	struct joined_member *m = &k->states[k->ours], told;

	if (m->has_now && (!m->assumed || p->t->silent))
		return settle_charset(p, m, e);
	if (!joined_member_read(&told, buf_str(&p->t->state), &k->a, e))
		return false;
	p->corrects = m->has_now;
	if (m->has_now && told.has_now)
		keep_keys(&told.now, &m->now);
	known_replace(&m->now, &m->has_now, told.has_now ? &told.now : NULL);
	m->assumed = told.assumed;
	joined_member_release(&told);
	if (!m->has_now && !take_downstream(p->s, p->t, m, e))
		return false;
	known_point(k);
	return settle_charset(p, m, e);
}

/* What is downstream, to begin with: the join of all that were there before. A table that comes while we run is none of them. */
static bool begin_group(struct known *k, struct passing *p)
{
	struct optimist_member *others = arena_array(&k->a, k->group.n + 1, sizeof(*others));
	struct optimist_group before = { .members = others };
	char why[900];

	if (k->joined.begun)
		return true;
	for (size_t i = 0; i < k->group.n; i++)
		if (!p->enters || p->corrects || k->of[i] != k->ours || k->group.n == 1)
			others[before.n++] = k->members[i];
	k->joined.has_joined = optimist_begin(&before, &k->joined.joined, why, sizeof(why));
	if (!k->joined.has_joined)
		log_warning("tables that are merged into '%.*s.%.*s' do not go into one: %s", STR(p->t->target.schema),
			    STR(p->t->target.table), why);
	else {	/* it is called as it is downstream */
		k->joined.joined.schema = arena_str(&k->joined.joined.arena, p->t->target.schema);
		k->joined.joined.name = arena_str(&k->joined.joined.arena, p->t->target.table);
	}
	k->joined.begun = true;
	known_point(k);
	return true;
}

static void keep_dropped(struct known *k, const struct optimist_answer *answer, struct joined_dropped **list, size_t *n)
{
	*list = arena_array(&k->a, answer->n_dropped + 1, sizeof(**list));
	for (*n = 0; *n < answer->n_dropped; ++*n) {
		const struct shard_member *m = &k->g.members[k->of[answer->dropped[*n].member]];

		(*list)[*n] = (struct joined_dropped){ m->source, m->schema, m->table, arena_str(&k->a, answer->dropped[*n].column) };
	}
}

static void keep_answer(struct known *k, struct passing *p, const struct optimist_answer *answer)
{
	known_replace(&k->joined.joined, &k->joined.has_joined, answer->has_joined ? &answer->joined : NULL);
	keep_dropped(k, answer, &k->joined.dropped, &k->joined.n_dropped);
	known_pass(k, k->ours, &answer->now, &p->at);
	k->g.done++;
}

static void make_plan(struct known *k, struct passing *p, const struct optimist_answer *answer)
{
	struct joined_plan *plan = &k->joined.plan;

	known_replace(&plan->now, &plan->has_now, NULL);
	known_replace(&plan->joined, &plan->has_joined, NULL);
	*plan = (struct joined_plan){ .there = true, .source = p->s->cp.meta.source, .schema = p->t->up.schema, .table = p->t->up.table,
				      .at = p->at, .line = p->line, .n = answer->n, .resolves = answer->resolves };
	plan->statements = arena_array(&k->a, answer->n + 1, sizeof(*plan->statements));
	for (size_t i = 0; i < answer->n; i++)
		plan->statements[i] = (struct joined_statement){ arena_str(&k->a, answer->statements[i].sql), answer->statements[i].own };
	keep_dropped(k, answer, &plan->dropped, &plan->n_dropped);
	known_replace(&plan->now, &plan->has_now, &answer->now);
	known_replace(&plan->joined, &plan->has_joined, answer->has_joined ? &answer->joined : NULL);
	k->g.owner = p->s->cp.meta.source;
	k->g.announced = STR_NONE;
}

static void block(struct known *k, struct passing *p, const char *verdict, const struct optimist_answer *answer, struct str sql)
{
	struct joined_member *m = &k->states[k->ours];
	struct shard_member *member = &k->g.members[k->ours];
	struct str order = m->order;

	known_wait_no_more(m);
	m->order = answer ? STR_LIT("") : order;
	m->verdict = str_of(verdict);
	m->why = arena_str(&k->a, str_of(answer ? answer->why : "another source runs a statement, or has not told its tables yet"));
	m->sql = sql;
	if (answer) {
		known_replace(&m->wants, &m->has_wants, &answer->now);
		m->renamed = arena_array(&k->a, answer->n_renamed + 1, sizeof(*m->renamed));
		for (size_t i = 0; i < answer->n_renamed; i++)
			m->renamed[m->n_renamed++] = arena_str(&k->a, answer->renamed[i]);
	}
	member->held = true;
	member->held_at = p->at;
	p->outcome = WAITS;
}

static bool settle(struct known *k, struct passing *p, const struct optimist_answer *answer, struct str sql, struct err *e)
{
	switch (answer->verdict) {
	case OPTIMIST_RUN:
		make_plan(k, p, answer);
		p->outcome = RUNS;
		return true;
	case OPTIMIST_NOTHING:
		p->outcome = PASSED;
		keep_answer(k, p, answer);
		return !answer->resolves || known_resolve(k, p->s, e);
	case OPTIMIST_WAIT:
	case OPTIMIST_CONFLICT:
		if (p->enters)
			break;
		block(k, p, answer->verdict == OPTIMIST_WAIT ? "wait" : "conflict", answer, sql);
		return true;
	case OPTIMIST_REFUSED:
		break;
	}
	return err_set(e, answer->kind ? answer->kind : &err_shard_conflict, "table '%.*s.%.*s' of '%.*s.%.*s' cannot go on, because schema "
		       "conflict detected: %s", STR(p->t->up.schema), STR(p->t->up.table), STR(p->t->target.schema), STR(p->t->target.table),
		       answer->why);
}

static void decide_on(struct known *k, struct passing *p, const struct ddl_event *ddl, struct optimist_answer *answer)
{
	struct str order = k->states[k->ours].order;
	struct optimist_ddl what = { .member = known_index(k, k->ours), .from_mariadb = p->s->ddl.from_mariadb, .strict = p->s->shard.strict,
				     .timestamps = p->s->shard.timestamps, .sql = ddl->sql, .sql_mode = ddl->sql_mode,
				     .schema = ddl->n_tables ? ddl->to[0].schema : ddl->schema };

	if (p->enters && p->corrects)
		optimist_correct(&k->group, what.member, answer);
	else if (p->enters)
		optimist_enter(&k->group, what.member, answer);
	else if (order.n > 0)
		optimist_force(&k->group, &what, str_is(order, "exec"), answer);
	else
		optimist_decide(&k->group, &what, answer);
}

/* Statements are spelled with what the downstream's columns have. */
static bool describe(struct known *k, struct passing *p, struct err *e)
{
	const struct table *down;
	struct err why = { 0 };

	upstream_stale(&p->s->up, &p->t->target);
	target_forget(&p->s->target, &p->t->target);
	down = target_table(&p->s->target, &p->t->target, &why);
	if (down)
		known_describe(k, down);
	else if (why.kind != &err_target_table)		/* where there is no table, the statement says so, too */
		*e = why;
	return down || why.kind == &err_target_table;
}

/* What the others have dropped meanwhile comes back empty. */
static void tell_lost(const struct known *k, const struct passing *p)
{
	const struct table *now = &k->states[k->ours].now;

	for (size_t i = 0; k->joined.has_joined && i < now->n_columns; i++)
		if (table_find_column(&k->joined.joined, now->columns[i].name) == SIZE_MAX)
			log_warning("table '%.*s.%.*s' was away while others dropped column '%.*s' of '%.*s.%.*s': its rows that were there "
				    "have lost what they had in it", STR(p->t->up.schema), STR(p->t->up.table), STR(now->columns[i].name),
				    STR(p->t->target.schema), STR(p->t->target.table));
}

static bool ask(struct known *k, struct passing *p, struct err *e)
{
	struct ddl_event ddl = { .sql = STR_LIT("") };
	struct optimist_answer answer;
	bool ok = true;

	if (!p->enters && !ddl_line_parse(&ddl, p->line, &k->a, e))
		return false;
	if (p->enters && k->g.members[k->ours].away)
		tell_lost(k, p);
	decide_on(k, p, &ddl, &answer);
	if (answer.verdict == OPTIMIST_RUN && (ok = describe(k, p, e))) {
		optimist_answer_release(&answer);
		decide_on(k, p, &ddl, &answer);
	}
	ok = ok && settle(k, p, &answer, ddl.sql, e);
	optimist_answer_release(&answer);
	return ok;
}

/* The statement will not come: an operator has left it out. */
static void pass_over(struct known *k, struct passing *p)
{
	struct joined_member *m = &k->states[k->ours];

	known_wait_no_more(m);
	m->has_last = true;
	m->last = p->at;
	p->outcome = PASSED;
}

/* It has come to this statement, if it was not here before: all its rows before it are applied. */
static void come(struct known *k, struct passing *p)
{
	struct shard_member *member = &k->g.members[k->ours];

	if (p->enters || (member->held && joined_same_place(&member->held_at, &p->at)))
		return;
	member->drained = false;
	p->t->drained_met = false;
	member->held = p->t->blocked;
	member->held_at = p->at;
}

/* The downstream has refused a statement of ours, and an operator has left it out, or put another one in its place. */
static bool drop_old_plan(struct known *k, struct passing *p, struct err *e)
{
	const struct joined_plan *plan = &k->joined.plan;
	struct ddl_event old, new;

	if (!plan->there || p->enters || known_member(k, plan->source, plan->schema, plan->table) != k->ours ||
	    !joined_same_place(&plan->at, &p->at))
		return true;
	if (!p->left_out) {
		if (!ddl_line_parse(&old, plan->line, &k->a, e) || !ddl_line_parse(&new, p->line, &k->a, e))
			return false;
		if (str_eq(old.sql, new.sql))
			return true;
	} else if (plan->has_now) {	/* for those that waited for it, too */
		known_pass(k, k->ours, &plan->now, &p->at);
		if (plan->resolves && !known_resolve(k, p->s, e))
			return false;
	}
	k->joined.plan.there = false;
	k->g.owner = k->g.announced = k->g.failed = k->g.failed_schema = k->g.failed_table = STR_NONE;
	k->g.done++;
	return true;
}

static bool look(struct known *k, struct passing *p, struct err *e)
{
	struct joined_member *m = &k->states[k->ours];
	bool ready, dead = false;

	if (!know_ourselves(k, p, e) || !shard_all_registered(p->s, &ready, e))
		return false;
	if (m->has_last && joined_same_place(&m->last, &p->at)) {
		p->outcome = PASSED;
		return true;
	}
	if (!drop_old_plan(k, p, e))
		return false;
	come(k, p);
	if (p->left_out) {
		pass_over(k, p);
		return true;
	}
	if (p->enters && !k->joined.begun && (p->corrects || !p->s->shard.registered)) {
		p->outcome = PASSED;		/* it was there before */
		return true;
	}
	if (k->g.owner.n && !str_eq(k->g.owner, p->s->cp.meta.source) && !meta_lease_is_dead(&p->s->cp.meta, k->g.owner, &dead, e))
		return false;
	/* What was refused is for its own table to try again, once a person has seen to it. */
	if (k->g.owner.n && k->joined.plan.there && (dead || str_eq(k->g.owner, p->s->cp.meta.source)) &&
	    (!k->g.failed.n || known_member(k, k->joined.plan.source, k->joined.plan.schema, k->joined.plan.table) == k->ours)) {
		k->g.owner = p->s->cp.meta.source;
		p->outcome = RUNS;
		return true;
	}
	if (p->enters && k->g.owner.n) {
		p->outcome = WAITS;		/* and is asked again */
		return true;
	}
	if (!p->enters && (k->g.owner.n || !ready)) {
		if (m->verdict.n == 0)		/* what it waits for already counts until it is asked again */
			block(k, p, "busy", NULL, STR_LIT(""));
		p->outcome = WAITS;
		return true;
	}
	return begin_group(k, p) && ask(k, p, e);
}

/* Inside the transaction of a checkpoint; may run again, then all is read anew. */
static bool decide(void *context, struct err *e)
{
	struct passing *p = context;
	struct known k;
	bool ok = known_read(&k, p->s, p->t, e) && look(&k, p, e);

	if (ok && p->outcome == PASSED && !p->t->blocked && !p->enters)
		k.g.members[k.ours].held = false;
	ok = ok && known_put_member(&k, p->s, k.ours, e) && known_put_group(&k, p->s, e);
	if (ok) {
		known_take(&k, p->t);
		shard_set_anchor(p->s);
	}
	known_release(&k);
	return ok;
}

/* --- for shard*.c --- */

static void say_waiting(const struct shard_table *t)
{
	log_notice("table '%.*s.%.*s' %s: %.*s", STR(t->up.schema), STR(t->up.table),
		   str_is(buf_str(&t->verdict), "conflict") ? "is in conflict with other shards" : "waits for other shards",
		   STR(buf_str(&t->why)));
}

static bool pass(struct passing *p, bool *waits, struct err *e)
{
	struct buf before = BUF_INIT(4096);
	bool ours = false, ok = true;

	buf_set(&before, buf_str(&p->t->why));
	do {
		ok = shard_commit(p->s, decide, p, e) && (p->outcome != RUNS || plan_carry_out(p->s, p->t, &ours, e));
	} while (ok && p->outcome == RUNS && !ours);
	*waits = ok && p->outcome == WAITS;
	if (*waits && !str_eq(buf_str(&before), buf_str(&p->t->why)))
		say_waiting(p->t);
	buf_release(&before);
	return ok;
}

bool joined_pass(struct sync *s, struct shard_table *t, struct str line, const struct shard_place *at, bool *waits, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct passing p = { .s = s, .t = t, .line = arena_str(&a, line), .left_out = line.n == 0,
			     .at = { arena_str(&a, at->pos), arena_str(&a, at->gtid), at->nth } };
	bool ok = pass(&p, waits, e);

	arena_release(&a);
	return ok;
}

/* Where neither the log nor the upstream can tell what the columns are called, the structure is none. */
static bool has_names(const struct table *t)
{
	for (size_t i = 0; i < t->n_columns; i++)
		if (str_starts(t->columns[i].name, STR_LIT("@")))
			return false;
	return true;
}

static bool keep_state(struct shard_table *t, const struct joined_member *m, struct err *e)
{
	buf_clear(&t->state);
	joined_member_put(&t->state, m);
	return buf_ok(&t->state, "the structure of a table", e);
}

bool joined_learn(struct shard_table *t, struct str line, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct joined_member m = { .has_now = true };
	bool ok = true;

	if (t->state.n == 0 || t->silent) {
		ok = table_line_parse(&m.now, NULL, line, &a, e);
		if (ok && has_names(&m.now)) {
			ok = keep_state(t, &m, e);
			t->silent = t->entered = false;
		}
		if (ok)
			joined_member_release(&m);
	}
	arena_release(&a);
	return ok;
}

bool joined_is_assumed(const struct shard_table *t)
{
	struct arena a = ARENA_INIT;
	struct joined_member m;
	struct err ignored = { 0 };
	bool assumed = t->state.n > 0 && joined_member_read(&m, buf_str(&t->state), &a, &ignored) && m.assumed;

	if (t->state.n > 0 && !ignored.kind)
		joined_member_release(&m);
	arena_release(&a);
	return assumed;
}

bool joined_assume(struct sync *s, struct shard_table *t, struct err *e)
{
	struct joined_member m = { .has_now = false };
	struct err why = { 0 };
	bool ok;

	while (!(ok = take_downstream(s, t, &m, &why)) && target_is_passing(&why))
		if (!target_recover(&s->target, &why))
			break;
	if (ok)
		ok = keep_state(t, &m, e);
	else if (why.kind == &err_target_table)		/* its statements say what is missing */
		return true;
	else
		*e = why;
	joined_member_release(&m);
	return ok;
}

/* Its rows may come next, so a statement that another source is running is waited for. */
bool joined_enter(struct sync *s, struct shard_table *t, struct err *e)
{
	struct passing p = { .s = s, .t = t, .enters = true };
	bool waits = false;

	struct timespec pause = { 0, PAUSE_MS * 1000000L };

	if (t->state.n == 0)
		return true;
	while (pass(&p, &waits, e) && waits) {
		tool_take_signals();
		if (stop_asked)
			return err_set(e, &err_lost_plan, "a statement for '%.*s.%.*s' was at work, and a signal has ended the wait for it",
				       STR(t->target.schema), STR(t->target.table));
		nanosleep(&pause, NULL);
		if (!sync_report(s, "Running", false, e))
			return false;
	}
	t->entered = !e->kind;
	return t->entered;
}

static bool move(void *context, struct err *e)
{
	struct passing *p = context;
	struct arena a = ARENA_INIT;
	struct shard_group g;
	bool ok = meta_shard_lock(&p->s->cp.meta, &a, &p->t->target, &g, e);

	g.done++;
	ok = ok && meta_shard_put(&p->s->cp.meta, &g, e);
	arena_release(&a);
	return ok;
}

bool joined_moved(struct sync *s, const struct event_name *target, struct err *e)
{
	struct shard_table t = { .target = *target };
	struct passing p = { .s = s, .t = &t };

	return shard_commit(s, move, &p, e);
}

/* Statements of other sources change keys, too, which tell what may be applied side by side. */
bool joined_refresh(struct sync *s, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct shard_glance *list;
	struct map_entry *entry;
	size_t n, at = 0;
	bool ok;

	if (clock_ms() - s->shard.refreshed_ms < REFRESH_MS)
		return true;
	while (!(ok = meta_shard_glance(&s->cp.meta, &a, &list, &n, e)))
		if (!target_is_passing(e) || !target_recover(&s->target, e))
			break;
	while (ok && (entry = map_next(&s->shard.tables, &at))) {
		struct shard_table *t = entry->value;

		for (size_t i = 0; i < n; i++) {
			if (!str_eq(list[i].target.schema, t->target.schema) || !str_eq(list[i].target.table, t->target.table) ||
			    list[i].done == t->seen)
				continue;
			t->seen = list[i].done;
			upstream_stale(&s->up, &t->target);
			target_forget(&s->target, &t->target);
		}
	}
	s->shard.refreshed_ms = clock_ms();
	arena_release(&a);
	return ok;
}

bool joined_may_go_on(const struct sync *s, const struct shard_table *t, const struct shard_glance *g, bool look_owner)
{
	return !g || look_owner || g->done != t->looked || str_eq(g->owner, s->cp.meta.source);
}
