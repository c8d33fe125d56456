/* versioned.c - rows that are, and rows that were; see versioned.h */
#include "versioned.h"

static const struct err_kind err_no_row_end = {
	.code = 30541, .class = "relay-unit", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "set binlog_row_image=FULL upstream for the sessions that write so, copy the table anew, and start "
		"behind this place",
};

/* The last moment of a TIMESTAMP(6), up to MariaDB 11.4 and since 11.5. */
static bool is_end_of_time(struct str value)
{
	return str_is(value, "\"2038-01-19 03:14:07.999999\"") || str_is(value, "\"2106-02-07 06:28:15.999999\"");
}

/* Reads one image. */
static bool read_end(const struct known *k, size_t column, const uint8_t *bitmap, struct cur *c, bool *there, bool *is_now,
		     struct err *e)
{
	struct buf value = BUF_INIT((size_t)8 << 30);
	bool ok = rows_image_value(&k->plan, bitmap, c, column, &value, there, e);

	*is_now = ok && *there && is_end_of_time(buf_str(&value));
	buf_release(&value);
	return ok;
}

static size_t end_column(const struct known *k)
{
	return k->table.row_end.n ? table_find_column(&k->table, k->table.row_end) : k->plan.n - 1;
}

bool versioned_fate(const struct known *k, const struct row_images *row, enum row_fate *fate, struct err *e)
{
	size_t column = end_column(k);
	bool before = false, after = false, was_now = false, is_now = false;
	struct cur c = row->c;

	if (column >= k->plan.n)
		return err_set(e, &err_no_row_end, "table '%.*s.%.*s' has no column '%.*s'", STR(k->schema), STR(k->name),
			       STR(k->table.row_end));
	if (row->kind != ROWS_INSERT && !read_end(k, column, row->before, &c, &before, &was_now, e))
		return false;
	if (row->kind != ROWS_DELETE && !read_end(k, column, row->after, &c, &after, &is_now, e))
		return false;
	if (!before && !after)
		return err_set(e, &err_no_row_end, "a row of the system-versioned table '%.*s.%.*s' without the column that "
			       "says when it ended", STR(k->schema), STR(k->name));
	if (before ? !was_now : row->kind == ROWS_INSERT && !is_now)
		*fate = ROW_WAS;
	else
		*fate = after && !is_now ? ROW_ENDS : ROW_CHANGES;
	return true;
}
