/* spec.c - names and patterns as the command line has them. */
#include "base/buf.h"
#include "rules/parts.h"

#define SPEC_MAX 4096

/* The place of stop outside of `...` and [...], or the end. */
static size_t find_stop(struct str text, char stop)
{
	bool quoted = false, class = false;

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (c == '`')
			quoted = !quoted;
		else if (!quoted && c == '[' && memchr(text.p + i, ']', text.n - i))
			class = true;
		else if (!quoted && c == ']')
			class = false;
		else if (!quoted && !class && c == stop)
			return i;
	}
	return text.n;
}

/* A part in back quotes is what stands between them, doubled ones once. */
static bool unquote(struct str part, struct arena *a, struct str *name, struct err *e)
{
	struct buf b = BUF_INIT(SPEC_MAX);
	bool ok = true;

	if (part.n == 0 || part.p[0] != '`') {
		*name = arena_str(a, part);
		return true;
	}
	for (size_t i = 1; i < part.n; i++) {
		bool quote = part.p[i] == '`';

		if (quote && i + 1 < part.n && part.p[i + 1] == '`')
			i++;
		else if (quote && i + 1 == part.n)
			break;
		else if (quote)
			ok = false;
		buf_put_char(&b, part.p[i]);
	}
	ok = ok && part.n > 1 && part.p[part.n - 1] == '`';
	*name = arena_str(a, buf_str(&b));
	buf_release(&b);
	return ok || err_set(e, &err_usage, "back quotes do not match in '%.*s'", STR(part));
}

bool spec_parse(struct str text, struct arena *a, struct str *schema, struct str *table, struct err *e)
{
	size_t dot = find_stop(text, '.');

	*table = STR_LIT("");
	if (text.n > SPEC_MAX)
		return err_set(e, &err_usage, "a pattern is longer than %d bytes", SPEC_MAX);
	if (!unquote(str_first(text, dot), a, schema, e) ||
	    (dot < text.n && !unquote(str_from(text, dot + 1), a, table, e)))
		return false;
	if (schema->n == 0 || (dot < text.n && table->n == 0))
		return err_set(e, &err_usage, "'%.*s' wants a name on both sides of its dot", STR(text));
	return true;
}

bool spec_cut(struct str text, char stop, struct str *name, struct str *rest)
{
	size_t at = find_stop(text, stop);

	if (at == text.n)
		return false;
	*name = str_first(text, at);
	*rest = str_from(text, at + 1);
	return true;
}

bool spec_parse_pair(struct str text, struct arena *a, struct config_route *route, struct err *e)
{
	size_t equal = find_stop(text, '=');

	if (equal == text.n)
		return err_set(e, &err_usage,
			       "route '%.*s' wants the form SCHEMA.TABLE=SCHEMA.TABLE or SCHEMA=SCHEMA", STR(text));
	return spec_parse(str_first(text, equal), a, &route->schema_pattern, &route->table_pattern, e) &&
	       spec_parse(str_from(text, equal + 1), a, &route->target_schema, &route->target_table, e);
}
