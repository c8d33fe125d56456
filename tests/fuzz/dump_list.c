/* dump_list.c - dm-dump.ndjson, line by line: what is taken is written so that it reads back the same. */
#include "fuzz.h"

#include "stream/dump_list.h"

#define LIMIT (16 << 20)

static void must_be_safe(struct str file)
{
	MUST(file.n > 0 && !memchr(file.p, '/', file.n) && !memchr(file.p, '\0', file.n) && !str_is(file, ".") && !str_is(file, ".."));
}

static void must_equal_csv(const struct dump_csv *a, const struct dump_csv *b)
{
	must_equal(a->separator, b->separator, "separator");
	must_equal(a->delimiter, b->delimiter, "delimiter");
	must_equal(a->null_value, b->null_value, "null");
	must_equal(a->terminator, b->terminator, "terminator");
	MUST(a->header == b->header && a->backslash == b->backslash);
}

static void check_again(const struct dump_list_line *line, struct arena *a)
{
	struct buf text = BUF_INIT(LIMIT);
	struct dump_list_line again;
	struct err e = { 0 };

	dump_list_put(&text, line);
	MUST(text.n > 1 && memchr(text.p, '\n', text.n) == text.p + text.n - 1);
	MUST(settled(dump_list_parse(&again, str_first(buf_str(&text), text.n - 1), a, &e), &e));
	MUST(again.type == line->type);
	if (line->type == DUMP_LIST_HEAD) {
		must_equal(line->source, again.source, "source");
		must_equal(line->pos, again.pos, "pos");
		must_equal(line->gtid, again.gtid, "gtid");
		must_equal(line->pos_end, again.pos_end, "pos_end");
		must_equal(line->sql_mode, again.sql_mode, "sql_mode");
		MUST(line->version == again.version && line->consistent == again.consistent && line->csv == again.csv);
		if (line->csv)
			must_equal_csv(&line->csv_form, &again.csv_form);
	} else if (line->type == DUMP_LIST_FILE) {
		must_be_safe(line->file);
		must_equal(line->file, again.file, "file");
		must_equal(line->schema, again.schema, "schema");
		must_equal(line->table, again.table, "table");
		MUST(line->kind == again.kind && line->bytes == again.bytes && line->xxh64 == again.xxh64);
		MUST(line->kind != DUMP_DATA || line->rows == again.rows);
	} else {
		MUST(line->files == again.files && line->rows == again.rows);
	}
	buf_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str input = { (const char *)data, size };

	while (input.n > 0) {
		struct str text = take_until(&input, '\n');
		struct arena a = ARENA_INIT;
		struct dump_list_line line;
		struct err e = { 0 };

		if (settled(dump_list_parse(&line, text, &a, &e), &e) && line.type != DUMP_LIST_OTHER)
			check_again(&line, &a);
		arena_release(&a);
	}
	return 0;
}
