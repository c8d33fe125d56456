/* ddl_apply.c - statements carried out on structures. */
#include "tests.h"

#include "schema/ddl.h"

/* The tables that are known, in the order in which they came. */
struct world {
	struct table tables[8];
	size_t n;
	unsigned forgotten;	/* how often a table was said to be unknown */
};

static size_t find(const struct world *w, struct str schema, struct str name)
{
	for (size_t i = 0; i < w->n; i++)
		if (str_eq(w->tables[i].schema, schema) && str_eq(w->tables[i].name, name))
			return i;
	return w->n;
}

static const struct table *world_get(void *context, struct str schema, struct str name)
{
	struct world *w = context;
	size_t at = find(w, schema, name);

	return at < w->n ? &w->tables[at] : NULL;
}

static void world_drop(struct world *w, size_t at)
{
	table_release(&w->tables[at]);
	w->n--;
	memmove(w->tables + at, w->tables + at + 1, (w->n - at) * sizeof(*w->tables));
}

static void world_set(void *context, struct str schema, struct str name, const struct table *t)
{
	struct world *w = context;
	size_t at = find(w, schema, name);
	struct table copy;

	w->forgotten += !t;
	if (t)
		table_copy(&copy, t);
	if (at < w->n)
		world_drop(w, at);
	if (t) {
		CHECK(str_eq(t->schema, schema) && str_eq(t->name, name));
		w->tables[w->n++] = copy;
	}
}

static void world_drop_schema(void *context, struct str schema)
{
	struct world *w = context;

	for (size_t i = w->n; i > 0; i--)
		if (str_eq(w->tables[i - 1].schema, schema))
			world_drop(w, i - 1);
}

static void world_release(struct world *w)
{
	while (w->n > 0)
		world_drop(w, w->n - 1);
}

/* How the server is; set by a test before it runs statements. */
static struct {
	bool mariadb;
	const char *charset, *sql_mode;
	int timestamps;
} server;

static struct err e;

static bool run(struct world *w, struct str sql)
{
	struct ddl_tables tables = {
		.get = world_get, .set = world_set, .drop_schema = world_drop_schema, .context = w,
		.default_charset = str_of(server.charset), .timestamps = server.timestamps,
	};
	struct arena a = ARENA_INIT;
	struct ddl ddl;
	bool ok;

	err_clear(&e);
	ddl_parse(&ddl, &a, sql, STR_LIT("d"), str_of(server.sql_mode), server.mariadb);
	CHECK(ddl.kind != DDL_UNKNOWN);
	if (ddl.kind == DDL_UNKNOWN)
		printf("#   %.*s: %s\n", STR(sql), ddl.why);
	ok = ddl_apply(&ddl, &tables, &e);
	arena_release(&a);
	return ok;
}

/* "a int! auto,b varchar(3)/latin1~b|PRIMARY(a) u*(b:2)": ! is NOT NULL, * is unique, ~ versioned with its row end. */
static void put_table(struct buf *b, const struct table *t)
{
	for (size_t i = 0; i < t->n_columns; i++) {
		const struct column *c = &t->columns[i];

		buf_putf(b, "%s%.*s %.*s%s%.*s%s%s%s%s%s", i ? "," : "", STR(c->name), STR(c->type), c->charset.n ? "/" : "", STR(c->charset),
			 c->nullable ? "" : "!", c->auto_increment ? " auto" : "", c->generated ? " gen" : "", c->base64 ? " b64" : "",
			 c->invisible ? " hid" : "");
		if (c->has_default)
			buf_putf(b, "=%.*s", STR(c->def));
	}
	if (t->versioned)
		buf_putf(b, "~%.*s", STR(t->row_end));
	for (size_t i = 0; i < t->n_keys; i++) {
		buf_putf(b, "%c%.*s%s(", i ? ' ' : '|', STR(t->keys[i].name), t->keys[i].unique && i + 1 > 0 ? "*" : "");
		for (size_t k = 0; k < t->keys[i].n_parts; k++) {
			buf_putf(b, "%s%.*s", k ? "," : "", STR(t->keys[i].parts[k].column));
			if (t->keys[i].parts[k].prefix)
				buf_putf(b, ":%u", t->keys[i].parts[k].prefix);
		}
		buf_put_char(b, ')');
	}
}

