/* dm-load - load a dump that comes as a stream into the downstream; see dm-load(1) */
#include "load.h"

#include "base/tool.h"
#include "status/progress.h"

#define AT(field) offsetof(struct load_settings, field)

static const struct opt options[] = {
	{ OPT_TABLE, 0, NULL, NULL, AT(config), NULL, 0, 0, config_options },
	{ OPT_TABLE, 0, NULL, NULL, AT(connection), NULL, 0, 0, connection_options },
	{ OPT_TEXT, 0, "task", "NAME", AT(task), "keep progress under this task name", 0, 0, NULL },
	{ OPT_TEXT, 0, "meta-schema", "NAME", AT(meta_schema),
	  "keep progress in tables of this schema (default dm_meta)", 0, 0, NULL },
	{ OPT_NUMBER, 't', "threads", "N", AT(threads),
	  "load over at most this many connections (default 16)", 1, 1024, NULL },
	{ OPT_TEXT, 0, "on-duplicate", "HOW", AT(on_duplicate),
	  "what to do about a row that is there: replace, error or ignore (default replace)", 0, 0, NULL },
	{ OPT_TABLE, 0, NULL, NULL, AT(status), NULL, 0, 0, status_options },
	{ 0 }
};

static struct status status;

static bool load(const struct load_want *want, struct err *e)
{
	struct load_counts counts = { 0 };
	struct report report = { .status = &status, .counts = &counts, .started = clock_ms() };
	bool ok = status_write(&status, "Running", true, e) && feed(want, &report, e);

	progress_clear();
	return ok;
}

static bool run(void *settings, char **operands, struct err *e)
{
	const struct load_settings *s = settings;
	struct config config = { 0 };
	struct load_want want = { 0 };
	bool ok;

	(void)operands;
	status_init(&status, s->status.file, "Load");
	ok = config_load(&config, &s->config, false, e) && load_want_init(&want, &config, s, e) && load(&want, e);
	arena_release(&want.arena);
	config_release(&config);
	return ok;
}

static void failed(void *settings, const struct err *e)
{
	(void)settings;
	status_failed(&status, e);
}

int main(int argc, char **argv)
{
	static struct load_settings settings;
	static const struct tool tool = {
		.name = "dm-load", .line = "load a dump that comes as a stream into the downstream",
		.opts = options, .settings = &settings, .run = run, .failed = failed,
	};

	return tool_main(&tool, argc, argv);
}
