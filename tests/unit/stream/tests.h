/* tests.h - what the files of lib/stream's tests share. */
#ifndef STREAM_TESTS_H
#define STREAM_TESTS_H

#include "../check.h"

#include "base/buf.h"

void test_line(void);
void test_event(void);
void test_rows(void);
void test_repair(void);
void test_value_sql(void);
void test_dump_list(void);
void test_noise(void);

/* Does b hold exactly this? Says what it holds where it does not. */
static inline bool holds(const struct buf *b, const char *text)
{
	if (str_is(buf_str(b), text))
		return true;
	printf("#   is    %.*s\n#   wants %s\n", STR(buf_str(b)), text);
	return false;
}

#endif
