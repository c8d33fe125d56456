/*
 * plan.c - random histories of rows, planned, applied in any order, cut anywhere, and compared with what came of them upstream.
 *
 * usage: plan [SEED [HISTORIES]]        default: 1, 20000. Prints the seed of a history that fails, which can be run alone:
 *        plan SEED 1
 *
 * The upstream is a few tables in memory: rows change at random, as servers allow it (unique keys, NULLs in them, texts that differ
 * only in case). The downstream is the same tables; transactions of the plan run on it in a random order, statement by
 * statement, each row checked against every unique key. At a random moment all stops: what was committed is told by the
 * text that dm-sync keeps in its table, and the rest is planned anew, with other boundaries.
 */
#include <stdio.h>
#include <stdlib.h>

#include "../../tools/dm-sync/applied.h"
#include "../../tools/dm-sync/plan.h"

enum { TABLES = 4, ROWS_MAX = 24, COLUMNS = 4, VALUES = 6 };

static uint64_t state;

static unsigned below(unsigned n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)((state >> 11) % n);
}

/* --- tables --- */

struct row {
	bool there;
	char v[COLUMNS][4];		/* "" : NULL */
};

struct model {
	struct row rows[TABLES][ROWS_MAX];
};

/* 0: an integer key. 1: a key and a unique value that may be NULL. 2: a key of text that folds case. 3: no key. */
static struct shape *shapes[TABLES];

static void make_shapes(void)
{
	static const char *const types[TABLES][COLUMNS] = {
		{ "int(11)", "int(11)", "varchar(10)", "varchar(10)" },
		{ "int(11)", "int(11)", "int(11)", "varchar(10)" },
		{ "varchar(10)", "int(11)", "int(11)", "varchar(10)" },
		{ "int(11)", "int(11)", "int(11)", "varchar(10)" },
	};

	for (int t = 0; t < TABLES; t++) {
		char name[8];
		struct event_name target;
		struct table table;
		struct err e = { 0 };
		struct key_part first = { STR_LIT("c0"), 0 }, second = { STR_LIT("c1"), 0 };
		struct key primary = { STR_LIT("PRIMARY"), true, 1, &first }, unique = { STR_LIT("u"), true, 1, &second };

		snprintf(name, sizeof(name), "t%d", t);
		table_init(&table, STR_LIT("s"), str_of(name));
		for (int c = 0; c < COLUMNS; c++) {
			char column[8];
			struct column col = { .type = str_of(types[t][c]), .nullable = c > 0 };

			snprintf(column, sizeof(column), "c%d", c);
			col.name = str_of(column);
			if (types[t][c][0] == 'v') {
				col.charset = STR_LIT("utf8mb4");
				col.collation = STR_LIT("utf8mb4_general_ci");
			}
			table_add_column(&table, &col, (size_t)c);
		}
		if (t != 3)
			table_add_key(&table, &primary);
		if (t == 1)
			table_add_key(&table, &unique);
		target = (struct event_name){ STR_LIT("s"), table.name };
		if (!shape_new(&shapes[t], &table, &target, &table, &e)) {
			fprintf(stderr, "%s\n", e.text);
			exit(1);
		}
		table_release(&table);
	}
}

static bool same_folded(int t, int c, const char *a, const char *b)
{
	if (!a[0] || !b[0])
		return false;
	return t == 2 && c == 0 ? str_eq_nocase(str_of(a), str_of(b)) : strcmp(a, b) == 0;
}

/* Does another row hold one of the unique values? */
static bool collides(const struct model *m, int t, const struct row *row, int except)
{
	for (int i = 0; i < ROWS_MAX && t != 3; i++)
		for (int c = 0; c < (t == 1 ? 2 : 1) && m->rows[t][i].there && i != except; c++)
			if (same_folded(t, c, m->rows[t][i].v[c], row->v[c]))
				return true;
	return false;
}

static void random_value(int t, int c, char *v)
{
	static const char *const texts[VALUES] = { "a", "A", "b", "B", "ab", "aB" };

	if (c > 0 && below(6) == 0)
		v[0] = '\0';
	else if (t == 2 && c == 0)
		strcpy(v, texts[below(VALUES)]);
	else
		snprintf(v, 4, "%u", below(c == 0 ? 9 : c == 1 && t == 1 ? 7 : 3));
}

static void random_row(int t, struct row *row)
{
	row->there = true;
	for (int c = 0; c < COLUMNS; c++)
		random_value(t, c, row->v[c]);
}

/* --- from rows to changes --- */

static void to_values(struct group *g, int t, const struct row *row, struct row_value *values)
{
	for (int c = 0; c < COLUMNS; c++) {
		bool text = shapes[t]->table.columns[c].charset.n > 0;

		values[c].kind = !row->v[c][0] ? VALUE_NULL : text ? VALUE_TEXT : VALUE_NUMBER;
		values[c].text = arena_str(&g->arena, str_of(row->v[c]));
	}
}

