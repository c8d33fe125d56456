/* main.c - the tests of lib/binlog; each file beside this one tests one noun. */
#include "tests.h"

int main(void)
{
	test_gtid();
	return check_done();
}
