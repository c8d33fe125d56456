#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void buf_init(struct buf *b, size_t limit)
{
	*b = (struct buf)BUF_INIT(limit);
}

void buf_release(struct buf *b)
{
	free(b->p);
	*b = (struct buf)BUF_INIT(b->limit);
}

char *buf_room(struct buf *b, size_t n)
{
	size_t want, cap;

	if (!size_add(b->n, n, &want) || want > b->limit || want == SIZE_MAX) {
		b->over = true;
		return NULL;
	}
	if (want > b->cap) {
		cap = b->cap < 128 ? 256 : b->cap > b->limit / 2 ? b->limit : b->cap * 2;
		if (cap < want)
			cap = want;
		if (cap > b->limit)	/* buf_put looks at cap alone */
			cap = b->limit;
		b->p = mem_realloc(b->p, cap + 1);	/* one to spare, for the NUL of buf_putf and buf_text */
		b->cap = cap;
	}
	return b->p + b->n;
}

void buf_put_text(struct buf *b, const char *text)
{
	buf_put(b, text, strlen(text));
}

/* Two digits a step: rows are full of numbers. */
void buf_put_u64(struct buf *b, uint64_t v)
{
	static const char pairs[] =
		"0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849"
		"50515253545556575859606162636465666768697071727374757677787980818283848586878889909192939495969798"
		"99";
	char digits[20];
	size_t at = sizeof(digits);

	for (; v >= 100; v /= 100) {
		at -= 2;
		memcpy(digits + at, pairs + v % 100 * 2, 2);
	}
	if (v >= 10) {
		at -= 2;
		memcpy(digits + at, pairs + v * 2, 2);
	} else {
		digits[--at] = (char)('0' + v);
	}
	buf_put(b, digits + at, sizeof(digits) - at);
}

void buf_put_i64(struct buf *b, int64_t v)
{
	if (v < 0)
		buf_put_char(b, '-');
	buf_put_u64(b, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

void buf_putf(struct buf *b, const char *fmt, ...)
{
	va_list args;
	char *at;
	int n;

	va_start(args, fmt);
	n = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	at = n < 0 ? NULL : buf_room(b, (size_t)n);
	if (!at)
		return;
	va_start(args, fmt);
	vsnprintf(at, (size_t)n + 1, fmt, args);
	va_end(args);
	b->n += (size_t)n;
}

const char *buf_text(struct buf *b)
{
	if (!b->p)
		return "";
	b->p[b->n] = '\0';
	return b->p;
}

bool buf_ok(const struct buf *b, const char *what, struct err *e)
{
	return !b->over || err_set(e, &err_too_big, "%s passes %zu bytes", what, b->limit);
}
