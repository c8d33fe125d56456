/* task.c - task files, good ones and every kind of bad one. */
#include "tests.h"

#include "config/task.h"

const char good_task[] =
	"name: \"shard_merge\"\n"							/* 1 */
	"task-mode: all\n"
	"meta-schema: \"dm_meta\"\n"
	"ignore-checking-items: [\"auto_increment_ID\"]\n"
	"target-database: {host: \"127.0.0.1\", port: 4000, user: \"root\", password: \"geheim\"}\n"
	"mysql-instances:\n"								/* 6 */
	"- source-id: \"instance-1\"\n"
	"  route-rules: [\"store-route-rule\", \"sale-route-rule\"]\n"
	"  filter-rules: [\"store-filter-rule\", \"sale-filter-rule\"]\n"
	"  block-allow-list: \"log-bak-ignored\"\n"
	"  mydumper-config-name: \"global\"\n"						/* 11 */
	"  loader-config-name: \"global\"\n"
	"  syncer-config-name: \"global\"\n"
	"- source-id: \"instance-2\"\n"
	"  syncer: {batch: 7}\n"
	"  syncer-thread: 3\n"								/* 16 */
	"routes:\n"
	"  store-route-rule: {schema-pattern: \"store_*\", target-schema: \"store\"}\n"
	"  sale-route-rule: {schema-pattern: \"store_*\", table-pattern: \"sale_*\", "
	"target-schema: \"store\", target-table: \"sale\"}\n"
	"filters:\n"
	"  sale-filter-rule:\n"								/* 21 */
	"    schema-pattern: \"store_*\"\n"
	"    table-pattern: \"sale_*\"\n"
	"    events: [\"truncate table\", \"drop table\", \"delete\"]\n"
	"    action: Ignore\n"
	"  store-filter-rule: {schema-pattern: \"store_*\", events: [\"drop database\"], action: Ignore}\n"	/* 26 */
	"block-allow-list:\n"
	"  log-bak-ignored:\n"
	"    do-dbs: [\"user\", \"store_*\"]\n"
	"    ignore-tables:\n"
	"    - {db-name: \"user\", tbl-name: \"log_bak\"}\n"				/* 31 */
	"mydumpers:\n"
	"  global: {threads: 8, chunk-filesize: 32, where: \"a > 1\"}\n"
	"loaders:\n"
	"  global: {pool-size: 0, dir: \"./dump\", import-mode: SQL, on-duplicate-logical: Error}\n"
	"syncers:\n"									/* 36 */
	"  global: {worker-count: 4, safe-mode: true, safe-mode-duration: 1m30s}\n";

static bool read_text(struct task *task, const char *text, struct err *e)
{
	*e = (struct err){ 0 };
	write_file("task.yaml", text);
	return task_read(task, "task.yaml", e);
}

/* Reads the good task with `from` replaced by `to`. */
static bool read_with(struct task *task, const char *from, const char *to, struct err *e)
{
	struct arena a = ARENA_INIT;
	bool ok = read_text(task, replaced(&a, good_task, from, to), e);

	arena_release(&a);
	return ok;
}

static bool takes(const char *from, const char *to)
{
	struct task task;
	struct err e;
	bool ok = read_with(&task, from, to, &e);

	if (!ok)
		printf("# '%s': %s\n", to, e.text);
	task_release(&task);
	return ok;
}

