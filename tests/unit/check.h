/*
 * check.h - the smallest test harness: TAP on standard output, one line a test.
 *
 *	static void a_torn_line_is_not_a_line(void) { CHECK(got == LINE_TORN); }
 *	int main(void) { RUN(a_torn_line_is_not_a_line); return check_done(); }
 */
#ifndef UNIT_CHECK_H
#define UNIT_CHECK_H

#include <stdbool.h>
#include <stdio.h>

/* One count for all files of a program: weak, so that each of them may hold the definition. */
__attribute__((weak)) int check_tests, check_failed;
__attribute__((weak)) bool check_good;

#define CHECK(what) \
	((what) ? (void)0 : (void)(check_good = false, printf("# %s:%d: %s\n", __FILE__, __LINE__, #what)))

#define RUN(test) \
	do { \
		check_good = true; \
		test(); \
		check_failed += !check_good; \
		printf("%sok %d - %s\n", check_good ? "" : "not ", ++check_tests, #test); \
	} while (0)

static inline int check_done(void)
{
	printf("1..%d\n", check_tests);
	return check_failed != 0;
}

#endif
