/* instance.c - mysql-instances of a task: what each source takes from the rest of the file. */
#include "base/buf.h"
#include "config/kinds.h"
#include "config/task_parts.h"

static bool check_source_id(struct str text, struct err *e)
{
	return text.n <= SOURCE_ID_MAX || err_set(e, &config_kinds[LONG_SOURCE_ID], "'%.*s' is longer than %d bytes",
						  STR(str_first(text, 100)), SOURCE_ID_MAX);
}

static const struct key meta_keys[] = {
	{ .kind = KEY_TEXT, .name = "binlog-name", .at = AT(struct instance_part, binlog_name) },
	{ .kind = KEY_NUMBER, .name = "binlog-pos", .at = AT(struct instance_part, binlog_pos), .max = UINT32_MAX },
	{ .kind = KEY_TEXT, .name = "binlog-gtid", .at = AT(struct instance_part, binlog_gtid) },
	{ 0 }
};

#define NODE(k, key, member) { .kind = k, .name = key, .node_at = AT(struct instance_part, member) }
#define THREADS(key, member) { .kind = KEY_NUMBER, .name = key, .at = AT(struct instance_part, member), .max = 1024 }

const struct key instance_keys[] = {
	{ .kind = KEY_TEXT, .name = "source-id", .at = AT(struct instance_part, source_id),
	  .check = check_source_id },
	{ .kind = KEY_MAP, .name = "meta", .keys = meta_keys, .node_at = AT(struct instance_part, meta) },
	NODE(KEY_TEXTS, "filter-rules", filters),
	NODE(KEY_TEXTS, "column-mapping-rules", column_mappings),
	NODE(KEY_TEXTS, "route-rules", routes),
	NODE(KEY_TEXTS, "expression-filters", expressions),
	NODE(KEY_TEXT, "block-allow-list", block_allow),
	NODE(KEY_TEXT, "black-white-list", black_white),
	NODE(KEY_TEXT, "mydumper-config-name", dump_name),
	{ .kind = KEY_MAP, .name = "mydumper", .at = AT(struct instance_part, dump), .keys = dump_keys,
	  .node_at = AT(struct instance_part, dump_inline) },
	THREADS("mydumper-thread", dump_threads),
	NODE(KEY_TEXT, "loader-config-name", load_name),
	{ .kind = KEY_MAP, .name = "loader", .at = AT(struct instance_part, load), .keys = load_keys,
	  .node_at = AT(struct instance_part, load_inline) },
	THREADS("loader-thread", load_threads),
	NODE(KEY_TEXT, "syncer-config-name", sync_name),
	{ .kind = KEY_MAP, .name = "syncer", .at = AT(struct instance_part, sync), .keys = sync_keys,
	  .whole = sync_whole,
	  .node_at = AT(struct instance_part, sync_inline) },
	THREADS("syncer-thread", sync_threads),
	NODE(KEY_TEXT, "validator-config-name", validator_name),
	{ 0 }
};

/* A node that says something: not absent, not null, not "". */
static bool said(const struct yaml_node *node)
{
	return node && (node->kind == YAML_SCALAR ? node->text.n > 0 : node->kind != YAML_NULL);
}

bool instance_whole(struct key_reader *r, void *instance_part, const struct yaml_node *node, const char *path,
		    struct err *e)
{
	const struct instance_part *p = instance_part;

	if (p->source_id.n == 0)
		return keys_fail(r, node->line, &config_kinds[BAD_SOURCE_ID], e, "'%s' has no 'source-id'", path);
	if (said(p->meta) && p->binlog_name.n == 0 && p->binlog_gtid.n == 0)
		return keys_fail(r, p->meta->line, &config_kinds[BAD_META], e,
				 "'%s.meta' has neither 'binlog-name' nor 'binlog-gtid'", path);
	if (said(p->dump_name) && said(p->dump_inline))
		return keys_fail(r, p->dump_inline->line, &config_kinds[DUMP_TWICE], e,
				 "'%s' has both 'mydumper-config-name' and 'mydumper'", path);
	if (said(p->load_name) && said(p->load_inline))
		return keys_fail(r, p->load_inline->line, &config_kinds[LOAD_TWICE], e,
				 "'%s' has both 'loader-config-name' and 'loader'", path);
	if (said(p->sync_name) && said(p->sync_inline))
		return keys_fail(r, p->sync_inline->line, &config_kinds[SYNC_TWICE], e,
				 "'%s' has both 'syncer-config-name' and 'syncer'", path);
	return true;
}

static struct named *item(const struct named_list *list, size_t size, size_t i)
{
	return (struct named *)((char *)list->items + i * size);
}

static void *find(const struct named_list *list, size_t size, struct str name)
{
	for (size_t i = 0; i < list->n; i++)
		if (str_eq(item(list, size, i)->name, name))
			return item(list, size, i);
	return NULL;
}

