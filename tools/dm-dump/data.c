/* data.c - one chunk: a SELECT, read row by row, into files of SQL or CSV; see dump.h */
#include "dump.h"

#include <stdio.h>

#include "literal.h"

#define PIECE (256 << 10)	/* what is gathered before it goes into the file */

struct filler {
	const struct chunk *chunk;
	const struct dump_want *want;
	struct dump_counts *counts;
	struct file_room *room;
	uint64_t parts;			/* files of the chunk so far */
	uint64_t file_bytes;		/* of the file that is open, what is gathered too */
	uint64_t statement;		/* bytes of the statement that is open; 0: none is */
	uint64_t rows;			/* of the file */
	uint64_t counted, counted_bytes;
};

static const char sql_head[] =
	"/*!40101 SET NAMES utf8mb4*/;\n"
	"/*!40014 SET FOREIGN_KEY_CHECKS=0*/;\n"
	"/*!40103 SET TIME_ZONE='+00:00'*/;\n";

static bool open_file(struct filler *f, struct err *e)
{
	const struct dump_table *t = f->chunk->table;
	struct buf *text = &f->room->text;
	char index[64];

	if (f->want->filesize > 0)
		snprintf(index, sizeof(index), "%09llu%04llu", (unsigned long long)f->chunk->number,
			 (unsigned long long)f->parts);
	else
		snprintf(index, sizeof(index), "%09llu", (unsigned long long)f->chunk->number);
	f->parts++;
	if (!out_file_open(&f->room->file, f->want->dir, DUMP_DATA, t->schema, t->name, index, e))
		return false;
	f->rows = 0;
	if (f->want->csv) {
		buf_put_str(text, t->insert);
	} else {
		buf_put_text(text, sql_head);
		buf_putf(text, "/*!40101 SET SQL_MODE='NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES%s'*/;\n",
			 f->want->csv_form.backslash ? "" : ",NO_BACKSLASH_ESCAPES");
	}
	f->file_bytes = text->n;
	return true;
}

static bool flush(struct filler *f, struct err *e)
{
	struct buf *text = &f->room->text;
	bool ok = buf_ok(text, "a row", e) && out_file_put(&f->room->file, buf_str(text), e);

	buf_clear(text);
	return ok;
}

static void end_statement(struct filler *f)
{
	if (f->statement == 0)
		return;
	buf_put_text(&f->room->text, ";\n");
	f->file_bytes += 2;
	f->statement = 0;
}

static bool close_file(struct filler *f, struct err *e)
{
	if (f->room->file.fd < 0)
		return true;
	end_statement(f);
	return flush(f, e) && out_file_close(&f->room->file, f->rows, e);
}

static bool put_row(struct filler *f, const struct str *cells, struct err *e)
{
	const struct dump_table *t = f->chunk->table;
	struct buf *text = &f->room->text;
	size_t before;

	if (f->room->file.fd < 0 && !open_file(f, e))
		return false;
	before = text->n;
	if (f->want->csv) {
		if (!csv_row_put(text, &t->structure, t->values, cells, &f->want->csv_form, &f->room->scratch, e))
			return false;
	} else {
		if (f->statement == 0)
			buf_put_str(text, t->insert);
		else
			buf_put(text, ",\n", 2);
		if (!literal_row_put(text, &t->structure, t->values, cells, f->want->csv_form.backslash, &f->room->scratch, e))
			return false;
		f->statement += text->n - before;
	}
	f->rows++;
	f->file_bytes += text->n - before;
	f->counted_bytes += text->n - before;
	if (f->statement >= f->want->statement_size)
		end_statement(f);
	if (f->want->filesize > 0 && f->file_bytes >= f->want->filesize)
		return close_file(f, e);
	return text->n < PIECE || flush(f, e);
}

static void count(struct filler *f)
{
	atomic_fetch_add_explicit(&f->counts->rows, f->counted, memory_order_relaxed);
	atomic_fetch_add_explicit(&f->counts->bytes, f->counted_bytes, memory_order_relaxed);
	f->counted = f->counted_bytes = 0;
}

static bool put_rows(struct filler *f, struct conn *conn, struct result *r, struct err *e)
{
	bool more = false, ok = true;

	if (r->n != value_cells(f->chunk->table->values, f->chunk->table->structure.n_columns))
		return err_set(e, &err_dump_changed, "%s: a result has %u columns", conn->name, r->n);
	while (ok && (ok = result_next(r, &more, e)) && more) {
		ok = put_row(f, r->row, e);
		if (++f->counted >= 4096) {
			count(f);
			ok = ok && !wait_stopping();
		}
	}
	count(f);
	return ok && close_file(f, e);
}

void file_room_init(struct file_room *room)
{
	buf_init(&room->text, VALUE_LIMIT);
	buf_init(&room->scratch, VALUE_LIMIT);
	room->file.fd = -1;
	room->file.packer = NULL;
}

void file_room_release(struct file_room *room)
{
	out_file_drop(&room->file);
	buf_release(&room->text);
	buf_release(&room->scratch);
}

bool chunk_to_files(const struct chunk *chunk, struct conn *conn, struct file_room *room, const struct dump_want *want,
		    struct dump_counts *counts, struct err *e)
{
	struct filler f = { .chunk = chunk, .want = want, .counts = counts, .room = room };
	struct buf sql = BUF_INIT(1 << 26);
	struct result r = { 0 };
	bool ok;

	chunk_select_put(&sql, chunk, want->where);
	ok = buf_ok(&sql, "a statement", e) && conn_query(conn, &r, buf_str(&sql), true, e) && put_rows(&f, conn, &r, e);
	if (!ok)
		conn_close(conn);	/* else what is left of the result would be read first */
	result_release(&r);
	buf_release(&sql);
	room_shrink(&room->text, 2 * WORKER_BUFFER);
	room_shrink(&room->scratch, 2 * WORKER_BUFFER);
	if (!ok)
		return chunk_explain(conn, chunk->table, e);
	return snapshot_let_go(conn, e);
}
