#include "text/glob.h"

#include "tests.h"

static bool matches(const char *pattern, const char *name, bool case_sensitive)
{
	struct err e = { 0 };
	struct glob *g = glob_new(str_of(pattern), case_sensitive, &e);
	bool is = g && glob_match(g, str_of(name));

	if (!g)
		printf("# '%s': %s\n", pattern, e.text);
	else if (!str_is(glob_text(g), pattern))
		is = false;
	glob_free(g);
	return is;
}

#define YES(pattern, name) CHECK(matches(pattern, name, false))
#define NO(pattern, name) CHECK(!matches(pattern, name, false))

static void plain_names(void)
{
	YES("store", "store");
	NO("store", "store1");
	NO("store1", "store");
	NO("store", "");
	YES("", "");
	NO("", "a");
	YES("a.b\\c^$", "a.b\\c^$");
}

static void stars_and_question_marks(void)
{
	YES("*", "");
	YES("*", "anything");
	YES("store_*", "store_");
	YES("store_*", "store_01");
	NO("store_*", "store");
	YES("a?c", "abc");
	YES("a?c", "aéc");
	YES("a?c", "a漢c");
	YES("a?", "a\xf0\x9f\x98\x80");
	NO("a?c", "ac");
	NO("a?c", "abbc");
	NO("?", "");
	YES("??*", "ab");
	YES("~", "anything");
}

static void classes(void)
{
	YES("t_[0-9]", "t_5");
	NO("t_[0-9]", "t_a");
	NO("t_[0-9]", "t_");
	NO("t_[0-9]", "t_55");
	YES("t_[ab]x", "t_bx");
	YES("t_[!0-9]", "t_a");
	NO("t_[!0-9]", "t_5");
	YES("[а-я]*", "жук");
	YES("[!а-я]*", "zoo");
	YES("[a-]", "-");
	YES("[a-]", "a");
	NO("[a-]", "b");
	YES("[-a]", "-");
	YES("[*?]", "*");
	YES("[*?]", "?");
	NO("[*?]", "x");
	YES("[!]", "!");
	NO("[!]", "a");
	YES("[!!]", "a");
	NO("[!!]", "!");
	NO("[]", "");
	NO("[]", "]");
	NO("[z-a]", "m");
	YES("[[]", "[");
	/* The FAQ's mistake: this is 0 to 6 and 3. */
	YES("tbl_[0-63]", "tbl_6");
	NO("tbl_[0-63]", "tbl_63");
}

static void an_unclosed_class_is_a_bracket(void)
{
	YES("a[", "a[");
	YES("a[b", "a[b");
	NO("a[b", "ab");
	YES("a]b", "a]b");
	YES("[b*", "[bcd");
}

static void case_counts_only_when_asked(void)
{
	YES("StOrE_*", "sTORE_X");
	YES("Ä?", "äx");
	YES("[A-C]", "b");
	YES("[а-я]", "Ж");
	CHECK(!matches("StOrE", "store", true));
	CHECK(matches("StOrE", "StOrE", true));
	CHECK(!matches("[A-C]", "b", true));
	YES("~^STORE", "store_1");
	YES("~^ПРИВЕТ", "привет");
	CHECK(!matches("~^STORE", "store_1", true));
}

static void regular_expressions(void)
{
	YES("~^store_[0-9]+$", "store_12");
	NO("~^store_[0-9]+$", "store_12x");
	NO("~^store_[0-9]+$", "store_12\n");
	YES("~tor", "store");
	YES("~^.$", "漢");
	YES("~^(?P<shard>a|b)$", "b");
	YES("~x*", "");
	NO("~^a.c$", "a\nc");
	YES("~^\\d+$", "42");
	NO("~^\\d$", "٣");
	NO("~a", "\xff\xff");
	NO("~a", "\xff" "a");
}

/* Nested repeats make a matcher that goes back try for ever; the answer must come all the same. */
static void a_regex_that_explodes_still_answers(void)
{
	NO("~^(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab");
	YES("~^(a|aa)+(b|c)$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac");
	YES("~(x+x+)+y|b$", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxb");
}

static bool refused(const char *pattern, const char *why)
{
	struct err e = { 0 };
	struct glob *g = glob_new(str_of(pattern), false, &e);
	bool is = !g && e.kind == &err_glob && strstr(e.text, why);

	if (!is)
		printf("# '%s': %s\n", pattern, e.text);
	glob_free(g);
	return is;
}

static void bad_patterns_are_refused(void)
{
	CHECK(refused("a*b", "pattern 'a*b' has a '*' before its end"));
	CHECK(refused("**", "'*'"));
	CHECK(refused("*.x", "'*'"));
	CHECK(refused("~(", "regular expression '~(' is not valid behind byte 2"));
	CHECK(refused("~[z-a]", "not valid"));
	CHECK(refused("~\xff", "not valid"));
}

static void groups_are_taken(void)
{
	struct err e = { 0 };
	struct glob *g = glob_new(STR_LIT("~^_(.+)_(?:new|gho)$"), true, &e), *other = glob_new(STR_LIT("a*"), true, &e);
	struct str group;

	CHECK(glob_groups(g) == 1 && glob_groups(other) == 0);
	CHECK(glob_match_group(g, STR_LIT("_a_b_gho"), &group) && str_is(group, "a_b"));
	CHECK(glob_match_group(g, STR_LIT("_\xc3\xbc_new_new"), &group) && str_is(group, "\xc3\xbc_new"));
	CHECK(!glob_match_group(g, STR_LIT("_a_GHO"), &group) && group.n == 0);
	CHECK(!glob_match_group(g, STR_LIT("__gho"), &group) && !glob_match_group(g, STR_LIT(""), &group));
	CHECK(!glob_match_group(other, STR_LIT("a"), &group));
	glob_free(g);
	glob_free(other);
	g = glob_new(STR_LIT("~^(a)?b$"), true, &e);
	CHECK(glob_match_group(g, STR_LIT("b"), &group) && group.n == 0);
	glob_free(g);
	g = glob_new(STR_LIT("~^((?:a+)+)_gho$"), true, &e);
	CHECK(!glob_match_group(g, STR_LIT("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa_ghx"), &group));
	glob_free(g);
}

static void all_groups_are_put(void)
{
	struct err e = { 0 };
	struct glob *g = glob_new(STR_LIT("~mysql-(.*)-([0-9]+)(x)?"), true, &e), *other = glob_new(STR_LIT("a*"), true, &e);
	struct buf b = BUF_INIT(1000);

	glob_put_groups(&b, g, STR_LIT("mysql-replica-01"));
	CHECK(str_is(buf_str(&b), "replica01"));
	glob_put_groups(&b, g, STR_LIT("nothing"));
	glob_put_groups(&b, other, STR_LIT("a"));
	CHECK(str_is(buf_str(&b), "replica01"));
	buf_release(&b);
	glob_free(g);
	glob_free(other);
}

void test_glob(void)
{
	RUN(all_groups_are_put);
	RUN(groups_are_taken);
	RUN(plain_names);
	RUN(stars_and_question_marks);
	RUN(classes);
	RUN(an_unclosed_class_is_a_bracket);
	RUN(case_counts_only_when_asked);
	RUN(regular_expressions);
	RUN(a_regex_that_explodes_still_answers);
	RUN(bad_patterns_are_refused);
}
