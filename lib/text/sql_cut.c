#include "text/sql_cut.h"

void sql_cut_init(struct sql_cut *cut)
{
	*cut = (struct sql_cut){ .backslash = true, .terminator = ";" };
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The place of the quote that closes, or text.n. *escape: a backslash is the last of what is there. */
static size_t quote_end(const struct sql_cut *cut, struct str text, size_t at, bool *escape)
{
	bool backslash = cut->backslash && cut->quote != '`';

	while (at < text.n) {
		const char *end = memchr(text.p + at, cut->quote, text.n - at);
		size_t n = end ? (size_t)(end - text.p) : text.n;
		const char *slash = backslash ? memchr(text.p + at, '\\', n - at) : NULL;

		if (!slash)
			return n;
		at = (size_t)(slash - text.p) + 2;
	}
	*escape = at > text.n;
	return text.n;
}

/* Moves behind the quote or comment that is open. False where its end is not there yet: at is then where to go on. */
static bool skip_quoted(struct sql_cut *cut, struct str text)
{
	bool escape = false;
	size_t end;

	if (cut->quote == '*') {
		end = str_find(str_from(text, cut->at), STR_LIT("*/"));
		end = end == SIZE_MAX ? text.n : cut->at + end + 1;
		escape = end == text.n && text.n > cut->at && text.p[text.n - 1] == '*';
	} else if (cut->quote == '-') {
		const char *line = memchr(text.p + cut->at, '\n', text.n - cut->at);

		end = line ? (size_t)(line - text.p) : text.n;
	} else {
		end = quote_end(cut, text, cut->at, &escape);
	}
	cut->at = end < text.n ? end + 1 : end - escape;	/* of a pair, both halves are looked at together */
	if (end < text.n)
		cut->quote = 0;
	return end < text.n;
}

/* Does a comment begin here? n: how many bytes open it. A dash comment needs white space behind it. */
static char comment_at(struct str rest, bool last, bool *unsure, size_t *n)
{
	*unsure = false;
	*n = 1;
	if (rest.p[0] == '#')
		return '-';
	if (rest.n < 2) {
		*unsure = !last && (rest.p[0] == '-' || rest.p[0] == '/');
		return 0;
	}
	*n = 2;
	if (rest.p[0] == '/' && rest.p[1] == '*')
		return '*';
	if (rest.p[0] != '-' || rest.p[1] != '-')
		return 0;
	if (rest.n < 3) {
		*unsure = !last;
		return last ? '-' : 0;
	}
	return (unsigned char)rest.p[2] <= ' ' || rest.p[2] == 0x7f ? '-' : 0;
}

/* Is the comment one that holds a statement? MORE: too little is there to tell. */
static enum sql_cut_got version_comment(struct str rest, bool last)
{
	static const char *const marks[] = { "/*!", "/*M!", "/*T!" };

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		struct str mark = str_of(marks[i]);

		if (!last && rest.n < mark.n + 6 && str_starts(mark, str_first(rest, mark.n)))
			return SQL_CUT_MORE;
		if (str_starts(rest, mark))
			return str_starts(str_from(rest, mark.n), STR_LIT("999999")) ? SQL_CUT_END : SQL_CUT_STATEMENT;
	}
	return SQL_CUT_END;
}

/* "DELIMITER ;;" in front of a statement, up to the end of its line. END: it is none. */
static enum sql_cut_got take_delimiter(struct sql_cut *cut, struct str text, bool last)
{
	struct str word = STR_LIT("DELIMITER"), rest = str_from(text, cut->at), line, name;

	if (rest.n <= word.n)
		return !last && str_starts_nocase(word, rest) ? SQL_CUT_MORE : SQL_CUT_END;
	if (!str_starts_nocase(rest, word) || !is_space(rest.p[word.n]))
		return SQL_CUT_END;
	line = rest;
	if (!str_cut(rest, '\n', &line, NULL) && !last)
		return SQL_CUT_MORE;
	name = str_trim(str_from(line, word.n));
	if (name.n == 0 || name.n >= sizeof(cut->terminator) || memchr(name.p, '\0', name.n))
		return SQL_CUT_END;	/* no statement either: whoever takes it will say so */
	memcpy(cut->terminator, name.p, name.n);
	cut->terminator[name.n] = '\0';
	cut->at_line_end = false;
	cut->at += line.n;
	return SQL_CUT_STATEMENT;
}