static void note(struct group *g, int t, enum event_type type, const struct row *before, const struct row *after, uint64_t seq)
{
	struct row_value b[COLUMNS], a[COLUMNS];
	struct op op = { .type = type, .seq = seq };

	if (before) {
		to_values(g, t, before, b);
		op.before = b;
	}
	if (after) {
		to_values(g, t, after, a);
		op.after = a;
	}
	group_add(g, shapes[t], &op);
}

/* One change that the upstream allows; *seq counts it. */
static void change(struct model *up, struct group *g, uint64_t *seq)
{
	int t = (int)below(TABLES), i = (int)below(ROWS_MAX);
	struct row *row = &up->rows[t][i], new = *row;

	if (!row->there) {
		random_row(t, &new);
		if (collides(up, t, &new, -1))
			return;
		*row = new;
		note(g, t, EVENT_INSERT, NULL, row, (*seq)++);
	} else if (below(4) == 0) {
		note(g, t, EVENT_DELETE, row, NULL, (*seq)++);
		row->there = false;
	} else {
		for (int c = 0; c < COLUMNS; c++)
			if (below(3) == 0)
				random_value(t, c, new.v[c]);
		if (collides(up, t, &new, i))
			return;
		note(g, t, EVENT_UPDATE, row, &new, (*seq)++);
		*row = new;
	}
}

/* --- the downstream --- */

static bool same_row(const struct row *row, const struct row_value *values, int n)
{
	for (int c = 0; c < n; c++)
		if (row->there && (row->v[c][0] ? !str_is(values[c].text, row->v[c]) : values[c].kind != VALUE_NULL))
			return false;
	return row->there;
}

static struct row *find(struct model *m, int t, const struct row_value *values)
{
	for (int i = 0; i < ROWS_MAX; i++)
		if (same_row(&m->rows[t][i], values, t == 3 ? COLUMNS : 1))
			return &m->rows[t][i];
	return NULL;
}

static void from_values(struct row *row, const struct row_value *values)
{
	row->there = true;
	for (int c = 0; c < COLUMNS; c++)
		snprintf(row->v[c], sizeof(row->v[c]), "%.*s", values[c].kind == VALUE_NULL ? 0 : (int)values[c].text.n,
			 values[c].text.p);
}

static bool run_item(struct model *m, const struct plan_item *item)
{
	int t = item->shape->target.table.p[1] - '0';
	struct row *row = NULL, new = { 0 };

	if (item->phase == PLAN_NOTHING)
		return true;
	if (item->type != EVENT_INSERT)
		row = find(m, t, item->before);
	else
		for (int i = 0; i < ROWS_MAX && !row; i++)
			if (!m->rows[t][i].there)
				row = &m->rows[t][i];
	if (!row)
		return false;		/* a row that is not there */
	if (item->type == EVENT_DELETE) {
		row->there = false;
		return true;
	}
	from_values(&new, item->after);
	if (collides(m, t, &new, item->type == EVENT_INSERT ? -1 : (int)(row - m->rows[t])))
		return false;		/* a duplicate */
	*row = new;
	return true;
}

static int compare_rows(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct row));
}

static bool same_models(const struct model *a, const struct model *b)
{
	for (int t = 0; t < TABLES; t++) {
		struct row x[ROWS_MAX], y[ROWS_MAX];

		memset(x, 0, sizeof(x));
		memset(y, 0, sizeof(y));
		for (int i = 0; i < ROWS_MAX; i++) {
			x[i].there = a->rows[t][i].there;
			y[i].there = b->rows[t][i].there;
			for (int c = 0; c < COLUMNS; c++) {
				if (x[i].there)
					strcpy(x[i].v[c], a->rows[t][i].v[c]);
				if (y[i].there)
					strcpy(y[i].v[c], b->rows[t][i].v[c]);
			}
		}
		qsort(x, ROWS_MAX, sizeof(*x), compare_rows);
		qsort(y, ROWS_MAX, sizeof(*y), compare_rows);
		if (memcmp(x, y, sizeof(x)) != 0)
			return false;
	}
	return true;
}

/* --- a history --- */

struct history {
	struct model up, down;
	struct group all;
	struct applied table;		/* what the downstream lists */
	struct applied applied;		/* what the process found there when it started, and still needs */
	struct plan plan;
	size_t place;			/* the checkpoint: the number of the first change behind it */
};

/* Of changes [from, to) those that were not applied yet, as dm-sync reads them again after a crash. */
static void read_again(struct history *h, struct group *g, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		const struct op *op = &h->all.ops[i];
		const struct op_trx *trx = &h->all.trxs[op->trx];

		if (i == 0 || i == from || h->all.ops[i - 1].trx != op->trx) {
			g->whole_trxs = g->n_trxs;
			group_at(g, trx);
		}
		if (!applied_has(&h->applied, trx->pos, trx->gtid, op->seq))
			group_add(g, op->shape, op);
	}
	if (to == h->all.n || h->all.ops[to].trx != h->all.ops[to - 1].trx)
		g->whole_trxs = g->n_trxs;
}

