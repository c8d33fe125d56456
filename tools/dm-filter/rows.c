/* rows.c - row changes that an expression drops: a line keeps the rest of its rows, each under its own number; see filter.h */
#include "filter.h"

#include <stdio.h>
#include <time.h>

static const struct err_kind err_no_structure = {
	.code = 20083, .class = "sync-unit", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "let the stream begin with dm-relay or dm-dump, which send a line of type 'table' first",
};
static const struct err_kind err_half_update = {
	.code = 36682, .class = "sync-unit", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "set binlog_row_image=FULL upstream, or leave out --split-update",
};

/* Rows that stand behind one another in a line, and go on together. */
struct run {
	enum event_type type;
	uint64_t seq;			/* of the first */
	struct str rows;		/* as they stand in the line, commas between them */
};

struct cutting {
	struct filter *f;
	const struct event_head *ev;
	struct row_exprs *exprs;
	struct rows_reader *r;
	struct str line;
	size_t rows_at, rows_end;	/* behind the rows' bracket; at its closing one */
	size_t seq_at, seq_end;		/* of the line's number; both 0 where it has none, as in a dump */
	size_t n_runs, room;
	struct run *runs;
	bool goes_on;			/* the row before was kept as it is */
	uint64_t n_rows, n_dropped, n_turned;
};

static int64_t now_micros(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Where the rows begin, and where the number of the first one stands: behind them only in lines that came through another program. */
static void find_places(struct cutting *c)
{
	struct str key, value;
	struct json j;

	json_init(&j, c->line);
	for (bool more = json_object(&j); more && json_key(&j, &key);) {
		if (str_is(key, "rows")) {
			struct json rows = j;

			json_array(&rows);
			c->rows_at = (size_t)(rows.p - c->line.p);
			if (c->seq_end)
				return;
		}
		value = json_skip(&j);
		if (str_is(key, "seq")) {
			c->seq_at = (size_t)(value.p - c->line.p);
			c->seq_end = c->seq_at + value.n;
		}
	}
}

static void add_run(struct cutting *c, enum event_type type, struct str row, bool as_it_is)
{
	struct run *last = c->n_runs ? &c->runs[c->n_runs - 1] : NULL;

	if (c->goes_on && as_it_is) {
		last->rows.n = (size_t)(row.p + row.n - last->rows.p);
		return;
	}
	if (c->n_runs == c->room) {
		struct run *more = arena_array(&c->f->arena, c->room ? 2 * c->room : 16, sizeof(*more));

		if (c->n_runs)
			memcpy(more, c->runs, c->n_runs * sizeof(*more));
		c->runs = more;
		c->room = c->room ? 2 * c->room : 16;
	}
	c->runs[c->n_runs++] = (struct run){ type, c->r->seq, row };
	c->goes_on = as_it_is;
}

/* One image of an update, as it stands. */
static struct str image_of(struct str row, bool after)
{
	struct json j;
	struct str image;

	json_init(&j, row);
	json_array(&j);
	json_item(&j);
	image = json_skip(&j);
	if (after && json_item(&j))
		image = json_skip(&j);
	return image;
}

/* --split-update: a row that the rules for INSERT drop is not there downstream, so what leaves them comes in, and the other way round. */
static bool split_update(struct cutting *c, struct str row, int64_t now, struct err *e)
{
	struct rows_reader *r = c->r;
	enum row_verdict was, is;

	if (r->n_before < r->n_columns || r->n_after < r->n_columns)
		return err_set(e, &err_half_update, "the row of '%.*s.%.*s' at %.*s, seq %llu, lacks columns, so it cannot become an INSERT "
			       "or DELETE", STR(c->ev->schema), STR(c->ev->table), STR(c->ev->pos), (unsigned long long)r->seq);
	was = row_exprs_ask_image(c->exprs, r->before, now, e);
	is = was == ROW_FAILED ? was : row_exprs_ask_image(c->exprs, r->after, now, e);
	if (is == ROW_FAILED)
		return false;
	c->n_dropped += was == ROW_DROP && is == ROW_DROP;
	c->n_turned += was != is;
	if (was == ROW_KEEP && is == ROW_KEEP)
		add_run(c, EVENT_UPDATE, row, true);
	else if (was == ROW_DROP && is == ROW_DROP)
		c->goes_on = false;
	else
		add_run(c, was == ROW_DROP ? EVENT_INSERT : EVENT_DELETE, image_of(row, was == ROW_DROP), false);
	return true;
}

static bool judge(struct cutting *c, struct str row, int64_t now, struct err *e)
{
	struct rows_reader *r = c->r;
	enum row_verdict got;

	got = row_exprs_ask(c->exprs, c->ev->type, r->before, r->after, now, e);
	if (got == ROW_KEEP && c->f->split_update && c->ev->type == EVENT_UPDATE)
		return split_update(c, row, now, e);
	if (got == ROW_KEEP && c->f->split_update && c->ev->type == EVENT_DELETE)
		got = row_exprs_ask_image(c->exprs, r->before, now, e);
	if (got == ROW_FAILED)
		return false;
	if (got == ROW_KEEP) {
		add_run(c, c->ev->type, row, true);
	} else {
		c->n_dropped++;
		c->goes_on = false;
	}
	return true;
}

static bool judge_all(struct cutting *c, struct err *e)
{
	int64_t now = now_micros();
	const char *from, *end;
	bool more;

	if (!rows_start(c->r, c->ev, row_exprs_table(c->exprs), c->line, e))
		return false;
	for (;;) {
		from = c->r->j.p;
		if (!rows_next(c->r, &more, e))
			return false;
		if (!more)
			break;
		while (*from != '[')	/* a comma, and perhaps spaces */
			from++;
		end = c->r->j.p;
		c->n_rows++;
		if (!judge(c, (struct str){ from, (size_t)(end - from) }, now, e))
			return err_at(e, "row of '%.*s.%.*s' at %.*s, seq %llu", STR(c->ev->schema), STR(c->ev->table), STR(c->ev->pos),
				      (unsigned long long)c->r->seq);
	}
	while (*from != ']')
		from++;
	c->rows_end = (size_t)(from - c->line.p);
	return true;
}

static bool put_number(struct line_out *out, uint64_t number, struct err *e)
{
	char digits[24];
	int n = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)number);

	return line_put(out, (struct str){ digits, (size_t)n }, e);
}

