/*
 * tests.h - what the files of this test program share. Callers: the files beside it.
 */
#ifndef UNIT_STATUS_TESTS_H
#define UNIT_STATUS_TESTS_H

#include "../check.h"

void test_metrics(void);
void test_scrape(void);

#endif