static void a_good_file_is_read_whole(void)
{
	struct task task;
	struct err e;
	const struct task_instance *i;

	CHECK(read_text(&task, good_task, &e));
	CHECK(str_is(task.name, "shard_merge") && task.mode == TASK_ALL && str_is(task.meta_schema, "dm_meta"));
	CHECK(task.n_ignore_checks == 1 && str_is(task.ignore_checks[0], "auto_increment_ID") && task.clean_dump_file);
	CHECK(str_is(task.target.host, "127.0.0.1") && task.target.port == 4000 &&
	      secret_is(&task.target.password, "geheim"));
	CHECK(task.n_instances == 2 && task.n_warnings == 0 && !task.case_sensitive && !task.target.ssl);
	i = &task.instances[0];
	CHECK(str_is(i->source_id, "instance-1") && i->line == 7 && !i->has_meta);
	CHECK(i->n_routes == 2 && str_is(i->routes[1]->target_table, "sale") && i->routes[1]->line == 19);
	CHECK(str_is(i->routes[0]->name, "store-route-rule") && i->routes[0]->table_pattern.n == 0);
	CHECK(i->n_filters == 2 && i->filters[1]->n_events == 3 && str_is(i->filters[1]->events[2], "delete"));
	CHECK(i->block_allow && i->block_allow->n_do_dbs == 2 && i->block_allow->n_ignore_tables == 1 &&
	      i->block_allow->line == 28);
	CHECK(str_is(i->block_allow->name, "log-bak-ignored"));
	CHECK(str_is(i->block_allow->ignore_tables[0].schema, "user") &&
	      str_is(i->block_allow->ignore_tables[0].table, "log_bak"));
	CHECK(i->dump.threads == 8 && i->dump.chunk_filesize == 32 << 20 && i->dump.rows == 200000 &&
	      str_is(i->dump.where, "a > 1"));
	CHECK(i->load.pool_size == 16 && str_is(i->load.dir, "./dump") && str_is(i->load.on_duplicate, "error"));
	CHECK(i->sync.worker_count == 4 && i->sync.batch == 100 && i->sync.safe_mode &&
	      i->sync.safe_mode_duration == 90);
	i = &task.instances[1];
	CHECK(i->n_routes == 0 && i->n_filters == 0 && !i->block_allow);
	CHECK(i->dump.threads == 4 && i->load.pool_size == 16 && str_is(i->load.on_duplicate, "replace"));
	CHECK(i->sync.worker_count == 3 && i->sync.batch == 7 && i->sync.safe_mode_duration == 60);
	CHECK(i->sync.queue_size == 1024 && i->sync.checkpoint_flush_interval == 30 && !i->sync.safe_mode);
	task_release(&task);
}

static void sources_are_found(void)
{
	struct task task;
	struct err e;

	CHECK(read_text(&task, good_task, &e));
	CHECK(task_find(&task, STR_LIT("instance-2"), &e) == &task.instances[1]);
	CHECK(!task_find(&task, STR_LIT("x"), &e) && error_is(&e, 20031, "'x'", "instance-1, instance-2", NULL));
	CHECK(!task_find(&task, STR_NONE, &e) && e.kind == &err_usage);
	task.n_instances = 1;
	CHECK(task_find(&task, STR_NONE, &e) == &task.instances[0]);
	task_release(&task);
}

struct bad {
	const char *from, *to;
	int code;
	const char *where, *what, *more;
};

static void refuse(const struct bad *bad, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct task task;
		struct err e;

		if (read_with(&task, bad[i].from, bad[i].to, &e))
			printf("# taken: %s\n", bad[i].to);
		CHECK(error_is(&e, bad[i].code, bad[i].where, bad[i].what, bad[i].more ? bad[i].more : "", NULL));
		CHECK(e.kind && e.kind->status == STATUS_CONFIG && !strstr(e.text, "geheim"));
		task_release(&task);
	}
}
#define REFUSE(list) refuse(list, sizeof(list) / sizeof(*(list)))

