/* batch.c - rows as statements of one transaction, tried again where that may help; see load.h */
#include "load.h"

#include <stdlib.h>
#include <time.h>

#include "stream/value_sql.h"

#define PACKET_MARGIN 1024
#define DATA_BYTES (1 << 20)		/* of a LOAD DATA, which no packet bounds */
#define PART_BYTES (2 << 20)		/* of a file, after which what is there is committed: a restart goes on there */
#define STATEMENT_ROWS 60000		/* below what SHOW WARNINGS can list */
#define TRIES 20
#define SQL_LIMIT (5UL << 30)		/* of one transaction's statements; the packet is what bounds a row */

const struct err_kind err_load_value = {
	.code = 34502, .class = "load-unit", .scope = SCOPE_DOWNSTREAM, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "change the downstream column so that it can hold the value, then start again",
};
static const struct err_kind err_document = {
	.code = 34520, .class = "load-unit", .scope = SCOPE_DOWNSTREAM, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "make the downstream column a LONGTEXT, change the number upstream, or leave the table out with block-allow-list",
};
static const struct err_kind err_packet = {
	.code = 34503, .class = "load-unit", .scope = SCOPE_DOWNSTREAM, .level = LEVEL_HIGH, .status = STATUS_REFUSED,
	.workaround = "raise max_allowed_packet downstream (SET GLOBAL max_allowed_packet = ...), then start again",
};

void batch_init(struct batch *b, struct conn *c, struct meta *meta, const struct pool *pool)
{
	*b = (struct batch){ .c = c, .meta = meta, .pool = pool, .sql = BUF_INIT(SQL_LIMIT) };
	b->seed = (unsigned)clock_ms() ^ (unsigned)((uintptr_t)c >> 4);
}

void batch_release(struct batch *b)
{
	buf_release(&b->sql);
	free(b->statements);
}

static void clear(struct batch *b)
{
	if (b->sql.cap > 4 * TRANSACTION_BYTES)
		buf_release(&b->sql);
	buf_clear(&b->sql);
	b->n = b->next = b->rows = 0;
}

void batch_start(struct batch *b, const struct target *t, struct str chunk)
{
	clear(b);
	b->target = t;
	b->chunk = chunk;
	b->begun = false;
	b->kept = true;
	b->in_parts = false;
	b->row = b->sent = b->at = 0;
	b->done_rows = b->done_bytes = 0;
}

void batch_go_on(struct batch *b, const struct meta_load_chunk *from)
{
	b->in_parts = true;
	b->row = b->sent = b->done_rows = from->rows;
	b->at = b->done_bytes = from->bytes;
}

static size_t start_of(const struct batch *b, size_t i)
{
	return i > 0 ? b->statements[i - 1].end : 0;
}

/* Runs the statements that were not yet sent. */
static bool send(struct batch *b, struct err *e)
{
	if (!b->begun && !conn_run(b->c, STR_LIT("START TRANSACTION"), e))
		return false;
	b->begun = true;
	for (; b->next < b->n; b->next++) {
		const struct statement *s = &b->statements[b->next];
		size_t start = start_of(b, b->next);

		struct str text = { b->sql.p + start, s->end - start };

		if (!(s->data ? conn_load(b->c, data_statement(b->target, text), text, e) : conn_run(b->c, text, e)))
			return err_at(e, "table `%.*s`.`%.*s`", STR(b->target->downstream.schema),
				      STR(b->target->downstream.name));
		if (!warnings_check(b->c, b->target, b->pool->want->on_duplicate, s->zeroes, e))
			return false;
	}
	return true;
}

/* Twice as long each time, and not the same for all who met: else they meet again. */
static void pause_before(struct batch *b, unsigned tries)
{
	unsigned limit = tries < 7 ? 20u << tries : 2000, ms;
	struct timespec pause;

	ms = limit / 4 + (unsigned)rand_r(&b->seed) % limit;
	pause = (struct timespec){ ms / 1000, ms % 1000 * 1000000L };
	nanosleep(&pause, NULL);
}

/* A deadlock and its like: the server is there, and has rolled back or can. */
static bool can_try_again(struct batch *b, unsigned tries, const struct err *e)
{
	unsigned server = b->c->errno_last;
	struct err ignored = { 0 };

	if (!b->kept || tries >= TRIES || e->kind->status != STATUS_RETRY)
		return false;
	if (server == 0 || (server >= 2000 && server < 3000))	/* the connection broke */
		return false;
	if (!conn_run(b->c, STR_LIT("ROLLBACK"), &ignored))
		return false;
	b->next = 0;
	b->begun = false;
	pause_before(b, tries);
	return true;
}

