/* rows.c - row images; see rows.h */
#include "binlog/rows.h"

#include "binlog/event.h"

enum { SCRATCH_MAX = 1 << 30 };

void rows_plan_init(struct rows_plan *plan)
{
	*plan = (struct rows_plan){ .scratch = BUF_INIT((size_t)SCRATCH_MAX * 6) };
	arena_init(&plan->arena);
}

void rows_plan_release(struct rows_plan *plan)
{
	buf_release(&plan->scratch);
	arena_release(&plan->arena);
	rows_plan_init(plan);
}

bool rows_plan_make(struct rows_plan *plan, const struct table_map *map, const struct column_facts *facts,
		    struct err *e)
{
	arena_clear(&plan->arena);
	plan->n = map->n_columns;
	plan->columns = arena_array(&plan->arena, map->n_columns, sizeof(*plan->columns));
	for (size_t i = 0; i < plan->n; i++)
		if (!column_plan_make(&plan->columns[i], &map->columns[i], &facts[i], i + 1, &plan->scratch,
				      &plan->arena, e))
			return false;
	return true;
}

bool rows_image_is_full(const uint8_t *bitmap, size_t n)
{
	for (size_t i = 0; i < n / 8; i++)
		if (bitmap[i] != 0xff)
			return false;
	return n % 8 == 0 || (bitmap[n / 8] | (0xff << n % 8 & 0xff)) == 0xff;
}

static size_t count_present(const uint8_t *bitmap, size_t n)
{
	size_t present = 0;

	for (size_t i = 0; i < n; i++)
		present += rows_image_has(bitmap, i);
	return present;
}

bool rows_image_put(const struct rows_plan *plan, const uint8_t *bitmap, struct cur *c, struct buf *out, struct err *e)
{
	size_t present = bitmap ? count_present(bitmap, plan->n) : plan->n, k = 0;
	const uint8_t *nulls = cur_take(c, (present + 7) / 8);
	char next = '[';

	if (!nulls)
		return err_set(e, &err_binlog_event, "row image is cut short");
	for (size_t i = 0; i < plan->n; i++) {
		const struct column_plan *col = &plan->columns[i];
		const char *why = NULL;

		if (bitmap && !rows_image_has(bitmap, i))
			continue;
		buf_put_char(out, next);
		next = ',';
		if (rows_image_has(nulls, k++))
			buf_put(out, "null", 4);
		else
			why = col->put(col, c, out);
		if (why)
			return err_set(e, &err_binlog_event, "value of column %zu %s", i + 1, why);
	}
	if (next == '[')
		buf_put_char(out, '[');
	buf_put_char(out, ']');
	return buf_ok(out, "a row", e);
}
