/* input.c - see input.h */
#include "input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

const struct err_kind err_dump_damaged = {
	.code = 34551, .class = "load-unit", .scope = SCOPE_INTERNAL, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "copy the file from the dump again, or dump again; what was loaded is to be dropped first (dm-meta drop)",
};

bool input_open(struct input *in, int dir, struct str name, enum dump_packing packing, struct err *e)
{
	char *path = mem_text(name);
	struct stat st;

	in->fd = openat(dir, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	free(path);
	in->packing = packing;
	in->name = name;
	in->bytes = 0;
	in->file_end = false;
	in->inside = packing != DUMP_PLAIN;	/* an empty file is no packed one */
	in->from = in->to = 0;
	in->zstd = NULL;
	in->gzip = (z_stream){ 0 };
	xxh64_init(&in->sum);
	if (in->fd < 0)
		return err_set(e, &err_file, "cannot open '%.*s': %s", STR(name),
			       errno == ELOOP ? "it is a symbolic link" : strerror(errno));
	if (fstat(in->fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		input_close(in);
		return err_set(e, &err_file, "'%.*s' is no regular file", STR(name));
	}
	posix_fadvise(in->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	if (packing == DUMP_GZIP && inflateInit2(&in->gzip, 15 + 16) != Z_OK)
		return err_set(e, &err_file, "cannot unpack '%.*s': no memory", STR(name));
	if (packing == DUMP_ZSTD && !(in->zstd = ZSTD_createDStream()))
		return err_set(e, &err_file, "cannot unpack '%.*s': no memory", STR(name));
	return true;
}

static bool read_some(struct input *in, char *to, size_t room, size_t *n, struct err *e)
{
	ssize_t got;

	do
		got = read(in->fd, to, room);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return err_set(e, &err_file, "cannot read '%.*s': %s", STR(in->name), strerror(errno));
	*n = (size_t)got;
	in->file_end = got == 0;
	return true;
}

static bool damaged(const struct input *in, const char *why, struct err *e)
{
	return err_set(e, &err_dump_damaged, "file '%.*s' is damaged: %s", STR(in->name), why);
}

/* Files may be several packed parts, one behind the other. */
static bool unpack_gzip(struct input *in, char *to, size_t room, size_t *n, struct err *e)
{
	int rc;

	if (!in->inside)
		inflateReset(&in->gzip);
	in->inside = true;
	in->gzip.next_in = (Bytef *)in->packed + in->from;
	in->gzip.avail_in = (uInt)(in->to - in->from);
	in->gzip.next_out = (Bytef *)to;
	in->gzip.avail_out = (uInt)(room < 1u << 30 ? room : 1u << 30);
	rc = inflate(&in->gzip, Z_NO_FLUSH);
	in->from = in->to - in->gzip.avail_in;
	*n = (size_t)(in->gzip.next_out - (Bytef *)to);
	if (rc == Z_STREAM_END)
		in->inside = false;
	return rc == Z_OK || rc == Z_STREAM_END || rc == Z_BUF_ERROR ||
	       damaged(in, in->gzip.msg ? in->gzip.msg : "it cannot be unpacked", e);
}

static bool unpack_zstd(struct input *in, char *to, size_t room, size_t *n, struct err *e)
{
	ZSTD_inBuffer from = { in->packed, in->to, in->from };
	ZSTD_outBuffer out = { to, room, 0 };
	size_t rc;

	if (!in->inside)
		ZSTD_initDStream(in->zstd);
	in->inside = true;
	rc = ZSTD_decompressStream(in->zstd, &out, &from);
	in->from = from.pos;
	*n = out.pos;
	if (rc == 0)
		in->inside = false;
	return !ZSTD_isError(rc) || damaged(in, ZSTD_getErrorName(rc), e);
}

static bool unpack(struct input *in, char *to, size_t room, size_t *n, struct err *e)
{
	*n = 0;
	while (*n == 0) {
		/* What the unpacker still holds comes out without more input. */
		if (in->from == in->to && !in->file_end) {
			in->from = 0;
			if (!read_some(in, in->packed, sizeof(in->packed), &in->to, e))
				return false;
		}
		if (in->from == in->to && in->file_end && !in->inside)
			return true;
		if (!(in->packing == DUMP_GZIP ? unpack_gzip : unpack_zstd)(in, to, room, n, e))
			return false;
		if (*n == 0 && in->inside && in->from == in->to && in->file_end)
			return damaged(in, "it is cut short", e);
	}
	return true;
}

bool input_read(struct input *in, char *to, size_t room, size_t *n, struct err *e)
{
	if (!(in->packing == DUMP_PLAIN ? read_some : unpack)(in, to, room, n, e))
		return false;
	xxh64_add(&in->sum, to, *n);
	in->bytes += *n;
	return true;
}

void input_close(struct input *in)
{
	if (in->fd < 0)
		return;
	close(in->fd);
	in->fd = -1;
	if (in->packing == DUMP_GZIP)
		inflateEnd(&in->gzip);
	ZSTD_freeDStream(in->zstd);
	in->zstd = NULL;
}
