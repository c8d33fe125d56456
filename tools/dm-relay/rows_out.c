/* rows_out.c - rows events as insert, update and delete lines; see relay.h */
#include "relay.h"

enum { SCRATCH_KEPT = 4 << 20 };

bool rows_announce(struct relay *r, struct known *k, struct err *e)
{
	if (k->announced)
		return true;
	table_line_put(out_line(&r->out), &k->table, NULL);
	k->announced = true;
	return buf_ok(&r->out.b, "the structure of a table", e);
}

static enum event_type type_of(enum rows_kind kind)
{
	switch (kind) {
	case ROWS_INSERT:
		return EVENT_INSERT;
	case ROWS_UPDATE:
		return EVENT_UPDATE;
	case ROWS_DELETE:
		return EVENT_DELETE;
	}
	return EVENT_OTHER;
}

/* NULL where all are there. */
static const size_t *column_numbers(struct relay *r, const uint8_t *bitmap, size_t columns, size_t *n)
{
	size_t *numbers;

	*n = 0;
	if (!bitmap)
		return NULL;
	numbers = arena_array(&r->arena, columns, sizeof(*numbers));
	for (size_t i = 0; i < columns; i++)
		if (rows_image_has(bitmap, i))
			numbers[(*n)++] = i;
	return numbers;
}

static struct buf *start_line(struct relay *r, const struct binlog_event *ev, struct known *k, const uint8_t *before,
			      const uint8_t *after)
{
	struct rows_columns columns;
	struct event_head head = {
		.type = type_of(ev->rows.kind), .schema = k->schema, .table = k->name, .pos = feed_pos(r),
		.seq = r->trx.seq,
		.gtid = buf_str(&r->trx.gtid), .ts = feed_time(r, &ev->head, NULL),
	};
	struct buf *b = out_line(&r->out);

	columns.before = column_numbers(r, before, k->plan.n, &columns.n_before);
	columns.after = column_numbers(r, after, k->plan.n, &columns.n_after);
	rows_line_start_partial(b, &head, &columns);
	out_rows_opened(&r->out, head.type, k);
	return b;
}

static bool put_row(struct buf *b, const struct known *k, const struct binlog_rows *rows, const uint8_t *before,
		    const uint8_t *after, struct cur *c, struct err *e)
{
	if (rows->kind != ROWS_UPDATE)
		return rows_image_put(&k->plan, rows->kind == ROWS_INSERT ? after : before, c, b, e);
	buf_put_char(b, '[');
	if (!rows_image_put(&k->plan, before, c, b, e))
		return false;
	buf_put_char(b, ',');
	if (!(rows->partial_json ? rows_partial_image_put : rows_image_put)(&k->plan, after, c, b, e))
		return false;
	buf_put_char(b, ']');
	return true;
}

/* NULL: all columns are there, which is quicker. */
static const uint8_t *partial(const uint8_t *bitmap, size_t n)
{
	return bitmap && !rows_image_is_full(bitmap, n) ? bitmap : NULL;
}

/* One row, on the open line or on a new one. Of a damaged row nothing stays, nor of a line that it would have
 * been the first row of. */
static bool take_row(struct relay *r, const struct binlog_event *ev, struct known *k, const uint8_t *before,
		     const uint8_t *after, struct cur *c, struct err *e)
{
	size_t back = r->out.b.n, left = cur_left(c);
	struct buf *b = out_more_rows(&r->out, type_of(ev->rows.kind), k);
	bool first = !b, ok;
	size_t row;

	if (first) {
		if (!out_settle(&r->out, e))
			return false;
		back = out_line(&r->out)->n;
		b = start_line(r, ev, k, before, after);
	}
	row = b->n;
	ok = put_row(b, k, &ev->rows, before, after, c, e);
	if (ok && left == cur_left(c) && left > 0)
		ok = err_set(e, &err_binlog_event, "a row without bytes");
	if (ok)
		return cut_see_row(r, ev->rows.kind, str_from(buf_str(b), row), e);
	b->n = back;
	r->out.rows_open = !first;
	return err_at(e, "%s of '%.*s.%.*s'", ev->name, STR(k->schema), STR(k->name));
}

/* A row that was sent before the connection broke: only its end is looked for. */
static bool skip_row(struct relay *r, const struct binlog_event *ev, struct known *k, const uint8_t *before,
		     const uint8_t *after, struct cur *c, struct err *e)
{
	buf_clear(&r->scratch);
	if (!put_row(&r->scratch, k, &ev->rows, before, after, c, e))
		return err_at(e, "%s of '%.*s.%.*s'", ev->name, STR(k->schema), STR(k->name));
	if (!cut_see_row(r, ev->rows.kind, buf_str(&r->scratch), e))
		return false;
	if (r->scratch.cap > SCRATCH_KEPT)	/* a huge row is not kept for ever */
		buf_release(&r->scratch);
	return true;
}

bool rows_take(struct relay *r, const struct binlog_event *ev, struct err *e)
{
	const struct binlog_rows *rows = &ev->rows;
	struct cur c = cur_of(rows->images.p, rows->images.n);
	const uint8_t *before, *after;
	struct known *k;

	if (!structures_of_id(&r->tables, rows->table_id, &k, e))
		return false;
	if (rows->n_columns != k->plan.n)
		return err_set(e, &err_binlog_event, "rows of '%.*s.%.*s' have %zu columns, and their table map %zu",
			       STR(k->schema), STR(k->name), rows->n_columns, k->plan.n);
	before = partial(rows->before, k->plan.n);
	after = partial(rows->after, k->plan.n);
	if (before || after)		/* its line holds only these columns */
		out_line(&r->out);
	/* A row of no bytes is one of which no column was named: INSERT INTO t () VALUES (). Of several in one event
	 * MySQL says itself that it cannot log them. */
	do {
		bool sent = cut_has_row(r);

		if (sent ? !skip_row(r, ev, k, before, after, &c, e) :
		    !rows_announce(r, k, e) || !take_row(r, ev, k, before, after, &c, e))
			return false;
		r->trx.seq++;
		r->rows += !sent;
	} while (cur_left(&c) > 0);
	if (before || after)
		out_line(&r->out);
	return out_settle(&r->out, e);
}
