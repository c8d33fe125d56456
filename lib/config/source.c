/* source.c - a source file. */
#include "config/kinds.h"
#include "config/parts.h"

static bool check_source_id(struct str text, struct err *e)
{
	return text.n <= SOURCE_ID_MAX ||
	       err_set(e, &config_kinds[WORKER_LONG_SOURCE_ID], "'%.*s' is longer than %d bytes",
		       STR(str_first(text, 100)), SOURCE_ID_MAX);
}

/* NAME.DIGITS, as servers call their files. */
static bool check_binlog_name(struct str text, struct err *e)
{
	struct str base, number;
	uint64_t n;

	if (text.n == 0 || (str_cut_last(text, '.', &base, &number) && base.n && str_to_u64(number, &n) && n > 0))
		return true;
	return err_set(e, &config_kinds[BAD_RELAY_BINLOG_NAME], "'%.*s' is no name of a binlog file",
		       STR(str_first(text, 100)));
}

struct source_part {
	struct source source;
	unsigned id_line, from_line, max_line;
};

#define SOURCE(member) AT(struct source_part, source.member)
#define PART(member) AT(struct source_part, member)

static const struct key purge_keys[] = {
	{ .kind = KEY_NUMBER, .name = "interval", .at = SOURCE(purge.interval), .below_zero = true, .def = "3600" },
	{ .kind = KEY_NUMBER, .name = "expires", .at = SOURCE(purge.expires), .below_zero = true },
	{ .kind = KEY_NUMBER, .name = "remain-space", .at = SOURCE(purge.remain_space), .below_zero = true, .def = "15" },
	{ 0 }
};

#define FIXED .gone = "DM itself always takes its own value"

static const struct key checker_keys[] = {
	{ .kind = KEY_BOOL, .name = "check-enable", .at = SOURCE(checker.enable), .def = "true" },
	{ .kind = KEY_SECONDS, .name = "backoff-rollback", .at = SOURCE(checker.rollback), .def = "5m" },
	{ .kind = KEY_SECONDS, .name = "backoff-max", .at = SOURCE(checker.max), .line_at = PART(max_line), .def = "5m" },
	{ .kind = KEY_SECONDS, .name = "check-interval", .def = "5s", FIXED },
	{ .kind = KEY_SECONDS, .name = "backoff-min", .def = "1s", FIXED },
	{ .kind = KEY_BOOL, .name = "backoff-jitter", .def = "true", FIXED },
	{ .kind = KEY_NUMBER, .name = "backoff-factor", .def = "2", FIXED },
	{ 0 }
};

static const struct key source_keys[] = {
	{ .kind = KEY_TEXT, .name = "source-id", .at = SOURCE(source_id), .line_at = PART(id_line),
	  .check = check_source_id },
	{ .kind = KEY_BOOL, .name = "enable", .at = SOURCE(enable), .def = "true" },
	{ .kind = KEY_BOOL, .name = "enable-gtid", .at = SOURCE(enable_gtid) },
	{ .kind = KEY_BOOL, .name = "auto-fix-gtid", .def = "false", .gone = "DM has dropped it" },
	{ .kind = KEY_BOOL, .name = "enable-relay", .at = SOURCE(enable_relay) },
	{ .kind = KEY_TEXT, .name = "relay-binlog-name", .at = SOURCE(relay_binlog_name), .check = check_binlog_name },
	{ .kind = KEY_TEXT, .name = "relay-binlog-gtid", .at = SOURCE(relay_binlog_gtid) },
	{ .kind = KEY_TEXT, .name = "relay-dir", .at = SOURCE(relay_dir) },
	{ .kind = KEY_TEXT, .name = "meta-dir", .def = "", .gone = "DM has dropped it" },
	{ .kind = KEY_TEXT, .name = "charset", .def = "", .gone = "connections are always utf8mb4" },
	{ .kind = KEY_TEXT, .name = "flavor", .at = SOURCE(flavor), .allowed = "mysql|mariadb|",
	  .bad = &config_kinds[BAD_FLAVOR] },
	{ .kind = KEY_NUMBER, .name = "server-id", .at = SOURCE(server_id), .max = UINT32_MAX },
	{ .kind = KEY_BOOL, .name = "case-sensitive", .at = SOURCE(case_sensitive) },
	{ .kind = KEY_MAP, .name = "from", .at = SOURCE(from), .line_at = PART(from_line), .keys = endpoint_keys,
	  .whole = endpoint_whole },
	{ .kind = KEY_MAP, .name = "purge", .keys = purge_keys },
	{ .kind = KEY_MAP, .name = "checker", .keys = checker_keys },
	{ .kind = KEY_LIST, .name = "filters", .at = SOURCE(filters), .count_at = SOURCE(n_filters),
	  .keys = filter_keys,
	  .size = sizeof(struct config_filter), .whole = filter_whole },
	{ .kind = KEY_ANY, .name = "tracer", .gone = "DM has dropped it" },
	{ 0 }
};

static bool check_source(struct key_reader *r, const struct source_part *part, struct err *e)
{
	if (part->source.source_id.n == 0)
		return keys_fail(r, part->id_line ? part->id_line : 1, &config_kinds[WORKER_NO_SOURCE_ID], e,
				 "the source has no 'source-id'");
	if (part->source.from.host.n == 0)
		return keys_fail(r, part->from_line ? part->from_line : 1, &err_config, e, "the source has no 'from'");
	if (part->source.checker.max == 0)
		return keys_fail(r, part->max_line, &config_kinds[CHECKER_MAX], e,
				 "'checker.backoff-max' is less than 1s");
	return true;
}

bool source_read(struct source *source, const char *path, struct err *e)
{
	struct source_part part = { 0 };
	struct arena arena = ARENA_INIT;
	struct key_reader r;
	struct yaml_node *root = NULL;
	bool ok;

	ok = keys_open(&r, path, &arena, &root, e) && keys_read(&r, source_keys, root, "", &part, e) &&
	     check_source(&r, &part, e);
	*source = part.source;
	source->file = str_of(r.file);
	source->n_warnings = r.n_warnings;
	source->warnings = r.warnings;
	source->arena = arena;
	return ok;
}

void source_release(struct source *source)
{
	arena_release(&source->arena);
	memset(source, 0, sizeof(*source));
}