static void unknown_keys_and_wrong_types_are_refused(void)
{
	static const struct bad bad[] = {
		{ "task-mode:", "task_mode:", 20003, "task.yaml:2:", "unknown key 'task_mode' in the file",
		  "task-mode" },
		{ "port: 4000", "prot: 4000", 20003, "task.yaml:5:", "unknown key 'prot' in 'target-database'",
		  "host, port" },
		{ "target-schema: \"store\"}", "target-db: \"store\"}", 20003, "task.yaml:18:",
		  "unknown key 'target-db' in 'routes.store-route-rule'", "schema-pattern, table-pattern" },
		{ "do-dbs", "do-db", 20003, "task.yaml:29:",
		  "unknown key 'do-db' in 'block-allow-list.log-bak-ignored'", NULL },
		{ "tbl-name", "table-name", 20003, "task.yaml:31:",
		  "'block-allow-list.log-bak-ignored.ignore-tables[0]'", NULL },
		{ "threads: 8", "thread: 8", 20003, "task.yaml:33:", "'mydumpers.global'", "threads" },
		{ "batch: 7", "bach: 7", 20003, "task.yaml:15:",
		  "unknown key 'bach' in 'mysql-instances[1].syncer'", NULL },
		{ "route-rules", "route-rule", 20003, "task.yaml:8:", "'mysql-instances[0]'", "route-rules" },
		{ "port: 4000", "port: \"4000\"", 20003, "task.yaml:5:",
		  "'target-database.port' wants a whole number", NULL },
		{ "port: 4000", "port: x", 20003, "task.yaml:5:", "'target-database.port'", "'x'" },
		{ "port: 4000", "port: 65536", 20003, "task.yaml:5:", "1 to 65535", NULL },
		{ "port: 4000", "port: 0", 20003, "task.yaml:5:", "1 to 65535", NULL },
		{ "port: 4000", "port: -1", 20003, "task.yaml:5:", "'-1'", NULL },
		{ "port: 4000", "port: 04000", 20003, "task.yaml:5:", "'04000'", NULL },
		{ "port: 4000", "port: [4000]", 20003, "task.yaml:5:", "not a list", NULL },
		{ "password: \"geheim\"", "password: [geheim]", 20003, "task.yaml:5:",
		  "'target-database.password' wants text", NULL },
		{ "name: \"shard_merge\"", "name: {a: b}", 20003, "task.yaml:1:", "'name' wants text, not a map",
		  NULL },
		{ "[\"auto_increment_ID\"]", "auto_increment_ID", 20003, "task.yaml:4:",
		  "'ignore-checking-items' wants a list", NULL },
		{ "[\"auto_increment_ID\"]", "[[x]]", 20003, "task.yaml:4:", "wants text, not a list", NULL },
		{ "safe-mode: true", "safe-mode: \"true\"", 20003, "task.yaml:37:",
		  "'syncers.global.safe-mode' wants true or false", NULL },
		{ "safe-mode: true", "safe-mode: 1", 20003, "task.yaml:37:",
		  "'syncers.global.safe-mode' wants true or false", "'1'" },
		{ "worker-count: 4", "worker-count: 4.5", 20003, "task.yaml:37:", "worker-count", "'4.5'" },
		{ "routes:\n", "routes: []\nroutez:\n", 20003, "task.yaml:17:",
		  "'routes' wants a map of names to maps", NULL },
		{ "name: \"shard_merge\"\n", "name: a\nname: b\n", 20003, "task.yaml:2:", "'name' is given twice",
		  NULL },
		{ "{schema-pattern: \"store_*\", target-schema: \"store\"}", "x", 20003, "task.yaml:18:",
		  "wants a map", NULL },
	};
	struct task task;
	struct err e;

	REFUSE(bad);
	CHECK(!read_text(&task, "- a\n- b\n", &e) && error_is(&e, 20003, "task.yaml:1:", "wants a map", NULL));
	task_release(&task);
	CHECK(!task_read(&task, "nowhere.yaml", &e) && e.kind->status == STATUS_FILE && strstr(e.text, "nowhere.yaml"));
	task_release(&task);
}

