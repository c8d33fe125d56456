/*
 * input.h - a file of a dump directory as its content: unpacked, counted and summed while it is read.
 *
 * Only regular files that stand in the directory itself are opened: no symlink is followed, nothing waits for a pipe.
 * Callers: the files of this tool.
 */
#ifndef LOAD_INPUT_H
#define LOAD_INPUT_H

#include <zlib.h>
#include <zstd.h>

#include "base/err.h"
#include "base/xxh64.h"
#include "text/dump_name.h"

struct input {
	int fd;			/* -1: closed */
	enum dump_packing packing;
	struct str name;	/* borrowed */
	struct xxh64 sum;	/* of the content that was given */
	uint64_t bytes;		/* of it */
	bool file_end, inside;	/* no more of the file; inside a packed part */
	z_stream gzip;
	ZSTD_DStream *zstd;
	size_t from, to;	/* of packed, what is not yet unpacked */
	char packed[65536];
};

extern const struct err_kind err_dump_damaged;	/* a file cannot be what was written */

bool input_open(struct input *in, int dir, struct str name, enum dump_packing packing, struct err *e);

/* Up to room bytes of content; *n 0: that was all of it. */
bool input_read(struct input *in, char *to, size_t room, size_t *n, struct err *e);

void input_close(struct input *in);

#endif
