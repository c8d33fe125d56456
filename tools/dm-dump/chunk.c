/* chunk.c - one chunk: a SELECT, read row by row, as lines; see dump.h */
#include "dump.h"

#include "text/sql_quote.h"

struct writer {
	const struct chunk *chunk;
	struct dump_counts *counts;
	struct chunk_room *room;
	struct buf *lines;		/* of room: whole lines, and the one that is being built */
	size_t row_start;		/* where the first row of the open line stands; 0: no line is open */
	uint64_t rows, bytes;		/* of the chunk */
};

static bool is_plain(char c)
{
	return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '_' || c == '-' || c == '$';
}

static void put_id_name(struct buf *b, struct str name)
{
	bool plain = name.n > 0;

	for (size_t i = 0; i < name.n; i++)
		plain = plain && is_plain(name.p[i]);
	if (plain)
		buf_put_str(b, name);
	else
		sql_put_name(b, name);
}

static void put_bound(struct buf *b, const struct dump_table *t, uint64_t i)
{
	uint64_t v = t->first + i * t->step;

	if (t->key_signed)
		buf_put_i64(b, (int64_t)v);
	else
		buf_put_u64(b, v);
}

/* "a.t", or "a.t:1+500*3": chunk 3 of those that begin at 1 and are 500 wide. The same rows of the same snapshot have
 * the same id, and other rows another: dm-load skips by it what it has. What stands before the '*' is how the table was
 * cut. */
static void put_id(struct buf *b, const struct chunk *chunk, struct str where)
{
	const struct dump_table *t = chunk->table;

	put_id_name(b, t->schema);
	buf_put_char(b, '.');
	put_id_name(b, t->name);
	if (where.n > 0)
		buf_putf(b, "?%016llx", (unsigned long long)str_hash(where));
	if (t->n_chunks == 1)
		return;
	buf_put_char(b, ':');
	put_bound(b, t, 0);
	buf_putf(b, "+%llu*%llu", (unsigned long long)t->step, (unsigned long long)chunk->number);
	if (chunk->number + 1 == t->n_chunks)
		buf_put_text(b, "..");		/* the last has no end */
}

static void put_select(struct buf *sql, const struct chunk *chunk, struct str where)
{
	const struct dump_table *t = chunk->table;
	const char *word = " WHERE ";

	buf_put_str(sql, t->select);
	if (chunk->number > 0) {
		buf_put_text(sql, word);
		sql_put_name(sql, t->key);
		buf_put_text(sql, " >= ");
		put_bound(sql, t, chunk->number);
		word = " AND ";
	}
	if (chunk->number + 1 < t->n_chunks) {
		buf_put_text(sql, word);
		sql_put_name(sql, t->key);
		buf_put_text(sql, " < ");
		put_bound(sql, t, chunk->number + 1);
		word = " AND ";
	}
	if (where.n > 0)
		buf_putf(sql, "%s(%.*s)", word, STR(where));
}

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
static bool explain(const struct conn *conn, const struct dump_table *t, struct err *e)
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
	put_select(&sql, w->chunk, where);
	ok = buf_ok(&sql, "a statement", e) && conn_query(conn, &r, buf_str(&sql), true, e) && put_rows(w, conn, &r, e);
	if (!ok)
		conn_close(conn);	/* else what is left of the result would be read first */
	result_release(&r);
	buf_release(&sql);
	if (!ok)
		return explain(conn, t, e);
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
static void shrink(struct buf *b)
{
	if (b->cap > 2 * WORKER_BUFFER)
		buf_release(b);
	buf_clear(b);
}

bool chunk_dump(const struct chunk *chunk, struct conn *conn, struct chunk_room *room, const struct dump_want *want,
		struct dump_counts *counts, struct err *e)
{
	struct writer w = { .chunk = chunk, .counts = counts, .room = room, .lines = &room->lines };
	struct buf id = BUF_INIT(4096);
	bool ok;

	put_id(&id, chunk, want->where);
	ok = dump(&w, conn, buf_str(&id), want->where, e) &&
	     conn_run(conn, STR_LIT("ROLLBACK TO SAVEPOINT dm_dump"), e);
	if (ok)
		give_token(room);
	shrink(&room->lines);
	shrink(&room->scratch);
	buf_release(&id);
	return ok;
}