static bool missing(const struct key_reader *r, const struct named_list *list, size_t size,
		    const struct yaml_node *name, enum config_kind kind, const char *what, struct err *e)
{
	struct buf known = BUF_INIT(600);

	for (size_t i = 0; i < list->n; i++)
		buf_putf(&known, "%s%.*s", i ? ", " : "", STR(item(list, size, i)->name));
	keys_fail(r, name->line, &config_kinds[kind], e, "there is no '%.*s' in '%s' (it has: %s)",
		  STR(str_first(name->text, 100)), what, list->n ? buf_text(&known) : "nothing");
	buf_release(&known);
	return false;
}

/* One section by its name; *found NULL where none is asked for. */
static bool find_one(const struct key_reader *r, const struct named_list *list, size_t size,
		     const struct yaml_node *name, enum config_kind kind, const char *what, void *found,
		     struct err *e)
{
	void *section = NULL;

	if (said(name)) {
		section = find(list, size, name->text);
		if (!section)
			return missing(r, list, size, name, kind, what, e);
	}
	memcpy(found, &section, sizeof(section));
	return true;
}

/* Rules by their names, as an array of pointers. */
static bool find_all(const struct key_reader *r, const struct named_list *list, size_t size,
		     const struct yaml_node *names, enum config_kind kind, const char *what, void *array, size_t *n,
		     struct err *e)
{
	void **found = arena_array(r->a, names ? names->n : 0, sizeof(*found));

	*n = said(names) ? names->n : 0;
	for (size_t i = 0; i < *n; i++)
		if (!find_one(r, list, size, names->items[i], kind, what, &found[i], e))
			return false;
	memcpy(array, &found, sizeof(found));
	return true;
}

static void lower_case(struct arena *a, struct str *text)
{
	char *p;

	*text = arena_str(a, *text);
	p = (char *)text->p;
	for (size_t i = 0; i < text->n; i++)
		if (p[i] >= 'A' && p[i] <= 'Z')
			p[i] |= 0x20;
}

static bool resolve_units(const struct key_reader *r, const struct task_part *part, const struct instance_part *from,
			  struct task_instance *to, struct err *e)
{
	const struct named_dump *dump;
	const struct named_load *load;
	const struct named_sync *sync;
	const struct named *validator;

	if (!find_one(r, &part->dumps, sizeof(*dump), from->dump_name, NO_DUMP, "mydumpers", &dump, e) ||
	    !find_one(r, &part->loads, sizeof(*load), from->load_name, NO_LOAD, "loaders", &load, e) ||
	    !find_one(r, &part->syncs, sizeof(*sync), from->sync_name, NO_SYNC, "syncers", &sync, e) ||
	    !find_one(r, &part->validators, sizeof(*validator), from->validator_name, NO_VALIDATOR, "validators",
		      &validator, e))
		return false;
	/* What is neither named nor given inline was read as its defaults. */
	to->dump = dump ? dump->dump : from->dump;
	to->load = load ? load->load : from->load;
	to->sync = sync ? sync->part.sync : from->sync.sync;
	if (from->dump_threads)
		to->dump.threads = from->dump_threads;
	if (from->load_threads)
		to->load.pool_size = from->load_threads;
	if (from->sync_threads)
		to->sync.worker_count = from->sync_threads;
	lower_case(r->a, &to->load.on_duplicate);
	if (to->load.on_duplicate.n == 0)
		to->load.on_duplicate = STR_LIT("replace");
	return true;
}

static bool resolve(struct key_reader *r, const struct task_part *part, const struct instance_part *from,
		    struct task_instance *to, struct err *e)
{
	const struct yaml_node *list_name = said(from->block_allow) ? from->block_allow : from->black_white;
	const struct block_allow_part *list;

	to->source_id = from->source_id;
	to->line = from->head.line;
	to->has_meta = said(from->meta);
	to->binlog_name = from->binlog_name;
	to->binlog_pos = from->binlog_pos;
	to->binlog_gtid = from->binlog_gtid;
	if (to->has_meta && part->task->mode != TASK_INCREMENTAL)
		keys_warn(r, from->meta->line,
			  "'meta' has no effect: only 'task-mode: incremental' starts from a place");
	if (said(from->column_mappings) && from->column_mappings->n)
		keys_warn(r, from->column_mappings->line,
			  "key 'column-mapping-rules' has no effect: DM has dropped it");
	if (!find_all(r, &part->routes, sizeof(struct config_route), from->routes, NO_ROUTE, "routes", &to->routes,
		      &to->n_routes, e) ||
	    !find_all(r, &part->filters, sizeof(struct config_filter), from->filters, NO_FILTER, "filters",
		      &to->filters, &to->n_filters, e) ||
	    !find_all(r, &part->expressions, sizeof(struct config_expression), from->expressions, NO_EXPRESSION, "expression-filter",
		      &to->expressions, &to->n_expressions, e) ||
	    !find_one(r, &part->block_allow, sizeof(struct block_allow_part), list_name, NO_BLOCK_ALLOW,
		      "block-allow-list", &list, e))
		return false;
	to->block_allow = list ? &list->list : NULL;
	return resolve_units(r, part, from, to, e);
}

