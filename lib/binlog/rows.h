/*
 * rows.h - row images as JSON lists, by a plan that is made once a table.
 *
 * Pure. Callers: dm-relay.
 */
#ifndef BINLOG_ROWS_H
#define BINLOG_ROWS_H

#include "binlog/value.h"

struct rows_plan {
	size_t n;
	size_t n_shown;			/* of them; those behind are read, and not put. Set to n by rows_plan_make */
	struct column_plan *columns;
	struct buf scratch;
	struct arena arena;
};

void rows_plan_init(struct rows_plan *plan);
void rows_plan_release(struct rows_plan *plan);

/* facts: one for each column of the map. What the plan had before is gone. */
bool rows_plan_make(struct rows_plan *plan, const struct table_map *map, const struct column_facts *facts,
		    struct err *e);

/* Are all columns in this bitmap? */
bool rows_image_is_full(const uint8_t *bitmap, size_t n);

/* Is column i? */
static inline bool rows_image_has(const uint8_t *bitmap, size_t i)
{
	return bitmap[i / 8] >> (i % 8) & 1;
}

/* Puts "[v,...]" for the image at c: the columns that are in the bitmap (NULL: all are). False, with e filled,
 * where a value is damaged; out then holds a part of the image. */
bool rows_image_put(const struct rows_plan *plan, const uint8_t *bitmap, struct cur *c, struct buf *out, struct err *e);

/* Puts the value of one column alone; *there says whether the image has it. */
bool rows_image_value(const struct rows_plan *plan, const uint8_t *bitmap, struct cur *c, size_t column,
		      struct buf *value, bool *there, struct err *e);

/* The same as rows_image_put for the image after a change in a PARTIAL_UPDATE_ROWS event: a JSON column may be {"json_diff":[...]},
 * see put_json_diff. */
bool rows_partial_image_put(const struct rows_plan *plan, const uint8_t *bitmap, struct cur *c, struct buf *out,
			    struct err *e);

#endif
