/*
 * ddl-tracking.c - random statements on a real server: the structure that ddl_apply makes is the one that the server has.
 *
 * usage: ddl-tracking SOCKET SEED COUNT
 * Makes statements until COUNT of them were accepted; those that the server refuses do not count. Prints what it did in one line;
 * on the first difference the statement and both structures, exit status 1.
 */
#include <stdio.h>
#include <stdlib.h>

#include "mysql/server.h"
#include "schema/ddl_tree.h"
#include "stream/event.h"
#include "text/sql_lex.h"

#define N_TABLES 5

static struct conn conn;
static uint64_t state;

static uint64_t any(uint64_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state % below;
}

static bool one_in(uint64_t n)
{
	return any(n) == 0;
}

static bool mariadb(void)
{
	return conn.flavor == FLAVOR_MARIADB;
}

/* What is known about d.t0 ... d.t4; unknown ones are asked for again. */
static struct known {
	struct table table;
	bool is_known;
} known[N_TABLES];

static struct known *find(struct str name)
{
	return name.n == 2 && name.p[0] == 't' && name.p[1] >= '0' && name.p[1] < '0' + N_TABLES ? &known[name.p[1] - '0'] : NULL;
}

static const struct table *get(void *context, struct str schema, struct str name)
{
	struct known *k = find(name);

	(void)context;
	(void)schema;
	return k && k->is_known ? &k->table : NULL;
}

static void set(void *context, struct str schema, struct str name, const struct table *t)
{
	struct known *k = find(name);
	struct table copy;

	(void)context;
	(void)schema;
	if (!k)
		return;
	if (t)
		table_copy(&copy, t);
	if (k->is_known)
		table_release(&k->table);
	k->is_known = t != NULL;
	if (t)
		k->table = copy;
}

static void drop_schema(void *context, struct str schema)
{
	for (char i = '0'; i < '0' + N_TABLES; i++)
		set(context, schema, (struct str){ (char[]){ 't', i }, 2 }, NULL);
}

/* --- statements --- */

#define PICK(b, ...) \
	do { \
		static const char *const list_[] = { __VA_ARGS__ }; \
		buf_put_text((b), list_[any(sizeof(list_) / sizeof(*list_))]); \
	} while (0)

static void put_column_name(struct buf *b)
{
	PICK(b, "a", "b", "c", "d", "e", "`f g`", "H", "`k``l`", "m");
}

static void put_key_name(struct buf *b)
{
	PICK(b, "k1", "k2", "k3", "`k 4`", "a", "b", "K5");
}

static void put_table_name(struct buf *b)
{
	if (one_in(4))
		buf_put_text(b, "d.");
	buf_putf(b, "t%d", (int)any(N_TABLES));
}

static void put_charset(struct buf *b)
{
	PICK(b, " CHARACTER SET latin1", " CHARSET utf8mb4", " CHARACTER SET = utf8", " COLLATE utf8mb4_bin", " COLLATE latin1_swedish_ci",
	     " CHARSET gbk COLLATE gbk_bin", " CHARACTER SET binary", " COLLATE = ascii_bin", " CHARACTER SET 'sjis'");
}

static void put_text_type(struct buf *b)
{
	PICK(b, "CHAR(5)", "VARCHAR(20)", "CHAR", "VARCHAR(200)", "TEXT", "TINYTEXT", "MEDIUMTEXT", "LONGTEXT", "TEXT(10)", "TEXT(100)",
	     "TEXT(20000)", "TEXT(100000)", "ENUM('a','b''c','d ')", "SET('x','y','z')", "CHARACTER VARYING(7)", "LONG", "LONG VARCHAR",
	     "ENUM('A',\"q\",'(')", "CHARACTER (9)", "VARCHAR(8000)");
	if (one_in(3)) {
		char text[60];
		struct buf cs = BUF_INIT(sizeof(text));

		put_charset(&cs);
		/* Behind a type there is no '='. */
		for (size_t i = 0; i < cs.n; i++)
			if (cs.p[i] != '=')
				buf_put_char(b, cs.p[i]);
		buf_release(&cs);
	}
	if (one_in(12))
		buf_put_text(b, " BINARY");
}

