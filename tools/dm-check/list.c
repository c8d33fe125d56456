#include "check.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

/* "key value", one a line: a value that holds a line end cannot be told. */
static bool put(struct buf *b, const char *key, struct str value, struct err *e)
{
	if (value.n > 0 && memchr(value.p, '\n', value.n))
		return err_set(e, &err_config, "the %s's name holds a line end", key);
	buf_putf(b, "%s ", key);
	buf_put_str(b, value);
	buf_put_char(b, '\n');
	return true;
}

static bool put_task(struct buf *b, const char *path, struct err *e)
{
	static const char *const modes[] = {
		[TASK_ALL] = "all", [TASK_FULL] = "full", [TASK_INCREMENTAL] = "incremental",
	};
	struct task task;
	bool ok = task_read(&task, path, e) && put(b, "task", task.name, e) &&
		  put(b, "mode", str_of(modes[task.mode]), e);

	for (size_t i = 0; ok && i < task.n_instances; i++)
		ok = put(b, "source", task.instances[i].source_id, e);
	task_release(&task);
	return ok;
}

static bool put_source(struct buf *b, const char *path, struct err *e)
{
	struct source source;
	bool ok = source_read(&source, path, e) && put(b, "source", source.source_id, e) &&
		  put(b, "relay-dir", source.relay_dir, e);

	if (ok)
		buf_putf(b, "enable-relay %s\ncheck-enable %s\nbackoff-rollback %llu\nbackoff-max %llu\n",
			 source.enable_relay ? "true" : "false", source.checker.enable ? "true" : "false",
			 (unsigned long long)source.checker.rollback, (unsigned long long)source.checker.max);
	source_release(&source);
	return ok;
}

bool list_names(const struct config_settings *settings, struct err *e)
{
	struct buf b = BUF_INIT(16u << 20);
	bool ok = true;

	if (settings->config)
		ok = put_task(&b, settings->config, e);
	for (size_t i = 0; ok && !settings->config && i < settings->source_files.n; i++)
		ok = put_source(&b, settings->source_files.items[i], e);
	if (ok && !file_write_all(STDOUT_FILENO, b.p, b.n))
		ok = err_set(e, &err_file, "cannot write standard output: %s", strerror(errno));
	buf_release(&b);
	return ok;
}
