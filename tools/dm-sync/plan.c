/* plan.c - what is done for each row, in which transaction, by whom; see plan.h */
#include "plan.h"

#include <stdlib.h>

#include "base/map.h"
#include "base/mem.h"

#define NONE UINT32_MAX

struct plan_table {
	struct str schema, name;
	const struct shape *shape;	/* the one that was seen last */
	bool in_order;			/* from here on */
	bool whole;			/* all its changes belong together */
	uint32_t any;			/* one of its items */
};

void plan_init(struct plan *p)
{
	memset(p, 0, sizeof(*p));
	arena_init(&p->arena);
	map_init(&p->rows);
}

void plan_release(struct plan *p)
{
	arena_release(&p->arena);
	map_release(&p->rows);
	free(p->items);
	free(p->tables);
	plan_init(p);
}

/* --- what belongs together --- */

static uint32_t root_of(struct plan *p, uint32_t i)
{
	while (p->items[i].up != i) {
		p->items[i].up = p->items[p->items[i].up].up;
		i = p->items[i].up;
	}
	return i;
}

static void join(struct plan *p, uint32_t a, uint32_t b)
{
	a = root_of(p, a);
	b = root_of(p, b);
	if (a != b)
		p->items[a > b ? a : b].up = a < b ? a : b;
}

/* Tables of a family count as one. */
static uint32_t table_of(struct plan *p, const struct shape *shape)
{
	const struct event_name *name = shape->family.table.n ? &shape->family : &shape->target;
	struct plan_table *t;

	for (size_t i = p->n_tables; i-- > 0; ) {
		t = &p->tables[i];
		if (t->shape == shape)
			return (uint32_t)i;
		if (str_eq_nocase(t->name, name->table) && str_eq_nocase(t->schema, name->schema)) {
			t->shape = shape;
			return (uint32_t)i;
		}
	}
	if (p->n_tables == p->cap_tables) {
		p->cap_tables = p->cap_tables ? p->cap_tables * 2 : 16;
		p->tables = mem_rearray(p->tables, p->cap_tables, sizeof(*p->tables));
	}
	t = &p->tables[p->n_tables];
	*t = (struct plan_table){ .schema = name->schema, .name = name->table, .shape = shape, .any = NONE };
	return (uint32_t)p->n_tables++;
}

static uint32_t new_item(struct plan *p, uint32_t table, const struct op *op, enum plan_phase phase)
{
	struct plan_table *t = &p->tables[table];
	uint32_t i = (uint32_t)p->n;

	if (p->n == p->cap) {
		p->cap = p->cap ? p->cap * 2 : 1024;
		p->items = mem_rearray(p->items, p->cap, sizeof(*p->items));
	}
	p->items[p->n++] = (struct plan_item){
		.shape = op->shape, .phase = phase, .type = op->type, .safe = op->safe, .table = table, .up = i,
		.last = op, .before = op->before, .after = op->after,
	};
	if (t->any == NONE)
		t->any = i;
	return i;
}

/* --- keys --- */

static bool is_text(const struct column *c)
{
	return c->charset.n > 0 && !str_is_nocase(c->charset, "binary");
}

/* Text that every collation of the plain kind compares by letters alone; folded. */
static bool fold(char *to, struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if (c < 0x20 || c > 0x7e)
			return false;
		to[i] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
	}
	return true;
}

/* Bytes that are equal wherever the server may take two values for equal; with exact, where they are the same.
 * False: a NULL, which is equal to nothing. *plain is cleared where the bytes do not tell. */
static bool key_text(struct buf *b, uint32_t table, size_t key, const struct shape *shape, const struct row_value *values,
		     bool exact, bool *plain)
{
	const struct shape_key *k = &shape->keys[key];
	uint32_t head[2] = { table, (uint32_t)(exact ? UINT32_MAX : key) };

	buf_clear(b);
	buf_put(b, head, sizeof(head));
	for (size_t i = 0; i < k->n; i++) {
		const struct row_value *v = &values[k->columns[i]];
		struct str text = v->text;
		uint32_t n;
		char *at;

		if (v->kind == VALUE_ABSENT)	/* generated, and not in the log */
			*plain = false;
		if (v->kind == VALUE_NULL || v->kind == VALUE_ABSENT)
			return false;
		if (v->kind == VALUE_NUMBER && str_is(text, "-0"))
			text = STR_LIT("0");
		while (!exact && v->kind == VALUE_TEXT && text.n > 0 && text.p[text.n - 1] == ' ')
			text.n--;
		n = (uint32_t)text.n;
		buf_put(b, &n, sizeof(n));
		if (exact || v->kind == VALUE_NUMBER || !is_text(shape->down[k->columns[i]])) {
			buf_put_str(b, text);
			continue;
		}
		at = buf_room(b, text.n);
		if (!at || v->kind != VALUE_TEXT || !fold(at, text)) {
			*plain = false;
			return false;
		}
		b->n += text.n;
	}
	return true;
}

