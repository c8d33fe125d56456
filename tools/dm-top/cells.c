#include "cells.h"

enum { NAME_MAX_COLUMNS = 24 };

static void put_colour(struct buf *b, const struct look *look, const char *colour)
{
	if (look->colour && colour)
		buf_putf(b, "\033[%sm", colour);
}

void cell_put(struct buf *b, const struct look *look, struct str text, size_t width, bool right, const char *colour)
{
	size_t used = text_width(look, text), pad = used < width ? width - used : 0;

	colour = text.n > 0 ? colour : NULL;
	if (right)
		buf_putf(b, "%*s", (int)pad, "");
	put_colour(b, look, colour);
	text_put(b, look, text, width);
	put_colour(b, look, colour ? "0" : NULL);
	if (!right)
		buf_putf(b, "%*s", (int)pad, "");
}

/* --- which columns, and how wide --- */

static size_t sum(const struct layout *l)
{
	size_t n = 0;

	for (size_t i = 0; i < COLUMNS; i++)
		n += l->width[i] ? l->width[i] + GAP : 0;
	return n ? n - GAP : 0;
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Lets a column grow to a width, as far as there is room. */
static void grow(struct layout *l, enum column c, size_t to, size_t columns)
{
	size_t used = sum(l), room = used < columns ? columns - used : 0;

	if (l->width[c] > 0 && l->width[c] < to)
		l->width[c] += smaller(to - l->width[c], room);
}

/* Shows one more column where there is room. */
static void join(struct layout *l, enum column c, size_t width, size_t columns)
{
	if (width > 0 && sum(l) + GAP + width <= columns)
		l->width[c] = width;
}

/* Lets columns go, then those that are left shrink, until all fit. */
static void shrink(struct layout *l, size_t columns)
{
	static const enum column going[] = { HISTORY_LINE, UNIT, RATE, SOURCE, PROGRESS };

	for (size_t i = 0; i < sizeof(going) / sizeof(*going) && sum(l) > columns; i++)
		l->width[going[i]] = 0;
	for (size_t i = 0; i < COLUMNS && sum(l) > columns; i++) {	/* a screen of a few columns */
		size_t over = sum(l) - columns;

		l->width[i] = l->width[i] > over ? l->width[i] - over : 0;
	}
}

static size_t widest(const struct look *look, const struct state *s, enum column c)
{
	size_t width = 0;

	for (size_t i = 0; i < s->n; i++) {
		const struct source_state *one = &s->sources[i];
		size_t n = text_width(look, c == TASK ? one->task : c == SOURCE ? one->source : one->place);

		if (c == PLACE && one->unit == UNIT_LOAD && one->all_tables != UNKNOWN)
			n = sizeof("1000 of 1000 tables") - 1;
		width = n > width ? n : width;
	}
	return width;
}

struct layout layout_plan(const struct look *look, const struct state *s, size_t columns)
{
	size_t task = smaller(widest(look, s, TASK), NAME_MAX_COLUMNS), source = smaller(widest(look, s, SOURCE), NAME_MAX_COLUMNS);
	size_t place = smaller(widest(look, s, PLACE), NAME_MAX_COLUMNS + 8);
	struct layout l = { .width = { [STAGE] = 8, [UNIT] = 4, [PROGRESS] = 12, [RATE] = 12, [HISTORY_LINE] = 8 } };

	task = task < 4 ? 4 : task;
	source = source < 6 ? 6 : source;
	l.width[TASK] = smaller(task, 10);
	l.width[SOURCE] = smaller(source, 8);
	shrink(&l, columns);
	grow(&l, TASK, task, columns);
	grow(&l, SOURCE, source, columns);
	grow(&l, PROGRESS, 16, columns);
	grow(&l, HISTORY_LINE, 12, columns);
	grow(&l, PROGRESS, 28, columns);
	if (l.width[RATE] && sum(&l) + GAP + 10 <= columns) {	/* both rates */
		l.width[ROWS] = l.width[RATE];
		l.width[RATE] = 0;
		l.width[BYTES] = 10;
	}
	if (l.width[HISTORY_LINE])
		join(&l, PLACE, place, columns);
	grow(&l, HISTORY_LINE, HISTORY, columns);
	return l;
}

/* --- cells --- */

static const char *stage_colour(const struct source_state *s)
{
	switch (s->stage) {
	case STAGE_RUNNING:
		return GREEN;
	case STAGE_PAUSED: case STAGE_RETRYING:
		return s->notes ? RED : YELLOW;
	case STAGE_GONE: case STAGE_UNKNOWN:
		return RED;
	case STAGE_NEW: case STAGE_STOPPED: case STAGE_FINISHED:
		break;
	}
	return DIM;
}

uint64_t seconds_left(const struct source_state *s, const struct rate *rate)
{
	uint64_t done = s->counters.bytes;
	double left;

	if (s->stage != STAGE_RUNNING || s->unit != UNIT_LOAD || done == UNKNOWN || rate->bytes <= 0)
		return UNKNOWN;
	if (s->total_bytes != UNKNOWN && s->total_bytes >= done)
		left = (double)(s->total_bytes - done);
	else if (s->percent > 0)	/* the dump alone knows how many rows there are, not bytes */
		left = (double)done * (100 - s->percent) / s->percent;
	else
		return UNKNOWN;
	left /= rate->bytes;
	return left < 1e15 ? (uint64_t)left : UNKNOWN;
}

/* "██████░░░░  57.3 %   2m10s", as much of it as fits. */
static void put_load(struct buf *b, const struct look *look, const struct source_state *s, const struct rate *rate, size_t width)
{
	enum { PERCENT = 8, LEFT = 8 };		/* with a space in front */
	uint64_t left = seconds_left(s, rate);
	bool has_left = width >= 26;
	size_t bar = width > PERCENT + 3 ? width - PERCENT - (has_left ? LEFT : 0) : 0;
	struct buf t = BUF_INIT(100), time = BUF_INIT(100);

	if (s->percent < 0 || width < PERCENT - 1) {
		cell_put(b, look, STR_LIT("-"), width, false, DIM);
		return;
	}
	put_colour(b, look, CYAN);
	text_put_bar(b, look, s->percent / 100, bar);
	put_colour(b, look, "0");
	/* Not 100.0 % before it is over. */
	buf_putf(&t, "%*.1f %%", bar ? PERCENT - 2 : PERCENT - 3, s->percent > 99.9 && s->percent < 100 ? 99.9 : s->percent);
	if (has_left && left != UNKNOWN) {
		text_put_time(&time, left);
		buf_putf(&t, "%*s", LEFT, buf_text(&time));
	}
	cell_put(b, look, buf_str(&t), width - bar, false, NULL);
	buf_release(&time);
	buf_release(&t);
}

static const char *lag_colour(const struct source_state *s)
{
	return s->lag < 10 ? GREEN : s->lag < 300 ? YELLOW : RED;
}

static void put_progress(struct buf *b, const struct look *look, const struct source_state *s, const struct rate *rate, size_t width)
{
	struct buf t = BUF_INIT(100);

	if (s->unit == UNIT_LOAD) {
		put_load(b, look, s, rate, width);
		return;
	}
	if (s->unit != UNIT_SYNC || s->lag == UNKNOWN || s->stage != STAGE_RUNNING) {
		cell_put(b, look, STR_LIT("-"), width, false, DIM);
		return;
	}
	buf_put_text(&t, "lag ");
	text_put_time(&t, s->lag);
	if (s->synced && width >= t.n + 8)
		buf_put_text(&t, ", synced");
	cell_put(b, look, buf_str(&t), width, false, lag_colour(s));
	buf_release(&t);
}

/* Bytes or rows a second. */
static void put_rate(struct buf *b, const struct look *look, double v, bool bytes, size_t width)
{
	struct buf t = BUF_INIT(100);

	if (v < 0)
		buf_put_char(&t, '-');
	else
		text_put_amount(&t, v, bytes ? " " : "", bytes ? "B/s" : " rows/s");
	cell_put(b, look, buf_str(&t), width, true, v <= 0 ? DIM : NULL);
	buf_release(&t);
}

static void put_history(struct buf *b, const struct look *look, const struct rate *rate, size_t width)
{
	size_t n = smaller(width, rate->n);
	double max = 0;

	for (size_t i = 0; i < n; i++)
		max = rate_before(rate, i) > max ? rate_before(rate, i) : max;
	buf_putf(b, "%*s", (int)(width - n), "");
	put_colour(b, look, n ? CYAN : NULL);
	for (size_t i = n; i-- > 0;)
		text_put_spark(b, look, rate_before(rate, i), max);
	put_colour(b, look, n ? "0" : NULL);
}

static void put_place(struct buf *b, const struct look *look, const struct source_state *s, size_t width)
{
	struct buf t = BUF_INIT(100);

	if (s->unit == UNIT_LOAD && s->tables != UNKNOWN && s->all_tables != UNKNOWN)
		buf_putf(&t, "%llu of %llu tables", (unsigned long long)s->tables, (unsigned long long)s->all_tables);
	cell_put(b, look, s->unit == UNIT_LOAD ? buf_str(&t) : s->place, width, false, NULL);
	buf_release(&t);
}

void cell_put_column(struct buf *b, const struct look *look, const struct source_state *s, const struct rate *rate, enum column c,
		     size_t width, bool same_task)
{
	bool load = s->unit == UNIT_LOAD;

	switch (c) {
	case TASK:
		cell_put(b, look, same_task ? STR_LIT("") : s->task, width, false, BOLD);
		break;
	case SOURCE:
		cell_put(b, look, s->source, width, false, NULL);
		break;
	case STAGE:
		cell_put(b, look, str_of(stage_name(s->stage)), width, false, stage_colour(s));
		break;
	case UNIT:
		cell_put(b, look, str_of(unit_name(s->unit)), width, false, NULL);
		break;
	case PROGRESS:
		put_progress(b, look, s, rate, width);
		break;
	case RATE:
		put_rate(b, look, load ? rate->bytes : rate->rows, load, width);
		break;
	case BYTES:
		put_rate(b, look, rate->bytes, true, width);
		break;
	case ROWS:
		put_rate(b, look, rate->rows, false, width);
		break;
	case HISTORY_LINE:
		put_history(b, look, rate, width);
		break;
	case PLACE:
		put_place(b, look, s, width);
		break;
	}
}
