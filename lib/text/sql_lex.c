#include "text/sql_lex.h"

#include "base/buf.h"

void sql_lex_init(struct sql_lex *lex, struct str text, unsigned flags)
{
	*lex = (struct sql_lex){ .text = text, .flags = flags };
}

/* The byte at a place; 0 beyond the end, as at a NUL: neither goes on with anything. */
static unsigned char byte_at(const struct sql_lex *lex, size_t at)
{
	return at < lex->text.n ? (unsigned char)lex->text.p[at] : 0;
}

static bool is_space(unsigned char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

static bool is_hex(unsigned char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Of a bare identifier. */
static bool is_word(unsigned char c)
{
	return c >= 0x80 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' || c == '$';
}

static size_t skip_digits(const struct sql_lex *lex, size_t at)
{
	while (is_digit(byte_at(lex, at)))
		at++;
	return at;
}

static size_t skip_word(const struct sql_lex *lex, size_t at)
{
	while (is_word(byte_at(lex, at)))
		at++;
	return at;
}

static bool looking_at(const struct sql_lex *lex, size_t at, const char *what)
{
	return str_starts(str_from(lex->text, at), str_of(what));
}

/* Behind the quote that closes the one at at; 0 when it is not closed. */
static size_t quoted_end(const struct sql_lex *lex, size_t at, bool backslash)
{
	unsigned char quote = byte_at(lex, at);

	for (at++; at < lex->text.n; at++) {
		unsigned char c = byte_at(lex, at);

		if (c == '\\' && backslash) {
			at++;
		} else if (c == quote) {
			if (byte_at(lex, at + 1) != quote)
				return at + 1;
			at++;
		}
	}
	return 0;
}

/* Behind a comment that is left out; 0 when it is not closed. One inside it is part of it where the comment is
 * a version comment of another server. */
static size_t comment_end(const struct sql_lex *lex, size_t at, bool nests)
{
	unsigned depth = 1;

	for (at += 2; at < lex->text.n; at++) {
		if (looking_at(lex, at, "*/")) {
			at++;
			if (--depth == 0)
				return at + 1;
		} else if (nests && depth == 1 && looking_at(lex, at, "/*")) {
			at++;
			depth++;
		}
	}
	return 0;
}

/* Is this a version that only the other family of servers has? MariaDB took its numbers from MySQL up to 5.6, and goes on at 10. */
static bool is_of_other_family(const struct sql_lex *lex, uint64_t version)
{
	if (lex->flags & SQL_MARIADB)
		return version >= 50700 && version < 100000;
	return !(lex->flags & SQL_TIDB) && version >= 100000;
}

/* Behind the head of a version comment whose content counts: its mark, and the version or the features it
 * names. 0 when the comment at at is not one. */
static size_t version_head(const struct sql_lex *lex, size_t at)
{
	bool general = looking_at(lex, at, "/*!");
	size_t digits, end;
	uint64_t version;

	if (looking_at(lex, at, "/*T!")) {
		if (!(lex->flags & SQL_TIDB))
			return 0;
		at += 4;
		end = byte_at(lex, at) == '[' ? str_find(str_from(lex->text, at), STR_LIT("]")) : SIZE_MAX;
		return end == SIZE_MAX ? at : at + end + 1;
	}
	if (looking_at(lex, at, "/*M!")) {
		if (!(lex->flags & SQL_MARIADB))
			return 0;
		at += 4;
	} else if (general) {
		at += 3;
	} else {
		return 0;
	}
	end = skip_digits(lex, at);
	digits = end - at;
	if (digits < 5)
		return at;
	if (digits > 6)
		digits = 6;
	if (general && str_to_u64(str_first(str_from(lex->text, at), digits), &version) && is_of_other_family(lex, version))
		return 0;
	return at + digits;
}

static size_t line_end(const struct sql_lex *lex, size_t at)
{
	while (at < lex->text.n && byte_at(lex, at) != '\n')
		at++;
	return at;
}

/* "--" opens a comment only before white space, a control character or the end: 1--1 is 2. */
static bool is_dash_comment(const struct sql_lex *lex, size_t at)
{
	return looking_at(lex, at, "--") && (byte_at(lex, at + 2) <= ' ' || byte_at(lex, at + 2) == 0x7f);
}

/* Moves to the next token. False at a comment that is not closed. */
static bool skip_gap(struct sql_lex *lex)
{
	for (;;) {
		size_t at = lex->at, end;
		bool foreign;

		if (at < lex->text.n && is_space(byte_at(lex, at))) {
			lex->at++;
		} else if (byte_at(lex, at) == '#' || is_dash_comment(lex, at)) {
			lex->at = line_end(lex, at);
		} else if (lex->in_version_comment && looking_at(lex, at, "*/")) {
			lex->in_version_comment = false;
			lex->at += 2;
		} else if (!looking_at(lex, at, "/*")) {
			return true;
		} else if ((end = version_head(lex, at))) {
			lex->in_version_comment = true;
			lex->at = end;
		} else {
			foreign = looking_at(lex, at, "/*M!") || looking_at(lex, at, "/*T!") || looking_at(lex, at, "/*!");
			end = comment_end(lex, at, foreign);
			if (!end)
				return false;
			lex->at = end;
		}
	}
}

static struct sql_token token(struct sql_lex *lex, enum sql_kind kind, size_t end)
{
	struct sql_token t = { kind, lex->at, end, { lex->text.p, 0 } };

	if (end > lex->text.n)
		t.end = lex->text.n;
	t.raw = str_first(str_from(lex->text, t.start), t.end - t.start);
	lex->at = t.end;
	return t;
}

static struct sql_token quoted(struct sql_lex *lex, enum sql_kind kind, size_t quote_at, bool backslash)
{
	size_t end = quoted_end(lex, quote_at, backslash);

	return end ? token(lex, kind, end) : token(lex, SQL_BAD, lex->text.n);
}

static bool backslashes(const struct sql_lex *lex)
{
	return !(lex->flags & SQL_NO_BACKSLASH_ESCAPES);
}

static bool opens_text(const struct sql_lex *lex, size_t at)
{
	unsigned char c = byte_at(lex, at);

	return c == '\'' || (c == '"' && !(lex->flags & SQL_ANSI_QUOTES));
}

/* The part of a number from its '.' or 'e' on; at where there is none. */
static size_t fraction_end(const struct sql_lex *lex, size_t at)
{
	size_t exponent;

	if (byte_at(lex, at) == '.')
		at = skip_digits(lex, at + 1);
	if ((byte_at(lex, at) | 0x20) != 'e')
		return at;
	exponent = at + 1;
	if (byte_at(lex, exponent) == '+' || byte_at(lex, exponent) == '-')
		exponent++;
	return is_digit(byte_at(lex, exponent)) ? skip_digits(lex, exponent) : at;
}

/* 0x1f or 0b01 when nothing of a word follows; else at. */
static size_t bytes_end(const struct sql_lex *lex, size_t at)
{
	unsigned char c = byte_at(lex, at + 1);
	size_t end = at + 2;

	if (byte_at(lex, at) != '0' || (c != 'x' && c != 'b'))
		return at;
	while (c == 'x' ? is_hex(byte_at(lex, end)) : byte_at(lex, end) == '0' || byte_at(lex, end) == '1')
		end++;
	return end == at + 2 || is_word(byte_at(lex, end)) ? at : end;
}

/* A token that starts with a digit: a number, unless a letter stops it from being one: 1e5 and 1e+5 are
 * numbers, 1abc, 1e and 0xz are identifiers. */
static struct sql_token number_or_word(struct sql_lex *lex)
{
	size_t end = bytes_end(lex, lex->at), real;

	if (end > lex->at)
		return token(lex, SQL_NUMBER, end);
	end = skip_digits(lex, lex->at);
	real = fraction_end(lex, end);
	if (real > end || !is_word(byte_at(lex, end)))
		return token(lex, SQL_NUMBER, real);
	return token(lex, SQL_WORD, skip_word(lex, end));
}

/* An introducer belongs to the text that it touches: x'00', b'1', N'text', _latin1'text', _latin1 x'00'. */
static struct sql_token word(struct sql_lex *lex)
{
	size_t end = skip_word(lex, lex->at);
	unsigned char first = byte_at(lex, lex->at) | 0x20;

	if (end == lex->at + 1 && byte_at(lex, end) == '\'' && (first == 'x' || first == 'b'))
		return quoted(lex, SQL_TEXT, end, false);
	if (end == lex->at + 1 && byte_at(lex, end) == '\'' && first == 'n')
		return quoted(lex, SQL_TEXT, end, backslashes(lex));
	if (byte_at(lex, lex->at) == '_' && opens_text(lex, end))
		return quoted(lex, SQL_TEXT, end, backslashes(lex));
	return token(lex, SQL_WORD, end);
}

static bool is_quote(unsigned char c)
{
	return c == '\'' || c == '"' || c == '`';
}

/* @a, @`a b`, @'a', @@a, @@global.a, @@`a`. A '@' alone is a sign. */
static struct sql_token variable(struct sql_lex *lex)
{
	size_t at = lex->at + 1;

	if (byte_at(lex, at) == '@')
		at++;
	else if (is_quote(byte_at(lex, at)))
		return quoted(lex, SQL_VARIABLE, at, byte_at(lex, at) != '`' && backslashes(lex));
	while (is_word(byte_at(lex, at)) || byte_at(lex, at) == '.' || byte_at(lex, at) == '`') {
		if (byte_at(lex, at) == '`')
			at = quoted_end(lex, at, false);
		else
			at++;
		if (at == 0)
			return token(lex, SQL_BAD, lex->text.n);
	}
	return token(lex, at == lex->at + 1 ? SQL_SIGN : SQL_VARIABLE, at);
}

static struct sql_token sign(struct sql_lex *lex)
{
	static const char *const signs[] = {
		"<=>", "->>", ":=", "<=", ">=", "<>", "!=", "||", "&&", "<<", ">>", "->",
	};

	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (looking_at(lex, lex->at, signs[i]))
			return token(lex, SQL_SIGN, lex->at + strlen(signs[i]));
	return token(lex, SQL_SIGN, lex->at + 1);
}

/* Is the '.' at at between two names, as in a.1b? Else one before a digit starts a number. */
static bool joins_names(const struct sql_lex *lex, size_t at)
{
	unsigned char before = at > 0 ? byte_at(lex, at - 1) : 0;

	return is_word(before) || before == '`' || (before == '"' && lex->flags & SQL_ANSI_QUOTES);
}

struct sql_token sql_lex_next(struct sql_lex *lex)
{
	unsigned char c;

	if (!skip_gap(lex))
		return token(lex, SQL_BAD, lex->text.n);
	if (lex->at >= lex->text.n && lex->in_version_comment) {
		lex->in_version_comment = false;
		return token(lex, SQL_BAD, lex->text.n);
	}
	if (lex->at >= lex->text.n)
		return token(lex, SQL_END, lex->text.n);
	c = byte_at(lex, lex->at);
	if (is_digit(c) && !(lex->at > 0 && byte_at(lex, lex->at - 1) == '.'))
		return number_or_word(lex);
	if (c == '.' && is_digit(byte_at(lex, lex->at + 1)) && !joins_names(lex, lex->at))
		return token(lex, SQL_NUMBER, fraction_end(lex, lex->at));
	if (is_word(c))
		return word(lex);
	if (c == '`' || (c == '"' && lex->flags & SQL_ANSI_QUOTES))
		return quoted(lex, SQL_NAME, lex->at, false);
	if (opens_text(lex, lex->at))
		return quoted(lex, SQL_TEXT, lex->at, backslashes(lex));
	if (c == '@')
		return variable(lex);
	return sign(lex);
}

/* What a backslash and c stand for, added to out. */
char sql_unescape(char c)
{
	switch (c) {
	case '0':
		return '\0';
	case 'b':
		return '\b';
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	case 'Z':
		return 26;
	default:
		return c;
	}
}

static void put_unescaped(struct buf *out, char c)
{
	if (c == '%' || c == '_')	/* for LIKE, which wants to see the backslash */
		buf_put_char(out, '\\');
	buf_put_char(out, sql_unescape(c));
}

static struct str unquote(struct str in, char quote, bool backslash, struct arena *a)
{
	struct buf out;

	if (!memchr(in.p, quote, in.n) && !(backslash && memchr(in.p, '\\', in.n)))
		return in;
	out = (struct buf){ arena_alloc(a, in.n), 0, in.n, in.n, false };
	for (size_t i = 0; i < in.n; i++) {
		if (in.p[i] == '\\' && backslash && i + 1 < in.n) {
			put_unescaped(&out, in.p[++i]);
		} else {
			buf_put_char(&out, in.p[i]);
			i += in.p[i] == quote;		/* the second of a doubled one */
		}
	}
	return buf_str(&out);
}

/* The bytes of x'...' and b'...', whose digits fill the last byte's low end. */
static struct str from_digits(struct str digits, unsigned bits, struct arena *a)
{
	size_t n = (digits.n * bits + 7) / 8;
	unsigned char *out = arena_array(a, n + 1, 1);

	for (size_t i = 0; i < digits.n; i++) {
		unsigned char c = (unsigned char)digits.p[digits.n - 1 - i];
		unsigned v = is_digit(c) ? c - (unsigned)'0' : ((c | 0x20u) - 'a' + 10) & 15;

		v &= (1u << bits) - 1;
		out[n - 1 - i * bits / 8] |= (unsigned char)(v << i * bits % 8);
	}
	return (struct str){ (char *)out, n };
}

struct str sql_token_value(const struct sql_lex *lex, const struct sql_token *t, struct arena *a)
{
	size_t at = 0;
	char quote;
	struct str in;

	if (t->kind != SQL_NAME && t->kind != SQL_TEXT)
		return t->raw;
	while (at < t->raw.n && !is_quote((unsigned char)t->raw.p[at]))
		at++;
	if (at + 2 > t->raw.n)
		return t->raw;
	quote = t->raw.p[at];
	in = (struct str){ t->raw.p + at + 1, t->raw.n - at - 2 };
	if (at == 1 && (t->raw.p[0] | 0x20) == 'x')
		return from_digits(in, 4, a);
	if (at == 1 && (t->raw.p[0] | 0x20) == 'b')
		return from_digits(in, 1, a);
	return unquote(in, quote, t->kind == SQL_TEXT && backslashes(lex), a);
}
