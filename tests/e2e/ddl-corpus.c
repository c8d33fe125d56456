/*
 * ddl-corpus.c - the statements of tests/data/ddl on a real server, under other names.
 *
 * usage: ddl-corpus SOCKET CORPUS-FOLDER FILE ...
 * Every name of a statement gets another one, the schemas too; there is no database with an old name and no default one, so what
 * was not rewritten is an error. One that names character sets is also run with their collations. An ALTER TABLE is also run change by change, on the same tables, and must leave the same.
 * Prints each statement that failed, and what was done in one line; exit status 1 where one failed.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "mysql/server.h"
#include "schema/ddl_cut.h"
#include "schema/ddl_spell.h"
#include "text/sql_quote.h"

#define LINE_MAX_BYTES (1 << 16)

static struct conn conn;
static size_t n_run, n_singles, n_spelled, n_failed;

static bool mariadb(void)
{
	return conn.flavor == FLAVOR_MARIADB;
}

/* s.t is s_r.t"r */
static struct str renamed(struct arena *a, struct str name, const char *suffix)
{
	return name.n ? arena_strf(a, "%.*s%s", STR(name), suffix) : STR_LIT("");
}

static struct str put_renamed(struct arena *a, const struct ddl *ddl)
{
	struct ddl_name *to = arena_array(a, ddl->n_names + 1, sizeof(*to));
	struct buf b = BUF_INIT(LINE_MAX_BYTES);
	struct str sql;

	for (size_t i = 0; i < ddl->n_names; i++)
		to[i] = (struct ddl_name){ .schema = renamed(a, ddl->names[i].schema, "_r"), .table = renamed(a, ddl->names[i].table, "\"r") };
	ddl_put_renamed(&b, ddl, to);
	sql = arena_str(a, buf_str(&b));
	buf_release(&b);
	return sql;
}

static void parse(struct ddl *ddl, struct arena *a, struct str sql, struct str sql_mode)
{
	ddl_parse(ddl, a, sql, STR_LIT("s"), sql_mode, mariadb());
}

/* --- what must be there first --- */

static struct { char name[64], sql[1024]; } setup[64];
static size_t n_setup;

static bool read_setup(const char *folder)
{
	char path[4096], line[LINE_MAX_BYTES];
	FILE *f;

	snprintf(path, sizeof(path), "%s/setup.sql", folder);
	f = fopen(path, "r");
	while (f && n_setup < 64 && fgets(line, sizeof(line), f)) {
		snprintf(setup[n_setup].name, sizeof(setup->name), "%.*s", (int)strcspn(line + 3, "\n"), line + 3);
		if (!fgets(line, sizeof(line), f))
			break;
		snprintf(setup[n_setup].sql, sizeof(setup->sql), "%.*s", (int)strcspn(line, "\n"), line);
		n_setup++;
	}
	if (f)
		fclose(f);
	return n_setup > 0;
}

static bool make_table(struct str name, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct ddl ddl;
	size_t i = 0;
	bool ok;

	while (i < n_setup && !str_is(name, setup[i].name))
		i++;
	if (i == n_setup)
		return err_set(e, &err_ddl_structure, "setup.sql has no '%.*s'", STR(name));
	parse(&ddl, &a, str_of(setup[i].sql), STR_LIT(""));
	ok = conn_run(&conn, put_renamed(&a, &ddl), e);
	arena_release(&a);
	return ok;
}

static bool make_all(struct str needs, struct err *e)
{
	bool ok = conn_run(&conn, STR_LIT("SET SESSION sql_mode = ''"), e) &&
		  conn_run(&conn, STR_LIT("DROP DATABASE IF EXISTS s_r"), e);

	if (!ok || str_is(needs, "none"))
		return ok;
	ok = conn_run(&conn, STR_LIT("CREATE DATABASE s_r CHARACTER SET utf8mb4"), e);
	while (ok && needs.n > 0 && !str_is(needs, "-")) {
		struct str one = needs;

		if (!str_cut(needs, ' ', &one, &needs))
			needs = STR_NONE;
		ok = make_table(one, e);
	}
	return ok;
}

/* --- one statement --- */