static bool check_duplicates(const struct key_reader *r, const struct yaml_node *names, const char *what, struct err *e)
{
	for (size_t i = 1; said(names) && i < names->n; i++)
		for (size_t j = 0; j < i; j++)
			if (str_eq(names->items[i]->text, names->items[j]->text))
				return keys_fail(r, names->items[i]->line, &config_kinds[DUPLICATE_ITEM], e,
						 "'%.*s' stands twice in '%s'",
						 STR(str_first(names->items[i]->text, 100)), what);
	return true;
}

static bool is_named(const struct yaml_node *node, struct str name)
{
	if (!said(node))
		return false;
	if (node->kind == YAML_SCALAR)
		return str_eq(node->text, name);
	for (size_t i = 0; i < node->n; i++)
		if (str_eq(node->items[i]->text, name))
			return true;
	return false;
}

/* Adds the names of list that no instance has at node_at. */
static void add_unused(const struct task_part *part, const struct named_list *list, size_t size, size_t node_at,
		       const char *what, struct buf *unused, unsigned *line)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct named *named = item(list, size, i);
		bool used = false;

		for (size_t j = 0; j < part->n_instances && !used; j++)
			used = is_named(*(const struct yaml_node **)((char *)&part->instances[j] + node_at),
					named->name);
		if (used)
			continue;
		if (*line == 0)
			*line = named->line;
		buf_putf(unused, "%s%s.%.*s", unused->n ? ", " : "", what, STR(named->name));
	}
}

static bool check_unused(const struct key_reader *r, const struct task_part *part, struct err *e)
{
	struct buf unused = BUF_INIT(700);
	unsigned line = 0;

	add_unused(part, &part->routes, sizeof(struct config_route), offsetof(struct instance_part, routes), "routes",
		   &unused, &line);
	add_unused(part, &part->filters, sizeof(struct config_filter), offsetof(struct instance_part, filters),
		   "filters", &unused, &line);
	add_unused(part, &part->expressions, sizeof(struct config_expression), offsetof(struct instance_part, expressions),
		   "expression-filter", &unused, &line);
	add_unused(part, &part->dumps, sizeof(struct named_dump), offsetof(struct instance_part, dump_name),
		   "mydumpers", &unused, &line);
	add_unused(part, &part->loads, sizeof(struct named_load), offsetof(struct instance_part, load_name),
		   "loaders", &unused, &line);
	add_unused(part, &part->syncs, sizeof(struct named_sync), offsetof(struct instance_part, sync_name),
		   "syncers", &unused, &line);
	add_unused(part, &part->validators, sizeof(struct named), offsetof(struct instance_part, validator_name),
		   "validators", &unused, &line);
	if (line)
		keys_fail(r, line, &config_kinds[UNUSED], e, "no source refers to %s", buf_text(&unused));
	buf_release(&unused);
	return line == 0;
}

static bool check_same_source(const struct key_reader *r, const struct task_part *part, size_t i, struct err *e)
{
	for (size_t j = 0; j < i; j++)
		if (str_eq(part->instances[j].source_id, part->instances[i].source_id))
			return keys_fail(r, part->instances[i].head.line, &config_kinds[SAME_SOURCE_ID], e,
					 "source '%.*s' stands twice in 'mysql-instances' (first in line %u)",
					 STR(part->instances[i].source_id), part->instances[j].head.line);
	return true;
}

bool instances_resolve(struct key_reader *r, struct task_part *part, struct err *e)
{
	struct task *task = part->task;
	bool ok = true;

	task->n_instances = part->n_instances;
	task->instances = arena_array(r->a, part->n_instances, sizeof(*task->instances));
	for (size_t i = 0; ok && i < part->n_instances; i++)
		ok = check_same_source(r, part, i, e) && resolve(r, part, &part->instances[i], &task->instances[i], e);
	for (size_t i = 0; ok && i < part->n_instances; i++)
		ok = check_duplicates(r, part->instances[i].routes, "route-rules", e) &&
		     check_duplicates(r, part->instances[i].filters, "filter-rules", e) &&
		     check_duplicates(r, part->instances[i].column_mappings, "column-mapping-rules", e) &&
		     check_duplicates(r, part->instances[i].expressions, "expression-filters", e);
	return ok && check_unused(r, part, e);
}
