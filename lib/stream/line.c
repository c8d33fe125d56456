#include "stream/line.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/tool.h"

const struct err_kind err_reader_gone = {
	.code = 50101, .class = "functional", .scope = SCOPE_INTERNAL, .level = LEVEL_LOW, .status = STATUS_RETRY,
	.workaround = "look at what the next tool of the pipeline said",
};
const struct err_kind err_write = {
	.code = 50102, .class = "functional", .scope = SCOPE_INTERNAL, .level = LEVEL_HIGH, .status = STATUS_FILE,
	.workaround = "make room on the disk, then start again",
};
const struct err_kind err_stream_cut = {
	.code = 50103, .class = "functional", .scope = SCOPE_INTERNAL, .level = LEVEL_MEDIUM, .status = STATUS_RETRY,
	.workaround = "look at what the tool before this one in the pipeline said, then start again",
};
const struct err_kind err_stream_syntax = {
	.code = 50104, .class = "functional", .scope = SCOPE_INTERNAL, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "see dm-stream(5) for what a line may look like",
};
static const struct err_kind err_read = {
	.code = 50105, .class = "functional", .scope = SCOPE_INTERNAL, .level = LEVEL_HIGH, .status = STATUS_FILE,
	.workaround = "look at the file or the pipe that the stream is read from",
};

void line_out_init(struct line_out *out, int fd)
{
	out->fd = fd;
	out->n = 0;
}

void line_in_init(struct line_in *in, int fd, struct line_out *out)
{
	in->fd = fd;
	in->tick_ms = -1;
	in->wake_fd = -1;
	in->out = out;
	in->start = in->end = 0;
	in->open = in->ended = in->eof = false;
}

void line_open(struct line_in *in, struct line_out *out)
{
	if (out)
		line_out_init(out, STDOUT_FILENO);
	line_in_init(in, STDIN_FILENO, out);
}

static bool write_out(struct line_out *out, const char *p, size_t n, struct err *e)
{
	if (file_write_all(out->fd, p, n))
		return true;
	if (errno == EPIPE)
		return err_set(e, &err_reader_gone, "nobody reads the output any more");
	return err_set(e, &err_write, "cannot write the stream: %s", strerror(errno));
}

bool line_flush(struct line_out *out, struct err *e)
{
	size_t n = out->n;

	out->n = 0;
	return n == 0 || write_out(out, out->buf, n, e);
}

bool line_put(struct line_out *out, struct str text, struct err *e)
{
	if (sizeof(out->buf) - out->n < text.n && !line_flush(out, e))
		return false;
	if (text.n > sizeof(out->buf))
		return write_out(out, text.p, text.n, e);
	if (text.n)
		memcpy(out->buf + out->n, text.p, text.n);
	out->n += text.n;
	return true;
}

/* The one waiting place. Makes room, waits, reads once. */
static enum line_got line_fill(struct line_in *in, struct err *e)
{
	struct timespec tick = { in->tick_ms / 1000, in->tick_ms % 1000 * 1000000L };
	struct pollfd p[2] = { { .fd = in->fd, .events = POLLIN }, { .fd = in->open ? -1 : in->wake_fd, .events = POLLIN } };
	ssize_t n;
	int ready;

	if (in->out && !line_flush(in->out, e))
		return LINE_FAIL;
	if (in->start > 0) {
		memmove(in->buf, in->buf + in->start, in->end - in->start);
		in->end -= in->start;
		in->start = 0;
	}
	tool_take_signals();	/* a full pipe would keep them out for ever */
	do {
		if (stop_asked && !in->open)
			return LINE_STOP;
		ready = ppoll(p, 2, in->tick_ms < 0 || in->open ? NULL : &tick, tool_wait_mask());
	} while (ready < 0 && errno == EINTR);
	if (ready == 0 || (ready > 0 && p[0].revents == 0))
		return LINE_TICK;
	do
		n = ready < 0 ? -1 : read(in->fd, in->buf + in->end, sizeof(in->buf) - in->end);
	while (ready >= 0 && n < 0 && errno == EINTR);
	if (n < 0) {
		err_set(e, &err_read, "cannot read the stream: %s", strerror(errno));
		return LINE_FAIL;
	}
	if (n == 0) {
		in->eof = true;
		return in->open || in->end > in->start ? LINE_TORN : LINE_END;
	}
	in->end += (size_t)n;
	return LINE_GOT;
}