static uint32_t find_row(struct plan *p, struct str key)
{
	return (uint32_t)(uintptr_t)map_get(&p->rows, key) - 1;
}

static void keep_row(struct plan *p, struct str key, uint32_t item)
{
	map_put(&p->rows, key, (void *)(uintptr_t)(item + 1));
}

/* All that has had, or gets, a value of a unique key in common belongs together. */
static void join_conflicts(struct plan *p, uint32_t item, const struct row_value *values, struct buf *key)
{
	const struct shape *shape = p->items[item].shape;
	struct plan_table *t = &p->tables[p->items[item].table];

	if (!values)
		return;
	for (size_t k = 0; k < shape->n_keys && !t->whole; k++) {
		bool plain = !shape->odd_collation;
		uint32_t other;

		if (!key_text(key, p->items[item].table, k, shape, values, false, &plain)) {
			t->whole |= !plain;
			continue;
		}
		t->whole |= !plain;
		other = find_row(p, buf_str(key));
		if (other != NONE)
			join(p, item, other);
		else
			keep_row(p, buf_str(key), item);
	}
}

/* --- outcomes --- */

static bool is_whole_image(const struct shape *shape, const struct row_value *image)
{
	for (size_t i = 0; image && i < shape->table.n_columns; i++) {
		if (!shape->written[i])
			continue;
		if (image[i].kind == VALUE_ABSENT || image[i].kind == VALUE_JSON_DIFF)
			return false;
		/* An error value, of which the server warns row by row; or labels that no text tells, which MySQL loses when it
		 * copies a column's value from a row that is to be inserted. */
		if (image[i].kind == VALUE_NUMBER && shape->has_labels &&
		    (column_type_is(shape->down[i]->type, "enum") || column_type_is(shape->down[i]->type, "set")))
			return false;
	}
	return true;
}

static bool may_be_merged(const struct op *op)
{
	return op->shape->simple && op->shape->family.table.n == 0 && !op->safe && is_whole_image(op->shape, op->before) &&
	       is_whole_image(op->shape, op->after);
}

/* Can this change of the row that item stands for follow upon those before it? If not, the two ends differ, or rows of two
 * upstream tables meet in one key, and order is all that is left to keep. */
static bool can_follow(const struct plan_item *item, const struct op *op, enum event_type type)
{
	bool there = item->phase == PLAN_UPDATE || item->phase == PLAN_INSERT;

	return item->shape == op->shape && item->phase != PLAN_IN_ORDER && there == (type != EVENT_INSERT);
}

static void follow(struct plan_item *item, const struct op *op, enum event_type type)
{
	if (type == EVENT_INSERT)
		item->phase = item->phase == PLAN_DELETE ? PLAN_UPDATE : PLAN_INSERT;
	else if (type == EVENT_DELETE)
		item->phase = item->phase == PLAN_UPDATE ? PLAN_DELETE : PLAN_NOTHING;
	item->after = type == EVENT_DELETE ? NULL : op->after;
	item->type = item->phase == PLAN_DELETE ? EVENT_DELETE : item->phase == PLAN_UPDATE ? EVENT_UPDATE : EVENT_INSERT;
	item->last = op;
}

static uint32_t put_in_order(struct plan *p, uint32_t table, const struct op *op)
{
	struct plan_table *t = &p->tables[table];

	t->in_order = t->whole = true;
	return new_item(p, table, op, PLAN_IN_ORDER);
}

static bool can_merge(struct plan *p, const struct op *op, enum event_type type, struct str key)
{
	uint32_t i = find_row(p, key);

	return i == NONE || can_follow(&p->items[i], op, type);
}

/* The row of this key goes, comes or changes. */
static uint32_t merge(struct plan *p, uint32_t table, const struct op *op, enum event_type type, struct str key)
{
	static const enum plan_phase phases[] = {
		[EVENT_INSERT] = PLAN_INSERT, [EVENT_UPDATE] = PLAN_UPDATE, [EVENT_DELETE] = PLAN_DELETE,
	};
	uint32_t i = find_row(p, key);

	if (i != NONE) {
		follow(&p->items[i], op, type);
		return i;
	}
	i = new_item(p, table, op, phases[type]);
	p->items[i].type = type;
	if (type == EVENT_INSERT)
		p->items[i].before = NULL;
	else if (type == EVENT_DELETE)
		p->items[i].after = NULL;
	keep_row(p, key, i);
	return i;
}

