#include "config/task.h"

#include "base/buf.h"
#include "config/kinds.h"
#include "config/online.h"
#include "config/task_parts.h"

#define NAME_MAX_CHARS 64	/* of a table or schema, on every server */
#define LONGEST_SUFFIX 18	/* "_syncer_checkpoint": a meta table is called after its task */

static const char check_items[] =
	"all|dump_privilege|replication_privilege|version|server_id|binlog_enable|binlog_format|"
	"binlog_row_image|table_schema|schema_of_shard_tables|auto_increment_ID|online_ddl|binlog_db|"
	"meta_position|conn_number|target_privilege|empty_region|region_distribution|downstream_version|"
	"free_space|downstream_mutex_features|downstream_table_empty|primary_key";

static bool check_item(struct str text, struct err *e)
{
	struct str rest = str_of(check_items), item;

	while (str_cut(rest, '|', &item, &rest))
		if (str_eq(item, text))
			return true;
	return str_eq(rest, text) || err_set(e, &config_kinds[BAD_CHECK_ITEM], "unknown check '%.*s' (allowed: %s)",
					     STR(str_first(text, 100)), check_items);
}

static size_t count_chars(struct str text)
{
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++)
		n += ((unsigned char)text.p[i] & 0xc0) != 0x80;
	return n;
}

static bool check_task_name(struct str text, struct err *e)
{
	if (count_chars(text) <= NAME_MAX_CHARS - LONGEST_SUFFIX)
		return true;
	return err_set(e, &err_config, "the name has more than %d characters, and the meta tables are called after it",
		       NAME_MAX_CHARS - LONGEST_SUFFIX);
}

static bool check_schema_name(struct str text, struct err *e)
{
	return count_chars(text) <= NAME_MAX_CHARS ||
	       err_set(e, &err_config, "the name of a schema has at most %d characters", NAME_MAX_CHARS);
}

/* "+08:00": DM allows -12:59 to +14:00. */
static bool is_offset(struct str text)
{
	uint64_t hours, minutes;

	return text.n == 6 && (text.p[0] == '+' || text.p[0] == '-') && text.p[3] == ':' &&
	       str_to_u64(str_first(str_from(text, 1), 2), &hours) && str_to_u64(str_from(text, 4), &minutes) &&
	       minutes < 60 && (text.p[0] == '-' ? hours <= 12 : hours < 14 || (hours == 14 && minutes == 0));
}

static bool is_zone_name(struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if (!strchr("/_-+", c) && (c < '0' || c > '9') && ((c | 0x20) < 'a' || (c | 0x20) > 'z'))
			return false;
	}
	return text.n > 0 && (text.p[0] | 0x20) >= 'a' && (text.p[0] | 0x20) <= 'z' && !str_is_nocase(text, "system") &&
	       !str_is_nocase(text, "local");
}

static bool check_timezone(struct str text, struct err *e)
{
	if (text.n == 0 || str_is(text, "+00:00") || str_is(text, "UTC"))
		return true;
	if (is_offset(text) || is_zone_name(text))
		return err_set(e, &err_unsupported, "time zone '%.*s' is not supported yet (supported: +00:00, UTC)",
			       STR(str_first(text, 100)));
	return err_set(e, &config_kinds[BAD_TIMEZONE],
		       "'%.*s' is no time zone (allowed: -12:59 to +14:00, or a name such as Asia/Tokyo)",
		       STR(str_first(text, 100)));
}

#define DROPPED(word) .name = word, .gone = "DM has dropped it"

static const struct key experimental_keys[] = {
	{ .kind = KEY_BOOL, .name = "async-checkpoint-flush", .later = "true" },
	{ 0 }
};

struct file_part {			/* the two structs that a task file is read into, under one offset */
	struct task task;
	struct task_part part;
};

#define TASK(member) AT(struct file_part, task.member)
#define PART(member) AT(struct file_part, part.member)

#define NAMED(key, member, type) \
	.kind = KEY_NAMED, .name = key, .at = PART(member.items), .count_at = PART(member.n), .size = sizeof(type)

