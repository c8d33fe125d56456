#include "tests.h"
void test_noise(void) {}
