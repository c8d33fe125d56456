/* structures.c - the structures that the stream tells, for the event filter */
#include "filter.h"

#include <stdlib.h>

#include "base/mem.h"

#define KNOWN_MAX 20000	/* more are forgotten, all at once: memory stays bounded however many tables there are */

static struct str key_of(struct filter *f, const struct event_name *name)
{
	return arena_strf(&f->arena, "%.*s%c%.*s", STR(name->schema), '\0', STR(name->table));
}

static void free_table(struct table *t)
{
	if (!t)
		return;
	table_release(t);
	free(t);
}

void forget_table(struct filter *f, const struct event_name *name)
{
	if (f->tables.live > 0)
		free_table(map_take(&f->tables, key_of(f, name)));
}

void forget_tables(struct filter *f)
{
	struct map_entry *entry;

	for (size_t at = 0; (entry = map_next(&f->tables, &at));)
		free_table(entry->value);
	map_release(&f->tables);
}

const struct table *known_table(struct filter *f, const struct event_name *name)
{
	return f->tables.live > 0 ? map_get(&f->tables, key_of(f, name)) : NULL;
}

bool filter_table(struct filter *f, struct err *e)
{
	struct event_name name;
	struct table *t;
	struct str line;

	if (!line_rest(f->in, &f->spill, &line, e))
		return false;
	t = mem_zalloc(sizeof(*t));
	if (!table_line_parse(t, NULL, line, &f->arena, e)) {
		free(t);
		return false;
	}
	if (has_expressions(f, t->schema, t->name))
		keep_for_rows(f, t);
	if (!rules_has_filters(f->rules) || f->dump) {
		free_table(t);
		return pass_line(f, line, e);
	}
	if (f->tables.n >= KNOWN_MAX)	/* those that went count too: their keys stay */
		forget_tables(f);
	name = (struct event_name){ t->schema, t->name };
	free_table(map_put(&f->tables, key_of(f, &name), t));
	return pass_line(f, line, e);
}
