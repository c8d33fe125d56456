/*
 * tests.h - what the files of this test program share. Callers: the files beside it.
 */
#ifndef UNIT_BINLOG_TESTS_H
#define UNIT_BINLOG_TESTS_H

#include "../check.h"
#include "base/buf.h"
#include "base/str.h"

void test_gtid(void);
void test_value(void);
void test_json(void);
void test_rows(void);
void test_event(void);
void test_table_map(void);
void test_payload(void);
void test_logs(void);

/* Bytes of "00 ff 0a" or "00ff0a"; written to into (room for n), returns how many. */
size_t from_hex(const char *hex, uint8_t *into, size_t n);

#endif
