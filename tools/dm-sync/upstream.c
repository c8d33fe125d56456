/* upstream.c - tables as the stream tells them; see upstream.h */
#include "upstream.h"

#include <stdlib.h>

#include "base/mem.h"

struct upstream_table {
	struct table table;
	struct shape *shape;		/* NULL: not made yet, or stale */
};

void upstream_init(struct upstream *up)
{
	memset(up, 0, sizeof(*up));
	map_init(&up->tables);
	arena_init(&up->key);
}

static void drop(struct upstream_table *t)
{
	if (!t)
		return;
	shape_drop(t->shape);
	table_release(&t->table);
	free(t);
}

void upstream_release(struct upstream *up)
{
	struct map_entry *entry;
	size_t at = 0;

	while ((entry = map_next(&up->tables, &at)))
		drop(entry->value);
	map_release(&up->tables);
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
	drop(map_put(&up->tables, key_of(up, t->schema, t->name), fresh));
}

void upstream_forget(struct upstream *up, struct str schema, struct str table)
{
	struct map_entry *entry;
	size_t at = 0;

	up->last = NULL;
	if (table.n) {
		drop(map_take(&up->tables, key_of(up, schema, table)));
		return;
	}
	while ((entry = map_next(&up->tables, &at))) {
		struct upstream_table *t = entry->value;

		if (str_eq(t->table.schema, schema))
			drop(map_take(&up->tables, entry->key));
	}
}

void upstream_stale(struct upstream *up, const struct event_name *target)
{
	struct map_entry *entry;
	size_t at = 0;

	up->last = NULL;
	while ((entry = map_next(&up->tables, &at))) {
		struct upstream_table *t = entry->value;

		if (!t->shape || (target && (!str_eq_nocase(t->shape->target.schema, target->schema) ||
					     (target->table.n && !str_eq_nocase(t->shape->target.table, target->table)))))
			continue;
		shape_drop(t->shape);
		t->shape = NULL;
	}
}

static bool is_of(const struct shape *shape, const struct event_head *ev)
{
	return str_eq(shape->source.table, ev->table) && str_eq(shape->source.schema, ev->schema) &&
	       str_eq(shape->target.table, ev->to.table) && str_eq(shape->target.schema, ev->to.schema);
}

static bool make(struct upstream_table *t, struct target *target, const struct event_head *ev, struct err *e)
{
	const struct table *down = target_table(target, &ev->to, e);
	struct event_name family;
	bool cascades, triggers;

	shape_drop(t->shape);
	t->shape = NULL;
	if (!down || !target_family(target, &ev->to, &family, &cascades, e) ||
	    !target_triggers(target, &ev->to, &triggers, e) ||
	    !shape_new(&t->shape, &t->table, &ev->to, down, e))
		return false;
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
	if ((!t->shape || !is_of(t->shape, ev)) && !make(t, target, ev, e))
		return err_at(e, "row of '%.*s.%.*s' at %.*s seq %llu", STR(ev->schema), STR(ev->table), STR(ev->pos),
			      (unsigned long long)ev->seq);
	*shape = up->last = t->shape;
	return true;
}