/* Before a statement: white space, comments, DELIMITER lines and lone terminators. STATEMENT: one begins at cut->at. */
static enum sql_cut_got skip_between(struct sql_cut *cut, struct str text, bool last)
{
	while (cut->at < text.n) {
		struct str rest = str_from(text, cut->at);
		enum sql_cut_got got;
		bool unsure;
		size_t n;
		char comment;

		if (cut->quote) {
			if (!skip_quoted(cut, text))
				break;
			continue;
		}
		if (is_space(rest.p[0])) {
			cut->at++;
			continue;
		}
		if (str_starts(rest, str_of(cut->terminator))) {
			cut->at += strlen(cut->terminator);
			continue;
		}
		if (!last && str_starts(str_of(cut->terminator), rest))
			return SQL_CUT_MORE;
		comment = comment_at(rest, last, &unsure, &n);
		if (unsure)
			return SQL_CUT_MORE;
		got = comment == '*' ? version_comment(rest, last) : SQL_CUT_END;
		if (got != SQL_CUT_END)
			return got;
		if (comment) {
			cut->quote = comment;
			cut->at += n;
			continue;
		}
		got = take_delimiter(cut, text, last);
		if (got == SQL_CUT_MORE)
			return SQL_CUT_MORE;
		if (got == SQL_CUT_END)
			return SQL_CUT_STATEMENT;
	}
	if (!last)
		return SQL_CUT_MORE;
	return cut->quote == '*' ? SQL_CUT_TORN : SQL_CUT_END;
}

/* What may open a quote or a comment, or end the statement. */
static bool is_plain(const struct sql_cut *cut, char c)
{
	switch (c) {
	case '\'': case '"': case '`': case '#': case '-': case '/':
		return false;
	default:
		return c != cut->terminator[0];
	}
}

/* At a terminator, or not; MORE: the end of what is there may be the start of one. */
static enum sql_cut_got terminator_at(const struct sql_cut *cut, struct str rest, bool last)
{
	struct str end = str_of(cut->terminator);

	if (!last && rest.n < end.n + cut->at_line_end && str_starts(end, str_first(rest, end.n)))
		return SQL_CUT_MORE;
	if (!str_starts(rest, end))
		return SQL_CUT_END;
	if (cut->at_line_end && rest.n > end.n && rest.p[end.n] != '\n' && rest.p[end.n] != '\r')
		return SQL_CUT_END;
	return SQL_CUT_STATEMENT;
}

/* Inside a statement, to its end. */
static enum sql_cut_got scan(struct sql_cut *cut, struct str text, bool last)
{
	for (;;) {
		enum sql_cut_got got;
		struct str rest;
		bool unsure;
		size_t n;
		char comment;

		if (cut->quote && !skip_quoted(cut, text))
			return last ? SQL_CUT_TORN : SQL_CUT_MORE;
		while (cut->at < text.n && is_plain(cut, text.p[cut->at]))
			cut->at++;
		rest = str_from(text, cut->at);
		if (rest.n == 0)
			return last ? SQL_CUT_TORN : SQL_CUT_MORE;
		got = terminator_at(cut, rest, last);
		if (got != SQL_CUT_END)
			return got;
		if (rest.p[0] == '\'' || rest.p[0] == '"' || rest.p[0] == '`') {
			cut->quote = rest.p[0];
			cut->at++;
			continue;
		}
		comment = comment_at(rest, last, &unsure, &n);
		got = comment == '*' ? version_comment(rest, last) : SQL_CUT_END;
		if (unsure || got == SQL_CUT_MORE)
			return SQL_CUT_MORE;
		/* What a version comment holds is part of the statement, and so are the quotes in it. */
		cut->quote = got == SQL_CUT_STATEMENT ? 0 : comment;
		cut->at += comment ? n : 1;
	}
}

enum sql_cut_got sql_cut_next(struct sql_cut *cut, struct str text, bool last, struct str *statement, size_t *used)
{
	enum sql_cut_got got;

	*used = 0;
	if (!cut->inside) {
		got = skip_between(cut, text, last);
		if (got != SQL_CUT_STATEMENT) {
			*used = cut->at;
			cut->at = 0;
			return got;
		}
		cut->inside = true;
		cut->start = cut->at;
	}
	got = scan(cut, text, last);
	if (got == SQL_CUT_MORE) {
		*used = cut->start;
		cut->at -= cut->start;
		cut->start = 0;
	}
	if (got != SQL_CUT_STATEMENT)
		return got;
	*statement = (struct str){ text.p + cut->start, cut->at - cut->start };
	*used = cut->at + strlen(cut->terminator);
	cut->inside = false;
	cut->at = cut->start = 0;
	return SQL_CUT_STATEMENT;
}
