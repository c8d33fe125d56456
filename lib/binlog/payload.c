/* payload.c - events out of a transaction payload; see payload.h */
#include "binlog/payload.h"

#include <zstd.h>

#include "binlog/cur.h"
#include "binlog/event.h"

enum {
	FIELD_END = 0, FIELD_SIZE = 1, FIELD_COMPRESSION = 2,
	COMPRESSION_ZSTD = 0, COMPRESSION_NONE = 255,
	STEP = 256 << 10,
};

void payload_init(struct payload *p)
{
	*p = (struct payload){ .plain = BUF_INIT((size_t)2 << 30) };
}

void payload_release(struct payload *p)
{
	ZSTD_freeDCtx(p->zstd);
	buf_release(&p->plain);
	payload_init(p);
}

/* The fields in front of the data: type, length, value, all packed integers, up to a type 0. */
static bool read_fields(struct cur *c, uint64_t *size, uint64_t *compression)
{
	bool has_size = false;

	for (;;) {
		uint64_t type = cur_packed(c);
		struct cur value;
		struct str bytes;

		if (c->bad || type == FIELD_END)
			return has_size && !c->bad;
		bytes = cur_packed_str(c);
		value = cur_of(bytes.p ? bytes.p : "", bytes.n);
		if (type == FIELD_SIZE) {
			*size = cur_packed(&value);
			has_size = !value.bad;
		} else if (type == FIELD_COMPRESSION) {
			*compression = cur_packed(&value);
		}
	}
}

bool payload_start(struct payload *p, struct str body, struct err *e)
{
	uint64_t size = 0, compression = COMPRESSION_ZSTD;
	struct cur c = cur_of(body.p, body.n);

	ZSTD_freeDCtx(p->zstd);
	p->zstd = NULL;
	buf_clear(&p->plain);
	p->at = 0;
	p->frame_open = false;
	if (!read_fields(&c, &size, &compression) || size != cur_left(&c))
		return err_set(e, &err_binlog_event, "transaction payload has a bad header");
	p->packed = cur_rest(&c);
	switch (compression) {
	case COMPRESSION_NONE:
		return true;
	case COMPRESSION_ZSTD:
		p->zstd = ZSTD_createDCtx();
		return p->zstd || err_set(e, &err_binlog_event, "zstd does not start");
	}
	return err_set(e, &err_binlog_unknown, "transaction payload has compression %llu, which is not known",
		       (unsigned long long)compression);
}

/* Expands some more. False in *got behind the end of the data. */
static bool expand(struct payload *p, bool *got, struct err *e)
{
	ZSTD_inBuffer in = { p->packed.p, p->packed.n, 0 };
	ZSTD_outBuffer out = { NULL, STEP, 0 };
	size_t left;

	*got = true;
	if (!p->zstd) {
		*got = p->packed.n > 0;
		buf_put_str(&p->plain, p->packed);
		p->packed = STR_NONE;
		return buf_ok(&p->plain, "a transaction payload", e);
	}
	if (p->packed.n == 0 && !p->frame_open) {
		*got = false;
		return true;
	}
	out.dst = buf_room(&p->plain, STEP);
	if (!out.dst)
		return buf_ok(&p->plain, "an event of a transaction payload", e);
	left = ZSTD_decompressStream(p->zstd, &out, &in);
	if (ZSTD_isError(left))
		return err_set(e, &err_binlog_event, "transaction payload cannot be expanded: %s",
			       ZSTD_getErrorName(left));
	if (in.pos == 0 && out.pos == 0)
		return err_set(e, &err_binlog_event, "transaction payload is cut short");
	p->frame_open = left != 0;
	p->packed = str_from(p->packed, in.pos);
	p->plain.n += out.pos;
	return true;
}

/* False in *got where the data ends before n bytes. */
static bool want(struct payload *p, size_t n, bool *got, struct err *e)
{
	*got = true;
	while (*got && p->plain.n - p->at < n) {
		if (p->at > 0) {
			p->plain.n -= p->at;
			memmove(p->plain.p, p->plain.p + p->at, p->plain.n);
			p->at = 0;
		}
		if (!expand(p, got, e))
			return false;
	}
	return true;
}

bool payload_next(struct payload *p, struct str *event, bool *more, struct err *e)
{
	struct binlog_header head;

	if (!want(p, BINLOG_HEADER_SIZE, more, e))
		return false;
	if (!*more)
		return p->plain.n == p->at ||
		       err_set(e, &err_binlog_event, "transaction payload ends inside an event");
	if (!binlog_header_read(&head, (struct str){ p->plain.p + p->at, BINLOG_HEADER_SIZE }, e) ||
	    !want(p, head.size, more, e))
		return false;
	if (!*more)
		return err_set(e, &err_binlog_event, "transaction payload ends inside an event");
	*event = (struct str){ p->plain.p + p->at, head.size };
	p->at += head.size;
	return true;
}
