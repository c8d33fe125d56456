/* collate.c - texts in the order of collations, and against the patterns of LIKE. */
#include "tests.h"

#include "text/collate.h"

static int compared(const char *collation, const char *a, const char *b)
{
	const struct collation *c = collation_of(str_of(collation));

	return c ? (int)collation_compare(c, str_of(a), str_of(b)) : 9;
}

static bool like(const char *collation, const char *text, const char *pattern)
{
	return collation_like(collation_of(str_of(collation)), str_of(text), str_of(pattern), '\\') == COLLATE_SAME;
}

static void what_is_not_known_is_said(void)
{
	CHECK(!collation_of(STR_LIT("utf8mb4_german2_ci")) && !collation_of(STR_LIT("gbk_bin")) && !collation_of(STR_LIT("")));
	CHECK(!collation_of(STR_LIT("general_ci")) && collation_of(STR_LIT("UTF8MB4_GENERAL_CI")));
	CHECK(compared("utf8mb4_unicode_ci", "\xe0\xb8\x81", "a") == COLLATE_UNKNOWN);
	CHECK(compared("utf8mb4_unicode_ci", "\xe0\xb8\x81", "\xe0\xb8\x81") == COLLATE_SAME);
	CHECK(compared("utf8mb4_unicode_ci", "b\xe0\xb8\x81", "a") == COLLATE_MORE);
}

static void letters_weigh_as_servers_say(void)
{
	CHECK(compared("utf8mb4_general_ci", "\xc3\x84pfel", "APFEL") == 0 && compared("utf8mb4_bin", "a", "B") == 1);
	CHECK(compared("utf8mb4_general_ci", "\xc3\x9f", "s") == 0 && compared("utf8mb4_unicode_ci", "\xc3\x9f", "ss") == 0);
	CHECK(compared("latin1_swedish_ci", "\xc3\xa4", "a") == 1 && compared("latin1_swedish_ci", "\xc3\xa9", "E") == 0);
	CHECK(compared("utf8mb4_0900_ai_ci", "\xd0\x96", "\xd0\xb6") == 0 && compared("utf8mb4_0900_ai_ci", "_", "a") == -1);
	CHECK(compared("utf8mb4_general_ci", "_", "a") == 1 && compared("uca1400_ai_ci", "\xe4\xb8\xad", "\xe6\x96\x87") == -1);
	CHECK(compared("utf8mb4_general_ci", "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x81") == 0);
}

static void spaces_at_the_end_count_where_they_do(void)
{
	CHECK(compared("utf8mb4_general_ci", "a  ", "A") == 0 && compared("utf8mb4_bin", "a", "a ") == 0);
	CHECK(compared("utf8mb4_0900_ai_ci", "a ", "a") == 1 && compared("utf8mb4_nopad_bin", "a", "a ") == -1);
	CHECK(compared("binary", "a", "a ") == -1 && compared("utf8mb4_general_ci", "a\t", "a") == -1);
}

static void patterns_match_letter_by_letter(void)
{
	CHECK(like("utf8mb4_general_ci", "M\xc3\xbcller", "m_LL%") && !like("utf8mb4_bin", "M\xc3\xbcller", "m%"));
	CHECK(like("utf8mb4_bin", "a%b", "a\\%b") && !like("utf8mb4_bin", "axb", "a\\%b") && like("utf8mb4_bin", "", "%"));
	CHECK(like("utf8mb4_bin", "abcabd", "%ab_") && !like("utf8mb4_bin", "abc", "ab") && !like("utf8mb4_general_ci", "a ", "a"));
	CHECK(like("binary", "\xc3\xbc", "__") && like("utf8mb4_bin", "\xc3\xbc", "_"));
	CHECK(!like("utf8mb4_bin", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "%a%a%a%a%a%a%a%a%a%a%a%a%a%ab"));
}

void test_collate(void)
{
	RUN(what_is_not_known_is_said);
	RUN(letters_weigh_as_servers_say);
	RUN(spaces_at_the_end_count_where_they_do);
	RUN(patterns_match_letter_by_letter);
}
