#include "schema/ddl_words.h"

#include <stdio.h>

#include "text/charset.h"

void words_init(struct words *w, struct ddl *ddl, struct arena *a)
{
	memset(w, 0, sizeof(*w));
	w->ddl = ddl;
	w->a = a;
	w->tail = &ddl->changes;
	sql_lex_init(&w->lex, ddl->sql, ddl->lex_flags);
	w->now = sql_lex_next(&w->lex);
}

bool at_end(const struct words *w)
{
	return w->now.kind == SQL_END;
}

bool at_sign(const struct words *w, char c)
{
	return w->now.kind == SQL_SIGN && w->now.raw.n == 1 && w->now.raw.p[0] == c;
}

bool at_word(const struct words *w, const char *keyword)
{
	return w->now.kind == SQL_WORD && str_is_nocase(w->now.raw, keyword);
}

void take_any(struct words *w)
{
	w->end = w->now.end;
	w->now = sql_lex_next(&w->lex);
}

bool take_sign(struct words *w, char c)
{
	if (!at_sign(w, c))
		return false;
	take_any(w);
	return true;
}

bool take_words(struct words *w, const char *keywords)
{
	struct words before = *w;
	const char *p = keywords;

	while (*p) {
		size_t n = strcspn(p, " ");

		if (w->now.kind != SQL_WORD || !str_eq_nocase(w->now.raw, (struct str){ p, n })) {
			*w = before;
			return false;
		}
		take_any(w);
		p += n;
		p += *p == ' ';
	}
	return true;
}

const char *take_one_of(struct words *w, const char *const *list)
{
	for (; *list; list++)
		if (take_words(w, *list))
			return *list;
	return NULL;
}

bool refuse(struct words *w, const char *why)
{
	if (!w->ddl->why[0])
		snprintf(w->ddl->why, sizeof(w->ddl->why), "%s", why);
	return false;
}

bool not_understood(struct words *w)
{
	struct str near = str_first(str_from(w->ddl->sql, w->now.start), 60);

	/* Not in the middle of a character. */
	while (near.n > 0 && w->now.start + near.n < w->ddl->sql.n &&
	       ((unsigned char)w->ddl->sql.p[w->now.start + near.n] & 0xc0) == 0x80)
		near.n--;
	if (w->ddl->why[0])
		return false;
	if (near.n == 0)
		snprintf(w->ddl->why, sizeof(w->ddl->why), "the statement ends too early");
	else
		snprintf(w->ddl->why, sizeof(w->ddl->why), "not understood at byte %zu, near '%.*s'", w->now.start, STR(near));
	return false;
}

bool want_sign(struct words *w, char c)
{
	return take_sign(w, c) || not_understood(w);
}

bool want_words(struct words *w, const char *keywords)
{
	return take_words(w, keywords) || not_understood(w);
}

bool at_name(const struct words *w)
{
	return w->now.kind == SQL_WORD || w->now.kind == SQL_NAME;
}

bool want_name(struct words *w, struct str *name)
{
	if (!at_name(w))
		return not_understood(w);
	*name = sql_token_value(&w->lex, &w->now, w->a);
	take_any(w);
	return name->n > 0 || not_understood(w);
}

void note_name(struct words *w, struct name_list *list, const struct ddl_name *name)
{
	if (list->n == list->room) {
		size_t room = list->room ? list->room * 2 : 4;
		struct ddl_name *bigger = arena_array(w->a, room, sizeof(*bigger));

		if (list->n)
			memcpy(bigger, list->names, list->n * sizeof(*bigger));
		list->names = bigger;
		list->room = room;
	}
	list->names[list->n++] = *name;
}