static void values_are_checked_with_dms_codes(void)
{
	static const struct bad bad[] = {
		{ "name: \"shard_merge\"", "name: \"\"", 20019, "task.yaml:1:", "no 'name'", NULL },
		{ "name: \"shard_merge\"\n", "", 20019, "task.yaml:1:", "no 'name'", NULL },
		{ "name: \"shard_merge\"", "name: a23456789b123456789c123456789d123456789e1234567", 20501,
		  "task.yaml:1:", "'name'", NULL },
		{ "task-mode: all", "task-mode: al", 20020, "task.yaml:2:", "'task-mode' cannot be 'al'",
		  "all|full|incremental" },
		{ "task-mode: all", "task-mode: ALL", 20020, "task.yaml:2:", "'ALL'", NULL },
		{ "task-mode: all\n", "", 20020, "task.yaml:1:", "no 'task-mode'", NULL },
		{ "[\"auto_increment_ID\"]", "[version, versoin]", 20001, "task.yaml:4:", "'versoin'",
		  "binlog_format" },
		{ "meta-schema: \"dm_meta\"", "timezone: SYSTEM", 20008, "task.yaml:3:", "'SYSTEM'", NULL },
		{ "meta-schema: \"dm_meta\"", "timezone: \"+15:00\"", 20008, "task.yaml:3:", "'+15:00'", NULL },
		{ "meta-schema: \"dm_meta\"", "timezone: \"-13:00\"", 20008, "task.yaml:3:", "'-13:00'", NULL },
		{ "meta-schema: \"dm_meta\"", "collation_compatible: lose", 20052, "task.yaml:3:",
		  "collation_compatible", "loose" },
		{ "meta-schema: \"dm_meta\"", "shard-mode: optimist", 20033, "task.yaml:3:", "shard-mode",
		  "pessimistic" },
		{ "meta-schema: \"dm_meta\"", "online-ddl-scheme: ghost", 20007, "task.yaml:3:",
		  "online-ddl-scheme", NULL },
		{ "meta-schema: \"dm_meta\"", "shadow-table-rules: [\"(.+)_x\", \"^_.+_gho$\"]", 20048, "task.yaml:3:",
		  "shadow-table-rules", "0 groups" },
		{ "meta-schema: \"dm_meta\"", "trash-table-rules: [\"^_(.+)_(del)$\"]", 20048, "task.yaml:3:",
		  "trash-table-rules", "2 groups" },
		{ "meta-schema: \"dm_meta\"", "trash-table-rules: [\"_(.+_old\"]", 20048, "task.yaml:3:",
		  "trash-table-rules", "not valid" },
		{ "meta-schema: \"dm_meta\"", "strict-optimistic-shard-mode: true", 20066, "task.yaml:3:",
		  "strict-optimistic", NULL },
		{ "meta-schema: \"dm_meta\"", "column-mappings: {a: {b: c}}", 20064, "task.yaml:3:",
		  "column-mappings", NULL },
		{ "target-database: {host: \"127.0.0.1\", port: 4000, user: \"root\", password: \"geheim\"}",
		  "target-database:", 20021,
		  "task.yaml:5:", "no 'target-database'", NULL },
		{ "host: \"127.0.0.1\", ", "", 20501, "task.yaml:5:", "'target-database' has no 'host'", NULL },
		{ "source-id: \"instance-1\"", "source-id: \"\"", 20005, "task.yaml:7:",
		  "'mysql-instances[0]' has no 'source-id'", NULL },
		{ "source-id: \"instance-1\"", "source-id: a23456789b123456789c123456789d123", 20006,
		  "task.yaml:7:", "32 bytes", NULL },
		{ "source-id: \"instance-1\"", "source-id: \"instance-2\"", 20014, "task.yaml:14:",
		  "'instance-2' stands twice", "line 7" },
		{ "mysql-instances:\n", "mysql-instances:\n-\n", 20012, "task.yaml:7:", "'mysql-instances[0]'",
		  NULL },
		{ "  syncer: {batch: 7}\n", "  syncer: {batch: 7}\n  syncer-config-name: global\n", 20017,
		  "task.yaml:15:", "syncer", NULL },
		{ "  syncer: {batch: 7}\n", "  mydumper: {}\n  mydumper-config-name: global\n", 20015,
		  "task.yaml:15:", "mydumper", NULL },
		{ "  syncer: {batch: 7}\n", "  loader: {}\n  loader-config-name: global\n", 20016, "task.yaml:15:",
		  "loader", NULL },
		{ "  syncer: {batch: 7}\n", "  meta: {binlog-pos: 4}\n", 20011, "task.yaml:15:",
		  "'mysql-instances[1].meta'", "binlog-gtid" },
		{ "action: Ignore\n", "action: ignore\n", 20037, "task.yaml:25:",
		  "'filters.sale-filter-rule.action'", "Do|Ignore|Error" },
		{ "    action: Ignore\n", "", 20037, "task.yaml:21:", "has no 'action'", NULL },
		{ "\"truncate table\"", "\"truncat table\"", 20037, "task.yaml:24:",
		  "unknown event 'truncat table'", NULL },
		{ "table-pattern: \"sale_*\"\n", "table-pattern: \"sa*le\"\n", 20037, "task.yaml:23:", "'sa*le'",
		  NULL },
		{ "schema-pattern: \"store_*\"\n", "sql-pattern: [\"a(\"]\n", 20037, "task.yaml:22:", "sql-pattern",
		  NULL },
		{ "    schema-pattern: \"store_*\"\n", "", 20037, "task.yaml:21:", "no 'schema-pattern'", NULL },
		{ "events: [\"drop database\"], ", "", 20037, "task.yaml:26:", "neither 'events' nor 'sql-pattern'",
		  NULL },
		{ "target-schema: \"store\"}", "target-schema: s, extract-table: {table-regexp: x}}", 20045, "task.yaml:18:",
		  "'routes.store-route-rule.extract-table' has no 'target-column'", NULL },
		{ "target-schema: \"store\"}", "target-schema: s, extract-schema: {target-column: x}}", 20045, "task.yaml:18:",
		  "'routes.store-route-rule.extract-schema' has no regular expression", NULL },
		{ "target-schema: \"store\"}", "target-schema: s, extract-source: {source-regexp: '(', target-column: x}}", 20045,
		  "task.yaml:18:", "is not valid", NULL },
		{ "target-schema: \"store\"}", "target-table: \"store\"}", 20045, "task.yaml:18:",
		  "no 'target-schema'", NULL },
		{ "schema-pattern: \"store_*\", target-schema", "target-schema", 20045, "task.yaml:18:",
		  "no 'schema-pattern'", NULL },
		{ "schema-pattern: \"store_*\", target-schema", "schema-pattern: \"~a(\", target-schema", 20045,
		  "task.yaml:18:", "~a(", NULL },
		{ "\"user\", \"store_*\"", "\"us*er\"", 20044, "task.yaml:29:", "'us*er'", NULL },
		{ "\"user\", \"store_*\"", "\"\"", 20044, "task.yaml:29:", "cannot be empty", NULL },
		{ "tbl-name: \"log_bak\"", "tbl-name: \"\"", 20044, "task.yaml:31:", "cannot be empty", NULL },
		{ "db-name: \"user\", ", "", 20044, "task.yaml:31:", "both 'db-name' and 'tbl-name'", NULL },
		{ "chunk-filesize: 32", "chunk-filesize: 32x", 20047, "task.yaml:33:", "'32x'", NULL },
		{ "import-mode: SQL", "import-mode: fast", 20053, "task.yaml:35:", "'fast'", "logical" },
		{ "on-duplicate-logical: Error", "on-duplicate-logical: panic", 20054, "task.yaml:35:", "'panic'",
		  "replace|error|ignore" },
		{ "import-mode: SQL", "on-duplicate-physical: x", 20062, "task.yaml:35:", "'x'", NULL },
		{ "import-mode: SQL", "checksum-physical: x", 20063, "task.yaml:35:", "'x'", NULL },
		{ "import-mode: SQL", "analyze: x", 20065, "task.yaml:35:", "'x'", NULL },
		{ "safe-mode-duration: 1m30s", "safe-mode-duration: 90", 20060, "task.yaml:37:", "'90'", "1m30s" },
		{ "safe-mode-duration: 1m30s", "safe-mode-duration: 0s", 20061, "task.yaml:37:", "'syncers.global'",
		  NULL },
	};

	REFUSE(bad);
}

