/* units.c - sizes, durations, and the words of event filters. */
#include "tests.h"

#include "config/events.h"
#include "config/units.h"

static void sizes_are_read(void)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} good[] = {
		{ "64", 64ull << 20 }, { "0", 0 }, { "64m", 64ull << 20 }, { "64MB", 64ull << 20 }, { "1GiB",
		  1ull << 30 },
		{ "1.5 kb", 1536 }, { "7b", 7 }, { "2T", 2ull << 40 }, { "16383p", 16383ull << 50 },
	};
	static const char *const bad[] = {
		"", "m", "64x", "64mm", "1,5", "-1", "64  m", "16384p", "99999999999999999999", "1ib2"
	};
	uint64_t got;

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		CHECK(units_size(str_of(good[i].text), 1 << 20, &got) && got == good[i].bytes);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		CHECK(!units_size(str_of(bad[i]), 1 << 20, &got));
}

static void durations_are_read(void)
{
	static const struct {
		const char *text;
		uint64_t seconds;
	} good[] = {
		{ "60s", 60 }, { "0", 0 }, { "0s", 0 }, { "1m30s", 90 }, { "1.5h", 5400 }, { "500ms", 1 },
		  { "1500ms", 2 },
		{ "1ns", 1 }, { "3\xc2\xb5s", 1 }, { "2h0m5s", 7205 },
	};
	static const char *const bad[] = {
		"", "60", "s", "1d", "1m 30s", "-5s", "99999999999999999999s", "9999999999999h", "1.s2"
	};
	uint64_t got;

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		CHECK(units_seconds(str_of(good[i].text), &got) && got == good[i].seconds);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		CHECK(!units_seconds(str_of(bad[i]), &got));
}

void test_units(void)
{
	RUN(sizes_are_read);
	RUN(durations_are_read);
}

static void words_are_found_by_any_case_and_alias(void)
{
	const struct event_word *word = event_word_find(STR_LIT("Create Schema"));

	CHECK(word && word == event_word_find(STR_LIT("CREATE DATABASE")) && word->covers == EVENT_CLASS_DDL &&
	      !word->group);
	word = event_word_find(STR_LIT("all dml"));
	CHECK(word && word->group && !word->stops && word->covers == EVENT_CLASS_DML);
	word = event_word_find(STR_LIT("none"));
	CHECK(word && word->stops && word->covers == EVENT_CLASS_ALL);
	CHECK(!event_word_find(STR_LIT("truncate")));
	CHECK(!event_word_find(STR_LIT("")));
}

static void words_of_no_event_are_refused(void)
{
	struct err e = { 0 };

	CHECK(event_word_check(STR_LIT("truncate table"), &e));
	CHECK(event_word_check(STR_LIT("Drop Column"), &e));
	CHECK(event_word_check(STR_LIT("incompatible DDL changes"), &e));
	CHECK(!event_word_check(STR_LIT("truncat table"), &e) && error_is(&e, 20037, "'truncat table'", "truncate", NULL));
}

static void what_is_incompatible_is_a_ddl_too(void)
{
	const struct event_word *group = event_word_find(STR_LIT("incompatible ddl changes"));
	const struct event_word *hard = event_word_find(STR_LIT("drop column")), *soft = event_word_find(STR_LIT("alter table"));

	CHECK(group && group->group && !group->stops);
	CHECK(hard && (hard->covers & EVENT_CLASS_DDL) && (hard->covers & group->covers));
	CHECK(soft && (soft->covers & EVENT_CLASS_DDL) && !(soft->covers & group->covers));
}

void test_events(void)
{
	RUN(words_are_found_by_any_case_and_alias);
	RUN(words_of_no_event_are_refused);
	RUN(what_is_incompatible_is_a_ddl_too);
}
