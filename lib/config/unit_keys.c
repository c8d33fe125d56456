/* unit_keys.c - the sections of a task's units: mydumpers, loaders, syncers, validators. */
#include "config/parts.h"

#include "config/kinds.h"

/* A remote directory belongs to dumping into files, which a stream has no need of. */
static bool check_dir(struct str text, struct err *e)
{
	if (str_find(text, STR_LIT("://")) != SIZE_MAX)
		return err_set(e, &err_unsupported, "a directory on a remote store is not supported yet");
	return true;
}

const struct key dump_keys[] = {
	{ .kind = KEY_TEXT, .name = "mydumper-path", .def = "./bin/mydumper",
	  .gone = "dumping needs no other program" },
	{ .kind = KEY_NUMBER, .name = "threads", .at = AT(struct config_dump, threads), .def = "4", .min = 1,
	  .max = 256,
	  .zero_is_default = true },
	{ .kind = KEY_SIZE, .name = "chunk-filesize", .at = AT(struct config_dump, chunk_filesize), .def = "64",
	  .bad = &config_kinds[BAD_CHUNK_SIZE] },
	{ .kind = KEY_NUMBER, .name = "statement-size", .at = AT(struct config_dump, statement_size),
	  .def = "1000000",
	  .zero_is_default = true },
	{ .kind = KEY_NUMBER, .name = "rows", .at = AT(struct config_dump, rows), .def = "200000",
	  .zero_is_default = true },
	{ .kind = KEY_TEXT, .name = "where", .at = AT(struct config_dump, where) },
	{ .kind = KEY_BOOL, .name = "skip-tz-utc", .def = "true",
	  .gone = "the time zone of the sessions is always set" },
	{ .kind = KEY_TEXT, .name = "extra-args", .at = AT(struct config_dump, extra_args) },
	{ 0 }
};

#define LEVELS "required|optional|off"

/* The physical mode is not there, so its settings have nothing to act on; they are checked all the same. */
const struct key load_keys[] = {
	{ .kind = KEY_NUMBER, .name = "pool-size", .at = AT(struct config_load, pool_size), .def = "16", .min = 1,
	  .max = 1024,
	  .zero_is_default = true },
	{ .kind = KEY_TEXT, .name = "dir", .at = AT(struct config_load, dir), .def = "./dumped_data",
	  .check = check_dir },
	{ .kind = KEY_TEXT, .name = "import-mode", .allowed = "logical|sql|loader|", .later = "physical|import-into",
	  .nocase = true, .bad = &config_kinds[BAD_IMPORT_MODE] },
	{ .kind = KEY_TEXT, .name = "on-duplicate", .def = "", .gone = "on-duplicate-logical has taken its place" },
	{ .kind = KEY_TEXT, .name = "on-duplicate-logical", .at = AT(struct config_load, on_duplicate),
	  .def = "replace",
	  .allowed = "replace|error|ignore|", .nocase = true, .bad = &config_kinds[BAD_ON_DUPLICATE] },
	{ .kind = KEY_TEXT, .name = "on-duplicate-physical", .allowed = "none|manual|", .nocase = true,
	  .bad = &config_kinds[BAD_ON_DUPLICATE_PHYSICAL] },
	{ .kind = KEY_TEXT, .name = "sorting-dir-physical" },
	{ .kind = KEY_SIZE, .name = "disk-quota-physical" },
	{ .kind = KEY_TEXT, .name = "checksum-physical", .allowed = LEVELS "|", .nocase = true,
	  .bad = &config_kinds[BAD_CHECKSUM] },
	{ .kind = KEY_TEXT, .name = "analyze", .allowed = LEVELS "|", .nocase = true,
	  .bad = &config_kinds[BAD_ANALYZE] },
	{ .kind = KEY_NUMBER, .name = "range-concurrency" },
	{ .kind = KEY_TEXT, .name = "compress-kv-pairs", .allowed = "gzip|gz|" },
	{ .kind = KEY_TEXT, .name = "pd-addr" },
	{ 0 }
};

