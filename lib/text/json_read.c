#include "text/json_read.h"

#include "text/scan.h"
#include "text/utf8.h"

#define DEPTH_MAX 1000

static const struct err_kind err_json = {
	.code = 11504, .class = "functional", .scope = SCOPE_INTERNAL, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "the offset is in bytes; look at what wrote the text",
};

void json_init(struct json *j, struct str text)
{
	*j = (struct json){ text.p, text.p, text.n ? text.p + text.n : text.p, false, 0, false };
}

static bool fail(struct json *j)
{
	j->bad = true;
	return false;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static void skip_space(struct json *j)
{
	while (j->p < j->end && is_space(*j->p))
		j->p++;
}

/* The next character that is not white space, 0 at the end. A NUL in the text is nonsense anyway. */
static char next_char(struct json *j)
{
	skip_space(j);
	return j->p < j->end ? *j->p : '\0';
}

static bool take_char(struct json *j, char c)
{
	if (j->bad || next_char(j) != c)
		return false;
	j->p++;
	return true;
}

enum json_kind json_peek(struct json *j)
{
	if (j->bad)
		return JSON_BAD;
	switch (next_char(j)) {
	case 'n':
		return JSON_NULL;
	case 'f':
		return JSON_FALSE;
	case 't':
		return JSON_TRUE;
	case '"':
		return JSON_TEXT;
	case '[':
		return JSON_ARRAY;
	case '{':
		return JSON_OBJECT;
	case '-':
	case '0': case '1': case '2': case '3': case '4':
	case '5': case '6': case '7': case '8': case '9':
		return JSON_NUMBER;
	default:
		return JSON_BAD;
	}
}

static bool enter(struct json *j, char open)
{
	if (j->depth >= DEPTH_MAX || !take_char(j, open))
		return fail(j);
	j->depth++;
	j->first = true;
	return true;
}

bool json_object(struct json *j)
{
	return enter(j, '{');
}

bool json_array(struct json *j)
{
	return enter(j, '[');
}

/* Between the members of a container: true when one more must follow. */
static bool more(struct json *j, char close)
{
	bool first = j->first;

	if (j->bad || j->depth == 0)
		return fail(j);
	j->first = false;
	if (take_char(j, close)) {
		j->depth--;
		return false;
	}
	return first || take_char(j, ',') || fail(j);
}

/* The four hex digits at p, or -1. */
static int32_t hex4(const char *p, const char *end)
{
	int32_t v = 0;

	if (end - p < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		int digit = hex_digit(p[i]);

		if (digit < 0)
			return -1;
		v = v << 4 | digit;
	}
	return v;
}

/* The escape at p, which is a backslash: its size, and what it stands for. 0 when it is not valid. */
static unsigned take_escape(const char *p, const char *end, uint32_t *c)
{
	static const char letters[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";
	const char *letter;
	int32_t high, low;

	if (end - p < 2)
		return 0;
	letter = p[1] ? strchr(letters, p[1]) : NULL;
	if (letter) {
		*c = (unsigned char)means[letter - letters];
		return 2;
	}
	high = p[1] == 'u' ? hex4(p + 2, end) : -1;
	if (high < 0 || (high >= 0xdc00 && high < 0xe000))
		return 0;
	*c = (uint32_t)high;
	if (high < 0xd800 || high >= 0xe000)
		return 6;
	low = end - p >= 12 && p[6] == '\\' && p[7] == 'u' ? hex4(p + 8, end) : -1;
	if (low < 0xdc00 || low >= 0xe000)
		return 0;
	*c = 0x10000 + (((uint32_t)high & 0x3ff) << 10 | ((uint32_t)low & 0x3ff));
	return 12;
}

/* Takes a string, quotes and all; raw is what stands between them. Nothing wrong gets through: escapes are
 * whole, the rest is UTF-8 without control characters. */
static bool take_raw(struct json *j, struct str *raw, bool *escaped)
{
	const char *start, *p;

	*escaped = false;
	if (!take_char(j, '"'))
		return fail(j);
	for (start = p = j->p; (p = scan_plain(p, j->end)) < j->end;) {
		uint32_t c;
		unsigned n;

		if (*p == '"') {
			*raw = (struct str){ start, (size_t)(p - start) };
			j->p = p + 1;
			return true;
		}
		if (*p == '\\') {
			*escaped = true;
			n = take_escape(p, j->end, &c);
		} else {
			n = (signed char)*p < 0 ? utf8_step(p, j->end) : 0;
		}
		if (n == 0)
			break;
		p += n;
	}
	j->p = p;
	return fail(j);
}

bool json_key(struct json *j, struct str *key)
{
	bool escaped;

	*key = STR_NONE;
	if (!more(j, '}') || !take_raw(j, key, &escaped))
		return false;
	if (!take_char(j, ':') || json_peek(j) == JSON_BAD)
		return fail(j);
	return true;
}

bool json_item(struct json *j)
{
	return more(j, ']') && (json_peek(j) != JSON_BAD || fail(j));
}

/* What is escaped only gets shorter: \u0001 is six bytes for one, a pair twelve for four. */
static struct str unescape(struct str raw, struct arena *a)
{
	const char *p = raw.p, *end = p + raw.n;
	struct buf out = { arena_alloc(a, raw.n + 1), 0, raw.n, raw.n, false };

	while (p < end) {
		const char *at = memchr(p, '\\', (size_t)(end - p));
		uint32_t c;

		buf_put(&out, p, (size_t)((at ? at : end) - p));
		if (!at)
			break;
		p = at + take_escape(at, end, &c);
		utf8_put(&out, c);
	}
	out.p[out.n] = '\0';
	return buf_str(&out);
}

struct str json_text(struct json *j, struct arena *a)
{
	struct str raw;
	bool escaped;

	if (!take_raw(j, &raw, &escaped))
		return STR_NONE;
	return escaped ? unescape(raw, a) : raw;
}

static const char *skip_digits(const char *p, const char *end)
{
	while (p < end && *p >= '0' && *p <= '9')
		p++;
	return p;
}

/* The end of the number at p; NULL when it is none. */
static const char *number_end(const char *p, const char *end)
{
	const char *digits;

	if (p < end && *p == '-')
		p++;
	digits = p;
	p = skip_digits(p, end);
	if (p == digits || (*digits == '0' && p - digits > 1))
		return NULL;
	if (p < end && *p == '.') {
		digits = ++p;
		p = skip_digits(p, end);
		if (p == digits)
			return NULL;
	}
	if (p < end && (*p == 'e' || *p == 'E')) {
		p++;
		if (p < end && (*p == '+' || *p == '-'))
			p++;
		digits = p;
		p = skip_digits(p, end);
		if (p == digits)
			return NULL;
	}
	return p;
}

struct str json_number(struct json *j)
{
	const char *start, *end;

	if (json_peek(j) != JSON_NUMBER) {
		fail(j);
		return STR_NONE;
	}
	start = j->p;
	end = number_end(start, j->end);
	if (!end) {
		fail(j);
		return STR_NONE;
	}
	j->p = end;
	return (struct str){ start, (size_t)(end - start) };
}

uint64_t json_u64(struct json *j)
{
	uint64_t v = 0;

	if (!str_to_u64(json_number(j), &v))
		fail(j);
	return v;
}

int64_t json_i64(struct json *j)
{
	int64_t v = 0;

	if (!str_to_i64(json_number(j), &v))
		fail(j);
	return v;
}

static bool take_word(struct json *j, struct str word)
{
	skip_space(j);
	if (j->bad || !str_starts((struct str){ j->p, (size_t)(j->end - j->p) }, word))
		return false;
	j->p += word.n;
	return true;
}

bool json_bool(struct json *j)
{
	if (take_word(j, STR_LIT("true")))
		return true;
	if (!take_word(j, STR_LIT("false")))
		fail(j);
	return false;
}

bool json_null(struct json *j)
{
	return json_peek(j) == JSON_NULL && (take_word(j, STR_LIT("null")) || fail(j));
}

/* Anything but a container. */
static void skip_scalar(struct json *j, enum json_kind kind)
{
	struct str raw;
	bool escaped;

	switch (kind) {
	case JSON_NULL:
		json_null(j);
		break;
	case JSON_FALSE:
	case JSON_TRUE:
		json_bool(j);
		break;
	case JSON_NUMBER:
		json_number(j);
		break;
	case JSON_TEXT:
		take_raw(j, &raw, &escaped);
		break;
	case JSON_BAD:
	case JSON_ARRAY:
	case JSON_OBJECT:
		fail(j);
		break;
	}
}

/* One value, whole. One bit a level says which kind of container is open, so nesting takes no stack. */
struct str json_skip(struct json *j)
{
	uint64_t objects[DEPTH_MAX / 64 + 1] = { 0 };
	unsigned outer = j->depth;
	const char *start;

	json_peek(j);
	start = j->p;
	do {
		enum json_kind kind = json_peek(j);
		uint64_t bit;
		struct str key;

		if (kind == JSON_ARRAY || kind == JSON_OBJECT) {
			enter(j, kind == JSON_OBJECT ? '{' : '[');
			bit = (uint64_t)1 << j->depth % 64;
			objects[j->depth / 64] &= ~bit;
			objects[j->depth / 64] |= kind == JSON_OBJECT ? bit : 0;
		} else {
			skip_scalar(j, kind);
		}
		while (!j->bad && j->depth > outer) {
			bool object = objects[j->depth / 64] >> j->depth % 64 & 1;

			if (object ? json_key(j, &key) : json_item(j))
				break;
		}
	} while (!j->bad && j->depth > outer);
	return j->bad ? STR_NONE : (struct str){ start, (size_t)(j->p - start) };
}

/* A whole document that was read to its end must be all there is. */
bool json_ok(const struct json *j, const char *what, struct err *e)
{
	struct json rest = *j;

	skip_space(&rest);
	if (!j->bad && (j->depth > 0 || j->p == j->start || rest.p == rest.end))
		return true;
	return err_set(e, &err_json, "%s is not valid at byte %zu", what, (size_t)(rest.p - j->start));
}
