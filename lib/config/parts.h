/*
 * parts.h - the parts that task and source files are made of: tables of keys. Internal to the room.
 */
#ifndef CONFIG_PARTS_H
#define CONFIG_PARTS_H

#include "config/keys.h"
#include "config/task.h"

/* Into struct endpoint, by KEY_MAP with `whole` endpoint_whole. */
extern const struct key endpoint_keys[];
bool endpoint_whole(struct key_reader *r, void *element, const struct yaml_node *node, const char *path, struct err *e);

/* Into struct config_filter, by KEY_NAMED or KEY_LIST. */
extern const struct key filter_keys[];
bool filter_whole(struct key_reader *r, void *element, const struct yaml_node *node, const char *path, struct err *e);

/* Into struct config_expression, by KEY_NAMED. */
extern const struct key expression_keys[];
bool expression_whole(struct key_reader *r, void *element, const struct yaml_node *node, const char *path, struct err *e);

/* Into struct config_route, by KEY_NAMED. */
extern const struct key route_keys[];
bool route_whole(struct key_reader *r, void *element, const struct yaml_node *node, const char *path, struct err *e);

/* Into struct block_allow_part, by KEY_NAMED. */
struct table_part {
	struct named head;
	struct config_table table;
};
struct block_allow_part {
	struct config_block_allow list;		/* begins with what struct named has */
	size_t n_do_tables, n_ignore_tables;
	struct table_part *do_tables, *ignore_tables;
};
extern const struct key block_allow_keys[];
bool block_allow_whole(struct key_reader *r, void *element, const struct yaml_node *node, const char *path,
		       struct err *e);

/* Unit sections, by KEY_NAMED with body_at, or inline. */
struct named_dump {
	struct named head;
	struct config_dump dump;
};
struct named_load {
	struct named head;
	struct config_load load;
};
struct sync_part {
	struct config_sync sync;
	const struct yaml_node *duration;	/* "" is not the same as no such key */
};
struct named_sync {
	struct named head;
	struct sync_part part;
};
extern const struct key dump_keys[], load_keys[], sync_keys[], validator_keys[];
bool sync_whole(struct key_reader *r, void *sync_part, const struct yaml_node *node, const char *path, struct err *e);
bool named_sync_whole(struct key_reader *r, void *named_sync, const struct yaml_node *node, const char *path,
		      struct err *e);

#endif
