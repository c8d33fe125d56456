/* expr_text.c - functions of texts: parts of them, and what is put together */
#include "rules/expr_parts.h"

#include "text/utf8.h"

bool text_is_binary(const struct node *n)
{
	return n->type == TYPE_TEXT && n->collation && collation_is_binary(n->collation);
}

size_t text_step(struct str s, size_t at, bool binary)
{
	unsigned n = binary ? 1 : utf8_step(s.p + at, s.p + s.n);

	return n ? n : 1;
}

size_t text_count(struct str s, bool binary)
{
	size_t n = 0;

	if (binary)
		return s.n;
	for (size_t at = 0; at < s.n; at += text_step(s, at, false))
		n++;
	return n;
}

size_t text_place(struct str s, wide n, bool binary)
{
	size_t at = 0;

	for (; at < s.n && n > 0; n--)
		at += text_step(s, at, binary);
	return at;
}

bool made_text(struct run *r, const struct node *n, struct value *v)
{
	if (r->made->over)
		return run_fail(r, n, "makes a text of more than 64 MiB");
	return give_text(v, arena_str(r->arena, buf_str(r->made)));
}

/* Texts in, one of the first ones' collation out. */
static bool bind_texts(struct binder *b, struct node *n)
{
	n->type = TYPE_TEXT;
	for (size_t i = 0; i < n->n; i++)
		if (!bind_text(b, &n->args[i]))
			return false;
	return bind_collation(b, n, 0, n->n);
}

static bool bind_first(struct binder *b, struct node *n)
{
	n->type = TYPE_TEXT;
	return bind_text(b, &n->args[0]) && bind_collation(b, n, 0, 1);
}

/* --- how long --- */

static bool bind_length(struct binder *b, struct node *n)
{
	n->type = TYPE_INT;
	return str_is(n->args[0]->charset, "latin1") ? bind_text(b, &n->args[0]) : bind_bytes(b, n, n->args[0]);
}

/* which: in bytes (1), in bits (8). */
static bool length_value(struct run *r, const struct node *n, struct value *v)
{
	struct str s;

	if (!text_of(r, n->args[0], &s, &v->null))
		return false;
	if (!v->null)	/* a byte for each letter, there */
		v->i = (wide)(str_is(n->args[0]->charset, "latin1") ? text_count(s, false) : s.n) * n->which;
	return true;
}

static bool bind_chars(struct binder *b, struct node *n)
{
	n->type = TYPE_INT;
	return bind_text(b, &n->args[0]);
}

static bool chars_value(struct run *r, const struct node *n, struct value *v)
{
	struct str s;

	if (!text_of(r, n->args[0], &s, &v->null))
		return false;
	if (!v->null)
		v->i = text_count(s, text_is_binary(n->args[0]));
	return true;
}

/* --- put together --- */

static bool concat_value(struct run *r, const struct node *n, struct value *v)
{
	struct str *parts = arena_array(r->arena, n->n, sizeof(*parts));
	bool null;

	for (size_t i = 0; i < n->n; i++) {
		if (!text_of(r, n->args[i], &parts[i], &null))
			return false;
		if (null)
			return give_null(v);
	}
	buf_clear(r->made);
	for (size_t i = 0; i < n->n; i++)
		buf_put_str(r->made, parts[i]);
	return made_text(r, n, v);
}

/* NULLs are left out, but for the separator. */
static bool concat_ws_value(struct run *r, const struct node *n, struct value *v)
{
	struct str *parts = arena_array(r->arena, n->n, sizeof(*parts));
	size_t n_parts = 0;
	bool null;

	for (size_t i = 0; i < n->n; i++) {
		if (!text_of(r, n->args[i], &parts[n_parts], &null))
			return false;
		if (null && i == 0)
			return give_null(v);
		n_parts += !null;
	}
	buf_clear(r->made);
	for (size_t i = 1; i < n_parts; i++) {
		if (i > 1)
			buf_put_str(r->made, parts[0]);
		buf_put_str(r->made, parts[i]);
	}
	return made_text(r, n, v);
}

static bool repeat_value(struct run *r, const struct node *n, struct value *v)
{
	struct str s;
	bool null;
	wide times;

	if (!text_of(r, n->args[0], &s, &v->null) || !wide_of(r, n->args[1], &times, &null))
		return false;
	if (v->null || null)
		return give_null(v);
	if (times > 0 && s.n > 0 && times > (wide)(EXPR_TEXT_MAX / s.n))
		return run_fail(r, n, "makes a text of more than 64 MiB");
	buf_clear(r->made);
	for (; times > 0 && s.n > 0; times--)
		buf_put_str(r->made, s);
	return made_text(r, n, v);
}

