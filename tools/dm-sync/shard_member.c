/* shard_member.c - who belongs to a group of merged tables: they come, register and leave; see shard_parts.h */
#include "shard_parts.h"

#include "apply.h"
#include "base/log.h"
#include "shard_joined.h"
#include "target.h"
#include "text/json_read.h"

static const struct err_kind err_waits = {
	.code = 36611, .class = "sync-unit", .scope = SCOPE_INTERNAL, .level = LEVEL_HIGH, .status = STATUS_CONFIG,
	.workaround = "run the task with its shard-mode until no lock is left (dm show-ddl-locks)",
};

static void take_member(struct sync *s, const struct event_name *target, const struct shard_member *member)
{
	struct event_name up = { member->schema, member->table };
	struct shard_table *t = shard_table_get(s, &up, target);

	t->joined = true;
	t->passed = t->read = member->passed;
	t->held = member->held;
	buf_set(&t->held_pos, member->held_at.pos);
	buf_set(&t->held_gtid, member->held_at.gtid);
	t->held_nth = member->held_at.nth;
	t->drained = member->drained;
	buf_set(&t->drained_pos, member->drained_pos);
	buf_set(&t->drained_gtid, member->drained_gtid);
	t->drained_seq = member->drained_seq;
	t->entered = member->state.n > 0 && !member->away;
	if (member->state.n > 0) {
		buf_set(&t->state, member->state);
		t->silent = joined_is_assumed(t);
	}
}

static bool read_members(struct sync *s, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct event_name *targets;
	struct shard_group g;
	size_t n;
	bool found, ok = meta_shard_groups(&s->cp.meta, &a, s->cp.meta.source, &targets, &n, e);

	for (size_t i = 0; ok && i < n; i++) {
		ok = meta_shard_read(&s->cp.meta, &a, &targets[i], &g, &found, e);
		for (size_t k = 0; ok && k < g.n_members; k++)
			if (str_eq(g.members[k].source, s->cp.meta.source))
				take_member(s, &targets[i], &g.members[k]);
	}
	arena_release(&a);
	return ok;
}

bool shard_leave(struct sync *s, struct shard_table *t, struct err *e)
{
	struct shard_member member;

	shard_member_of(s, t, &member);
	while (!meta_shard_drop_member(&s->cp.meta, &t->target, &member, e))
		if (!target_is_passing(e) || !target_recover(&s->target, e))
			return false;
	s->shard.n_unmet -= s->shard.n_unmet > 0 && t->held && !t->blocked;
	shard_table_drop(s, t);
	return true;
}

static bool take_unlearnt(struct sync *s, const struct event_name *up, struct err *e)
{
	struct event_name to = *up;
	struct shard_table *t;

	if (!rules_want_table(s->shard.rules, up->schema, up->table))
		return true;
	if (!rules_route(s->shard.rules, up->schema, up->table, &to.schema, &to.table, e))
		return false;
	t = shard_table_get(s, up, &to);
	t->silent |= t->state.n == 0;
	return true;
}

bool shard_take_unlearnt(struct sync *s, struct str value, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct json j;
	bool ok = true;

	json_init(&j, value);
	for (bool more = s->shard.mode != SHARD_NONE && s->shard.rules && json_array(&j); ok && more && json_item(&j); ) {
		struct event_name up = { STR_NONE, STR_NONE };

		if (json_array(&j) && json_item(&j))
			up.schema = json_text(&j, &a);
		if (json_item(&j))
			up.table = json_text(&j, &a);
		if (json_item(&j))
			j.bad = true;
		ok = j.bad || take_unlearnt(s, &up, e);
	}
	ok = ok && (!j.bad || err_set(e, &err_stream_syntax, "a list of tables cannot be read: %.*s", STR(str_first(value, 200))));
	arena_release(&a);
	return ok;
}

/* The task's rules were changed: they do not want it, or it goes elsewhere. */
static bool is_stranger(const struct shard *sh, const struct shard_table *t)
{
	struct event_name to = { STR_NONE, STR_NONE };
	struct err ignored = { 0 };

	return sh->rules && (!rules_want_table(sh->rules, t->up.schema, t->up.table) ||
			     (rules_route(sh->rules, t->up.schema, t->up.table, &to.schema, &to.table, &ignored) &&
			      (!str_eq(to.schema, t->target.schema) || !str_eq(to.table, t->target.table))));
}

/* Others must not wait for a table that will never bring anything. */
static bool leave_as_told(struct sync *s, struct err *e)
{
	struct map_entry *entry;
	size_t at = 0;

	while ((entry = map_next(&s->shard.tables, &at))) {
		struct shard_table *t = entry->value;

		if (!is_stranger(&s->shard, t))
			continue;
		log_notice("table '%.*s.%.*s' leaves the shards of '%.*s.%.*s': the task's rules send it there no more", STR(t->up.schema),
			   STR(t->up.table), STR(t->target.schema), STR(t->target.table));
		if (!shard_leave(s, t, e))
			return false;
	}
	return true;
}

