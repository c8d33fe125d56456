/* block_allow.c - which schemas and tables are wanted. */
#include "tests.h"

static struct rules *with(bool case_sensitive, const char *do_db, const char *ignore_db, const char *do_table,
			  const char *ignore_table)
{
	struct rules *r = rules_new(case_sensitive);
	struct err e = { 0 };

	CHECK(!do_db || rules_add_do_db(r, str_of(do_db), &e));
	CHECK(!ignore_db || rules_add_ignore_db(r, str_of(ignore_db), &e));
	CHECK(!do_table || rules_add_do_table(r, str_of(do_table), &e));
	CHECK(!ignore_table || rules_add_ignore_table(r, str_of(ignore_table), &e));
	return r;
}

static bool schema(struct rules *r, const char *name)
{
	return rules_want_schema(r, str_of(name));
}

static bool table(struct rules *r, const char *schema_name, const char *name)
{
	return rules_want_table(r, str_of(schema_name), str_of(name));
}

static void without_rules_only_system_schemas_are_not_wanted(void)
{
	static const char *const systems[] = { "mysql", "MySQL",        "information_schema", "PERFORMANCE_SCHEMA",
					       "sys",   "dm_heartbeat", "inspection_schema",  "metrics_schema" };
	struct rules *r = with(true, NULL, NULL, NULL, NULL);

	for (size_t i = 0; i < sizeof(systems) / sizeof(*systems); i++)
		CHECK(!schema(r, systems[i]) && !table(r, systems[i], "t"));
	CHECK(schema(r, "a") && table(r, "a", "t") && table(r, "mysql2", "t") && schema(r, ""));
	rules_free(r);
	r = with(false, "*", NULL, "*.*", NULL);
	CHECK(!table(r, "mysql", "user"));
	rules_free(r);
}

static void do_dbs_win_over_ignore_dbs(void)
{
	struct rules *r = with(false, "a*", "ab", NULL, NULL);

	CHECK(schema(r, "ab") && table(r, "ab", "t") && !schema(r, "b") && !table(r, "b", "t"));
	rules_free(r);
	r = with(false, NULL, "a?", NULL, NULL);
	CHECK(!schema(r, "ab") && !table(r, "ab", "t") && schema(r, "abc") && table(r, "abc", "t"));
	rules_free(r);
}

static void do_tables_win_over_ignore_tables(void)
{
	struct rules *r = with(false, NULL, NULL, "a.t*", "a.t1");

	CHECK(table(r, "a", "t1") && !table(r, "a", "x") && !table(r, "b", "t1"));
	CHECK(schema(r, "a") && schema(r, "b"));	/* as in DM: a list of tables says nothing about schemas */
	rules_free(r);
	r = with(false, NULL, NULL, NULL, "a.t[0-3]");
	CHECK(!table(r, "a", "t2") && table(r, "a", "t4") && table(r, "b", "t2"));
	rules_free(r);
	r = with(false, "b", NULL, "a.t", NULL);
	CHECK(!table(r, "a", "t") && !table(r, "b", "t"));	/* the schema has to be wanted, too */
	rules_free(r);
}

static void regular_expressions_are_not_anchored(void)
{
	struct rules *r = with(false, "~store_\\d", NULL, NULL, "`~^user$`.`~log|tmp`");

	CHECK(schema(r, "my_store_7x") && schema(r, "MY_STORE_7") && !schema(r, "store_x"));
	rules_free(r);
	r = with(false, NULL, NULL, NULL, "`~^user$`.`~log|tmp`");
	CHECK(!table(r, "user", "a_log_b") && !table(r, "User", "TMP") && table(r, "user1", "log") &&
	      table(r, "user", "x"));
	rules_free(r);
}

static void items_of_a_list_do_not_mix(void)
{
	struct rules *r = rules_new(false);
	struct err e = { 0 };

	CHECK(rules_add_do_table(r, STR_LIT("~^a$.t"), &e) && rules_add_do_table(r, STR_LIT("b.u"), &e));
	CHECK(table(r, "a", "t") && table(r, "b", "u") && !table(r, "a", "u") && !table(r, "b", "t"));
	rules_free(r);
}

static void case_counts_only_when_asked(void)
{
	struct rules *r = with(true, "Store", NULL, NULL, NULL);

	CHECK(schema(r, "Store") && !schema(r, "store"));
	rules_free(r);
	r = with(false, "Store", NULL, NULL, NULL);
	CHECK(schema(r, "store") && schema(r, "STORE"));
	rules_free(r);
}

static void names_with_dots_and_quotes_are_written_in_back_quotes(void)
{
	struct rules *r = with(false, NULL, NULL, NULL, "`a.b`.`c``d.e`");

	CHECK(!table(r, "a.b", "c`d.e") && table(r, "a", "b.c`d.e"));
	rules_free(r);
	r = with(false, NULL, NULL, NULL, "a[.x]b.c");
	CHECK(!table(r, "a.b", "c") && !table(r, "axb", "c") && table(r, "a", "x]b.c"));
	rules_free(r);
	r = with(false, "a.b", NULL, NULL, NULL);
	CHECK(schema(r, "a.b") && !schema(r, "a"));
	rules_free(r);
}

static void bad_options_are_refused(void)
{
	static const char *const bad_tables[] = { "a", "a.", ".b", "", "`a.b", "`a`b.c", "a*b.c", "a.b*c", "~(.b" };
	struct rules *r = rules_new(false);
	struct err e;

	for (size_t i = 0; i < sizeof(bad_tables) / sizeof(*bad_tables); i++) {
		e = (struct err){ 0 };
		CHECK(!rules_add_do_table(r, str_of(bad_tables[i]), &e) && e.kind == &err_usage);
	}
	CHECK(!rules_add_do_db(r, STR_LIT(""), &e) && e.kind == &err_usage);
	CHECK(!rules_add_ignore_db(r, STR_LIT("a*b"), &e) && e.kind == &err_usage && strstr(e.text, "ignore-db 'a*b'"));
	rules_free(r);
}

static void long_names_are_names(void)
{
	char name[3000];
	struct rules *r = with(false, "a*", NULL, NULL, NULL);

	memset(name, 'a', sizeof(name));
	CHECK(rules_want_table(r, (struct str){ name, sizeof(name) }, (struct str){ name, sizeof(name) }));
	CHECK(rules_want_table(r, (struct str){ name, sizeof(name) }, (struct str){ name, sizeof(name) }));
	name[0] = 'b';
	CHECK(!rules_want_table(r, (struct str){ name, sizeof(name) }, STR_LIT("t")));
	rules_free(r);
}

static void answers_do_not_pile_up(void)
{
	struct rules *r = with(false, NULL, NULL, NULL, "a.t7");
	char name[30];

	for (int i = 0; i < 450000; i++) {
		snprintf(name, sizeof(name), "t%d", i);
		if (!rules_want_table(r, STR_LIT("a"), str_of(name)) != (i == 7))
			CHECK(!"a wrong answer");
	}
	rules_free(r);
}

void test_block_allow(void)
{
	RUN(without_rules_only_system_schemas_are_not_wanted);
	RUN(do_dbs_win_over_ignore_dbs);
	RUN(do_tables_win_over_ignore_tables);
	RUN(regular_expressions_are_not_anchored);
	RUN(items_of_a_list_do_not_mix);
	RUN(case_counts_only_when_asked);
	RUN(names_with_dots_and_quotes_are_written_in_back_quotes);
	RUN(bad_options_are_refused);
	RUN(long_names_are_names);
	RUN(answers_do_not_pile_up);
}
