#include "text/base64.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_put(struct buf *b, struct str bytes)
{
	const unsigned char *from = (const unsigned char *)bytes.p;
	size_t n = bytes.n / 3 * 4 + (bytes.n % 3 ? 4 : 0), left = bytes.n;
	char *to = bytes.n > SIZE_MAX / 2 ? buf_room(b, SIZE_MAX) : buf_room(b, n);

	if (!to)
		return;
	for (; left >= 3; left -= 3, from += 3, to += 4) {
		uint32_t v = (uint32_t)from[0] << 16 | (uint32_t)from[1] << 8 | from[2];

		to[0] = digits[v >> 18];
		to[1] = digits[v >> 12 & 63];
		to[2] = digits[v >> 6 & 63];
		to[3] = digits[v & 63];
	}
	if (left > 0) {
		uint32_t v = (uint32_t)from[0] << 16 | (left == 2 ? (uint32_t)from[1] << 8 : 0);

		to[0] = digits[v >> 18];
		to[1] = digits[v >> 12 & 63];
		to[2] = left == 2 ? digits[v >> 6 & 63] : '=';
		to[3] = '=';
	}
	b->n += n;
}

#define BAD 0x80

/* 0x80 where the byte is no digit. */
static const uint8_t value_of[256] = {
	BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD,
	BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD,
	BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, 62, BAD, BAD, BAD, 63,
	52, 53, 54, 55, 56, 57, 58, 59, 60, 61, BAD, BAD, BAD, BAD, BAD, BAD,
	BAD, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
	15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, BAD, BAD, BAD, BAD, BAD,
	BAD, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
	41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, BAD, BAD, BAD, BAD, BAD,
	BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD,
	BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD,
	BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD,
	BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD,
	BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD,
	BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD,
	BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD,
	BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD,
};

/* The last group, of 2 or 3 digits and their padding; the bits beyond the bytes must be zero, so that each
 * text of bytes has one form. */
static bool take_tail(const unsigned char *from, size_t n, unsigned char *to)
{
	unsigned a = value_of[from[0]], b = value_of[from[1]], c = n == 3 ? value_of[from[2]] : 0;

	if ((a | b | c) & BAD || (n == 2 ? b & 15 : c & 3))
		return false;
	to[0] = (unsigned char)(a << 2 | b >> 4);
	if (n == 3)
		to[1] = (unsigned char)(b << 4 | c >> 2);
	return true;
}

/* How many bytes; SIZE_MAX: it is no base64. */
static size_t size_of(struct str text, size_t *pad)
{
	*pad = 0;
	if (text.n % 4)
		return SIZE_MAX;
	if (text.n > 0 && text.p[text.n - 1] == '=')
		*pad = text.p[text.n - 2] == '=' ? 2 : 1;
	return text.n / 4 * 3 - *pad;
}

/* to may be where from is: what is written was read. */
static bool decode(const unsigned char *from, size_t groups, size_t pad, unsigned char *to)
{
	unsigned bad = 0;

	for (size_t i = 0; i < groups; i++, from += 4, to += 3) {
		unsigned v0 = value_of[from[0]], v1 = value_of[from[1]];
		unsigned v2 = value_of[from[2]], v3 = value_of[from[3]];
		uint32_t v = v0 << 18 | v1 << 12 | v2 << 6 | v3;

		bad |= v0 | v1 | v2 | v3;
		to[0] = (unsigned char)(v >> 16);
		to[1] = (unsigned char)(v >> 8);
		to[2] = (unsigned char)v;
	}
	return !(bad & BAD) && (!pad || take_tail(from, 4 - pad, to));
}

bool base64_take(struct arena *a, struct str text, struct str *bytes)
{
	size_t pad, n = size_of(text, &pad);
	char *to;

	if (n == SIZE_MAX)
		return false;
	to = arena_alloc(a, n + 1);
	if (!decode((const unsigned char *)text.p, text.n / 4 - (pad > 0), pad, (unsigned char *)to))
		return false;
	to[n] = '\0';
	*bytes = (struct str){ to, n };
	return true;
}

bool base64_take_here(char *text, size_t n, struct str *bytes)
{
	size_t pad, size = size_of((struct str){ text, n }, &pad);

	if (size == SIZE_MAX || !decode((const unsigned char *)text, n / 4 - (pad > 0), pad, (unsigned char *)text))
		return false;
	*bytes = (struct str){ text, size };
	return true;
}
