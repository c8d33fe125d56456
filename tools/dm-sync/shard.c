/* shard.c - merged upstream tables; see shard.h */
#include "shard_parts.h"

#include <stdlib.h>

#include "apply.h"
#include "base/log.h"
#include "base/tool.h"
#include "shard_joined.h"

#define PLACE_MAX 4096
#define LINE_MAX_BYTES ((size_t)3 << 30)
#define STATE_MAX ((size_t)256 << 20)

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

struct str shard_key(struct shard *sh, struct str schema, struct str table)
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
	struct shard_table *t = map_get(&sh->tables, shard_key(sh, up->schema, up->table));

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
	map_put(&sh->tables, shard_key(sh, up->schema, up->table), t);
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

void shard_table_drop(struct sync *s, struct shard_table *t)
{
	drop_table(map_take(&s->shard.tables, shard_key(&s->shard, t->up.schema, t->up.table)));
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

/* --- lines --- */

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

static bool learn(struct sync *s, struct shard_table *t, struct str line, struct err *e)
{
	if (!joined_learn(t, line, e))
		return false;
	s->shard.to_join |= !t->entered;
	return !s->shard.registered || s->in_trx || s->skipping || !s->shard.to_join || (sync_flush(s, e) && shard_join_all(s, e));
}

bool shard_take_table(struct sync *s, const struct event_name *up, const struct event_name *target, struct str line,
		      bool *taken, struct err *e)
{
	struct shard_table *t;

	*taken = false;
	if (s->shard.mode == SHARD_NONE)
		return true;
	t = shard_table_get(s, up, target);
	*taken = t->blocked;
	if (s->shard.mode == SHARD_OPTIMISTIC && (!t->entered || t->silent) && !t->blocked)
		return learn(s, t, line, e);
	return !t->blocked || spool_put(&t->spool, (struct str[]){ STR_LIT("t"), line }, 2, e);
}

struct shard_table *shard_waiting(struct shard *sh, struct str schema, struct str table)
{
	struct shard_table *t = sh->n_blocked ? map_get(&sh->tables, shard_key(sh, schema, table)) : NULL;

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
	s->shard.behind = s->shard.again = false;
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
		shard_meet(&s->shard, t, STR_LIT(""));
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

bool shard_go_on_fully(struct sync *s, struct err *e)
{
	s->shard.looked_ms = 0;
	do
		if (!go_on(s, false, e))
			return false;
	while (s->shard.n_draining > 0 && !stop_asked);
	return true;
}

bool shard_boundary(struct sync *s, const struct event_head *ev, struct err *e)
{
	if (s->shard.mode == SHARD_NONE)
		return true;
	catch_up(s, ev);
	find_left_out(s, ev);
	if (s->shard.to_join && !shard_join_all(s, e))
		return false;
	if (ev->type != EVENT_END)
		return go_on(s, ev->type == EVENT_COMMIT, e);
	/* What can be done is done before we go. */
	if (!str_is(ev->reason, "signal"))
		return shard_go_on_fully(s, e);
	s->shard.looked_ms = 0;
	return go_on(s, false, e);
}

bool shard_idle(struct sync *s, struct err *e)
{
	return go_on(s, false, e);
}