static void put_type(struct buf *b)
{
	switch (any(8)) {
	case 0:
	case 1:
		put_text_type(b);
		break;
	case 2:
		PICK(b, "DATE", "TIME", "TIME(3)", "DATETIME", "DATETIME(6)", "TIMESTAMP", "TIMESTAMP(2)", "TIMESTAMP NULL", "YEAR", "YEAR(4)",
		     "DATETIME(0)");
		break;
	case 3:
		PICK(b, "DECIMAL", "DECIMAL(5)", "NUMERIC(10,2)", "DEC(20,5) UNSIGNED", "FIXED(3,1) ZEROFILL", "FLOAT", "FLOAT(7,3)", "FLOAT(30)",
		     "DOUBLE", "DOUBLE PRECISION", "REAL", "DOUBLE(10,2) UNSIGNED", "FLOAT(10)");
		break;
	case 4:
		PICK(b, "BINARY(4)", "VARBINARY(20)", "BLOB", "BLOB(10)", "TINYBLOB", "LONGBLOB", "BLOB(70000)", "BIT", "BIT(9)", "BINARY",
		     "LONG VARBINARY", "GEOMETRY", "POINT", "JSON", "GEOMETRYCOLLECTION", "MULTIPOLYGON");
		break;
	case 5:
		PICK(b, "NCHAR(3)", "NATIONAL VARCHAR(7)", "NVARCHAR(4)", "NATIONAL CHARACTER VARYING(3)", "NCHAR VARYING(6)", "CHAR(4) ASCII",
		     "VARCHAR(5) UNICODE", "CHAR(6) BYTE", "TEXT BYTE", "BOOL", "BOOLEAN");
		break;
	default:
		PICK(b, "INT", "INTEGER", "INT(5)", "INT UNSIGNED", "BIGINT(20) UNSIGNED", "SMALLINT", "TINYINT(1)", "MEDIUMINT ZEROFILL",
		     "INT(3) UNSIGNED ZEROFILL", "INT8", "INT4 SIGNED", "MIDDLEINT", "INT1", "INT2 UNSIGNED");
	}
}

static void put_attributes(struct buf *b)
{
	if (one_in(3))
		PICK(b, " NOT NULL", " NULL", " NOT NULL", " DEFAULT NULL");
	if (one_in(6))
		PICK(b, " DEFAULT 5", " DEFAULT '7'", " DEFAULT 'a'", " DEFAULT CURRENT_TIMESTAMP", " DEFAULT (1 + (2))", " DEFAULT -1.5",
		     " DEFAULT TRUE", " DEFAULT 'it''s, )'", " DEFAULT '2020-01-01'", " DEFAULT b'1'", " DEFAULT x'41'");
	if (one_in(20))
		buf_put_text(b, " ON UPDATE CURRENT_TIMESTAMP");
	if (one_in(8))
		PICK(b, " COMMENT 'a, (b'", " COMMENT \"x\"");
	if (one_in(25))
		buf_put_text(b, " UNIQUE");
	if (one_in(40))
		PICK(b, " UNIQUE KEY", " PRIMARY KEY", " KEY", " AUTO_INCREMENT UNIQUE", " AUTO_INCREMENT PRIMARY KEY");
	if (one_in(20))
		buf_put_text(b, " INVISIBLE");
	if (one_in(30))
		buf_put_text(b, mariadb() && one_in(2) ? " REFERENCES d.t0 (a) ON DELETE CASCADE" : " CHECK (1 < 2)");
}

static void put_definition(struct buf *b)
{
	if (one_in(40)) {
		buf_put_text(b, "SERIAL");
		return;
	}
	put_type(b);
	if (one_in(12)) {
		PICK(b, " AS (1 + 2)", " GENERATED ALWAYS AS (concat('a', 'b')) VIRTUAL", " AS (now(3)) VIRTUAL", " AS (5) STORED",
		     " GENERATED ALWAYS AS ('x') STORED UNIQUE", " AS (a + 1)");
		return;
	}
	put_attributes(b);
}