const struct key sync_keys[] = {
	{ .kind = KEY_TEXT, .name = "meta-file", .def = "", .gone = "checkpoints are kept downstream" },
	{ .kind = KEY_NUMBER, .name = "worker-count", .at = AT(struct sync_part, sync.worker_count), .def = "16",
	  .min = 1,
	  .max = 1024, .zero_is_default = true },
	{ .kind = KEY_NUMBER, .name = "batch", .at = AT(struct sync_part, sync.batch), .def = "100", .min = 1,
	  .max = 1000000,
	  .zero_is_default = true },
	{ .kind = KEY_NUMBER, .name = "queue-size", .at = AT(struct sync_part, sync.queue_size), .def = "1024",
	  .min = 1,
	  .max = 1000000, .zero_is_default = true },
	{ .kind = KEY_NUMBER, .name = "checkpoint-flush-interval", .at = AT(struct sync_part,
	  sync.checkpoint_flush_interval),
	  .def = "30", .min = 1, .max = 86400, .zero_is_default = true },
	{ .kind = KEY_BOOL, .name = "compact", .at = AT(struct sync_part, sync.compact), .def = "true" },
	{ .kind = KEY_BOOL, .name = "multiple-rows", .at = AT(struct sync_part, sync.multiple_rows), .def = "true" },
	{ .kind = KEY_BOOL, .name = "safe-mode", .at = AT(struct sync_part, sync.safe_mode) },
	{ .kind = KEY_SECONDS, .name = "safe-mode-duration", .at = AT(struct sync_part, sync.safe_mode_duration),
	  .def = "60s",
	  .node_at = AT(struct sync_part, duration), .bad = &config_kinds[BAD_SAFE_MODE_DURATION] },
	{ .kind = KEY_BOOL, .name = "enable-gtid", .def = "false", .gone = "the source file says it" },
	{ .kind = KEY_NUMBER, .name = "max-retry", .gone = "what a new try may heal is always tried again" },
	{ .kind = KEY_BOOL, .name = "auto-fix-gtid", .def = "false", .gone = "DM has dropped it" },
	{ .kind = KEY_BOOL, .name = "disable-detect", .def = "false", .gone = "DM has dropped it" },
	{ .kind = KEY_BOOL, .name = "enable-ansi-quotes", .def = "false",
	  .gone = "each statement carries its own sql_mode" },
	{ 0 }
};

bool sync_whole(struct key_reader *r, void *sync_part, const struct yaml_node *node, const char *path, struct err *e)
{
	struct sync_part *part = sync_part;

	/* DM's rule: only an explicit "" makes it follow the checkpoint's interval. */
	if (part->duration && part->duration->kind == YAML_SCALAR && part->duration->text.n == 0)
		part->sync.safe_mode_duration = 2 * part->sync.checkpoint_flush_interval;
	if (part->sync.safe_mode && part->sync.safe_mode_duration == 0)
		return keys_fail(r, node->line, &config_kinds[SAFE_MODE_CONFLICT], e,
				 "'%s' has 'safe-mode: true' and a 'safe-mode-duration' of 0", path);
	return true;
}

bool named_sync_whole(struct key_reader *r, void *named_sync, const struct yaml_node *node, const char *path,
		      struct err *e)
{
	return sync_whole(r, &((struct named_sync *)named_sync)->part, node, path, e);
}

const struct key validator_keys[] = {
	{ .kind = KEY_TEXT, .name = "mode", .allowed = "none|", .later = "fast|full",
	  .bad = &config_kinds[BAD_VALIDATION_MODE] },
	{ .kind = KEY_NUMBER, .name = "worker-count", .below_zero = true },
	{ .kind = KEY_SECONDS, .name = "validate-interval" },
	{ .kind = KEY_SECONDS, .name = "check-interval" },
	{ .kind = KEY_SECONDS, .name = "row-error-delay" },
	{ .kind = KEY_SECONDS, .name = "meta-flush-interval" },
	{ .kind = KEY_NUMBER, .name = "batch-query-size" },
	{ .kind = KEY_SIZE, .name = "max-pending-row-size" },
	{ .kind = KEY_NUMBER, .name = "max-pending-row-count" },
	{ 0 }
};
