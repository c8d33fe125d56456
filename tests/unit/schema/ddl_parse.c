/* ddl_parse.c - statements: their kind, and the tables that they name. */
#include "tests.h"

#include "schema/ddl_tree.h"

/* tables are those that decide; behind ';' those that are only rewritten. The default database is d. */
struct statement {
	const char *sql;
	const char *kind;
	const char *tables;
};

static const struct statement mysql[] = {
	/* databases */
	{ "CREATE DATABASE x", "create database", "x." },
	{ "create schema if not exists `x-y` default character set = utf8mb4 collate utf8mb4_bin encryption='N'", "create database", "x-y." },
	{ "CREATE DATABASE x /*!40100 DEFAULT CHARACTER SET latin1 */ /*!80016 DEFAULT ENCRYPTION='N' */", "create database", "x." },
	{ "ALTER DATABASE x CHARACTER SET utf8", "alter database", "x." },
	{ "ALTER SCHEMA COLLATE utf8_bin", "alter database", "d." },
	{ "ALTER DATABASE DEFAULT CHARSET=utf8mb4", "alter database", "d." },
	{ "ALTER DATABASE x READ ONLY = 1", "alter database", "x." },
	{ "DROP DATABASE IF EXISTS x", "drop database", "x." },
	{ "drop schema `x`;", "drop database", "x." },
	/* tables */
	{ "CREATE TABLE t (a INT)", "create table", "d.t" },
	{ "create table if not exists s.t (a int, b int) engine=innodb", "create table", "s.t" },
	{ "CREATE TABLE `s` . `t` (a int)", "create table", "s.t" },
	{ "CREATE TABLE t(id INT NOT NULL AUTO_INCREMENT, PRIMARY KEY(id)) ENGINE = InnoDB AUTO_INCREMENT = 7, COMMENT 'x;y' CHARSET utf8mb4 "
	  "COLLATE=utf8mb4_bin ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE 8 DATA DIRECTORY='/x' STATS_PERSISTENT=DEFAULT", "create table", "d.t" },
	{ "CREATE TABLE t LIKE s.u", "create table", "d.t s.u" },
	{ "CREATE TABLE t (LIKE u)", "create table", "d.t d.u" },
	{ "CREATE TABLE t (a INT, b INT REFERENCES u (x) ON DELETE SET NULL ON UPDATE NO ACTION, c INT)", "create table", "d.t;d.u" },
	{ "CREATE TABLE s.t (a INT, CONSTRAINT c FOREIGN KEY i (a) REFERENCES u (x) MATCH FULL ON DELETE CASCADE, FOREIGN KEY (a) REFERENCES "
	  "o.v (y))", "create table", "s.t;s.u o.v" },
	{ "CREATE TABLE t (a CHAR(3) CHARACTER SET latin1 COLLATE latin1_bin NOT NULL DEFAULT 'x' COMMENT 'it''s, (', b INT UNSIGNED ZEROFILL "
	  "NULL DEFAULT NULL, c TIMESTAMP(3) DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3), d DECIMAL(10,2) DEFAULT -1.5, e "
	  "BIT(3) DEFAULT b'101', f BLOB, g SET('a','b') DEFAULT 'a,b', h DATETIME DEFAULT NOW(), i INT DEFAULT (1 + (2)), j DOUBLE "
	  "PRECISION, k NATIONAL CHARACTER VARYING(10), l LONG VARCHAR, m SERIAL, n BOOL DEFAULT TRUE, o JSON DEFAULT (JSON_ARRAY(1,2)), p "
	  "POINT NOT NULL SRID 4326, q VARBINARY(10) DEFAULT x'00', r DATE DEFAULT '2020-01-01')", "create table", "d.t" },
	{ "CREATE TABLE t (a INT GENERATED ALWAYS AS (b + 1) VIRTUAL UNIQUE KEY COMMENT 'x', b INT AS (c * (2)) STORED NOT NULL, c INT INVISIBLE, "
	  "d INT VISIBLE CHECK (d > 0) NOT ENFORCED, e INT CONSTRAINT e_ok CHECK (e < 5), f INT COLUMN_FORMAT FIXED STORAGE DISK "
	  "ENGINE_ATTRIBUTE='{}')", "create table", "d.t" },
	{ "CREATE TABLE t (a INT, b TEXT, PRIMARY KEY USING BTREE (a), UNIQUE KEY u (b(10) DESC), INDEX i USING HASH (a) COMMENT 'x' "
	  "KEY_BLOCK_SIZE=4 INVISIBLE, KEY ((a + 1), (lower(b)) DESC), FULLTEXT KEY f (b) WITH PARSER ngram, SPATIAL INDEX (p), CONSTRAINT "
	  "UNIQUE (a), CONSTRAINT z UNIQUE INDEX zz (a), CHECK (a > 0), CONSTRAINT `c` CHECK (b <> ')') ENFORCED)", "create table", "d.t" },
	{ "CREATE TABLE t (`key` INT, `primary` INT, `check` INT, period INT, vector INT, comment INT, `constraint` INT)", "create table", "d.t" },
	{ "CREATE TABLE t (a INT) PARTITION BY RANGE (a) (PARTITION p0 VALUES LESS THAN (10) ENGINE = InnoDB, PARTITION p1 VALUES LESS THAN "
	  "MAXVALUE COMMENT 'x')", "create table", "d.t" },
	{ "CREATE TABLE t (a INT) ENGINE=InnoDB /*!50100 PARTITION BY LINEAR KEY ALGORITHM = 2 (a) PARTITIONS 4 */", "create table", "d.t" },
	{ "CREATE TABLE t (a INT) ENGINE=MERGE UNION=(x, s.y) INSERT_METHOD=LAST", "create table", "d.t;d.x s.y" },
	{ "CREATE TABLE t (a INT) ENGINE=InnoDB START TRANSACTION", "create table", "d.t" },
	{ "CREATE TABLE t (a INT) /* ( */ -- )\n # x\n;", "create table", "d.t" },
	{ "/* x */ CREATE /*!32302 TABLE */ t (a INT)", "create table", "d.t" },
	{ "CREATE TABLE t (a INT) TABLESPACE ts STORAGE DISK ENCRYPTION='Y' COMPRESSION='ZLIB' SECONDARY_ENGINE=NULL", "create table", "d.t" },
	{ "CREATE TABLE 1a (2b INT, `3``c` INT)", "create table", "d.1a" },
	{ "CREATE TABLE \303\244\303\266 (\303\274 INT)", "create table", "d.\303\244\303\266" },
	{ "CREATE TABLE t (id BIGINT AUTO_RANDOM(5) PRIMARY KEY CLUSTERED, v INT, UNIQUE KEY (v) NONCLUSTERED) SHARD_ROW_ID_BITS=4", "create table", "d.t" },
	/* alter */
	{ "ALTER TABLE t ADD COLUMN a INT NOT NULL DEFAULT 0 AFTER b, ADD c INT FIRST, ADD (x INT, y INT, KEY (x))", "alter table", "d.t" },
	{ "ALTER TABLE s.t DROP COLUMN a, DROP b, DROP PRIMARY KEY, DROP INDEX i, DROP KEY k, DROP FOREIGN KEY f, DROP CHECK c, DROP CONSTRAINT "
	  "d", "alter table", "s.t" },
	{ "ALTER TABLE t MODIFY a BIGINT UNSIGNED, MODIFY COLUMN b VARCHAR(10) CHARACTER SET utf8 FIRST, CHANGE c d INT, CHANGE COLUMN e f INT "
	  "AFTER g", "alter table", "d.t" },
	{ "ALTER TABLE t ALTER a SET DEFAULT 5, ALTER COLUMN b DROP DEFAULT, ALTER c SET DEFAULT (uuid()), ALTER COLUMN d SET INVISIBLE", "alter table", "d.t" },
	{ "ALTER TABLE t ALTER INDEX i INVISIBLE, ALTER CHECK c NOT ENFORCED, ALTER CONSTRAINT c ENFORCED", "alter table", "d.t" },
	{ "ALTER TABLE t RENAME COLUMN a TO b, RENAME INDEX i TO j, RENAME KEY k TO l", "alter table", "d.t" },
	{ "ALTER TABLE s.t RENAME TO u", "alter table", "s.t d.u" },
	{ "ALTER TABLE t RENAME s.u", "alter table", "d.t s.u" },
	{ "ALTER TABLE t RENAME AS u", "alter table", "d.t d.u" },
	{ "ALTER TABLE t ADD INDEX (a), ADD KEY k (b(3)), ADD UNIQUE u (c), ADD UNIQUE INDEX (d), ADD PRIMARY KEY (e), ADD FULLTEXT (f), ADD "
	  "SPATIAL KEY (g), ADD CONSTRAINT fk FOREIGN KEY (h) REFERENCES p (i), ADD CHECK (a > 1), ADD CONSTRAINT x PRIMARY KEY (a)", "alter table", "d.t;d.p" },
	{ "ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", "alter table", "d.t" },
	{ "ALTER TABLE t CHARACTER SET = utf8, COLLATE utf8_bin, ENGINE InnoDB, COMMENT='x', AUTO_INCREMENT 5 ROW_FORMAT=DYNAMIC", "alter table", "d.t" },
	{ "ALTER TABLE t DEFAULT CHARSET utf8, ALGORITHM=INPLACE, LOCK = NONE", "alter table", "d.t" },
	{ "ALTER TABLE t ORDER BY a, b DESC", "alter table", "d.t" },
	{ "ALTER TABLE t DISABLE KEYS", "alter table", "d.t" }, { "ALTER TABLE t ENABLE KEYS, FORCE", "alter table", "d.t" },
	{ "ALTER TABLE t DISCARD TABLESPACE", "alter table", "d.t" }, { "ALTER TABLE t IMPORT TABLESPACE", "alter table", "d.t" },
	{ "ALTER TABLE t PARTITION BY HASH (a) PARTITIONS 8", "alter table", "d.t" },
	{ "ALTER TABLE t ENGINE=InnoDB PARTITION BY KEY (a)", "alter table", "d.t" },
	{ "ALTER TABLE t REMOVE PARTITIONING", "alter table", "d.t" },
	{ "ALTER TABLE t ADD PARTITION (PARTITION p3 VALUES LESS THAN (30), PARTITION p4 VALUES IN (1,2))", "alter table", "d.t" },
	{ "ALTER TABLE t DROP PARTITION p1, p2", "alter table", "d.t" },
	{ "ALTER TABLE t TRUNCATE PARTITION ALL", "alter table", "d.t" },
	{ "ALTER TABLE t COALESCE PARTITION 2", "alter table", "d.t" },
	{ "ALTER TABLE t REORGANIZE PARTITION p0, p1 INTO (PARTITION p VALUES LESS THAN (5))", "alter table", "d.t" },
	{ "ALTER TABLE t EXCHANGE PARTITION p WITH TABLE s.u WITHOUT VALIDATION", "alter table", "d.t s.u" },
	{ "ALTER TABLE t REBUILD PARTITION p0", "alter table", "d.t" }, { "ALTER TABLE t ANALYZE PARTITION ALL", "alter table", "d.t" },
	{ "ALTER TABLE t", "alter table", "d.t" }, { "ALTER IGNORE TABLE t DROP a", "alter table", "d.t" },
	{ "ALTER ONLINE TABLE t ADD a INT", "alter table", "d.t" },
	{ "ALTER TABLE t SECONDARY_LOAD", "alter table", "d.t" }, { "ALTER TABLE t ADD COLUMN a INT, WITH VALIDATION", "alter table", "d.t" },
	{ "ALTER TABLE t ADD COLUMN `add` INT, ADD `column` INT, ADD COLUMN comment INT COMMENT 'c'", "alter table", "d.t" },
	{ "ALTER TABLE t MODIFY a ENUM('x','y''z') CHARACTER SET utf8mb4 NOT NULL DEFAULT 'x'", "alter table", "d.t" },
	/* the rest of tables */
	{ "DROP TABLE t", "drop table", "d.t" }, { "DROP TABLE IF EXISTS t, s.u, `v`.`w` CASCADE", "drop table", "d.t s.u v.w" },
	{ "DROP TABLES a, b RESTRICT", "drop table", "d.a d.b" },
	{ "DROP TABLE `t` /* generated by server */", "drop table", "d.t" },
	{ "TRUNCATE t", "truncate table", "d.t" }, { "TRUNCATE TABLE s.t", "truncate table", "s.t" }, { "truncate table truncate", "truncate table", "d.truncate" },
	{ "RENAME TABLE a TO b", "rename table", "d.a d.b" }, { "RENAME TABLES s.a TO b, c TO u.e", "rename table", "s.a d.b d.c u.e" },
	{ "CREATE INDEX i ON t (a)", "create index", "d.t" },
	{ "CREATE UNIQUE INDEX i USING BTREE ON s.t (a(5) ASC, b DESC) COMMENT 'x' ALGORITHM INPLACE LOCK=NONE", "create index", "s.t" },
	{ "CREATE FULLTEXT INDEX i ON t (a) WITH PARSER ngram", "create index", "d.t" }, { "CREATE SPATIAL INDEX i ON t (a)", "create index", "d.t" },
	{ "CREATE INDEX i ON t ((a + b), (c))  INVISIBLE ALGORITHM=INSTANT", "create index", "d.t" },
	{ "DROP INDEX i ON s.t", "drop index", "s.t" }, { "DROP INDEX `PRIMARY` ON t ALGORITHM=COPY LOCK=SHARED", "drop index", "d.t" },
	/* views */
	{ "CREATE VIEW v AS SELECT 1", "create view", "d.v" },
	{ "CREATE OR REPLACE ALGORITHM=MERGE DEFINER=`root`@`localhost` SQL SECURITY DEFINER VIEW s.v (a) AS SELECT * FROM t WITH CHECK OPTION", "create view", "s.v" },
	{ "CREATE DEFINER=CURRENT_USER() VIEW v AS SELECT 1", "create view", "d.v" }, { "DROP VIEW IF EXISTS v, s.w", "drop view", "d.v s.w" },
	{ "ALTER ALGORITHM=UNDEFINED DEFINER='a'@'%' SQL SECURITY INVOKER VIEW v AS SELECT 1", "other", "" },
	/* none of ours */
	{ "CREATE TEMPORARY TABLE t (a INT)", "other", "" }, { "DROP TEMPORARY TABLE IF EXISTS t", "other", "" },
	{ "DROP /*!40005 TEMPORARY */ TABLE IF EXISTS `t`", "other", "" },
	{ "CREATE DEFINER=`root`@`localhost` TRIGGER x BEFORE INSERT ON t FOR EACH ROW BEGIN SET @a = 1; SET @b = 2; END", "other", "" },
	{ "CREATE PROCEDURE p() SELECT 1", "other", "" }, { "CREATE AGGREGATE FUNCTION f RETURNS REAL SONAME 'x'", "other", "" },
	{ "CREATE DEFINER=a@b EVENT e ON SCHEDULE EVERY 1 DAY DO DELETE FROM t", "other", "" },
	{ "DROP TRIGGER x", "other", "" }, { "DROP PROCEDURE IF EXISTS p", "other", "" }, { "ALTER EVENT e DISABLE", "other", "" },
	{ "CREATE USER IF NOT EXISTS 'a'@'%' IDENTIFIED WITH 'mysql_native_password' AS '*00'", "other", "" }, { "ALTER USER a", "other", "" },
	{ "DROP USER a", "other", "" }, { "RENAME USER a TO b", "other", "" }, { "CREATE ROLE r", "other", "" }, { "DROP ROLE r", "other", "" },
	{ "GRANT ALL ON *.* TO a", "other", "" }, { "REVOKE ALL ON *.* FROM a", "other", "" }, { "SET PASSWORD FOR a='x'", "other", "" },
	{ "ANALYZE TABLE t", "other", "" }, { "OPTIMIZE TABLE t", "other", "" }, { "REPAIR TABLE t", "other", "" }, { "FLUSH TABLES", "other", "" },
	{ "CREATE SERVER s FOREIGN DATA WRAPPER mysql OPTIONS (USER 'x')", "other", "" }, { "CREATE TABLESPACE ts ADD DATAFILE 'x'", "other", "" },
	{ "ALTER TABLESPACE ts RENAME TO u", "other", "" }, { "CREATE LOGFILE GROUP g ADD UNDOFILE 'x'", "other", "" },
	{ "DROP UNDO TABLESPACE x", "other", "" }, { "ALTER INSTANCE ROTATE INNODB MASTER KEY", "other", "" },
	{ "CREATE SPATIAL REFERENCE SYSTEM 1 NAME 'x'", "other", "" }, { "CREATE OR REPLACE SPATIAL REFERENCE SYSTEM 1 NAME 'x'", "other", "" },
	{ "CREATE RESOURCE GROUP g TYPE = USER", "other", "" }, { "INSTALL PLUGIN p SONAME 'x'", "other", "" }, { "UNINSTALL COMPONENT 'x'", "other", "" },
	{ "CREATE LIBRARY l LANGUAGE JAVASCRIPT AS 'x'", "other", "" },
	{ "# Dummy event replacing event type 160 that slave cannot handle.", "other", "" }, { "", "other", "" }, { " ; ", "other", "" },
	/* transactions and rows */
	{ "BEGIN", "transaction", "" }, { "COMMIT", "transaction", "" }, { "ROLLBACK TO `x`", "transaction", "" }, { "SAVEPOINT `x`", "transaction", "" },
	{ "RELEASE SAVEPOINT x", "transaction", "" }, { "START TRANSACTION", "transaction", "" }, { "XA START X'31',X'',1", "transaction", "" },
	{ "XA COMMIT X'31',X'',1 ONE PHASE", "transaction", "" }, { "begin work", "transaction", "" },
	{ "INSERT INTO t VALUES (1)", "dml", "" }, { "update t set a=1", "dml", "" }, { "DELETE FROM t", "dml", "" }, { "REPLACE t VALUES (1)", "dml", "" },
	{ "LOAD DATA INFILE 'x' INTO TABLE t", "dml", "" }, { "CALL p()", "dml", "" }, { "SELECT f()", "dml", "" }, { "DO f()", "dml", "" },
	{ "WITH x AS (SELECT 1) DELETE FROM t", "dml", "" }, { "(SELECT 1)", "dml", "" },
	/* not understood; the names that stand before that place are there */
	{ "ALTER TABLE t FROBNICATE", "unknown", "d.t" }, { "ALTER TABLE t ADD COLUMN a INT,", "unknown", "d.t" },
	{ "CREATE TABLE t", "create table", "d.t" }, { "CREATE TABLE t (", "unknown", "d.t" }, { "CREATE TABLE t (a INT", "unknown", "d.t" },
	{ "CREATE TABLE t (a)", "unknown", "d.t" }, { "CREATE TABLE t (a INT) FROB", "unknown", "d.t" }, { "CREATE TABLE t (a INT) AS SELECT 1", "unknown", "d.t" },
	{ "CREATE TABLE t SELECT 1", "unknown", "d.t" }, { "CREATE TABLE 'x' (a INT)", "unknown", "" }, { "CREATE TABLE t (a INT COMMENT 'x)", "unknown", "d.t" },
	{ "CREATE TABLE t (a INT) /* x", "unknown", "d.t" }, { "DROP TABLE t; DROP TABLE u", "unknown", "d.t" }, { "DROP TABLE t u", "unknown", "d.t" },
	{ "DROP TABLE", "unknown", "" }, { "RENAME TABLE a b", "unknown", "d.a" }, { "RENAME TABLE a TO", "unknown", "d.a" }, { "FROB", "unknown", "" },
	{ "CREATE", "unknown", "" }, { "ALTER TABLE", "unknown", "" }, { "TRUNCATE", "unknown", "" }, { "CREATE INDEX i ON", "unknown", "" },
	{ "`CREATE` TABLE t (a INT)", "unknown", "" }, { "ALTER TABLE `` ADD a INT", "unknown", "" }, { "ALTER DATABASE x FROB", "unknown", "x." },
	{ "ALTER TABLE t DROP a, START TRANSACTION", "unknown", "d.t" },
	{ "DROP TABLE a /*!50000 . b */", "unknown", "" }, { "DROP TABLE /*!50000 a . */ b", "unknown", "" },
	{ "CREATE TABLE t (a INT) START /*!50000 TRANSACTION */", "unknown", "d.t" },
	{ "CREATE TABLE t (a INT DEFAULT)", "unknown", "d.t" }, { "ALTER TABLE t ADD INDEX", "unknown", "d.t" }, { "ALTER TABLE t ADD INDEX i (a", "unknown", "d.t" },
	{ "ALTER TABLE t ADD KEY (a(x))", "unknown", "d.t" }, { "ALTER TABLE t ADD KEY (a(99999999999))", "unknown", "d.t" },
};