static bool pad_value(struct run *r, const struct node *n, struct value *v)
{
	struct str s, pad = STR_LIT(" ");
	bool null, no_pad = false, binary = text_is_binary(n);
	wide length, left;

	if (!text_of(r, n->args[0], &s, &v->null) || !wide_of(r, n->args[1], &length, &null) ||
	    (n->n > 2 && !text_of(r, n->args[2], &pad, &no_pad)))
		return false;
	if (v->null || null || no_pad || length < 0)
		return give_null(v);
	left = length - (wide)text_count(s, binary);
	if (left <= 0)
		return give_text(v, str_first(s, text_place(s, length, binary)));
	if (pad.n == 0)
		return run_fail(r, n, "fills up with an empty text");
	if (length > EXPR_TEXT_MAX)
		return run_fail(r, n, "makes a text of more than 64 MiB");
	buf_clear(r->made);
	if (n->which == 2)
		buf_put_str(r->made, s);
	for (wide each = (wide)text_count(pad, binary); left >= each; left -= each)
		buf_put_str(r->made, pad);
	buf_put_str(r->made, str_first(pad, text_place(pad, left, binary)));
	if (n->which == 1)
		buf_put_str(r->made, s);
	return made_text(r, n, v);
}

/* --- parts --- */

static bool left_value(struct run *r, const struct node *n, struct value *v)
{
	bool null, binary = text_is_binary(n);
	struct str s;
	wide want, all;

	if (!text_of(r, n->args[0], &s, &v->null) || !wide_of(r, n->args[1], &want, &null))
		return false;
	if (v->null || null)
		return give_null(v);
	if (want <= 0)
		return give_text(v, STR_LIT(""));
	if (n->which == 1)
		return give_text(v, str_first(s, text_place(s, want, binary)));
	all = (wide)text_count(s, binary);
	return give_text(v, want >= all ? s : str_from(s, text_place(s, all - want, binary)));
}

static bool substring_value(struct run *r, const struct node *n, struct value *v)
{
	bool null, no_length = false, binary = text_is_binary(n);
	struct str s;
	wide from, length = INT64_MAX, all;

	if (!text_of(r, n->args[0], &s, &v->null) || !wide_of(r, n->args[1], &from, &null) ||
	    (n->n > 2 && !wide_of(r, n->args[2], &length, &no_length)))
		return false;
	if (v->null || null || no_length)
		return give_null(v);
	all = (wide)text_count(s, binary);
	from = from < 0 ? all + from : from - 1;
	if (from < 0 || from >= all || length <= 0)
		return give_text(v, STR_LIT(""));
	s = str_from(s, text_place(s, from, binary));
	return give_text(v, str_first(s, text_place(s, length, binary)));
}

/* SUBSTRING_INDEX(s, delimiter, n): what is in front of the n-th one, or, n < 0, behind the n-th from the end. */
static bool substring_index_value(struct run *r, const struct node *n, struct value *v)
{
	struct str s, cut;
	bool null, other;
	wide times;

	if (!text_of(r, n->args[0], &s, &v->null) || !text_of(r, n->args[1], &cut, &null) || !wide_of(r, n->args[2], &times, &other))
		return false;
	if (v->null || null || other)
		return give_null(v);
	if (cut.n == 0 || s.n == 0 || times == 0)
		return give_text(v, STR_LIT(""));
	if (times > 0) {
		for (size_t at = 0; at + cut.n <= s.n;) {
			size_t found = str_find(str_from(s, at), cut);

			if (found == SIZE_MAX)
				break;
			if (--times == 0)
				return give_text(v, str_first(s, at + found));
			at += found + cut.n;
		}
		return give_text(v, s);
	}
	for (size_t end = s.n; end >= cut.n;) {
		size_t at = end - cut.n;

		if (memcmp(s.p + at, cut.p, cut.n) == 0) {
			if (++times == 0)
				return give_text(v, str_from(s, end));
			end = at;
		} else {
			end--;
		}
	}
	return give_text(v, s);
}