static void put_parts(struct buf *b)
{
	size_t n = 1 + any(3);

	buf_put_char(b, '(');
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buf_put_text(b, ", ");
		if (!mariadb() && one_in(15)) {
			PICK(b, "(1 + 1)", "(a + 1)", "(lower(b))");
			continue;
		}
		put_column_name(b);
		if (one_in(4))
			PICK(b, "(5)", "(10)", "(20)", "(3)", "(1)");
		if (one_in(5))
			PICK(b, " ASC", " DESC");
	}
	buf_put_char(b, ')');
}

static void put_key(struct buf *b)
{
	switch (any(8)) {
	case 0:
	case 1:
		PICK(b, "PRIMARY KEY ", "CONSTRAINT PRIMARY KEY ", "CONSTRAINT x PRIMARY KEY USING BTREE ");
		break;
	case 2:
	case 3:
		PICK(b, "UNIQUE ", "UNIQUE KEY ", "UNIQUE INDEX u1 ", "CONSTRAINT c1 UNIQUE ", "CONSTRAINT UNIQUE u2 ", "CONSTRAINT c2 UNIQUE KEY u3 ");
		break;
	case 4:
		PICK(b, "FULLTEXT ", "FULLTEXT KEY f1 ");
		break;
	default:
		PICK(b, "KEY ", "INDEX ");
		if (one_in(2))
			put_key_name(b);
		if (one_in(5))
			buf_put_text(b, " USING BTREE ");
	}
	put_parts(b);
	if (one_in(6))
		PICK(b, " COMMENT 'x'", " KEY_BLOCK_SIZE = 4", " USING BTREE");
}

static void put_table_options(struct buf *b)
{
	if (one_in(2))
		buf_put_text(b, " ENGINE=InnoDB");
	if (one_in(3)) {
		buf_put_text(b, one_in(2) ? " DEFAULT" : "");
		put_charset(b);
	}
	if (one_in(6))
		PICK(b, " COMMENT='x'", ", ROW_FORMAT=DYNAMIC", " AUTO_INCREMENT 5, COMMENT 'y'", " STATS_PERSISTENT=1");
	if (one_in(12))
		PICK(b, " PARTITION BY HASH (a) PARTITIONS 3", " /*!50100 PARTITION BY KEY () */", " PARTITION BY RANGE (a) (PARTITION p VALUES LESS THAN (9))");
}

static void put_create(struct buf *b)
{
	size_t n = 1 + any(6);

	buf_put_text(b, mariadb() && one_in(3) ? "CREATE OR REPLACE TABLE " : "CREATE TABLE ");
	if (one_in(5))
		buf_put_text(b, "IF NOT EXISTS ");
	put_table_name(b);
	if (one_in(10)) {
		buf_put_text(b, " LIKE ");
		put_table_name(b);
		return;
	}
	buf_put_text(b, " (");
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buf_put_text(b, ", ");
		put_column_name(b);
		buf_put_char(b, ' ');
		put_definition(b);
	}
	for (size_t i = any(4); i > 0; i--) {
		buf_put_text(b, ", ");
		put_key(b);
	}
	buf_put_char(b, ')');
	put_table_options(b);
}

static void put_place(struct buf *b)
{
	if (one_in(4))
		buf_put_text(b, " FIRST");
	else if (one_in(3)) {
		buf_put_text(b, " AFTER ");
		put_column_name(b);
	}
}

static const char *if_there(const char *words)
{
	return mariadb() && one_in(4) ? words : " ";
}

static void put_add(struct buf *b)
{
	if (one_in(3)) {
		buf_put_text(b, "ADD ");
		put_key(b);
	} else if (one_in(6)) {
		buf_put_text(b, "ADD (");
		put_column_name(b);
		buf_put_char(b, ' ');
		put_definition(b);
		buf_put_text(b, ", ");
		put_column_name(b);
		buf_put_char(b, ' ');
		put_definition(b);
		buf_put_char(b, ')');
	} else {
		buf_putf(b, "ADD%s%s", one_in(2) ? " COLUMN" : "", if_there(" IF NOT EXISTS "));
		put_column_name(b);
		buf_put_char(b, ' ');
		put_definition(b);
		put_place(b);
	}
}