static void references_are_resolved(void)
{
	static const struct bad bad[] = {
		{ "[\"store-route-rule\",", "[\"store-rout-rule\",", 20023, "task.yaml:8:", "'store-rout-rule'",
		  "store-route-rule, sale-route" },
		{ "[\"store-filter-rule\",", "[\"nix\",", 20024, "task.yaml:9:", "'nix'", "sale-filter-rule" },
		{ "block-allow-list: \"log-bak-ignored\"", "block-allow-list: nix", 20026, "task.yaml:10:", "'nix'",
		  "log-bak-ignored" },
		{ "mydumper-config-name: \"global\"", "mydumper-config-name: nix", 20027, "task.yaml:11:", "'nix'",
		  "global" },
		{ "loader-config-name: \"global\"", "loader-config-name: nix", 20029, "task.yaml:12:", "'nix'",
		  "global" },
		{ "syncer-config-name: \"global\"", "syncer-config-name: nix", 20030, "task.yaml:13:", "'nix'",
		  "global" },
		{ "syncer: {batch: 7}", "validator-config-name: nix", 20056, "task.yaml:15:", "'nix'", "nothing" },
		{ "syncer: {batch: 7}", "expression-filters: [nix]", 20040, "task.yaml:15:", "'nix'", NULL },
		{ "meta-schema: \"dm_meta\"", "expression-filter: {a: {schema: x}}", 20042, "task.yaml:3:", "'expression-filter.a'", NULL },
		{ "meta-schema: \"dm_meta\"", "expression-filter: {a: {schema: x, table: y, insert-value-expr: 1, update-new-value-expr: 1}}", 20039,
		  "task.yaml:3:", "'expression-filter.a'", NULL },
		{ "meta-schema: \"dm_meta\"", "expression-filter: {a: {schema: x, table: y}}", 20038, "task.yaml:3:", "expression-filter.a", NULL },
		{ "[\"store-route-rule\", \"sale-route-rule\"]", "[\"sale-route-rule\", \"sale-route-rule\"]",
		  20032, "task.yaml:8:",
		  "'sale-route-rule' stands twice in 'route-rules'", NULL },
		{ "[\"store-filter-rule\", \"sale-filter-rule\"]", "[\"sale-filter-rule\", \"sale-filter-rule\"]",
		  20032, "task.yaml:9:",
		  "'filter-rules'", NULL },
		{ "[\"store-route-rule\", \"sale-route-rule\"]", "[\"sale-route-rule\"]", 20038, "task.yaml:18:",
		  "routes.store-route-rule",
		  NULL },
		{ "[\"store-filter-rule\", \"sale-filter-rule\"]", "[]", 20038, "task.yaml:21:",
		  "filters.sale-filter-rule, filters.store-filter-rule", NULL },
		{ "mydumper-config-name: \"global\"\n", "mydumper-thread: 4\n", 20038, "task.yaml:33:",
		  "mydumpers.global", NULL },
		{ "  loader-config-name: \"global\"\n", "", 20038, "task.yaml:34:", "loaders.global", NULL },
		{ "  syncer-config-name: \"global\"\n", "", 20038, "task.yaml:36:", "syncers.global", NULL },
		{ "routes:\n", "validators: {v: }\nroutes:\n", 20038, "task.yaml:17:", "validators.v", NULL },
	};

	REFUSE(bad);
	CHECK(takes("  block-allow-list: \"log-bak-ignored\"\n",
		    "")); /* a list that nobody uses is no fault, as in DM */
	CHECK(takes("  global: {threads: 8, chunk-filesize: 32, where: \"a > 1\"}\n", "  global:\n"));
}