static bool copy_applied(struct applied *to, const struct applied *from)
{
	struct buf text = BUF_INIT(1 << 20);
	struct err e = { 0 };
	bool ok;

	applied_put_all(&text, from);
	applied_release(to);
	applied_init(to);
	ok = applied_take(to, buf_str(&text), &e);
	buf_release(&text);
	return ok;
}

/* The checkpoint behind changes up to to; the list is what is still needed. */
static bool land(struct history *h, const struct group *g, size_t to)
{
	for (size_t i = 0; i < g->whole_trxs; i++)
		applied_forget(&h->applied, &g->trxs[i]);
	h->place = to;
	if (g->whole_trxs < g->n_trxs) {
		applied_add_up_to(&h->applied, &g->trxs[g->n_trxs - 1], h->all.ops[to - 1].seq);
		while (h->place > 0 && h->all.ops[h->place - 1].trx == h->all.ops[to - 1].trx)
			h->place--;
	}
	return copy_applied(&h->table, &h->applied);
}

static void shuffle(size_t *order, size_t n)
{
	for (size_t i = 0; i < n; i++)
		order[i] = i;
	for (size_t i = n; i > 1; i--) {
		size_t j = below((unsigned)i), swap = order[i - 1];

		order[i - 1] = order[j];
		order[j] = swap;
	}
}

/* Runs the plan's transactions in a random order. *left: how many until the crash. */
static bool run_plan(struct history *h, const struct group *g, size_t *left, bool *crashed)
{
	size_t order[256];

	if (h->plan.n_batches > 256)
		return false;
	shuffle(order, h->plan.n_batches);
	for (size_t i = 0; i < h->plan.n_batches; i++) {
		const struct plan_batch *b = &h->plan.batches[order[i]];
		struct buf text = BUF_INIT(1 << 20);
		struct err e = { 0 };
		bool ok = true;

		if (*left == 0) {
			*crashed = true;
			return true;
		}
		--*left;
		for (size_t k = 0; k < b->n; k++)
			if (!run_item(&h->down, b->items[k]))
				return false;
		applied_put(&text, g, 0, b->ops, b->n_ops);
		ok = applied_take(&h->table, buf_str(&text), &e);
		buf_release(&text);
		if (!ok)
			return false;
	}
	return true;
}

static bool apply_history(struct history *h)
{
	size_t from = 0, left = below(12);

	while (from < h->all.n) {
		size_t to = from + 1 + below(40);
		struct plan_want want = { .workers = 1 + below(4), .rows = 1 + below(6), .bytes = 1000, .compact = below(5) > 0,
			.in_order = below(12) == 0 };
		struct group g;
		bool crashed = false, ok;

		to = to > h->all.n ? h->all.n : to;
		group_init(&g);
		read_again(h, &g, from, to);
		plan_make(&h->plan, &g, 0, g.n, &want);
		ok = run_plan(h, &g, &left, &crashed) && (crashed || land(h, &g, to));
		group_release(&g);
		if (!ok)
			return false;
		from = to;
		if (!crashed)
			continue;
		left = below(30);
		from = h->place;
		if (!copy_applied(&h->applied, &h->table))
			return false;
	}
	return true;
}

static bool run_history(void)
{
	struct history h = { 0 };
	unsigned trxs = 1 + below(20);
	bool ok;

	group_init(&h.all);
	applied_init(&h.applied);
	applied_init(&h.table);
	plan_init(&h.plan);
	for (unsigned i = 0; i < trxs; i++) {
		char pos[40], gtid[40] = "";
		uint64_t seq = 0;

		snprintf(pos, sizeof(pos), "x.%06u:%u", i / 7, i * 10);
		if (i % 3)
			snprintf(gtid, sizeof(gtid), "0-%u-%u", i % 2, i);
		group_at(&h.all, &(struct op_trx){ .pos = str_of(pos), .gtid = str_of(gtid) });
		for (unsigned n = 1 + below(6); n > 0; n--)
			change(&h.up, &h.all, &seq);
		h.all.mark = h.all.n;
	}
	ok = apply_history(&h) && same_models(&h.up, &h.down);
	plan_release(&h.plan);
	applied_release(&h.applied);
	applied_release(&h.table);
	group_release(&h.all);
	return ok;
}

int main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1, n = argc > 2 ? strtoull(argv[2], NULL, 10) : 20000, bad = 0;

	make_shapes();
	for (uint64_t i = 0; i < n; i++) {
		state = (seed + i) * 0x9e3779b97f4a7c15u + 1;
		below(2);
		if (run_history())
			continue;
		printf("not ok: history %llu\n", (unsigned long long)(seed + i));
		if (++bad == 10)
			break;
	}
	for (int t = 0; t < TABLES; t++)
		shape_drop(shapes[t]);
	printf("%llu histories, %llu failed\n", (unsigned long long)n, (unsigned long long)bad);
	return bad > 0;
}
