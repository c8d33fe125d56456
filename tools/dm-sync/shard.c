/* shard.c - merged upstream tables; see shard.h */
#include "shard.h"

#include <stdlib.h>

#include "apply.h"
#include "base/log.h"
#include "base/tool.h"
#include "pessimist.h"
#include "shard_joined.h"
#include "schema/ddl.h"
#include "target.h"

#define PLACE_MAX 4096
#define LINE_MAX_BYTES ((size_t)3 << 30)
#define SHOWN 200
#define STATE_MAX ((size_t)256 << 20)

static const struct err_kind err_create = {
	.code = 36005, .class = "sync-unit", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "let the other tables bring the statement first, or 'dm unlock-ddl-lock'; then resume the task",
};
static const struct err_kind err_drop = {
	.code = 36006, .class = "sync-unit", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "let the other tables bring the statement first, or 'dm unlock-ddl-lock'; then resume the task",
};
static const struct err_kind err_several = {
	.code = 36022, .class = "sync-unit", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "put statements for one table each in its place with 'dm binlog replace', or leave it out with 'dm binlog skip'",
};
static const struct err_kind err_rename = {
	.code = 36610, .class = "sync-unit", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "leave it out with 'dm binlog skip' where the routes are right for the new name, too",
};
static const struct err_kind err_rename_joined = {
	.code = 36068, .class = "sync-unit", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "leave it out with 'dm binlog skip' where the routes are right for the new name, too, and no DDL of its group waits",
};
static const struct err_kind err_waits = {
	.code = 36611, .class = "sync-unit", .scope = SCOPE_INTERNAL, .level = LEVEL_HIGH, .status = STATUS_CONFIG,
	.workaround = "run the task with its shard-mode until no lock is left (dm show-ddl-locks)",
};

/* --- memory --- */

void shard_init(struct shard *sh)
{
	*sh = (struct shard){ .mode = SHARD_NONE };
	map_init(&sh->tables);
	arena_init(&sh->key);
	arena_init(&sh->names);
	anchor_init(&sh->start);
	gtid_set_init(&sh->read);
	buf_init(&sh->pos, PLACE_MAX);
	buf_init(&sh->gtid, PLACE_MAX);
}

static void drop_table(struct shard_table *t)
{
	if (!t)
		return;
	free(t->text);
	buf_release(&t->held_pos);
	buf_release(&t->held_gtid);
	anchor_release(&t->anchor);
	buf_release(&t->ddl);
	spool_release(&t->spool);
	buf_release(&t->drained_pos);
	buf_release(&t->drained_gtid);
	buf_release(&t->state);
	buf_release(&t->verdict);
	buf_release(&t->why);
	free(t);
}

void shard_release(struct shard *sh)
{
	struct map_entry *entry;
	size_t at = 0;

	while ((entry = map_next(&sh->tables, &at)))
		drop_table(entry->value);
	map_release(&sh->tables);
	arena_release(&sh->key);
	arena_release(&sh->names);
	rules_free(sh->rules);
	anchor_release(&sh->start);
	gtid_set_release(&sh->read);
	buf_release(&sh->pos);
	buf_release(&sh->gtid);
}

static void set(struct buf *b, struct str text)
{
	buf_clear(b);
	buf_put_str(b, text);
}

static struct str key_of(struct shard *sh, struct str schema, struct str table)
{
	arena_clear(&sh->key);
	return table_key(&sh->key, schema, table);
}

static struct str part(char **at, struct str s)
{
	struct str copy = { *at, s.n };

	if (s.n)
		memcpy(*at, s.p, s.n);
	*at += s.n;
	return copy;
}

static void name_table(struct shard_table *t, const struct event_name *up, const struct event_name *target)
{
	char *at = mem_alloc(up->schema.n + up->table.n + target->schema.n + target->table.n + 1), *old = t->text;

	t->text = at;
	t->up = (struct event_name){ part(&at, up->schema), STR_NONE };
	t->up.table = part(&at, up->table);
	t->target.schema = part(&at, target->schema);
	t->target.table = part(&at, target->table);
	free(old);
}

