/* table_filter.c - rules of dm-dump's --filter, one a line, '=' before names of --tables-list; behind an empty line names that are asked about. */
#include "fuzz.h"

#include "../../tools/dm-dump/dump.h"
#include "text/utf8.h"

/* A name in the list is wanted, whatever it is called. */
static void check_name(struct str name)
{
	struct table_filter *f = table_filter_new();
	struct str schema, table;
	struct err e = { 0 };

	if (settled(table_filter_add_name(f, name, &e), &e)) {
		MUST(str_cut(name, '.', &schema, &table));
		MUST(table_filter_wants(f, schema, table));
		MUST(!table_filter_wants(f, STR_LIT("another"), STR_LIT("one\001")));
	}
	table_filter_free(f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str input = { (const char *)data, size }, line;
	bool case_sensitive = take_byte(&input) & 1;
	struct table_filter *f = table_filter_new(), *all = table_filter_new();
	struct err e = { 0 };

	MUST(table_filter_add(all, STR_LIT("*.*"), case_sensitive, &e));
	while (input.n > 0 && (line = take_until(&input, '\n')).n > 0) {
		if (line.p[0] == '=')
			check_name(str_from(line, 1));
		else
			settled(table_filter_add(f, line, case_sensitive, &e), &e);
	}
	while (input.n > 0) {
		struct str schema = take_until(&input, '\n'), table = STR_LIT("");

		str_cut(schema, '.', &schema, &table);
		MUST(!utf8_valid(schema) || !utf8_valid(table) || table_filter_wants(all, schema, table));
		table_filter_wants(f, schema, table);
	}
	table_filter_free(f);
	table_filter_free(all);
	return 0;
}