/* Runs statements parted by ';', and looks at d.t after the last. "unknown" where it is not known. */
static bool makes(const char *statements, const char *wanted)
{
	struct world w = { .n = 0 };
	struct buf b = BUF_INIT(1 << 16);
	struct str rest = str_of(statements), sql;
	const struct table *t;
	bool ok = true;

	while (ok && rest.n > 0) {
		if (!str_cut(rest, ';', &sql, &rest)) {
			sql = rest;
			rest.n = 0;
		}
		ok = run(&w, sql);
	}
	t = world_get(&w, STR_LIT("d"), STR_LIT("t"));
	if (!ok)
		buf_put_text(&b, e.text);
	else if (t)
		put_table(&b, t);
	else
		buf_put_text(&b, "unknown");
	ok = holds(&b, wanted);
	if (!ok)
		printf("#   of %s\n", statements);
	world_release(&w);
	buf_release(&b);
	return ok;
}

static void like_mysql(void)
{
	server.mariadb = false;
	server.charset = "utf8mb4";
	server.sql_mode = "";
	server.timestamps = TIMESTAMPS_EXPLICIT;
}

static void a_table_is_made_of_its_columns(void)
{
	like_mysql();
	CHECK(makes("CREATE TABLE t (a INT NOT NULL AUTO_INCREMENT PRIMARY KEY, b VARCHAR(10) DEFAULT 'x', c TEXT CHARSET latin1)",
		    "a int! auto,b varchar(10)/utf8mb4=x,c text/latin1|PRIMARY*(a)"));
	CHECK(makes("CREATE TABLE t (a SERIAL, b BOOL NOT NULL, c NCHAR(3), d INT INVISIBLE, e INT AS (d+1))",
		    "a bigint unsigned! auto,b tinyint!,c char(3)/utf8mb3,d int hid,e int gen|a*(a)"));
	CHECK(makes("CREATE TABLE t (a CHAR(3) CHARACTER SET binary, b TEXT CHARACTER SET binary, c VARCHAR(5) BYTE, d BLOB, e ENUM('x ', \"y'\"))",
		    "a binary(3) b64,b blob b64,c varbinary(5) b64,d blob b64,e enum('x','y''')/utf8mb4"));
	CHECK(makes("CREATE TABLE t (a TEXT(10), b TEXT(100), c TEXT(70000), d BLOB(300), e TINYTEXT)",
		    "a tinytext/utf8mb4,b text/utf8mb4,c mediumtext/utf8mb4,d blob b64,e tinytext/utf8mb4"));
	CHECK(makes("CREATE TABLE t (a CHAR COLLATE latin1_bin, b CHAR ASCII, c CHAR, d JSON) COLLATE gbk_bin",
		    "a char(1)/latin1,b char(1)/latin1,c char(1)/gbk,d json"));
	CHECK(makes("CREATE TABLE t (a INT DEFAULT NULL, b INT DEFAULT 5, c DATETIME DEFAULT NOW(), d INT DEFAULT (1 + 1))",
		    "a int,b int=5,c datetime=NOW(),d int=(1 + 1)"));
}

static void keys_are_named_as_servers_do(void)
{
	like_mysql();
	CHECK(makes("CREATE TABLE t (a INT UNIQUE, b INT, KEY (b), KEY (b, a), UNIQUE (a), UNIQUE KEY k (b), CONSTRAINT s UNIQUE (a, b), "
		    "PRIMARY KEY (b, a))",
		    "a int!,b int!|PRIMARY*(b,a) a*(a) b(b) b_2(b,a) a_2*(a) k*(b) s*(a,b)"));
	CHECK(makes("CREATE TABLE t (a CHAR(10), b TEXT, KEY (a(10)), KEY p (a(9)), KEY x (b(9)), KEY ((a + 1)), KEY (a, (b)))",
		    "a char(10)/utf8mb4,b text/utf8mb4|a(a) p(a:9) x(b:9) functional_index() functional_index_2(a,)"));
	CHECK(makes("CREATE TABLE t (a INT, b INT, FOREIGN KEY (a) REFERENCES p (a), CONSTRAINT fk FOREIGN KEY i (b) REFERENCES p (a), KEY (a, b))",
		    "a int,b int|a(a,b) fk(b)"));
	CHECK(makes("CREATE TABLE t (`primary` INT, UNIQUE (`primary`))", "primary int|primary_2*(primary)"));
}