struct shard_table *shard_table_get(struct sync *s, const struct event_name *up, const struct event_name *target)
{
	struct shard *sh = &s->shard;
	struct shard_table *t = map_get(&sh->tables, key_of(sh, up->schema, up->table));

	if (t && target && (!str_eq(t->target.schema, target->schema) || !str_eq(t->target.table, target->table)) && !t->held) {
		name_table(t, up, target);	/* the routes were changed */
		t->joined = false;
		sh->to_join = true;
	}
	if (t || !target)
		return t;
	t = mem_zalloc(sizeof(*t));
	name_table(t, up, target);
	buf_init(&t->held_pos, PLACE_MAX);
	buf_init(&t->held_gtid, PLACE_MAX);
	buf_init(&t->drained_pos, PLACE_MAX);
	buf_init(&t->drained_gtid, PLACE_MAX);
	buf_init(&t->state, STATE_MAX);
	buf_init(&t->verdict, PLACE_MAX);
	buf_init(&t->why, PLACE_MAX);
	buf_init(&t->ddl, LINE_MAX_BYTES);
	anchor_init(&t->anchor);
	spool_init(&t->spool, sh->spool_dir, "the rows of a table that waits for other shards");
	map_put(&sh->tables, key_of(sh, up->schema, up->table), t);
	sh->to_join = true;
	return t;
}

void shard_member_of(const struct sync *s, const struct shard_table *t, struct shard_member *member)
{
	*member = (struct shard_member){
		.source = s->cp.meta.source, .schema = t->up.schema, .table = t->up.table, .passed = t->passed, .held = t->held,
		.held_at = { buf_str(&t->held_pos), buf_str(&t->held_gtid), t->held_nth },
		.drained = t->drained, .drained_pos = buf_str(&t->drained_pos), .drained_gtid = buf_str(&t->drained_gtid),
		.drained_seq = t->drained_seq, .state = s->shard.mode == SHARD_OPTIMISTIC ? buf_str(&t->state) : STR_NONE,
	};
}

/* --- the checkpoint --- */

bool shard_commit(struct sync *s, bool (*write)(void *context, struct err *e), void *context, struct err *e)
{
	s->cp.also = write;
	s->cp.also_context = context;
	s->cp.moved = true;
	if (transaction_commit(&s->tx, e))
		return true;
	s->cp.also = NULL;
	return false;
}

void shard_set_anchor(struct sync *s)
{
	const struct anchor *first = NULL;
	struct map_entry *entry;
	size_t at = 0;

	while ((entry = map_next(&s->shard.tables, &at))) {
		const struct shard_table *t = entry->value;
		const struct anchor *own = t->anchored ? &t->anchor : &s->shard.start;

		if (t->held && (!first || event_pos_compare(buf_str(&own->pos), buf_str(&first->pos)) < 0))
			first = own;
	}
	checkpoint_set_anchor(&s->cp, first);
}

/* --- members --- */

static void take_member(struct sync *s, const struct event_name *target, const struct shard_member *member)
{
	struct event_name up = { member->schema, member->table };
	struct shard_table *t = shard_table_get(s, &up, target);

	t->joined = true;
	t->passed = t->read = member->passed;
	t->held = member->held;
	set(&t->held_pos, member->held_at.pos);
	set(&t->held_gtid, member->held_at.gtid);
	t->held_nth = member->held_at.nth;
	t->drained = member->drained;
	set(&t->drained_pos, member->drained_pos);
	set(&t->drained_gtid, member->drained_gtid);
	t->drained_seq = member->drained_seq;
	if (member->state.n > 0)
		set(&t->state, member->state);
	t->entered = member->state.n > 0 && !member->away;
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

/* Takes a table out of its group, in its own transaction: whoever dies after that drops it once more. */
static bool leave(struct sync *s, struct shard_table *t, struct err *e)
{
	struct shard_member member;

	shard_member_of(s, t, &member);
	while (!meta_shard_drop_member(&s->cp.meta, &t->target, &member, e))
		if (!target_is_passing(e) || !target_recover(&s->target, e))
			return false;
	s->shard.n_unmet -= s->shard.n_unmet > 0 && t->held && !t->blocked;
	drop_table(map_take(&s->shard.tables, key_of(&s->shard, t->up.schema, t->up.table)));
	return true;
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
		if (!leave(s, t, e))
			return false;
	}
	return true;
}