/* NONE: it cannot follow what was there before. A row that gets another key goes, and comes anew. */
static uint32_t put_merged(struct plan *p, uint32_t table, const struct op *op, struct buf *before, struct buf *after)
{
	bool moves, plain;
	uint32_t i;

	if (op->before)
		key_text(before, table, 0, op->shape, op->before, true, &plain);
	if (op->after)
		key_text(after, table, 0, op->shape, op->after, true, &plain);
	moves = op->type == EVENT_UPDATE && !str_eq(buf_str(before), buf_str(after));
	if (!moves) {
		struct str key = buf_str(op->type == EVENT_INSERT ? after : before);

		return can_merge(p, op, op->type, key) ? merge(p, table, op, op->type, key) : NONE;
	}
	if (!can_merge(p, op, EVENT_DELETE, buf_str(before)) || !can_merge(p, op, EVENT_INSERT, buf_str(after)))
		return NONE;
	i = merge(p, table, op, EVENT_DELETE, buf_str(before));
	join(p, i, merge(p, table, op, EVENT_INSERT, buf_str(after)));
	return i;
}

/* Where each change counts, those of one row are told apart by their key and keep their order. */
static uint32_t put_apart(struct plan *p, uint32_t table, const struct op *op, struct buf *key)
{
	uint32_t i = new_item(p, table, op, PLAN_IN_ORDER);
	const struct row_value *images[] = { op->before, op->after };
	bool plain;

	for (size_t k = 0; k < 2; k++) {
		uint32_t other;

		if (!images[k] || !key_text(key, table, 0, op->shape, images[k], true, &plain))
			continue;
		other = find_row(p, buf_str(key));
		if (other != NONE)
			join(p, i, other);
		else
			keep_row(p, buf_str(key), i);
	}
	return i;
}

static uint32_t put_op(struct plan *p, const struct op *op, const struct plan_want *want, struct buf keys[2])
{
	uint32_t table = want->in_order && p->n_tables > 0 ? 0 : table_of(p, op->shape), i = NONE;
	struct plan_table *t = &p->tables[table];

	if (want->in_order || t->in_order || !may_be_merged(op))
		return put_in_order(p, table, op);
	i = want->compact ? put_merged(p, table, op, &keys[0], &keys[1]) : put_apart(p, table, op, &keys[0]);
	if (i == NONE)
		return put_in_order(p, table, op);
	if (op->shape->conflicts) {
		join_conflicts(p, i, op->before, &keys[0]);
		join_conflicts(p, i, op->after, &keys[0]);
	}
	return i;
}

/* A row that keeps its key and changes another unique value makes way for others first: it goes, and comes anew. */
static void part_moves(struct plan *p)
{
	size_t n = p->n;

	for (uint32_t i = 0; i < n; i++) {
		struct plan_item item = p->items[i];
		bool moves = false;
		uint32_t j;

		if (item.phase != PLAN_UPDATE || item.shape->n_keys < 2)
			continue;
		for (size_t c = 0; c < item.shape->table.n_columns && !moves; c++)
			moves = item.shape->is_unique[c] && (item.before[c].kind != item.after[c].kind ||
							      !str_eq(item.before[c].text, item.after[c].text));
		if (!moves)
			continue;
		j = new_item(p, item.table, item.last, PLAN_INSERT);
		p->items[j].type = EVENT_INSERT;
		p->items[j].before = NULL;
		p->items[j].after = item.after;
		p->items[i].phase = PLAN_DELETE;
		p->items[i].type = EVENT_DELETE;
		join(p, i, j);
	}
}

/* --- transactions --- */

struct heap {
	size_t *rows, *bytes;		/* of all that belongs together, by root */
	uint32_t *batch_of;		/* of a root: number + 1 */
};

static size_t image_bytes(const struct shape *shape, const struct row_value *image)
{
	size_t n = 0;

	for (size_t i = 0; image && i < shape->table.n_columns; i++)
		n += image[i].text.n;
	return n;
}

