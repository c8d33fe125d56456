/* dm-dump - write whole tables, as of one moment, as a stream or as files; see dm-dump(1) */
#include "dump.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/tool.h"
#include "status/progress.h"

#define AT(field) offsetof(struct dump_settings, field)

static const struct opt options[] = {
	{ OPT_TABLE, 0, NULL, NULL, AT(config), NULL, 0, 0, config_options },
	{ OPT_TABLE, 0, NULL, NULL, AT(connection), NULL, 0, 0, connection_options },
	{ OPT_TABLE, 0, NULL, NULL, AT(options), NULL, 0, 0, dump_options },
	{ OPT_TEXT, 'o', "output", "DIR", AT(output), "write files into this directory, in place of a stream", 0, 0, NULL },
	{ OPT_FLAG, 0, "overwrite", NULL, AT(overwrite), "remove the dump that stands in the directory", 0, 0, NULL },
	{ OPT_NUMBER, 0, "lock-wait", "SECONDS", AT(lock_wait),
	  "give up when the global lock cannot be had in this time (default 60)", 1, 31536000, NULL },
	{ OPT_NUMBER, 0, "lock-time", "SECONDS", AT(lock_time),
	  "give up when the global lock is needed for longer (default 60)", 1, 31536000, NULL },
	{ OPT_TABLE, 0, NULL, NULL, AT(status), NULL, 0, 0, status_options },
	{ 0 }
};

static struct status status;

static bool put_end(struct output *out, const char *reason, struct err *e)
{
	struct buf b = BUF_INIT(4096);
	bool ok;

	if (!out->line)
		return true;
	end_line_put(&b, &(struct event_head){ .type = EVENT_END, .reason = str_of(reason) });
	ok = line_put(out->line, buf_str(&b), e) && line_flush(out->line, e);
	buf_release(&b);
	return ok;
}

static bool dump(struct dump_want *want, struct output *out, struct err *e)
{
	struct snapshot snapshot = { 0 };
	struct catalog catalog = { 0 };
	struct report report;
	bool ok;

	ok = status_write(&status, "Running", true, e) && wait_init(e) && snapshot_connect(&snapshot, want, e) &&
	     snapshot_take(&snapshot, want, &catalog, e) &&
	     (want->dir ? directory_begin(&catalog, &snapshot, want, e) : head_put(out, &catalog, &snapshot, want, e)) &&
	     snapshot_settled(&snapshot, want, e);
	if (ok && snapshot.place.file.n > 0)
		log_place(arena_strf(&snapshot.arena, "%.*s:%llu", STR(snapshot.place.file), (unsigned long long)snapshot.place.pos));
	if (ok) {
		wait_until_ms(0);	/* the crew watches the lock from here on */
		report_init(&report, &status, &catalog);
		ok = crew_run(&catalog, &snapshot, out, want, &report, e);
	}
	if (!ok)
		snapshot_explain(&snapshot, want, e);
	if (ok && want->dir && !wait_stopping())
		ok = directory_end(&snapshot, want, e);
	progress_clear();
	catalog_release(&catalog);
	snapshot_release(&snapshot);
	if (stop_asked) {	/* what failed, failed because we stopped */
		err_clear(e);
		return put_end(out, "signal", e) && status_write(&status, "Stopped", true, e);
	}
	return ok && put_end(out, "complete", e);
}

static bool dump_to(struct dump_want *want, struct output *out, struct err *e)
{
	static struct dump_dir dir;
	bool ok;

	if (!want->path)
		return dump(want, out, e);
	out->line = NULL;
	ok = dump_dir_open(&dir, want->path, want->overwrite, e);
	dir.packing = want->packing;
	dir.csv = want->csv;
	dir.data_name = &want->data_name;
	want->dir = &dir;
	ok = ok && dump(want, out, e);
	dump_dir_release(&dir);
	return ok;
}

static bool names_server(const struct connection_settings *s)
{
	return connection_is_named(s) || s->port;
}

static bool run(void *settings, char **operands, struct err *e)
{
	struct dump_settings *s = settings;
	static struct line_out line;
	struct output out = { PTHREAD_MUTEX_INITIALIZER, &line };
	struct config config = { 0 };
	struct dump_want want = { 0 };
	bool ok;

	(void)operands;
	line_out_init(&line, STDOUT_FILENO);
	status_init(&status, &s->status, "Dump", &dump_metrics);
	ok = config_load(&config, &s->config, !names_server(&s->connection), e) &&
	     status_begin(&status, config.task.name, config.source_id, e) && dump_want_init(&want, &config, s, e) && dump_to(&want, &out, e);
	dump_want_release(&want);
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
	static struct dump_settings settings;
	static const struct tool tool = {
		.name = "dm-dump", .line = "write whole tables, as of one moment, as a stream or as files",
		.opts = options, .settings = &settings, .run = run, .failed = failed,
	};

	return tool_main(&tool, argc, argv);
}
