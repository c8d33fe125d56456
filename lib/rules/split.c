#include "rules/split.h"

#include "schema/ddl_cut.h"
#include "text/sql_lex.h"

bool split_can(const struct ddl *ddl)
{
	return ddl->kind == DDL_DROP_TABLE || ddl->kind == DDL_RENAME_TABLE;
}

size_t split_group(const struct ddl *ddl)
{
	return ddl->kind == DDL_RENAME_TABLE ? 2 : 1;
}

void split_put(struct buf *b, const struct ddl *ddl, const bool *keep)
{
	size_t group = split_group(ddl), n = ddl->n_tables / group, tail = ddl->names[ddl->n_tables - 1].end;
	bool some = false;

	ddl_put_bytes(b, ddl, 0, ddl->names[0].start);
	/* A name in quotes needs no space on either side, but the one that stands there now may. */
	if (ddl_has_version_comment(ddl) || (!keep[0] && b->n > 0 && b->p[b->n - 1] > ' '))
		buf_put_char(b, ' ');
	for (size_t i = 0; i < n; i++) {
		size_t start = ddl->names[i * group].start, end = ddl->names[i * group + group - 1].end;

		if (!keep[i])
			continue;
		if (some)
			buf_put_text(b, ", ");
		ddl_put_bytes(b, ddl, start, end);
		some = true;
	}
	if (!keep[n - 1] && tail < ddl->sql.n && ddl->sql.p[tail] > ' ')
		buf_put_char(b, ' ');
	ddl_put_bytes(b, ddl, tail, ddl->sql.n);
}

static bool same(const struct ddl_name *a, const struct ddl_name *b)
{
	return str_eq_nocase(a->schema, b->schema) && str_eq_nocase(a->table, b->table);
}

void split_rename_chains(const struct ddl *ddl, size_t *first, size_t *last)
{
	size_t n = ddl->n_tables / 2;

	for (size_t i = 0; i < n; i++) {
		first[i] = i;
		for (size_t j = i; j-- > 0;) {
			if (same(&ddl->names[2 * j + 1], &ddl->names[2 * i])) {
				first[i] = first[j];
				break;
			}
		}
	}
	for (size_t i = 0; i < n; i++) {
		last[i] = i;
		for (size_t j = i + 1; j < n; j++)
			if (first[j] == first[i])
				last[i] = j;
	}
}

bool split_is_only_rename(const struct ddl *ddl)
{
	struct sql_lex lex;
	struct sql_token t;

	sql_lex_init(&lex, str_first(ddl->sql, ddl->names[1].start), ddl->lex_flags);
	lex.at = ddl->names[0].end;
	t = sql_lex_next(&lex);
	if (t.kind != SQL_WORD || !str_is_nocase(t.raw, "rename"))
		return false;
	t = sql_lex_next(&lex);
	if (t.kind != SQL_END)		/* TO, AS or = */
		t = sql_lex_next(&lex);
	if (t.kind != SQL_END)
		return false;
	sql_lex_init(&lex, ddl->sql, ddl->lex_flags);
	lex.at = ddl->names[1].end;
	t = sql_lex_next(&lex);
	return t.kind == SQL_END || (t.kind == SQL_SIGN && str_is(t.raw, ";"));
}
