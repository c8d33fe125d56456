#include "text/utf8.h"

#include "text/scan.h"
#include "text/utf8_lower.h"

bool utf8_valid(struct str s)
{
	const char *p = s.p, *end = s.p + s.n;

	while ((p = scan_ascii(p, end)) < end) {
		do {
			unsigned n = utf8_step(p, end);

			if (!n)
				return false;
			p += n;
		} while (p < end && (signed char)*p < 0);
	}
	return true;
}

uint32_t utf8_take(struct str *s)
{
	static const uint32_t head[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	unsigned n = utf8_step(s->p, s->p + s->n);
	uint32_t c = (unsigned char)*s->p;

	if (n == 0)
		c += 0x110000;
	else
		c &= head[n];
	for (unsigned i = 1; i < n; i++)
		c = c << 6 | ((unsigned char)s->p[i] & 0x3f);
	*s = str_from(*s, n ? n : 1);
	return c;
}

/* The bytes of the code point; out has room for four. */
static size_t encode(char *out, uint32_t c)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

void utf8_put(struct buf *b, uint32_t c)
{
	char out[4];

	if (b->cap - b->n >= sizeof(out))
		b->n += encode(b->p + b->n, c);
	else
		buf_put(b, out, encode(out, c));
}

uint32_t utf8_lower(uint32_t c)
{
	size_t low = 0, high = UTF8_LOWER_RUNS;

	if (c < 0x80)
		return c >= 'A' && c <= 'Z' ? c + 32 : c;
	while (low < high) {
		size_t middle = (low + high) / 2;
		const struct utf8_lower_run *run = &utf8_lower_runs[middle];

		if (c > run->last)
			low = middle + 1;
		else if (c < run->first)
			high = middle;
		else
			return (c - run->first) % run->step == 0 ? (uint32_t)((int32_t)c + run->add) : c;
	}
	return c;
}

void utf8_put_lower(struct buf *b, struct str s)
{
	while (s.n > 0) {
		struct str at = s;
		uint32_t c = utf8_take(&s);

		if (c < 0x110000)
			utf8_put(b, utf8_lower(c));
		else
			buf_put_char(b, at.p[0]);
	}
}
