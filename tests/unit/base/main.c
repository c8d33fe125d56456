/* main.c - the tests of lib/base; each file beside this one tests one noun. */
#include "tests.h"

int main(void)
{
	test_str();
	test_buf();
	test_arena();
	test_map();
	test_opt();
	test_err();
	test_file();
	test_log();
	test_spool();
	test_xxh64();
	test_secret();
	test_process();
	return check_done();
}
