/* shard_known.c - a joined group under its lock; see shard_known.h */
#include "shard_known.h"

#include "apply.h"

#define STATE_MAX ((size_t)256 << 20)

void known_release(struct known *k)
{
	for (size_t i = 0; k->states && i < k->g.n_members; i++)
		joined_member_release(&k->states[i]);
	joined_group_release(&k->joined);
	arena_release(&k->a);
}

size_t known_member(const struct known *k, struct str source, struct str schema, struct str table)
{
	const struct shard_member *member = shard_find(&k->g, source, schema, table);

	return member ? (size_t)(member - k->g.members) : k->g.n_members;
}

/* An operator has taken it out of the group, and it is here again. */
static void add_ourselves(struct known *k, struct sync *s, struct shard_table *t)
{
	struct shard_member *more = arena_array(&k->a, k->g.n_members + 1, sizeof(*more));

	if (k->g.n_members)
		memcpy(more, k->g.members, k->g.n_members * sizeof(*more));
	k->g.members = more;
	shard_member_of(s, t, &more[k->g.n_members++]);
}

/* The index in the group that decides; SIZE_MAX: it is none of it. */
size_t known_index(const struct known *k, size_t i)
{
	for (size_t n = 0; n < k->group.n; n++)
		if (k->of[n] == i)
			return n;
	return SIZE_MAX;
}

void known_point(struct known *k)
{
	k->dropped = arena_array(&k->a, k->joined.n_dropped + 1, sizeof(*k->dropped));
	k->group = (struct optimist_group){ .members = k->members, .dropped = k->dropped, .schema = k->g.target.schema,
					    .table = k->g.target.table,
					    .joined = k->joined.has_joined ? &k->joined.joined : NULL };
	for (size_t i = 0; i < k->g.n_members; i++) {
		const struct joined_member *m = &k->states[i];

		if (!m->has_now || (k->g.members[i].away && i != k->ours))
			continue;
		k->of[k->group.n] = i;
		k->members[k->group.n++] = (struct optimist_member){
			k->g.members[i].source, k->g.members[i].schema, k->g.members[i].table, &m->now,
			m->has_wants && str_is(m->verdict, "wait") && i != k->ours ? &m->wants : NULL, m->n_renamed, m->renamed, m->sql,
		};
	}
	for (size_t i = 0; i < k->joined.n_dropped; i++) {
		const struct joined_dropped *d = &k->joined.dropped[i];
		size_t at = known_index(k, known_member(k, d->source, d->schema, d->table));

		if (at != SIZE_MAX)
			k->dropped[k->group.n_dropped++] = (struct optimist_dropped){ at, d->column };
	}
}

bool known_read(struct known *k, struct sync *s, struct shard_table *t, struct err *e)
{
	memset(k, 0, sizeof(*k));
	if (!meta_shard_lock(&s->cp.meta, &k->a, &t->target, &k->g, e))
		return false;
	if (!shard_find(&k->g, s->cp.meta.source, t->up.schema, t->up.table))
		add_ourselves(k, s, t);
	k->ours = known_member(k, s->cp.meta.source, t->up.schema, t->up.table);
	k->states = arena_array(&k->a, k->g.n_members + 1, sizeof(*k->states));
	k->members = arena_array(&k->a, k->g.n_members + 1, sizeof(*k->members));
	k->of = arena_array(&k->a, k->g.n_members + 1, sizeof(*k->of));
	if (!joined_group_read(&k->joined, k->g.state, &k->a, e))
		return false;
	for (size_t i = 0; i < k->g.n_members; i++)
		if (!joined_member_read(&k->states[i], k->g.members[i].state, &k->a, e))
			return err_at(e, "table '%.*s.%.*s' of source '%.*s'", STR(k->g.members[i].schema), STR(k->g.members[i].table),
				      STR(k->g.members[i].source));
	known_point(k);
	return true;
}

void known_describe(struct known *k, const struct table *down)
{
	struct table *joined = &k->joined.joined;

	for (size_t i = 0; k->joined.has_joined && i < joined->n_columns; i++) {
		struct column *c = &joined->columns[i];
		size_t at = table_find_column(down, c->name);

		if (at == SIZE_MAX)
			continue;
		c->comment = arena_str(&joined->arena, down->columns[at].comment);
		c->on_update = arena_str(&joined->arena, down->columns[at].on_update);
		if (str_eq_nocase(c->charset, down->columns[at].charset))
			c->collate = arena_str(&joined->arena, down->columns[at].collate);
	}
}

void known_take(const struct known *k, struct shard_table *t)
{
	const struct shard_member *member = &k->g.members[k->ours];

	t->passed = member->passed;
	t->held = member->held;
	buf_set(&t->held_pos, member->held_at.pos);
	buf_set(&t->held_gtid, member->held_at.gtid);
	t->held_nth = member->held_at.nth;
	t->drained = member->drained;
	buf_set(&t->state, member->state);
	buf_set(&t->why, k->states[k->ours].why);
	buf_set(&t->verdict, k->states[k->ours].verdict);
	t->silent = k->states[k->ours].assumed;
	t->looked = k->g.done;
}

bool known_put_member(struct known *k, struct sync *s, size_t i, struct err *e)
{
	struct buf b = BUF_INIT(STATE_MAX);
	bool ok;

	joined_member_put(&b, &k->states[i]);
	k->g.members[i].state = arena_str(&k->a, buf_str(&b));
	ok = buf_ok(&b, "the structure of a shard", e) &&
	     meta_shard_put_member(&s->cp.meta, &k->g.target, &k->g.members[i], e);
	buf_release(&b);
	return ok;
}

bool known_put_group(struct known *k, struct sync *s, struct err *e)
{
	struct buf b = BUF_INIT(STATE_MAX);
	bool ok;

	joined_group_put(&b, &k->joined);
	k->g.state = arena_str(&k->a, buf_str(&b));
	k->g.mode = SHARD_OPTIMISTIC;
	ok = buf_ok(&b, "the structures of merged tables", e) && meta_shard_put(&s->cp.meta, &k->g, e);
	buf_release(&b);
	return ok;
}

void known_replace(struct table *t, bool *there, const struct table *by)
{
	if (*there)
		table_release(t);
	*there = by != NULL;
	if (by)
		table_copy(t, by);
}

void known_wait_no_more(struct joined_member *m)
{
	known_replace(&m->wants, &m->has_wants, NULL);
	m->verdict = m->why = m->sql = m->order = STR_LIT("");
	m->n_renamed = 0;
}

/* The statement of member i was answered: it is `now`. */
void known_pass(struct known *k, size_t i, const struct table *now, const struct shard_place *at)
{
	struct joined_member *m = &k->states[i];

	known_replace(&m->now, &m->has_now, now);
	known_wait_no_more(m);
	if (at->pos.n == 0)			/* it has entered */
		return;
	m->has_last = true;
	m->last = *at;
	k->g.members[i].passed++;
}

/* Those that wait have got what they want. */
bool known_resolve(struct known *k, struct sync *s, struct err *e)
{
	for (size_t i = 0; i < k->g.n_members; i++) {
		struct joined_member *m = &k->states[i];
		struct table now;

		if (!m->has_wants || !str_is(m->verdict, "wait") || k->g.members[i].away)
			continue;
		table_copy(&now, &m->wants);
		known_pass(k, i, &now, &k->g.members[i].held_at);
		table_release(&now);
		if (i != k->ours && !known_put_member(k, s, i, e))
			return false;
	}
	return true;
}
