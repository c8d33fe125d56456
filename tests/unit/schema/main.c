/* main.c - the tests of lib/schema; each file beside this one tests one noun. */
#include "tests.h"

int main(void)
{
	test_column_type();
	test_table();
	test_table_sql();
	test_ddl_parse();
	test_ddl_rename();
	test_ddl_event();
	test_ddl_cut();
	test_ddl_spell();
	test_ddl_corpus();
	test_ddl_apply();
	test_join();
	test_noise();
	return check_done();
}
