/* main.c - the tests of lib/text; each file beside this one tests one noun. */
#include "tests.h"

int main(void)
{
	test_utf8();
	test_base64();
	test_cipher();
	test_json_write();
	test_json_read();
	test_glob();
	test_sql_quote();
	test_sql_lex();
	test_sql_split();
	test_charset();
	test_json_sql();
	test_dump_name();
	test_sql_values();
	test_collate();
	return check_done();
}
