/*
 * dump_name.c - names of files: any name is read as something; a schema and a table, split at the first '\n', give names that
 * cannot leave the folder and are read as what they were.
 */
#include "fuzz.h"

#include "text/dump_name.h"

#define LIMIT (1 << 20)

static void must_stand_for(struct str escaped, struct str name)
{
	struct buf b = BUF_INIT(LIMIT);

	MUST(dump_name_take(&b, escaped));
	must_equal(buf_str(&b), name, "a name out of a file's name");
	buf_release(&b);
}

/* schema.table END, as dm-dump puts them together. */
static void check_file(struct str schema, struct str table, const char *end, enum dump_kind kind)
{
	struct buf file = BUF_INIT(LIMIT);
	struct dump_name name;

	dump_name_put(&file, schema);
	if (kind != DUMP_SCHEMA && kind != DUMP_POST) {
		buf_put_char(&file, '.');
		dump_name_put(&file, table);
	}
	buf_put_text(&file, end);
	MUST(dump_name_is_safe(buf_str(&file)));
	dump_name_parse(&name, buf_str(&file));
	MUST(name.kind == kind);
	must_stand_for(name.schema, schema);
	if (kind != DUMP_SCHEMA && kind != DUMP_POST)
		must_stand_for(name.table, table);
	buf_release(&file);
}

static void check_any(struct str file)
{
	struct buf b = BUF_INIT(LIMIT);
	struct dump_name name;

	dump_name_parse(&name, file);
	MUST(dump_kind_of(str_of(dump_kind_name(name.kind))) == name.kind);
	if (name.kind == DUMP_SCHEMA || name.kind == DUMP_POST)
		MUST(name.schema.n > 0);
	else if (name.kind != DUMP_OTHER && name.kind != DUMP_IS_LIST && name.kind != DUMP_IS_METADATA)
		MUST(name.schema.n > 0 && name.table.n > 0);
	dump_name_take(&b, file);
	MUST(b.n <= file.n);
	dump_name_is_safe(file);
	buf_release(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str input = { (const char *)data, size }, schema, table;
	static const struct { const char *end; enum dump_kind kind; } ends[] = {
		{ "-schema-create.sql", DUMP_SCHEMA }, { "-schema-post.sql.gz", DUMP_POST }, { "-schema.sql", DUMP_TABLE },
		{ "-schema-view.sql.zst", DUMP_VIEW }, { "-schema-triggers.sql", DUMP_TRIGGERS },
		{ "-schema-sequence.sql", DUMP_SEQUENCE }, { ".000000000.sql", DUMP_DATA }, { ".0000000000001.csv.zst", DUMP_DATA },
		{ ".csv", DUMP_DATA },
	};

	check_any(input);
	if (!str_cut(input, '\n', &schema, &table) || schema.n == 0 || table.n == 0)
		return 0;
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		check_file(schema, table, ends[i].end, ends[i].kind);
	return 0;
}