static void put_drop(struct buf *b)
{
	switch (any(6)) {
	case 0:
		buf_put_text(b, "DROP PRIMARY KEY");
		break;
	case 1:
		buf_putf(b, "DROP %s%s", one_in(2) ? "INDEX" : "KEY", if_there(" IF EXISTS "));
		put_key_name(b);
		break;
	case 2:
		buf_putf(b, "DROP CONSTRAINT%s", if_there(" IF EXISTS "));
		PICK(b, "c1", "c2", "u1", "a", "b", "x");
		break;
	default:
		buf_putf(b, "DROP%s%s", one_in(2) ? " COLUMN" : "", if_there(" IF EXISTS "));
		put_column_name(b);
	}
}

static void put_change(struct buf *b)
{
	if (one_in(2)) {
		buf_putf(b, "MODIFY%s%s", one_in(2) ? " COLUMN" : "", if_there(" IF EXISTS "));
		put_column_name(b);
	} else {
		buf_putf(b, "CHANGE%s%s", one_in(2) ? " COLUMN" : "", if_there(" IF EXISTS "));
		put_column_name(b);
		buf_put_char(b, ' ');
		put_column_name(b);
	}
	buf_put_char(b, ' ');
	put_definition(b);
	put_place(b);
}

/* Checks, foreign keys, what is visible: no part of a structure, or a little one. */
static void put_constraint(struct buf *b)
{
	if (one_in(3))
		PICK(b, "ADD CONSTRAINT ck1 CHECK (1 < 2)", "ADD CHECK (a IS NULL OR a <> 77)", "DROP CONSTRAINT ck1",
		     "ADD CONSTRAINT ck2 CHECK (length('a, (b') > 1)");
	else if (one_in(2))
		PICK(b, "ADD CONSTRAINT fk1 FOREIGN KEY (a) REFERENCES t1 (a)", "ADD FOREIGN KEY (b) REFERENCES d.t2 (b) ON DELETE SET NULL",
		     "DROP FOREIGN KEY fk1", "ADD CONSTRAINT fk2 FOREIGN KEY fki (c, a) REFERENCES t0 (c, a)");
	else if (mariadb())
		PICK(b, "ALTER INDEX k1 IGNORED", "ALTER KEY k1 NOT IGNORED", "ALTER INDEX IF EXISTS `k 4` IGNORED");
	else
		PICK(b, "ALTER INDEX k1 INVISIBLE", "ALTER INDEX k1 VISIBLE", "ALTER COLUMN a SET INVISIBLE", "ALTER b SET VISIBLE",
		     "DROP CHECK ck1", "ALTER CHECK ck1 NOT ENFORCED");
}

static void put_clause(struct buf *b)
{
	switch (any(13)) {
	case 12:
		put_constraint(b);
		break;
	case 0: case 1: case 2: case 3:
		put_add(b);
		break;
	case 4: case 5:
		put_drop(b);
		break;
	case 6: case 7: case 8:
		put_change(b);
		break;
	case 9:
		PICK(b, "ALTER a SET DEFAULT 6", "ALTER COLUMN b DROP DEFAULT", "ALTER c SET DEFAULT NULL", "COMMENT 'z'", "ENGINE=InnoDB", "FORCE",
		     "ALGORITHM=COPY", "ORDER BY a", "ADD CHECK (2 > 1)", "ALTER m SET DEFAULT 'q'");
		break;
	case 10:
		if (one_in(2)) {
			buf_putf(b, "RENAME COLUMN%s", if_there(" IF EXISTS "));
			put_column_name(b);
			buf_put_text(b, " TO ");
			put_column_name(b);
		} else {
			buf_putf(b, "RENAME %s%s", one_in(2) ? "INDEX" : "KEY", if_there(" IF EXISTS "));
			put_key_name(b);
			buf_put_text(b, " TO ");
			put_key_name(b);
		}
		break;
	default:
		if (one_in(3)) {
			buf_put_text(b, "RENAME TO ");
			put_table_name(b);
		} else if (one_in(2)) {
			PICK(b, "CONVERT TO CHARACTER SET utf8mb4", "CONVERT TO CHARSET latin1", "CONVERT TO CHARACTER SET utf8 COLLATE utf8_bin",
			     "CONVERT TO CHARACTER SET gbk", "CONVERT TO CHARACTER SET DEFAULT");
		} else {
			put_charset(b);
		}
	}
}

