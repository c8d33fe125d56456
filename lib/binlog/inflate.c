/* inflate.c - zlib, as MariaDB uses it; see inflate.h */
#include "binlog/inflate.h"

#include <zlib.h>

#include "binlog/cur.h"
#include "binlog/event.h"

enum { STEP = 256 << 10 };

/* Exactly n bytes of content, no more, no less. NULL, or what is wrong. bits: of the window, negative for raw
 * data. */
static const char *expand(struct str packed, size_t n, int bits, struct buf *out)
{
	z_stream z = { .next_in = (Bytef *)packed.p, .avail_in = (uInt)packed.n };
	const char *why = NULL;
	int got = Z_OK;

	if (packed.n > UINT32_MAX || n > out->limit - out->n)
		return "is too big";
	if (inflateInit2(&z, bits) != Z_OK)
		return "cannot be expanded: zlib does not start";
	while (got == Z_OK && !why) {
		size_t left = n - z.total_out;
		size_t room = left < STEP ? left + 1 : STEP;	/* one more, to see that the data claims too little */
		char *at = buf_room(out, room);

		if (!at) {
			why = "is too big";
			break;
		}
		z.next_out = (Bytef *)at;
		z.avail_out = (uInt)room;
		got = inflate(&z, Z_NO_FLUSH);
		out->n += room - z.avail_out;
		if (z.total_out > n)
			why = "holds more than it says";
		else if (got != Z_OK && got != Z_STREAM_END)
			why = "is not valid zlib data";
	}
	if (!why && z.total_out < n)
		why = "holds less than it says";
	inflateEnd(&z);
	return why;
}

bool inflate_event(struct str region, struct buf *out, struct err *e)
{
	struct cur c = cur_of(region.p, region.n);
	unsigned head = (unsigned)cur_uint(&c, 1), bytes = head & 7;
	size_t n = cur_uint_be(&c, bytes);
	const char *why;

	if (c.bad || !(head & 0x80) || bytes < 1 || bytes > 4)
		return err_set(e, &err_binlog_event, "compressed content has a bad header");
	if (head >> 4 & 7)
		return err_set(e, &err_binlog_unknown, "compressed content has algorithm %u, which is not known",
			       head >> 4 & 7);
	why = expand(cur_rest(&c), n, MAX_WBITS, out);
	return !why || err_set(e, &err_binlog_event, "compressed content %s", why);
}

const char *inflate_column(struct str value, struct buf *out, struct str *plain)
{
	struct cur c = cur_of(value.p, value.n);
	unsigned head;
	size_t n;
	const char *why;

	buf_clear(out);
	*plain = STR_LIT("");
	if (value.n == 0)
		return NULL;
	head = (unsigned)cur_uint(&c, 1);
	switch (head >> 4) {
	case 0:
		*plain = cur_rest(&c);
		return NULL;
	case 8:
		n = cur_uint_be(&c, head & 7);
		if (c.bad)
			return "is cut short";
		why = expand(cur_rest(&c), n, head & 8 ? -MAX_WBITS : MAX_WBITS, out);
		*plain = buf_str(out);
		return why;
	}
	return "is compressed in a way that is not known";
}
