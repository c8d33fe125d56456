/*
 * tests.h - what the files of this test program share. Callers: the files beside it.
 */
#ifndef UNIT_TEXT_TESTS_H
#define UNIT_TEXT_TESTS_H

#include "../check.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

void test_utf8(void);
void test_base64(void);
void test_cipher(void);
void test_json_write(void);
void test_json_read(void);
void test_glob(void);
void test_sql_quote(void);
void test_sql_lex(void);
void test_sql_split(void);
void test_charset(void);
void test_json_sql(void);
void test_dump_name(void);
void test_sql_values(void);
void test_collate(void);

/* Does b hold just this? Empties b. */
static inline bool holds(struct buf *b, struct str what)
{
	bool is = str_eq(buf_str(b), what) && !b->over;

	if (!is)
		printf("# not '%.*s'\n", STR(buf_str(b)));
	buf_clear(b);
	return is;
}

static inline bool holds_text(struct buf *b, const char *what)
{
	return holds(b, str_of(what));
}

/* The same numbers in every run. */
static inline uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

#endif
