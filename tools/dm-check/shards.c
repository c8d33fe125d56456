/* shards.c - tables that are merged into one: their structures, and their keys. */
#include "check.h"

#include <stdio.h>

#include "base/map.h"
#include "mysql/server.h"
#include "schema/join.h"

/* A structure that some of the tables have. */
struct kind_of_table {
	struct table table;
	struct str where;		/* the first that has it */
	struct kind_of_table *next;
};

struct target {
	struct str schema, table;
	size_t n_members;
	struct kind_of_table *kinds, **last;
	size_t n_kinds;
	struct str numbered;		/* a column that servers number, and no route tells apart; "" none */
	struct str numbered_in;
	bool replaces;			/* in safe mode: a row takes the place of one that has its key */
	struct target *next;
};

struct shards {
	struct report *r;
	struct map map;			/* "schema NUL table" of targets */
	struct target *first, **last;
	bool structures;		/* are those of now the ones that the task starts with? */
	struct arena *a;
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
		target->last = &target->kinds;
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

/* Takes t over. */
static void add_structure(struct shards *s, struct target *target, struct table *t, struct str where)
{
	struct kind_of_table *kind;

	for (kind = target->kinds; kind; kind = kind->next)
		if (is_same(&kind->table, t)) {
			table_release(t);
			return;
		}
	kind = arena_array(s->a, 1, sizeof(*kind));
	kind->table = *t;
	kind->where = where;
	*target->last = kind;
	target->last = &kind->next;
	target->n_kinds++;
}

/* A key of numbers that each server gives out by itself. */
static void look_for_numbers(struct shards *s, struct target *target, const struct upstream *u, const struct table *t)
{
	struct rules_place of = { t->schema, t->name, u->config.source_id };
	struct rules_column columns[RULES_EXTRACTS_MAX];

	if (target->numbered.n > 0 || rules_extract(u->rules, s->a, &of, columns) > 0)
		return;
	for (size_t k = 0; k < t->n_keys; k++) {
		size_t at = t->keys[k].unique && t->keys[k].n_parts == 1 ? table_find_column(t, t->keys[k].parts[0].column) : SIZE_MAX;

		if (at == SIZE_MAX || !t->columns[at].auto_increment)
			continue;
		target->numbered = arena_str(s->a, t->columns[at].name);
		target->numbered_in = arena_strf(s->a, "'%.*s.%.*s' of %.*s", STR(t->schema), STR(t->name), STR(u->where));
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

static bool read_structures(struct shards *s, struct upstream *u, struct conn *c, struct err *e)
{
	for (size_t i = 0; i < u->n_tables; i++) {
		struct target *target = target_of(s, u, &u->tables[i]);
		struct table t;
		bool exists;

		if (!target || target->n_members < 2)
			continue;
		if (!server_table(c, u->tables[i].schema, u->tables[i].table, &t, &exists, e))
			return false;
		if (!exists)
			continue;
		/* The default of columns to come, and the order of texts, are no matter of rows. */
		t.charset = STR_LIT("");
		for (size_t k = 0; k < t.n_columns; k++)
			t.columns[k].collation = STR_LIT("");
		target->replaces |= in_safe_mode(u);
		look_for_numbers(s, target, u, &t);
		add_structure(s, target, &t, arena_strf(s->a, "'%.*s.%.*s' of %.*s", STR(t.schema), STR(t.name), STR(u->where)));
	}
	return true;
}

static bool is_merged(struct shards *s, struct upstream *u)
{
	for (size_t i = 0; i < u->n_tables; i++) {
		struct target *target = target_of(s, u, &u->tables[i]);

		if (target && target->n_members > 1)
			return true;
	}
	return false;
}

static void read_upstream(struct shards *s, struct upstream *u)
{
	struct err e = { 0 };
	struct conn c;

	if (u->identity.n == 0 || !is_merged(s, u))
		return;
	report_begin(s->r, "sharding tables", "can the structures of merged tables be read", u->where);
	if (!conn_open(&c, &(struct conn_want){ .at = &u->config.source.from, .scope = SCOPE_UPSTREAM }, &e) ||
	    !read_structures(s, u, &c, &e))
		report_problem(s->r, true, e.kind->workaround, "%s", e.text);
	report_end(s->r);
	conn_close(&c);
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
	for (size_t i = 0; i < n; i++)
		read_upstream(&s, &all[i]);
	for (const struct target *target = s.first; target; target = target->next) {
		if (target->n_members > 1)
			check_target(&s, target);
		for (struct kind_of_table *kind = target->kinds; kind; kind = kind->next)
			table_release(&kind->table);
	}
	map_release(&s.map);
}