/* explicit_defaults_for_timestamp is on since MySQL 8.0 and MariaDB 10.10, unless somebody has turned it off; before, who knows. */
void shard_take_stream(struct shard *sh, const struct event_head *ev, bool mariadb)
{
	struct str major = STR_NONE, rest = STR_NONE, minor = STR_NONE;
	uint64_t v = 0, w = 0;

	if (str_cut(ev->server_version, '.', &major, &rest))
		str_cut(rest, '.', &minor, NULL);
	if (str_to_u64(major, &v) && str_to_u64(minor, &w) && v * 100 + w >= (mariadb ? 1010u : 800u))
		sh->timestamps = TIMESTAMPS_EXPLICIT;
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

		if (t->entered || t->state.n == 0)
			continue;
		if (!joined_enter(s, t, e))
			return false;
		s->shard.to_join |= !t->entered;
	}
	return true;
}

/* Statements of their own, each of which may be made again. */
static bool join_all(struct sync *s, struct err *e)
{
	struct map_entry *entry;
	size_t at = 0;

	while ((entry = map_next(&s->shard.tables, &at))) {
		struct shard_table *t = entry->value;

		while (!t->joined && !join(s, t, e))
			if (!target_is_passing(e) || !target_recover(&s->target, e))
				return false;
	}
	s->shard.to_join = false;
	return s->shard.mode != SHARD_OPTIMISTIC || enter_all(s, e);
}

/* A source that the task does not have any more leaves its groups, unless it still works. */
static bool drop_strangers(struct sync *s, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct str *names;
	size_t n = 0;
	bool dead, ok = s->shard.n_sources == 0 || meta_shard_sources(&s->cp.meta, &a, &names, &n, e);

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
	if (!join_all(s, e))
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
	bool ok = true;

	*all = true;
	if (!s->shard.all_registered && s->shard.n_sources > 0) {
		ok = meta_shard_sources(&s->cp.meta, &a, &names, &n, e);
		for (size_t i = 0; ok && *all && i < s->shard.n_sources; i++) {
			*all = false;
			for (size_t k = 0; k < n; k++)
				*all |= str_eq(names[k], s->shard.sources[i]);
		}
		s->shard.all_registered = ok && *all;
	}
	arena_release(&a);
	return ok;
}

/* --- lines --- */

bool shard_take_table(struct sync *s, const struct event_name *up, const struct event_name *target, struct str line,
		      bool *taken, struct err *e)
{
	struct shard_table *t;

	*taken = false;
	if (s->shard.mode == SHARD_NONE)
		return true;
	t = shard_table_get(s, up, target);
	*taken = t->blocked;
	if (s->shard.mode == SHARD_OPTIMISTIC && !t->entered && !t->blocked)
		return joined_learn(t, line, e) && (!s->shard.registered || s->in_trx || s->skipping || (sync_flush(s, e) && join_all(s, e)));
	return !t->blocked || spool_put(&t->spool, (struct str[]){ STR_LIT("t"), line }, 2, e);
}

struct shard_table *shard_waiting(struct shard *sh, struct str schema, struct str table)
{
	struct shard_table *t = sh->n_blocked ? map_get(&sh->tables, key_of(sh, schema, table)) : NULL;

	return t && t->blocked ? t : NULL;
}

bool shard_keep_rows(struct sync *s, struct shard_table *t, struct str line, struct err *e)
{
	return spool_put(&t->spool, (struct str[]){ s->cp.safe.n ? STR_LIT("R") : STR_LIT("r"), line }, 2, e);
}

bool shard_was_drained(struct shard *sh, const struct event_head *ev, uint64_t seq)
{
	struct shard_table *t = sh->from;
	bool same;

	if (!sh->draining || !t->drained)
		return false;
	same = ev->gtid.n && t->drained_gtid.n ? str_eq(ev->gtid, buf_str(&t->drained_gtid)) :
	       str_eq(ev->pos, buf_str(&t->drained_pos));
	if ((same && seq > t->drained_seq) || (!same && t->drained_met)) {
		t->drained = false;
		return false;
	}
	t->drained_met |= same;
	return true;
}

