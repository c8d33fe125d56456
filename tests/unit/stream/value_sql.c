#include "tests.h"
void test_value_sql(void) {}
