/* mysql.c - tests of what needs no server: which failures pass, what of a statement is shown, sql_mode. */
#include "../check.h"

#include "base/arena.h"
#include "mysql/fail.h"
#include "mysql/server.h"

static bool shows(const char *sql, const char *want)
{
	struct buf b = BUF_INIT(1024);
	bool same;

	statement_head_put(&b, str_of(sql));
	same = str_is(buf_str(&b), want);
	if (!same)
		printf("# shown: %.*s\n", STR(buf_str(&b)));
	buf_release(&b);
	return same;
}

static void values_of_rows_are_not_shown(void)
{
	CHECK(shows("INSERT INTO `a`.`b` (`c`) VALUES ('secret')", "INSERT INTO `a`.`b` (`c`) ..."));
	CHECK(shows("replace into b set c = 'secret'", "replace into b ..."));
	CHECK(shows("UPDATE `a`.`b` SET `c` = 'secret' WHERE d = 1", "UPDATE `a`.`b` ..."));
	CHECK(shows("DELETE FROM `a`.`b` WHERE `c` = 'secret' LIMIT 1", "DELETE FROM `a`.`b` ..."));
	CHECK(shows("SELECT c FROM b WHERE c = 'secret'", "SELECT c FROM b ..."));
	CHECK(shows("insert into b values(1)", "insert into b ..."));

}

static void names_that_look_like_words_do_not_cut(void)
{
	CHECK(shows("DELETE FROM `where`.`values` WHERE a = 1", "DELETE FROM `where`.`values` ..."));
	CHECK(shows("DELETE FROM `a``where`.b WHERE a = 1", "DELETE FROM `a``where`.b ..."));
	CHECK(shows("UPDATE myset SET a = 1", "UPDATE myset ..."));
	CHECK(shows("/* it's */ INSERT INTO b VALUES ('secret')", "/* it's */ INSERT INTO b ..."));
	CHECK(shows("INSERT INTO b /*! VALUES */ ('secret')", "INSERT INTO b /*! ..."));
	CHECK(shows("INSERT INTO b /* not closed VALUES", "INSERT INTO b /* not closed VALUES"));
	CHECK(shows("ALTER TABLE a ADD c INT DEFAULT 3", "ALTER TABLE a ADD c INT DEFAULT 3"));
	CHECK(shows("CREATE TABLE a (password INT)", "CREATE TABLE a (password INT)"));
}

static void passwords_are_not_shown(void)
{
	CHECK(shows("CREATE USER a IDENTIFIED BY 'secret'", "CREATE USER a ..."));
	CHECK(shows("SET PASSWORD FOR a = 'secret'", "SET ..."));
	CHECK(shows("GRANT ALL ON *.* TO a IDENTIFIED BY 'secret'", "GRANT ALL ON *.* TO a ..."));
	CHECK(shows("CREATE SERVER s FOREIGN DATA WRAPPER mysql OPTIONS (PASSWORD 'secret')",
		    "CREATE SERVER s FOREIGN DATA WRAPPER mysql ..."));
	CHECK(shows("CHANGE MASTER TO MASTER_USER = 'a', MASTER_PASSWORD = 'secret'",
		    "CHANGE MASTER TO MASTER_USER = 'a', ..."));
}

static void a_long_statement_is_cut_between_characters(void)
{
	char sql[400] = "CREATE TABLE ";
	struct buf b = BUF_INIT(1024);

	while (strlen(sql) < 390)
		strcat(sql, "\xc3\xa4");
	statement_head_put(&b, str_of(sql));
	CHECK(b.n <= 203);
	CHECK(b.n > 190);
	CHECK(str_ends(buf_str(&b), STR_LIT("\xc3\xa4...")));
	buf_release(&b);
	CHECK(shows("", ""));
	CHECK(shows("'not closed", "'not closed"));
	CHECK(shows("INSERT `not closed VALUES (1)", "INSERT `not closed VALUES (1)"));
}

static void only_what_may_heal_is_tried_again(void)
{
	static const unsigned passing[] = { 1205, 1213, 2003, 2006, 2013, 1040, 1053, 8022, 9007 };
	static const unsigned lasting[] = { 0, 1045, 1062, 1064, 1146, 1236, 2026, 2059, 1290 };

	for (size_t i = 0; i < sizeof(passing) / sizeof(passing[0]); i++)
		CHECK(conn_error_is_passing(passing[i]));
	for (size_t i = 0; i < sizeof(lasting) / sizeof(lasting[0]); i++)
		CHECK(!conn_error_is_passing(lasting[i]));
}

static void each_kind_has_its_twin_upstream(void)
{
	CHECK(kind_for(&err_query, SCOPE_DOWNSTREAM) == &err_query);
	CHECK(kind_for(&err_query, SCOPE_UPSTREAM) == &err_upstream_query);
	CHECK(kind_for(&err_connect_retry, SCOPE_UPSTREAM)->scope == SCOPE_UPSTREAM);
	CHECK(kind_for(&err_connect_refused, SCOPE_UPSTREAM)->status == err_connect_refused.status);
	CHECK(kind_for(&err_query_retry, SCOPE_UPSTREAM)->status == STATUS_RETRY);
}

static bool mode_is(const char *upstream, const char *want)
{
	struct arena a = ARENA_INIT;
	struct str got = server_downstream_sql_mode(&a, str_of(upstream));
	bool same = str_is(got, want);

	if (!same)
		printf("# got: %.*s\n", STR(got));
	arena_release(&a);
	return same;
}

static void the_downstream_mode_is_upstreams_without_strictness(void)
{
	CHECK(mode_is("", "IGNORE_SPACE,NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES"));
	CHECK(mode_is("ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION",
		      "ONLY_FULL_GROUP_BY,NO_ENGINE_SUBSTITUTION,IGNORE_SPACE,NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES"));
	CHECK(mode_is("ansi_quotes, ignore_space,",
		      "ansi_quotes,IGNORE_SPACE,NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES"));
}

static void a_closed_connection_says_so(void)
{
	struct conn c = { .name = "there" };
	struct result r;
	struct arena a = ARENA_INIT;
	struct str value;
	struct err e = { 0 };
	bool more = true;

	CHECK(!conn_run(&c, STR_LIT("SELECT 1"), &e));
	CHECK(e.kind == &err_query_retry || e.kind == &err_upstream_query_retry);
	CHECK(e.kind->status == STATUS_RETRY);
	CHECK(!conn_query(&c, &r, STR_LIT("SELECT 1"), false, &e));
	CHECK(result_next(&r, &more, &e) && !more);
	result_release(&r);
	result_release(&r);
	CHECK(!conn_get(&c, &a, &value, STR_LIT("SELECT 1"), &e));
	conn_close(&c);
	arena_release(&a);
}

int main(void)
{
	RUN(values_of_rows_are_not_shown);
	RUN(names_that_look_like_words_do_not_cut);
	RUN(passwords_are_not_shown);
	RUN(a_long_statement_is_cut_between_characters);
	RUN(only_what_may_heal_is_tried_again);
	RUN(each_kind_has_its_twin_upstream);
	RUN(the_downstream_mode_is_upstreams_without_strictness);
	RUN(a_closed_connection_says_so);
	return check_done();
}
