#include "tests.h"
void test_event(void) {}