/* What is committed of the chunk. */
enum part { PART_NONE, PART_SOME, PART_ALL };

/* The chunk's checkpoint goes with its rows. A part that a retry would meet again has none. */
static bool finish(struct batch *b, enum part part, struct err *e)
{
	const struct table *t = &b->target->upstream;

	if (part == PART_ALL && !meta_load_chunk_done(b->meta, t->schema, t->name, b->chunk, b->sent, b->at, e))
		return false;
	if (part == PART_SOME && b->in_parts &&
	    !meta_load_chunk_part(b->meta, t->schema, t->name, b->chunk, b->sent, b->at, e))
		return false;
	return meta_lease_hold(b->meta, e) && conn_run(b->c, STR_LIT("COMMIT"), e);
}

/* The error that is told is the first one: a later one is its consequence. */
static bool run(struct batch *b, enum part part, struct err *e)
{
	for (unsigned tries = 0; ; tries++) {
		err_clear(e);
		if (send(b, e) && (part == PART_NONE || finish(b, part, e))) {
			b->begun = b->begun && part == PART_NONE;
			return true;
		}
		if (!can_try_again(b, tries, e))
			return false;
	}
}

static void count(struct batch *b)
{
	atomic_fetch_add_explicit(&b->pool->counts->rows, b->sent - b->done_rows, memory_order_relaxed);
	atomic_fetch_add_explicit(&b->pool->counts->bytes, b->at - b->done_bytes, memory_order_relaxed);
	if (b->target->counts)
		atomic_fetch_add_explicit(&b->target->counts->rows, b->sent - b->done_rows, memory_order_relaxed);
	b->done_rows = b->sent;
	b->done_bytes = b->at;
}

/* Memory is bounded: what can be repeated, or gone on with, is committed in parts, what cannot goes without a second
 * try. */
static bool bound(struct batch *b, struct err *e)
{
	bool repeatable = b->target->idempotent && b->pool->want->on_duplicate != DUPLICATE_ERROR;

	if (b->sql.n < (b->in_parts ? PART_BYTES : TRANSACTION_BYTES))
		return true;
	if ((repeatable || b->in_parts) && b->kept) {
		if (!run(b, PART_SOME, e))
			return false;
		count(b);
	} else {
		b->kept = false;
	}
	clear(b);
	return true;
}

static bool end_statement(struct batch *b, size_t zeroes, struct err *e)
{
	if (b->rows == 0)
		return true;
	if (b->n == b->room) {
		b->room = b->room ? 2 * b->room : 16;
		b->statements = mem_rearray(b->statements, b->room, sizeof(*b->statements));
	}
	b->statements[b->n++] = (struct statement){ b->sql.n, b->data, zeroes };
	b->sent += b->rows;
	b->rows = 0;
	return buf_ok(&b->sql, "a transaction", e) && run(b, PART_NONE, e) && bound(b, e);
}

/* Error values of enums: number 0. The server takes them with a warning, which is then no surprise. */
static size_t count_zeroes(const struct target *t, const struct row_value *row)
{
	size_t zeroes = 0;

	for (size_t i = 0; i < t->n; i++) {
		const struct row_value *v = &row[t->from[i]];

		if (v->kind == VALUE_NUMBER && str_is(v->text, "0") &&
		    column_type_is(t->downstream.columns[t->to[i]].type, "enum"))
			zeroes++;
	}
	return zeroes;
}

static bool refuse_number(const struct batch *b, size_t column, struct err *e)
{
	const struct table *t = &b->target->downstream;

	return err_set(e, &err_document, "table `%.*s`.`%.*s`, row %llu, column '%.*s': the downstream would change a number of the "
		       "JSON document, which is no DOUBLE%s", STR(t->schema), STR(t->name), (unsigned long long)b->row,
		       STR(t->columns[column].name),
		       conn_json_store(b->c) == JSON_STORE_DECIMALS ? " and has too many digits for a DECIMAL" : "");
}

