/* transaction.c - the downstream transaction; see transaction.h */
#include "transaction.h"

#include <stdlib.h>

#include "base/log.h"
#include "statement.h"

#define STATEMENT_MAX ((size_t)1 << 20)		/* an INSERT grows no further */
#define PART_MAX ((size_t)4 << 20)		/* bytes of a part before it runs */
#define KEEP_MAX ((size_t)64 << 20)		/* bytes kept to run again */
#define SQL_MAX ((size_t)3 << 30)		/* one row may take a GiB, twice that as hexadecimal digits */
#define HOLD_MS 5000

static const struct err_kind err_too_long = {
	.code = 36503, .class = "sync-unit", .scope = SCOPE_DOWNSTREAM, .level = LEVEL_HIGH, .status = STATUS_REFUSED,
	.workaround = "raise max_allowed_packet downstream, then start again",
};
static const struct err_kind err_again = {
	.code = 36504, .class = "sync-unit", .scope = SCOPE_DOWNSTREAM, .level = LEVEL_HIGH, .status = STATUS_RETRY,
	.workaround = "start again: the work goes on from the checkpoint",
};

/* --- the checkpoint as the end of a transaction --- */

static bool write_checkpoint(void *cp, struct err *e)
{
	return checkpoint_write(cp, e);
}

static bool is_checkpoint_written(void *cp, bool *yes, struct err *e)
{
	return checkpoint_is_written(cp, yes, e);
}

static void checkpoint_is_done(void *cp)
{
	checkpoint_written(cp);
}

static bool hold_checkpoint(void *cp, struct err *e)
{
	return checkpoint_hold(cp, e);
}

/* --- memory --- */

void transaction_init_end(struct transaction *tx, struct target *target, const struct transaction_end *end,
			  enum on_missing on_missing)
{
	memset(tx, 0, sizeof(*tx));
	tx->target = target;
	tx->end = *end;
	tx->on_missing = on_missing;
	buf_init(&tx->sql, SQL_MAX);
}

void transaction_init(struct transaction *tx, struct target *target, struct checkpoint *cp, enum on_missing on_missing)
{
	struct transaction_end end = {
		write_checkpoint, is_checkpoint_written, checkpoint_is_done, hold_checkpoint, cp,
	};

	transaction_init_end(tx, target, &end, on_missing);
	tx->cp = cp;
}

static void cut(struct transaction *tx, size_t n)
{
	while (tx->n > n)
		shape_drop(tx->statements[--tx->n].shape);
}

static void empty(struct transaction *tx)
{
	cut(tx, 0);
	tx->n_places = tx->done = 0;
	tx->mark = (struct mark){ .rows = tx->mark.rows };
	if (tx->sql.cap > KEEP_MAX)
		buf_release(&tx->sql);
	buf_clear(&tx->sql);
}

void transaction_release(struct transaction *tx)
{
	empty(tx);
	buf_release(&tx->sql);
	free(tx->statements);
	free(tx->places);
	arena_release(&tx->texts);
}

void transaction_clear(struct transaction *tx)
{
	empty(tx);
	tx->mark = (struct mark){ 0 };
	tx->rows = 0;
	tx->pos = STR_NONE;
	tx->open = tx->forgotten = tx->unsure = tx->failed = false;
	arena_clear(&tx->texts);
}

void transaction_of(struct transaction *tx, struct str pos)
{
	tx->pos = pos;
}

void transaction_at(struct transaction *tx, struct str pos)
{
	if (!str_eq(tx->pos, pos))
		tx->pos = arena_str(&tx->texts, pos);
}

static void add_place(struct transaction *tx, uint64_t seq, size_t at)
{
	if (tx->n_places == tx->cap_places) {
		tx->cap_places = tx->cap_places ? tx->cap_places * 2 : 256;
		tx->places = mem_rearray(tx->places, tx->cap_places, sizeof(*tx->places));
	}
	tx->places[tx->n_places++] = (struct row_place){ tx->pos, seq, at };
}