/* --- statements --- */

static void count(struct shard *sh, const struct ddl_event *ddl)
{
	bool same = ddl->gtid.n ? str_eq(buf_str(&sh->gtid), ddl->gtid) : str_eq(buf_str(&sh->pos), ddl->pos);

	sh->nth = same && sh->pos.n ? sh->nth + 1 : 0;
	set(&sh->pos, ddl->pos);
	set(&sh->gtid, ddl->gtid);
}

static struct str where(const struct ddl_event *ddl)
{
	return ddl->at.n ? ddl->at : ddl->pos;
}

/* Does one of our own tables of that target wait? */
static const struct shard_table *blocked_of(const struct shard *sh, const struct event_name *target)
{
	struct map_entry *entry;
	size_t at = 0;

	while (sh->n_blocked && (entry = map_next(&sh->tables, &at))) {
		const struct shard_table *t = entry->value;

		if (t->blocked && str_eq(t->target.schema, target->schema) && str_eq(t->target.table, target->table))
			return t;
	}
	return NULL;
}

static bool not_now(const struct shard_table *t, const struct ddl_event *ddl, const struct err_kind *kind, struct err *e)
{
	return err_set(e, kind, "statement at %.*s: a table of '%.*s.%.*s' is made or dropped while '%.*s.%.*s' waits for the DDL of "
		       "other shards: %.*s", STR(where(ddl)), STR(t->target.schema), STR(t->target.table), STR(t->up.schema),
		       STR(t->up.table), STR(str_first(ddl->sql, SHOWN)));
}

/* The next member that the statement drops; all of a schema where it names no table. */
static struct shard_table *dropped(struct shard *sh, const struct event_name *name)
{
	struct map_entry *entry;
	size_t at = 0;

	while ((entry = map_next(&sh->tables, &at))) {
		struct shard_table *t = entry->value;

		if (str_eq(t->up.schema, name->schema) && (name->table.n == 0 || str_eq(t->up.table, name->table)))
			return t;
	}
	return NULL;
}

/* A merged table stays when one of its shards goes. */
static bool drop(struct sync *s, const struct ddl_event *ddl, struct err *e)
{
	for (size_t i = 0; i < ddl->n_tables; i++) {
		struct shard_table *t;

		while ((t = dropped(&s->shard, &ddl->tables[i]))) {
			bool joined = s->shard.mode == SHARD_OPTIMISTIC;
			const struct shard_table *waits = joined ? (t->blocked ? t : NULL) : blocked_of(&s->shard, &t->target);

			if (waits)
				return not_now(waits, ddl, &err_drop, e);
			if (!leave(s, t, e) || (joined && !joined_moved(s, &ddl->to[i], e)))
				return false;
		}
	}
	return true;
}

static bool ignored(const struct ddl_event *ddl)
{
	log_notice("statement at %.*s is not run downstream, where other shards have rows, too: %.*s", STR(where(ddl)),
		   STR(str_first(ddl->sql, SHOWN)));
	return true;
}

static bool create(struct sync *s, const struct ddl_event *ddl, struct err *e)
{
	const struct shard_table *waits = ddl->n_tables && s->shard.mode == SHARD_PESSIMISTIC ? blocked_of(&s->shard, &ddl->to[0]) : NULL;

	if (waits)
		return not_now(waits, ddl, &err_create, e);
	if (ddl->n_tables && !s->skipping) {
		shard_table_get(s, &ddl->tables[0], &ddl->to[0]);
		if (!join_all(s, e))
			return false;
	}
	/* CREATE TABLE a LIKE b: the target is there already. */
	if (ddl->n_tables == 2 && str_eq(ddl->to[0].schema, ddl->to[1].schema) && str_eq(ddl->to[0].table, ddl->to[1].table))
		return true;
	return s->skipping || sync_run_ddl(s, ddl, e);
}

