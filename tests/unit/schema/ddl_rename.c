/* ddl_rename.c - statements with other names put in. */
#include "tests.h"

#include "schema/ddl.h"

/* s.a becomes x.y; the default database is s; all other names stay. */
static const char *const cases[][2] = {
	{ "ALTER TABLE a ADD b INT", "ALTER TABLE `x`.`y` ADD b INT" },
	{ "alter  table\t`s` . `a`/*c*/add b int", "alter  table\t`x`.`y`/*c*/add b int" },
	{ "ALTER TABLE b ADD a INT", "ALTER TABLE `s`.b ADD a INT" },
	{ "ALTER TABLE `s`.b ADD a INT", "ALTER TABLE `s`.b ADD a INT" },
	{ "DROP TABLE IF EXISTS a, `q`, s.a , o.a", "DROP TABLE IF EXISTS `x`.`y`, `s`.`q`, `x`.`y` , o.a" },
	{ "RENAME TABLE a TO q, q TO s.a", "RENAME TABLE `x`.`y` TO `s`.q, `s`.q TO `x`.`y`" },
	{ "CREATE TABLE q LIKE a", "CREATE TABLE `s`.q LIKE `x`.`y`" },
	{ "CREATE TABLE q (a INT REFERENCES a (a), CONSTRAINT a FOREIGN KEY (a) REFERENCES s.a (a)) COMMENT 'a'",
	  "CREATE TABLE `s`.q (a INT REFERENCES `x`.`y` (a), CONSTRAINT a FOREIGN KEY (a) REFERENCES `x`.`y` (a)) COMMENT 'a'" },
	{ "CREATE UNIQUE INDEX a ON a (a)", "CREATE UNIQUE INDEX a ON `x`.`y` (a)" },
	{ "TRUNCATE a", "TRUNCATE `x`.`y`" },
	{ "ALTER TABLE q EXCHANGE PARTITION p WITH TABLE a", "ALTER TABLE `s`.q EXCHANGE PARTITION p WITH TABLE `x`.`y`" },
	{ "CREATE TABLE a (b INT) ENGINE=InnoDB START TRANSACTION", "CREATE TABLE `x`.`y` (b INT) ENGINE=InnoDB " },
	{ "CREATE TABLE a (b INT) START TRANSACTION COMMENT 'x'", "CREATE TABLE `x`.`y` (b INT)  COMMENT 'x'" },
	{ "CREATE TABLE /*!32302 a */ (b INT)", "CREATE TABLE /*!32302 `x`.`y` */ (b INT)" },
	{ "CREATE DATABASE s", "CREATE DATABASE `x`" },
	{ "CREATE DATABASE IF NOT EXISTS `s` CHARSET utf8", "CREATE DATABASE IF NOT EXISTS `x` CHARSET utf8" },
	{ "ALTER DATABASE CHARSET utf8", "ALTER DATABASE `x` CHARSET utf8" },
	{ "DROP SCHEMA o", "DROP SCHEMA o" },
	{ "GRANT SELECT ON a TO b", "GRANT SELECT ON a TO b" },
};

static void names_are_put_in_place(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct arena a = ARENA_INIT;
		struct buf b = BUF_INIT(1 << 16);
		struct ddl_name to[10];
		struct ddl ddl;

		ddl_parse(&ddl, &a, str_of(cases[i][0]), STR_LIT("s"), STR_LIT(""), false);
		CHECK(ddl.kind != DDL_UNKNOWN && ddl.n_names <= 10);
		for (size_t k = 0; k < ddl.n_names && k < 10; k++) {
			bool routed = str_is(ddl.names[k].schema, "s") && (ddl.names[k].table.n == 0 || str_is(ddl.names[k].table, "a"));

			to[k] = (struct ddl_name){ .schema = ddl.names[k].schema, .table = ddl.names[k].table };
			if (routed)
				to[k].schema = STR_LIT("x");
			if (routed && to[k].table.n > 0)
				to[k].table = STR_LIT("y");
		}
		ddl_put_renamed(&b, &ddl, to);
		CHECK(holds(&b, cases[i][1]));
		arena_release(&a);
		buf_release(&b);
	}
}

static void names_that_need_quotes_get_them(void)
{
	struct ddl_name to = { .schema = STR_LIT("a`b"), .table = STR_LIT("c d") };
	struct arena a = ARENA_INIT;
	struct buf b = BUF_INIT(1 << 16);
	struct ddl ddl;

	ddl_parse(&ddl, &a, STR_LIT("DROP TABLE \"x\"\"y\""), STR_LIT("s"), STR_LIT("ANSI_QUOTES"), false);
	ddl_put_renamed(&b, &ddl, &to);
	CHECK(holds(&b, "DROP TABLE `a``b`.`c d`"));
	buf_clear(&b);
	ddl_put_renamed(&b, &ddl, ddl.names);
	CHECK(holds(&b, "DROP TABLE `s`.\"x\"\"y\""));
	arena_release(&a);
	buf_release(&b);
}

void test_ddl_rename(void)
{
	RUN(names_are_put_in_place);
	RUN(names_that_need_quotes_get_them);
}
