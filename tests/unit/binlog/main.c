/* main.c - the tests of lib/binlog; each file beside this one tests one noun. */
#include "tests.h"

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);	/* a crash must not hide what was said before it */
	test_gtid();
	test_value();
	test_json();
	test_rows();
	test_event();
	test_table_map();
	test_payload();
	test_logs();
	return check_done();
}