/* Statements about partitions stand alone, but for the first ones. */
static void put_partitions(struct buf *b)
{
	PICK(b, " PARTITION BY HASH (a) PARTITIONS 3", " PARTITION BY KEY (a, b)", " REMOVE PARTITIONING", " COMMENT 'p' PARTITION BY HASH (a)",
	     " ADD m INT REMOVE PARTITIONING", " ADD PARTITION PARTITIONS 2", " COALESCE PARTITION 1", " TRUNCATE PARTITION ALL",
	     " REBUILD PARTITION ALL", " PARTITION BY LIST (a) (PARTITION p VALUES IN (1, 2), PARTITION q VALUES IN (NULL))",
	     " PARTITION BY RANGE COLUMNS (a) SUBPARTITION BY HASH (b) SUBPARTITIONS 2 (PARTITION p VALUES LESS THAN (9), PARTITION q VALUES LESS "
	     "THAN (MAXVALUE))", " DROP PARTITION q", " REORGANIZE PARTITION p INTO (PARTITION p VALUES LESS THAN (9))",
	     " EXCHANGE PARTITION p WITH TABLE t1", " EXCHANGE PARTITION p0 WITH TABLE d.t2", " ANALYZE PARTITION ALL");
}

static void put_alter(struct buf *b)
{
	size_t n = one_in(2) ? 1 : 1 + any(4);

	buf_put_text(b, "ALTER TABLE ");
	put_table_name(b);
	if (one_in(10)) {
		put_partitions(b);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		buf_put_text(b, i ? ", " : " ");
		put_clause(b);
	}
}

static void put_other(struct buf *b)
{
	switch (any(6)) {
	case 0:
		PICK(b, "DROP TABLE ", "DROP TABLE IF EXISTS ");
		put_table_name(b);
		break;
	case 1:
		buf_put_text(b, "RENAME TABLE ");
		put_table_name(b);
		buf_put_text(b, " TO ");
		put_table_name(b);
		if (one_in(3))
			PICK(b, ", t1 TO d.other, t3 TO t1, other TO t3", ", t4 TO u, u TO t4", ", t2 TO t3");
		break;
	case 2:
		buf_put_text(b, "TRUNCATE ");
		put_table_name(b);
		break;
	case 3:
		PICK(b, "CREATE UNIQUE INDEX ", "CREATE INDEX ", "CREATE FULLTEXT INDEX ");
		put_key_name(b);
		buf_put_text(b, " ON ");
		put_table_name(b);
		buf_put_char(b, ' ');
		put_parts(b);
		break;
	case 4:
		buf_put_text(b, "DROP INDEX ");
		put_key_name(b);
		buf_put_text(b, " ON ");
		put_table_name(b);
		break;
	default:
		if (one_in(4))
			buf_put_text(b, "DROP DATABASE d");
		else
			PICK(b, "ALTER DATABASE d CHARACTER SET latin1", "ALTER DATABASE d CHARSET utf8mb4", "ALTER DATABASE d COLLATE utf8_bin");
	}
}

/* --- one statement --- */

static size_t accepted, refused, learnt, contradicted;
static char default_charset[64];

static void show(const char *what, const struct table *t)
{
	struct buf b = BUF_INIT(1 << 20);

	table_line_put(&b, t, NULL);
	printf("%s %.*s", what, STR(buf_str(&b)));
	buf_release(&b);
}

