/* ddl_event.c - which event a clause is, by its words and by the column that it changes. */
#include "tests.h"

#include "schema/ddl_event.h"

/* The structure: one column of each kind. */
static const char *const made[] = {
	"CREATE TABLE t (id BIGINT AUTO_INCREMENT PRIMARY KEY, i INT, u INT UNSIGNED DEFAULT 5, de DECIMAL(10,2), v VARCHAR(20) "
	"DEFAULT 'A', c CHAR(5), tx TEXT, b BINARY(4), vb VARBINARY(9), e ENUM('a','b'), s SET('x','y'), f FLOAT, d DOUBLE(10,2), dt "
	"DATETIME(3) DEFAULT CURRENT_TIMESTAMP(3), ts TIMESTAMP NULL, bi BIT(9), l CHAR(3) CHARACTER SET latin1, y YEAR, UNIQUE KEY uk (i), KEY k (u)) "
	"CHARSET utf8mb4",
};

static struct table old;

static const struct table *get(void *context, struct str schema, struct str table)
{
	(void)context;
	(void)schema;
	(void)table;
	return NULL;
}

static void set(void *context, struct str schema, struct str table, const struct table *t)
{
	(void)context;
	(void)schema;
	(void)table;
	CHECK(t != NULL);
	if (t)
		table_copy(&old, t);
}

static void make_old(bool mariadb)
{
	const struct ddl_tables tables = { .get = get, .set = set, .default_charset = STR_LIT("utf8mb4"), .timestamps = TIMESTAMPS_EXPLICIT };
	struct arena a = ARENA_INIT;
	struct err e = { 0 };
	struct ddl ddl;

	ddl_parse(&ddl, &a, str_of(made[0]), STR_LIT("d"), STR_LIT(""), mariadb);
	CHECK(ddl_apply(&ddl, &tables, &e));
	arena_release(&a);
}

/* The events of ALTER TABLE t clause, "event" or "event/also", with '|' between those that it may be. */
static void put_events(struct buf *b, const char *clause, const struct table *t, bool mariadb)
{
	struct ddl_event_name events[DDL_EVENTS_MAX];
	struct arena a = ARENA_INIT;
	struct ddl ddl;

	ddl_parse(&ddl, &a, arena_strf(&a, "ALTER TABLE t %s", clause), STR_LIT("d"), STR_LIT(""), mariadb);
	for (const struct ddl_clause *c = ddl.clauses; c; c = c->next) {
		size_t n = ddl_clause_events(&ddl, c, t, events);

		buf_put_text(b, c == ddl.clauses ? "" : ", ");
		for (size_t i = 0; i < n; i++)
			buf_putf(b, "%s%s%s%s", i ? "|" : "", events[i].event, events[i].also ? "/" : "",
				 events[i].also ? events[i].also : "");
	}
	if (ddl.kind != DDL_ALTER_TABLE)
		buf_putf(b, "%s", ddl.why);
	arena_release(&a);
}

