/*
 * task.h - task.yaml and source.yaml, DM's own, as structs.
 *
 * All of DM's keys are read and checked; a complaint names file, line, key and what is allowed. An unknown key, a key
 * given twice, a wrong type, a rule that nobody refers to, a reference to a missing rule are errors. A key whose
 * feature is not there yet is refused as "not supported yet", never ignored. Passwords are never in a message.
 * Structs live until *_release; all text is borrowed from them. Pure but for reading the named file. Callers: rules,
 * mysql, tools.
 */
#ifndef CONFIG_TASK_H
#define CONFIG_TASK_H

#include "base/arena.h"
#include "base/err.h"
#include "base/secret.h"
#include "base/str.h"

extern const struct err_kind err_config;	/* 78 */

#define SOURCE_ID_MAX 32			/* the meta tables hold no more */

struct config_pair {
	struct str name, value;
};

/* target-database, and from of a source. */
struct endpoint {
	struct str host, user;
	struct secret password;
	unsigned password_line;			/* in its file; 0: it has none */
	struct str socket;			/* unix socket; only by option, DM's files have none */
	unsigned port;
	size_t n_session;
	struct config_pair *session;		/* session variables to set; names in lower case */
	struct str ssl_ca, ssl_cert, ssl_key;	/* files */
	struct secret ca_pem, cert_pem, key_pem;	/* what such a file holds; it wins over the file */
	size_t n_allowed_cn;
	struct str *allowed_cn;			/* common names, of which the server's certificate must have one */
	bool ssl;				/* any security key was given */
};

struct config_filter {				/* filters.NAME, and filters[] of a source */
	struct str name;
	unsigned line;
	struct str schema_pattern, table_pattern;
	size_t n_events, n_sql_patterns;
	struct str *events, *sql_patterns;
	struct str action;			/* Do, Ignore, Error */
};

/* A column of every row, filled with what the groups of an expression take from a name. */
struct config_extract {
	struct str regexp, column;	/* column "": none */
};

enum { EXTRACT_TABLE, EXTRACT_SCHEMA, EXTRACT_SOURCE, EXTRACTS };

struct config_route {
	struct str name;
	unsigned line;
	struct str schema_pattern, table_pattern, target_schema, target_table;
	struct config_extract extracts[EXTRACTS];
};

struct config_expression {			/* expression-filter.NAME */
	struct str name;
	unsigned line;
	struct str schema, table;		/* whole names, no patterns */
	struct str insert, old, new, delete;	/* "": none; insert, old and new, or delete */
};

struct config_table {
	struct str schema, table;
};

struct config_block_allow {
	struct str name;
	unsigned line;
	size_t n_do_dbs, n_ignore_dbs, n_do_tables, n_ignore_tables;
	struct str *do_dbs, *ignore_dbs;
	struct config_table *do_tables, *ignore_tables;
};

struct config_dump {				/* mydumpers.NAME */
	uint64_t threads, statement_size, rows;
	uint64_t chunk_filesize;		/* bytes */
	struct str where, extra_args;
};

struct config_load {				/* loaders.NAME */
	uint64_t pool_size;
	struct str dir;				/* as it is written; a stream has no need of one */
	struct str on_duplicate;		/* replace, error, ignore */
};

struct config_sync {				/* syncers.NAME */
	uint64_t worker_count, batch, queue_size, checkpoint_flush_interval;
	bool safe_mode;
	bool compact, multiple_rows;		/* on unless turned off, unlike DM's */
	uint64_t safe_mode_duration;		/* seconds */
};

struct task_instance {				/* mysql-instances[] , rules resolved */
	struct str source_id;
	unsigned line;
	struct str binlog_name, binlog_gtid;	/* meta */
	uint64_t binlog_pos;
	bool has_meta;
	size_t n_routes, n_filters, n_expressions;
	const struct config_route **routes;
	const struct config_filter **filters;
	const struct config_expression **expressions;
	const struct config_block_allow *block_allow;	/* NULL: everything */
	struct config_dump dump;
	struct config_load load;
	struct config_sync sync;
};

enum task_mode { TASK_ALL, TASK_FULL, TASK_INCREMENTAL };

struct task {
	struct str file;
	struct str name;
	enum task_mode mode;
	struct str meta_schema;
	bool strict_optimistic;			/* no DDL waits for other shards */
	struct str shard_mode;			/* pessimistic, optimistic; "": tables are not merged */
	struct str timezone;
	bool case_sensitive;
	bool collation_strict;		/* collation_compatible: DDL says its collations */
	bool clean_dump_file;
	bool online_ddl;
	size_t n_shadow_rules, n_trash_rules;	/* none: the defaults of rules/online.h */
	struct str *shadow_rules, *trash_rules;
	size_t n_ignore_checks;
	struct str *ignore_checks;
	struct endpoint target;
	size_t n_warnings;
	struct str *warnings; /* keys that DM has dropped: "task.yaml:3: key ..."; the tool says them */
	size_t n_instances;
	struct task_instance *instances;
	struct arena arena;
};

struct source {
	struct str file;
	struct str source_id;
	bool enable, enable_gtid, case_sensitive;
	struct str flavor;			/* "", mysql, mariadb */
	uint64_t server_id;			/* 0: choose */
	struct str relay_binlog_name, relay_binlog_gtid;	/* where a relay log starts; "": at the upstream's log now */
	struct str relay_dir;
	struct {				/* of the relay log; 0: not by this */
		uint64_t interval;		/* seconds */
		uint64_t expires;		/* hours */
		uint64_t remain_space;		/* GiB */
	} purge;
	bool enable_relay;
	struct {				/* how failures are tried again */
		bool enable;
		uint64_t rollback, max;		/* seconds */
	} checker;
	struct endpoint from;
	size_t n_filters;
	struct config_filter *filters;
	size_t n_warnings;
	struct str *warnings;
	struct arena arena;
};

bool task_read(struct task *task, const char *path, struct err *e);
void task_release(struct task *task);

bool source_read(struct source *source, const char *path, struct err *e);
void source_release(struct source *source);

/* NULL, with e filled, when the task has no such source-id. id "" is the only one there is, where there is only one. */
const struct task_instance *task_find(const struct task *task, struct str source_id, struct err *e);

#endif