/* How much of a long column a plain index holds is the engine's choice, and identifies nothing. */
static void ignore_prefixes(struct table *now, const struct table *tracked)
{
	for (size_t i = 0; i < now->n_keys; i++) {
		size_t at = table_find_key(tracked, now->keys[i].name);

		if (at == SIZE_MAX || now->keys[i].unique || now->keys[i].n_parts != tracked->keys[at].n_parts)
			continue;
		for (size_t p = 0; p < now->keys[i].n_parts; p++)
			now->keys[i].parts[p].prefix = tracked->keys[at].parts[p].prefix;
	}
}

/* The index that a foreign key brought goes when another one covers it; a structure does not say where an index comes from. */
static void drop_covered_keys(struct table *tracked, const struct table *now)
{
	for (size_t i = tracked->n_keys; i > 0; i--) {
		const struct key *key = &tracked->keys[i - 1];
		bool covered = false;

		for (size_t k = 0; k < now->n_keys && !covered; k++)
			covered = key->n_parts == 1 && now->keys[k].n_parts >= 1 &&
				  str_eq_nocase(now->keys[k].parts[0].column, key->parts[0].column);
		if (!key->unique && covered && table_find_key(now, key->name) == SIZE_MAX)
			table_drop_key(tracked, i - 1);
	}
}

/* What is known of the table is what the server has; what is not known is asked for. */
static bool check_table(struct str name, struct err *e)
{
	struct known *k = find(name);
	struct table now;
	char why[300] = "";
	bool exists, same;

	if (!server_table(&conn, STR_LIT("d"), name, &now, &exists, e))
		return false;
	if (!exists)
		return !k->is_known || err_set(e, &err_ddl_structure, "%.*s is known and not there", STR(name));
	if (!k->is_known) {
		set(NULL, STR_LIT("d"), name, &now);
		table_release(&now);
		learnt++;
		return true;
	}
	ignore_prefixes(&now, &k->table);
	drop_covered_keys(&k->table, &now);
	same = table_equal(&k->table, &now, why, sizeof(why));
	for (size_t i = 0; same && i < now.n_columns; i++)
		same = now.columns[i].auto_increment == k->table.columns[i].auto_increment &&
		       now.columns[i].invisible == k->table.columns[i].invisible &&
		       now.columns[i].base64 == k->table.columns[i].base64;
	if (!same) {
		show("tracked", &k->table);
		show("server ", &now);
		err_set(e, &err_ddl_structure, "%.*s: %s", STR(name), why[0] ? why : "a flag of a column differs");
	}
	table_release(&now);
	return same;
}

static bool read_default_charset(struct err *e)
{
	struct arena a = ARENA_INIT;
	struct str value;
	bool ok = conn_get(&conn, &a, &value,
			   STR_LIT("SELECT DEFAULT_CHARACTER_SET_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = 'd'"), e);

	if (ok)
		snprintf(default_charset, sizeof(default_charset), "%.*s", STR(value));
	arena_release(&a);
	return ok;
}

static bool is_named(const struct ddl *ddl, struct str table)
{
	for (size_t i = 0; i < ddl->n_names; i++)
		if (str_eq(ddl->names[i].table, table))
			return true;
	return ddl->kind == DDL_DROP_DATABASE;
}

static bool check(struct str sql, struct str sql_mode, enum flavor flavor, struct err *e)
{
	struct ddl_tables tables = {
		.get = get, .set = set, .drop_schema = drop_schema, .default_charset = str_of(default_charset), .timestamps = TIMESTAMPS_EXPLICIT,
	};
	struct arena a = ARENA_INIT;
	struct ddl ddl;
	bool ok;

	ddl_parse(&ddl, &a, sql, STR_LIT("d"), sql_mode, flavor == FLAVOR_MARIADB);
	ok = ddl.kind != DDL_UNKNOWN || err_set(e, &err_ddl_structure, "not understood: %s", ddl.why);
	/* Servers take some clauses that contradict one another, by rules of their own. */
	if (ok && !ddl_apply(&ddl, &tables, e)) {
		contradicted++;
		err_clear(e);
		for (size_t i = 0; i < ddl.n_tables; i++)
			set(NULL, ddl.names[i].schema, ddl.names[i].table, NULL);
	}
	if (ok && ddl.kind == DDL_DROP_DATABASE)
		ok = conn_run(&conn, STR_LIT("CREATE DATABASE d"), e) && conn_run(&conn, STR_LIT("USE d"), e);
	for (char i = '0'; ok && i < '0' + N_TABLES; i++) {
		struct str name = { (char[]){ 't', i }, 2 };

		/* The others are looked at now and then: it takes long. */
		if (is_named(&ddl, name) || one_in(8))
			ok = check_table(name, e);
	}
	ok = ok && (ddl.kind != DDL_ALTER_DATABASE && ddl.kind != DDL_DROP_DATABASE ? true : read_default_charset(e));
	arena_release(&a);
	return ok;
}