static const struct key task_keys[] = {
	{ .kind = KEY_TEXT, .name = "name", .at = TASK(name), .line_at = PART(name_line), .check = check_task_name },
	{ .kind = KEY_TEXT, .name = "task-mode", .at = PART(mode), .line_at = PART(mode_line),
	  .allowed = "all|full|incremental",
	  .later = "dump|load|load&sync", .bad = &config_kinds[BAD_MODE] },
	{ .kind = KEY_BOOL, .name = "is-sharding", .at = PART(is_sharding) },
	{ .kind = KEY_TEXT, .name = "shard-mode", .at = TASK(shard_mode), .allowed = "pessimistic|optimistic|",
	  .bad = &config_kinds[BAD_SHARD_MODE] },
	{ .kind = KEY_BOOL, .name = "strict-optimistic-shard-mode", .at = PART(strict_optimistic),
	  .line_at = PART(strict_line) },
	{ .kind = KEY_TEXTS, .name = "ignore-checking-items", .at = TASK(ignore_checks),
	  .count_at = TASK(n_ignore_checks),
	  .check = check_item, .bad = &config_kinds[BAD_CHECK_ITEM] },
	{ .kind = KEY_TEXT, .name = "meta-schema", .at = TASK(meta_schema), .def = "dm_meta",
	  .check = check_schema_name },
	{ .kind = KEY_BOOL, .def = "false", DROPPED("enable-heartbeat") },
	{ .kind = KEY_NUMBER, .def = "1", DROPPED("heartbeat-update-interval") },
	{ .kind = KEY_NUMBER, .def = "10", DROPPED("heartbeat-report-interval") },
	{ .kind = KEY_TEXT, .name = "timezone", .at = TASK(timezone), .check = check_timezone },
	{ .kind = KEY_BOOL, .name = "case-sensitive", .at = TASK(case_sensitive) },
	{ .kind = KEY_TEXT, .name = "collation_compatible", .at = PART(collation), .allowed = "loose|strict|",
	  .bad = &config_kinds[BAD_COLLATION_COMPATIBLE] },
	{ .kind = KEY_MAP, .name = "target-database", .at = TASK(target), .line_at = PART(target_line),
	  .keys = endpoint_keys,
	  .whole = endpoint_whole },
	{ .kind = KEY_LIST, .name = "mysql-instances", .at = PART(instances), .count_at = PART(n_instances),
	  .line_at = PART(instances_line), .keys = instance_keys, .size = sizeof(struct instance_part),
	  .whole = instance_whole, .bad = &config_kinds[NULL_INSTANCE] },
	{ .kind = KEY_BOOL, .name = "online-ddl", .at = TASK(online_ddl), .def = "true" },
	{ .kind = KEY_TEXT, .name = "online-ddl-scheme", .at = PART(online_scheme), .allowed = "gh-ost|pt|",
	  .bad = &config_kinds[BAD_ONLINE_SCHEME] },
	{ .kind = KEY_TEXTS, .name = "shadow-table-rules", .at = TASK(shadow_rules), .count_at = TASK(n_shadow_rules),
	  .check = online_rule_check, .bad = &config_kinds[BAD_ONLINE_RULE] },
	{ .kind = KEY_TEXTS, .name = "trash-table-rules", .at = TASK(trash_rules), .count_at = TASK(n_trash_rules),
	  .check = online_rule_check, .bad = &config_kinds[BAD_ONLINE_RULE] },
	{ NAMED("routes", routes, struct config_route), .keys = route_keys, .whole = route_whole },
	{ NAMED("filters", filters, struct config_filter), .keys = filter_keys, .whole = filter_whole },
	{ NAMED("expression-filter", expressions, struct config_expression), .keys = expression_keys, .whole = expression_whole },
	{ NAMED("block-allow-list", block_allow, struct block_allow_part), .keys = block_allow_keys,
	  .whole = block_allow_whole },
	{ NAMED("black-white-list", black_white, struct block_allow_part), .keys = block_allow_keys,
	  .whole = block_allow_whole },
	{ .kind = KEY_ANY, .name = "column-mappings", .node_at = PART(column_mappings) },
	{ NAMED("mydumpers", dumps, struct named_dump), .keys = dump_keys, .body_at = AT(struct named_dump, dump) },
	{ NAMED("loaders", loads, struct named_load), .keys = load_keys, .body_at = AT(struct named_load, load) },
	{ NAMED("syncers", syncs, struct named_sync), .keys = sync_keys, .body_at = AT(struct named_sync, part),
	  .whole = named_sync_whole },
	{ NAMED("validators", validators, struct named), .keys = validator_keys },
	{ .kind = KEY_BOOL, .name = "clean-dump-file", .at = TASK(clean_dump_file), .def = "true" },
	{ .kind = KEY_BOOL, .name = "ansi-quotes", .def = "false",
	  .gone = "each statement carries its own sql_mode" },
	{ .kind = KEY_BOOL, .name = "remove-meta", .def = "false", .gone = "use 'dm start-task --remove-meta'" },
	{ .kind = KEY_MAP, .name = "experimental", .keys = experimental_keys },
	{ 0 }
};

