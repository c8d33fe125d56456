/* shard_plan.c - the owner of a joined group carries a plan out; see shard_plan.h */
#include "shard_plan.h"

#include "apply.h"
#include "base/log.h"
#include "shard_known.h"
#include "target.h"

#define SHOWN 200

const struct err_kind err_lost_plan = {
	.code = 36642, .class = "sync-unit", .scope = SCOPE_INTERNAL, .level = LEVEL_HIGH, .status = STATUS_RETRY,
	.workaround = "start again: the work goes on from the checkpoint",
};

struct carrying {
	struct sync *s;
	struct shard_table *t;
	struct str value, failed;	/* the announcement; why it was refused */
	bool advances;			/* the statement has run */
	bool ours;			/* the plan was t's own */
	bool more;			/* there is another statement */
};

static bool has_plan(struct known *k, struct carrying *c, struct err *e)
{
	if (k->joined.plan.there && str_eq(k->g.owner, c->s->cp.meta.source))
		return true;
	return err_set(e, &err_lost_plan, "another process has run the statement for '%.*s.%.*s'", STR(c->t->target.schema),
		       STR(c->t->target.table));
}

/* A restart has to notice where the statement does not come again. */
static bool hold_refused(struct known *k, struct carrying *c, struct err *e)
{
	const struct joined_plan *plan = &k->joined.plan;

	if (known_member(k, plan->source, plan->schema, plan->table) != k->ours || plan->at.pos.n == 0)
		return true;
	k->g.members[k->ours].held = true;
	k->g.members[k->ours].held_at = plan->at;
	if (!known_put_member(k, c->s, k->ours, e))
		return false;
	known_take(k, c->t);
	shard_set_anchor(c->s);
	return true;
}

static bool write_announcement(void *context, struct err *e)
{
	struct carrying *c = context;
	struct known k;
	bool ok = known_read(&k, c->s, c->t, e) && has_plan(&k, c, e);

	if (ok && c->value.n)
		k.g.announced = c->value;
	if (ok)
		k.g.failed = c->failed;
	if (ok && c->failed.n) {
		k.g.failed_schema = k.joined.plan.schema;
		k.g.failed_table = k.joined.plan.table;
	}
	ok = ok && known_put_group(&k, c->s, e) && (!c->failed.n || hold_refused(&k, c, e));
	known_release(&k);
	return ok;
}

static bool announce(void *context, struct str value, struct err *e)
{
	struct carrying *c = context;

	c->value = value;
	return shard_commit(c->s, write_announcement, c, e);
}

/* The group and its members are where the plan leads. */
static bool finish_plan(struct known *k, struct sync *s, struct err *e)
{
	struct joined_plan *plan = &k->joined.plan;
	size_t i = known_member(k, plan->source, plan->schema, plan->table);

	if (i < k->g.n_members && plan->has_now) {
		known_pass(k, i, &plan->now, &plan->at);
		if (i != k->ours && !known_put_member(k, s, i, e))
			return false;
	}
	known_replace(&k->joined.joined, &k->joined.has_joined, plan->has_joined ? &plan->joined : NULL);
	k->joined.dropped = plan->dropped;
	k->joined.n_dropped = plan->n_dropped;
	if (plan->resolves && !known_resolve(k, s, e))
		return false;
	plan->there = false;
	k->g.owner = k->g.announced = k->g.failed = k->g.failed_schema = k->g.failed_table = STR_NONE;
	k->g.done++;
	return true;
}

static bool advance(void *context, struct err *e)
{
	struct carrying *c = context;
	struct known k;
	bool ok = known_read(&k, c->s, c->t, e) && has_plan(&k, c, e), last;

	if (ok) {
		k.joined.plan.next++;
		k.g.announced = STR_NONE;
		last = k.joined.plan.next >= k.joined.plan.n;
		ok = !last || finish_plan(&k, c->s, e);
		if (last && !c->t->blocked && c->t->entered)	/* one that is back keeps the place that its rows wait at */
			k.g.members[k.ours].held = false;
		c->more = !last;
	}
	ok = ok && known_put_member(&k, c->s, k.ours, e) && known_put_group(&k, c->s, e);
	if (ok) {
		known_take(&k, c->t);
		shard_set_anchor(c->s);
	}
	known_release(&k);
	return ok;
}

/* A copy of the next statement, outside of any lock: nobody but the owner changes a plan. */
static bool read_next(struct carrying *c, struct arena *a, struct joined_statement *one, struct str *line, struct str *announced,
		      struct err *e)
{
	struct shard_group g;
	struct joined_group joined;
	bool found, ok;

