/*
 * utf8.h - is it valid UTF-8 (no surrogates, no overlong forms, at most U+10FFFF)? Pure and fast. Callers:
 * everything that lets foreign bytes into a line.
 */
#ifndef TEXT_UTF8_H
#define TEXT_UTF8_H

#include "base/buf.h"

bool utf8_valid(struct str s);

/* Bytes of the valid sequence at p (1 to 4), or 0. There is at least one byte before end. */
static inline unsigned utf8_step(const char *p, const char *end)
{
	const unsigned char *u = (const unsigned char *)p;
	size_t n = (size_t)(end - p);

	if (u[0] < 0x80)
		return 1;
	if (u[0] < 0xc2)
		return 0;
	if (u[0] < 0xe0)
		return n >= 2 && (u[1] & 0xc0) == 0x80 ? 2 : 0;
	if (u[0] < 0xf0) {
		if (n < 3 || (u[1] & 0xc0) != 0x80 || (u[2] & 0xc0) != 0x80)
			return 0;
		return (u[0] == 0xe0 && u[1] < 0xa0) || (u[0] == 0xed && u[1] >= 0xa0) ? 0 : 3;
	}
	if (u[0] > 0xf4 || n < 4 || (u[1] & 0xc0) != 0x80 || (u[2] & 0xc0) != 0x80 || (u[3] & 0xc0) != 0x80)
		return 0;
	return (u[0] == 0xf0 && u[1] < 0x90) || (u[0] == 0xf4 && u[1] >= 0x90) ? 0 : 4;
}

/* The code point at the head of s, which is not empty, and s moved behind it. A byte that is not part of a
 * valid sequence gives 0x110000 and more, so that it equals only itself. */
uint32_t utf8_take(struct str *s);

/* Puts the code point. */
void utf8_put(struct buf *b, uint32_t code_point);

/* The small letter of a capital; anything else is itself. */
uint32_t utf8_lower(uint32_t code_point);

/* Lower case of ASCII letters and of the letters that Unicode maps one to one (for names compared without
 * case). Bytes that are not valid UTF-8 stay as they are. */
void utf8_put_lower(struct buf *b, struct str s);

#endif
