/* dm-dump - write whole tables, as of one moment, as a stream; see dm-dump(1) */
#include "dump.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/tool.h"
#include "status/progress.h"

#define AT(field) offsetof(struct dump_settings, field)

static const struct opt options[] = {
	{ OPT_TABLE, 0, NULL, NULL, AT(config), NULL, 0, 0, config_options },
	{ OPT_TABLE, 0, NULL, NULL, AT(connection), NULL, 0, 0, connection_options },
	{ OPT_NUMBER, 't', "threads", "N", AT(threads), "read over this many connections (default 4)", 1, 256, NULL },
	{ OPT_NUMBER, 'r', "rows", "N", AT(rows),
	  "cut tables into chunks of at most about this many rows (default 200000)", 1, 0, NULL },
	{ OPT_LIST, 'B', "database", "NAME", AT(databases), "dump only this schema; may be repeated", 0, 0, NULL },
	{ OPT_TEXT, 0, "where", "CONDITION", AT(where),
	  "dump only the rows for which this SQL condition holds", 0, 0, NULL },
	{ OPT_TEXT, 0, "consistency", "HOW", AT(consistency),
	  "auto or flush: one moment, by a short global lock; none: no lock, a window of moments (default auto)",
	  0, 0, NULL },
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

	end_line_put(&b, &(struct event_head){ .type = EVENT_END, .reason = str_of(reason) });
	ok = line_put(out->line, buf_str(&b), e) && line_flush(out->line, e);
	buf_release(&b);
	return ok;
}

static bool dump(const struct dump_want *want, struct output *out, struct err *e)
{
	struct snapshot snapshot = { 0 };
	struct catalog catalog = { 0 };
	struct report report;
	bool ok;

	ok = status_write(&status, "Running", true, e) && wait_init(e) && snapshot_connect(&snapshot, want, e) &&
	     catalog_schemas(&catalog, &snapshot.control, want, e) && snapshot_take(&snapshot, want, &catalog, e) &&
	     head_put(out, &catalog, &snapshot, want, e);
	if (ok) {
		report_init(&report, &status, &catalog);
		ok = crew_run(&catalog, &snapshot, out, want, &report, e);
	}
	progress_clear();
	catalog_release(&catalog);
	snapshot_release(&snapshot);
	if (stop_asked) {	/* what failed, failed because we stopped */
		err_clear(e);
		return put_end(out, "signal", e) && status_write(&status, "Stopped", true, e);
	}
	return ok && put_end(out, "complete", e);
}

static bool names_server(const struct connection_settings *s)
{
	return s->host || s->socket || s->port;
}

static bool run(void *settings, char **operands, struct err *e)
{
	const struct dump_settings *s = settings;
	static struct line_out line;
	struct output out = { PTHREAD_MUTEX_INITIALIZER, &line };
	struct config config = { 0 };
	struct dump_want want = { 0 };
	bool ok;

	(void)operands;
	line_out_init(&line, STDOUT_FILENO);
	status_init(&status, s->status.file, "Dump");
	ok = config_load(&config, &s->config, !names_server(&s->connection), e) &&
	     dump_want_init(&want, &config, s, e) && dump(&want, &out, e);
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
		.name = "dm-dump", .line = "write whole tables, as of one moment, as a stream",
		.opts = options, .settings = &settings, .run = run, .failed = failed,
	};

	return tool_main(&tool, argc, argv);
}
