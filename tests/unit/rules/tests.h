/*
 * tests.h - what the files of this test program share. Callers: the files beside it.
 */
#ifndef UNIT_RULES_TESTS_H
#define UNIT_RULES_TESTS_H

#include <string.h>

#include "../check.h"
#include "rules/rules.h"

void test_block_allow(void);
void test_filter(void);
void test_route(void);
void test_lint(void);
void test_split(void);
void test_online(void);
void test_expr(void);

/* Is the error of this code, with this in its text? Says what is wrong. */
static inline bool error_is(const struct err *e, int code, const char *what)
{
	bool good = e->kind && e->kind->code == code && strstr(e->text, what);

	if (!good)
		printf("# wanted %d (%s), got %d: %s\n", code, what, e->kind ? e->kind->code : 0, e->text);
	return good;
}

#endif
