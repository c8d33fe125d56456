/* upstream.c - tables as the stream tells them; see upstream.h */
#include "upstream.h"

#include <ctype.h>
#include <stdlib.h>

#include "base/mem.h"

#define SHAPES_KEPT 10000		/* a few KiB each */

struct upstream_table {
	struct table table;
	struct shape *shape;		/* NULL: not made yet, or stale */
	uint64_t seen;			/* changes that the shape is known to have outlived */
};

void upstream_init(struct upstream *up)
{
	memset(up, 0, sizeof(*up));
	map_init(&up->tables);
	map_init(&up->changed);
	arena_init(&up->key);
}

static void drop_shape(struct upstream *up, struct upstream_table *t)
{
	up->shapes -= t->shape != NULL;
	shape_drop(t->shape);
	t->shape = NULL;
}

static void drop(struct upstream *up, struct upstream_table *t)
{
	if (!t)
		return;
	drop_shape(up, t);
	table_release(&t->table);
	free(t);
}

void upstream_release(struct upstream *up)
{
	struct map_entry *entry;
	size_t at = 0;

	while ((entry = map_next(&up->tables, &at)))
		drop(up, entry->value);
	map_release(&up->tables);
	map_release(&up->changed);
	arena_release(&up->key);
}

static struct str key_of(struct upstream *up, struct str schema, struct str table)
{
	arena_clear(&up->key);
	return table_key(&up->key, schema, table);
}

void upstream_set(struct upstream *up, struct table *t)
{
	struct upstream_table *fresh = mem_zalloc(sizeof(*fresh));

	up->last = NULL;
	fresh->table = *t;
	drop(up, map_put(&up->tables, key_of(up, t->schema, t->name), fresh));
}

void upstream_forget(struct upstream *up, struct str schema, struct str table)
{
	struct map_entry *entry;
	size_t at = 0;

	up->last = NULL;
	if (table.n) {
		drop(up, map_take(&up->tables, key_of(up, schema, table)));
		return;
	}
	while ((entry = map_next(&up->tables, &at))) {
		struct upstream_table *t = entry->value;

		if (str_eq(t->table.schema, schema))
			drop(up, map_take(&up->tables, entry->key));
	}
}

static struct str folded_key_of(struct upstream *up, const struct event_name *target)
{
	struct str key = key_of(up, target->schema, target->table);

	for (char *p = (char *)key.p; p < key.p + key.n; p++)
		*p = (char)tolower((unsigned char)*p);
	return key;
}

/* There may be 100 000 tables, and a DDL for each: they are not walked for one. */
void upstream_stale(struct upstream *up, const struct event_name *target)
{
	struct map_entry *entry;
	size_t at = 0;

	up->last = NULL;
	if (target && target->table.n) {
		map_put(&up->changed, folded_key_of(up, target), (void *)(uintptr_t)++up->changes);
		return;
	}
	while ((entry = map_next(&up->tables, &at))) {
		struct upstream_table *t = entry->value;

		if (t->shape && (!target || str_eq_nocase(t->shape->target.schema, target->schema)))
			drop_shape(up, t);
	}
}

static bool is_stale(struct upstream *up, struct upstream_table *t)
{
	if (t->seen == up->changes)
		return false;
	if ((uintptr_t)map_get(&up->changed, folded_key_of(up, &t->shape->target)) > t->seen)
		return true;
	t->seen = up->changes;
	return false;
}

static void drop_shapes(struct upstream *up)
{
	struct map_entry *entry;
	size_t at = 0;

	while ((entry = map_next(&up->tables, &at)))
		drop_shape(up, entry->value);
}

static bool is_of(const struct shape *shape, const struct event_head *ev)
{
	return str_eq(shape->source.table, ev->table) && str_eq(shape->source.schema, ev->schema) &&
	       str_eq(shape->target.table, ev->to.table) && str_eq(shape->target.schema, ev->to.schema);
}

static bool make(struct upstream *up, struct upstream_table *t, struct target *target, const struct event_head *ev, struct err *e)
{
	const struct table *down = target_table(target, &ev->to, e);
	struct event_name family;
	bool cascades, triggers;

	drop_shape(up, t);
	if (up->shapes >= SHAPES_KEPT)
		drop_shapes(up);
	if (!down || !target_family(target, &ev->to, &family, &cascades, e) ||
	    !target_triggers(target, &ev->to, &triggers, e) ||
	    !shape_new(&t->shape, &t->table, &ev->to, down, e))
		return false;
	up->shapes++;
	t->seen = up->changes;
	t->shape->family = (struct event_name){ arena_str(&t->shape->arena, family.schema),
						arena_str(&t->shape->arena, family.table) };
	t->shape->cascades = cascades;
	t->shape->simple &= !triggers;	/* they tell an UPDATE from what comes to the same */
	return true;
}

bool upstream_shape(struct upstream *up, struct target *target, const struct event_head *ev, struct shape **shape,
		    struct err *e)
{
	struct upstream_table *t;

	*shape = up->last;
	if (up->last && is_of(up->last, ev))
		return true;
	t = map_get(&up->tables, key_of(up, ev->schema, ev->table));
	if (!t)
		return err_set(e, &err_stream_syntax,
			       "rows of '%.*s.%.*s' at %.*s come before a line of type 'table' for it",
			       STR(ev->schema), STR(ev->table), STR(ev->pos));
	if ((!t->shape || !is_of(t->shape, ev) || is_stale(up, t)) && !make(up, t, target, ev, e))
		return err_at(e, "row of '%.*s.%.*s' at %.*s seq %llu", STR(ev->schema), STR(ev->table), STR(ev->pos),
			      (unsigned long long)ev->seq);
	*shape = up->last = t->shape;
	return true;
}
