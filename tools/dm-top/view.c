/* view.c - a look as a screen; see view.h */
#include "view.h"

#include "cells.h"

enum { LABEL = 9, INDENT = 2 };

static const char *const titles[] = {
	[TASK] = "TASK", [SOURCE] = "SOURCE", [STAGE] = "STAGE", [UNIT] = "UNIT", [PROGRESS] = "PROGRESS", [RATE] = "RATE",
	[BYTES] = "BYTES", [ROWS] = "ROWS", [HISTORY_LINE] = "HISTORY", [PLACE] = "PLACE",
};

void view_init(struct view *v)
{
	buf_init(&v->head, 64 << 10);
	buf_init(&v->body, 64 << 20);
	v->head_lines = v->body_lines = 0;
}

void view_release(struct view *v)
{
	buf_release(&v->head);
	buf_release(&v->body);
}

static void end_line(struct buf *b, size_t *lines)
{
	while (b->n > 0 && b->p[b->n - 1] == ' ')
		b->n--;
	buf_put_char(b, '\n');
	++*lines;
}

static void put_titles(struct view *v, const struct look *look, const struct layout *l)
{
	bool first = true;

	for (enum column c = TASK; c <= PLACE; c++) {
		if (l->width[c] == 0)
			continue;
		buf_putf(&v->head, "%*s", first ? 0 : GAP, "");
		cell_put(&v->head, look, str_of(titles[c]), l->width[c], c >= RATE && c <= ROWS, DIM);
		first = false;
	}
	end_line(&v->head, &v->head_lines);
}

static void put_row(struct view *v, const struct look *look, const struct layout *l, const struct source_state *s, const struct rate *rate,
		    bool same_task)
{
	bool first = true;

	for (enum column c = TASK; c <= PLACE; c++) {
		if (l->width[c] == 0)
			continue;
		buf_putf(&v->body, "%*s", first ? 0 : GAP, "");
		cell_put_column(&v->body, look, s, rate, c, l->width[c], same_task);
		first = false;
	}
	end_line(&v->body, &v->body_lines);
}

static void put_note(struct view *v, const struct look *look, const struct note *note, size_t columns)
{
	static const struct {
		const char *label, *colour;
		int lines;
	} kinds[] = {
		[NOTE_LOCK] = { "lock", YELLOW, 2 }, [NOTE_ERROR] = { "error", RED, 3 }, [NOTE_WAY_OUT] = { "way out", GREEN, 2 },
	};
	size_t before = columns > INDENT + LABEL + 10 ? INDENT + LABEL : 0, width = columns - before;
	struct str rest = note->text, part;
	int lines = kinds[note->kind].lines;

	for (int line = 0; line < lines && (line == 0 || rest.n > 0); line++) {
		part = line + 1 < lines ? text_wrap(look, rest, width, &rest) : rest;
		buf_putf(&v->body, "%*s", before ? INDENT : 0, "");
		if (before)
			cell_put(&v->body, look, str_of(line ? "" : kinds[note->kind].label), LABEL, false, kinds[note->kind].colour);
		text_put(&v->body, look, part, width);
		end_line(&v->body, &v->body_lines);
	}
}

static void put_summary(struct view *v, const struct view_want *want, const struct state *s)
{
	size_t counts[STAGES] = { 0 }, used, n = 0;
	struct buf left = BUF_INIT(1000), right = BUF_INIT(100);
	const struct look *look = want->look;

	for (size_t i = 0; i < s->n; i++)
		counts[s->sources[i].stage]++;
	buf_putf(&left, "dm top  %s  %zu task%s, %zu source%s", want->clock, s->n_tasks, s->n_tasks == 1 ? "" : "s", s->n,
		 s->n == 1 ? "" : "s");
	for (enum stage stage = STAGE_UNKNOWN; stage <= STAGE_FINISHED; stage++)
		if (counts[stage] > 0)
			buf_putf(&left, "%s %zu %s", n++ ? "," : ":", counts[stage], stage_name(stage));
	buf_putf(&right, "every %llu s", (unsigned long long)want->every);
	used = text_width(look, buf_str(&left));
	cell_put(&v->head, look, buf_str(&left), used < want->columns ? used : want->columns, false, BOLD);
	if (used + GAP + right.n <= want->columns)
		cell_put(&v->head, look, buf_str(&right), want->columns - used, true, DIM);
	end_line(&v->head, &v->head_lines);
	buf_release(&left);
	buf_release(&right);
}

void view_draw(struct view *v, const struct view_want *want, const struct state *s, const struct rates *r)
{
	struct layout l = layout_plan(want->look, s, want->columns);

	buf_clear(&v->head);
	buf_clear(&v->body);
	v->head_lines = v->body_lines = 0;
	put_summary(v, want, s);
	if (s->n == 0) {
		text_put(&v->body, want->look, STR_LIT("no task is there; 'dm start-task FILE' starts one"), want->columns);
		end_line(&v->body, &v->body_lines);
		return;
	}
	put_titles(v, want->look, &l);
	for (size_t i = 0; i < s->n; i++) {
		const struct source_state *one = &s->sources[i];

		put_row(v, want->look, &l, one, rates_of(r, one), i > 0 && str_eq(one->task, s->sources[i - 1].task));
		for (const struct note *note = one->notes; note; note = note->next)
			put_note(v, want->look, note, want->columns);
	}
}
