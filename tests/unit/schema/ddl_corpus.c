/* ddl_corpus.c - the statements of tests/data/ddl: kind and tables of each, renamed to their own names and to others. */
#include "tests.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "schema/ddl_cut.h"
#include "schema/ddl_spell.h"

#define CORPUS "tests/data/ddl/"
#define STATEMENTS_MIN 400

static size_t statements;

struct wanted {
	struct str family, kind, tables, sql_mode, sql;
};

static void put_names(struct buf *b, const struct ddl *ddl)
{
	for (size_t i = 0; i < ddl->n_names; i++)
		buf_putf(b, "%s%.*s.%.*s", i == 0 && ddl->n_tables > 0 ? "" : i == ddl->n_tables ? ";" : " ", STR(ddl->names[i].schema),
			 STR(ddl->names[i].table));
}

static bool is_about(const struct ddl *ddl, struct str kind, struct str names)
{
	struct buf b = BUF_INIT(4096);
	bool ok;

	put_names(&b, ddl);
	ok = str_is(kind, ddl_kind_name(ddl->kind)) && str_eq(buf_str(&b), names);
	if (!ok)
		printf("#   %s %.*s: %.*s: %s\n", ddl_kind_name(ddl->kind), STR(buf_str(&b)), STR(ddl->sql), ddl->why);
	buf_release(&b);
	return ok;
}

/* Renamed, it is the same statement about other names. */
static bool is_renamed(const struct ddl *ddl, const struct wanted *w, bool mariadb)
{
	struct ddl_name *to = mem_array(ddl->n_names + 1, sizeof(*to));
	struct buf b = BUF_INIT(1 << 16), names = BUF_INIT(4096);
	struct arena a = ARENA_INIT;
	struct ddl again, wanted = *ddl;
	bool ok;

	for (size_t i = 0; i < ddl->n_names; i++)
		to[i] = (struct ddl_name){ .schema = STR_LIT("q r"),
					   .table = ddl->names[i].table.n ? arena_strf(&a, "x`%zu", i) : STR_LIT("") };
	ddl_put_renamed(&b, ddl, to);
	wanted.names = to;
	put_names(&names, &wanted);
	ddl_parse(&again, &a, buf_str(&b), STR_LIT("other"), w->sql_mode, mariadb);
	ok = is_about(&again, w->kind, buf_str(&names));
	free(to);
	buf_release(&names);
	buf_release(&b);
	arena_release(&a);
	return ok;
}

/* Every clause stands where it says: all of them together are the statement. */
static bool is_whole(const struct ddl *ddl, const struct wanted *w, bool mariadb)
{
	bool *keep = mem_array(ddl->n_clauses + 1, sizeof(*keep)), ok = true;
	struct buf b = BUF_INIT(1 << 16);
	struct arena a = ARENA_INIT;
	struct ddl again;

	for (size_t i = 0; i < ddl->n_clauses; i++)
		keep[i] = true;
	if (ddl->n_clauses > 0) {
		ddl_put_clauses(&b, ddl, keep);
		ddl_parse(&again, &a, buf_str(&b), STR_LIT("s"), w->sql_mode, mariadb);
		ok = is_about(&again, w->kind, w->tables) && again.n_clauses == ddl->n_clauses;
	}
	free(keep);
	buf_release(&b);
	arena_release(&a);
	return ok;
}

static bool collation(void *context, struct str charset, struct str *name, struct err *e)
{
	(void)context;
	(void)charset;
	(void)e;
	*name = STR_LIT("made_up");
	return true;
}

/* With its collations said it is the same statement, which says all there is to say. */
static bool is_spelled(const struct ddl *ddl, const struct wanted *w, bool mariadb)
{
	struct ddl_spelling how = { collation, NULL, STR_LIT("made_up") };
	struct buf b = BUF_INIT(1 << 16), twice = BUF_INIT(1 << 16);
	struct arena a = ARENA_INIT;
	struct err e = { 0 };
	struct ddl again;
	bool ok;

	ok = ddl_put_spelled(&b, ddl, &how, &e);
	ddl_parse(&again, &a, buf_str(&b), STR_LIT("s"), w->sql_mode, mariadb);
	ok = ok && is_about(&again, w->kind, w->tables) && again.n_clauses == ddl->n_clauses && ddl_put_spelled(&twice, &again, &how, &e) &&
	     str_eq(buf_str(&twice), buf_str(&b));
	buf_release(&b);
	buf_release(&twice);
	arena_release(&a);
	return ok;
}

static void check_one(const struct wanted *w, bool mariadb)
{
	struct arena a = ARENA_INIT;
	struct ddl ddl;

	statements++;
	ddl_parse(&ddl, &a, w->sql, STR_LIT("s"), w->sql_mode, mariadb);
	CHECK(is_about(&ddl, w->kind, w->tables));
	CHECK(is_renamed(&ddl, w, mariadb));
	CHECK(is_whole(&ddl, w, mariadb));
	CHECK(is_spelled(&ddl, w, mariadb));
	arena_release(&a);
}

/* Tests run in an empty folder: the corpus is found from where the program stands. */
static bool find_corpus(char *path, size_t size)
{
	ssize_t n = readlink("/proc/self/exe", path, size - 100);

	while (n > 0) {
		while (n > 0 && path[n - 1] != '/')
			n--;
		strcpy(path + n, CORPUS);
		if (access(path, R_OK) == 0)
			return true;
		n--;
	}
	return false;
}

static struct str field(struct str *rest)
{
	struct str one = *rest;

	if (!str_cut(*rest, '|', &one, rest))
		*rest = STR_LIT("");
	return str_trim(one);
}

static void check_file(const char *name)
{
	FILE *f = fopen(name, "r");
	char head[4096], sql[1 << 16];

	CHECK(f != NULL);
	while (f && fgets(head, sizeof(head), f) && fgets(sql, sizeof(sql), f)) {
		struct str rest = str_trim(str_of(head + 3));
		struct wanted w = { .sql = str_of(sql) };

		w.family = field(&rest);
		w.kind = field(&rest);
		w.tables = field(&rest);
		field(&rest);			/* what must be there first is the server's business */
		w.sql_mode = field(&rest);
		w.sql.n -= w.sql.n > 0 && w.sql.p[w.sql.n - 1] == '\n';
		CHECK(strncmp(head, "-- ", 3) == 0);
		if (!str_starts(w.family, STR_LIT("mariadb")))
			check_one(&w, false);
		if (!str_starts(w.family, STR_LIT("mysql")))
			check_one(&w, true);
	}
	if (f)
		fclose(f);
}

static void every_form_of_a_statement_is_understood(void)
{
	static const char *const files[] = {
		"databases", "create-table", "alter-table", "partitions", "indexes", "drop-rename-truncate", "names",
		"views-and-others", "tidb",
	};
	char folder[4096], name[4200];

	CHECK(find_corpus(folder, sizeof(folder)));
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		snprintf(name, sizeof(name), "%s%s.sql", folder, files[i]);
		check_file(name);
	}
	CHECK(statements >= STATEMENTS_MIN);
}

void test_ddl_corpus(void)
{
	RUN(every_form_of_a_statement_is_understood);
}
