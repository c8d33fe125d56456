/* route.c - where tables go. */
#include "tests.h"

static struct rules *with(bool case_sensitive, const char *const *routes)
{
	struct rules *r = rules_new(case_sensitive);
	struct err e = { 0 };

	for (; *routes; routes++) {
		if (rules_add_route(r, str_of(*routes), &e))
			continue;
		printf("# %s: %s\n", *routes, e.text);
		CHECK(!"a route was refused");
	}
	return r;
}
#define WITH(...) with(false, (const char *const[]){ __VA_ARGS__, NULL })

static bool goes(struct rules *r, const char *schema, const char *table, const char *to_schema, const char *to_table)
{
	struct str s, t;
	struct err e = { 0 };

	if (!rules_route(r, str_of(schema), str_of(table), &s, &t, &e)) {
		printf("# %s\n", e.text);
		return false;
	}
	if (str_is(s, to_schema) && str_is(t, to_table))
		return true;
	printf("# %s.%s goes to %.*s.%.*s\n", schema, table, STR(s), STR(t));
	return false;
}

static void a_table_rule_wins_over_a_schema_rule(void)
{
	struct rules *r = WITH("store_*=store", "store_*.sale_*=store.sale");

	CHECK(goes(r, "store_01", "sale_01", "store", "sale") && goes(r, "store_01", "other", "store", "other"));
	CHECK(goes(r, "store_01", "", "store", "") && goes(r, "user", "sale_01", "user", "sale_01") &&
	      goes(r, "user", "", "user", ""));
	CHECK(goes(r, "Store_01", "SALE_01", "store", "sale"));
	rules_free(r);
}

static void a_table_rule_is_not_about_schemas(void)
{
	struct rules *r = WITH("store_*.sale_*=store.sale");

	CHECK(goes(r, "store_01", "", "store_01", "") && goes(r, "store_01", "x", "store_01", "x"));
	rules_free(r);
}

static void a_target_without_a_table_keeps_the_name(void)
{
	struct rules *r = WITH("a.t*=B");

	CHECK(goes(r, "a", "T1", "B", "T1") && goes(r, "a", "x", "a", "x"));
	rules_free(r);
	r = WITH("a*=b.all");
	CHECK(goes(r, "a1", "t", "b", "all") && goes(r, "a1", "", "b", ""));
	rules_free(r);
}

static void two_rules_for_one_table_are_an_error(void)
{
	struct rules *r = WITH("a.t*=b.t", "a.*=c.t", "x*=y", "x1*=z");
	struct str s, t;
	struct err e = { 0 };

	CHECK(!rules_route(r, STR_LIT("a"), STR_LIT("t1"), &s, &t, &e) &&
	      error_is(&e, 40080, "'a.t1' is claimed by route 'a.t*=b.t'"));
	CHECK(goes(r, "a", "x", "c", "t"));
	CHECK(!rules_route(r, STR_LIT("x12"), STR_LIT(""), &s, &t, &e) &&
	      error_is(&e, 40080, "schema 'x12' is claimed"));
	CHECK(!rules_route(r, STR_LIT("x12"), STR_LIT("t"), &s, &t, &e) && error_is(&e, 40080, "'x12.t'"));
	CHECK(goes(r, "x2", "t", "y", "t"));
	rules_free(r);
}

static void case_and_regular_expressions(void)
{
	struct rules *r = with(true, (const char *const[]){ "Store.Sale=s.t", "`~^x[0-9]+$`.`~^y\\.`=x.y", NULL });

	CHECK(goes(r, "Store", "Sale", "s", "t") && goes(r, "store", "sale", "store", "sale"));
	CHECK(goes(r, "x12", "y.z", "x", "y") && goes(r, "x12", "yz", "x12", "yz") &&
	      goes(r, "ax1", "y.z", "ax1", "y.z"));
	rules_free(r);
}

static void merging_rules_are_known(void)
{
	struct rules *r = WITH("a.t_*=b.t", "c.d=e.f", "g_*=h", "i=j.k", "~^l$.m=n.o");

	CHECK(rules_merges(r, STR_LIT("a"), STR_LIT("t_1")) && !rules_merges(r, STR_LIT("c"), STR_LIT("d")));
	CHECK(!rules_merges(r, STR_LIT("g_1"), STR_LIT("t")) && rules_merges(r, STR_LIT("i"), STR_LIT("t")));
	CHECK(rules_merges(r, STR_LIT("l"), STR_LIT("m")) && !rules_merges(r, STR_LIT("z"), STR_LIT("z")));
	rules_free(r);
}

static void bad_routes_are_refused(void)
{
	static const char *const bad[] = { "a",     "a.b",     "=b",   "a=",     "a.=b.c", "a.b=.c",
					   "a*x=b", "a.b*c=d", "`a=b", "a.b=c.", "~(=b" };
	struct rules *r = rules_new(false);

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct err e = { 0 };

		CHECK(!rules_add_route(r, str_of(bad[i]), &e) && e.kind == &err_usage);
	}
	rules_free(r);
}

void test_route(void)
{
	RUN(a_table_rule_wins_over_a_schema_rule);
	RUN(a_table_rule_is_not_about_schemas);
	RUN(a_target_without_a_table_keeps_the_name);
	RUN(two_rules_for_one_table_are_an_error);
	RUN(case_and_regular_expressions);
	RUN(merging_rules_are_known);
	RUN(bad_routes_are_refused);
}
