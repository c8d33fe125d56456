/* out.c - lines out; see out.h */
#include "out.h"

#include <time.h>

#include "base/tool.h"

enum {
	ROWS_MAX = 1 << 20,		/* a line is cut once its rows pass this */
	WRITE_SIZE = 512 << 10,
};
#define OUT_MAX ((size_t)8 << 30)	/* one row can be a whole line of a GiB, escaped */

int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void out_init(struct out *out, struct line_out *line)
{
	*out = (struct out){ .line = line, .b = BUF_INIT(OUT_MAX), .written_ms = now_ms() };
}

void out_release(struct out *out)
{
	buf_release(&out->b);
}

static void close_rows(struct out *out)
{
	if (!out->rows_open)
		return;
	buf_put(&out->b, "]}\n", 3);
	out->rows_open = false;
}

struct buf *out_line(struct out *out)
{
	close_rows(out);
	return &out->b;
}

struct buf *out_more_rows(struct out *out, enum event_type type, const void *owner)
{
	if (!out->rows_open || out->rows_owner != owner || out->rows_type != type ||
	    out->b.n - out->rows_start > ROWS_MAX)
		return NULL;
	buf_put_char(&out->b, ',');
	return &out->b;
}

void out_rows_opened(struct out *out, enum event_type type, const void *owner)
{
	out->rows_open = true;
	out->rows_start = out->b.n;
	out->rows_owner = owner;
	out->rows_type = type;
}

static bool write_lines(struct out *out, struct err *e)
{
	bool ok;

	close_rows(out);
	ok = buf_ok(&out->b, "a line of the stream", e) && line_put(out->line, buf_str(&out->b), e);
	out->bytes += out->b.n;
	out->written_ms = now_ms();
	if (out->b.cap > 4 * ROWS_MAX)		/* a huge row is not kept for ever */
		buf_release(&out->b);
	buf_clear(&out->b);
	return ok;
}

bool out_settle(struct out *out, struct err *e)
{
	bool growing = out->rows_open && out->b.n - out->rows_start <= ROWS_MAX && out->rows_start < WRITE_SIZE;

	if (out->b.n < WRITE_SIZE || growing)
		return true;
	tool_take_signals();
	return write_lines(out, e);
}

bool out_flush(struct out *out, struct err *e)
{
	return (out->b.n == 0 || write_lines(out, e)) && line_flush(out->line, e);
}
