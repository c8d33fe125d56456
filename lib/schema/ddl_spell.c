#include "schema/ddl_spell.h"

#include <stdlib.h>

#include "base/mem.h"

static bool is_open(const struct ddl *ddl, const struct ddl_charset *said)
{
	return !said->collated && (said->of_column || !ddl->collated) && !str_is_nocase(said->charset, "default") &&
	       !str_is_nocase(said->charset, "binary");
}

bool ddl_put_spelled(struct buf *b, const struct ddl *ddl, const struct ddl_spelling *how, struct err *e)
{
	const struct ddl_charset **said;
	size_t n = 0, at = 0, left;
	bool ok = true;

	for (const struct ddl_charset *c = ddl->charsets; c; c = c->before)
		n++;
	said = mem_array(n + 1, sizeof(*said));
	left = n;
	for (const struct ddl_charset *c = ddl->charsets; c; c = c->before)
		said[--left] = c;
	if (ddl->kind == DDL_CREATE_DATABASE && ddl->n_names > 0 && !ddl->charsets && !ddl->collated && how->server.n > 0) {
		at = ddl->names[0].end;
		buf_put_str(b, str_first(ddl->sql, at));
		buf_putf(b, " COLLATE %.*s", STR(how->server));
	}
	for (size_t i = 0; ok && i < n; i++) {
		struct str name = STR_LIT("");

		if (!is_open(ddl, said[i]))
			continue;
		ok = how->collation(how->context, said[i]->charset, &name, e);
		if (!ok || name.n == 0)
			continue;
		buf_put_str(b, str_first(str_from(ddl->sql, at), said[i]->end - at));
		buf_putf(b, " COLLATE %.*s", STR(name));
		at = said[i]->end;
	}
	buf_put_str(b, str_from(ddl->sql, at));
	free(said);
	return ok;
}
