/* family.c - tables that foreign keys tie together; see family.h */
#include "family.h"

#include <stdlib.h>

#include "base/mem.h"
#include "text/sql_quote.h"

void families_init(struct families *f)
{
	memset(f, 0, sizeof(*f));
	arena_init(&f->arena);
}

void families_clear(struct families *f)
{
	f->n = f->n_schemas = 0;
	arena_clear(&f->arena);
}

void families_release(struct families *f)
{
	free(f->keys);
	free(f->schemas);
	arena_release(&f->arena);
	families_init(f);
}

static bool acts(struct str rule)
{
	return str_is_nocase(rule, "CASCADE") || str_starts_nocase(rule, STR_LIT("SET "));
}

static void add_key(struct families *f, struct str schema, const struct str *row)
{
	struct family_key *key;

	if (f->n == f->cap) {
		f->cap = f->cap ? f->cap * 2 : 16;
		f->keys = mem_rearray(f->keys, f->cap, sizeof(*f->keys));
	}
	key = &f->keys[f->n++];
	key->child = (struct event_name){ schema, arena_str(&f->arena, row[0]) };
	key->parent = (struct event_name){ arena_str(&f->arena, row[1]), arena_str(&f->arena, row[2]) };
	key->cascades = acts(row[3]) || acts(row[4]);
}

/* Keys of children in this schema. A parent in another one is found once its child's schema was looked at. */
static bool look(struct families *f, struct conn *c, struct str schema, struct err *e)
{
	struct buf sql = BUF_INIT(4096);
	struct result r = { 0 };
	bool more = true, ok;

	for (size_t i = 0; i < f->n_schemas; i++)
		if (str_eq(f->schemas[i], schema))
			return true;
	schema = arena_str(&f->arena, schema);
	buf_put_text(&sql, "SELECT TABLE_NAME, UNIQUE_CONSTRAINT_SCHEMA, REFERENCED_TABLE_NAME, DELETE_RULE, UPDATE_RULE "
		     "FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = ");
	sql_put_text(&sql, schema, c->backslash);
	ok = buf_ok(&sql, "a schema's name", e) && conn_query(c, &r, buf_str(&sql), false, e);
	while (ok && (ok = result_next(&r, &more, e)) && more)
		add_key(f, schema, r.row);
	result_release(&r);
	buf_release(&sql);
	if (!ok)
		return false;
	if (f->n_schemas == f->cap_schemas) {
		f->cap_schemas = f->cap_schemas ? f->cap_schemas * 2 : 8;
		f->schemas = mem_rearray(f->schemas, f->cap_schemas, sizeof(*f->schemas));
	}
	f->schemas[f->n_schemas++] = schema;
	return true;
}

static bool same(const struct event_name *a, const struct event_name *b)
{
	return str_eq_nocase(a->table, b->table) && str_eq_nocase(a->schema, b->schema);
}

static bool ties(const struct family_key *key, bool every)
{
	return every || key->cascades;
}

/* Walks from table to table; the first by name stands for all. */
static void walk(const struct families *f, const struct event_name *table, bool every, struct event_name *head, bool *seen)
{
	for (size_t i = 0; i < f->n; i++) {
		const struct family_key *key = &f->keys[i];

		if (seen[i] || !ties(key, every) || (!same(&key->child, table) && !same(&key->parent, table)))
			continue;
		seen[i] = true;
		for (int side = 0; side < 2; side++) {
			const struct event_name *other = side ? &key->parent : &key->child;
			int order = str_compare(other->schema, head->schema);

			if (head->table.n == 0 || order < 0 || (order == 0 && str_compare(other->table, head->table) < 0))
				*head = *other;
			walk(f, other, every, head, seen);
		}
	}
}

bool families_find(struct families *f, struct conn *c, const struct event_name *table, bool every, struct event_name *head,
		   bool *cascades, struct err *e)
{
	struct arena a = ARENA_INIT;

	*head = (struct event_name){ STR_LIT(""), STR_LIT("") };
	*cascades = false;
	if (!look(f, c, table->schema, e))
		return false;
	walk(f, table, every, head, arena_array(&a, f->n, sizeof(bool)));
	for (size_t i = 0; i < f->n; i++)
		*cascades |= f->keys[i].cascades && same(&f->keys[i].parent, table);
	arena_release(&a);
	return true;
}
