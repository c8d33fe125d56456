#include "text/csv.h"

#include "text/sql_lex.h"

/* Where we are in a row. */
struct place {
	const struct csv_form *form;
	struct str text;
	size_t at;
	bool last;
	struct arena *a;
};

enum follows { FOLLOWS_NONE, FOLLOWS_SEPARATOR, FOLLOWS_TERMINATOR, FOLLOWS_MORE };

static bool starts(struct str rest, struct str mark)
{
	return mark.n > 0 && str_starts(rest, mark);
}

/* May more text make the mark of what is there? */
static bool may_become(const struct place *p, struct str rest, struct str mark)
{
	return !p->last && rest.n < mark.n && str_starts(mark, rest);
}

/* What stands at a place, and how long it is. */
static enum follows follows(const struct place *p, size_t at, size_t *n)
{
	const struct csv_form *form = p->form;
	struct str rest = str_from(p->text, at), end = form->terminator;

	*n = 0;
	if (rest.n == 0)
		return p->last ? FOLLOWS_TERMINATOR : FOLLOWS_MORE;
	if (end.n == 0)
		end = rest.p[0] == '\r' ? STR_LIT("\r\n") : STR_LIT("\n");
	/* One may begin as the other does ("|" and "|\n"): the longer one counts. */
	if (end.n > form->separator.n && may_become(p, rest, end))
		return FOLLOWS_MORE;
	if (form->separator.n > end.n && may_become(p, rest, form->separator))
		return FOLLOWS_MORE;
	*n = end.n;
	if (starts(rest, end) && (end.n > form->separator.n || !starts(rest, form->separator)))
		return FOLLOWS_TERMINATOR;
	if (may_become(p, rest, form->separator))
		return FOLLOWS_MORE;
	*n = form->separator.n;
	if (starts(rest, form->separator))
		return FOLLOWS_SEPARATOR;
	*n = 0;
	return may_become(p, rest, end) ? FOLLOWS_MORE : FOLLOWS_NONE;
}

/* The text between two places, with escapes and doubled delimiters made plain. */
static struct str plain(const struct place *p, size_t from, size_t end, bool quoted)
{
	struct str raw = { p->text.p + from, end - from }, mark = p->form->delimiter;
	char *to;
	size_t n = 0;

	if ((!p->form->backslash || !memchr(raw.p, '\\', raw.n)) &&
	    (!quoted || str_find(raw, mark) == SIZE_MAX))
		return raw;
	to = arena_alloc(p->a, raw.n + 1);
	for (size_t i = 0; i < raw.n; ) {
		if (p->form->backslash && raw.p[i] == '\\' && i + 1 < raw.n) {
			to[n++] = sql_unescape(raw.p[i + 1]);
			i += 2;
		} else if (quoted && starts(str_from(raw, i), mark)) {
			memcpy(to + n, mark.p, mark.n);
			n += mark.n;
			i += 2 * mark.n;
		} else {
			to[n++] = raw.p[i++];
		}
	}
	return (struct str){ to, n };
}

/* Behind the opening delimiter, to the closing one. CSV_ROW: taken. */
static enum csv_got take_quoted(struct place *p, struct csv_field *field)
{
	struct str mark = p->form->delimiter;
	size_t from = p->at + mark.n, at = from;

	for (;;) {
		struct str rest = str_from(p->text, at);

		if (rest.n == 0 || (p->form->backslash && rest.p[0] == '\\' && rest.n < 2))
			return p->last ? CSV_TORN : CSV_MORE;
		if (p->form->backslash && rest.p[0] == '\\') {
			at += 2;
		} else if (!str_starts(rest, mark)) {
			if (may_become(p, rest, mark))
				return CSV_MORE;
			at++;
		} else if (may_become(p, str_from(rest, mark.n), mark)) {
			return CSV_MORE;
		} else if (!str_starts(str_from(rest, mark.n), mark)) {
			break;
		} else {
			at += 2 * mark.n;
		}
	}
	*field = (struct csv_field){ .text = plain(p, from, at, true), .quoted = true };
	p->at = at + mark.n;
	return CSV_ROW;
}

static enum csv_got take_bare(struct place *p, struct csv_field *field)
{
	size_t from = p->at, n;

	for (;;) {
		enum follows next;

		if (p->form->backslash && p->at < p->text.n && p->text.p[p->at] == '\\') {
			if (p->at + 1 >= p->text.n && !p->last)
				return CSV_MORE;
			p->at += p->at + 1 < p->text.n ? 2 : 1;
			continue;
		}
		next = follows(p, p->at, &n);
		if (next == FOLLOWS_MORE)
			return CSV_MORE;
		if (next != FOLLOWS_NONE)
			break;
		p->at++;
	}
	field->quoted = false;
	field->is_null = str_eq((struct str){ p->text.p + from, p->at - from }, p->form->null_value);
	field->text = plain(p, from, p->at, false);
	return CSV_ROW;
}

enum csv_got csv_next(const struct csv_form *form, struct str text, bool last, struct csv_field *fields, size_t max, size_t *n,
		      size_t *used, struct arena *a)
{
	struct place p = { .form = form, .text = text, .last = last, .a = a };

	*n = *used = 0;
	if (text.n == 0)
		return last ? CSV_END : CSV_MORE;
	for (;;) {
		struct str rest = str_from(text, p.at);
		enum csv_got got;
		enum follows next;
		size_t width;

		if (*n == max)
			return CSV_WIDE;
		if (may_become(&p, rest, form->delimiter))
			return CSV_MORE;
		got = starts(rest, form->delimiter) ? take_quoted(&p, &fields[*n]) : take_bare(&p, &fields[*n]);
		if (got != CSV_ROW)
			return got;
		(*n)++;
		next = follows(&p, p.at, &width);
		p.at += width;
		*used = p.at;
		switch (next) {
		case FOLLOWS_SEPARATOR:
			break;
		case FOLLOWS_TERMINATOR:
			return CSV_ROW;
		case FOLLOWS_MORE:
			return CSV_MORE;
		case FOLLOWS_NONE:
			return CSV_BAD;
		}
	}
}
