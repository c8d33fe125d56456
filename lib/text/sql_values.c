#include "text/sql_values.h"

#include "text/scan.h"
#include "text/sql_lex.h"

const struct err_kind err_sql_values = {
	.code = 34550, .class = "load-unit", .scope = SCOPE_INTERNAL, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "make the dump anew: INSERT statements that list plain values are taken",
};

#define SHOWN 60
#define NESTED_MAX 4

void sql_values_init(struct sql_values *v)
{
	*v = (struct sql_values){ .backslash = true };
}

void sql_values_release(struct sql_values *v)
{
	arena_release(&v->names);
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static bool is_word(char c)
{
	return is_letter(c) || is_digit(c) || c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

/* What is there, without the values: they are nobody's business. */
static bool bad(const struct sql_values *v, const char *wanted, struct err *e)
{
	struct str here = str_first(str_from(v->text, v->at), SHOWN);
	size_t n = 0;

	while (n < here.n && (is_word(here.p[n]) || here.p[n] == ' '))
		n++;
	if (v->at >= v->text.n)
		return err_set(e, &err_sql_values, "%s wanted at the end of an INSERT", wanted);
	return err_set(e, &err_sql_values, "%s wanted at byte %zu of an INSERT, '%.*s' found", wanted, v->at,
		       (int)(n ? n : 1), here.p);
}

static void skip_space(struct sql_values *v)
{
	for (;;) {
		struct str rest;
		size_t end;

		while (v->at < v->text.n && is_space(v->text.p[v->at]))
			v->at++;
		rest = str_from(v->text, v->at);
		if (!str_starts(rest, STR_LIT("/*")) || str_starts(rest, STR_LIT("/*!")))
			return;
		end = str_find(rest, STR_LIT("*/"));
		if (end == SIZE_MAX)
			return;
		v->at += end + 2;
	}
}

static bool take_char(struct sql_values *v, char c)
{
	skip_space(v);
	if (v->at >= v->text.n || v->text.p[v->at] != c)
		return false;
	v->at++;
	return true;
}

static struct str take_word(struct sql_values *v)
{
	size_t start;

	skip_space(v);
	for (start = v->at; v->at < v->text.n && is_word(v->text.p[v->at]); )
		v->at++;
	return (struct str){ v->text.p + start, v->at - start };
}

static bool take_keyword(struct sql_values *v, const char *word)
{
	size_t at = v->at;

	if (str_is_nocase(take_word(v), word))
		return true;
	v->at = at;
	return false;
}

/* The first byte from p on that is a or b; else end. */
static const char *scan_either(const char *p, const char *end, char a, char b)
{
	while (end - p >= SCAN_STEP) {
		scan_bytes v = scan_load(p);
		unsigned at = scan_first((v == scan_all(a)) | (v == scan_all(b)));

		p += at;
		if (at < SCAN_STEP)
			return p;
	}
	while (p < end && *p != a && *p != b)
		p++;
	return p;
}

/* Quoted text that begins at v->at. Borrowed where nothing in it is escaped. */
static bool take_quoted(struct sql_values *v, bool backslash, struct arena *a, struct str *out, struct err *e)
{
	const char *from = v->text.p + v->at + 1, *end = v->text.p + v->text.n, *p;
	char quote = from[-1], *to;

	p = scan_either(from, end, quote, backslash ? '\\' : quote);
	if (p < end && *p == quote && (p + 1 == end || p[1] != quote)) {
		*out = (struct str){ from, (size_t)(p - from) };
		v->at = (size_t)(p + 1 - v->text.p);
		return true;
	}
	for (p = from; p < end; p++) {		/* first how long it is, then the text */
		if (*p == '\\' && backslash && p + 1 < end)
			p++;
		else if (*p == quote && p + 1 < end && p[1] == quote)
			p++;
		else if (*p == quote)
			break;
	}
	if (p >= end)
		return bad(v, "the end of a quoted text", e);
	out->p = to = arena_alloc(a, (size_t)(p - from) + 1);
	end = p;
	for (p = from; p < end; p++) {
		if (*p == '\\' && backslash)
			*to++ = sql_unescape(*++p);
		else if (*p == quote)
			*to++ = *++p;
		else
			*to++ = *p;
	}
	out->n = (size_t)(to - out->p);
	v->at = (size_t)(end + 1 - v->text.p);
	return true;
}

static bool take_name(struct sql_values *v, struct str *name, struct err *e)
{
	skip_space(v);
	if (v->at < v->text.n && (v->text.p[v->at] == '`' || v->text.p[v->at] == '"')) {
		if (!take_quoted(v, false, &v->names, name, e))
			return false;
	} else {
		*name = take_word(v);
	}
	*name = arena_str(&v->names, *name);
	return name->n > 0 || bad(v, "a name", e);
}

static bool take_columns(struct sql_values *v, struct err *e)
{
	size_t room = 0;

	do {
		if (v->n_columns == room) {
			struct str *more = arena_array(&v->names, room = 2 * room + 16, sizeof(*more));

			if (v->n_columns)
				memcpy(more, v->columns, v->n_columns * sizeof(*more));
			v->columns = more;
		}
		if (!take_name(v, &v->columns[v->n_columns++], e))
			return false;
	} while (take_char(v, ','));
	return take_char(v, ')') || bad(v, "')'", e);
}

bool sql_values_start(struct sql_values *v, struct str statement, bool *is_insert, struct err *e)
{
	arena_clear(&v->names);
	v->text = statement;
	v->at = v->n_columns = 0;
	v->wanted = true;
	v->schema = STR_LIT("");
	*is_insert = take_keyword(v, "INSERT") || take_keyword(v, "REPLACE");
	if (!*is_insert)
		return true;
	while (take_keyword(v, "IGNORE") || take_keyword(v, "DELAYED") || take_keyword(v, "LOW_PRIORITY") ||
	       take_keyword(v, "HIGH_PRIORITY"))
		;
	take_keyword(v, "INTO");
	if (!take_name(v, &v->table, e))
		return false;
	if (take_char(v, '.')) {
		v->schema = v->table;
		if (!take_name(v, &v->table, e))
			return false;
	}
	if (take_char(v, '(') && !take_columns(v, e))
		return false;
	return take_keyword(v, "VALUES") || take_keyword(v, "VALUE") || bad(v, "VALUES", e);
}

static bool put_hex(struct sql_values *v, struct str digits, struct arena *a, struct str *out, struct err *e)
{
	size_t n = (digits.n + 1) / 2;
	char *to = arena_alloc(a, n + 1);

	memset(to, 0, n + 1);
	for (size_t i = 0; i < digits.n; i++) {
		size_t place = digits.n - 1 - i;	/* from the right: an odd number has a half byte in front */
		int digit = hex_digit(digits.p[place]);

		if (digit < 0)
			return bad(v, "a hexadecimal literal", e);
		to[n - 1 - i / 2] = (char)(to[n - 1 - i / 2] | digit << (i % 2 * 4));
	}
	*out = (struct str){ to, n };
	return true;
}

static bool put_bits(struct sql_values *v, struct str digits, struct arena *a, struct str *out, struct err *e)
{
	size_t n = (digits.n + 7) / 8;
	char *to = arena_alloc(a, n + 1);

	memset(to, 0, n + 1);
	for (size_t i = 0; i < digits.n; i++) {
		char c = digits.p[digits.n - 1 - i];

		if (c != '0' && c != '1')
			return bad(v, "a bit literal", e);
		to[n - 1 - i / 8] = (char)(to[n - 1 - i / 8] | (c - '0') << i % 8);
	}
	*out = (struct str){ to, n };
	return true;
}

/* x'..' X'..' b'..' B'..' */
static bool take_coded(struct sql_values *v, struct sql_literal *out, struct arena *a, struct err *e)
{
	char code = v->text.p[v->at] | 0x20;
	struct str digits;

	v->at++;
	if (!take_quoted(v, false, a, &digits, e))
		return false;
	out->kind = SQL_LITERAL_BYTES;
	return code == 'x' ? put_hex(v, digits, a, &out->text, e) : put_bits(v, digits, a, &out->text, e);
}

static size_t skip_digits(const struct sql_values *v, size_t at)
{
	while (at < v->text.n && is_digit(v->text.p[at]))
		at++;
	return at;
}

/* 0x6162, 0b01, -12.5e-3 */
static bool take_number(struct sql_values *v, struct sql_literal *out, struct arena *a, struct err *e)
{
	size_t at = v->at, start = at, digits;
	struct str rest = str_from(v->text, at);

	if (rest.n > 2 && rest.p[0] == '0' && (rest.p[1] == 'x' || rest.p[1] == 'b')) {
		struct str word = str_from(take_word(v), 2);

		out->kind = SQL_LITERAL_BYTES;
		return rest.p[1] == 'x' ? put_hex(v, word, a, &out->text, e) : put_bits(v, word, a, &out->text, e);
	}
	at += rest.p[0] == '-' || rest.p[0] == '+';
	digits = skip_digits(v, at) - at;
	at += digits;
	if (at < v->text.n && v->text.p[at] == '.') {
		size_t end = skip_digits(v, at + 1);

		digits += end - at - 1;
		at = end;
	}
	if (digits == 0)
		return bad(v, "a value", e);
	if (at < v->text.n && (v->text.p[at] | 0x20) == 'e') {
		size_t sign = at + 1 < v->text.n && (v->text.p[at + 1] == '-' || v->text.p[at + 1] == '+');
		size_t end = skip_digits(v, at + 1 + sign);

		if (end == at + 1 + sign)
			return bad(v, "a number", e);
		at = end;
	}
	out->kind = SQL_LITERAL_NUMBER;
	start += rest.p[0] == '+';
	out->text = (struct str){ v->text.p + start, at - start };
	v->at = at;
	return true;
}

static bool take_literal(struct sql_values *v, struct sql_literal *out, struct arena *a, struct err *e);

/* What stands in CONVERT or behind an introducer. Nobody writes them into each other, but whoever wants us to run out of stack. */
static bool take_inner(struct sql_values *v, struct sql_literal *out, struct arena *a, struct err *e)
{
	bool ok;

	if (v->depth == NESTED_MAX)
		return bad(v, "a plain value", e);
	v->depth++;
	ok = take_literal(v, out, a, e);
	v->depth--;
	return ok;
}

/* CONVERT('..' USING utf8mb4), as mydumper writes documents. */
static bool take_convert(struct sql_values *v, struct sql_literal *out, struct arena *a, struct err *e)
{
	if (!take_char(v, '('))
		return bad(v, "'('", e);
	if (!take_inner(v, out, a, e))
		return false;
	if (!take_keyword(v, "USING"))
		return bad(v, "USING", e);
	out->charset = take_word(v);
	if (out->kind != SQL_LITERAL_NULL)
		out->kind = SQL_LITERAL_TEXT;
	return take_char(v, ')') || bad(v, "')'", e);
}

/* NULL, TRUE, FALSE, an introducer and what it introduces. */
static bool take_worded(struct sql_values *v, struct sql_literal *out, struct arena *a, struct err *e)
{
	size_t at = v->at;
	struct str word = take_word(v);

	if (str_is_nocase(word, "NULL"))
		return true;
	if (str_is_nocase(word, "TRUE") || str_is_nocase(word, "FALSE")) {
		out->kind = SQL_LITERAL_NUMBER;
		out->text = str_is_nocase(word, "TRUE") ? STR_LIT("1") : STR_LIT("0");
		return true;
	}
	if (str_is_nocase(word, "CONVERT"))
		return take_convert(v, out, a, e);
	skip_space(v);
	if ((word.n > 1 && word.p[0] == '_') || str_is_nocase(word, "N")) {
		if (!take_inner(v, out, a, e))
			return false;
		if (str_is_nocase(word, "_binary")) {
			out->kind = SQL_LITERAL_BYTES;
		} else {
			out->kind = SQL_LITERAL_TEXT;
			out->charset = word.p[0] == '_' ? str_from(word, 1) : STR_LIT("utf8");
		}
		return true;
	}
	v->at = at;
	return bad(v, "a plain value", e);
}

static bool take_literal(struct sql_values *v, struct sql_literal *out, struct arena *a, struct err *e)
{
	char c, next;

	skip_space(v);
	*out = (struct sql_literal){ .kind = SQL_LITERAL_NULL, .text = STR_LIT(""), .charset = STR_LIT("") };
	if (v->at >= v->text.n)
		return bad(v, "a value", e);
	c = v->text.p[v->at];
	next = v->at + 1 < v->text.n ? v->text.p[v->at + 1] : ' ';
	if (c == '\'' || (c == '"' && !v->ansi_quotes)) {
		out->kind = SQL_LITERAL_TEXT;
		return take_quoted(v, v->backslash, a, &out->text, e);
	}
	if (next == '\'' && ((c | 0x20) == 'x' || (c | 0x20) == 'b'))
		return take_coded(v, out, a, e);
	return is_letter(c) || c == '_' ? take_worded(v, out, a, e) : take_number(v, out, a, e);
}

bool sql_values_next(struct sql_values *v, struct sql_literal *row, size_t max, size_t *n, struct arena *a, bool *more, struct err *e)
{
	skip_space(v);
	*more = v->wanted || v->at < v->text.n;
	*n = 0;
	if (!*more)
		return true;
	if (!take_char(v, '('))
		return bad(v, "'('", e);
	do {
		if (*n == max)
			return err_set(e, &err_sql_values, "a row of an INSERT has more than %zu values", max);
		if (!take_literal(v, &row[(*n)++], a, e))
			return false;
	} while (take_char(v, ','));
	if (!take_char(v, ')'))
		return bad(v, "',' or ')'", e);
	v->wanted = take_char(v, ',');
	return v->wanted || v->at >= v->text.n || bad(v, "',' between rows", e);
}
