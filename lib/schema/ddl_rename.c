/*
 * ddl_rename.c - puts a statement with other names in it; everything else stays the user's own text.
 */
#include "schema/ddl.h"

#include <stdlib.h>

#include "base/mem.h"
#include "text/sql_quote.h"

/* A piece of the statement that is not copied as it is. */
struct piece {
	size_t start, end;
	size_t name;		/* index of the name that stands there; SIZE_MAX: nothing does */
};

static int by_start(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

static void put_name(struct buf *b, const struct ddl *ddl, const struct ddl_name *old, const struct ddl_name *to)
{
	struct str spelling = { ddl->sql.p + old->start, old->end - old->start };
	bool same = str_eq(old->schema, to->schema) && str_eq(old->table, to->table);

	if (spelling.n == 0) {		/* ALTER DATABASE without a name: here it would stand */
		buf_put_char(b, ' ');
		sql_put_name(b, to->schema);
	} else if (same) {
		if (old->table.n > 0 && !old->qualified && to->schema.n > 0) {
			sql_put_name(b, to->schema);
			if (spelling.p[0] != '.')	/* .t is t in MySQL */
				buf_put_char(b, '.');
		}
		buf_put_str(b, spelling);
	} else if (old->table.n == 0) {
		sql_put_name(b, to->schema);
	} else {
		sql_put_table(b, to->schema, to->table);
	}
}

void ddl_put_renamed(struct buf *b, const struct ddl *ddl, const struct ddl_name *to)
{
	struct piece *pieces = mem_array(ddl->n_names + 1, sizeof(*pieces));
	size_t n = 0, at = 0;

	for (size_t i = 0; i < ddl->n_names; i++)
		pieces[n++] = (struct piece){ ddl->names[i].start, ddl->names[i].end, i };
	if (ddl->cut_end > ddl->cut_start)
		pieces[n++] = (struct piece){ ddl->cut_start, ddl->cut_end, SIZE_MAX };
	qsort(pieces, n, sizeof(*pieces), by_start);
	for (size_t i = 0; i < n; i++) {
		buf_put(b, ddl->sql.p + at, pieces[i].start - at);
		if (pieces[i].name != SIZE_MAX)
			put_name(b, ddl, &ddl->names[pieces[i].name], &to[pieces[i].name]);
		at = pieces[i].end;
		/* Two back quotes would be one in a name. */
		if (at < ddl->sql.n && ddl->sql.p[at] == '`' && b->n > 0 && b->p[b->n - 1] == '`')
			buf_put_char(b, ' ');
	}
	buf_put_str(b, str_from(ddl->sql, at));
	free(pieces);
}
