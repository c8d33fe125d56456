/* dm-relay - read a server's binary log, or log files, as a stream of changes; see dm-relay(1) */
#include "base/tool.h"
#include "moment.h"
#include "purge.h"
#include "relay.h"

#define AT(field) offsetof(struct relay_settings, field)

static const struct opt options[] = {
	{ OPT_TABLE, 0, NULL, NULL, AT(config), NULL, 0, 0, config_options },
	{ OPT_TABLE, 0, NULL, NULL, AT(connection), NULL, 0, 0, connection_options },
	{ OPT_TEXT, 0, "start", "PLACE", AT(start),
	  "start at this FILE:OFFSET or set of GTIDs, not at a resume document on standard input", 0, 0, NULL },
	{ OPT_TEXT, 0, "until", "PLACE", AT(until),
	  "end at the first transaction boundary that is not before this FILE:OFFSET, or caught-up: the upstream's "
		"place at the start",
	  0, 0, NULL },
	{ OPT_NUMBER, 0, "server-id", "N", AT(server_id), "be this replica to the upstream (default: a free number)",
		1, UINT32_MAX, NULL },
	{ OPT_TEXT, 0, "relay-dir", "DIR", AT(relay_dir),
	  "read from the relay log in this folder, or keep it there", 0, 0, NULL },
	{ OPT_FLAG, 0, "pull", NULL, AT(pull), "keep the upstream's log in the relay log, and write no stream", 0, 0,
	  NULL },
	{ OPT_FLAG, 0, "accept-reset", NULL, AT(accept_reset),
	  "where the upstream has begun its log anew, go on pulling in a new sub-directory", 0, 0, NULL },
	{ OPT_TEXT, 0, "purge-before", "FILE", AT(purge_before),
	  "remove the logs of the relay log that are older than this one, but for those that a reader needs, and end",
	  0, 0, NULL },
	{ OPT_TEXT, 0, "find-time", "TIME", AT(find_time),
	  "print where the server's log was at this time, and end", 0, 0, NULL },
	{ OPT_LIST, 0, "keep-for", "FILE", AT(keep_for),
	  "purge nothing that this task, or any in this folder of tasks, needs from its checkpoint on; may be repeated", 0, 0, NULL },
	{ OPT_LIST, 0, "schema", "FILE", AT(schema_files),
	  "know the tables of this file, as they were at the place to start at; may be repeated", 0, 0, NULL },
	{ OPT_TABLE, 0, NULL, NULL, AT(status), NULL, 0, 0, status_options },
	{ 0 }
};

static struct relay relay;

/* What was whole before a fault is still good; the first error stays. */
static bool finish(bool ok, struct err *e)
{
	struct err later = { 0 };

	if (!ok) {
		out_flush(&relay.out, &later);
		return false;
	}
	return report(&relay, strcmp(relay.ended ? relay.ended : "", "signal") == 0 ? "Stopped" : "Finished", true, e);
}

static bool run(void *settings, char **operands, struct err *e)
{
	const struct relay_settings *s = settings;
	bool ok;

	relay_init(&relay, s);
	if (operands[0] && (s->relay_dir || s->pull))
		ok = err_set(e, &err_usage, "log files and a relay log are given; choose one");
	else if (s->accept_reset && !s->pull)
		ok = err_set(e, &err_usage, "--accept-reset is for --pull");
	else if (s->purge_before && (s->pull || !s->relay_dir))
		ok = err_set(e, &err_usage, "--purge-before needs --relay-dir, and goes without --pull");
	else if (s->keep_for.n > 0 && !s->pull && !s->purge_before)
		ok = err_set(e, &err_usage, "--keep-for is for --pull and --purge-before");
	else if (s->find_time && (s->pull || s->relay_dir || s->purge_before || s->start || s->until || operands[0]))
		ok = err_set(e, &err_usage, "--find-time goes with a server only");
	else if (s->find_time)
		ok = moment_run(s, e);
	else if (s->purge_before)
		ok = purge_run(s, e);
	else if (s->pull)
		ok = pull_run(&relay, s, e);
	else if (s->relay_dir)
		ok = follow_run(&relay, s, e);
	else if (operands[0] && (connection_is_named(&s->connection) || s->config.config))
		ok = err_set(e, &err_usage, "log files and a server are given; choose one");
	else
		ok = operands[0] ? files_run(&relay, s, operands, e) : live_run(&relay, s, e);
	ok = finish(ok, e);
	relay_release(&relay);
	return ok;
}

static void failed(void *settings, const struct err *e)
{
	(void)settings;
	report_failed(&relay, e);
}

int main(int argc, char **argv)
{
	static struct relay_settings settings;
	static const struct tool tool = {
		.name = "dm-relay", .line = "read a server's binary log, or log files, as a stream of changes",
		.operands = "[FILE ...]", .opts = options, .settings = &settings, .run = run, .failed = failed,
	};

	return tool_main(&tool, argc, argv);
}
