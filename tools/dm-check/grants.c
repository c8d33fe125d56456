/* grants.c - what a user may do. */
#include "check.h"

#include "text/sql_quote.h"

/* `name`, as servers print it; text moves behind it. */
static bool take_name(struct str *text, struct arena *a, struct str *name)
{
	struct buf b = BUF_INIT(4096);
	size_t i = 1;

	if (text->n == 0 || text->p[0] != '`')
		return false;
	for (; i < text->n; i++) {
		if (text->p[i] == '`' && (i + 1 == text->n || text->p[i + 1] != '`'))
			break;
		i += text->p[i] == '`';
		buf_put_char(&b, text->p[i]);
	}
	*name = arena_str(a, buf_str(&b));
	*text = str_from(*text, i + 1);
	buf_release(&b);
	return true;
}

/* "GRANT SELECT, INSERT ON `db`.* TO ...". What is about one table, a routine or a proxy gives nothing here. */
static void add_line(struct grants *g, struct str line, struct arena *a)
{
	struct grant grant = { .schema = STR_LIT("") };
	size_t on = str_find(line, STR_LIT(" ON "));
	struct str rest;

	if (!str_starts(line, STR_LIT("GRANT ")))
		return;
	if (on == SIZE_MAX) {
		g->roles = true;
		return;
	}
	grant.privileges = arena_str(a, str_first(str_from(line, 6), on - 6));
	rest = str_from(line, on + 4);
	if (!str_starts(rest, STR_LIT("*.* ")) &&
	    (!take_name(&rest, a, &grant.schema) || !str_starts(rest, STR_LIT(".* "))))
		return;
	g->items[g->n++] = grant;
}

/* user@host, as CURRENT_USER() says it, as GRANT ... TO takes it: 'user'@'host'. */
static struct str quoted_user(struct str user, const struct conn *c, struct arena *a)
{
	struct str name = user, host = STR_LIT("%"), quoted;
	struct buf b = BUF_INIT(4096);

	str_cut_last(user, '@', &name, &host);
	sql_put_text(&b, name, c->backslash);
	buf_put_char(&b, '@');
	sql_put_text(&b, host, c->backslash);
	quoted = arena_str(a, buf_str(&b));
	buf_release(&b);
	return quoted;
}

bool grants_read(struct grants *g, struct conn *c, struct arena *a, struct err *e)
{
	size_t room = 1000;
	struct result r = { 0 };
	bool more, ok;

	*g = (struct grants){ .items = arena_array(a, room, sizeof(*g->items)) };
	ok = conn_get(c, a, &g->user, STR_LIT("SELECT CURRENT_USER()"), e) &&
	     conn_query(c, &r, STR_LIT("SHOW GRANTS"), false, e);
	if (!ok)
		return false;
	g->user = quoted_user(g->user, c, a);
	while ((ok = result_next(&r, &more, e)) && more && g->n < room)
		add_line(g, r.row[0], a);
	result_release(&r);
	return ok;
}

/* As LIKE, with '\' in front of what stands for itself. */
static bool like(struct str pattern, struct str name)
{
	while (pattern.n > 0) {
		char c = pattern.p[0];

		if (c == '%') {
			for (size_t i = 0; i <= name.n; i++)
				if (like(str_from(pattern, 1), str_from(name, i)))
					return true;
			return false;
		}
		if (c == '\\' && pattern.n > 1) {
			pattern = str_from(pattern, 1);
			c = pattern.p[0];
		} else if (c == '_' && name.n > 0) {
			c = name.p[0];
		}
		if (name.n == 0 || name.p[0] != c)
			return false;
		pattern = str_from(pattern, 1);
		name = str_from(name, 1);
	}
	return name.n == 0;
}

static bool lists(struct str privileges, const char *want)
{
	struct str one;

	while (privileges.n > 0) {
		if (!str_cut(privileges, ',', &one, &privileges)) {
			one = privileges;
			privileges = STR_NONE;
		}
		one = str_trim(one);
		if (str_is_nocase(one, want) || str_is_nocase(one, "ALL PRIVILEGES") || str_is_nocase(one, "ALL"))
			return true;
	}
	return false;
}

bool grants_have(const struct grants *g, struct str schema, const char *const *privileges)
{
	for (size_t i = 0; i < g->n; i++) {
		const struct grant *grant = &g->items[i];

		if (grant->schema.n && (schema.n == 0 || !like(grant->schema, schema)))
			continue;
		for (const char *const *p = privileges; *p; p++)
			if (lists(grant->privileges, *p))
				return true;
	}
	return false;
}