/* which: 1 at the start, 2 at the end, 3 both. */
static bool trim_value(struct run *r, const struct node *n, struct value *v)
{
	struct str s, cut = STR_LIT(" ");
	bool null = false;

	if (!text_of(r, n->args[0], &s, &v->null) || (n->n > 1 && !text_of(r, n->args[1], &cut, &null)))
		return false;
	if (v->null || null)
		return give_null(v);
	while ((n->which & 1) && cut.n > 0 && str_starts(s, cut))
		s = str_from(s, cut.n);
	while ((n->which & 2) && cut.n > 0 && str_ends(s, cut))
		s.n -= cut.n;
	return give_text(v, s);
}

static bool case_value(struct run *r, const struct node *n, struct value *v)
{
	struct str s;

	if (!text_of(r, n->args[0], &s, &v->null))
		return false;
	if (v->null || text_is_binary(n))
		return v->null || give_text(v, s);
	buf_clear(r->made);
	if (n->which == 1)
		collate_put_lower(r->made, s);
	else
		collate_put_upper(r->made, s);
	return made_text(r, n, v);
}

static bool reverse_value(struct run *r, const struct node *n, struct value *v)
{
	bool binary = text_is_binary(n);
	struct str s;
	char *to;

	if (!text_of(r, n->args[0], &s, &v->null))
		return false;
	if (v->null)
		return true;
	to = arena_alloc(r->arena, s.n + 1);
	for (size_t at = 0, one; at < s.n; at += one) {
		one = text_step(s, at, binary);
		memcpy(to + s.n - at - one, s.p + at, one);
	}
	return give_text(v, (struct str){ to, s.n });
}

/* Byte by byte: REPLACE tells a from A. */
static bool replace_value(struct run *r, const struct node *n, struct value *v)
{
	struct str s, from, to;
	bool null, other;

	if (!text_of(r, n->args[0], &s, &v->null) || !text_of(r, n->args[1], &from, &null) || !text_of(r, n->args[2], &to, &other))
		return false;
	if (v->null || null || other)
		return give_null(v);
	if (from.n == 0)
		return give_text(v, s);
	buf_clear(r->made);
	for (size_t at; (at = str_find(s, from)) != SIZE_MAX; s = str_from(s, at + from.n)) {
		buf_put_str(r->made, str_first(s, at));
		buf_put_str(r->made, to);
	}
	buf_put_str(r->made, s);
	return made_text(r, n, v);
}

const struct function functions_text[] = {
	{ "LENGTH", 1, 1, bind_length, length_value, 1 },
	{ "OCTET_LENGTH", 1, 1, bind_length, length_value, 1 },
	{ "BIT_LENGTH", 1, 1, bind_length, length_value, 8 },
	{ "CHAR_LENGTH", 1, 1, bind_chars, chars_value, 0 },
	{ "CHARACTER_LENGTH", 1, 1, bind_chars, chars_value, 0 },
	{ "CONCAT", 1, MANY, bind_texts, concat_value, 0 },
	{ "CONCAT_WS", 2, MANY, bind_texts, concat_ws_value, 0 },
	{ "REPEAT", 2, 2, bind_first, repeat_value, 0 },
	{ "LPAD", 2, 3, bind_first, pad_value, 1 },
	{ "RPAD", 2, 3, bind_first, pad_value, 2 },
	{ "LEFT", 2, 2, bind_first, left_value, 1 },
	{ "RIGHT", 2, 2, bind_first, left_value, 2 },
	{ "SUBSTRING", 2, 3, bind_first, substring_value, 0 },
	{ "SUBSTR", 2, 3, bind_first, substring_value, 0 },
	{ "MID", 2, 3, bind_first, substring_value, 0 },
	{ "SUBSTRING_INDEX", 3, 3, bind_first, substring_index_value, 0 },
	{ "TRIM", 1, 2, bind_first, trim_value, 0 },
	{ "LTRIM", 1, 1, bind_first, trim_value, 1 },
	{ "RTRIM", 1, 1, bind_first, trim_value, 2 },
	{ "LOWER", 1, 1, bind_first, case_value, 1 },
	{ "LCASE", 1, 1, bind_first, case_value, 1 },
	{ "UPPER", 1, 1, bind_first, case_value, 2 },
	{ "UCASE", 1, 1, bind_first, case_value, 2 },
	{ "REVERSE", 1, 1, bind_first, reverse_value, 0 },
	{ "REPLACE", 3, 3, bind_texts, replace_value, 0 },
	{ NULL, 0, 0, NULL, NULL, 0 }
};