static const struct {
	const char *clause, *events;
} columns[] = {
	/* integers */
	{ "MODIFY i BIGINT", "alter table" }, { "MODIFY i INT(5)", "alter table" }, { "MODIFY i SMALLINT", "value range decrease" },
	{ "MODIFY i INT UNSIGNED", "precision decrease" }, { "MODIFY u BIGINT DEFAULT 5", "value range decrease" },
	{ "MODIFY u BIGINT UNSIGNED DEFAULT 5", "alter table" }, { "MODIFY i VARCHAR(20)", "modify column" },
	{ "MODIFY i INTEGER NOT NULL", "alter table" },
	/* numbers */
	{ "MODIFY de DECIMAL(12,2)", "precision decrease" }, { "MODIFY de DECIMAL(10,2) UNSIGNED", "precision decrease" },
	{ "MODIFY de NUMERIC(10,2)", "alter table" }, { "MODIFY f FLOAT(7,3)", "value range decrease" }, { "MODIFY f DOUBLE", "modify column" },
	{ "MODIFY d DOUBLE(12,2)", "alter table" }, { "MODIFY d DOUBLE(12,1)", "value range decrease" }, { "MODIFY d DOUBLE", "alter table" },
	{ "MODIFY bi BIT(8)", "value range decrease" }, { "MODIFY bi BIT(10)", "alter table" },
	/* texts and bytes */
	{ "MODIFY v VARCHAR(30) DEFAULT 'A'", "alter table" }, { "MODIFY v VARCHAR(19) DEFAULT 'A'", "value range decrease" },
	{ "MODIFY v TEXT", "modify default value" }, { "MODIFY v TINYTEXT DEFAULT 'A'", "alter table" }, { "MODIFY v CHAR(20) DEFAULT 'A'", "modify column" },
	{ "MODIFY c VARCHAR(50)", "modify column" }, { "MODIFY c CHAR(4)", "value range decrease" }, { "MODIFY tx TINYTEXT", "modify column" },
	{ "MODIFY tx LONGTEXT", "alter table" }, { "MODIFY tx VARCHAR(9)", "modify column" }, { "MODIFY tx BLOB", "modify column" },
	{ "MODIFY b BINARY(5)", "precision decrease" }, { "MODIFY vb VARBINARY(10)", "alter table" }, { "MODIFY vb BLOB", "alter table" },
	{ "MODIFY l CHAR(3) CHARACTER SET utf8mb4", "modify charset" }, { "MODIFY l CHAR(3) CHARSET latin1", "alter table" },
	{ "MODIFY l CHAR(3) COLLATE latin1_bin", "modify collation" }, { "MODIFY l CHAR(3)", "modify charset" },
	/* labels */
	{ "MODIFY e ENUM('a','b','c')", "alter table" }, { "MODIFY e ENUM('b','a')", "value range decrease" }, { "MODIFY e ENUM('a')", "value range decrease" },
	{ "MODIFY s SET('x','y','z')", "alter table" }, { "MODIFY s ENUM('x','y')", "modify column" },
	/* times */
	{ "MODIFY dt DATETIME(2) DEFAULT CURRENT_TIMESTAMP(3)", "value range decrease" }, { "MODIFY dt DATETIME(6)", "modify default value" },
	{ "MODIFY dt DATETIME(3) DEFAULT current_timestamp(3)", "alter table" }, { "MODIFY ts DATETIME", "modify column" },
	{ "MODIFY y INT", "modify column" },
	/* and the rest of a column */
	{ "MODIFY id BIGINT", "remove auto increment" }, { "MODIFY id BIGINT AUTO_INCREMENT", "alter table" },
	{ "MODIFY u INT UNSIGNED DEFAULT 6", "modify default value" }, { "MODIFY u INT UNSIGNED DEFAULT '5'", "alter table" },
	{ "MODIFY v VARCHAR(20) DEFAULT 'a'", "modify default value" }, { "MODIFY i INT FIRST", "modify columns order" },
	{ "MODIFY i INT AFTER u", "modify columns order" }, { "CHANGE i j INT", "rename column" }, { "CHANGE i I INT", "alter table" },
	{ "CHANGE COLUMN i j SMALLINT", "value range decrease" }, { "CHANGE i j INT AFTER u", "modify columns order" },
	/* keys */
	{ "DROP INDEX uk", "drop index/drop unique key" }, { "DROP KEY k", "drop index" },
};

static void a_modify_is_what_it_does_to_the_column(void)
{
	for (int mariadb = 0; mariadb <= 1; mariadb++) {
		make_old(mariadb);
		for (size_t i = 0; i < sizeof(columns) / sizeof(*columns); i++) {
			struct buf b = BUF_INIT(4096);

			put_events(&b, columns[i].clause, &old, mariadb);
			CHECK(holds(&b, columns[i].events));
			if (!str_is(buf_str(&b), columns[i].events))
				printf("#   %s: %s\n", columns[i].clause, buf_text(&b));
			buf_release(&b);
		}
		table_release(&old);
	}
}

