/* rows_out.c - rows events as insert, update and delete lines; see relay.h */
#include "base/log.h"
#include "relay.h"
#include "versioned.h"

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

/* NULL where all that are shown are there. */
static const size_t *column_numbers(struct relay *r, const uint8_t *bitmap, size_t columns, size_t *n)
{
	size_t *numbers;

	*n = 0;
	if (!bitmap || rows_image_is_full(bitmap, columns))
		return NULL;
	numbers = arena_array(&r->arena, columns, sizeof(*numbers));
	for (size_t i = 0; i < columns; i++)
		if (rows_image_has(bitmap, i))
			numbers[(*n)++] = i;
	return numbers;
}

/* A column that is generated downstream as well is none that a REPLACE could reset. */
static bool lacks_column(const struct known *k, const uint8_t *after)
{
	for (size_t i = 0; i < k->table.n_columns; i++)
		if (!rows_image_has(after, i) && !k->table.columns[i].generated)
			return true;
	return false;
}

/* NULL: what the image holds is what changed. */
static const char *doubt_of(const struct relay *r, const struct row_images *row, const struct known *k)
{
	if (!r->decoder.format.mariadb || row->kind != ROWS_UPDATE || !row->after || !lacks_column(k, row->after))
		return NULL;
	return annotation_doubt(&r->statement, k->schema, k->name);
}

static struct buf *start_line(struct relay *r, const struct binlog_event *ev, struct known *k,
			      const struct row_images *row)
{
	struct rows_columns columns;
	struct event_head head = {
		.type = type_of(row->kind), .schema = k->schema, .table = k->name, .pos = feed_pos(r),
		.seq = r->trx.seq,
		.gtid = buf_str(&r->trx.gtid), .ts = feed_time(r, &ev->head, NULL),
	};
	const char *doubt = doubt_of(r, row, k);
	struct buf *b = out_line(&r->out);

	head.doubt = doubt ? str_of(doubt) : STR_NONE;
	columns.before = column_numbers(r, row->kind == ROWS_INSERT ? NULL : row->before, k->plan.n_shown,
					&columns.n_before);
	columns.after = column_numbers(r, row->kind == ROWS_DELETE ? NULL : row->after, k->plan.n_shown,
				       &columns.n_after);
	rows_line_start_partial(b, &head, &columns);
	out_rows_opened(&r->out, head.type, k);
	return b;
}

static bool put_row(struct buf *b, const struct known *k, bool partial_json, struct row_images *row, struct err *e)
{
	if (row->kind != ROWS_UPDATE)
		return rows_image_put(&k->plan, row->kind == ROWS_INSERT ? row->after : row->before, &row->c, b, e);
	buf_put_char(b, '[');
	if (!rows_image_put(&k->plan, row->before, &row->c, b, e))
		return false;
	buf_put_char(b, ',');
	if (!(partial_json ? rows_partial_image_put : rows_image_put)(&k->plan, row->after, &row->c, b, e))
		return false;
	buf_put_char(b, ']');
	return true;
}

/* NULL: all columns are there, which is quicker. */
static const uint8_t *partial(const uint8_t *bitmap, size_t n)
{
	return bitmap && !rows_image_is_full(bitmap, n) ? bitmap : NULL;
}

/* A row that was sent before the connection broke: only its end is looked for. */
static bool skip_row(struct relay *r, const struct binlog_event *ev, struct known *k, struct row_images *row, struct err *e)
{
	buf_clear(&r->scratch);
	if (!put_row(&r->scratch, k, ev->rows.partial_json, row, e) ||
	    !cut_see_row(r, row->kind, buf_str(&r->scratch), e))
		return false;
	r->trx.seq++;
	if (r->scratch.cap > SCRATCH_KEPT)	/* a huge row is not kept for ever */
		buf_release(&r->scratch);
	return true;
}

/* One row, on the open line or on a new one. Of a damaged row nothing stays, nor of a line that it would have
 * been the first row of. */
