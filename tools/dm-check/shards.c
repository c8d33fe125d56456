/* shards.c - tables that are merged into one: their structures, and their keys. */
#include "check.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/map.h"
#include "base/mem.h"
#include "mysql/server.h"
#include "schema/join.h"

/* A structure that some of the tables have. */
struct kind_of_table {
	struct table table;
	struct str where;		/* the first that has it */
	size_t at;			/* its number among all */
	struct kind_of_table *next;
};

struct target {
	struct str schema, table;
	size_t n_members;
	struct kind_of_table *kinds;	/* the first one first */
	size_t n_kinds;
	struct str numbered;		/* a column that servers number, and no route tells apart; "" none */
	struct str numbered_in;
	size_t numbered_at;
	bool replaces;			/* in safe mode: a row takes the place of one that has its key */
	struct target *next;
};

enum { BATCH = 500, READERS = 4 };

/* Some of the merged tables of one schema, to be read at once. */
struct batch {
	struct upstream *u;
	struct str schema;
	size_t at, n;			/* of its first table, among all */
	struct str names[BATCH];
	struct target *targets[BATCH];
	struct batch *next;
};

struct shards {
	struct report *r;
	struct map map;			/* "schema NUL table" of targets */
	struct target *first, **last;
	bool structures;		/* are those of now the ones that the task starts with? */
	struct arena *a;
};

/* The batches of one upstream, and who reads them. */
struct reading {
	struct shards *s;
	struct upstream *u;
	pthread_mutex_t lock;		/* what follows, and all of s */
	struct batch *next;
	struct err first;		/* the error that stopped us */
};

static struct target *target_of(struct shards *s, struct upstream *u, const struct rules_table *t)
{
	struct err ignored = { 0 };		/* check_rules has told it */
	struct str schema, table, key;
	struct target *target;

	if (!rules_want_table(u->rules, t->schema, t->table) ||
	    !rules_route(u->rules, t->schema, t->table, &schema, &table, &ignored))
		return NULL;
	key = arena_strf(s->a, "%.*s%c%.*s", STR(schema), '\0', STR(table));
	target = map_get(&s->map, key);
	if (!target) {
		target = arena_array(s->a, 1, sizeof(*target));
		target->schema = schema;
		target->table = table;
		map_put(&s->map, key, target);
		*s->last = target;
		s->last = &target->next;
	}
	return target;
}

static bool is_same(const struct table *a, const struct table *b)
{
	enum table_order order;

	return table_compare(a, b, &order, NULL, 0) && order == ORDER_EQUAL;
}

/* Takes t over. Who comes first is the first in the task, whichever was read first. */
static void add_structure(struct shards *s, struct target *target, struct table *t, struct str where, size_t at)
{
	struct kind_of_table *kind, **place = &target->kinds;

	while (*place && !is_same(&(*place)->table, t))
		place = &(*place)->next;
	kind = *place;
	if (kind) {
		table_release(t);
		if (kind->at < at)
			return;
		*place = kind->next;	/* it moves forward */
	} else {
		kind = arena_array(s->a, 1, sizeof(*kind));
		kind->table = *t;
		target->n_kinds++;
	}
	kind->where = where;
	kind->at = at;
	for (place = &target->kinds; *place && (*place)->at < at;)
		place = &(*place)->next;
	kind->next = *place;
	*place = kind;
}

/* A key of numbers that each server gives out by itself. */
static void look_for_numbers(struct shards *s, struct target *target, const struct upstream *u, const struct table *t, size_t at)
{
	struct rules_place of = { t->schema, t->name, u->config.source_id };
	struct rules_column columns[RULES_EXTRACTS_MAX];

	if ((target->numbered.n > 0 && target->numbered_at < at) || rules_extract(u->rules, s->a, &of, columns) > 0)
		return;
	for (size_t k = 0; k < t->n_keys; k++) {
		size_t column = t->keys[k].unique && t->keys[k].n_parts == 1 ? table_find_column(t, t->keys[k].parts[0].column) : SIZE_MAX;

		if (column == SIZE_MAX || !t->columns[column].auto_increment)
			continue;
		target->numbered = arena_str(s->a, t->columns[column].name);
		target->numbered_in = arena_strf(s->a, "'%.*s.%.*s' of %.*s", STR(t->schema), STR(t->name), STR(u->where));
		target->numbered_at = at;
		return;
	}
}