static void other_clauses_are_what_they_say(void)
{
	static const struct { const char *clause, *events; } clauses[] = {
		{ "ADD a INT, ADD COLUMN (b INT, c INT), DROP d, DROP COLUMN e",
		  "alter table/add column, alter table/add column, drop column, drop column" },
		{ "DROP PRIMARY KEY, ADD PRIMARY KEY (a), ADD KEY (b), ADD CONSTRAINT UNIQUE (c), ADD CHECK (a > 1)",
		  "drop primary key, modify constraint/add primary key, modify constraint, modify constraint, modify constraint" },
		{ "ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES x (b), DROP FOREIGN KEY g, DROP CHECK h, DROP CONSTRAINT i",
		  "modify constraint/add foreign key, alter table/drop foreign key, alter table, alter table" },
		{ "RENAME COLUMN a TO b, RENAME INDEX a TO b, RENAME KEY c TO d, RENAME TO u",
		  "rename column, rename index, rename index, rename table" },
		{ "ALTER a SET DEFAULT 5, ALTER COLUMN b DROP DEFAULT, ALTER COLUMN c SET INVISIBLE, ALTER INDEX i INVISIBLE",
		  "modify default value/set default value, modify default value/set default value, alter table, "
		  "alter table/alter index visibility" },
		{ "ENGINE=InnoDB, CHARACTER SET utf8 COLLATE utf8_bin, COLLATE utf8_bin, DEFAULT CHARSET=gbk, COMMENT 'x', AUTO_INCREMENT=5, ROW_FORMAT=DYNAMIC",
		  "modify storage engine, modify charset/modify table charset and collate, "
		  "modify collation/modify table charset and collate, modify charset/modify table charset and collate, "
		  "alter table/modify table comment, alter table/rebase auto id, alter table" },
		{ "ROW_FORMAT=DYNAMIC ENGINE=InnoDB CHARSET gbk", "modify storage engine" },
		{ "CONVERT TO CHARACTER SET utf8mb4, FORCE, ALGORITHM=COPY, LOCK=NONE",
		  "modify charset/modify table charset and collate, alter table, alter table, alter table" },
		{ "DROP PARTITION p, q", "drop table partition" }, { "TRUNCATE PARTITION p", "truncate table partition" },
		{ "ADD PARTITION (PARTITION p VALUES IN (1))", "alter table/add table partition" },
		{ "REORGANIZE PARTITION p INTO (PARTITION q VALUES IN (1))", "reorganize table partition" },
		{ "REBUILD PARTITION p", "rebuild table partition" }, { "COALESCE PARTITION 2", "coalesce table partition" },
		{ "EXCHANGE PARTITION p WITH TABLE u", "exchange table partition" },
		{ "ENGINE=InnoDB PARTITION BY HASH (a)", "modify storage engine, alter table/alter table partitioning" },
		{ "REMOVE PARTITIONING", "alter table/remove table partitioning" },
		{ "TTL = `c` + INTERVAL 3 MONTH TTL_ENABLE = 'ON'", "alter table/alter ttl info" }, { "REMOVE TTL", "alter table/alter ttl remove" },
	};

	for (size_t i = 0; i < sizeof(clauses) / sizeof(*clauses); i++) {
		struct buf b = BUF_INIT(4096);
		struct table t;

		table_init(&t, STR_LIT("d"), STR_LIT("t"));
		put_events(&b, clauses[i].clause, &t, false);
		CHECK(holds(&b, clauses[i].events));
		if (!str_is(buf_str(&b), clauses[i].events))
			printf("#   %s: %s\n", clauses[i].clause, buf_text(&b));
		buf_release(&b);
		table_release(&t);
	}
}

static void of_an_unknown_column_all_that_may_be_are_told(void)
{
	struct buf b = BUF_INIT(4096);

	put_events(&b, "MODIFY a INT", NULL, false);
	CHECK(holds(&b, "precision decrease|value range decrease|modify column|remove auto increment|modify default value|"
			"modify charset|alter table"));
	buf_clear(&b);
	put_events(&b, "CHANGE a b INT AUTO_INCREMENT", NULL, false);
	CHECK(holds(&b, "precision decrease|value range decrease|modify column|modify default value|modify charset|rename column"));
	buf_clear(&b);
	put_events(&b, "DROP KEY k", NULL, false);
	CHECK(holds(&b, "drop index|drop index/drop unique key"));
	buf_release(&b);
}

void test_ddl_event(void)
{
	RUN(a_modify_is_what_it_does_to_the_column);
	RUN(other_clauses_are_what_they_say);
	RUN(of_an_unknown_column_all_that_may_be_are_told);
}
