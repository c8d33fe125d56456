/*
 * yaml.h - a YAML file as a tree that remembers its lines.
 *
 * libyaml does the reading. One document; anchors and aliases are resolved; a key given twice in one map is an error, as it
 * is for DM. Nodes live in the arena. Pure: text in, tree out. Callers: config.
 */
#ifndef TEXT_YAML_H
#define TEXT_YAML_H

#include "base/arena.h"
#include "base/err.h"

enum yaml_kind { YAML_NULL, YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml_pair;

struct yaml_node {
	enum yaml_kind kind;
	unsigned line;		/* from 1 */
	struct str text;	/* of a scalar */
	bool quoted;		/* a scalar in quotes is text, whatever it looks like */
	bool anchored;		/* other places may be this one, too */
	size_t n;
	struct yaml_node **items;	/* of a list */
	struct yaml_pair *pairs;	/* of a map, in the file's order */
};

struct yaml_pair {
	struct str key;
	unsigned line;
	struct yaml_node *value;
};

extern const struct err_kind err_yaml;

/* file is only for messages ("task.yaml:12: ..."). An empty document is a YAML_NULL. */
bool yaml_parse(struct arena *a, struct str text, const char *file, struct yaml_node **root, struct err *e);

/* NULL when the map has no such key (or node is no map). */
struct yaml_node *yaml_get(const struct yaml_node *node, const char *key);

#endif
