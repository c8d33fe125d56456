#include "text/json_write.h"

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
	if (end - p >= SCAN_STEP / 2) {
		scan_half v = scan_half_load(p);
		unsigned at = scan_half_first(scan_half_json(v));

		memcpy(to, &v, sizeof(v));
		to += at;
		p += at;
		if (at < SCAN_STEP / 2) {
			*from = p;
			return to;
		}
	}
	while (p < end && !scan_json_char(*p))
		*to++ = *p++;
	*from = p;
	return to;
}

/* The end of the bytes from p on that are not ASCII; NULL when they are not valid. */
static const char *utf8_run(const char *p, const char *end)
{
	while (p < end && (signed char)*p < 0) {
		unsigned n = utf8_step(p, end);

		if (n == 0)
			return NULL;
		p += n;
	}
	return p;
}

static const char *scan_high(const char *p, const char *end)
{
	while (p < end && (signed char)*p < 0)
		p++;
	return p;
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
		if (p < end && (signed char)*p < 0) {
			const char *run = p;

			p = check ? utf8_run(p, end) : scan_high(p, end);
			if (!p)
				return false;
			memcpy(to, run, (size_t)(p - run));
			to += p - run;
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

void json_put_base64(struct buf *b, struct str bytes)
{
	buf_put_char(b, '"');
	base64_put(b, bytes);
	buf_put_char(b, '"');
}
