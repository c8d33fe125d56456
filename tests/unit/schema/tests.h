/* tests.h - what the files of lib/schema's tests share. */
#ifndef SCHEMA_TESTS_H
#define SCHEMA_TESTS_H

#include "../check.h"

#include "base/buf.h"

void test_column_type(void);
void test_table(void);
void test_table_sql(void);
void test_ddl_parse(void);
void test_ddl_rename(void);
void test_ddl_event(void);
void test_ddl_cut(void);
void test_ddl_spell(void);
void test_ddl_corpus(void);
void test_ddl_apply(void);
void test_join(void);
void test_noise(void);

/* Does b hold exactly this? Says what it holds where it does not. */
static inline bool holds(const struct buf *b, const char *text)
{
	if (str_is(buf_str(b), text))
		return true;
	printf("#   is    %.*s\n#   wants %s\n", STR(buf_str(b)), text ? text : "");
	return false;
}

#endif
