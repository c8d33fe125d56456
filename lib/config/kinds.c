#include "config/kinds.h"

#include "config/task.h"

#define CONFIG .class = "config", .scope = SCOPE_INTERNAL, .level = LEVEL_MEDIUM, .status = STATUS_CONFIG
#define WORKER .class = "dm-worker", .scope = SCOPE_INTERNAL, .level = LEVEL_MEDIUM, .status = STATUS_CONFIG

const struct err_kind err_config = {
	.code = 20501, CONFIG, .workaround = "correct the line; dm-task(5) lists all keys and what they may be",
};

const struct err_kind config_kinds[] = {
	[BAD_CHECK_ITEM] = {
		.code = 20001, CONFIG, .workaround = "give names that dm-check(1) lists in 'ignore-checking-items'",
	},
	[BAD_SOURCE_ID] = {
		.code = 20005, CONFIG,
		.workaround = "give each of 'mysql-instances' the 'source-id' of a source file",
	},
	[LONG_SOURCE_ID] = {
		.code = 20006, CONFIG, .workaround = "shorten the 'source-id' to at most 32 bytes",
	},
	[BAD_ONLINE_SCHEME] = {
		.code = 20007, CONFIG, .workaround = "leave out 'online-ddl-scheme', or say gh-ost or pt: both tools are always recognised",
	},
	[BAD_ONLINE_RULE] = {
		.code = 20048, CONFIG,
		.workaround = "give regular expressions with one group that takes the real table's name, such as "
			      "^_(.+)_(?:new|gho)$",
	},
	[BAD_TIMEZONE] = {
		.code = 20008, CONFIG, .workaround = "leave out 'timezone', or say '+00:00'",
	},
	[BAD_META] = {
		.code = 20011, CONFIG,
		.workaround = "give 'binlog-name' or 'binlog-gtid' in 'meta', or leave out 'meta'",
	},
	[NULL_INSTANCE] = {
		.code = 20012, CONFIG,
		.workaround = "give each of 'mysql-instances' its keys, or take the empty item out",
	},
	[NO_INSTANCES] = {
		.code = 20013, CONFIG, .workaround = "list at least one source in 'mysql-instances'",
	},
	[SAME_SOURCE_ID] = {
		.code = 20014, CONFIG, .workaround = "name each source only once in 'mysql-instances'",
	},
	[DUMP_TWICE] = {
		.code = 20015, CONFIG, .workaround = "give only one of 'mydumper-config-name' and 'mydumper'",
	},
	[LOAD_TWICE] = {
		.code = 20016, CONFIG, .workaround = "give only one of 'loader-config-name' and 'loader'",
	},
	[SYNC_TWICE] = {
		.code = 20017, CONFIG, .workaround = "give only one of 'syncer-config-name' and 'syncer'",
	},
	[NO_NAME] = {
		.code = 20019, CONFIG, .workaround = "give the task a 'name' of its own",
	},
	[BAD_MODE] = {
		.code = 20020, CONFIG, .workaround = "set 'task-mode' to all, full or incremental",
	},
	[NO_TARGET] = {
		.code = 20021, CONFIG, .workaround = "give 'target-database' with host, port, user and password",
	},
	[NO_ROUTE] = {
		.code = 20023, CONFIG,
		.workaround = "correct the name in 'route-rules', or add the rule to 'routes'",
	},
	[NO_FILTER] = {
		.code = 20024, CONFIG,
		.workaround = "correct the name in 'filter-rules', or add the rule to 'filters'",
	},
	[NO_BLOCK_ALLOW] = {
		.code = 20026, CONFIG,
		.workaround = "correct the name, or add the list to the task's 'block-allow-list'",
	},
	[NO_DUMP] = {
		.code = 20027, CONFIG,
		.workaround = "correct 'mydumper-config-name', or add the section to 'mydumpers'",
	},
	[BAD_DUMP_PATH] = {
		.code = 20028, CONFIG, .workaround = "leave out 'mydumper-path'",
	},
	[NO_LOAD] = {
		.code = 20029, CONFIG,
		.workaround = "correct 'loader-config-name', or add the section to 'loaders'",
	},
	[NO_SYNC] = {
		.code = 20030, CONFIG,
		.workaround = "correct 'syncer-config-name', or add the section to 'syncers'",
	},
	[NO_SOURCE] = {
		.code = 20031, CONFIG,
		.workaround = "give the source's file with -S, or keep it with 'dm operate-source create'",
	},
	[DUPLICATE_ITEM] = {
		.code = 20032, CONFIG, .workaround = "name each rule only once in a list",
	},
	[BAD_SHARD_MODE] = {
		.code = 20033, CONFIG,
		.workaround = "set 'shard-mode' to pessimistic or optimistic, or leave it out",
	},
	[BAD_FILTER] = {
		.code = 20037, CONFIG,
		.workaround = "correct the rule in 'filters'; dm-task(5) lists the events and actions",
	},
	[UNUSED] = {
		.code = 20038, CONFIG,
		.workaround = "take the names out of the file, or refer to them in 'mysql-instances'",
	},
	[MIXED_EXPRESSION] = {
		.code = 20039, CONFIG,
		.workaround = "give each kind of change a rule of its own in 'expression-filter'; only 'update-old-value-expr' and "
			      "'update-new-value-expr' go together",
	},
	[NO_EXPRESSION_TABLE] = {
		.code = 20042, CONFIG,
		.workaround = "give the rule in 'expression-filter' the whole names of one schema and one table",
	},
	[NO_EXPRESSION] = {
		.code = 20040, CONFIG,
		.workaround = "correct the name in 'expression-filters', or add the rule to 'expression-filter'",
	},
	[CHECKER_MAX] = {
		.code = 20043, CONFIG, .workaround = "set 'backoff-max' to at least 1s",
	},
	[BAD_BLOCK_ALLOW] = {
		.code = 20044, CONFIG, .workaround = "correct the pattern in 'block-allow-list'",
	},
	[BAD_ROUTE] = {
		.code = 20045, CONFIG, .workaround = "correct the rule in 'routes'",
	},
	[BAD_CHUNK_SIZE] = {
		.code = 20047, CONFIG,
		.workaround = "give 'chunk-filesize' as a number of MiB or with a unit, as in 64m",
	},
	[BAD_COLLATION_COMPATIBLE] = {
		.code = 20052, CONFIG, .workaround = "set 'collation_compatible' to loose or strict, or leave it out",
	},
	[BAD_IMPORT_MODE] = {
		.code = 20053, CONFIG, .workaround = "set 'import-mode' to logical, or leave it out",
	},
	[BAD_ON_DUPLICATE] = {
		.code = 20054, CONFIG, .workaround = "set 'on-duplicate-logical' to replace, error or ignore",
	},
	[BAD_VALIDATION_MODE] = {
		.code = 20055, CONFIG, .workaround = "set the validator's 'mode' to none, or leave it out",
	},
	[NO_VALIDATOR] = {
		.code = 20056, CONFIG,
		.workaround = "correct 'validator-config-name', or add the section to 'validators'",
	},
	[BAD_SAFE_MODE_DURATION] = {
		.code = 20060, CONFIG, .workaround = "give 'safe-mode-duration' as in 60s or 1m30s",
	},
	[SAFE_MODE_CONFLICT] = {
		.code = 20061, CONFIG,
		.workaround = "set 'safe-mode' to false, or 'safe-mode-duration' to more than 0",
	},
	[BAD_ON_DUPLICATE_PHYSICAL] = {
		.code = 20062, CONFIG,
		.workaround = "set 'on-duplicate-physical' to none or manual, or leave it out",
	},
	[BAD_CHECKSUM] = {
		.code = 20063, CONFIG,
		.workaround = "set 'checksum-physical' to required, optional or off, or leave it out",
	},
	[COLUMN_MAPPING] = {
		.code = 20064, CONFIG,
		.workaround = "take 'column-mappings' out; DM has dropped it in favour of extract-* in routes",
	},
	[BAD_ANALYZE] = {
		.code = 20065, CONFIG, .workaround = "set 'analyze' to required, optional or off, or leave it out",
	},
	[STRICT_OPTIMISTIC] = {
		.code = 20066, CONFIG,
		.workaround = "use 'strict-optimistic-shard-mode' only with 'shard-mode: optimistic'",
	},
	[WORKER_NO_SOURCE_ID] = {
		.code = 40005, WORKER, .workaround = "give the source file a 'source-id'",
	},
	[WORKER_LONG_SOURCE_ID] = {
		.code = 40006, WORKER, .workaround = "shorten the 'source-id' to at most 32 bytes",
	},
	[BAD_RELAY_BINLOG_NAME] = {
		.code = 40007, WORKER,
		.workaround = "give 'relay-binlog-name' as the server names its files, as in mysql-bin.000001",
	},
	[BAD_FLAVOR] = {
		.code = 11010, .class = "functional", .scope = SCOPE_INTERNAL, .level = LEVEL_MEDIUM,
		.status = STATUS_CONFIG,
		.workaround = "set 'flavor' to mysql or mariadb, or leave it out",
	},
	[BAD_SECRET_KEY] = {
		.code = 20067, CONFIG,
		.workaround = "give a key file of 64 hex digits with --secret-key-file or DM_SECRET_KEY_FILE; 'dm-secret key' makes one",
	},
	[CANNOT_DECRYPT] = {
		.code = 20010, CONFIG,
		.workaround = "give the key file that the password was encrypted with, or encrypt it anew with 'dm encrypt'",
	},
	[BAD_TLS_BASE64] = {
		.code = 20100, CONFIG, .workaround = "give what 'base64 -w0 FILE' prints of the PEM file",
	},
	[OPEN_SECRET_FILE] = {
		.code = 20101, CONFIG, .workaround = "take the file's rights from others: chmod 600 FILE",
	},
	[BAD_DEFAULTS_FILE] = {
		.code = 20102, CONFIG,
		.workaround = "correct the line, or give the setting by an option; dm-task(5) lists what is read of such a file",
	},
};