static bool put_row(struct batch *b, const struct row_value *row, struct err *e)
{
	const struct target *t = b->target;
	struct str number;

	buf_put_char(&b->sql, '(');
	for (size_t i = 0; i < t->n; i++) {
		const struct row_value *v = &row[t->from[i]];

		if (v->kind == VALUE_ABSENT || v->kind == VALUE_JSON_DIFF)
			return err_set(e, &err_stream_syntax, "table `%.*s`.`%.*s`, row %llu: a dump holds whole values "
				       "only", STR(t->upstream.schema), STR(t->upstream.name),
				       (unsigned long long)b->row);
		if (i > 0)
			buf_put_char(&b->sql, ',');
		if (!value_fits(v, &t->downstream.columns[t->to[i]], conn_json_store(b->c), &number))
			return refuse_number(b, t->to[i], e);
		value_put_sql_into(&b->sql, v, &t->upstream.columns[t->from[i]], &t->downstream.columns[t->to[i]],
				   b->c->backslash, conn_json_store(b->c));
	}
	buf_put_char(&b->sql, ')');
	return buf_ok(&b->sql, "a row", e);
}

/* The row at [row, n) moves to a statement of its own. */
static bool move_row(struct batch *b, size_t row, struct err *e)
{
	struct buf kept = BUF_INIT(SQL_LIMIT);
	bool ok;

	buf_put(&kept, b->sql.p + row, b->sql.n - row);
	b->sql.n = row - 1;	/* the comma too */
	b->rows--;
	ok = end_statement(b, 0, e);
	buf_put_str(&b->sql, b->target->insert);
	buf_put_str(&b->sql, buf_str(&kept));
	b->rows = 1;
	buf_release(&kept);
	return ok;
}

static bool check_packet(const struct batch *b, size_t size, struct err *e)
{
	const struct table *t = &b->target->downstream;

	if (size + PACKET_MARGIN <= b->pool->packet)
		return true;
	return err_set(e, &err_packet, "table `%.*s`.`%.*s`: row %llu takes a statement of %zu bytes, and "
		       "max_allowed_packet of %s is %llu", STR(t->schema), STR(t->name), (unsigned long long)b->row, size,
		       b->c->name, (unsigned long long)b->pool->packet);
}

/* A row for LOAD DATA. What is big goes as a statement, whose packet is checked. */
static bool add_data(struct batch *b, const struct row_value *row, bool *added, struct err *e)
{
	size_t at = b->sql.n;

	*added = b->pool->local_infile && b->target->load.n > 0 && data_can_hold(b->target, row);
	if (b->rows > 0 && b->data != *added && !end_statement(b, 0, e))
		return false;
	b->data = *added;
	if (!*added)
		return true;
	if (b->rows == 0)
		at = b->sql.n;
	data_put_row(&b->sql, b->target, row);
	if (b->sql.n - at > STATEMENT_BYTES) {
		b->sql.n = at;
		*added = false;
		if (!end_statement(b, 0, e))
			return false;
		b->data = false;
		return true;
	}
	b->row++;
	b->rows++;
	if (b->sql.n - start_of(b, b->n) < DATA_BYTES && b->rows < STATEMENT_ROWS)
		return buf_ok(&b->sql, "a row", e);
	return end_statement(b, 0, e);
}

static bool add_literals(struct batch *b, const struct row_value *row, struct err *e)
{
	size_t zeroes = count_zeroes(b->target, row), limit = STATEMENT_BYTES, at, size;

	if (limit + PACKET_MARGIN > b->pool->packet)
		limit = b->pool->packet - PACKET_MARGIN;
	b->row++;
	if (zeroes > 0 && !end_statement(b, 0, e))
		return false;
	if (b->rows == 0)
		buf_put_str(&b->sql, b->target->insert);
	else
		buf_put_char(&b->sql, ',');
	at = b->sql.n;
	b->rows++;
	if (!put_row(b, row, e))
		return false;
	if (b->sql.n - start_of(b, b->n) > limit && b->rows > 1 && !move_row(b, at, e))
		return false;
	size = b->sql.n - start_of(b, b->n);
	if (!check_packet(b, size, e))
		return false;
	if (zeroes == 0 && size < limit && b->rows < STATEMENT_ROWS)
		return true;
	return end_statement(b, zeroes, e);
}

bool batch_add(struct batch *b, const struct row_value *row, struct err *e)
{
	bool added;

	return add_data(b, row, &added, e) && (added || add_literals(b, row, e));
}

bool batch_commit(struct batch *b, uint64_t bytes, struct err *e)
{
	if (!end_statement(b, 0, e))
		return false;
	b->at = bytes;
	if (!run(b, PART_ALL, e))
		return false;
	count(b);
	return true;
}

void batch_drop(struct batch *b)
{
	struct err ignored = { 0 };

	if (b->begun)
		conn_run(b->c, STR_LIT("ROLLBACK"), &ignored);
	b->begun = false;
}