/* By the task, or behind a dump that is not of one moment. */
static bool in_safe_mode(const struct upstream *u)
{
	const struct task_instance *instance = u->config.instance;

	return instance && (instance->sync.safe_mode || str_find(instance->dump.extra_args, STR_LIT("consistency none")) != SIZE_MAX ||
			    str_find(instance->dump.extra_args, STR_LIT("consistency=none")) != SIZE_MAX);
}

static void add_table(struct shards *s, const struct batch *b, size_t i, struct table *t)
{
	/* The default of columns to come, and the order of texts, are no matter of rows. */
	t->charset = STR_LIT("");
	for (size_t k = 0; k < t->n_columns; k++)
		t->columns[k].collation = STR_LIT("");
	look_for_numbers(s, b->targets[i], b->u, t, b->at + i);
	add_structure(s, b->targets[i], t, arena_strf(s->a, "'%.*s.%.*s' of %.*s", STR(b->schema), STR(b->names[i]), STR(b->u->where)),
		      b->at + i);
}

static struct batch *take_batch(struct reading *r)
{
	struct batch *b;

	pthread_mutex_lock(&r->lock);
	b = r->first.kind ? NULL : r->next;
	if (b)
		r->next = b->next;
	pthread_mutex_unlock(&r->lock);
	return b;
}

static void *read_batches(void *context)
{
	struct reading *r = context;
	struct table *tables = mem_array(BATCH, sizeof(*tables));
	bool exists[BATCH], ok;
	struct err e = { 0 };
	struct batch *b;
	struct conn c;

	ok = conn_open(&c, &(struct conn_want){ .at = &r->u->config.source.from, .scope = SCOPE_UPSTREAM }, &e);
	while (ok && (b = take_batch(r))) {
		ok = server_tables_read(&c, b->schema, b->names, b->n, tables, exists, &e);
		pthread_mutex_lock(&r->lock);
		for (size_t i = 0; ok && i < b->n; i++)
			if (exists[i])
				add_table(r->s, b, i, &tables[i]);
		pthread_mutex_unlock(&r->lock);
	}
	pthread_mutex_lock(&r->lock);
	if (!ok && !r->first.kind)
		r->first = e;
	pthread_mutex_unlock(&r->lock);
	conn_close(&c);
	free(tables);
	return NULL;
}

/* Several connections: most of the time goes by in the server, one table after the other. */
static void read_upstream(struct shards *s, struct upstream *u, struct batch *batches)
{
	struct reading r = { .s = s, .u = u, .lock = PTHREAD_MUTEX_INITIALIZER, .next = batches };
	pthread_t threads[READERS - 1];
	size_t n = 0;

	report_begin(s->r, "sharding tables", "can the structures of merged tables be read", u->where);
	for (const struct batch *b = batches->next; b && n < READERS - 1; b = b->next)
		if (pthread_create(&threads[n], NULL, read_batches, &r) == 0)
			n++;
	read_batches(&r);
	while (n > 0)
		pthread_join(threads[--n], NULL);
	if (r.first.kind)
		report_problem(s->r, true, r.first.kind->workaround, "%s", r.first.text);
	report_end(s->r);
	pthread_mutex_destroy(&r.lock);
}

/* The merged tables of an upstream, put together by schema; *at counts them over all upstreams. */
static struct batch *batches_of(struct shards *s, struct upstream *u, size_t *at)
{
	struct batch *first = NULL, *now = NULL;

	for (size_t i = 0; i < u->n_tables; i++) {
		struct target *target = target_of(s, u, &u->tables[i]);

		if (!target || target->n_members < 2)
			continue;
		if (!now || now->n == BATCH || !str_eq(now->schema, u->tables[i].schema)) {
			struct batch *b = arena_array(s->a, 1, sizeof(*b));

			*(now ? &now->next : &first) = b;
			now = b;
			*now = (struct batch){ .u = u, .schema = u->tables[i].schema, .at = *at };
		}
		target->replaces |= in_safe_mode(u);
		now->names[now->n] = u->tables[i].table;
		now->targets[now->n++] = target;
		++*at;
	}
	return first;
}