static size_t count_held(const struct shard *sh, const struct shard_table **one)
{
	struct map_entry *entry;
	size_t at = 0, n = 0;

	while ((entry = map_next(&sh->tables, &at))) {
		const struct shard_table *t = entry->value;

		if (t->held)
			*one = t;
		n += t->held;
	}
	return n;
}

bool shard_open(struct sync *s, struct err *e)
{
	struct shard *sh = &s->shard;
	const struct shard_table *one = NULL;
	size_t held;

	if (!read_members(s, e) || (sh->mode != SHARD_NONE && !leave_as_told(s, e)))
		return false;
	sh->to_join = false;
	held = count_held(sh, &one);
	if (sh->mode == SHARD_NONE)
		return held == 0 || err_set(e, &err_waits, "changes of table '%.*s.%.*s' wait for other shards of '%.*s.%.*s', and the task "
					    "has no shard-mode", STR(one->up.schema), STR(one->up.table),
					    STR(one->target.schema), STR(one->target.table));
	sh->n_unmet = held;
	sh->behind = s->cp.applied.n > 0;
	if (s->cp.anchored)
		anchor_copy(&sh->start, &s->cp.anchor);
	else
		checkpoint_here(&s->cp, &sh->start);
	gtid_set_copy(&sh->read, &sh->start.gtids);
	sh->again = sh->behind && sh->tables.live > 0 && (s->cp.anchored || sh->start.resume.n > 0);
	if (held)
		shard_set_anchor(s);
	return true;
}

static bool join(struct sync *s, struct shard_table *t, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct shard_group g;
	struct shard_member *member = NULL;
	bool found, ok;

	ok = meta_shard_join(&s->cp.meta, &t->target, t->up.schema, t->up.table, s->shard.mode, e) &&
	     meta_shard_read(&s->cp.meta, &a, &t->target, &g, &found, e);
	if (ok)
		member = shard_find(&g, s->cp.meta.source, t->up.schema, t->up.table);
	if (member)
		take_member(s, &t->target, member);
	arena_release(&a);
	return ok;
}

/* Their structures go into their groups. One whose group is at work is asked again. */
static bool enter_all(struct sync *s, struct err *e)
{
	struct map_entry *entry;
	size_t at = 0;

	while ((entry = map_next(&s->shard.tables, &at))) {
		struct shard_table *t = entry->value;

		if (!t->joined)
			continue;
		if (t->silent && t->state.n == 0 && !joined_assume(s, t, e))
			return false;
		if (t->entered || t->state.n == 0)
			continue;
		if (!joined_enter(s, t, e))
			return false;
		s->shard.to_join |= !t->entered;
	}
	return true;
}

bool shard_join_all(struct sync *s, struct err *e)
{
	struct map_entry *entry;
	size_t at = 0;

	while ((entry = map_next(&s->shard.tables, &at))) {
		struct shard_table *t = entry->value;

		while (!t->joined && !s->shard.again && !join(s, t, e))
			if (!target_is_passing(e) || !target_recover(&s->target, e))
				return false;
	}
	s->shard.to_join = s->shard.again;
	return s->shard.mode != SHARD_OPTIMISTIC || enter_all(s, e);
}

/* A source that the task does not have any more leaves its groups, unless it still works. */
static bool drop_strangers(struct sync *s, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct str *names;
	size_t n = 0;
	bool dead, announced, ok = s->shard.n_sources == 0 || meta_shard_sources(&s->cp.meta, &a, &names, &n, &announced, e);

	for (size_t i = 0; ok && i < n; i++) {
		bool ours = false;

		for (size_t k = 0; k < s->shard.n_sources; k++)
			ours |= str_eq(names[i], s->shard.sources[k]);
		if (ours || !(ok = meta_lease_is_dead(&s->cp.meta, names[i], &dead, e)) || !dead)
			continue;
		ok = meta_shard_leave(&s->cp.meta, names[i], e) && meta_shard_unregister(&s->cp.meta, names[i], e);
		log_notice("source '%.*s' is none of the task's any more: its tables leave their shard groups", STR(names[i]));
	}
	arena_release(&a);
	return ok;
}

bool shard_register(struct sync *s, struct err *e)
{
	if (s->shard.mode == SHARD_NONE || s->shard.registered)
		return true;
	if (!shard_join_all(s, e))
		return false;
	while (!meta_shard_return(&s->cp.meta, e) || !meta_shard_register(&s->cp.meta, e) || !drop_strangers(s, e))
		if (!target_is_passing(e) || !target_recover(&s->target, e))
			return false;
	target_worked(&s->target);
	return s->shard.registered = true;
}

bool shard_all_registered(struct sync *s, bool *all, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct str *names;
	size_t n;
	bool announced, ok = meta_shard_sources(&s->cp.meta, &a, &names, &n, &announced, e);

	*all = ok && !announced;
	for (size_t i = 0; *all && i < s->shard.n_sources; i++) {
		*all = false;
		for (size_t k = 0; k < n; k++)
			*all |= str_eq(names[k], s->shard.sources[i]);
	}
	arena_release(&a);
	return ok;
}