static const struct statement mariadb[] = {
	{ "CREATE OR REPLACE TABLE t (a INT)", "create table", "d.t" },
	{ "CREATE TABLE t (a INT DEFAULT uuid_short(), b INT DEFAULT (a + 1), c INT DEFAULT NEXT VALUE FOR s.q, d VARCHAR(10) DEFAULT concat('a', 'b') "
	  "NOT NULL, e INT DEFAULT -1, f DATE DEFAULT DATE '2020-01-01', g CHAR(1) DEFAULT _utf8 'x', h INT INVISIBLE DEFAULT 3)", "create table", "d.t" },
	{ "CREATE TABLE t (a TEXT COMPRESSED, b BLOB COMPRESSED=zlib, c INET6, d UUID, e VARCHAR(5) AS (left(a, 5)) PERSISTENT)", "create table", "d.t" },
	{ "CREATE TABLE t (a INT) ENGINE=Aria PAGE_CHECKSUM=1 TRANSACTIONAL=0 `encrypted`=YES encryption_key_id=1", "create table", "d.t" },
	{ "CREATE TABLE t (a INT MY_ATTR='x' OTHER=5) MY_OPTION=yes", "create table", "d.t" },
	{ "CREATE TABLE t (a INT, s DATE, e DATE, PERIOD FOR p (s, e), UNIQUE (a, p WITHOUT OVERLAPS))", "create table", "d.t" },
	{ "CREATE TABLE t (a INT, rs TIMESTAMP(6) GENERATED ALWAYS AS ROW START, re TIMESTAMP(6) GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME "
	  "(rs, re)) WITH SYSTEM VERSIONING PARTITION BY SYSTEM_TIME", "create table", "d.t" },
	{ "CREATE TABLE t (a INT, v VECTOR(3) NOT NULL, VECTOR INDEX (v) M=8 DISTANCE=cosine, KEY IF NOT EXISTS k (a) IGNORED)", "create table", "d.t" },
	{ "CREATE TABLE t (a INT /*M!100201 DEFAULT 5 */ /*!80023 INVISIBLE */ /*T![auto_rand] AUTO_RANDOM */)", "create table", "d.t" },
	{ "ALTER TABLE IF EXISTS t WAIT 5 ADD COLUMN IF NOT EXISTS a INT, DROP COLUMN IF EXISTS b, MODIFY COLUMN IF EXISTS c INT, CHANGE IF EXISTS d e INT, "
	  "RENAME COLUMN IF EXISTS f TO g, DROP INDEX IF EXISTS i, ADD INDEX IF NOT EXISTS j (a), DROP FOREIGN KEY IF EXISTS k, DROP CONSTRAINT IF EXISTS l, "
	  "ADD CONSTRAINT IF NOT EXISTS m CHECK (a > 0), ALTER COLUMN IF EXISTS n SET DEFAULT 5, RENAME INDEX IF EXISTS o TO p", "alter table", "d.t" },
	{ "ALTER TABLE t NOWAIT ADD a INT", "alter table", "d.t" }, { "ALTER TABLE t ADD SYSTEM VERSIONING", "alter table", "d.t" },
	{ "ALTER TABLE t DROP SYSTEM VERSIONING, DROP PERIOD FOR SYSTEM_TIME", "alter table", "d.t" },
	{ "ALTER TABLE t CONVERT PARTITION p TO TABLE s.u", "alter table", "d.t s.u" },
	{ "ALTER TABLE t CONVERT TABLE u TO PARTITION p VALUES LESS THAN (5)", "alter table", "d.t d.u" },
	{ "ALTER TABLE t ALTER INDEX i NOT IGNORED, ALTER KEY IF EXISTS j IGNORED", "alter table", "d.t" },
	{ "DROP TABLE IF EXISTS t WAIT 5 RESTRICT", "drop table", "d.t" }, { "TRUNCATE TABLE t NOWAIT", "truncate table", "d.t" },
	{ "RENAME TABLE IF EXISTS a WAIT 5 TO b, c NOWAIT TO e", "rename table", "d.a d.b d.c d.e" },
	{ "CREATE OR REPLACE INDEX IF NOT EXISTS i ON t WAIT 3 (a)", "create index", "d.t" }, { "DROP INDEX IF EXISTS i ON t", "drop index", "d.t" },
	{ "CREATE OR REPLACE DATABASE x COMMENT 'y'", "create database", "x." }, { "CREATE SEQUENCE s START WITH 5", "create table", "d.s" },
	{ "CREATE OR REPLACE TEMPORARY TABLE t (a INT)", "other", "" }, { "CREATE OR REPLACE DEFINER=root@localhost PACKAGE p AS END", "other", "" },
	{ "SET STATEMENT max_statement_time=10, lock_wait_timeout=5 FOR ALTER TABLE t ADD a INT", "alter table", "d.t" }, { "ALTER SEQUENCE IF EXISTS s RESTART 5", "alter table", "d.s" },
	{ "CREATE OR REPLACE SEQUENCE IF NOT EXISTS x.`s` MINVALUE = 1 NOCACHE ENGINE = InnoDB", "create table", "x.s" },
	{ "DROP SEQUENCE IF EXISTS s, x.t", "drop table", "d.s x.t" }, { "CREATE TEMPORARY SEQUENCE s", "other", "" },
	{ "BACKUP STAGE START", "other", "" },
};