static struct statement *insert_statement(struct transaction *tx, size_t at)
{
	if (tx->n == tx->cap) {
		tx->cap = tx->cap ? tx->cap * 2 : 64;
		tx->statements = mem_rearray(tx->statements, tx->cap, sizeof(*tx->statements));
	}
	memmove(tx->statements + at + 1, tx->statements + at, (tx->n - at) * sizeof(*tx->statements));
	tx->n++;
	return &tx->statements[at];
}

void transaction_start(struct transaction *tx, struct shape *shape, uint64_t seq, bool must_find)
{
	struct statement *s = insert_statement(tx, tx->n);

	*s = (struct statement){
		.start = tx->sql.n, .shape = shape_keep(shape), .first_place = tx->n_places, .n_places = 1,
		.must_find = must_find,
	};
	add_place(tx, seq, 0);
}

static bool fits(struct transaction *tx, const struct statement *s, struct err *e)
{
	struct buf where = BUF_INIT(700);

	if (!buf_ok(&tx->sql, "a row as a statement", e))
		return false;
	if (s->n + 1 <= tx->target->max_packet)
		return true;
	statement_place_put(&where, tx, s, s->n_places - 1);
	err_set(e, &err_too_long, "%s: the row takes a statement of %zu bytes; max_allowed_packet of %s is %llu",
		buf_text(&where), s->n,
		tx->target->c.name, (unsigned long long)tx->target->max_packet);
	buf_release(&where);
	return false;
}

bool transaction_end(struct transaction *tx, struct err *e)
{
	struct statement *s = &tx->statements[tx->n - 1];

	s->n = tx->sql.n - s->start;
	return fits(tx, s, e);
}

void transaction_more(struct transaction *tx, uint64_t seq)
{
	struct statement *s = &tx->statements[tx->n - 1];

	add_place(tx, seq, 0);
	s->n_places++;
}

bool transaction_end_many(struct transaction *tx, uint64_t affects, struct err *e)
{
	struct statement *s = &tx->statements[tx->n - 1];

	s->affects = affects;
	s->n = tx->sql.n - s->start;
	if (s->n_places > 1 && s->n + 1 > tx->target->max_packet)
		return err_set(e, &err_apart, "a statement for %zu rows takes %zu bytes", s->n_places, s->n);
	return fits(tx, s, e);
}

void transaction_instead(struct transaction *tx, struct str text)
{
	struct statement *s = &tx->statements[tx->n - 1];

	s->instead = tx->sql.n;
	s->n_instead = text.n;
	buf_put_str(&tx->sql, text);
}

void transaction_row_start(struct transaction *tx, struct shape *shape, uint64_t seq, struct str head)
{
	struct statement *s = tx->n > tx->done ? &tx->statements[tx->n - 1] : NULL;

	if (s && !tx->single && s->shape == shape && s->head == head.n && s->n < STATEMENT_MAX &&
	    memcmp(tx->sql.p + s->start, head.p, head.n) == 0) {
		add_place(tx, seq, s->n);
		s->n_places++;
		buf_put_char(&tx->sql, ',');
		return;
	}
	transaction_start(tx, shape, seq, false);
	s = &tx->statements[tx->n - 1];
	s->head = head.n;
	tx->places[s->first_place].at = head.n;
	buf_put_str(&tx->sql, head);
}

/* Makes the rows of statement i from its byte at and its place on (a row starts there) a statement of their
 * own, behind it. */
