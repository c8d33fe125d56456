/*
 * pessimist.c - pessimistic shard DDL, every order of events: two sources with two tables each, up to three changes of each table.
 *
 * usage: pessimist
 *
 * Each table has a log of up to three steps: a row (M) or a statement (D), all tables the same number of statements. From the start,
 * every step that any of the processes could do next is done: read, look at the group, drain, run the statement as its owner, tell that it has
 * run; be killed at any moment, stay dead for a while, be restarted. All states that can be reached are visited once. In
 * each of them the decisions are those of dm-sync (pessimist.c), over the group as its table holds it.
 *
 * What must hold, compared with the tables changed one statement after the other: a row is applied while the merged table has
 * exactly the structure that the row was made under; a statement runs once; and nobody waits for ever.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../tools/dm-sync/pessimist.h"

enum { SOURCES = 2, TABLES = 4, STEPS = 3 };

/* What the meta tables hold, and the processes. */
struct world {
	unsigned char read[TABLES];	/* steps that its process has read; lost when it is killed */
	unsigned char applied[TABLES];	/* steps that are applied: rows, and statements that it has left behind */
	unsigned char passed[TABLES];
	unsigned char done, first, n_ddls;
	unsigned char owner;		/* 1 + source; 0 none */
	unsigned char ran;		/* downstream: statements that have run */
	unsigned char dead[SOURCES];
};

static const char *scripts[TABLES];
static unsigned long states, failures;

static const char *const names[] = { "s0", "s1" }, *const tables[] = { "t0", "t1", "t2", "t3" }, *const texts[] = { "d0", "d1", "d2" };

static int source_of(int t)
{
	return t / 2;
}

static unsigned statements(const char *script, unsigned n)
{
	unsigned d = 0;

	for (unsigned i = 0; i < n && script[i]; i++)
		d += script[i] == 'D';
	return d;
}

/* It has passed a statement that it has not left behind. */
static bool is_blocked(const struct world *w, int t)
{
	return w->passed[t] > statements(scripts[t], w->applied[t]);
}

static void wrong(const struct world *w, int t, const char *what)
{
	failures++;
	printf("# %s: table %d of logs %s %s %s %s; done %u ran %u owner %u\n", what, t, scripts[0], scripts[1], scripts[2], scripts[3],
	       w->done, w->ran, w->owner);
}

/* --- the group, as it is read from its table, and back --- */

static void load(const struct world *w, struct shard_group *g, struct arena *a)
{
	*g = (struct shard_group){ .mode = SHARD_PESSIMISTIC, .done = w->done, .first = w->first, .n_ddls = w->n_ddls };
	g->target = (struct event_name){ STR_LIT("d"), STR_LIT("t") };
	g->owner = w->owner ? str_of(names[w->owner - 1]) : STR_NONE;
	g->ddls = arena_array(a, STEPS + 1, sizeof(*g->ddls));
	for (size_t i = 0; i < g->n_ddls; i++)
		g->ddls[i].sql = str_of(texts[w->first + i]);
	g->members = arena_array(a, TABLES, sizeof(*g->members));
	g->n_members = TABLES;
	for (int t = 0; t < TABLES; t++)
		g->members[t] = (struct shard_member){
			.source = str_of(names[source_of(t)]), .schema = STR_LIT("u"), .table = str_of(tables[t]), .passed = w->passed[t],
		};
}

static void store(struct world *w, const struct shard_group *g)
{
	w->done = (unsigned char)g->done;
	w->first = (unsigned char)g->first;
	w->n_ddls = (unsigned char)g->n_ddls;
	w->owner = g->owner.n ? (unsigned char)(g->owner.p[1] - '0' + 1) : 0;
	for (int t = 0; t < TABLES; t++)
		w->passed[t] = (unsigned char)g->members[t].passed;
}

