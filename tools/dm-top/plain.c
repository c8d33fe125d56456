/* plain.c - a look as lines for a log; see view.h */
#include "view.h"

static bool is_simple(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("._:/+-", c));
}

static void put_value(struct buf *b, const struct look *look, const char *key, struct str value)
{
	struct buf shown = BUF_INIT(64 << 20);
	bool simple = value.n > 0;

	text_put(&shown, look, value, SIZE_MAX / 2);
	for (size_t i = 0; i < shown.n; i++)
		simple = simple && is_simple(shown.p[i]);
	buf_putf(b, " %s=%s", key, simple ? "" : "\"");
	for (size_t i = 0; i < shown.n; i++) {
		if (shown.p[i] == '"' || shown.p[i] == '\\')
			buf_put_char(b, '\\');
		buf_put_char(b, shown.p[i]);
	}
	buf_put_text(b, simple ? "" : "\"");
	buf_release(&shown);
}

static void put_number(struct buf *b, const char *key, uint64_t v)
{
	if (v != UNKNOWN)
		buf_putf(b, " %s=%llu", key, (unsigned long long)v);
}

static void put_rate(struct buf *b, const char *key, double v)
{
	if (v >= 0)
		buf_putf(b, " %s=%.0f", key, v);
}

static void put_source(struct buf *b, const struct look *look, const struct source_state *s, const struct rate *rate)
{
	static const char *const notes[] = { [NOTE_LOCK] = "lock", [NOTE_ERROR] = "error", [NOTE_WAY_OUT] = "way_out" };

	put_value(b, look, "task", s->task);
	put_value(b, look, "source", s->source);
	put_value(b, look, "stage", str_of(stage_name(s->stage)));
	put_value(b, look, "unit", str_of(unit_name(s->unit)));
	if (s->percent >= 0)
		buf_putf(b, " percent=%.2f", s->percent);
	put_number(b, "left_s", seconds_left(s, rate));
	put_number(b, "tables", s->tables);
	put_number(b, "all_tables", s->all_tables);
	if (s->unit == UNIT_SYNC && s->stage == STAGE_RUNNING) {
		put_number(b, "lag_s", s->lag);
		buf_putf(b, " synced=%s", s->synced ? "yes" : "no");
	}
	put_rate(b, "bytes_per_s", rate->bytes);
	put_rate(b, "rows_per_s", rate->rows);
	if (s->place.n > 0)
		put_value(b, look, "place", s->place);
	for (const struct note *note = s->notes; note; note = note->next)
		put_value(b, look, notes[note->kind], note->text);
}

void view_put_plain(struct buf *b, const struct look *look, const struct state *s, const struct rates *r, const char *time)
{
	for (size_t i = 0; i < s->n; i++) {
		buf_putf(b, "time=%s", time);
		put_source(b, look, &s->sources[i], rates_of(r, &s->sources[i]));
		buf_put_char(b, '\n');
	}
}
