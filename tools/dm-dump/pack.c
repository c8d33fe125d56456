/* pack.c - gzip and zstd on the way into a file; see files.h */
#include "files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "base/file.h"
#include "base/mem.h"

#define GZIP_FORM (15 + 16)	/* the largest window, and gzip's head and tail */
#define ROOM (128 << 10)

struct packer {
	bool is_zstd;
	z_stream gzip;
	ZSTD_CCtx *zstd;
	char room[ROOM];
};

bool packer_new(struct packer **packer, enum dump_packing packing)
{
	struct packer *p;
	bool ok;

	*packer = NULL;
	if (packing == DUMP_PLAIN)
		return true;
	p = mem_alloc(sizeof(*p));
	memset(p, 0, offsetof(struct packer, room));
	p->is_zstd = packing == DUMP_ZSTD;
	if (p->is_zstd)
		ok = (p->zstd = ZSTD_createCCtx()) != NULL &&
		     !ZSTD_isError(ZSTD_CCtx_setParameter(p->zstd, ZSTD_c_checksumFlag, 1));
	else
		ok = deflateInit2(&p->gzip, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_FORM, 8, Z_DEFAULT_STRATEGY) == Z_OK;
	*packer = p;
	return ok;
}

static bool write_out(struct packer *p, int fd, size_t n, const char **why)
{
	if (file_write_all(fd, p->room, n))
		return true;
	*why = strerror(errno);
	return false;
}

static bool put_gzip(struct packer *p, int fd, struct str text, bool end, const char **why)
{
	int got;

	p->gzip.next_in = (Bytef *)text.p;
	p->gzip.avail_in = (uInt)text.n;
	do {
		p->gzip.next_out = (Bytef *)p->room;
		p->gzip.avail_out = ROOM;
		got = deflate(&p->gzip, end ? Z_FINISH : Z_NO_FLUSH);
		if (got == Z_STREAM_ERROR) {
			*why = "gzip failed";
			return false;
		}
		if (!write_out(p, fd, ROOM - p->gzip.avail_out, why))
			return false;
	} while (p->gzip.avail_out == 0 || (end && got != Z_STREAM_END));
	return true;
}

static bool put_zstd(struct packer *p, int fd, struct str text, bool end, const char **why)
{
	ZSTD_inBuffer in = { text.p, text.n, 0 };
	size_t left;

	do {
		ZSTD_outBuffer out = { p->room, ROOM, 0 };

		left = ZSTD_compressStream2(p->zstd, &out, &in, end ? ZSTD_e_end : ZSTD_e_continue);
		if (ZSTD_isError(left)) {
			*why = ZSTD_getErrorName(left);
			return false;
		}
		if (!write_out(p, fd, out.pos, why))
			return false;
	} while (end ? left > 0 : in.pos < in.size);
	return true;
}

/* zlib counts in 32 bits. */
#define PIECE (1U << 30)

bool packer_put(struct packer *p, int fd, struct str text, bool end, const char **why)
{
	for (; text.n > PIECE; text = str_from(text, PIECE))
		if (!(p->is_zstd ? put_zstd : put_gzip)(p, fd, str_first(text, PIECE), false, why))
			return false;
	return (p->is_zstd ? put_zstd : put_gzip)(p, fd, text, end, why);
}

void packer_free(struct packer *p)
{
	if (!p)
		return;
	if (p->is_zstd)
		ZSTD_freeCCtx(p->zstd);
	else
		deflateEnd(&p->gzip);
	free(p);
}