/* A statement that is refused may have done something: a CREATE OR REPLACE has dropped the old table (the log has a DROP TABLE
 * then), and MariaDB may rename a column and say afterwards that it could not. */
static bool look_again(struct str sql, struct err *e)
{
	struct arena a = ARENA_INIT;
	bool ok = true, exists;
	struct ddl ddl;
	struct table t;

	ddl_parse(&ddl, &a, sql, STR_LIT("d"), STR_LIT(""), mariadb());
	for (size_t i = 0; ok && i < ddl.n_tables; i++) {
		if (!get(NULL, STR_LIT("d"), ddl.names[i].table))
			continue;
		ok = server_table(&conn, STR_LIT("d"), ddl.names[i].table, &t, &exists, e);
		if (ok)
			set(NULL, STR_LIT("d"), ddl.names[i].table, exists ? &t : NULL);
		if (ok && exists)
			table_release(&t);
	}
	arena_release(&a);
	return ok;
}

static bool step(struct str sql_mode, struct err *e)
{
	struct buf b = BUF_INIT(1 << 16);
	struct err no = { 0 };
	bool ok = true;

	if (one_in(3))
		put_create(&b);
	else if (one_in(4))
		put_other(&b);
	else
		put_alter(&b);
	if (getenv("DDL_TRACKING_SHOW"))
		printf("%.*s\n", STR(buf_str(&b)));
	if (conn_run(&conn, buf_str(&b), &no)) {
		accepted++;
		ok = check(buf_str(&b), sql_mode, conn.flavor, e);
		if (!ok)
			printf("%.*s\n", STR(buf_str(&b)));
	} else {
		refused++;
		ok = !mariadb() || look_again(buf_str(&b), e);	/* MySQL's statements are atomic */
	}
	buf_release(&b);
	return ok;
}

int main(int argc, char **argv)
{
	struct endpoint at = { .user = STR_LIT("root") };
	struct conn_want want = { .at = &at, .scope = SCOPE_UPSTREAM };
	struct err e = { 0 };
	size_t count;
	bool ok;

	if (argc != 4)
		return 64;
	at.socket = str_of(argv[1]);
	state = strtoull(argv[2], NULL, 10) * 0x9e3779b97f4a7c15u + 1;
	count = strtoull(argv[3], NULL, 10);
	want.sql_mode = one_in(2) ? STR_LIT("STRICT_ALL_TABLES") : STR_LIT("REAL_AS_FLOAT,ALLOW_INVALID_DATES");
	ok = conn_open(&conn, &want, &e) && conn_run(&conn, STR_LIT("DROP DATABASE IF EXISTS d"), &e) &&
	     conn_run(&conn, STR_LIT("CREATE DATABASE d CHARACTER SET latin1"), &e) && conn_run(&conn, STR_LIT("USE d"), &e) &&
	     read_default_charset(&e);
	while (ok && accepted < count)
		ok = step(want.sql_mode, &e);
	drop_schema(NULL, STR_NONE);
	conn_close(&conn);
	if (!ok)
		printf("seed %s, statement %zu: %s\n", argv[2], accepted, e.text);
	else
		printf("accepted %zu, refused %zu, learnt anew %zu, contradicted %zu\n", accepted, refused, learnt, contradicted);
	return !ok;
}