/* Fills one transaction after the other, and gives each to the worker that has least to do. *now: the number of the last one + 1. */
static uint32_t assign(struct plan *p, size_t *load, size_t *now, const struct plan_want *want, size_t rows, size_t bytes)
{
	struct plan_batch *b = *now ? &p->batches[*now - 1] : NULL;
	unsigned worker = 0;

	if (!b || b->n + rows > want->rows || b->bytes + bytes > want->bytes) {
		for (unsigned w = 1; w < want->workers && !want->in_order; w++)
			if (load[w] < load[worker])
				worker = w;
		b = &p->batches[p->n_batches++];
		*b = (struct plan_batch){ .worker = worker };
		*now = p->n_batches;
	}
	load[b->worker] += rows;
	b->n += rows;
	b->bytes += bytes;
	return (uint32_t)*now;
}

static int compare_items(const void *a, const void *b)
{
	const struct plan_item *x = *(struct plan_item *const *)a, *y = *(struct plan_item *const *)b;

	if (x->table != y->table)
		return x->table < y->table ? -1 : 1;
	if (x->phase != y->phase)
		return x->phase < y->phase ? -1 : 1;
	if (x->phase != PLAN_IN_ORDER && x->shape != y->shape)	/* rows of one shape share statements */
		return x->shape < y->shape ? -1 : 1;
	return x < y ? -1 : x > y;
}

static void fill_batches(struct plan *p, const struct heap *heap, size_t n_ops)
{
	for (size_t i = 0; i < n_ops; i++)
		p->batches[heap->batch_of[root_of(p, p->of_op[i])] - 1].n_ops++;
	for (size_t b = 0; b < p->n_batches; b++) {
		p->batches[b].items = arena_array(&p->arena, p->batches[b].n, sizeof(*p->batches[b].items));
		p->batches[b].ops = arena_array(&p->arena, p->batches[b].n_ops, sizeof(*p->batches[b].ops));
		p->batches[b].n = p->batches[b].n_ops = 0;
	}
	for (uint32_t i = 0; i < p->n; i++) {
		struct plan_batch *b = &p->batches[heap->batch_of[root_of(p, i)] - 1];

		b->items[b->n++] = &p->items[i];
	}
	for (uint32_t i = 0; i < n_ops; i++) {
		struct plan_batch *b = &p->batches[heap->batch_of[root_of(p, p->of_op[i])] - 1];

		b->ops[b->n_ops++] = i;
	}
	for (size_t b = 0; b < p->n_batches; b++)
		qsort(p->batches[b].items, p->batches[b].n, sizeof(*p->batches[b].items), compare_items);
}

static void make_batches(struct plan *p, size_t n_ops, const struct plan_want *want)
{
	size_t *load = arena_array(&p->arena, want->workers, sizeof(*load)), now = 0;
	struct heap heap;

	heap.rows = arena_array(&p->arena, p->n, sizeof(*heap.rows));
	heap.bytes = arena_array(&p->arena, p->n, sizeof(*heap.bytes));
	heap.batch_of = arena_array(&p->arena, p->n, sizeof(*heap.batch_of));
	for (uint32_t i = 0; i < p->n; i++) {
		uint32_t root = root_of(p, i);

		heap.rows[root]++;
		heap.bytes[root] += image_bytes(p->items[i].shape, p->items[i].before) +
				    image_bytes(p->items[i].shape, p->items[i].after);
	}
	p->batches = arena_array(&p->arena, p->n, sizeof(*p->batches));
	for (uint32_t i = 0; i < p->n; i++)
		if (root_of(p, i) == i)
			heap.batch_of[i] = assign(p, load, &now, want, heap.rows[i], heap.bytes[i]);
	fill_batches(p, &heap, n_ops);
}

static int compare_batches(const void *a, const void *b)
{
	const struct plan_batch *x = a, *y = b;

	return x->worker < y->worker ? -1 : x->worker > y->worker;
}

void plan_make(struct plan *p, const struct group *g, size_t from, size_t to, const struct plan_want *want)
{
	struct buf keys[2] = { BUF_INIT((size_t)1 << 32), BUF_INIT((size_t)1 << 32) };
	size_t n_ops = to - from;

	arena_clear(&p->arena);
	map_release(&p->rows);
	map_init(&p->rows);
	p->n = p->n_tables = p->n_batches = 0;
	p->of_op = arena_array(&p->arena, n_ops, sizeof(*p->of_op));
	for (size_t i = 0; i < n_ops; i++)
		p->of_op[i] = put_op(p, &g->ops[from + i], want, keys);
	part_moves(p);
	for (uint32_t i = 0; i < p->n; i++)
		if (p->tables[p->items[i].table].whole)
			join(p, i, p->tables[p->items[i].table].any);
	make_batches(p, n_ops, want);
	qsort(p->batches, p->n_batches, sizeof(*p->batches), compare_batches);
	buf_release(&keys[0]);
	buf_release(&keys[1]);
}
