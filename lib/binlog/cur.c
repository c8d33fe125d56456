/* cur.c - reads packed integers and texts; see cur.h */
#include "binlog/cur.h"

struct str cur_text(struct cur *c)
{
	const uint8_t *nul = c->p < c->end ? memchr(c->p, 0, cur_left(c)) : NULL;
	struct str text;

	if (!nul) {
		cur_take(c, cur_left(c) + 1);
		return STR_NONE;
	}
	text = cur_str(c, (size_t)(nul - c->p));
	cur_take(c, 1);
	return text;
}

uint64_t cur_packed(struct cur *c)
{
	uint64_t first = cur_uint(c, 1);

	switch (first) {
	case 0xfc:
		return cur_uint(c, 2);
	case 0xfd:
		return cur_uint(c, 3);
	case 0xfe:
		return cur_uint(c, 8);
	case 0xfb:
	case 0xff:
		cur_take(c, cur_left(c) + 1);
		return 0;
	}
	return first;
}

struct str cur_packed_str(struct cur *c)
{
	return cur_str(c, cur_packed(c));
}

uint64_t cur_varuint(struct cur *c)
{
	uint64_t first = cur_uint(c, 1);
	size_t n = 1;

	while (n < 9 && first >> (n - 1) & 1)
		n++;
	if (n == 9)
		return cur_uint(c, 8);
	return first >> n | cur_uint(c, n - 1) << (8 - n);
}

int64_t cur_varint(struct cur *c)
{
	uint64_t x = cur_varuint(c);

	return (int64_t)(x >> 1 ^ (0 - (x & 1)));
}
