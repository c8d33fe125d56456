/* dump_list.c - see dump_list.h */
#include "stream/dump_list.h"

#include "stream/fields.h"
#include "text/json_write.h"

const struct err_kind err_dump_list = {
	.code = 32530, .class = "load-unit", .scope = SCOPE_INTERNAL, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "dump again; a dump of another tool has no dm-dump.ndjson",
};

/* What is read on the way into a line. */
struct raw {
	struct dump_list_line line;
	struct str kind, format, xxh64;
};

enum { OWN_CSV };

#define OF_LINE(name, how, member) FIELD(name, how, raw, line.member)

static const struct field fields[] = {
	OF_LINE("version", FIELD_U64, version),
	OF_LINE("source", FIELD_TEXT, source),
	OF_LINE("flavor", FIELD_TEXT, flavor),
	OF_LINE("server_version", FIELD_TEXT, server_version),
	OF_LINE("server", FIELD_TEXT, server),
	OF_LINE("pos", FIELD_TEXT, pos),
	OF_LINE("gtid", FIELD_TEXT, gtid),
	OF_LINE("consistent", FIELD_BOOL, consistent),
	OF_LINE("pos_end", FIELD_TEXT, pos_end),
	OF_LINE("gtid_end", FIELD_TEXT, gtid_end),
	OF_LINE("sql_mode", FIELD_TEXT, sql_mode),
	FIELD("format", FIELD_TEXT, raw, format),
	FIELD_BY("csv", FIELD_OWN, OWN_CSV),
	OF_LINE("file", FIELD_TEXT, file),
	FIELD("kind", FIELD_TEXT, raw, kind),
	OF_LINE("schema", FIELD_TEXT, schema),
	OF_LINE("table", FIELD_TEXT, table),
	OF_LINE("rows", FIELD_U64, rows),
	OF_LINE("bytes", FIELD_U64, bytes),
	FIELD("xxh64", FIELD_TEXT, raw, xxh64),
	OF_LINE("files", FIELD_U64, files),
};

static const struct field csv_fields[] = {
	FIELD("separator", FIELD_TEXT, dump_csv, separator),
	FIELD("delimiter", FIELD_TEXT, dump_csv, delimiter),
	FIELD("null", FIELD_TEXT, dump_csv, null_value),
	FIELD("terminator", FIELD_TEXT, dump_csv, terminator),
	FIELD("header", FIELD_BOOL, dump_csv, header),
	FIELD("backslash", FIELD_BOOL, dump_csv, backslash),
};

static void put_csv(struct buf *out, const struct dump_csv *csv)
{
	json_put_key(out, "csv");
	buf_put_char(out, '{');
	json_put_key_text(out, "separator", csv->separator);
	json_put_key_text(out, "delimiter", csv->delimiter);
	json_put_key_text(out, "null", csv->null_value);
	json_put_key_text(out, "terminator", csv->terminator);
	json_put_key_bool(out, "header", csv->header);
	json_put_key_bool(out, "backslash", csv->backslash);
	buf_put_char(out, '}');
}

static void put_some(struct buf *out, const char *key, struct str value)
{
	if (value.n > 0)
		json_put_key_text(out, key, value);
}

static void put_head(struct buf *out, const struct dump_list_line *line)
{
	json_put_key_u64(out, "version", line->version);
	put_some(out, "source", line->source);
	put_some(out, "flavor", line->flavor);
	put_some(out, "server_version", line->server_version);
	put_some(out, "server", line->server);
	put_some(out, "pos", line->pos);
	put_some(out, "gtid", line->gtid);
	json_put_key_bool(out, "consistent", line->consistent);
	put_some(out, "pos_end", line->pos_end);
	put_some(out, "gtid_end", line->gtid_end);
	json_put_key_text(out, "sql_mode", line->sql_mode);
	json_put_key_text(out, "format", line->csv ? STR_LIT("csv") : STR_LIT("sql"));
	if (line->csv)
		put_csv(out, &line->csv_form);
}