static const char *newline(const struct line_in *in, size_t from)
{
	return in->start + from < in->end ? memchr(in->buf + in->start + from, '\n', in->end - in->start - from) : NULL;
}

/* {"type":"end", with any blanks: a line may come from a program that likes them. */
static bool is_end(struct str head)
{
	static const char *const words[] = { "{", "\"type\"", ":", "\"end\"" };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		struct str word = str_of(words[i]);

		while (head.n > 0 && (head.p[0] == ' ' || head.p[0] == '\t'))
			head = str_from(head, 1);
		if (!str_starts(head, word))
			return false;
		head = str_from(head, word.n);
	}
	return true;
}

static bool note_end(struct line_in *in, struct str head, struct err *e)
{
	if (in->ended)
		return err_set(e, &err_stream_syntax, "the stream goes on after its 'end'");
	in->ended = is_end(head);
	return true;
}

enum line_got line_head(struct line_in *in, struct str *head, struct err *e)
{
	size_t seen = 0;

	if (in->open && !line_pass(in, NULL, e))
		return LINE_FAIL;
	for (;;) {
		size_t have = in->end - in->start;
		const char *end = newline(in, seen);
		enum line_got got;

		if (end || have >= LINE_HEAD_MAX) {
			size_t n = end ? (size_t)(end - in->buf) - in->start : have;

			*head = (struct str){ in->buf + in->start, n < LINE_HEAD_MAX ? n : LINE_HEAD_MAX };
			in->open = true;
			return note_end(in, *head, e) ? LINE_GOT : LINE_FAIL;
		}
		seen = have;
		got = line_fill(in, e);
		if (got != LINE_GOT)
			return got;
	}
}

static bool torn(struct err *e)
{
	return err_set(e, &err_stream_cut, "the stream is cut inside a line");
}

bool line_splice(struct line_in *in, struct line_out *out, size_t at, size_t drop, struct str insert, struct err *e)
{
	if (out && (!line_put(out, (struct str){ in->buf + in->start, at }, e) || !line_put(out, insert, e)))
		return false;
	in->start += at + drop;
	return line_pass(in, out, e);
}

bool line_pass(struct line_in *in, struct line_out *out, struct err *e)
{
	for (;;) {
		const char *end = newline(in, 0);
		size_t n = end ? (size_t)(end - in->buf) - in->start + 1 : in->end - in->start;
		enum line_got got;

		if (out && !line_put(out, (struct str){ in->buf + in->start, n }, e))
			return false;
		in->start += n;
		if (end) {
			in->open = false;
			return true;
		}
		got = line_fill(in, e);
		if (got == LINE_TORN)
			return torn(e);
		if (got != LINE_GOT)
			return false;
	}
}

bool line_rest(struct line_in *in, struct buf *spill, struct str *line, struct err *e)
{
	const char *end = newline(in, 0);

	buf_clear(spill);
	if (end) {
		*line = (struct str){ in->buf + in->start, (size_t)(end - in->buf) - in->start };
		in->start += line->n + 1;
		in->open = false;
		return true;
	}
	while (!end) {
		enum line_got got;

		buf_put(spill, in->buf + in->start, in->end - in->start);
		in->start = in->end;
		got = line_fill(in, e);
		if (got == LINE_TORN)
			return torn(e);
		if (got != LINE_GOT)
			return false;
		end = newline(in, 0);
	}
	buf_put(spill, in->buf + in->start, (size_t)(end - in->buf) - in->start);
	in->start = (size_t)(end - in->buf) + 1;
	in->open = false;
	*line = buf_str(spill);
	return buf_ok(spill, "a line of the stream", e);
}

bool line_close(struct line_in *in, struct line_out *out, enum line_got got, struct err *e)
{
	struct err later = { 0 };

	switch (got) {
	case LINE_STOP:
		if (!in->ended && !line_put(out, STR_LIT("{\"type\":\"end\",\"reason\":\"signal\"}\n"), e))
			return false;
		return line_flush(out, e);
	case LINE_TORN:
		torn(e);
		break;
	case LINE_END:
		if (in->ended)
			return line_flush(out, e);
		err_set(e, &err_stream_cut, "the stream stops without an 'end'");
		break;
	case LINE_GOT:
	case LINE_TICK:
		return line_flush(out, e);
	case LINE_FAIL:
		break;
	}
	line_flush(out, &later);	/* whole lines before the fault are still good; the first error stays */
	return false;
}