static const struct kind_of_table *nth(const struct target *target, size_t n)
{
	const struct kind_of_table *kind = target->kinds;

	while (n-- > 0)
		kind = kind->next;
	return kind;
}

/* Is there a table that takes the rows of all? */
static bool check_join(struct shards *s, const struct target *target)
{
	const struct table **tables = arena_array(s->a, target->n_kinds, sizeof(*tables));
	const struct kind_of_table *kind = target->kinds;
	struct table_clash clash;
	struct table joined;

	for (size_t i = 0; i < target->n_kinds; i++, kind = kind->next)
		tables[i] = &kind->table;
	if (table_join(&joined, tables, target->n_kinds, &clash)) {
		table_release(&joined);
		return true;
	}
	report_problem(s->r, s->r->task->shard_mode.n > 0, "make the tables alike, or route one of them elsewhere",
		       "column '%.*s' of %.*s and of %.*s do not go into one table", STR(clash.column), STR(nth(target, clash.a)->where),
		       STR(nth(target, clash.b)->where));
	return false;
}

/* Where all wait for one another, each statement must find the same table. */
static void check_same(struct shards *s, const struct target *target)
{
	const struct kind_of_table *first = target->kinds, *other = first->next;
	bool fatal = str_is(s->r->task->shard_mode, "pessimistic");
	enum table_order order;
	char why[300] = "";

	if (table_compare(&first->table, &other->table, &order, why, sizeof(why)))
		snprintf(why, sizeof(why), "one has more columns, wider ones, or fewer keys");
	report_problem(s->r, fatal, "make the tables alike before the task starts",
		       "the structures of %.*s and %.*s differ: %s", STR(first->where), STR(other->where), why);
}

static void check_target(struct shards *s, const struct target *target)
{
	bool optimistic = str_is(s->r->task->shard_mode, "optimistic");
	struct str name = arena_strf(s->a, "%ssharding table `%.*s`.`%.*s` consistency checking", optimistic ? "optimistic " : "",
				     STR(target->schema), STR(target->table));

	report_begin(s->r, name.p, "do the tables that are merged go together", STR_LIT(""));
	if (target->n_kinds > 1 && s->structures && check_join(s, target) && !optimistic)
		check_same(s, target);
	if (target->numbered.n > 0 && report_wants(s->r, "auto_increment_ID"))
		report_problem(s->r, target->replaces, "tell the rows apart by columns of the route (extract-table, extract-schema, "
			       "extract-source), or make the target by hand with a plain index in place of the key, where the numbers mean "
			       "nothing; where they never collide, leave auto_increment_ID out with ignore-checking-items",
			       "%.*s has the key '%.*s' that its server numbers, and the numbers of merged tables collide%s",
			       STR(target->numbered_in), STR(target->numbered),
			       target->replaces ? ": in safe mode the row of one takes the place of the other's without a word" : "");
	report_end(s->r);
}

void check_shards(struct report *r, struct upstream *all, size_t n, struct arena *a)
{
	bool whole = r->task->mode != TASK_INCREMENTAL, safe = false;
	struct shards s = { .r = r, .map = MAP_INIT, .structures = whole && report_wants(r, "schema_of_shard_tables"), .a = a };

	size_t at = 0;

	s.last = &s.first;
	for (size_t i = 0; i < n; i++)
		safe |= in_safe_mode(&all[i]);
	if (!s.structures && !((whole || safe) && report_wants(r, "auto_increment_ID")))
		return;
	for (size_t i = 0; i < n; i++)
		for (size_t t = 0; t < all[i].n_tables; t++) {
			struct target *target = target_of(&s, &all[i], &all[i].tables[t]);

			if (target)
				target->n_members++;
		}
	for (size_t i = 0; i < n; i++) {
		struct batch *batches = all[i].identity.n > 0 ? batches_of(&s, &all[i], &at) : NULL;

		if (batches)
			read_upstream(&s, &all[i], batches);
	}
	for (const struct target *target = s.first; target; target = target->next) {
		if (target->n_members > 1)
			check_target(&s, target);
		for (struct kind_of_table *kind = target->kinds; kind; kind = kind->next)
			table_release(&kind->table);
	}
	map_release(&s.map);
}
