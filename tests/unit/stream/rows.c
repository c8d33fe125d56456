#include "tests.h"
void test_rows(void) {}