static void the_old_name_of_the_list_counts_where_the_new_is_empty(void)
{
	struct arena a = ARENA_INIT;
	const char *text = replaced(&a, good_task, "block-allow-list:\n", "black-white-list:\n");
	struct task task;
	struct err e;

	CHECK(read_text(&task, text, &e) && task.instances[0].block_allow->n_do_dbs == 2);
	task_release(&task);
	text = replaced(&a, text, "  block-allow-list: \"log-bak-ignored\"", "  black-white-list: \"log-bak-ignored\"");
	CHECK(read_text(&task, text, &e) && task.instances[0].block_allow->n_do_dbs == 2);
	task_release(&task);
	text = replaced(&a, text, "black-white-list:\n",
			"block-allow-list: {other: {do-dbs: [x]}}\nblack-white-list:\n");
	CHECK(!read_text(&task, text, &e) && error_is(&e, 20026, "'log-bak-ignored'", "(it has: other)", NULL));
	task_release(&task);
	arena_release(&a);
}

static void what_is_not_there_yet_is_refused(void)
{
	static const struct bad bad[] = {
		{ "task-mode: all", "task-mode: load&sync", 11502, "task.yaml:2:",
		  "'task-mode: load&sync' is not supported yet", NULL },
		{ "task-mode: all", "task-mode: dump", 11502, "task.yaml:2:", "not supported yet", NULL },
		{ "meta-schema: \"dm_meta\"", "timezone: Asia/Tokyo", 11502, "task.yaml:3:", "'Asia/Tokyo'",
		  "+00:00" },
		{ "meta-schema: \"dm_meta\"", "timezone: \"+08:00\"", 11502, "task.yaml:3:", "'+08:00'", NULL },
		{ "meta-schema: \"dm_meta\"", "experimental: {async-checkpoint-flush: true}", 11502, "task.yaml:3:",
		  "'experimental.async-checkpoint-flush: true'", NULL },
		{ "meta-schema: \"dm_meta\"", "validators: {v: {mode: full}}", 11502, "task.yaml:3:",
		  "'validators.v.mode: full'", NULL },
		{ "import-mode: SQL", "import-mode: Physical", 11502, "task.yaml:35:",
		  "'loaders.global.import-mode: Physical'", NULL },
		{ "import-mode: SQL", "import-mode: import-into", 11502, "task.yaml:35:", "import-into", NULL },
		{ "dir: \"./dump\"", "dir: \"s3://b/d\"", 11502, "task.yaml:35:", "'loaders.global.dir'", NULL },
		{ "port: 4000", "security: {ssl-ca-base64: Z2VoZWlt}", 20100, "task.yaml:5:",
		  "'target-database.security.ssl-ca-base64'", NULL },
		{ "port: 4000", "security: {ssl-key-bytes: geheim}", 11502, "task.yaml:5:",
		  "'target-database.security.ssl-key-bytes'", NULL },
		{ "port: 4000", "session: {time_zone: \"+08:00\"}", 11502, "task.yaml:5:", "time_zone", "+00:00" },
		{ "port: 4000", "session: {character_set_client: latin1}", 11502, "task.yaml:5:", "utf8mb4", NULL },
	};

	REFUSE(bad);
}

