/* dm-load - load a dump, a stream or a directory, into the downstream; see dm-load(1) */
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
	{ OPT_TEXT, 'd', "dir", "DIR", AT(dir), "load the dump in this directory, in place of standard input", 0, 0, NULL },
	{ OPT_LIST, 0, "file-pattern", "REGEX", AT(patterns),
	  "take files whose names match, in a directory; may be repeated", 0, 0, NULL },
	{ OPT_LIST, 0, "file-schema", "TEMPLATE", AT(schemas), "the schema of such a file (default $1)", 0, 0, NULL },
	{ OPT_LIST, 0, "file-table", "TEMPLATE", AT(tables), "the table of such a file (default $2)", 0, 0, NULL },
	{ OPT_LIST, 0, "file-type", "TEMPLATE", AT(types),
	  "what such a file is, as Lightning names its types (default by its name)", 0, 0,
	  NULL },
	{ OPT_TEXT, 0, "csv-separator", "TEXT", AT(form.separator), "what parts the fields of CSV files (default ,)", 0, 0, NULL },
	{ OPT_TEXT, 0, "csv-delimiter", "TEXT", AT(form.delimiter), "what quotes the fields of CSV files (default \")", 0, 0, NULL },
	{ OPT_TEXT, 0, "csv-null-value", "TEXT", AT(form.null_value), "what stands for NULL in CSV files (default \\N)", 0, 0, NULL },
	{ OPT_TEXT, 0, "csv-line-terminator", "TEXT", AT(form.terminator),
	  "what ends the rows of CSV files (default: a newline, with or without a carriage return)", 0, 0, NULL },
	{ OPT_FLAG, 0, "no-header", NULL, AT(form.no_header), "the first row of CSV files is a row", 0, 0, NULL },
	{ OPT_FLAG, 0, "no-backslash-escapes", NULL, AT(form.no_backslash), "a backslash in a dump's files is a backslash", 0, 0, NULL },
	{ OPT_TEXT, 0, "character-set", "NAME", AT(form.charset),
	  "what text in a dump's files is in; binary: each column's own (default: as the files say)", 0, 0, NULL },
	{ OPT_LIST, 0, "route", "PATTERN=TARGET", AT(routes),
	  "send tables of a directory elsewhere, as dm-route does; may be repeated", 0, 0, NULL },
	{ OPT_FLAG, 0, "case-sensitive", NULL, AT(case_sensitive), "tell upper from lower case in patterns", 0, 0, NULL },
	{ OPT_FLAG, 0, "filter-full", NULL, AT(filter_full),
	  "leave out the rows of tables of a directory of which the event filters drop inserts", 0, 0, NULL },
	{ OPT_FLAG, 0, "no-views", NULL, AT(no_views), "make no views", 0, 0, NULL },
	{ OPT_FLAG, 0, "triggers", NULL, AT(triggers), "make the triggers of a directory, once its rows are there", 0, 0, NULL },
	{ OPT_TEXT, 0, "definer", "WHO", AT(definer),
	  "whose rights views and triggers have: drop for the user who loads, keep, or USER@HOST (default drop)", 0, 0, NULL },
	{ OPT_TABLE, 0, NULL, NULL, AT(status), NULL, 0, 0, status_options },
	{ 0 }
};

static struct status status;

static bool load(const struct load_want *want, struct err *e)
{
	struct load_counts counts = { 0 };
	struct report report = { .status = &status, .counts = &counts, .started = clock_ms() };
	bool ok = (want->source.n == 0 || status_begin(&status, want->task, want->source, e)) && status_write(&status, "Running", true, e) &&
		  (want->dir.path ? restore : feed)(want, &report, e);

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
	status_init(&status, &s->status, "Load", &load_metrics);
	ok = config_load(&config, &s->config, false, e) && load_want_init(&want, &config, s, e) && load(&want, e);
	load_want_release(&want);
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
		.name = "dm-load", .line = "load a dump, a stream or a directory, into the downstream",
		.opts = options, .settings = &settings, .run = run, .failed = failed,
	};

	return tool_main(&tool, argc, argv);
}
