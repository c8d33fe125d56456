/* table_sql.c - structures as SQL, and back. */
#include "tests.h"

#include "schema/table_sql.h"

struct seen {
	struct table tables[8];
	size_t n;
};

static void take(void *context, struct table *t)
{
	struct seen *seen = context;

	if (seen->n < 8)
		seen->tables[seen->n++] = *t;
	else
		table_release(t);
}

static bool read_sql(struct seen *seen, const char *text, const char *schema, struct err *e)
{
	struct table_sql how = {
		.sql_mode = STR_LIT(""), .charset = STR_LIT(""), .schema = str_of(schema),
	};

	*seen = (struct seen){ .n = 0 };
	*e = (struct err){ 0 };
	return table_sql_read(&how, str_of(text), take, seen, e);
}

static void release(struct seen *seen)
{
	for (size_t i = 0; i < seen->n; i++)
		table_release(&seen->tables[i]);
}

static void a_structure_is_the_same_after_a_turn_through_sql(void)
{
	static const char create[] =
		"CREATE TABLE `t``x` (`id` bigint unsigned NOT NULL AUTO_INCREMENT, `a` varchar(20) CHARACTER SET latin1 NULL DEFAULT "
		"'it''s', `b` decimal(5,2) NOT NULL DEFAULT 1.50, `c` datetime(3) NULL, `d` blob NULL, `e` enum('x','y') CHARACTER SET utf8mb4 "
		"NOT NULL, `g` int GENERATED ALWAYS AS (NULL) VIRTUAL, PRIMARY KEY (`id`), UNIQUE KEY `u` (`a`(5), `b`), KEY `k` (`c`)) DEFAULT "
		"CHARSET=utf8mb4";
	struct buf b = BUF_INIT(65536);
	struct seen first, again;
	struct err e;
	char why[200] = "";

	CHECK(read_sql(&first, create, "s", &e) && first.n == 1);
	table_put_create(&b, &first.tables[0]);
	CHECK(holds(&b, create));
	CHECK(read_sql(&again, buf_text(&b), "s", &e) && again.n == 1);
	CHECK(table_equal(&first.tables[0], &again.tables[0], why, sizeof(why)));
	release(&first);
	release(&again);
	buf_release(&b);
}

static void all_tables_of_a_dump_are_read(void)
{
	struct seen seen;
	struct err e;

	CHECK(read_sql(&seen, "/*!40101 SET NAMES utf8 */;\nUSE `one`;\nDROP TABLE IF EXISTS `a`;\nCREATE TABLE `a` (x INT) DEFAULT CHARSET=utf8;\n"
		       "USE two; CREATE TABLE IF NOT EXISTS b (y CHAR(1)) CHARSET latin1; CREATE TABLE three.c (z INT);", "", &e));
	CHECK(seen.n == 3);
	CHECK(str_is(seen.tables[0].schema, "one") && str_is(seen.tables[0].name, "a"));
	CHECK(str_is(seen.tables[1].schema, "two") && str_is(seen.tables[1].columns[0].charset, "latin1"));
	CHECK(str_is(seen.tables[2].schema, "three") && str_is(seen.tables[2].columns[0].name, "z"));
	release(&seen);
}

static void what_cannot_be_told_is_refused(void)
{
	static const struct { const char *sql, *why; } cases[] = {
		{ "CREATE TABLE a (x INT)", "which database" },
		{ "CREATE TABLE s.a (x INT", "" },
		{ "CREATE TABLE s.a (x CHAR(1))", "does it name its CHARSET" },
		{ "CREATE TABLE s.a LIKE s.b", "cannot be told" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct seen seen;
		struct err e;

		CHECK(!read_sql(&seen, cases[i].sql, "", &e) && e.kind);
		CHECK(strstr(e.text, cases[i].why));
		release(&seen);
	}
}

void test_table_sql(void)
{
	a_structure_is_the_same_after_a_turn_through_sql();
	all_tables_of_a_dump_are_read();
	what_cannot_be_told_is_refused();
}
