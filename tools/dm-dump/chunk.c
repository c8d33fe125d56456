/* chunk.c - one chunk: a SELECT, read row by row, as lines; see dump.h */
#include "dump.h"

struct writer {
	const struct chunk *chunk;
	struct dump_counts *counts;
	struct chunk_room *room;
	struct buf *lines;		/* of room: whole lines, and the one that is being built */
	size_t row_start;		/* where the first row of the open line stands; 0: no line is open */
	uint64_t rows, bytes;		/* of the chunk */
};

/* Takes the token and keeps it until the chunk ends. False, with e empty, when the dump stops meanwhile. */
static bool write_out(struct writer *w, struct err *e)
{
	bool ok;

	if (!w->room->token)
		pthread_mutex_lock(&w->room->out->token);
	w->room->token = true;
	ok = !wait_stopping() && buf_ok(w->lines, "a row", e) && line_put(w->room->out->line, buf_str(w->lines), e);
	buf_clear(w->lines);
	return ok;
}

static void end_line(struct writer *w)
{
	if (w->row_start == 0)
		return;
	w->bytes += w->lines->n - w->row_start;
	buf_put_text(w->lines, "]}\n");
	w->row_start = 0;
}

static bool put_row(struct writer *w, const struct str *cells, struct err *e)
{
	const struct dump_table *t = w->chunk->table;

	if (w->row_start == 0) {
		struct event_head head = { .type = EVENT_INSERT, .schema = t->schema, .table = t->name };

		rows_line_start(w->lines, &head);
		w->row_start = w->lines->n;
	} else {
		buf_put_char(w->lines, ',');
	}
	if (!value_row_put(w->lines, &t->structure, t->values, cells, &w->room->scratch, e))
		return false;
	w->rows++;
	if (w->lines->n - w->row_start >= LINE_ROWS)
		end_line(w);
	return w->row_start != 0 || w->lines->n < WORKER_BUFFER - LINE_ROWS || write_out(w, e);
}

static void count(struct writer *w, uint64_t rows, uint64_t bytes)
{
	atomic_fetch_add_explicit(&w->counts->rows, rows, memory_order_relaxed);
	atomic_fetch_add_explicit(&w->counts->bytes, bytes, memory_order_relaxed);
}

static bool put_rows(struct writer *w, struct conn *conn, struct result *r, struct err *e)
{
	uint64_t counted_rows = 0, counted_bytes = 0;
	bool more = false, ok = true;

	if (r->n != value_cells(w->chunk->table->values, w->chunk->table->structure.n_columns))
		return err_set(e, &err_dump_changed, "%s: a result has %u columns", conn->name, r->n);
	while (ok && (ok = result_next(r, &more, e)) && more) {
		ok = put_row(w, r->row, e) && !wait_stopping();
		if (w->rows - counted_rows >= 4096 || w->row_start == 0) {
			count(w, w->rows - counted_rows, w->bytes - counted_bytes);
			counted_rows = w->rows;
			counted_bytes = w->bytes;
		}
	}
	end_line(w);
	count(w, w->rows - counted_rows, w->bytes - counted_bytes);
	return ok;
}

/* The server's words for it differ; 1412 is what InnoDB says of a table that is younger than the snapshot. */
bool chunk_explain(const struct conn *conn, const struct dump_table *t, struct err *e)
{
	switch (conn->errno_last) {
	case 1049: case 1054: case 1146: case 1412:
		return err_set(e, &err_dump_changed, "table `%.*s`.`%.*s` was altered, truncated or dropped while it was "
			       "dumped (error %u)", STR(t->schema), STR(t->name), conn->errno_last);
	default:
		return false;
	}
}

static bool dump(struct writer *w, struct conn *conn, struct str id, struct str where, struct err *e)
{
	const struct dump_table *t = w->chunk->table;
	struct event_head head = {
		.type = EVENT_CHUNK, .schema = t->schema, .table = t->name, .id = id, .of = t->n_chunks,
		.rows_estimate = t->rows_estimate / t->n_chunks,
	};
	struct buf sql = BUF_INIT(1 << 26);
	struct result r = { 0 };
	bool ok;

	chunk_line_put(w->lines, &head);
	chunk_select_put(&sql, w->chunk, where);
	ok = buf_ok(&sql, "a statement", e) && conn_query(conn, &r, buf_str(&sql), true, e) && put_rows(w, conn, &r, e);
	if (!ok)
		conn_close(conn);	/* else what is left of the result would be read first */
	result_release(&r);
	buf_release(&sql);
	if (!ok)
		return chunk_explain(conn, t, e);
	head = (struct event_head){ .type = EVENT_CHUNK_END, .id = id, .rows = w->rows, .bytes = w->bytes };
	chunk_end_line_put(w->lines, &head);
	return write_out(w, e) && line_flush(w->room->out->line, e);
}

void chunk_room_init(struct chunk_room *room, struct output *out)
{
	buf_init(&room->lines, VALUE_LIMIT);
	buf_init(&room->scratch, VALUE_LIMIT);
	room->out = out;
	room->token = false;
}

static void give_token(struct chunk_room *room)
{
	if (room->token)
		pthread_mutex_unlock(&room->out->token);
	room->token = false;
}

void chunk_room_release(struct chunk_room *room)
{
	give_token(room);
	buf_release(&room->lines);
	buf_release(&room->scratch);
}

/* One huge row does not keep its memory until the end. */
void room_shrink(struct buf *b, size_t most)
{
	if (b->cap > most)
		buf_release(b);
	buf_clear(b);
}

bool chunk_dump(const struct chunk *chunk, struct conn *conn, struct chunk_room *room, const struct dump_want *want,
		struct dump_counts *counts, struct err *e)
{
	struct writer w = { .chunk = chunk, .counts = counts, .room = room, .lines = &room->lines };
	struct buf id = BUF_INIT(4096);
	bool ok;

	chunk_id_put(&id, chunk, want->where);
	ok = dump(&w, conn, buf_str(&id), want->where, e) &&
	     snapshot_let_go(conn, e);
	if (ok)
		give_token(room);
	room_shrink(&room->lines, 2 * WORKER_BUFFER);
	room_shrink(&room->scratch, 2 * WORKER_BUFFER);
	buf_release(&id);
	return ok;
}
