#include "text/json_write.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "text/base64.h"
#include "text/scan.h"
#include "text/utf8.h"

/* The letter of the short escape; 0: there is none, it takes \u00xx. */
static char short_escape(char c)
{
	switch (c) {
	case '"':
	case '\\':
		return c;
	case '\n':
		return 'n';
	case '\r':
		return 'r';
	case '\t':
		return 't';
	case '\b':
		return 'b';
	case '\f':
		return 'f';
	default:
		return 0;
	}
}

static unsigned escape_size(char c)
{
	return short_escape(c) ? 2 : 6;
}

static char *put_escape(char *to, char c)
{
	static const char hex[] = "0123456789abcdef";
	char letter = short_escape(c);

	*to++ = '\\';
	if (letter) {
		*to++ = letter;
		return to;
	}
	*to++ = 'u';
	*to++ = '0';
	*to++ = '0';
	*to++ = hex[(unsigned char)c >> 4];
	*to++ = hex[(unsigned char)c & 15];
	return to;
}

/* Copies while nothing needs a look; moves *from; to has room for all that is left. */
static inline char *copy_plain(char *to, const char **from, const char *end)
{
	const char *p = *from;

	while (end - p >= SCAN_STEP) {
		scan_bytes v = scan_load(p);
		unsigned at = scan_first(scan_json(v));

		memcpy(to, &v, sizeof(v));
		to += at;
		p += at;
		if (at < SCAN_STEP) {
			*from = p;
			return to;
		}
	}
	while (p < end && !scan_json_char(*p))
		*to++ = *p++;
	*from = p;
	return to;
}

/* Nothing counts until b->n is set at the end, so a text that turns out not to be valid leaves no trace. */
static bool put_text(struct buf *b, struct str text, bool check)
{
	const char *p = text.p, *end = p + text.n;
	char *to = buf_room(b, text.n + 2);

	if (!to)
		return !check || utf8_valid(text);
	*to++ = '"';
	while (p < end) {
		to = copy_plain(to, &p, end);
		while (p < end && (signed char)*p < 0) {
			unsigned n = check ? utf8_step(p, end) : 1;

			if (n == 0)
				return false;
			memcpy(to, p, n);
			to += n;
			p += n;
		}
		if (p < end && scan_json_char(*p)) {
			size_t done = (size_t)(to - b->p) - b->n;

			to = buf_room(b, done + escape_size(*p) + (size_t)(end - p));
			if (!to)
				return !check || utf8_valid((struct str){ p, (size_t)(end - p) });
			to = put_escape(to + done, *p++);
		}
	}
	*to++ = '"';
	b->n = (size_t)(to - b->p);
	return true;
}

void json_put_text(struct buf *b, struct str text)
{
	put_text(b, text, false);
}

bool json_put_text_checked(struct buf *b, struct str text)
{
	return put_text(b, text, true);
}

void json_put_key(struct buf *b, const char *key)
{
	if (b->n > 0 && b->p[b->n - 1] != '{' && b->p[b->n - 1] != '[')
		buf_put_char(b, ',');
	json_put_text(b, str_of(key));
	buf_put_char(b, ':');
}

void json_put_key_text(struct buf *b, const char *key, struct str text)
{
	json_put_key(b, key);
	json_put_text(b, text);
}

void json_put_key_u64(struct buf *b, const char *key, uint64_t v)
{
	json_put_key(b, key);
	buf_put_u64(b, v);
}

void json_put_key_bool(struct buf *b, const char *key, bool v)
{
	json_put_key(b, key);
	buf_put_text(b, v ? "true" : "false");
}

/* "1e+05" is "1e5" here. */
static void put_digits(struct buf *b, const char *text)
{
	const char *e = strchr(text, 'e');

	if (!e) {
		buf_put_text(b, text);
		return;
	}
	buf_put(b, text, (size_t)(e + 1 - text));
	e++;
	if (*e == '-')
		buf_put_char(b, '-');
	e++;
	while (*e == '0')
		e++;
	buf_put_text(b, e);
}

/* Whole numbers, and those with a few decimals, which are most: v is whole / scale exactly when dividing gives v back,
 * since both are exact and a division is rounded as reading the digits would be. */
static bool put_simple(struct buf *b, double v)
{
	static const double scales[] = { 1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6 };
	double magnitude = fabs(v);

	if (v == 0) {
		buf_put_text(b, signbit(v) ? "-0.0" : "0");
		return true;
	}
	if (magnitude >= 1e9 || magnitude < 1e-4)
		return false;
	for (unsigned i = 0; i < sizeof(scales) / sizeof(scales[0]); i++) {
		uint64_t whole = (uint64_t)(magnitude * scales[i] + 0.5), scale = (uint64_t)scales[i];
		char decimals[8];

		if ((double)whole / scales[i] != magnitude)
			continue;
		if (v < 0)
			buf_put_char(b, '-');
		buf_put_u64(b, whole / scale);
		if (i == 0)
			return true;
		whole %= scale;
		for (unsigned d = i; d > 0; d--, whole /= 10)
			decimals[d] = (char)('0' + whole % 10);
		decimals[0] = '.';
		buf_put(b, decimals, i + 1);
		return true;
	}
	return false;
}

void json_put_double(struct buf *b, double v)
{
	char text[40];

	if (put_simple(b, v))
		return;
	for (int digits = fabs(v) < 1e-290 ? 1 : 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, v);
		if (strtod(text, NULL) == v)
			break;
	}
	put_digits(b, text);
}

void json_put_float(struct buf *b, float v)
{
	char text[40];

	for (int digits = fabsf(v) < 1e-30f ? 1 : 6; digits <= 9; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, (double)v);
		if (strtof(text, NULL) == v)
			break;
	}
	if (v == 0)
		put_simple(b, (double)v);
	else
		put_digits(b, text);
}

void json_put_base64(struct buf *b, struct str bytes)
{
	buf_put_char(b, '"');
	base64_put(b, bytes);
	buf_put_char(b, '"');
}