static enum pess_next look(struct world *w, int t, bool passes, struct arena *a)
{
	struct shard_group g;
	struct err e = { 0 };
	unsigned number = w->passed[t];
	struct shard_ddl ddl = { .sql = str_of(texts[number % STEPS]) };
	enum pess_next next;
	bool owner_dead = w->owner && w->dead[w->owner - 1];

	load(w, &g, a);
	if (passes && !pess_read(&g, &g.members[t], number, &ddl, a, &e))
		wrong(w, t, "a statement differs");
	if (passes)
		pess_pass(&g, &g.members[t], number);
	next = pess_look(&g, &g.members[t], true, owner_dead);
	store(w, &g);
	return next;
}

/* --- what a process can do; false: not now --- */

static void apply_row(struct world *w, int t)
{
	if (w->ran != statements(scripts[t], w->applied[t]) || w->done != w->ran)
		wrong(w, t, "a row meets another structure");
	w->applied[t]++;
}

/* The next step that is not applied. */
static void take_step(struct world *w, int t, struct arena *a)
{
	if (scripts[t][w->applied[t]] == 'M')
		apply_row(w, t);
	else if (look(w, t, true, a) == PESS_DONE)
		w->applied[t]++;
}

static bool read_step(struct world *w, int t, struct arena *a)
{
	struct shard_group g;
	struct err e = { 0 };

	if (!scripts[t][w->read[t]] || (!is_blocked(w, t) && w->read[t] > w->applied[t]))
		return false;
	if (!is_blocked(w, t)) {
		w->read[t]++;
		take_step(w, t, a);
		return true;
	}
	if (scripts[t][w->read[t]] == 'D') {
		unsigned number = statements(scripts[t], w->read[t]);
		struct shard_ddl ddl = { .sql = str_of(texts[number]) };

		load(w, &g, a);
		if (!pess_read(&g, &g.members[t], number, &ddl, a, &e))
			wrong(w, t, "a statement that waits differs");
		store(w, &g);
	}
	w->read[t]++;
	return true;
}

static bool look_again(struct world *w, int t, struct arena *a)
{
	struct world before = *w;

	if (!is_blocked(w, t) || w->read[t] <= w->applied[t])
		return false;
	if (look(w, t, false, a) == PESS_DONE)
		w->applied[t]++;
	return memcmp(&before, w, sizeof(before)) != 0;
}

static bool drain_step(struct world *w, int t, struct arena *a)
{
	if (is_blocked(w, t) || w->read[t] <= w->applied[t])
		return false;
	take_step(w, t, a);
	return true;
}

static bool own(struct world *w, int s, struct arena *a)
{
	struct shard_group g;

	if (w->owner != s + 1)
		return false;
	if (w->ran == w->done) {
		w->ran++;
		return true;
	}
	load(w, &g, a);
	shard_done(&g);
	store(w, &g);
	return true;
}

/* What it had read and not applied is lost; it reads again from where its first table waits. */
static bool die(struct world *w, int s)
{
	w->dead[s] = 1;
	for (int t = 0; t < TABLES; t++)
		if (source_of(t) == s)
			w->read[t] = w->applied[t];
	return true;
}

/* A table that waits comes to its statement again. */
static bool restart(struct world *w, int s)
{
	w->dead[s] = 0;
	for (int t = 0; t < TABLES; t++)
		if (source_of(t) == s && is_blocked(w, t))
			w->read[t]++;
	return true;
}

enum { READ, LOOK, DRAIN, OWN = 3 * TABLES, DIE = OWN + SOURCES, RESTART = DIE + SOURCES, ACTIONS = RESTART + SOURCES };

static bool act(struct world *w, int action, struct arena *a)
{
	if (action >= RESTART)
		return w->dead[action - RESTART] && restart(w, action - RESTART);
	if (action >= DIE)
		return !w->dead[action - DIE] && die(w, action - DIE);
	if (action >= OWN)
		return !w->dead[action - OWN] && own(w, action - OWN, a);
	if (w->dead[source_of(action % TABLES)])
		return false;
	switch (action / TABLES) {
	case READ:
		return read_step(w, action % TABLES, a);
	case LOOK:
		return look_again(w, action % TABLES, a);
	}
	return drain_step(w, action % TABLES, a);
}