bool want_table(struct words *w, struct name_list *list, struct str default_schema)
{
	struct ddl_name name = { .schema = default_schema, .start = w->now.start };
	bool inside = w->lex.in_version_comment;	/* which the lexer, behind the next token, is where that token is */
	bool dot = !(w->lex.flags & SQL_MARIADB) && take_sign(w, '.');	/* .t: MySQL's other way to say t */

	if (dot && w->lex.in_version_comment != inside)
		return refuse(w, "a version comment begins or ends inside the name of a table");
	if (!want_name(w, &name.table))
		return false;
	if (!dot && at_sign(w, '.')) {
		bool parted = w->lex.in_version_comment != inside;

		take_sign(w, '.');
		if (parted || w->lex.in_version_comment != inside)
			return refuse(w, "a version comment begins or ends inside the name of a table");
		name.schema = name.table;
		name.qualified = true;
		if (!want_name(w, &name.table))
			return false;
	}
	name.end = w->end;
	note_name(w, list, &name);
	return true;
}

/* Up to the sign at depth 0 that closes or parts; depth counts the parentheses that are open. */
static void skip_until(struct words *w, bool comma_too)
{
	size_t depth = 0;

	while (w->now.kind != SQL_END && w->now.kind != SQL_BAD) {
		if (depth == 0 && (at_sign(w, ')') || (comma_too && at_sign(w, ','))))
			return;
		depth += at_sign(w, '(');
		depth -= at_sign(w, ')');
		take_any(w);
	}
}

bool want_balanced(struct words *w, struct str *inside)
{
	size_t from = w->now.end, to;

	if (!want_sign(w, '('))
		return false;
	skip_until(w, false);
	to = w->now.start;
	if (!want_sign(w, ')'))
		return false;
	if (inside)
		*inside = (struct str){ w->ddl->sql.p + from, to - from };
	return true;
}

void skip_clause(struct words *w)
{
	skip_until(w, true);
}

void skip_rest(struct words *w)
{
	while (w->now.kind != SQL_END && w->now.kind != SQL_BAD && !at_sign(w, ';'))
		take_any(w);
}

bool want_value(struct words *w, struct str *value)
{
	struct str ignored;

	if (!value)
		value = &ignored;
	switch (w->now.kind) {
	case SQL_WORD:
	case SQL_NAME:
	case SQL_TEXT:
		*value = sql_token_value(&w->lex, &w->now, w->a);
		break;
	case SQL_NUMBER:
		*value = w->now.raw;
		break;
	default:
		return not_understood(w);
	}
	take_any(w);
	return true;
}

bool want_option_value(struct words *w, struct str *value)
{
	take_sign(w, '=');
	return want_value(w, value);
}

bool take_if_exists(struct words *w)
{
	return take_words(w, "IF EXISTS");
}

bool take_if_not_exists(struct words *w)
{
	return take_words(w, "IF NOT EXISTS");
}

void take_wait(struct words *w)
{
	if (take_words(w, "WAIT") && w->now.kind == SQL_NUMBER)
		take_any(w);
	take_words(w, "NOWAIT");
}

struct ddl_change *add_change(struct words *w, enum ddl_op op, size_t start)
{
	struct ddl_change *change = arena_array(w->a, 1, sizeof(*change));

	change->op = op;
	change->start = start;
	change->end = start;
	*w->tail = change;
	w->tail = &change->next;
	return change;
}

/* What is read a second time, since a try came to nothing, is noted once. */
struct ddl_charset *note_charset(struct words *w, struct str charset)
{
	struct ddl_charset *said = arena_array(w->a, 1, sizeof(*said));

	while (w->ddl->charsets && w->ddl->charsets->end >= w->end)
		w->ddl->charsets = w->ddl->charsets->before;
	*said = (struct ddl_charset){ .charset = charset, .end = w->end, .before = w->ddl->charsets };
	w->ddl->charsets = said;
	return said;
}

struct str charset_of_collation_name(struct str collation)
{
	struct str name = collation;

	str_cut(collation, '_', &name, NULL);
	return charset_of_name(name) ? name : STR_LIT("");
}
