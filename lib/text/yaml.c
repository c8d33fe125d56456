#include "text/yaml.h"

#include <yaml.h>

#include "base/map.h"

#define DEPTH_MAX 64

const struct err_kind err_yaml = {
	.code = 20003, .class = "config", .scope = SCOPE_INTERNAL, .level = LEVEL_MEDIUM, .status = STATUS_CONFIG,
	.workaround = "correct the line; dm-task(5) lists all keys",
};

static const char star_hint[] = " (a pattern that starts with '*' wants quotes)";

struct reader {
	yaml_parser_t parser;
	yaml_event_t event;
	bool has_event;
	struct arena *a;
	const char *file;
	struct str text;
	struct map anchors;
	struct err *e;
};

/* Grows in the arena: a file is small, and its old arrays die with it. */
struct list {
	size_t n, cap;
	void *items;
};

static void *list_add(struct list *list, struct arena *a, size_t size)
{
	if (list->n == list->cap) {
		void *more = arena_array(a, list->cap ? list->cap * 2 : 8, size);

		if (list->n)
			memcpy(more, list->items, list->n * size);
		list->items = more;
		list->cap = list->cap ? list->cap * 2 : 8;
	}
	return (char *)list->items + list->n++ * size;
}

static unsigned line_of(const struct reader *r)
{
	return (unsigned)r->event.start_mark.line + 1;
}

static bool fail(const struct reader *r, unsigned line, const char *why)
{
	return err_set(r->e, &err_yaml, "%s:%u: %s", r->file, line, why);
}

/* Where the reader gave up. Of bytes that are no UTF-8 it knows only the offset. */
static size_t problem_line(const struct reader *r)
{
	const yaml_parser_t *p = &r->parser;
	size_t line = 1;

	if (p->error != YAML_READER_ERROR)
		return (p->problem_mark.line ? p->problem_mark.line : p->context_mark.line) + 1;
	for (size_t i = 0; i < p->problem_offset && i < r->text.n; i++)
		line += r->text.p[i] == '\n';
	return line;
}

static bool next(struct reader *r)
{
	const char *context, *problem;

	if (r->has_event)
		yaml_event_delete(&r->event);
	r->has_event = yaml_parser_parse(&r->parser, &r->event) != 0;
	if (r->has_event)
		return true;
	context = r->parser.context ? r->parser.context : "";
	problem = r->parser.problem ? r->parser.problem : "not valid YAML";
	return err_set(r->e, &err_yaml, "%s:%zu: %s%s%s%s", r->file, problem_line(r), context, *context ? ": " : "",
		       problem, strstr(context, "alias") ? star_hint : "");
}

static struct str text_of(const yaml_char_t *text)
{
	return str_of((const char *)text);
}

/* Only once a node is whole, so that no node can hold itself. */
static void remember(struct reader *r, struct str anchor, struct yaml_node *node)
{
	node->anchored = anchor.n > 0;
	if (anchor.n)
		map_put(&r->anchors, anchor, node);
}

static bool is_null(struct str text)
{
	return text.n == 0 || str_is(text, "~") || str_is(text, "null") || str_is(text, "Null") || str_is(text, "NULL");
}

static bool parse_node(struct reader *r, unsigned depth, struct yaml_node **node);

static bool parse_scalar(struct reader *r, struct yaml_node *node)
{
	struct str value = { (const char *)r->event.data.scalar.value, r->event.data.scalar.length };
	struct str tag = text_of(r->event.data.scalar.tag);
	bool text = str_is(tag, "!") || str_is(tag, YAML_STR_TAG);

	if (tag.n && !text)
		return fail(r, node->line, "tags other than !!str are not understood");
	node->quoted = text || r->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	node->kind = node->quoted || !is_null(value) ? YAML_SCALAR : YAML_NULL;
	node->text = arena_str(r->a, value);
	remember(r, text_of(r->event.data.scalar.anchor), node);
	return true;
}

static bool parse_list(struct reader *r, unsigned depth, struct yaml_node *node)
{
	struct str anchor = arena_str(r->a, text_of(r->event.data.sequence_start.anchor));
	struct list items = { 0 };

	for (;;) {
		struct yaml_node *item;

		if (!next(r))
			return false;
		if (r->event.type == YAML_SEQUENCE_END_EVENT)
			break;
		if (!parse_node(r, depth, &item))
			return false;
		*(struct yaml_node **)list_add(&items, r->a, sizeof(item)) = item;
	}
	node->kind = YAML_LIST;
	node->n = items.n;
	node->items = items.items;
	remember(r, anchor, node);
	return true;
}

static bool merge_map(struct reader *r, struct list *pairs, struct map *keys, const struct yaml_node *from,
		      unsigned line)
{
	if (from->kind != YAML_MAP)
		return fail(r, line, "'<<' wants a map, or a list of maps");
	for (size_t i = 0; i < from->n; i++) {
		struct yaml_pair *pair;

		if (map_has(keys, from->pairs[i].key))
			continue;
		pair = list_add(pairs, r->a, sizeof(*pair));
		*pair = from->pairs[i];
		map_put(keys, pair->key, pair->value);
	}
	return true;
}