/* --- all states --- */

static uint64_t key_of(const struct world *w)
{
	uint64_t key = 1;

	for (int t = 0; t < TABLES; t++)
		key = key << 6 | (uint64_t)(w->read[t] << 4 | w->applied[t] << 2 | w->passed[t]);
	key = key << 8 | (uint64_t)(w->done << 6 | w->first << 4 | w->n_ddls << 2 | w->owner);
	return key << 4 | (uint64_t)(w->ran << 2 | w->dead[0] << 1 | w->dead[1]);
}

static uint64_t *seen;
static size_t n_seen, cap_seen;
static struct world *stack;
static size_t depth, cap_stack;

static bool is_new(uint64_t key)
{
	size_t at = (size_t)(key * 0x9e3779b97f4a7c15u >> 20) % cap_seen;

	for (; seen[at]; at = (at + 1) % cap_seen)
		if (seen[at] == key)
			return false;
	seen[at] = key;
	return ++n_seen < cap_seen / 2 || (wrong(stack, 0, "too many states"), false);
}

static void push(const struct world *w)
{
	if (!is_new(key_of(w)))
		return;
	if (depth == cap_stack) {
		cap_stack = cap_stack ? cap_stack * 2 : 1024;
		stack = realloc(stack, cap_stack * sizeof(*stack));
		if (!stack)
			abort();
	}
	stack[depth++] = *w;
}

static bool is_final(const struct world *w)
{
	for (int t = 0; t < TABLES; t++)
		if (w->applied[t] != strlen(scripts[t]) || w->passed[t] != w->done)
			return false;
	return w->ran == w->done && w->done == statements(scripts[0], STEPS) && !w->owner && w->n_ddls == 0;
}

static void explore(struct arena *a)
{
	struct world start;

	memset(&start, 0, sizeof(start));
	memset(seen, 0, cap_seen * sizeof(*seen));
	n_seen = 0;
	push(&start);
	while (depth > 0 && failures < 5) {
		struct world now = stack[--depth];
		bool goes_on = now.dead[0] || now.dead[1];

		states++;
		for (int action = 0; action < ACTIONS; action++) {
			struct world next = now;

			arena_clear(a);
			if (!act(&next, action, a))
				continue;
			goes_on |= action < DIE;
			push(&next);
		}
		if (!goes_on && !is_final(&now))
			wrong(&now, 0, "all wait for ever");
	}
}

int main(void)
{
	static const char *const one[] = { "D", "MD", "DM", "MMD", "MDM", "DMM" }, *const two[] = { "DD", "MDD", "DMD", "DDM" },
			  *const three[] = { "DDD" };
	static const struct {
		const char *const *list;
		size_t n;
	} sets[] = { { one, 6 }, { two, 4 }, { three, 1 } };
	struct arena a = ARENA_INIT;
	unsigned long worlds = 0;

	cap_seen = (size_t)1 << 18;
	seen = calloc(cap_seen, sizeof(*seen));
	if (!seen)
		abort();
	for (size_t k = 0; k < 3; k++) {
		size_t n = sets[k].n;

		/* Tables of one source, and the two sources, are alike: each choice once. */
		for (size_t i = 0; i < n * n * n * n && failures < 5; i++) {
			size_t w[TABLES] = { i % n, i / n % n, i / n / n % n, i / n / n / n };

			if (w[0] > w[1] || w[2] > w[3] || w[0] * n + w[1] > w[2] * n + w[3])
				continue;
			for (int t = 0; t < TABLES; t++)
				scripts[t] = sets[k].list[w[t]];
			explore(&a);
			worlds++;
		}
	}
	arena_release(&a);
	free(seen);
	free(stack);
	printf("1..1\n%s 1 - every order of events on four shards: %lu logs, %lu states\n", failures ? "not ok" : "ok", worlds, states);
	return failures ? 1 : 0;
}