struct statement {
	struct str kind, needs, sql_mode, sql;
};

static bool set_mode(struct str sql_mode, struct err *e)
{
	return conn_runf(&conn, e, "SET SESSION sql_mode = '%.*s'", STR(sql_mode));
}

static int by_text(const void *a, const void *b)
{
	return str_compare(*(const struct str *)a, *(const struct str *)b);
}

/* The table as the server shows it, its lines sorted: in which order keys were made does not matter. */
static bool show(struct arena *a, const struct ddl_name *name, struct str *text, struct err *e)
{
	struct buf sql = BUF_INIT(4096), out = BUF_INIT(1 << 20);
	struct str lines[500], rest;
	struct result r = { 0 };
	bool more = false, ok;
	size_t n = 0;

	buf_put_text(&sql, "SHOW CREATE TABLE ");
	sql_put_table(&sql, renamed(a, name->schema, "_r"), renamed(a, name->table, "\"r"));
	ok = conn_query(&conn, &r, buf_str(&sql), false, e) && result_next(&r, &more, e);
	for (rest = ok && more ? arena_str(a, r.row[1]) : STR_NONE; rest.n > 0 && n < 500; n++) {
		lines[n] = rest;
		if (!str_cut(rest, '\n', &lines[n], &rest))
			rest = STR_NONE;
		if (str_ends(lines[n], STR_LIT(",")))
			lines[n].n--;
	}
	qsort(lines, n, sizeof(*lines), by_text);
	for (size_t i = 0; i < n; i++)
		buf_putf(&out, "%.*s\n", STR(lines[i]));
	result_release(&r);
	*text = arena_str(a, buf_str(&out));
	buf_release(&sql);
	buf_release(&out);
	return ok;
}

/* The name that the table has behind the statement. */
static const struct ddl_name *last_name(const struct ddl *ddl)
{
	const struct ddl_name *name = &ddl->names[0];

	for (const struct ddl_clause *c = ddl->clauses; c; c = c->next)
		if (c->kind == CLAUSE_RENAME)
			name = &ddl->names[c->name];
	return name;
}

/* Whole it left a table; change by change it leaves the same. */
static bool run_singles(struct arena *a, const struct statement *s, const struct ddl *ddl, struct err *e)
{
	struct str whole, parts, *singles;
	struct ddl renamed_ddl;
	size_t n;

	parse(&renamed_ddl, a, put_renamed(a, ddl), s->sql_mode);
	singles = ddl_singles(a, &renamed_ddl, &n);
	if (!singles)
		return true;
	n_singles++;
	if (!show(a, last_name(ddl), &whole, e) || !make_all(s->needs, e) || !set_mode(s->sql_mode, e))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!conn_run(&conn, singles[i], e))
			return err_at(e, "change %zu of %zu", i + 1, n);
	if (!show(a, last_name(ddl), &parts, e))
		return false;
	return str_eq(whole, parts) || err_set(e, &err_ddl_structure, "whole it makes\n%.*s\nchange by change\n%.*s", STR(whole), STR(parts));
}

static bool default_collation(void *a, struct str charset, struct str *name, struct err *e)
{
	return server_default_collation(&conn, a, charset, name, e);
}

/* With its collations said it does the same here, where they are what they were without. */
static bool run_spelled(struct arena *a, const struct statement *s, const struct ddl *ddl, struct err *e)
{
	struct ddl_spelling how = { default_collation, a, STR_LIT("") };
	struct str as_it_is = put_renamed(a, ddl), before = STR_LIT(""), after = STR_LIT(""), sql;
	struct buf b = BUF_INIT(LINE_MAX_BYTES);
	bool is_table = ddl->kind == DDL_CREATE_TABLE || ddl->kind == DDL_ALTER_TABLE, ok;
	struct ddl renamed_ddl;

	parse(&renamed_ddl, a, as_it_is, s->sql_mode);
	ok = conn_get(&conn, a, &how.server, STR_LIT("SELECT @@collation_server"), e) && ddl_put_spelled(&b, &renamed_ddl, &how, e);
	sql = arena_str(a, buf_str(&b));
	buf_release(&b);
	if (!ok || str_eq(sql, as_it_is))
		return ok;
	n_spelled++;
	ok = (!is_table || show(a, last_name(ddl), &before, e)) && make_all(s->needs, e) && set_mode(s->sql_mode, e) &&
	     conn_run(&conn, STR_LIT("DROP DATABASE IF EXISTS x_r"), e) &&
	     conn_run(&conn, STR_LIT("DROP DATABASE IF EXISTS `x-y z_r`"), e) && conn_run(&conn, sql, e) &&
	     (!is_table || show(a, last_name(ddl), &after, e));
	return ok ? str_eq(before, after) || err_set(e, &err_ddl_structure, "as it is it makes\n%.*s\nwith collations\n%.*s", STR(before),
						     STR(after)) : err_at(e, "with collations");
}

