/*
 * line.h - lines of any length in and out, with one waiting place.
 *
 * A line is a place in the input, not a string: line_head shows its first bytes, then line_pass copies the
 * whole line on, byte for byte, or drops it, or line_rest collects it up to a ceiling. Before a reader waits,
 * what was written goes out; while it waits, and only then, signals come in. So a filter batches when
 * busy, never sits on a line when idle, and stops without polling or races.
 * One reader and one writer a thread; both are big, so keep them static. Callers: tools, stream/event.
 */
#ifndef STREAM_LINE_H
#define STREAM_LINE_H

#include <signal.h>

#include "base/buf.h"

#define LINE_HEAD_MAX 65536	/* all keys but the bulk stand in here; see dm-stream(5) */
#define LINE_BUFFER (4 * LINE_HEAD_MAX)

enum line_got {
	LINE_GOT,	/* a line, or its head */
	LINE_END,	/* end of file between two lines */
	LINE_TICK,	/* tick_ms passed with nothing to read */
	LINE_STOP,	/* SIGTERM or SIGINT came */
	LINE_TORN,	/* end of file inside a line */
	LINE_FAIL,	/* e is filled */
};

extern const struct err_kind err_reader_gone;	/* nobody left to write to; said at notice level */
extern const struct err_kind err_write;		/* standard output failed: a full disk */
extern const struct err_kind err_stream_cut;	/* a torn line, or no `end` */
extern const struct err_kind err_stream_syntax;

struct line_out {
	int fd;
	size_t n;
	char buf[LINE_BUFFER];
};

struct line_in {
	int fd;
	int tick_ms;		/* -1: no ticks */
	int wake_fd;		/* readable: a tick before its time; -1: none */
	struct line_out *out;	/* flushed before each wait; NULL for a tool that writes no stream */
	size_t start, end;	/* what is buffered */
	bool open;		/* inside a line: head shown, rest not yet passed */
	bool ended;		/* the `end` event was seen */
	bool eof;
	char buf[LINE_BUFFER];
};

void line_out_init(struct line_out *out, int fd);

/* in reads fd in, out (which may be NULL) is flushed whenever in waits. */
void line_in_init(struct line_in *in, int fd, struct line_out *out);

/* Standard input and standard output. */
void line_open(struct line_in *in, struct line_out *out);

/* Shows the next line: whole without its newline where it fits LINE_HEAD_MAX, else its first LINE_HEAD_MAX bytes.
 * A line before that was not passed is dropped. Borrowed until the next call on in. */
enum line_got line_head(struct line_in *in, struct str *head, struct err *e);

/* Copies the line that line_head showed on to out, newline too; out NULL drops it. */
bool line_pass(struct line_in *in, struct line_out *out, struct err *e);

/* The same, with the bytes [at, at + drop) of its head replaced by insert. */
bool line_splice(struct line_in *in, struct line_out *out, size_t at, size_t drop, struct str insert, struct err *e);

/* The whole line without its newline; borrowed until the next call on in. spill is cleared, and used (up to its
 * ceiling) for a line that in's buffer cannot hold. */
bool line_rest(struct line_in *in, struct buf *spill, struct str *line, struct err *e);

/* Adds text, which holds its own newlines. */
bool line_put(struct line_out *out, struct str text, struct err *e);

bool line_flush(struct line_out *out, struct err *e);

/* Ends a filter's loop, got being what ended it: flushes; after LINE_STOP sends an `end` of reason "signal";
 * LINE_TORN, and LINE_END without an `end` event, are err_stream_cut. */
bool line_close(struct line_in *in, struct line_out *out, enum line_got got, struct err *e);

#endif
