/* rows.c - row images; see rows.h */
#include "binlog/rows.h"

#include "binlog/event.h"
#include "binlog/json.h"

enum {
	SCRATCH_MAX = 1 << 30,
	OPTION_PARTIAL_JSON = 1,	/* of an image in PARTIAL_UPDATE_ROWS */
};

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
	plan->n = plan->n_shown = map->n_columns;
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

static const char *put_diff(struct cur *c, struct buf *scratch, struct buf *out)
{
	struct str operations = cur_str(c, cur_uint(c, 4));
	const char *why;

	if (c->bad)
		return "is cut short";
	buf_put_text(out, "{\"json_diff\":");
	why = put_json_diff(operations, scratch, out);
	buf_put_char(out, '}');
	return why;
}

/* Columns [from, to) of an image are put, the others only read. diffs: of the table's JSON columns, those whose
 * values are operations; NULL: none is. */
struct wanted {
	size_t from, to;
	const uint8_t *diffs;
};

static bool put_values(const struct rows_plan *plan, const uint8_t *bitmap, const struct wanted *want, struct cur *c,
		       struct buf *out, struct err *e)
{
	size_t present = bitmap ? count_present(bitmap, plan->n) : plan->n, k = 0, json = 0;
	const uint8_t *nulls = cur_take(c, (present + 7) / 8);
	bool first = true;

	if (!nulls && present > 0)
		return err_set(e, &err_binlog_event, "row image is cut short");
	for (size_t i = 0; i < plan->n; i++) {
		const struct column_plan *col = &plan->columns[i];
		size_t back = out->n;
		bool diff = want->diffs && col->json && rows_image_has(want->diffs, json);
		const char *why = NULL;

		json += col->json;
		if (bitmap && !rows_image_has(bitmap, i))
			continue;
		if (!first)
			buf_put_char(out, ',');
		if (rows_image_has(nulls, k++))
			buf_put(out, "null", 4);
		else
			why = diff ? put_diff(c, col->scratch, out) : col->put(col, c, out);
		if (why)
			return err_set(e, &err_binlog_event, "value of column %zu %s", i + 1, why);
		if (i >= want->from && i < want->to)
			first = false;
		else
			out->n = back;
	}
	return buf_ok(out, "a row", e);
}

static bool put_image(const struct rows_plan *plan, const uint8_t *bitmap, const uint8_t *diffs, struct cur *c,
		      struct buf *out, struct err *e)
{
	struct wanted want = { 0, plan->n_shown, diffs };

	buf_put_char(out, '[');
	if (!put_values(plan, bitmap, &want, c, out, e))
		return false;
	buf_put_char(out, ']');
	return true;
}

bool rows_image_value(const struct rows_plan *plan, const uint8_t *bitmap, struct cur *c, size_t column,
		      struct buf *value, bool *there, struct err *e)
{
	struct wanted want = { column, column + 1, NULL };

	*there = !bitmap || rows_image_has(bitmap, column);
	return put_values(plan, bitmap, &want, c, value, e);
}

bool rows_image_put(const struct rows_plan *plan, const uint8_t *bitmap, struct cur *c, struct buf *out, struct err *e)
{
	return put_image(plan, bitmap, NULL, c, out, e);
}

bool rows_partial_image_put(const struct rows_plan *plan, const uint8_t *bitmap, struct cur *c, struct buf *out,
			    struct err *e)
{
	uint64_t options = cur_packed(c);
	const uint8_t *diffs = NULL;
	size_t json = 0;

	if (options & ~(uint64_t)OPTION_PARTIAL_JSON)
		return err_set(e, &err_unsupported, "row image with options %llu, which are not known",
			       (unsigned long long)options);
	for (size_t i = 0; i < plan->n; i++)
		json += plan->columns[i].json;
	if (options)
		diffs = cur_take(c, (json + 7) / 8);
	if (c->bad)
		return err_set(e, &err_binlog_event, "row image is cut short");
	return put_image(plan, bitmap, diffs, c, out, e);
}