/* To another name with the same target nothing happens downstream. */
static bool rename_one(struct sync *s, const struct ddl_event *ddl, size_t i, struct err *e)
{
	const struct event_name *from = &ddl->tables[i], *to = &ddl->tables[i + 1];
	struct shard_table *t = shard_table_get(s, from, NULL), *now;

	if (s->shard.mode == SHARD_OPTIMISTIC)
		return err_set(e, &err_rename_joined, "statement at %.*s: `RENAME TABLE` statement not supported in optimistic mode: %.*s",
			       STR(where(ddl)), STR(str_first(ddl->sql, SHOWN)));
	if (!str_eq(ddl->to[i].schema, ddl->to[i + 1].schema) || !str_eq(ddl->to[i].table, ddl->to[i + 1].table) ||
	    (t && t->held))
		return err_set(e, &err_rename, "statement at %.*s: rename table is not supported for a shard %s: '%.*s.%.*s' to '%.*s.%.*s': "
			       "%.*s", STR(where(ddl)), t && t->held ? "that waits for others" : "where the new name has another target",
			       STR(from->schema), STR(from->table), STR(to->schema), STR(to->table),
			       STR(str_first(ddl->sql, SHOWN)));
	if (!t)
		return true;
	now = shard_table_get(s, to, &ddl->to[i + 1]);
	return join_all(s, e) && now->passed >= t->passed && leave(s, t, e);
}

static bool rename_tables(struct sync *s, const struct ddl_event *ddl, struct err *e)
{
	for (size_t i = 0; i + 1 < ddl->n_tables; i += 2)
		if (!rename_one(s, ddl, i, e))
			return false;
	return true;
}

static bool is_held_at(const struct shard *sh, const struct shard_table *t, const struct ddl_event *ddl)
{
	bool same = ddl->gtid.n && t->held_gtid.n ? str_eq(ddl->gtid, buf_str(&t->held_gtid)) :
		    str_eq(ddl->pos, buf_str(&t->held_pos));

	return t->held && same && t->held_nth == sh->nth;
}

/* The statement at which an earlier run had stopped. */
static void meet(struct shard *sh, struct shard_table *t, struct str line)
{
	t->blocked = true;
	t->left_out = false;
	t->read = t->passed;
	set(&t->ddl, line);
	sh->n_blocked++;
	sh->n_unmet--;
	sh->looked_ms = 0;
}

static bool change(struct sync *s, const struct ddl_event *ddl, struct str line, struct err *e)
{
	struct shard *sh = &s->shard;
	struct shard_table *t;

	if (ddl->n_tables != 1)
		return err_set(e, &err_several, "statement at %.*s is about %zu tables, of which each is a shard: %.*s", STR(where(ddl)),
			       ddl->n_tables, STR(str_first(ddl->sql, SHOWN)));
	t = shard_table_get(s, &ddl->tables[0], &ddl->to[0]);
	checkpoint_note_change(&s->cp, t->up.schema, t->up.table);
	if (sh->to_join && !join_all(s, e))
		return false;
	if (t->blocked)
		return shard_queue(s, t, ddl, line, e);
	if (is_held_at(sh, t, ddl)) {
		meet(sh, t, line);
		return true;
	}
	if (!s->skipping)
		return shard_pass(s, t, ddl, line, e);
	sync_forget_tables(s, ddl);
	return true;
}

static bool take(struct sync *s, const struct ddl_event *ddl, struct str line, struct err *e)
{
	switch (ddl_kind_of_name(ddl->kind)) {
	case DDL_ALTER_TABLE:
	case DDL_CREATE_INDEX:
	case DDL_DROP_INDEX:
		return change(s, ddl, line, e);
	case DDL_CREATE_TABLE:
		return create(s, ddl, e);
	case DDL_DROP_TABLE:
	case DDL_DROP_DATABASE:
		if (!s->skipping && (!drop(s, ddl, e) || !ignored(ddl)))
			return false;
		sync_forget_tables(s, ddl);
		return true;
	case DDL_RENAME_TABLE:
		if (!s->skipping && !rename_tables(s, ddl, e))
			return false;
		sync_forget_tables(s, ddl);
		return true;
	case DDL_TRUNCATE_TABLE:
	case DDL_ALTER_DATABASE:
		return s->skipping || ignored(ddl);
	case DDL_UNKNOWN:
	case DDL_OTHER:
	case DDL_TRANSACTION:
	case DDL_DML:
	case DDL_CREATE_DATABASE:
	case DDL_CREATE_VIEW:
	case DDL_DROP_VIEW:
		break;
	}
	return s->skipping || sync_run_ddl(s, ddl, e);
}