static bool send_row(struct relay *r, const struct binlog_event *ev, struct known *k, struct row_images *row,
		     struct err *e)
{
	size_t back, left = cur_left(&row->c), at;
	bool first, ok;
	struct buf *b;

	if (cut_has_row(r))
		return skip_row(r, ev, k, row, e);
	if (!rows_announce(r, k, e))
		return false;
	back = r->out.b.n;
	b = out_more_rows(&r->out, type_of(row->kind), k);
	first = !b;
	if (first) {
		if (!out_settle(&r->out, e))
			return false;
		back = out_line(&r->out)->n;
		b = start_line(r, ev, k, row);
	}
	at = b->n;
	ok = put_row(b, k, ev->rows.partial_json, row, e);
	if (ok && left == cur_left(&row->c) && left > 0)
		ok = err_set(e, &err_binlog_event, "a row without bytes");
	if (ok) {
		ok = cut_see_row(r, row->kind, str_from(buf_str(b), at), e);
		r->trx.seq++;
		r->rows++;
		return ok;
	}
	b->n = back;
	r->out.rows_open = !first;
	return false;
}

/* An image that does not go on. */
static bool skip_image(struct relay *r, const struct known *k, const uint8_t *bitmap, struct cur *c, struct err *e)
{
	bool there;

	buf_clear(&r->scratch);
	return rows_image_value(&k->plan, bitmap, c, 0, &r->scratch, &there, e);
}

/* Of a system-versioned table: only what changes rows that are there now. */
static bool take_version(struct relay *r, const struct binlog_event *ev, struct known *k, struct row_images *row,
			 struct err *e)
{
	enum row_fate fate;

	if (!versioned_fate(k, row, &fate, e))
		return false;
	switch (fate) {
	case ROW_CHANGES:
		break;
	case ROW_ENDS:
		row->kind = ROWS_DELETE;
		return send_row(r, ev, k, row, e) && skip_image(r, k, row->after, &row->c, e);
	case ROW_WAS:
		return (row->kind == ROWS_INSERT || skip_image(r, k, row->before, &row->c, e)) &&
		       (row->kind == ROWS_DELETE || skip_image(r, k, row->after, &row->c, e));
	}
	return send_row(r, ev, k, row, e);
}

static void tell_once(struct known *k)
{
	if (!k->told)
		log_warning("table '%.*s.%.*s' is system-versioned: what is there now goes on, its history does not; a "
			    "downstream table that is versioned keeps a history of its own", STR(k->schema), STR(k->name));
	k->told = true;
}

bool rows_take(struct relay *r, const struct binlog_event *ev, struct err *e)
{
	const struct binlog_rows *rows = &ev->rows;
	struct row_images row = { .c = cur_of(rows->images.p, rows->images.n) };
	struct known *k;
	bool ok;

	if (!structures_of_id(&r->tables, rows->table_id, &k, e))
		return false;
	if (rows->n_columns != k->plan.n)
		return err_set(e, &err_binlog_event, "rows of '%.*s.%.*s' have %zu columns, and their table map %zu",
			       STR(k->schema), STR(k->name), rows->n_columns, k->plan.n);
	if (k->table.versioned)
		tell_once(k);
	row.before = partial(rows->before, k->plan.n);
	row.after = partial(rows->after, k->plan.n);
	if (row.before || row.after)	/* its line holds only these columns */
		out_line(&r->out);
	/* A row of no bytes is one of which no column was named: INSERT INTO t () VALUES (). Of several in one event
	 * MySQL says itself that it cannot log them. */
	do {
		row.kind = rows->kind;
		ok = (k->table.versioned ? take_version : send_row)(r, ev, k, &row, e);
		if (!ok)
			return err_at(e, "%s of '%.*s.%.*s'", ev->name, STR(k->schema), STR(k->name));
	} while (cur_left(&row.c) > 0);
	if (row.before || row.after)
		out_line(&r->out);
	return out_settle(&r->out, e);
}