/* "<<: *base": the keys that the map has not got itself. */
static bool merge(struct reader *r, struct list *pairs, struct map *keys, const struct yaml_node *from, unsigned line)
{
	if (from->kind != YAML_LIST)
		return merge_map(r, pairs, keys, from, line);
	for (size_t i = 0; i < from->n; i++)
		if (!merge_map(r, pairs, keys, from->items[i], line))
			return false;
	return true;
}

static bool parse_pair(struct reader *r, unsigned depth, struct list *pairs, struct map *keys,
		       const struct yaml_node **merged, unsigned *merged_line)
{
	struct yaml_node *key_node, *value;
	struct yaml_pair *pair;
	unsigned line = line_of(r);

	if (r->event.type != YAML_SCALAR_EVENT && r->event.type != YAML_ALIAS_EVENT)
		return fail(r, line, "a key must be text");
	if (!parse_node(r, depth, &key_node))
		return false;
	if (key_node->kind != YAML_SCALAR)
		return fail(r, line, "a key must be text");
	if (!next(r) || !parse_node(r, depth, &value))
		return false;
	if (str_is(key_node->text, "<<") && !key_node->quoted) {
		if (*merged)
			return fail(r, line, "key '<<' is given twice");
		*merged = value;
		*merged_line = line;
		return true;
	}
	if (map_has(keys, key_node->text))
		return err_set(r->e, &err_yaml, "%s:%u: key '%.*s' is given twice", r->file, line, STR(key_node->text));
	pair = list_add(pairs, r->a, sizeof(*pair));
	*pair = (struct yaml_pair){ key_node->text, line, value };
	map_put(keys, pair->key, value);
	return true;
}

static bool parse_map(struct reader *r, unsigned depth, struct yaml_node *node)
{
	struct str anchor = arena_str(r->a, text_of(r->event.data.mapping_start.anchor));
	struct list pairs = { 0 };
	struct map keys = MAP_INIT;
	const struct yaml_node *merged = NULL;
	unsigned merged_line = 0;
	bool ok = true;

	while (ok && (ok = next(r)) && r->event.type != YAML_MAPPING_END_EVENT)
		ok = parse_pair(r, depth, &pairs, &keys, &merged, &merged_line);
	if (ok && merged)
		ok = merge(r, &pairs, &keys, merged, merged_line);
	map_release(&keys);
	node->kind = YAML_MAP;
	node->n = pairs.n;
	node->pairs = pairs.items;
	if (ok)
		remember(r, anchor, node);
	return ok;
}

static bool parse_alias(struct reader *r, struct yaml_node **node)
{
	struct str name = text_of(r->event.data.alias.anchor);
	struct yaml_node *known = map_get(&r->anchors, name);

	if (!known)
		return err_set(r->e, &err_yaml, "%s:%u: '*%.*s' names no anchor before it%s", r->file, line_of(r),
			       STR(str_first(name, 100)), star_hint);
	*node = arena_alloc(r->a, sizeof(**node));
	**node = *known;
	(*node)->line = line_of(r);
	return true;
}

/* The event that r holds, and all that belongs to it. */
static bool parse_node(struct reader *r, unsigned depth, struct yaml_node **node)
{
	if (depth == 0)
		return fail(r, line_of(r), "lists and maps are nested too deeply");
	if (r->event.type == YAML_ALIAS_EVENT)
		return parse_alias(r, node);
	*node = arena_array(r->a, 1, sizeof(**node));
	(*node)->line = line_of(r);
	if (r->event.type == YAML_SCALAR_EVENT)
		return parse_scalar(r, *node);
	if (r->event.type == YAML_SEQUENCE_START_EVENT)
		return parse_list(r, depth - 1, *node);
	if (r->event.type == YAML_MAPPING_START_EVENT)
		return parse_map(r, depth - 1, *node);
	return fail(r, line_of(r), "a value is missing");
}

static bool parse_document(struct reader *r, struct yaml_node **root)
{
	*root = arena_array(r->a, 1, sizeof(**root));
	(*root)->line = 1;
	if (!next(r) || !next(r))
		return false;
	if (r->event.type == YAML_STREAM_END_EVENT)
		return true;
	if (!next(r) || !parse_node(r, DEPTH_MAX, root) || !next(r) || !next(r))
		return false;
	return r->event.type == YAML_STREAM_END_EVENT || fail(r, line_of(r), "only one document is allowed");
}

bool yaml_parse(struct arena *a, struct str text, const char *file, struct yaml_node **root, struct err *e)
{
	struct reader r = { .a = a, .file = file, .text = text, .anchors = MAP_INIT, .e = e };
	bool ok;

	if (!yaml_parser_initialize(&r.parser))
		return err_set(e, &err_yaml, "%s: the YAML reader cannot start", file);
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)(text.n ? text.p : ""), text.n);
	ok = parse_document(&r, root);
	if (r.has_event)
		yaml_event_delete(&r.event);
	yaml_parser_delete(&r.parser);
	map_release(&r.anchors);
	return ok;
}

struct yaml_node *yaml_get(const struct yaml_node *node, const char *key)
{
	if (!node || node->kind != YAML_MAP)
		return NULL;
	for (size_t i = 0; i < node->n; i++)
		if (str_is(node->pairs[i].key, key))
			return node->pairs[i].value;
	return NULL;
}
