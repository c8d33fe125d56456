/* main.c - the tests of lib/rules; each file beside this one tests one noun. */
#include "tests.h"

int main(void)
{
	test_block_allow();
	test_filter();
	test_route();
	test_lint();
	test_split();
	test_online();
	test_expr();
	return check_done();
}