bool shard_take_ddl(struct sync *s, const struct event_head *ev, struct str line, struct err *e)
{
	struct ddl_event ddl;

	(void)ev;
	if (!ddl_line_parse(&ddl, line, &s->arena, e))
		return false;
	count(&s->shard, &ddl);
	return (s->skipping || sync_flush(s, e)) && (take(s, &ddl, line, e) || ddl_line_err(&ddl, e));
}

/* --- between transactions --- */

/* Is this place still before the one that an earlier run had come to? GTIDs tell, where there are any, since another server has
 * places of its own. */
static bool is_behind(struct shard *sh, const struct checkpoint *cp, const struct event_head *ev)
{
	struct gtid gtid = { 0 };
	struct err ignored = { 0 };

	if (gtid_set_is_empty(&cp->applied_gtids))
		return checkpoint_has(cp, ev->pos, STR_NONE);
	if (ev->type == EVENT_COMMIT && ev->gtid.n &&
	    (!gtid_parse(&gtid, ev->gtid, &ignored) || !gtid_set_add(&sh->read, &gtid, &ignored)))
		log_debug("%s", ignored.text);
	return !gtid_set_contains_set(&sh->read, &cp->applied_gtids);
}

/* What was noted until then belongs to that place. */
static void catch_up(struct sync *s, const struct event_head *ev)
{
	if (!s->shard.behind || ev->pos.n == 0 || is_behind(&s->shard, &s->cp, ev))
		return;
	s->shard.behind = false;
	s->shard.looked_ms = 0;
	if (s->cp.applied.n > 0 || !gtid_set_is_empty(&s->cp.applied_gtids))
		group_boundary(s->now, &s->cp, ev);
}

/* A statement at which a table waits, and that does not come again: an operator has left it out. */
static void find_left_out(struct sync *s, const struct event_head *ev)
{
	struct map_entry *entry;
	size_t at = 0;

	while (s->shard.n_unmet > 0 && (entry = map_next(&s->shard.tables, &at))) {
		struct shard_table *t = entry->value;
		bool is_past = t->held_gtid.n ? ev->type == EVENT_COMMIT && str_eq(ev->gtid, buf_str(&t->held_gtid)) :
			       event_pos_compare(ev->pos, buf_str(&t->held_pos)) > 0;	/* places of another server have no order */

		if (!t->held || t->blocked || !is_past)
			continue;
		meet(&s->shard, t, STR_LIT(""));
		t->left_out = true;
	}
}

static bool go_on(struct sync *s, bool busy, struct err *e)
{
	const struct shard *sh = &s->shard;

	if (sh->mode == SHARD_OPTIMISTIC && !s->in_trx && !s->skipping && !s->streaming && !joined_refresh(s, e))
		return false;
	return sh->mode == SHARD_NONE || sh->n_blocked == 0 || sh->behind || s->in_trx || s->skipping || s->streaming ||
	       shard_go_on(s, busy, e);
}

bool shard_boundary(struct sync *s, const struct event_head *ev, struct err *e)
{
	if (s->shard.mode == SHARD_NONE)
		return true;
	catch_up(s, ev);
	find_left_out(s, ev);
	if (s->shard.to_join && !join_all(s, e))
		return false;
	if (ev->type != EVENT_END)
		return go_on(s, ev->type == EVENT_COMMIT, e);
	/* What can be done is done before we go. */
	s->shard.looked_ms = 0;
	do
		if (!go_on(s, false, e))
			return false;
	while (s->shard.n_draining > 0 && !stop_asked && !str_is(ev->reason, "signal"));
	return true;
}

bool shard_idle(struct sync *s, struct err *e)
{
	return go_on(s, false, e);
}