static void split(struct transaction *tx, size_t i, size_t at, size_t place)
{
	struct statement *rest = insert_statement(tx, i + 1), *s = &tx->statements[i];
	size_t comma = 1, n = s->n - at - comma;

	*rest = *s;
	rest->shape = shape_keep(s->shape);
	rest->start = tx->sql.n;
	rest->n = s->head + n;
	rest->first_place = place;
	rest->n_places = s->first_place + s->n_places - place;
	s->n_places = place - s->first_place;
	s->n = at;
	if (!buf_room(&tx->sql, rest->n))
		return;
	buf_put(&tx->sql, tx->sql.p + s->start, s->head);
	buf_put(&tx->sql, tx->sql.p + s->start + at + comma, n);
	for (size_t p = place + 1; p < place + rest->n_places; p++)
		tx->places[p].at -= at + comma - s->head;
	tx->places[place].at = s->head;
}

bool transaction_row_end(struct transaction *tx, struct err *e)
{
	struct statement *s = &tx->statements[tx->n - 1];
	size_t last = tx->n_places - 1;

	s->n = tx->sql.n - s->start;
	if (s->n + 1 > tx->target->max_packet && s->n_places > 1) {
		split(tx, tx->n - 1, tx->places[last].at, last);
		s = &tx->statements[tx->n - 1];
	}
	return fits(tx, s, e);
}

void transaction_boundary(struct transaction *tx)
{
	tx->mark = (struct mark){ tx->n, tx->n ? tx->statements[tx->n - 1].n : 0, tx->n_places, tx->rows };
	tx->pos = STR_NONE;
}

bool transaction_has_whole(const struct transaction *tx)
{
	return tx->mark.statements > 0;
}

bool transaction_has_part(const struct transaction *tx)
{
	return tx->pos.n > 0;
}

/* From here on no statement holds rows of both sides of the mark. */
static void split_at_mark(struct transaction *tx)
{
	size_t last = tx->mark.statements - 1;

	if (tx->mark.statements > 0 && tx->statements[last].n > tx->mark.bytes)
		split(tx, last, tx->mark.bytes, tx->mark.places);
}

static bool begin(struct transaction *tx, struct err *e)
{
	if (tx->open)
		return true;
	if (!conn_run(&tx->target->c, STR_LIT("START TRANSACTION"), e))
		return false;
	tx->open = true;
	tx->done = 0;
	tx->unsure = false;
	tx->held_ms = clock_ms();
	return true;
}

/* Long work locks the lease's row, so that nobody takes it before the commit. */
static bool hold(struct transaction *tx, struct err *e)
{
	if (clock_ms() - tx->held_ms < HOLD_MS)
		return true;
	tx->held_ms = clock_ms();
	return tx->end.hold(tx->end.context, e);
}

static bool run_up_to(struct transaction *tx, size_t n, struct err *e)
{
	if (!begin(tx, e))
		return false;
	while (tx->done < n) {
		if (!statement_run(tx, &tx->statements[tx->done], e) || !hold(tx, e))
			return false;
		tx->done++;
	}
	return true;
}

/* After a failure: true when all is rolled back and may run again. */
static bool again(struct transaction *tx, struct err *e)
{
	struct err ignored = { 0 };

	if (!target_is_passing(e)) {
		if (tx->open)
			conn_run(&tx->target->c, STR_LIT("ROLLBACK"), &ignored);
		tx->open = false;
		tx->failed = true;
		return false;
	}
	tx->failed = tx->forgotten;
	if (tx->forgotten)
		return err_set(e, &err_again, "a big transaction at %.*s was cut off: %.700s", STR(tx->pos), e->text);
	tx->open = false;
	tx->done = 0;
	tx->failed = !target_recover(tx->target, e);
	return !tx->failed;
}

static size_t kept(const struct transaction *tx)
{
	return tx->sql.n + tx->n * sizeof(*tx->statements) + tx->n_places * sizeof(*tx->places);
}

bool transaction_is_full(const struct transaction *tx)
{
	return tx->sql.n >= PART_MAX;
}

bool transaction_interrupted(struct transaction *tx, struct err *e)
{
	return again(tx, e);
}

