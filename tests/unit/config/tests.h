/*
 * tests.h - what the files of this test program share. Callers: the files beside it.
 */
#ifndef UNIT_CONFIG_TESTS_H
#define UNIT_CONFIG_TESTS_H

#include "../check.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/secret.h"
#include "base/str.h"

void test_yaml(void);
void test_units(void);
void test_events(void);
void test_task(void);
void test_source(void);
void test_options(void);
void test_secret_file(void);

/* Writes text as a file in the current folder. */
void write_file(const char *path, const char *text);

bool secret_is(const struct secret *s, const char *text);

/* A copy of text in a, with the first `from` replaced by `to`; ends the program where there is none. */
const char *replaced(struct arena *a, const char *text, const char *from, const char *to);

/* Is the error of this code, and do all the given texts (ended by NULL) stand in it? Says what is wrong. */
bool error_is(const struct err *e, int code, ...) __attribute__((sentinel));

/* A whole, valid task file. */
extern const char good_task[];

#endif