static void what_is_switched_off_is_accepted(void)
{
	static const char *const off[] = {
		"online-ddl: false", "shard-mode: \"\"", "is-sharding: false", "online-ddl-scheme: \"\"",
		"shadow-table-rules: []",
		"collation_compatible: loose", "collation_compatible: strict", "timezone: \"+00:00\"", "timezone: UTC", "timezone: \"\"",
		"expression-filter: {}",
		"experimental: {async-checkpoint-flush: false}", "experimental:", "column-mappings: {}",
		"column-mappings:",
		"strict-optimistic-shard-mode: false", "meta-schema: \"\"", "case-sensitive: on",
		"clean-dump-file: No",
		"ignore-checking-items: []\nblack-white-list:",
	};

	for (size_t i = 0; i < sizeof(off) / sizeof(*off); i++)
		CHECK(takes(i + 1 < sizeof(off) / sizeof(*off) ? "meta-schema: \"dm_meta\"" :
			    "ignore-checking-items: [\"auto_increment_ID\"]", off[i]));
	CHECK(takes("meta-schema: \"dm_meta\"", "shard-mode: pessimistic"));
	CHECK(takes("meta-schema: \"dm_meta\"", "shard-mode: \"optimistic\""));
	CHECK(takes("meta-schema: \"dm_meta\"", "shard-mode: optimistic\nstrict-optimistic-shard-mode: true"));
	CHECK(takes("meta-schema: \"dm_meta\"", "is-sharding: yes"));
	CHECK(takes("safe-mode: true", "compact: false, multiple-rows: false"));
	CHECK(takes("safe-mode: true", "compact: true, multiple-rows: true"));
	CHECK(takes("where: \"a > 1\"", "extra-args: \"--consistency none\", mydumper-path: x, skip-tz-utc: true"));
	CHECK(takes("import-mode: SQL",
		    "import-mode: \"\", on-duplicate: replace, checksum-physical: off, disk-quota-physical: 1GiB"));
	CHECK(takes("  syncer: {batch: 7}", "  column-mapping-rules: [x]"));
	CHECK(takes("  syncer: {batch: 7}", "  expression-filters: []"));
	CHECK(takes("port: 4000", "session: {SQL_MODE: ANSI, time_zone: utc, tidb_x: 1}, max-allowed-packet: 5"));
	CHECK(takes("port: 4000", "security: {ssl-ca: ca.pem, cert-allowed-cn: [], ssl-key-bytes: }"));
}

static void sessions_and_security_are_read(void)
{
	static const struct bad bad[] = {
		{ "port: 4000", "session: {\"a b\": 1}", 20501, "task.yaml:5:", "'a b'", NULL },
		{ "port: 4000", "session: {\"x` = 1, y\": 1}", 20501, "task.yaml:5:", "names no variable", NULL },
		{ "port: 4000", "session: {a: 1, A: 2}", 20003, "task.yaml:5:", "sets 'a' twice", NULL },
		{ "port: 4000", "session: {a: [1]}", 20003, "task.yaml:5:",
		  "'target-database.session.a' wants text", NULL },
		{ "port: 4000", "session: [a]", 20003, "task.yaml:5:", "'target-database.session' wants a map",
		  NULL },
		{ "port: 4000", "security: {ssl-cert: c.pem}", 20501, "task.yaml:5:",
		  "both 'ssl-cert' and 'ssl-key'", NULL },
		{ "port: 4000", "security: {cert-allowed-cn: [a]}", 20501, "task.yaml:5:", "no 'ssl-ca'", NULL },
	};
	struct task task;
	struct err e;

	REFUSE(bad);
	CHECK(read_with(&task, "port: 4000",
			"session: {SQL_Mode: 'A', b: 1}, security: {ssl-ca: ca, ssl-cert: c, ssl-key: k, "
			"cert-allowed-cn: [x, y z]}", &e));
	CHECK(task.target.n_session == 2 && str_is(task.target.session[0].name, "sql_mode") &&
	      str_is(task.target.session[0].value, "A"));
	CHECK(str_is(task.target.session[1].value, "1") && task.target.port == 3306);
	CHECK(task.target.ssl && str_is(task.target.ssl_ca, "ca") && str_is(task.target.ssl_cert, "c") &&
	      str_is(task.target.ssl_key, "k"));
	CHECK(task.target.n_allowed_cn == 2 && str_is(task.target.allowed_cn[1], "y z"));
	task_release(&task);
}

