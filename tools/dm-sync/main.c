/* dm-sync - apply a stream of changes downstream, exactly once; see dm-sync(1) */
#include "apply.h"

#include <errno.h>
#include <poll.h>
#include <sys/resource.h>

#include "base/log.h"
#include "base/tool.h"
#include "config/options.h"

#define META_SCHEMA "dm_meta"
#define BATCH 100
#define WORKERS 16
#define QUEUE 1024
#define FLUSH_SECONDS 5
#define LOOK_MS 1000

struct settings {
	struct config_settings config;
	struct connection_settings connection;
	struct status_settings status;
	const char *task, *meta_schema, *on_missing, *shard_mode, *spool_dir;
	uint64_t batch, workers;
	bool safe_mode, atomic;
};

static const struct opt options[] = {
	{ OPT_TABLE, 0, NULL, NULL, offsetof(struct settings, config), NULL, 0, 0, config_options },
	{ OPT_TABLE, 0, NULL, NULL, offsetof(struct settings, connection), NULL, 0, 0, connection_options },
	{ OPT_TEXT, 0, "task", "NAME", offsetof(struct settings, task), "keep the checkpoint under this name",
	  0, 0, NULL },
	{ OPT_TEXT, 0, "meta-schema", "NAME", offsetof(struct settings, meta_schema),
	  "keep the checkpoint in this schema", 0, 0, NULL },
	{ OPT_NUMBER, 0, "batch", "ROWS", offsetof(struct settings, batch),
	  "let a downstream transaction hold about this many rows", 1, 1000000, NULL },
	{ OPT_NUMBER, 'j', "workers", "N", offsetof(struct settings, workers),
	  "apply over this many connections at the same time", 1, 1000, NULL },
	{ OPT_FLAG, 0, "atomic", NULL, offsetof(struct settings, atomic),
	  "keep each upstream transaction whole, and in order", 0, 0, NULL },
	{ OPT_FLAG, 0, "safe-mode", NULL, offsetof(struct settings, safe_mode), "replace rows that are there already",
	  0, 0, NULL },
	{ OPT_TEXT, 0, "on-missing", "WHAT", offsetof(struct settings, on_missing),
	  "when a row to change is not there: error, warn or upsert", 0, 0, NULL },
	{ OPT_TEXT, 0, "shard-mode", "MODE", offsetof(struct settings, shard_mode),
	  "coordinate DDL of tables that are merged: pessimistic or optimistic", 0, 0, NULL },
	{ OPT_TEXT, 0, "spool-dir", "DIR", offsetof(struct settings, spool_dir),
	  "keep rows that wait for other shards in files in this directory", 0, 0, NULL },
	{ OPT_TABLE, 0, NULL, NULL, offsetof(struct settings, status), NULL, 0, 0, status_options },
	{ 0 }
};

static struct sync work;

/* The main connection waits for its server: the status file tells how long. The library's limit is for the start only. */
static int wait_io(int fd, bool is_read, int timeout_ms)
{
	struct pollfd p = { .fd = fd, .events = is_read ? POLLIN : POLLOUT };
	int ready, left = timeout_ms;

	for (;;) {
		int step = left < 0 || left > LOOK_MS ? LOOK_MS : left;

		do
			ready = poll(&p, 1, step);
		while (ready < 0 && errno == EINTR);
		if (ready != 0 || step == left)
			return ready;
		left -= left < 0 ? 0 : step;
		sync_report_wait(&work);
	}
}

static bool missing_of(const char *word, enum on_missing *what, struct err *e)
{
	*what = MISSING_ERROR;
	if (word && strcmp(word, "warn") == 0)
		*what = MISSING_WARN;
	else if (word && strcmp(word, "upsert") == 0)
		*what = MISSING_UPSERT;
	else if (word && strcmp(word, "error") != 0)
		return err_set(e, &err_usage, "--on-missing is error, warn or upsert, not '%s'", word);
	return true;
}