static void columns_move_and_change(void)
{
	like_mysql();
	CHECK(makes("CREATE TABLE t (a INT, b INT, c INT); ALTER TABLE t ADD d INT FIRST, ADD e INT AFTER b, ADD f INT, DROP c",
		    "d int,a int,b int,e int,f int"));
	CHECK(makes("CREATE TABLE t (a INT, b INT, c INT); ALTER TABLE t MODIFY c BIGINT FIRST, CHANGE a x INT NOT NULL AFTER b",
		    "c bigint,b int,x int!"));
	CHECK(makes("CREATE TABLE t (a INT, b CHAR(3)); ALTER TABLE t CHANGE a b INT, CHANGE b a CHAR(3)", "b int,a char(3)/utf8mb4"));
	CHECK(makes("CREATE TABLE t (a INT, b INT); ALTER TABLE t DROP a, ADD a TEXT", "b int,a text/utf8mb4"));
	CHECK(makes("CREATE TABLE t (a INT); ALTER TABLE t ADD (b INT, c INT, UNIQUE (b))", "a int,b int,c int|b*(b)"));
	CHECK(makes("CREATE TABLE t (a INT, b INT); ALTER TABLE t RENAME COLUMN a TO b, RENAME COLUMN b TO a", "b int,a int"));
	CHECK(makes("CREATE TABLE t (a INT DEFAULT 1, b INT); ALTER TABLE t ALTER a DROP DEFAULT, ALTER COLUMN b SET DEFAULT 7, ALTER b SET INVISIBLE",
		    "a int,b int hid=7"));
	CHECK(makes("CREATE TABLE t (a INT, b INT); ALTER TABLE t CHANGE a c INT, ADD d INT AFTER c", "c int,d int,b int"));
	CHECK(makes("CREATE TABLE t (A INT); ALTER TABLE t MODIFY a BIGINT", "a bigint"));
}

static void conditions_of_clauses_look_at_what_was_there(void)
{
	like_mysql();
	CHECK(makes("CREATE TABLE t (a INT, b INT, KEY k (a)); ALTER TABLE t ADD COLUMN IF NOT EXISTS a BIGINT, ADD COLUMN IF NOT EXISTS c INT, "
		    "DROP COLUMN IF EXISTS z, MODIFY COLUMN IF EXISTS y INT, ADD INDEX IF NOT EXISTS k (b), ADD INDEX IF NOT EXISTS (b)",
		    "a int,b int,c int|k(a) b(b)"));
}

static void keys_follow_their_columns(void)
{
	like_mysql();
	CHECK(makes("CREATE TABLE t (a INT, b INT, c INT, PRIMARY KEY (a), UNIQUE u (b, c), KEY k (c)); ALTER TABLE t DROP c, CHANGE b x INT NOT NULL",
		    "a int!,x int!|PRIMARY*(a) u*(x)"));
	CHECK(makes("CREATE TABLE t (a INT PRIMARY KEY, b INT); ALTER TABLE t DROP PRIMARY KEY, ADD PRIMARY KEY (b)", "a int!,b int!|PRIMARY*(b)"));
	CHECK(makes("CREATE TABLE t (a INT PRIMARY KEY); ALTER TABLE t MODIFY a BIGINT", "a bigint!|PRIMARY*(a)"));
	CHECK(makes("CREATE TABLE t (a INT, UNIQUE u (a), KEY k (a)); ALTER TABLE t DROP INDEX u, RENAME INDEX k TO l; CREATE UNIQUE INDEX v ON t (a);"
		    "DROP INDEX l ON t", "a int|v*(a)"));
	CHECK(makes("CREATE TABLE t (a INT, CONSTRAINT u UNIQUE (a), KEY k (a)); ALTER TABLE t DROP CONSTRAINT u, DROP CONSTRAINT k", "a int|k(a)"));
	CHECK(makes("CREATE TABLE t (a VARCHAR(10), KEY k (a(5))); ALTER TABLE t MODIFY a VARCHAR(5)", "a varchar(5)/utf8mb4|k(a)"));
	CHECK(makes("CREATE TABLE t (a VARCHAR(10), KEY k (a(5))); ALTER TABLE t MODIFY a INT", "a int|k(a)"));
	CHECK(makes("CREATE TABLE t (a VARCHAR(10), KEY k (a(5))); ALTER TABLE t MODIFY a TEXT", "a text/utf8mb4|k(a:5)"));
	CHECK(makes("CREATE TABLE t (a INT); ALTER TABLE t ADD b INT PRIMARY KEY, ADD c INT UNIQUE", "a int,b int!,c int|PRIMARY*(b) c*(c)"));
}