static bool run(const struct statement *s, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct ddl ddl;
	struct str sql;
	bool ok;

	parse(&ddl, &a, s->sql, s->sql_mode);
	sql = put_renamed(&a, &ddl);
	ok = make_all(s->needs, e) && set_mode(s->sql_mode, e) && conn_run(&conn, sql, e) && run_spelled(&a, s, &ddl, e) &&
	     run_singles(&a, s, &ddl, e) &&
	     conn_run(&conn, STR_LIT("DROP DATABASE IF EXISTS x_r"), e) &&
	     conn_run(&conn, STR_LIT("DROP DATABASE IF EXISTS `x-y z_r`"), e);
	arena_release(&a);
	return ok;
}

static bool is_wanted(struct str family, struct str kind)
{
	enum ddl_kind k = ddl_kind_of_name(kind);

	return (str_is(family, "both") || str_is(family, mariadb() ? "mariadb" : "mysql")) && k >= DDL_CREATE_DATABASE && k < DDL_CREATE_VIEW;
}

static struct str field(struct str *rest)
{
	struct str one = *rest;

	if (!str_cut(*rest, '|', &one, rest))
		*rest = STR_LIT("");
	return str_trim(one);
}

static void run_file(const char *folder, const char *name)
{
	char path[4096], head[LINE_MAX_BYTES], sql[LINE_MAX_BYTES];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s.sql", folder, name);
	f = fopen(path, "r");
	while (f && fgets(head, sizeof(head), f) && fgets(sql, sizeof(sql), f)) {
		struct str rest = str_trim(str_of(head + 3)), family = field(&rest);
		struct statement s = { .kind = field(&rest) };
		struct err e = { 0 };

		field(&rest);		/* the tables: unit tests compare them */
		s.needs = field(&rest);
		s.sql_mode = field(&rest);
		s.sql = str_first(str_of(sql), strcspn(sql, "\n"));
		if (!is_wanted(family, s.kind))
			continue;
		n_run++;
		if (run(&s, &e))
			continue;
		n_failed++;
		printf("%s: %.*s\n    %s\n", name, STR(s.sql), e.text);
	}
	if (f)
		fclose(f);
	else
		printf("cannot read %s\n", path);
}

int main(int argc, char **argv)
{
	struct endpoint at = { .user = STR_LIT("root") };
	struct conn_want want = { .at = &at, .scope = SCOPE_DOWNSTREAM };
	struct err e = { 0 };
	struct arena a = ARENA_INIT;
	struct str left = STR_LIT("");

	if (argc < 4 || !read_setup(argv[2]))
		return 64;
	at.socket = str_of(argv[1]);
	if (!conn_open(&conn, &want, &e)) {
		printf("%s\n", e.text);
		return 1;
	}
	for (int i = 3; i < argc; i++)
		run_file(argv[2], argv[i]);
	if (!conn_get(&conn, &a, &left, STR_LIT("SELECT COUNT(*) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME IN ('s', 'x', 'x-y z')"), &e) ||
	    !str_is(left, "0")) {
		printf("something bears an old name; %s\n", e.text);
		n_failed++;
	}
	printf("ran %zu, change by change %zu, with collations %zu, failed %zu\n", n_run, n_singles, n_spelled, n_failed);
	conn_close(&conn);
	arena_release(&a);
	return n_failed > 0;
}
