/* main.c - the tests of lib/stream; each file beside this one tests one noun. */
#include "tests.h"

int main(void)
{
	test_line();
	test_event();
	test_rows();
	test_repair();
	test_value_sql();
	test_dump_list();
	test_noise();
	return check_done();
}
