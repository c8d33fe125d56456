#include "tests.h"
void test_ddl_apply(void) {}