static void put_file(struct buf *out, const struct dump_list_line *line)
{
	json_put_key_text(out, "file", line->file);
	json_put_key_text(out, "kind", str_of(dump_kind_name(line->kind)));
	put_some(out, "schema", line->schema);
	put_some(out, "table", line->table);
	if (line->kind == DUMP_DATA)
		json_put_key_u64(out, "rows", line->rows);
	json_put_key_u64(out, "bytes", line->bytes);
	buf_putf(out, ",\"xxh64\":\"%016llx\"", (unsigned long long)line->xxh64);
}

void dump_list_put(struct buf *out, const struct dump_list_line *line)
{
	buf_put_text(out, line->type == DUMP_LIST_HEAD ? "{\"type\":\"dump\"" :
		     line->type == DUMP_LIST_FILE ? "{\"type\":\"file\"" : "{\"type\":\"end\"");
	if (line->type == DUMP_LIST_HEAD) {
		put_head(out, line);
	} else if (line->type == DUMP_LIST_FILE) {
		put_file(out, line);
	} else {
		json_put_key_u64(out, "files", line->files);
		json_put_key_u64(out, "rows", line->rows);
	}
	buf_put_text(out, "}\n");
}

static void take_csv(struct json *j, struct dump_csv *csv, struct arena *a)
{
	size_t hint = 0;
	struct str key;

	for (bool more = json_object(j); more && json_key(j, &key);) {
		const struct field *field = field_find(csv_fields, sizeof(csv_fields) / sizeof(*csv_fields), key, &hint);

		if (field)
			field_take(j, field, csv, a);
		else
			json_skip(j);
	}
}

static bool take_sum(struct str text, uint64_t *sum)
{
	*sum = 0;
	for (size_t i = 0; i < text.n; i++) {
		const char *digits = "0123456789abcdef", *at = text.p[i] ? strchr(digits, text.p[i]) : NULL;

		if (!at)
			return false;
		*sum = *sum << 4 | (uint64_t)(at - digits);
	}
	return text.n == 16;
}

static bool check(struct raw *raw, struct err *e)
{
	struct dump_list_line *line = &raw->line;

	line->csv = str_is(raw->format, "csv");
	line->kind = dump_kind_of(raw->kind);
	if (line->type == DUMP_LIST_HEAD && line->version != DUMP_LIST_VERSION)
		return err_set(e, &err_dump_list, DUMP_LIST " is of version %llu, this program reads version %d",
			       (unsigned long long)line->version, DUMP_LIST_VERSION);
	if (line->type != DUMP_LIST_FILE)
		return true;
	if (!dump_name_is_safe(line->file))
		return err_set(e, &err_dump_list, DUMP_LIST ": '%.*s' is no name of a file of a dump", STR(line->file));
	if (line->kind == DUMP_OTHER || !take_sum(raw->xxh64, &line->xxh64))
		return err_set(e, &err_dump_list, DUMP_LIST ": the line of '%.*s' has no kind that is known, or no "
			       "checksum", STR(line->file));
	return true;
}

static bool read_keys(struct raw *raw, struct json *j, struct arena *a, struct err *e)
{
	size_t hint = 0;
	struct str key;

	while (json_key(j, &key)) {
		const struct field *field = field_find(fields, sizeof(fields) / sizeof(*fields), key, &hint);

		if (!field)
			json_skip(j);
		else if (field->how == FIELD_OWN)
			take_csv(j, &raw->line.csv_form, a);
		else
			field_take(j, field, raw, a);
	}
	return !j->bad || err_set(e, &err_dump_list, DUMP_LIST ": a line is damaged at byte %zu",
				  (size_t)(j->p - j->start));
}

bool dump_list_parse(struct dump_list_line *line, struct str text, struct arena *a, struct err *e)
{
	struct err syntax = { 0 };
	struct raw raw = { 0 };
	struct str type;
	struct json j;
	bool ok;

	if (!line_begin(&j, text, &type, a, &syntax))
		return err_set(e, &err_dump_list, DUMP_LIST ": a line does not begin as one of JSON with a type");
	raw.line.type = str_is(type, "dump") ? DUMP_LIST_HEAD : str_is(type, "file") ? DUMP_LIST_FILE :
			str_is(type, "end") ? DUMP_LIST_END : DUMP_LIST_OTHER;
	ok = read_keys(&raw, &j, a, e) && check(&raw, e);
	*line = raw.line;
	return ok;
}