	while (!(ok = meta_shard_read(&c->s->cp.meta, a, &c->t->target, &g, &found, e)))
		if (!target_is_passing(e) || !target_recover(&c->s->target, e))
			return false;
	ok = joined_group_read(&joined, g.state, a, e);
	if (ok && (!joined.plan.there || joined.plan.next >= joined.plan.n || !str_eq(g.owner, c->s->cp.meta.source)))
		ok = err_set(e, &err_lost_plan, "another process has run the statement for '%.*s.%.*s'", STR(c->t->target.schema),
			     STR(c->t->target.table));
	if (ok) {
		*one = joined.plan.statements[joined.plan.next];
		*line = joined.plan.line;
		*announced = g.announced;
		c->ours = str_eq(joined.plan.source, c->s->cp.meta.source) && str_eq(joined.plan.schema, c->t->up.schema) &&
			  str_eq(joined.plan.table, c->t->up.table);
		joined_group_release(&joined);
	}
	return ok;
}

/* Without what makes errors of values that do not fit. */
static struct str lenient(struct arena *a, struct str modes)
{
	struct buf b = BUF_INIT(4096);
	struct str text;

	while (modes.n) {
		struct str mode = modes;

		if (!str_cut(modes, ',', &mode, &modes))
			modes = STR_NONE;
		if (str_starts_nocase(mode, STR_LIT("STRICT_")) || str_starts_nocase(mode, STR_LIT("NO_ZERO_")) ||
		    str_is_nocase(mode, "TRADITIONAL") || str_is_nocase(mode, "ERROR_FOR_DIVISION_BY_ZERO"))
			continue;
		buf_putf(&b, "%s%.*s", b.n ? "," : "", STR(mode));
	}
	text = arena_str(a, buf_str(&b));
	buf_release(&b);
	return text;
}

/* The event as it came, about the one statement that is to be run. */
static bool event_of(struct ddl_event *ddl, const struct joined_statement *one, struct str line, struct carrying *c, struct arena *a,
		     struct err *e)
{
	struct event_name *to = arena_array(a, 1, sizeof(*to));

	*to = (struct event_name){ arena_str(a, c->t->target.schema), arena_str(a, c->t->target.table) };
	memset(ddl, 0, sizeof(*ddl));
	if (line.n > 0 && !ddl_line_parse(ddl, line, a, e))
		return false;
	if (!one->own)
		ddl->sql_mode = lenient(a, ddl->sql_mode);
	ddl->kind = STR_LIT("alter table");
	ddl->sql = one->sql;
	ddl->n_tables = 1;
	ddl->tables = ddl->to = to;
	ddl->routed = true;
	return true;
}

/* The downstream has refused it: others must not try, since a person has to see to it. */
static void tell_failure(struct carrying *c, const struct err *e)
{
	struct err why = { 0 };

	c->value = STR_NONE;
	c->failed = str_first(str_of(e->text), 500);
	if (!shard_commit(c->s, write_announcement, c, &why))
		log_warning("%s", why.text);
}

static bool run_next(struct carrying *c, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct ddl_shared shared = { .target = c->t->target, .announce = announce, .context = c };
	struct joined_statement one;
	struct str line, announced;
	struct ddl_event ddl;
	bool ran, ok = read_next(c, &a, &one, &line, &announced, e) && event_of(&ddl, &one, line, c, &a, e);

	c->failed = STR_NONE;
	if (ok) {
		log_notice("'%.*s.%.*s' becomes what all its shards need: %.*s", STR(c->t->target.schema), STR(c->t->target.table),
			   STR(str_first(one.sql, SHOWN)));
		c->s->ddl.shared = &shared;
		ok = ddl_run_adopt(&c->s->ddl, announced, e) && ddl_run_event(&c->s->ddl, &ddl, &ran, e);
		c->s->ddl.shared = NULL;
		if (!ok && !target_is_passing(e))
			tell_failure(c, e);
		c->s->tx.failed |= !ok;		/* the session is not as it was */
	}
	ok = ok && shard_commit(c->s, advance, c, e);
	arena_release(&a);
	return ok;
}

bool plan_carry_out(struct sync *s, struct shard_table *t, bool *ours, struct err *e)
{
	struct carrying c = { .s = s, .t = t, .more = true };

	while (c.more)
		if (!run_next(&c, e))
			return false;
	upstream_stale(&s->up, &t->target);
	target_forget(&s->target, &t->target);
	*ours = c.ours;
	return true;
}