static void charsets_come_from_column_table_database(void)
{
	like_mysql();
	server.charset = "latin1";
	CHECK(makes("CREATE TABLE t (a CHAR(1)); ALTER TABLE t CHARSET utf8mb4; ALTER TABLE t ADD b CHAR(1), ADD c CHAR(1) CHARSET DEFAULT",
		    "a char(1)/latin1,b char(1)/utf8mb4,c char(1)/utf8mb4"));
	CHECK(makes("CREATE TABLE t (a CHAR(1), b TEXT, c TINYTEXT, d INT, e BLOB); ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4",
		    "a char(1)/utf8mb4,b mediumtext/utf8mb4,c text/utf8mb4,d int,e blob b64"));
	CHECK(makes("CREATE TABLE t (a CHAR(1)) CHARSET utf8; ALTER TABLE t CONVERT TO CHARSET DEFAULT", "a char(1)/latin1"));
	CHECK(makes("CREATE TABLE t (a CHAR(1)); ALTER TABLE t MODIFY a CHAR(2), CHARSET gbk", "a char(2)/gbk"));
	server.charset = "";
	CHECK(makes("CREATE TABLE t (a CHAR(1))", "unknown"));
	CHECK(makes("CREATE TABLE t (a INT)", "a int"));
	CHECK(makes("CREATE TABLE t (a CHAR(1)) CHARSET=utf8", "a char(1)/utf8mb3"));
}

static void mariadb_differs(void)
{
	like_mysql();
	server.mariadb = true;
	CHECK(makes("CREATE TABLE t (a JSON, b INT, c INT NOT NULL, d CHAR(1) DEFAULT 'it''s', e INT DEFAULT NULL)",
		    "a longtext/utf8mb4=NULL,b int=NULL,c int!,d char(1)/utf8mb4='it''s',e int=NULL"));
	CHECK(makes("CREATE TABLE t (a INT); CREATE OR REPLACE TABLE t (b INT NOT NULL)", "b int!"));
	CHECK(makes("CREATE TABLE t (a INT) WITH SYSTEM VERSIONING", "a int=NULL~"));
	CHECK(makes("CREATE TABLE t (a INT, b INT WITHOUT SYSTEM VERSIONING); ALTER TABLE t ADD SYSTEM VERSIONING", "a int=NULL,b int=NULL~"));
	CHECK(makes("CREATE TABLE t (a INT) WITH SYSTEM VERSIONING; ALTER TABLE t ADD b INT NOT NULL FIRST", "b int!,a int=NULL~"));
	CHECK(makes("CREATE TABLE t (a INT) WITH SYSTEM VERSIONING; ALTER TABLE t DROP SYSTEM VERSIONING", "a int=NULL"));
	CHECK(makes("CREATE TABLE t (a INT, s TIMESTAMP(6) GENERATED ALWAYS AS ROW START, e TIMESTAMP(6) AS ROW END, "
		    "PERIOD FOR SYSTEM_TIME (s, e)) WITH SYSTEM VERSIONING", "a int=NULL,s timestamp(6)! gen,e timestamp(6)! gen~e"));
	CHECK(makes("CREATE TABLE t (a INT, s TIMESTAMP(6) AS ROW START, e TIMESTAMP(6) AS ROW END, PERIOD FOR SYSTEM_TIME (s, e)) "
		    "WITH SYSTEM VERSIONING; ALTER TABLE t DROP s, DROP e, DROP PERIOD FOR SYSTEM_TIME, DROP SYSTEM VERSIONING", "a int=NULL"));
	CHECK(makes("CREATE TABLE t (a INT WITH SYSTEM VERSIONING)", "unknown"));
	CHECK(makes("CREATE SEQUENCE t; ALTER SEQUENCE t RESTART 5", "next_not_cached_value bigint(21)!,minimum_value bigint(21)!,"
		    "maximum_value bigint(21)!,start_value bigint(21)!,increment bigint(21)!,cache_size bigint(21) unsigned!,"
		    "cycle_option tinyint(1) unsigned!,cycle_count bigint(21)!"));
	CHECK(makes("CREATE SEQUENCE t AS INT", "unknown"));
	CHECK(makes("CREATE TABLE t (a INT, b DATE, c DATE, PERIOD FOR p (b, c))", "unknown"));
	CHECK(makes("CREATE TABLE t (a INT REFERENCES p (x), b INT UNIQUE PRIMARY KEY)", "a int=NULL,b int!|PRIMARY*(b) a(a)"));
	CHECK(makes("CREATE TABLE t (a INT UNIQUE); ALTER TABLE t ADD COLUMN IF NOT EXISTS a INT UNIQUE", "a int=NULL|a*(a)"));
	CHECK(makes("CREATE TABLE t (a INT); ALTER TABLE t ADD COLUMN IF NOT EXISTS a INT UNIQUE", "a int=NULL|a*(a)"));
	CHECK(makes("CREATE TABLE t (a INT); ALTER TABLE t ADD b INT, MODIFY b BIGINT", "unknown"));
	server.sql_mode = "PIPES_AS_CONCAT,ORACLE";
	CHECK(makes("CREATE TABLE t (a DATE)", "unknown"));
}