static void put_names(struct buf *b, const struct ddl *ddl)
{
	for (size_t i = 0; i < ddl->n_names; i++)
		buf_putf(b, "%s%.*s.%.*s", i == 0 && ddl->n_tables > 0 ? "" : i == ddl->n_tables ? ";" : " ", STR(ddl->names[i].schema),
			 STR(ddl->names[i].table));
}

static void check_statement(const struct statement *s, bool of_mariadb)
{
	struct arena a = ARENA_INIT;
	struct buf b = BUF_INIT(1 << 16);
	struct ddl ddl;

	ddl_parse(&ddl, &a, str_of(s->sql), STR_LIT("d"), STR_LIT(""), of_mariadb);
	put_names(&b, &ddl);
	CHECK(strcmp(ddl_kind_name(ddl.kind), s->kind) == 0);
	CHECK(holds(&b, s->tables));
	CHECK((ddl.kind == DDL_UNKNOWN) == (ddl.why[0] != '\0'));
	if (strcmp(ddl_kind_name(ddl.kind), s->kind) != 0 || !str_is(buf_str(&b), s->tables))
		printf("#   %s: %s: %s\n", ddl_kind_name(ddl.kind), s->sql, ddl.why);
	arena_release(&a);
	buf_release(&b);
}

static void statements_of_mysql_are_understood(void)
{
	for (size_t i = 0; i < sizeof(mysql) / sizeof(*mysql); i++)
		check_statement(&mysql[i], false);
}

