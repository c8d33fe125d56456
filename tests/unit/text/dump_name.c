#include "text/dump_name.h"

#include "tests.h"

static bool escapes_to(struct str name, const char *escaped)
{
	struct buf out = BUF_INIT(4096), back = BUF_INIT(4096);
	bool is;

	dump_name_put(&out, name);
	is = dump_name_take(&back, buf_str(&out)) && holds(&back, name) && holds_text(&out, escaped);
	buf_release(&out);
	buf_release(&back);
	return is;
}

static void names_are_escaped_as_dumpling_does(void)
{
	CHECK(escapes_to(STR_LIT("sale_01"), "sale_01"));
	CHECK(escapes_to(STR_LIT("../../etc/x"), "%2E%2E%2F%2E%2E%2Fetc%2Fx"));
	CHECK(escapes_to(STR_LIT("a.b%c*\"d\""), "a%2Eb%25c%2A%22d%22"));
	CHECK(escapes_to(STR_LIT("a\nb\\c|d<e>f?g:h"), "a%0Ab%5Cc%7Cd%3Ce%3Ef%3Fg%3Ah"));
	CHECK(escapes_to(STR_LIT("t-schema"), "t%2Dschema"));
	CHECK(escapes_to(STR_LIT("t-SCHEMA-view-x"), "t%2DSCHEMA-view-x"));
	CHECK(escapes_to(STR_LIT("a\0b"), "a%00b"));
	CHECK(escapes_to(STR_LIT("caf\xc3\xa9 $'`"), "caf\xc3\xa9 $'`"));
}

static void half_an_escape_stands_for_nothing(void)
{
	struct buf out = BUF_INIT(100);

	CHECK(!dump_name_take(&out, STR_LIT("a%")));
	CHECK(!dump_name_take(&out, STR_LIT("a%2")));
	CHECK(!dump_name_take(&out, STR_LIT("a%2g")));
	buf_clear(&out);
	CHECK(dump_name_take(&out, STR_LIT("%2e%2F")) && holds_text(&out, "./"));
	buf_release(&out);
}

static bool is(const char *file, enum dump_kind kind, const char *schema, const char *table, const char *index)
{
	struct dump_name name;

	dump_name_parse(&name, str_of(file));
	if (name.kind == kind && str_is(name.schema, schema) && str_is(name.table, table) && str_is(name.index, index))
		return true;
	printf("# '%s': %s '%.*s' '%.*s' '%.*s'\n", file, dump_kind_name(name.kind), STR(name.schema), STR(name.table),
	       STR(name.index));
	return false;
}

static void files_are_known_by_their_names(void)
{
	CHECK(is("metadata", DUMP_IS_METADATA, "", "", ""));
	CHECK(is("dm-dump.ndjson", DUMP_IS_LIST, "", "", ""));
	CHECK(is("a-schema-create.sql", DUMP_SCHEMA, "a", "", ""));
	CHECK(is("a-schema-post.sql.gz", DUMP_POST, "a", "", ""));
	CHECK(is("a.t-schema.sql.zst", DUMP_TABLE, "a", "t", ""));
	CHECK(is("a.t-schema-view.sql", DUMP_VIEW, "a", "t", ""));
	CHECK(is("a.t-schema-sequence.sql", DUMP_SEQUENCE, "a", "t", ""));
	CHECK(is("a.t-schema-triggers.sql", DUMP_TRIGGERS, "a", "t", ""));
	CHECK(is("a.t.000000000.sql", DUMP_DATA, "a", "t", "000000000"));
	CHECK(is("a.t.0000000010002.csv.gz", DUMP_DATA, "a", "t", "0000000010002"));
	CHECK(is("a.t.sql", DUMP_DATA, "a", "t", ""));
	CHECK(is("a.7.sql", DUMP_DATA, "a", "7", ""));
	CHECK(is("a.7.00001.sql", DUMP_DATA, "a", "7", "00001"));
	CHECK(is("a%2Eb.t.1.sql", DUMP_DATA, "a%2Eb", "t", "1"));
	CHECK(is("a.b.c.00000.sql", DUMP_DATA, "a", "b.c", "00000"));
}

static void other_files_are_none_of_ours(void)
{
	CHECK(is("README", DUMP_OTHER, "", "", ""));
	CHECK(is("a.sql", DUMP_OTHER, "", "", ""));
	CHECK(is(".t.sql", DUMP_OTHER, "", "", ""));
	CHECK(is("a.t.000.parquet", DUMP_OTHER, "", "", ""));
	CHECK(is("", DUMP_OTHER, "", "", ""));
	CHECK(is(".gz", DUMP_OTHER, "", "", ""));
	CHECK(is("-schema.sql", DUMP_OTHER, "", "", ""));
}

static void compression_and_form_stand_at_the_end(void)
{
	struct dump_name name;

	dump_name_parse(&name, STR_LIT("a.t.1.csv.zst"));
	CHECK(name.csv && name.packing == DUMP_ZSTD);
	dump_name_parse(&name, STR_LIT("a.t.1.SQL.gz"));
	CHECK(!name.csv && name.packing == DUMP_GZIP && name.kind == DUMP_DATA);
	dump_name_parse(&name, STR_LIT("a.t.1.sql"));
	CHECK(!name.csv && name.packing == DUMP_PLAIN);
	for (int kind = DUMP_OTHER; kind <= DUMP_DATA; kind++)
		CHECK((int)dump_kind_of(str_of(dump_kind_name((enum dump_kind)kind))) == kind);
}

static void a_name_cannot_leave_its_folder(void)
{
	CHECK(dump_name_is_safe(STR_LIT("a.t.sql")) && dump_name_is_safe(STR_LIT("..a")));
	CHECK(!dump_name_is_safe(STR_LIT("")) && !dump_name_is_safe(STR_LIT(".")) && !dump_name_is_safe(STR_LIT("..")));
	CHECK(!dump_name_is_safe(STR_LIT("a/b")) && !dump_name_is_safe(STR_LIT("/etc/x")) &&
	      !dump_name_is_safe(STR_LIT("a\0b")));
}

void test_dump_name(void)
{
	RUN(names_are_escaped_as_dumpling_does);
	RUN(half_an_escape_stands_for_nothing);
	RUN(files_are_known_by_their_names);
	RUN(other_files_are_none_of_ours);
	RUN(compression_and_form_stand_at_the_end);
	RUN(a_name_cannot_leave_its_folder);
}