/* The line with only the run's rows; all else stays as it stands. */
static bool put_run(struct cutting *c, const struct run *run, struct err *e)
{
	struct line_out *out = c->f->out;
	struct str head = str_first(c->line, c->rows_at), tail = str_from(c->line, c->rows_end);

	if (c->seq_at < c->rows_at)
		return line_put(out, str_first(head, c->seq_at), e) && put_number(out, run->seq, e) &&
		       line_put(out, str_from(head, c->seq_end), e) && line_put(out, run->rows, e) && pass_line(c->f, tail, e);
	return line_put(out, head, e) && line_put(out, run->rows, e) &&
	       line_put(out, str_first(tail, c->seq_at - c->rows_end), e) && put_number(out, run->seq, e) &&
	       pass_line(c->f, str_from(c->line, c->seq_end), e);
}

/* An UPDATE's row as an INSERT or DELETE. */
static bool put_turned(struct cutting *c, const struct run *run, struct err *e)
{
	struct event_head head = *c->ev;

	head.type = run->type;
	head.seq = run->seq;
	buf_clear(&c->f->made);
	rows_line_start(&c->f->made, &head);
	return buf_ok(&c->f->made, "the head of a line", e) && line_put(c->f->out, buf_str(&c->f->made), e) &&
	       line_put(c->f->out, run->rows, e) && line_put(c->f->out, STR_LIT("]}\n"), e);
}

/* A dump's rows have no numbers: one line holds all that stay. */
static bool put_together(struct cutting *c, struct err *e)
{
	struct line_out *out = c->f->out;
	bool ok = c->n_runs == 0 || line_put(out, str_first(c->line, c->rows_at), e);

	for (size_t i = 0; ok && i < c->n_runs; i++)
		ok = line_put(out, i ? STR_LIT(",") : STR_LIT(""), e) && line_put(out, c->runs[i].rows, e);
	return ok && (c->n_runs == 0 || pass_line(c->f, str_from(c->line, c->rows_end), e));
}

static bool put_rest(struct cutting *c, struct err *e)
{
	if (c->n_dropped == 0 && c->n_turned == 0)
		return pass_line(c->f, c->line, e);
	c->f->rows_dropped[c->ev->type - EVENT_INSERT] += c->n_dropped;
	c->f->dropped += c->n_runs == 0;
	c->f->chunk_dropped += c->f->dump ? c->n_dropped : 0;
	find_places(c);
	if (c->seq_end == 0 && c->n_turned == 0)
		return put_together(c, e);
	for (size_t i = 0; i < c->n_runs; i++)
		if (!(c->runs[i].type == c->ev->type ? put_run(c, &c->runs[i], e) : put_turned(c, &c->runs[i], e)))
			return false;
	return true;
}

bool has_expressions(struct filter *f, struct str schema, struct str table)
{
	return !row_filter_is_empty(f->row_filter) && row_filter_has(f->row_filter, schema, table);
}

static struct str key_of(struct filter *f, struct str schema, struct str table)
{
	return arena_strf(&f->arena, "%.*s%c%.*s", STR(schema), '\0', STR(table));
}

void keep_for_rows(struct filter *f, const struct table *t)
{
	row_exprs_free(map_put(&f->exprs, key_of(f, t->schema, t->name), row_exprs_new(f->row_filter, t)));
}

void forget_rows(struct filter *f)
{
	struct map_entry *entry;

	for (size_t at = 0; (entry = map_next(&f->exprs, &at));)
		row_exprs_free(entry->value);
	map_release(&f->exprs);
	rows_release(&f->reader);
}

bool filter_rows(struct filter *f, const struct event_head *ev, struct err *e)
{
	struct cutting c = { .f = f, .ev = ev, .r = &f->reader, .exprs = map_get(&f->exprs, key_of(f, ev->schema, ev->table)) };

	if (!c.exprs)
		return err_set(e, &err_no_structure, "rows of '%.*s.%.*s' at %.*s, which an expression is to look at, come before a line of "
			       "type 'table' for it", STR(ev->schema), STR(ev->table), STR(ev->pos));
	if (!row_exprs_has(c.exprs, ev->type) && !(f->split_update && row_exprs_has(c.exprs, EVENT_INSERT)))
		return line_pass(f->in, f->out, e);
	return line_rest(f->in, &f->row_spill, &c.line, e) && judge_all(&c, e) && put_rest(&c, e);
}
