/* dm-check - find out before a task starts what would stop it; see dm-check(1) */
#include "check.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/tool.h"
#include "plan.h"

static const struct err_kind err_checks = {
	.code = 26005, .class = "task-check", .scope = SCOPE_INTERNAL, .level = LEVEL_MEDIUM, .status = STATUS_REFUSED,
	.workaround = "mend what the report names, or leave a check out with 'ignore-checking-items'",
};

static const struct err_kind err_unreached = {
	.code = 26006, .class = "task-check", .scope = SCOPE_INTERNAL, .level = LEVEL_MEDIUM, .status = STATUS_RETRY,
	.workaround = "see whether the servers that the report names run, and can be reached from here",
};

struct settings {
	struct config_settings config;
	uint64_t errors, warnings;
	bool list, plan;
};

#define AT(field) offsetof(struct settings, field)

static const struct opt options[] = {
	{ OPT_TABLE, 0, NULL, NULL, AT(config), NULL, 0, 0, config_options },
	{ OPT_NUMBER, 'e', "error", "N", AT(errors), "show at most this many errors (default 10)", 0, 0, NULL },
	{ OPT_FLAG, 0, "list", NULL, AT(list), "only print the names that the task file, or the source files, give",
	  0, 0, NULL },
	{ OPT_FLAG, 0, "plan", NULL, AT(plan), "print which tables would go where, in place of the report", 0, 0, NULL },
	{ OPT_NUMBER, 'w', "warn", "N", AT(warnings), "show at most this many warnings (default 10)", 0, 0, NULL },
	{ 0 }
};

/* What is checked, and how it is shown. */
struct checking {
	const struct settings *settings;
	const struct task *task;
	struct upstream *all;
	size_t n;
	struct arena *a;
};

static bool print(const struct checking *k, const struct report *r, struct err *e)
{
	struct buf b = BUF_INIT((size_t)512 << 20);
	bool ok = (k->settings->plan ? plan_put(&b, r, k->all, k->n, k->task, e) : report_put(r, &b, e)) &&
		  (file_write_all(STDOUT_FILENO, b.p, b.n) ||
					   err_set(e, &err_file, "cannot write standard output: %s", strerror(errno)));

	buf_release(&b);
	return ok;
}

static void say_warnings(const struct upstream *u)
{
	for (size_t i = 0; i < u->config.source.n_warnings; i++)
		log_warning("%.*s", STR(u->config.source.warnings[i]));
}

/* All sources of the task are loaded first: a mistake in a file is found before any server is asked. */
static bool load(struct upstream *all, size_t *n, const struct settings *s, const struct task *task, struct err *e)
{
	const struct task_instance *only = NULL;

	if (s->config.source) {
		only = task_find(task, str_of(s->config.source), e);
		if (!only)
			return false;
	}
	for (size_t i = 0; i < task->n_instances; i++) {
		struct config_settings one = s->config;

		if (only && &task->instances[i] != only)
			continue;
		one.source = task->instances[i].source_id.p;
		++*n;
		if (!config_load(&all[*n - 1].config, &one, true, e))
			return false;
		say_warnings(&all[*n - 1]);
	}
	return true;
}

/* One server, asked by a thread of its own. */
struct part {
	struct upstream *upstream;	/* NULL: the downstream */
	const struct task *task;
	struct report report;
	struct arena a;
	struct str identity;		/* of the downstream */
	bool plan;
	struct err e;			/* of the configuration */
	pthread_t thread;
	bool started;
};

static void *ask(void *context)
{
	struct part *p = context;

	if (p->upstream)
		check_upstream(&p->report, p->upstream, &p->a, &p->e);
	if (p->upstream && p->plan)
		plan_read_sizes(p->upstream, &p->a);
	if (!p->upstream)
		check_downstream(&p->report, p->task, &p->a, &p->identity);
	return NULL;
}

/* All servers at the same time; the answers stand in the order of the task. parts: those of the upstreams, then the downstream's. */
static bool ask_all(struct report *r, struct part *parts, size_t n, struct err *e)
{
	const struct part *failed = NULL;

	for (size_t i = 0; i < n; i++) {
		parts[i].started = pthread_create(&parts[i].thread, NULL, ask, &parts[i]) == 0;
		if (!parts[i].started)
			ask(&parts[i]);
	}
	for (size_t i = 0; i < n; i++) {
		if (parts[i].started)
			pthread_join(parts[i].thread, NULL);
		report_take(r, &parts[i].report);
		if (!failed && parts[i].e.kind)
			failed = &parts[i];
	}
	if (failed)
		*e = failed->e;
	return !failed;
}

static bool check(const struct checking *k, struct report *r, struct err *e)
{
	size_t n = k->n;
	struct part *parts = arena_array(k->a, n + 1, sizeof(*parts));
	struct report_counts counts;
	bool ok;

	for (size_t i = 0; i <= n; i++) {
		parts[i] = (struct part){ .upstream = i < n ? &k->all[i] : NULL, .task = k->task, .a = ARENA_INIT, .plan = k->settings->plan };
		report_init(&parts[i].report, k->task, r->max_errors, r->max_warnings);
	}
	ok = ask_all(r, parts, n + 1, e);
	if (ok) {
		check_all(r, k->all, n, parts[n].identity);
		check_shards(r, k->all, n, k->a);
		report_count(r, &counts);
		/* Only what waiting mends: a service that starts before its servers is to try again, not to give up. */
		ok = print(k, r, e) && (counts.failed == 0 || err_set(e, counts.failed == counts.passing ? &err_unreached : &err_checks,
								   "%llu of %llu checks failed", (unsigned long long)counts.failed,
								   (unsigned long long)counts.total));
	}
	for (size_t i = 0; i <= n; i++) {
		report_release(&parts[i].report);
		arena_release(&parts[i].a);
	}
	return ok;
}

static bool run(void *settings, char **operands, struct err *e)
{
	const struct settings *s = settings;
	struct arena a = ARENA_INIT;
	struct upstream *all = NULL;
	struct report report;
	struct task task;
	size_t n = 0;
	bool ok;

	(void)operands;
	if (s->list && (s->config.config || s->config.source_files.n > 0))
		return list_names(&s->config, e);
	if (!s->config.config)
		return err_set(e, &err_usage, "no task file is given: name it with -c");
	ok = task_read(&task, s->config.config, e) && config_unlock_task(&task, &s->config, e);
	log_about(task.name, s->config.source ? str_of(s->config.source) : STR_NONE);
	report_init(&report, &task, s->errors, s->warnings);
	for (size_t i = 0; ok && i < task.n_warnings; i++)
		log_warning("%.*s", STR(task.warnings[i]));
	all = arena_array(&a, task.n_instances, sizeof(*all));
	ok = ok && load(all, &n, s, &task, e) &&
	     check(&(struct checking){ .settings = s, .task = &task, .all = all, .n = n, .a = &a }, &report, e);
	for (size_t i = 0; i < n; i++) {
		rules_free(all[i].rules);
		row_filter_free(all[i].row_filter);
		config_release(&all[i].config);
	}
	report_release(&report);
	task_release(&task);
	arena_release(&a);
	return ok;
}

int main(int argc, char **argv)
{
	static struct settings settings = { .errors = 10, .warnings = 10 };
	static const struct tool tool = {
		.name = "dm-check", .line = "find out before a task starts what would stop it",
		.opts = options, .settings = &settings, .run = run,
	};

	return tool_main(&tool, argc, argv);
}