static bool run_part(struct transaction *tx, struct err *e)
{
	while (!run_up_to(tx, tx->n, e))
		if (!again(tx, e))
			return false;
	if (tx->forgotten || kept(tx) > KEEP_MAX) {
		tx->forgotten = true;
		empty(tx);
	}
	return true;
}

bool transaction_spill(struct transaction *tx, struct err *e)
{
	size_t start = tx->done < tx->n ? tx->statements[tx->done].start : tx->sql.n;

	if (tx->sql.n - start < PART_MAX && kept(tx) < KEEP_MAX)
		return true;
	if (transaction_has_whole(tx) && !transaction_commit(tx, e))
		return false;
	return run_part(tx, e);
}

/* What is behind the mark moves to the front. */
static void forget_whole(struct transaction *tx)
{
	size_t n = tx->mark.statements, places = tx->mark.places, start = n < tx->n ? tx->statements[n].start : tx->sql.n;

	for (size_t i = 0; i < n; i++)
		shape_drop(tx->statements[i].shape);
	tx->n -= n;
	if (tx->n)
		memmove(tx->statements, tx->statements + n, tx->n * sizeof(*tx->statements));
	tx->n_places -= places;
	if (tx->n_places)
		memmove(tx->places, tx->places + places, tx->n_places * sizeof(*tx->places));
	for (size_t i = 0; i < tx->n; i++)
		start = tx->statements[i].start < start ? tx->statements[i].start : start;
	for (size_t i = 0; i < tx->n; i++) {
		tx->statements[i].start -= start;
		tx->statements[i].instead -= tx->statements[i].n_instead ? start : 0;
		tx->statements[i].first_place -= places;
	}
	tx->sql.n -= start;
	if (tx->sql.n)
		memmove(tx->sql.p, tx->sql.p + start, tx->sql.n);
	tx->mark = (struct mark){ 0 };
	tx->done = 0;
	if (tx->n == 0 && tx->pos.n == 0)
		arena_clear(&tx->texts);
}

static bool attempt(struct transaction *tx, struct err *e)
{
	if (!run_up_to(tx, tx->mark.statements, e) || !tx->end.write(tx->end.context, e))
		return false;
	tx->unsure = true;
	return conn_run(&tx->target->c, STR_LIT("COMMIT"), e);
}

/* The answer to COMMIT is missing: the table of checkpoints knows it. */
static bool was_committed(struct transaction *tx, bool *yes, struct err *e)
{
	*yes = false;
	while (tx->unsure && !tx->end.is_written(tx->end.context, yes, e))
		if (!again(tx, e))
			return false;
	return true;
}

bool transaction_commit(struct transaction *tx, struct err *e)
{
	int64_t began = clock_ms();
	bool done = false;

	split_at_mark(tx);
	if (!buf_ok(&tx->sql, "a transaction", e))
		return false;
	while (!done && !attempt(tx, e))
		if (!again(tx, e) || !was_committed(tx, &done, e))
			return false;
	target_worked(tx->target);
	if (tx->times)
		histogram_add(tx->times, (double)(clock_ms() - began) / 1e3);
	tx->end.written(tx->end.context);
	tx->open = tx->forgotten = tx->unsure = false;
	tx->committed_rows += tx->mark.rows;
	tx->rows -= tx->mark.rows;
	if (tx->cp)
		log_debug("committed %llu rows at %.*s", (unsigned long long)tx->mark.rows, STR(buf_str(&tx->cp->place)));
	forget_whole(tx);
	return true;
}

void transaction_drop_part(struct transaction *tx)
{
	struct err ignored = { 0 };

	split_at_mark(tx);
	cut(tx, tx->mark.statements);
	tx->n_places = tx->mark.places;
	tx->rows = tx->mark.rows;
	tx->pos = STR_NONE;
	if (tx->open) {
		conn_run(&tx->target->c, STR_LIT("ROLLBACK"), &ignored);
		tx->open = false;
		tx->done = 0;
	}
}
