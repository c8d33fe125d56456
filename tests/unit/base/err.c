#include "base/err.h"

#include <string.h>

#include "tests.h"

static void it_is_filled_once_and_carried_up(void)
{
	struct err e = { 0 };

	CHECK(!err_set(&e, &err_usage, "no '%s'", "x"));
	CHECK(e.kind == &err_usage && strcmp(e.text, "no 'x'") == 0);
	CHECK(!err_at(&e, "task '%s'", "t"));
	CHECK(!err_at(&e, "file"));
	CHECK(e.kind == &err_usage && strcmp(e.text, "file: task 't': no 'x'") == 0);
	err_clear(&e);
	CHECK(!e.kind && e.text[0] == '\0');
}

static void long_texts_are_cut(void)
{
	struct err e = { 0 };
	char text[3000];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	err_set(&e, &err_usage, "%s", text);
	CHECK(strlen(e.text) == sizeof(e.text) - 1);
	err_at(&e, "where");
	CHECK(strlen(e.text) == sizeof(e.text) - 1 && strncmp(e.text, "where: xxx", 10) == 0);
	err_at(&e, "%s", text);
	CHECK(strlen(e.text) == sizeof(e.text) - 1);
}

static void scopes_and_levels_have_names(void)
{
	CHECK(strcmp(err_scope_name(SCOPE_INTERNAL), "internal") == 0);
	CHECK(strcmp(err_scope_name(SCOPE_UPSTREAM), "upstream") == 0);
	CHECK(strcmp(err_scope_name(SCOPE_DOWNSTREAM), "downstream") == 0);
	CHECK(strcmp(err_level_name(LEVEL_LOW), "low") == 0);
	CHECK(strcmp(err_level_name(LEVEL_MEDIUM), "medium") == 0);
	CHECK(strcmp(err_level_name(LEVEL_HIGH), "high") == 0);
}

void test_err(void)
{
	RUN(it_is_filled_once_and_carried_up);
	RUN(long_texts_are_cut);
	RUN(scopes_and_levels_have_names);
}
