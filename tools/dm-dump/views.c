/* views.c - views into files, each behind those that it reads; see dump.h
 *
 * The file that stands in for a view is a table with its columns, as Dumpling and mydumper do it: so the files of views
 * can be loaded in any order. */
#include "dump.h"

#include <stdlib.h>

#include "text/sql_lex.h"
#include "text/sql_quote.h"

enum { NOT_PUT, BEING_PUT, PUT };

struct view_being {
	struct str sql, collation;
	int state;
};

struct views {
	struct dump_dir *dir;
	const struct catalog *catalog;
	const struct dump_want *want;
	struct view_being *all;		/* catalog->views' own */
	struct map by_name;		/* "`schema`.`view`" -> number + 1 */
	struct arena arena;
};

static struct str key_of(struct arena *a, struct str schema, struct str name)
{
	struct buf b = BUF_INIT(4096);
	struct str key;

	sql_put_table(&b, schema, name);
	key = arena_str(a, buf_str(&b));
	buf_release(&b);
	return key;
}

/* The columns, as numbers: what they are shows when the view is made. */
static bool put_stand_in(struct views *v, const struct dump_view *view, struct conn *conn, struct err *e)
{
	struct buf sql = BUF_INIT(1 << 20), text = BUF_INIT(1 << 24);
	const char *before = "\n";
	struct result r;
	bool more = true, ok;

	buf_put_text(&sql, "SELECT COLUMN_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ");
	sql_put_text(&sql, view->schema, true);
	buf_put_text(&sql, " AND TABLE_NAME = ");
	sql_put_text(&sql, view->name, true);
	buf_put_text(&sql, " ORDER BY ORDINAL_POSITION");
	ok = conn_query(conn, &r, buf_str(&sql), false, e);
	buf_put_text(&text, program_head);
	buf_put_text(&text, "CREATE TABLE ");
	sql_put_name(&text, view->name);
	buf_put_text(&text, " (");
	while (ok && (ok = result_next(&r, &more, e)) && more) {
		buf_put_text(&text, before);
		before = ",\n";
		sql_put_name(&text, r.row[0]);
		buf_put_text(&text, " int");
	}
	buf_put_text(&text, "\n);\n");
	result_release(&r);
	ok = ok && buf_ok(&text, "a view", e) &&
	     out_file_write(v->dir, DUMP_TABLE, view->schema, view->name, buf_str(&text), e);
	buf_release(&sql);
	buf_release(&text);
	return ok;
}

/* USE, so that names of the same schema stand alone, and the view can be made in another. */
static bool read_view(struct views *v, size_t i, struct conn *conn, struct err *e)
{
	const struct dump_view *view = &v->catalog->views[i];
	struct buf sql = BUF_INIT(8192);
	struct result r = { 0 };
	bool more = false, ok;

	buf_put_text(&sql, "USE ");
	sql_put_name(&sql, view->schema);
	ok = conn_run(conn, buf_str(&sql), e);
	buf_clear(&sql);
	buf_put_text(&sql, "SHOW CREATE VIEW ");
	sql_put_name(&sql, view->name);
	ok = ok && conn_query(conn, &r, buf_str(&sql), false, e) && result_next(&r, &more, e);
	if (ok && (!more || r.n < 4 || !r.row[1].p || !r.row[3].p))
		ok = err_set(e, &err_dump_changed, "%s: the view `%.*s`.`%.*s` is not shown", conn->name, STR(view->schema),
			     STR(view->name));
	if (ok) {
		v->all[i].sql = arena_str(&v->arena, r.row[1]);
		v->all[i].collation = arena_str(&v->arena, r.row[3]);
	}
	result_release(&r);
	buf_release(&sql);
	return ok;
}

static bool put_view(struct views *v, size_t i, struct err *e);

/* Every name in the statement that may be a view's: more than there are do no harm. */
static bool put_needed(struct views *v, size_t i, struct err *e)
{
	const struct dump_view *view = &v->catalog->views[i];
	struct sql_token t, name = { .kind = SQL_END };
	struct arena a = ARENA_INIT;
	struct sql_lex lex;
	bool dot = false, ok = true;

	sql_lex_init(&lex, v->all[i].sql, 0);
	while (ok && (t = sql_lex_next(&lex)).kind != SQL_END && t.kind != SQL_BAD) {
		if (t.kind == SQL_NAME) {
			struct str schema = dot ? sql_token_value(&lex, &name, &a) : view->schema;
			size_t other = (size_t)map_get(&v->by_name, key_of(&a, schema, sql_token_value(&lex, &t, &a)));

			ok = other == 0 || put_view(v, other - 1, e);
			name = t;
			dot = false;
		} else {
			dot = str_is(t.raw, ".");
		}
	}
	arena_release(&a);
	return ok;
}

static bool put_view(struct views *v, size_t i, struct err *e)
{
	const struct dump_view *view = &v->catalog->views[i];
	struct buf text = BUF_INIT(1 << 26);
	bool ok;

	if (v->all[i].state != NOT_PUT)		/* views do not read themselves: it was a column's name */
		return true;
	v->all[i].state = BEING_PUT;
	if (!put_needed(v, i, e))
		return false;
	buf_put_text(&text, program_head);
	buf_put_text(&text, "DROP TABLE IF EXISTS ");
	sql_put_name(&text, view->name);
	buf_put_text(&text, ";\nDROP VIEW IF EXISTS ");
	sql_put_name(&text, view->name);
	buf_put_text(&text, ";\nSET COLLATION_CONNECTION=");
	sql_put_text(&text, v->all[i].collation, true);
	buf_put_text(&text, ";\n");
	program_put(&text, v->all[i].sql, v->want);
	buf_put_text(&text, ";\n");
	ok = buf_ok(&text, "a view", e) && out_file_write(v->dir, DUMP_VIEW, view->schema, view->name, buf_str(&text), e);
	buf_release(&text);
	v->all[i].state = PUT;
	return ok;
}

bool views_put(struct dump_dir *dir, const struct catalog *catalog, struct conn *conn, const struct dump_want *want,
	       struct err *e)
{
	struct views v = { .dir = dir, .catalog = catalog, .want = want, .by_name = MAP_INIT };
	bool ok = true;

	v.all = mem_array(catalog->n_views + 1, sizeof(*v.all));
	memset(v.all, 0, (catalog->n_views + 1) * sizeof(*v.all));
	for (size_t i = 0; ok && i < catalog->n_views; i++) {
		map_put(&v.by_name, key_of(&v.arena, catalog->views[i].schema, catalog->views[i].name), (void *)(i + 1));
		ok = put_stand_in(&v, &catalog->views[i], conn, e) && read_view(&v, i, conn, e);
	}
	for (size_t i = 0; ok && i < catalog->n_views; i++)
		ok = put_view(&v, i, e);
	free(v.all);
	map_release(&v.by_name);
	arena_release(&v.arena);
	return ok;
}
