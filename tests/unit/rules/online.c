/* online.c - which tables belong to an online schema change. */
#include "tests.h"

#include "rules/online.h"

static bool is(const struct online_names *names, const char *table, enum online_class class, const char *real)
{
	struct str got;
	bool same = online_class_of(names, str_of(table), &got) == class && str_is(got, real);

	if (!same)
		printf("# '%s': of '%.*s'\n", table, STR(got));
	return same;
}

static void defaults_are_dms(void)
{
	struct online_names names;
	struct err e = { 0 };

	CHECK(online_names_init(&names, NULL, 0, NULL, 0, &e));
	CHECK(is(&names, "_t_gho", ONLINE_SHADOW, "t") && is(&names, "_t_new", ONLINE_SHADOW, "t"));
	CHECK(is(&names, "_t_ghc", ONLINE_TRASH, "t") && is(&names, "_t_del", ONLINE_TRASH, "t"));
	CHECK(is(&names, "_t_old", ONLINE_TRASH, "t") && is(&names, "__t_old_gho", ONLINE_SHADOW, "_t_old"));
	CHECK(is(&names, "t", ONLINE_REAL, "t") && is(&names, "t_new", ONLINE_REAL, "t_new"));
	CHECK(is(&names, "_t_GHO", ONLINE_REAL, "_t_GHO") && is(&names, "__gho", ONLINE_REAL, "__gho"));
	CHECK(is(&names, "_t_gho2", ONLINE_REAL, "_t_gho2") && is(&names, "", ONLINE_REAL, ""));
	online_names_release(&names);
}

static void rules_are_anchored_and_tried_in_order(void)
{
	const struct str shadow[] = { STR_LIT("(.+)_a"), STR_LIT("^x_(.+)") }, trash[] = { STR_LIT("(.+)") };
	struct online_names names;
	struct err e = { 0 };

	CHECK(online_names_init(&names, shadow, 2, trash, 1, &e));
	CHECK(is(&names, "x_t_a", ONLINE_SHADOW, "x_t") && is(&names, "x_t_ab", ONLINE_SHADOW, "t_ab"));
	CHECK(is(&names, "yx_t", ONLINE_TRASH, "yx_t"));
	online_names_release(&names);
}

static void bad_rules_are_refused(void)
{
	static const char *const bad[] = { "_.+_gho", "_(.+)_(gho)", "_(.+", "", "*" };
	struct online_names names;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct str rule = str_of(bad[i]);
		struct err e = { 0 };

		CHECK(!online_names_init(&names, NULL, 0, &rule, 1, &e) && error_is(&e, 20048, ""));
		online_names_release(&names);
	}
}

void test_online(void)
{
	RUN(defaults_are_dms);
	RUN(rules_are_anchored_and_tried_in_order);
	RUN(bad_rules_are_refused);
}
