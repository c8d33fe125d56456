/*
 * cur.h - a cursor over bytes from outside that cannot run past their end.
 *
 * A decoder reads straight down the layout in the server's manual and asks once, at the end, whether anything was
 * missing: a read of more than there is sets bad, and every later read then yields zero. Integers are little-endian
 * unless the name says otherwise, as servers write them. Pure, allocates nothing. Callers: binlog.
 */
#ifndef BINLOG_CUR_H
#define BINLOG_CUR_H

#include "base/str.h"

struct cur {
	const uint8_t *p, *end;
	bool bad;
};

static inline struct cur cur_of(const void *p, size_t n)
{
	return (struct cur){ p, (const uint8_t *)p + n, false };
}

static inline size_t cur_left(const struct cur *c)
{
	return (size_t)(c->end - c->p);
}

/* The next n bytes, or NULL (and bad, nothing left) where there are fewer. */
static inline const uint8_t *cur_take(struct cur *c, size_t n)
{
	const uint8_t *at = c->p;

	if (n > cur_left(c)) {
		c->bad = true;
		c->p = c->end;
		return NULL;
	}
	c->p += n;
	return at;
}

static inline uint64_t cur_uint(struct cur *c, size_t bytes)
{
	const uint8_t *at = cur_take(c, bytes);
	uint64_t v = 0;

	while (at && bytes-- > 0)
		v = v << 8 | at[bytes];
	return v;
}

static inline uint64_t cur_uint_be(struct cur *c, size_t bytes)
{
	const uint8_t *at = cur_take(c, bytes);
	uint64_t v = 0;

	for (size_t i = 0; at && i < bytes; i++)
		v = v << 8 | at[i];
	return v;
}

/* Borrowed; { NULL, 0 } where there are fewer. */
static inline struct str cur_str(struct cur *c, size_t n)
{
	const uint8_t *at = cur_take(c, n);

	return at ? (struct str){ (const char *)at, n } : STR_NONE;
}

static inline struct str cur_rest(struct cur *c)
{
	return cur_str(c, cur_left(c));
}

/* Up to a NUL, which is consumed. */
struct str cur_text(struct cur *c);

/* The servers' packed integer: one byte below 251, else 0xfc, 0xfd or 0xfe and 2, 3 or 8 bytes. */
uint64_t cur_packed(struct cur *c);

/* A packed length, and as many bytes. */
struct str cur_packed_str(struct cur *c);

/* The integers of MySQL's serialization library (tagged GTIDs): the low 1-bits of the first byte tell how many
 * bytes follow. */
uint64_t cur_varuint(struct cur *c);
int64_t cur_varint(struct cur *c);

#endif
