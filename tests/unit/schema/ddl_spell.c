/* ddl_spell.c - statements that say their collations. */
#include "tests.h"

#include "schema/ddl_spell.h"

static bool collation(void *context, struct str charset, struct str *name, struct err *e)
{
	static char made[200];

	(void)context;
	(void)e;
	if (str_is(charset, "unknown"))
		return true;
	snprintf(made, sizeof(made), "%.*s_x", STR(charset));
	*name = str_of(made);
	return true;
}

static void check_spelled(const char *sql, const char *wanted)
{
	struct ddl_spelling how = { collation, NULL, STR_LIT("server_x") };
	struct buf b = BUF_INIT(4096), twice = BUF_INIT(4096);
	struct arena a = ARENA_INIT;
	struct err e = { 0 };
	struct ddl ddl, again;

	ddl_parse(&ddl, &a, str_of(sql), STR_LIT("d"), STR_LIT(""), true);
	CHECK(ddl.kind != DDL_UNKNOWN);
	CHECK(ddl_put_spelled(&b, &ddl, &how, &e));
	CHECK(holds(&b, wanted ? wanted : sql));
	/* What is said is understood, and nothing is left to say. */
	ddl_parse(&again, &a, buf_str(&b), STR_LIT("d"), STR_LIT(""), true);
	CHECK(again.kind == ddl.kind && again.n_names == ddl.n_names);
	CHECK(ddl_put_spelled(&twice, &again, &how, &e));
	CHECK(holds(&twice, buf_text(&b)));
	arena_release(&a);
	buf_release(&b);
	buf_release(&twice);
}

static void charsets_get_their_collations(void)
{
	check_spelled("CREATE TABLE t (a CHAR(5) CHARACTER SET latin1 NOT NULL, b TEXT CHARSET utf8mb4) CHARSET=gbk ENGINE=InnoDB",
		      "CREATE TABLE t (a CHAR(5) CHARACTER SET latin1 COLLATE latin1_x NOT NULL, b TEXT CHARSET utf8mb4 COLLATE utf8mb4_x) "
		      "CHARSET=gbk COLLATE gbk_x ENGINE=InnoDB");
	check_spelled("ALTER TABLE t ADD (a CHAR(5) CHARACTER SET latin1, b INT), MODIFY c ENUM('x') CHARSET utf8 FIRST, DEFAULT CHARACTER SET = koi8r",
		      "ALTER TABLE t ADD (a CHAR(5) CHARACTER SET latin1 COLLATE latin1_x, b INT), MODIFY c ENUM('x') CHARSET utf8 COLLATE utf8_x FIRST, "
		      "DEFAULT CHARACTER SET = koi8r COLLATE koi8r_x");
	check_spelled("ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4", "ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_x");
	check_spelled("CREATE DATABASE d CHARACTER SET latin1 COMMENT 'x'", "CREATE DATABASE d CHARACTER SET latin1 COLLATE latin1_x COMMENT 'x'");
	check_spelled("ALTER DATABASE CHARACTER SET utf8", "ALTER DATABASE CHARACTER SET utf8 COLLATE utf8_x");
	check_spelled("CREATE DATABASE IF NOT EXISTS d;", "CREATE DATABASE IF NOT EXISTS d COLLATE server_x;");
	check_spelled("CREATE TABLE t (a CHAR(5) /*!40100 CHARACTER SET latin1 */)",
		      "CREATE TABLE t (a CHAR(5) /*!40100 CHARACTER SET latin1 COLLATE latin1_x */)");
}

static void what_is_said_stays(void)
{
	check_spelled("CREATE TABLE t (a CHAR(5) CHARACTER SET latin1 NOT NULL COLLATE latin1_bin, b CHAR(5) COLLATE utf8_bin CHARACTER SET utf8)", NULL);
	check_spelled("CREATE TABLE t (a CHAR(5) CHARACTER SET latin1 BINARY, b CHAR(5) BINARY CHARACTER SET latin1)", NULL);
	check_spelled("CREATE TABLE t (a INT) CHARSET=utf8 ENGINE=InnoDB COLLATE=utf8_bin", NULL);
	check_spelled("CREATE TABLE t (a INT) COLLATE=utf8_bin CHARSET=utf8", NULL);
	check_spelled("ALTER TABLE t CONVERT TO CHARACTER SET utf8 COLLATE utf8_bin", NULL);
	check_spelled("ALTER TABLE t CONVERT TO CHARACTER SET DEFAULT", NULL);
	check_spelled("CREATE TABLE t (a CHAR(5) CHARACTER SET binary, b CHAR(5) CHARACTER SET unknown) CHARSET binary", NULL);
	check_spelled("CREATE TABLE t (a INT)", NULL);
	check_spelled("CREATE TABLE t LIKE u", NULL);
	check_spelled("CREATE DATABASE d COLLATE utf8_bin", NULL);
	check_spelled("ALTER TABLE t ADD a INT DEFAULT (CAST('1' AS CHAR CHARACTER SET latin1)), ADD b INT AS (CHARSET(a) = 'x')", NULL);
	check_spelled("ALTER TABLE t COMMENT 'CHARACTER SET latin1'", NULL);
}

void test_ddl_spell(void)
{
	charsets_get_their_collations();
	what_is_said_stays();
}
