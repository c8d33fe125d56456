#include "text/sql_quote.h"

#include "text/scan.h"

#define MANY_BYTES (1 << 20)

/* Copies up to the next quote, doubles it, goes on. */
static void put_doubled(struct buf *b, struct str s, char quote)
{
	struct str before;

	buf_put_char(b, quote);
	while (str_cut(s, quote, &before, &s)) {
		buf_put_str(b, before);
		buf_put(b, (char[]){ quote, quote }, 2);
	}
	buf_put_str(b, s);
	buf_put_char(b, quote);
}

void sql_put_name(struct buf *b, struct str name)
{
	put_doubled(b, name, '`');
}

void sql_put_table(struct buf *b, struct str schema, struct str table)
{
	sql_put_name(b, schema);
	buf_put_char(b, '.');
	sql_put_name(b, table);
}

static bool is_special(char c)
{
	return c == '\'' || c == '\\' || c == '\n' || c == '\0' || c == 26;
}

/* The first byte that sql_put_text escapes; else end. */
static const char *scan_special(const char *p, const char *end)
{
	while (end - p >= SCAN_STEP) {
		scan_bytes v = scan_load(p);
		unsigned at = scan_first((v == scan_all('\'')) | (v == scan_all('\\')) | (v == scan_all('\n')) |
					 (v == scan_all(0)) | (v == scan_all(26)));

		p += at;
		if (at < SCAN_STEP)
			return p;
	}
	while (p < end && !is_special(*p))
		p++;
	return p;
}

void sql_put_text(struct buf *b, struct str text, bool backslash)
{
	const char *p = text.p, *end = p + text.n;

	if (!backslash) {
		put_doubled(b, text, '\'');
		return;
	}
	buf_put_char(b, '\'');
	while (p < end) {
		const char *at = scan_special(p, end);

		buf_put(b, p, (size_t)(at - p));
		if (at < end) {
			char c = *at++;

			buf_put_char(b, c == '\'' ? '\'' : '\\');
			buf_put_char(b, c == '\n' ? 'n' : c == '\0' ? '0' : c == 26 ? 'Z' : c);
		}
		p = at;
	}
	buf_put_char(b, '\'');
}

/* Copies while it looks. */
bool sql_put_plain(struct buf *b, struct str text)
{
	const char *p = text.p, *end = p + text.n;
	char *to = b->p ? b->p + b->n : NULL;

	if (text.n > SIZE_MAX / 2 || (b->cap - b->n < text.n + 2 && !(to = buf_room(b, text.n + 2))))
		return false;
	*to++ = '\'';
	for (; end - p >= SCAN_STEP; p += SCAN_STEP, to += SCAN_STEP) {
		scan_bytes v = scan_load(p);
		scan_halves hit = (scan_halves)((v < scan_all(' ')) | (v == scan_all('\'')) | (v == scan_all('\\')));

		if (hit[0] | hit[1])
			return false;
		memcpy(to, &v, sizeof(v));
	}
	for (; p < end; *to++ = *p++)
		if ((signed char)*p < ' ' || *p == '\'' || *p == '\\')
			return false;
	*to = '\'';
	b->n += text.n + 2;
	return true;
}

void sql_put_bytes(struct buf *b, struct str bytes)
{
	static const char digits[] = "0123456789abcdef";
	char *to;

	if (bytes.n == 0) {
		buf_put_text(b, "''");
		return;
	}
	to = buf_room(b, bytes.n > SIZE_MAX / 4 ? SIZE_MAX : bytes.n * 2 + 3);
	if (!to)
		return;
	*to++ = 'x';
	*to++ = '\'';
	for (size_t i = 0; i < bytes.n; i++) {
		unsigned char c = (unsigned char)bytes.p[i];

		*to++ = digits[c >> 4];
		*to++ = digits[c & 15];
	}
	*to = '\'';
	b->n += bytes.n * 2 + 3;
}

void sql_put_many_bytes(struct buf *b, struct str bytes, bool backslash)
{
	if (bytes.n < MANY_BYTES) {
		sql_put_bytes(b, bytes);
		return;
	}
	buf_put_text(b, "_binary");
	sql_put_text(b, bytes, backslash);
}