static void a_timestamp_depends_on_a_variable(void)
{
	like_mysql();
	CHECK(makes("CREATE TABLE t (a TIMESTAMP, b TIMESTAMP NOT NULL)", "a timestamp,b timestamp!"));
	server.timestamps = TIMESTAMPS_IMPLICIT;
	CHECK(makes("CREATE TABLE t (a TIMESTAMP, b TIMESTAMP NULL)", "a timestamp!,b timestamp"));
	server.timestamps = TIMESTAMPS_UNKNOWN;
	CHECK(makes("CREATE TABLE t (a TIMESTAMP)", "unknown"));
	CHECK(makes("CREATE TABLE t (a TIMESTAMP NULL, b TIMESTAMP NOT NULL)", "a timestamp,b timestamp!"));
}

static void real_is_a_float_where_the_mode_says_so(void)
{
	like_mysql();
	CHECK(makes("CREATE TABLE t (a REAL)", "a double"));
	server.sql_mode = "REAL_AS_FLOAT";
	CHECK(makes("CREATE TABLE t (a REAL, b REAL(7,2))", "a float,b float(7,2)"));
}

static void what_an_engine_chooses_is_not_guessed(void)
{
	like_mysql();
	CHECK(makes("CREATE TABLE t (a TEXT, b BLOB, KEY (a), UNIQUE (b))", "unknown"));
	CHECK(makes("CREATE TABLE t (a TEXT, KEY (a), UNIQUE u (a(5)), FULLTEXT f (a(3)))", "a text/utf8mb4|a(a) u*(a:5) f(a)"));
	CHECK(makes("CREATE TABLE t (a CHAR(5), UNIQUE (a)); ALTER TABLE t MODIFY a GEOMETRY", "unknown"));
	CHECK(makes("CREATE TABLE t (a VARCHAR(20000))", "unknown"));
	CHECK(makes("CREATE TABLE t (a CHAR(5)); ALTER TABLE t CONVERT TO CHARACTER SET utf8, CHARSET gbk", "unknown"));
	CHECK(makes("CREATE TABLE t (a CHAR(5)); ALTER TABLE t CONVERT TO CHARACTER SET binary", "unknown"));
	CHECK(makes("CREATE TABLE t (a ENUM('x ') CHARACTER SET binary, b SET('y '))", "a enum('x '),b set('y')/utf8mb4"));
	CHECK(makes("CREATE TABLE t (a ENUM(x'61'))", "unknown"));
}