static void what_dm_has_dropped_is_warned_about(void)
{
	struct task task;
	struct err e;

	CHECK(read_with(&task, "meta-schema: \"dm_meta\"",
			"enable-heartbeat: true\nremove-meta: true\nansi-quotes: false", &e));
	CHECK(task.n_warnings == 2 &&
	      str_is(task.warnings[0], "task.yaml:3: key 'enable-heartbeat' has no effect: DM has dropped it"));
	CHECK(str_starts(task.warnings[1], STR_LIT("task.yaml:4: key 'remove-meta'")));
	task_release(&task);
	CHECK(read_with(&task, "  syncer: {batch: 7}",
			"  syncer: {max-retry: 3, enable-gtid: true}\n  meta: {binlog-name: a.1}", &e));
	CHECK(task.n_warnings == 3 &&
	      str_find(task.warnings[0], STR_LIT("mysql-instances[1].syncer.max-retry")) != SIZE_MAX);
	CHECK(str_find(task.warnings[2], STR_LIT("'meta' has no effect")) != SIZE_MAX);
	task_release(&task);
}

static void defaults_and_zeros_are_dms(void)
{
	struct task task;
	struct err e;

	CHECK(read_with(&task, "  syncer: {batch: 7}",
			"  syncer: {worker-count: 0, queue-size: 0, checkpoint-flush-interval: 5, "
			"safe-mode-duration: \"\"}\n"
			"  mydumper: {rows: 0, chunk-filesize: \"\", statement-size: 0}", &e));
	CHECK(task.instances[1].sync.worker_count == 3 && task.instances[1].sync.queue_size == 1024);
	CHECK(task.instances[1].sync.safe_mode_duration == 10);
	CHECK(task.instances[1].dump.rows == 200000 && task.instances[1].dump.chunk_filesize == 64 << 20);
	task_release(&task);
	CHECK(read_with(&task, "task-mode: all", "task-mode: incremental", &e) && task.mode == TASK_INCREMENTAL);
	task_release(&task);
	CHECK(read_with(&task, "  syncer: {batch: 7}",
			"  meta: {binlog-name: mysql-bin.000002, binlog-pos: 4294967295}", &e));
	CHECK(task.instances[1].has_meta && task.instances[1].binlog_pos == 4294967295u);
	CHECK(str_is(task.instances[1].binlog_name, "mysql-bin.000002"));
	task_release(&task);
}

static void online_ddl_is_on_unless_it_is_switched_off(void)
{
	static const struct { const char *lines; bool on; } cases[] = {
		{ "meta-schema: \"\"", true }, { "online-ddl: false", false }, { "online-ddl: true", true },
		{ "online-ddl-scheme: gh-ost", true }, { "online-ddl: false\nonline-ddl-scheme: pt", true },
		{ "online-ddl: false\nonline-ddl-scheme: \"\"", false },
	};
	struct task task;
	struct err e;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		CHECK(read_with(&task, "meta-schema: \"dm_meta\"", cases[i].lines, &e) && task.online_ddl == cases[i].on);
		task_release(&task);
	}
	CHECK(read_with(&task, "meta-schema: \"dm_meta\"",
			"shadow-table-rules: [\"(.+)_s\", \"^_(.+)_gho$\"]\ntrash-table-rules: []", &e));
	CHECK(task.n_shadow_rules == 2 && str_is(task.shadow_rules[0], "(.+)_s") && task.n_trash_rules == 0);
	task_release(&task);
}

void test_task(void)
{
	RUN(online_ddl_is_on_unless_it_is_switched_off);
	RUN(a_good_file_is_read_whole);
	RUN(sources_are_found);
	RUN(unknown_keys_and_wrong_types_are_refused);
	RUN(values_are_checked_with_dms_codes);
	RUN(references_are_resolved);
	RUN(the_old_name_of_the_list_counts_where_the_new_is_empty);
	RUN(what_is_not_there_yet_is_refused);
	RUN(what_is_switched_off_is_accepted);
	RUN(sessions_and_security_are_read);
	RUN(what_dm_has_dropped_is_warned_about);
	RUN(defaults_and_zeros_are_dms);
}
