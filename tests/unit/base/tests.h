/*
 * tests.h - what the files of this test program share. Callers: the files beside it.
 */
#ifndef UNIT_BASE_TESTS_H
#define UNIT_BASE_TESTS_H

#include "../check.h"
#include "base/err.h"
#include "base/str.h"

void test_str(void);
void test_buf(void);
void test_arena(void);
void test_map(void);
void test_opt(void);
void test_err(void);
void test_file(void);
void test_log(void);
void test_spool(void);
void test_xxh64(void);
void test_secret(void);
void test_process(void);

#endif
