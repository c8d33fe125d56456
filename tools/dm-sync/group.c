/* group.c - row changes that are applied together; see group.h */
#include "group.h"

#include <stdlib.h>

#include "base/mem.h"

#define BIG_LINE ((size_t)1 << 20)

void group_init(struct group *g)
{
	*g = (struct group){ .n = 0 };
	arena_init(&g->arena);
	checkpoint_step_init(&g->step);
}

static void drop_from(struct group *g, size_t from)
{
	while (g->n > from)
		shape_drop(g->ops[--g->n].shape);
}

void group_clear(struct group *g)
{
	drop_from(g, 0);
	g->mark = g->n_trxs = g->whole_trxs = 0;
	g->bytes = g->mark_bytes = 0;
	checkpoint_step_clear(&g->step);
	arena_clear(&g->arena);
	while (g->n_lines > 0)
		buf_release(&g->lines[--g->n_lines]);
}

void group_release(struct group *g)
{
	group_clear(g);
	checkpoint_step_release(&g->step);
	arena_release(&g->arena);
	free(g->ops);
	free(g->trxs);
	free(g->lines);
	g->ops = NULL;
	g->trxs = NULL;
	g->lines = NULL;
	g->cap = g->cap_trxs = g->cap_lines = 0;
}

void group_at(struct group *g, const struct op_trx *trx)
{
	if (g->n_trxs > g->whole_trxs && str_eq(g->trxs[g->n_trxs - 1].pos, trx->pos))
		return;
	if (g->n_trxs == g->cap_trxs) {
		g->cap_trxs = g->cap_trxs ? g->cap_trxs * 2 : 256;
		g->trxs = mem_rearray(g->trxs, g->cap_trxs, sizeof(*g->trxs));
	}
	g->trxs[g->n_trxs++] = (struct op_trx){ arena_str(&g->arena, trx->pos), arena_str(&g->arena, trx->gtid),
					      arena_str(&g->arena, trx->ts) };
}

struct str group_line(struct group *g, struct str line, struct buf *spill)
{
	g->bytes += line.n;
	if (line.n < BIG_LINE || line.p != spill->p)
		return arena_str(&g->arena, line);
	if (g->n_lines == g->cap_lines) {
		g->cap_lines = g->cap_lines ? g->cap_lines * 2 : 4;
		g->lines = mem_rearray(g->lines, g->cap_lines, sizeof(*g->lines));
	}
	g->lines[g->n_lines++] = *spill;
	buf_init(spill, spill->limit);
	return line;
}

static const struct row_value *copy_image(struct group *g, const struct row_value *image, size_t n)
{
	struct row_value *copy;

	if (!image)
		return NULL;
	copy = arena_alloc(&g->arena, n * sizeof(*copy));
	memcpy(copy, image, n * sizeof(*copy));
	g->bytes += n * sizeof(*copy);
	return copy;
}

void group_add(struct group *g, struct shape *shape, const struct op *op)
{
	size_t n = shape->table.n_columns;
	struct op *to;

	if (g->n == g->cap) {
		g->cap = g->cap ? g->cap * 2 : 1024;
		g->ops = mem_rearray(g->ops, g->cap, sizeof(*g->ops));
	}
	to = &g->ops[g->n++];
	*to = *op;
	to->shape = shape_keep(shape);
	to->trx = (uint32_t)(g->n_trxs - 1);
	to->before = copy_image(g, op->before, n);
	to->after = copy_image(g, op->after, n);
	g->bytes += sizeof(*to);
}

void group_boundary(struct group *g, struct checkpoint *cp, const struct event_head *line)
{
	g->mark = g->n;
	g->whole_trxs = g->n_trxs;
	g->mark_bytes = g->bytes;
	checkpoint_step_add(&g->step, cp, line, &g->arena);
}

static const struct row_value *move_image(struct group *to, const struct row_value *image, size_t n)
{
	struct row_value *copy = (struct row_value *)copy_image(to, image, n);

	for (size_t i = 0; copy && i < n; i++) {
		copy[i].text = arena_str(&to->arena, copy[i].text);
		to->bytes += copy[i].text.n;
	}
	return copy;
}

void group_move_part(struct group *g, struct group *to)
{
	if (g->n_trxs > g->whole_trxs)
		group_at(to, &g->trxs[g->n_trxs - 1]);
	for (size_t i = g->mark; i < g->n; i++) {
		struct op op = g->ops[i];
		size_t n = op.shape->table.n_columns;

		op.before = op.after = NULL;
		group_add(to, g->ops[i].shape, &op);
		to->ops[to->n - 1].before = move_image(to, g->ops[i].before, n);
		to->ops[to->n - 1].after = move_image(to, g->ops[i].after, n);
	}
	group_drop_part(g);
}

void group_drop_part(struct group *g)
{
	drop_from(g, g->mark);
	g->n_trxs = g->whole_trxs;
	g->bytes = g->mark_bytes;
}