static void statements_of_mariadb_are_understood(void)
{
	for (size_t i = 0; i < sizeof(mariadb) / sizeof(*mariadb); i++)
		check_statement(&mariadb[i], true);
}

static void the_sql_mode_decides_about_quotes(void)
{
	struct arena a = ARENA_INIT;
	struct ddl ddl;

	ddl_parse(&ddl, &a, STR_LIT("DROP TABLE \"a\".\"b\"\"c\""), STR_LIT("d"), STR_LIT("STRICT_TRANS_TABLES,ANSI_QUOTES"), false);
	CHECK(ddl.kind == DDL_DROP_TABLE && str_is(ddl.names[0].schema, "a") && str_is(ddl.names[0].table, "b\"c"));
	ddl_parse(&ddl, &a, STR_LIT("DROP TABLE \"a\""), STR_LIT("d"), STR_LIT(""), false);
	CHECK(ddl.kind == DDL_UNKNOWN);
	ddl_parse(&ddl, &a, STR_LIT("CREATE TABLE t (a INT COMMENT '\\')"), STR_LIT("d"), STR_LIT("NO_BACKSLASH_ESCAPES"), false);
	CHECK(ddl.kind == DDL_CREATE_TABLE);
	ddl_parse(&ddl, &a, STR_LIT("CREATE TABLE t (a INT COMMENT '\\')"), STR_LIT("d"), STR_LIT(""), false);
	CHECK(ddl.kind == DDL_UNKNOWN);
	arena_release(&a);
}