static void tables_come_go_and_change_names(void)
{
	like_mysql();
	CHECK(makes("CREATE TABLE a (x INT); RENAME TABLE a TO t", "x int"));
	CHECK(makes("CREATE TABLE t (x INT); CREATE TABLE u (y INT); RENAME TABLE t TO v, u TO t, v TO u", "y int"));
	CHECK(makes("CREATE TABLE a (x INT); ALTER TABLE a ADD y INT, RENAME TO t", "x int,y int"));
	CHECK(makes("CREATE TABLE t (x INT); ALTER TABLE t RENAME a", "unknown"));
	CHECK(makes("CREATE TABLE a (x INT PRIMARY KEY); CREATE TABLE t LIKE a", "x int!|PRIMARY*(x)"));
	CHECK(makes("CREATE TABLE t LIKE a", "unknown"));
	CHECK(makes("CREATE TABLE t (x INT); DROP TABLE a, t", "unknown"));
	CHECK(makes("CREATE TABLE t (x INT); DROP DATABASE d", "unknown"));
	CHECK(makes("CREATE TABLE t (x INT); DROP DATABASE e; TRUNCATE t; CREATE DATABASE f", "x int"));
	CHECK(makes("CREATE TABLE t (x INT); CREATE TABLE IF NOT EXISTS t (y INT)", "x int"));
	CHECK(makes("CREATE TABLE IF NOT EXISTS t (y INT)", "unknown"));
	CHECK(makes("ALTER TABLE t ADD x INT", "unknown"));
	CHECK(makes("RENAME TABLE a TO t", "unknown"));
	CHECK(makes("CREATE TABLE t (x INT) COMMENT 'x' PARTITION BY HASH (x); ALTER TABLE t COMMENT 'y', ENGINE=x, ADD CHECK (x > 1); ALTER TABLE t ORDER BY "
		    "x", "x int"));
}

static void a_contradiction_is_an_error_and_changes_nothing(void)
{
	static const char *const bad[] = {
		"ALTER TABLE t DROP z", "ALTER TABLE t MODIFY z INT", "ALTER TABLE t ADD a INT", "ALTER TABLE t ADD x INT AFTER z",
		"ALTER TABLE t ADD UNIQUE (z)", "ALTER TABLE t ALTER z DROP DEFAULT", "ALTER TABLE t RENAME COLUMN z TO y",
	};
	struct world w = { .n = 0 };

	like_mysql();
	CHECK(run(&w, STR_LIT("CREATE TABLE t (a INT)")));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		CHECK(!run(&w, str_of(bad[i])));
		CHECK(e.kind == &err_ddl_structure && strstr(e.text, "'d.t'"));
		CHECK(w.n == 1 && w.tables[0].n_columns == 1 && w.forgotten == 0);
	}
	world_release(&w);
}

static void a_second_key_of_a_name_forgets_its_table(void)
{
	struct world w = { .n = 0 };

	like_mysql();
	CHECK(run(&w, STR_LIT("CREATE TABLE t (a INT, KEY i (a))")));
	CHECK(run(&w, STR_LIT("CREATE INDEX I ON t (a)")) && w.n == 0 && w.forgotten == 1);
	world_release(&w);
}

static void a_statement_that_is_not_understood_forgets_its_tables(void)
{
	struct world w = { .n = 0 };
	struct arena a = ARENA_INIT;
	struct ddl_tables tables = { .get = world_get, .set = world_set, .context = &w };
	struct ddl ddl;

	like_mysql();
	CHECK(run(&w, STR_LIT("CREATE TABLE t (a INT)")));
	ddl_parse(&ddl, &a, STR_LIT("ALTER TABLE t FROB"), STR_LIT("d"), STR_LIT(""), false);
	CHECK(ddl_apply(&ddl, &tables, &e) && w.n == 0);
	arena_release(&a);
	world_release(&w);
}

void test_ddl_apply(void)
{
	RUN(a_table_is_made_of_its_columns);
	RUN(keys_are_named_as_servers_do);
	RUN(columns_move_and_change);
	RUN(conditions_of_clauses_look_at_what_was_there);
	RUN(keys_follow_their_columns);
	RUN(charsets_come_from_column_table_database);
	RUN(mariadb_differs);
	RUN(a_timestamp_depends_on_a_variable);
	RUN(real_is_a_float_where_the_mode_says_so);
	RUN(what_an_engine_chooses_is_not_guessed);
	RUN(tables_come_go_and_change_names);
	RUN(a_contradiction_is_an_error_and_changes_nothing);
	RUN(a_second_key_of_a_name_forgets_its_table);
	RUN(a_statement_that_is_not_understood_forgets_its_tables);
}
