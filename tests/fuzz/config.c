/* config.c - task.yaml ('t' and the text), source.yaml ('s'), or YAML alone: read or refused, and then the task's rules are asked. */
#include "fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "config/task.h"
#include "rules/rules.h"
#include "text/utf8.h"
#include "text/yaml.h"

static void see_node(const struct yaml_node *node, unsigned depth)
{
	MUST(node->line > 0 && utf8_valid(node->text));
	for (size_t i = 0; depth < 20 && i < node->n && i < 100; i++)
		if (node->kind == YAML_LIST)
			see_node(node->items[i], depth + 1);
		else
			see_node(node->pairs[i].value, depth + 1);
}

static void read_yaml(struct str text)
{
	struct arena a = ARENA_INIT;
	struct yaml_node *root;
	struct err e = { 0 };

	if (settled(yaml_parse(&a, text, "file", &root, &e), &e))
		see_node(root, 0);
	arena_release(&a);
}

static void ask_rules(const struct task *task, const struct task_instance *instance)
{
	static const char *const names[][2] = { { "store_01", "sale_02" }, { "user", "log_bak" }, { "a", "" }, { "mysql", "user" } };
	struct rules *r = rules_new(task->case_sensitive);
	struct err e = { 0 };

	if (settled(rules_of_task(r, task, instance, NULL, &e), &e))
		for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
			struct str schema = str_of(names[i][0]), table = str_of(names[i][1]), to_schema, to_table;

			if (table.n > 0)
				rules_want_table(r, schema, table);
			rules_want_schema(r, schema);
			if (settled(rules_route(r, schema, table, &to_schema, &to_table, &e), &e))
				MUST(to_schema.n > 0 && (to_table.n > 0) == (table.n > 0));
			settled(rules_want_ddl(r, schema, table, STR_LIT("alter table"), STR_LIT("alter table a add b int"), &e)
				!= RULES_ERROR, &e);
		}
	rules_free(r);
}

static void read_task(const char *path)
{
	struct err e = { 0 };
	struct task task;

	if (settled(task_read(&task, path, &e), &e)) {
		MUST(task.name.n > 0 && task.n_instances > 0);
		for (size_t i = 0; i < task.n_instances; i++)
			ask_rules(&task, &task.instances[i]);
	}
	task_release(&task);
}

static void read_source(const char *path)
{
	struct err e = { 0 };
	struct source source;

	if (settled(source_read(&source, path, &e), &e))
		MUST(source.source_id.n > 0);
	source_release(&source);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str input = { (const char *)data, size };
	uint8_t kind = take_byte(&input);
	char path[40];
	int fd;

	if (kind != 't' && kind != 's') {
		read_yaml(input);
		return 0;
	}
	fd = memfd_create("fuzz", MFD_CLOEXEC);
	if (fd < 0 || !file_write_all(fd, input.p, input.n))
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (kind == 't')
		read_task(path);
	else
		read_source(path);
	close(fd);
	return 0;
}