static void kinds_have_names(void)
{
	for (int kind = DDL_UNKNOWN; kind <= DDL_DROP_VIEW; kind++)
		CHECK(ddl_kind_of_name(str_of(ddl_kind_name((enum ddl_kind)kind))) == (enum ddl_kind)kind);
	CHECK(ddl_kind_of_name(STR_LIT("Create Table")) == DDL_CREATE_TABLE);
	CHECK(ddl_kind_of_name(STR_LIT("no such")) == DDL_UNKNOWN);
}

static void what_was_not_understood_is_told(void)
{
	struct arena a = ARENA_INIT;
	struct ddl ddl;

	ddl_parse(&ddl, &a, STR_LIT("ALTER TABLE t ADD a INT, FROB x"), STR_LIT("d"), STR_LIT(""), false);
	CHECK(strcmp(ddl.why, "not understood at byte 25, near 'FROB x'") == 0);
	ddl_parse(&ddl, &a, STR_LIT("CREATE TABLE t AS SELECT 1"), STR_LIT("d"), STR_LIT(""), false);
	CHECK(strstr(ddl.why, "query"));
	arena_release(&a);
}

static void a_database_says_its_charset(void)
{
	struct arena a = ARENA_INIT;
	struct ddl ddl;

	ddl_parse(&ddl, &a, STR_LIT("CREATE DATABASE IF NOT EXISTS x CHARACTER SET gbk COLLATE gbk_bin"), STR_LIT(""), STR_LIT(""), false);
	CHECK(str_is(ddl.charset, "gbk") && ddl.if_exists);
	ddl_parse(&ddl, &a, STR_LIT("ALTER DATABASE x COLLATE latin1_bin"), STR_LIT(""), STR_LIT(""), false);
	CHECK(str_is(ddl.charset, "latin1") && !ddl.if_exists);
	arena_release(&a);
}

static void clauses_know_where_they_stand(void)
{
	static const char *const wanted[] = { "ADD a INT", "x INT NOT NULL", "y INT", "DROP b", "RENAME TO u" };
	struct str sql = STR_LIT("ALTER TABLE t ADD a INT, ADD (x INT NOT NULL, y INT) , DROP b,RENAME TO u");
	struct arena a = ARENA_INIT;
	struct ddl ddl;
	size_t n = 0;

	ddl_parse(&ddl, &a, sql, STR_LIT("d"), STR_LIT(""), false);
	for (const struct ddl_change *c = ddl.changes; c; c = c->next, n++)
		CHECK(n < 5 && str_is((struct str){ sql.p + c->start, c->end - c->start }, wanted[n]));
	CHECK(n == 5);
	arena_release(&a);
}

void test_ddl_parse(void)
{
	RUN(statements_of_mysql_are_understood);
	RUN(statements_of_mariadb_are_understood);
	RUN(the_sql_mode_decides_about_quotes);
	RUN(kinds_have_names);
	RUN(what_was_not_understood_is_told);
	RUN(a_database_says_its_charset);
	RUN(clauses_know_where_they_stand);
}