/* Many tables may wait, each with a file. */
static bool settle_shards(struct sync *s, const struct settings *set, const struct config *config, struct err *e)
{
	struct str mode = set->shard_mode ? str_of(set->shard_mode) : config->has_task ? config->task.shard_mode : STR_LIT("");
	struct rlimit files;
	struct str *names;

	if (!shard_mode_parse(&s->shard.mode, mode))
		return err_set(e, &err_usage, "--shard-mode is pessimistic or optimistic, not '%.*s'", STR(mode));
	s->shard.strict = config->has_task && config->task.strict_optimistic;
	s->shard.spool_dir = set->spool_dir;
	if (config->instance) {
		s->shard.rules = rules_new(config->task.case_sensitive || (config->has_source && config->source.case_sensitive));
		if (!rules_of_task(s->shard.rules, &config->task, config->instance, config->has_source ? &config->source : NULL, e))
			return false;
	}
	if (s->shard.mode == SHARD_NONE)
		return true;
	if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
		files.rlim_cur = files.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &files) != 0)
			log_debug("the limit of open files stays");
	}
	if (!config->has_task)
		return true;
	names = arena_array(&s->shard.names, config->task.n_instances + 1, sizeof(*names));
	for (size_t i = 0; i < config->task.n_instances; i++)
		names[i] = config->task.instances[i].source_id;
	s->shard.sources = names;
	s->shard.n_sources = config->task.n_instances;
	return true;
}

/* The task's own settings, and the command line over them. */
static bool settle(struct sync *s, const struct settings *set, const struct config *config, struct err *e)
{
	const struct config_sync *sync = config->instance ? &config->instance->sync : NULL;
	uint64_t seconds = sync && sync->checkpoint_flush_interval ? sync->checkpoint_flush_interval : FLUSH_SECONDS;

	s->task = set->task ? str_of(set->task) : config->has_task ? config->task.name : STR_NONE;
	log_about(s->task, config->source_id);
	s->meta_schema = set->meta_schema ? str_of(set->meta_schema) : config->has_task ? config->task.meta_schema :
			 STR_LIT(META_SCHEMA);
	s->source = config->source_id;
	s->batch = set->batch ? set->batch : sync && sync->batch ? sync->batch : BATCH;
	s->atomic = set->atomic;
	s->crew.n = (unsigned)(set->workers ? set->workers : sync && sync->worker_count ? sync->worker_count : WORKERS);
	s->window = (sync && sync->queue_size ? sync->queue_size : QUEUE) * s->crew.n;
	s->compact = !sync || sync->compact;
	s->crew.apart = sync && !sync->multiple_rows;
	s->safe_mode = set->safe_mode || (sync && sync->safe_mode);
	s->idle_ms = (int64_t)(seconds < FLUSH_SECONDS ? seconds : FLUSH_SECONDS) * 1000;
	if (s->task.n == 0)
		return err_set(e, &err_usage, "no task is given: name one with --task, or a task file with -c");
	return settle_shards(s, set, config, e);
}

static bool synchronise(const struct settings *set, const struct config *config, enum on_missing missing, struct err *e)
{
	static struct line_in in;
	struct arena a = ARENA_INIT;
	struct endpoint at;
	struct conn_want want = {
		.at = &at, .scope = SCOPE_DOWNSTREAM, .sql_mode = STR_LIT(SYNC_SQL_MODE), .found_rows = true,
	};
	bool ok;

	sync_init(&work, &set->status, missing);
	work.in = &in;
	work.crew.want = want;		/* its threads wait in the library */
	want.io_wait = wait_io;
	work.crew.on_missing = missing;
	line_open(&in, NULL);
	ok = settle(&work, set, config, e) &&
	     (work.source.n == 0 || status_begin(&work.report.status, work.task, work.source, e)) &&
	     config_endpoint(&at, &set->connection, config->has_task ? &config->task.target : NULL, &a, e) &&
	     target_open(&work.target, &want, e) &&
	     sync_run(&work, e);
	if (!ok)
		report_failed(&work.report, e);
	sync_release(&work);
	target_release(&work.target);
	arena_release(&a);
	return ok;
}

static bool run(void *settings, char **operands, struct err *e)
{
	const struct settings *set = settings;
	struct config config;
	enum on_missing missing = MISSING_ERROR;
	bool ok;

	(void)operands;
	if (!missing_of(set->on_missing, &missing, e))
		return false;
	ok = config_load(&config, &set->config, false, e) && synchronise(set, &config, missing, e);
	config_release(&config);
	return ok;
}

int main(int argc, char **argv)
{
	static struct settings settings;
	static const struct tool tool = {
		.name = "dm-sync", .line = "apply a stream of changes downstream, exactly once",
		.opts = options, .settings = &settings, .run = run,
	};

	return tool_main(&tool, argc, argv);
}
