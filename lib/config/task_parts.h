/*
 * task_parts.h - a task file as it stands, before names are resolved. Internal to the room.
 */
#ifndef CONFIG_TASK_PARTS_H
#define CONFIG_TASK_PARTS_H

#include "config/parts.h"

/* A map of names: structs that begin with struct named. */
struct named_list {
	size_t n;
	void *items;
};

struct instance_part {
	struct named head;		/* only its line */
	struct str source_id;
	const struct yaml_node *meta;
	struct str binlog_name, binlog_gtid;
	uint64_t binlog_pos;
	const struct yaml_node *routes, *filters, *expressions, *column_mappings;
	const struct yaml_node *block_allow, *black_white;
	const struct yaml_node *dump_name, *load_name, *sync_name, *validator_name;
	const struct yaml_node *dump_inline, *load_inline, *sync_inline;
	struct config_dump dump;
	struct config_load load;
	struct sync_part sync;
	uint64_t dump_threads, load_threads, sync_threads;
};

struct task_part {
	struct task *task;
	struct str mode, online_scheme, collation;
	bool is_sharding;
	bool strict_optimistic;
	const struct yaml_node *column_mappings;
	unsigned name_line, mode_line, shard_line, strict_line, instances_line, target_line;
	struct named_list routes, filters, expressions, block_allow, black_white, dumps, loads, syncs, validators;
	size_t n_instances;
	struct instance_part *instances;
};

extern const struct key instance_keys[];
bool instance_whole(struct key_reader *r, void *instance_part, const struct yaml_node *node, const char *path,
		    struct err *e);

/* Turns parts into task->instances: names resolved, in DM's order of checks. */
bool instances_resolve(struct key_reader *r, struct task_part *part, struct err *e);

#endif
