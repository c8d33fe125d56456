#include "stream/dump_list.h"

#include "tests.h"

static bool parses(struct dump_list_line *line, const char *text, struct arena *a)
{
	struct err e = { 0 };
	bool ok = dump_list_parse(line, str_of(text), a, &e);

	if (!ok)
		printf("# %s\n", e.text);
	return ok;
}

static void a_head_reads_back(void)
{
	struct dump_list_line line = {
		.type = DUMP_LIST_HEAD, .version = DUMP_LIST_VERSION, .source = STR_LIT("s1"), .flavor = STR_LIT("mysql"),
		.server_version = STR_LIT("8.4.0"), .pos = STR_LIT("bin.000001:4"), .gtid = STR_LIT("u:1-2"),
		.pos_end = STR_LIT("bin.000001:9"), .gtid_end = STR_LIT("u:1-3"), .sql_mode = STR_LIT(""), .csv = true,
		.csv_form = { STR_LIT(","), STR_LIT("\""), STR_LIT("\\N"), STR_LIT("\r\n"), true, false },
	}, back;
	struct buf b = BUF_INIT(4096), again = BUF_INIT(4096);
	struct arena a = ARENA_INIT;

	dump_list_put(&b, &line);
	CHECK(parses(&back, buf_text(&b), &a));
	CHECK(back.csv && str_is(back.csv_form.terminator, "\r\n") && back.csv_form.header && !back.csv_form.backslash);
	dump_list_put(&again, &back);
	CHECK(str_eq(buf_str(&again), buf_str(&b)));
	buf_release(&b);
	buf_release(&again);
	arena_release(&a);
}

static void a_file_reads_back(void)
{
	struct dump_list_line line = {
		.type = DUMP_LIST_FILE, .file = STR_LIT("a.t.000000000.sql"), .kind = DUMP_DATA, .schema = STR_LIT("a"),
		.table = STR_LIT("t\n`\""), .rows = 3, .bytes = 72, .xxh64 = 0x0123456789abcdefU,
	}, back;
	struct arena a = ARENA_INIT;
	struct buf b = BUF_INIT(4096);

	dump_list_put(&b, &line);
	CHECK(parses(&back, buf_text(&b), &a));
	CHECK(back.type == DUMP_LIST_FILE && back.kind == DUMP_DATA && back.xxh64 == line.xxh64 && back.rows == 3 &&
	      back.bytes == 72 && str_eq(back.table, line.table) && str_eq(back.file, line.file));
	CHECK(parses(&back, "{\"type\":\"end\",\"files\":7,\"rows\":3}\n", &a));
	CHECK(back.type == DUMP_LIST_END && back.files == 7 && back.rows == 3);
	CHECK(parses(&back, "{\"type\":\"later\",\"x\":[1]}\n", &a) && back.type == DUMP_LIST_OTHER);
	buf_release(&b);
	arena_release(&a);
}

static void a_line_that_cannot_be_trusted_is_refused(void)
{
	static const char *const lines[] = {
		"", "{", "{\"type\":\"file\"", "{\"type\":\"dump\",\"version\":2}", "{\"type\":\"dump\"}",
		"{\"type\":\"file\",\"file\":\"../x\",\"kind\":\"data\",\"bytes\":1,\"xxh64\":\"0123456789abcdef\"}",
		"{\"type\":\"file\",\"file\":\"x\",\"kind\":\"data\",\"bytes\":1,\"xxh64\":\"0123456789abcdeg\"}",
		"{\"type\":\"file\",\"file\":\"x\",\"kind\":\"data\",\"bytes\":1,\"xxh64\":\"0\"}",
		"{\"type\":\"file\",\"file\":\"x\",\"kind\":\"what\",\"bytes\":1,\"xxh64\":\"0123456789abcdef\"}",
		"{\"type\":\"file\",\"file\":\"x\",\"kind\":\"data\",\"bytes\":-1,\"xxh64\":\"0123456789abcdef\"}",
	};
	struct dump_list_line line;
	struct arena a = ARENA_INIT;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct err e = { 0 };

		CHECK(!dump_list_parse(&line, str_of(lines[i]), &a, &e) && e.kind == &err_dump_list);
	}
	arena_release(&a);
}

void test_dump_list(void)
{
	RUN(a_head_reads_back);
	RUN(a_file_reads_back);
	RUN(a_line_that_cannot_be_trusted_is_refused);
}