static bool check_task(struct key_reader *r, struct task_part *part, struct err *e)
{
	struct task *task = part->task;

	if (task->name.n == 0)
		return keys_fail(r, part->name_line ? part->name_line : 1, &config_kinds[NO_NAME], e,
				 "the task has no 'name'");
	if (part->mode.n == 0)
		return keys_fail(r, part->mode_line ? part->mode_line : 1, &config_kinds[BAD_MODE], e,
				 "the task has no 'task-mode' (allowed: all, full, incremental)");
	task->strict_optimistic = part->strict_optimistic;
	if (part->strict_optimistic && !str_is(task->shard_mode, "optimistic"))
		return keys_fail(r, part->strict_line, &config_kinds[STRICT_OPTIMISTIC], e,
				 "'strict-optimistic-shard-mode: true' wants 'shard-mode: optimistic'");
	if (part->column_mappings && part->column_mappings->n + part->column_mappings->text.n)
		return keys_fail(r, part->column_mappings->line, &config_kinds[COLUMN_MAPPING], e,
				 "DM has dropped 'column-mappings'");
	if (task->target.host.n == 0)
		return keys_fail(r, part->target_line ? part->target_line : 1, &config_kinds[NO_TARGET], e,
				 "the task has no 'target-database'");
	if (part->n_instances == 0)
		return keys_fail(r, part->instances_line ? part->instances_line : 1, &config_kinds[NO_INSTANCES], e,
				 "the task has no 'mysql-instances'");
	if (task->meta_schema.n == 0)
		task->meta_schema = STR_LIT("dm_meta");
	task->mode = TASK_ALL;
	if (str_is(part->mode, "full"))
		task->mode = TASK_FULL;
	if (str_is(part->mode, "incremental"))
		task->mode = TASK_INCREMENTAL;
	/* DM's older spelling, which has only one mode. */
	if (part->is_sharding && task->shard_mode.n == 0)
		task->shard_mode = STR_LIT("pessimistic");
	task->collation_strict = str_is(part->collation, "strict");
	/* A scheme switches it on, whatever online-ddl says, as with DM. */
	task->online_ddl |= part->online_scheme.n > 0;
	/* DM's alias counts only where there is nothing under the new name. */
	if (part->block_allow.n == 0)
		part->block_allow = part->black_white;
	return true;
}

bool task_read(struct task *task, const char *path, struct err *e)
{
	struct file_part file = { 0 };
	struct arena arena = ARENA_INIT;
	struct key_reader r;
	struct yaml_node *root = NULL;
	bool ok;

	ok = keys_open(&r, path, &arena, &root, e) && keys_read(&r, task_keys, root, "", &file, e);
	file.task.file = str_of(r.file);
	file.part.task = &file.task;
	ok = ok && check_task(&r, &file.part, e) && instances_resolve(&r, &file.part, e);
	*task = file.task;
	task->n_warnings = r.n_warnings;
	task->warnings = r.warnings;
	task->arena = arena;
	return ok;
}

void task_release(struct task *task)
{
	arena_release(&task->arena);
	memset(task, 0, sizeof(*task));
}

static const struct task_instance *no_such_source(const struct task *task, struct str source_id, struct err *e)
{
	struct buf known = BUF_INIT(600);

	for (size_t i = 0; i < task->n_instances; i++)
		buf_putf(&known, "%s%.*s", i ? ", " : "", STR(task->instances[i].source_id));
	if (source_id.n == 0)
		err_set(e, &err_usage, "%.*s has several sources, choose one with -s (%s)", STR(task->file),
			buf_text(&known));
	else
		err_set(e, &config_kinds[NO_SOURCE], "%.*s has no source '%.*s' in 'mysql-instances' (it has: %s)",
			STR(task->file), STR(str_first(source_id, 100)), buf_text(&known));
	buf_release(&known);
	return NULL;
}

const struct task_instance *task_find(const struct task *task, struct str source_id, struct err *e)
{
	if (source_id.n == 0 && task->n_instances == 1)
		return &task->instances[0];
	for (size_t i = 0; i < task->n_instances; i++)
		if (str_eq(task->instances[i].source_id, source_id))
			return &task->instances[i];
	return no_such_source(task, source_id, e);
}
