/*
 * out.h - the lines that dm-relay writes: whole ones, and rows lines that grow while events of one kind and table
 * follow each other.
 *
 * Nothing is written before there is much of it, or the caller says flush. A row that turns out to be damaged
 * leaves no trace.
 */
#ifndef RELAY_OUT_H
#define RELAY_OUT_H

#include "stream/event.h"

struct out {
	struct line_out *line;
	struct buf b;			/* lines that were not written yet, a rows line that is open at the end */
	bool rows_open;
	size_t rows_start;		/* of the open line's rows */
	const void *rows_owner;		/* whose rows they are */
	enum event_type rows_type;
	int64_t written_ms;		/* when something was written last */
	uint64_t bytes;			/* written so far */
};

void out_init(struct out *out, struct line_out *line);
void out_release(struct out *out);

/* The buffer, for a whole line. */
struct buf *out_line(struct out *out);

/* The buffer, behind the rows of an open line of this kind and owner (with its comma), or NULL where a new one
 * must be started: the line was cut, or other rows stand there. */
struct buf *out_more_rows(struct out *out, enum event_type type, const void *owner);

/* The start of a line stands in the buffer, up to "rows":[ . */
void out_rows_opened(struct out *out, enum event_type type, const void *owner);

/* Writes when there is much, and lets signals in. */
bool out_settle(struct out *out, struct err *e);

/* Writes all. */
bool out_flush(struct out *out, struct err *e);

/* Milliseconds of a clock that only goes forward. */
int64_t now_ms(void);

#endif
