/* setup.c - command line and files to what is wanted: an option wins over the files, those over defaults; see dump.h */
#include "dump.h"

#include <string.h>

#include "base/log.h"
#include "config/units.h"
#include "text/sql_quote.h"

#define THREADS 4
#define ROWS 200000
#define STATEMENT_SIZE 1000000
#define LOCK_SECONDS 60

static uint64_t first_of(uint64_t option, uint64_t configured, uint64_t otherwise)
{
	return option ? option : configured ? configured : otherwise;
}

static bool is_on(enum opt_switch is, bool otherwise)
{
	return is == OPT_UNSAID ? otherwise : is == OPT_ON;
}

static bool set_consistency(struct dump_want *want, const struct dump_options *o, struct err *e)
{
	static const struct { const char *name; enum dump_consistency how; } names[] = {
		{ "auto", CONSISTENCY_AUTO }, { "flush", CONSISTENCY_FLUSH }, { "lock", CONSISTENCY_LOCK },
		{ "snapshot", CONSISTENCY_SNAPSHOT }, { "none", CONSISTENCY_NONE },
	};
	const char *name = o->consistency ? o->consistency : is_on(o->no_locks, false) ? "none" :
			   o->moment ? "snapshot" : "auto";

	want->moment = o->moment ? str_of(o->moment) : STR_LIT("");
	want->block_ddl = is_on(o->block_ddl, false);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i].name) == 0) {
			want->how = names[i].how;
			want->consistent = want->how != CONSISTENCY_NONE;
			return !o->moment || want->how == CONSISTENCY_AUTO || want->how == CONSISTENCY_SNAPSHOT ||
			       err_set(e, &err_usage, "--snapshot is for --consistency snapshot, not %s", name);
		}
	return err_set(e, &err_usage, "--consistency '%s': auto, flush, lock, snapshot and none are known", name);
}

static bool set_rules(struct dump_want *want, const struct config *config, struct err *e)
{
	if (!config->has_task)
		return true;
	want->rules = rules_new(config->task.case_sensitive || (config->has_source && config->source.case_sensitive));
	return rules_of_task(want->rules, &config->task, config->instance, config->has_source ? &config->source : NULL,
			     e);
}

/* They take the place of the block-allow list, as in DM. */
static bool set_filter(struct dump_want *want, const struct dump_options *o, struct err *e)
{
	if (o->filters.n == 0 && o->tables.n == 0)
		return true;
	if (!opt_only_one_of(e, "filter", o->filters.n > 0, "tables-list", o->tables.n > 0, (char *)NULL))
		return false;
	want->filter = table_filter_new();
	for (size_t i = 0; i < o->filters.n; i++) {
		struct str rest = str_of(o->filters.items[i]), rule;

		while (list_next(&rest, &rule, true, &want->arena))
			if (!table_filter_add(want->filter, rule, is_on(o->case_sensitive, false), e))
				return false;
	}
	for (size_t i = 0; i < o->tables.n; i++) {
		struct str rest = str_of(o->tables.items[i]), name;

		while (list_next(&rest, &name, false, &want->arena))
			if (!table_filter_add_name(want->filter, name, e))
				return false;
	}
	return true;
}

/* "64MiB", "1.5GiB", "64": MiB where no unit is said, as with Dumpling. */
static bool set_filesize(struct dump_want *want, const char *text, uint64_t configured, struct err *e)
{
	want->filesize = configured;
	return !text || (units_size(str_of(text), 1 << 20, &want->filesize) && want->filesize > 0) ||
	       err_set(e, &err_usage, "--filesize '%s': no size such as 64MiB", text);
}

/* Those would change what values look like, and with it what is dumped. */
static bool is_ours(struct str name)
{
	static const char *const ours[] = {
		"time_zone", "sql_mode", "character_set_results", "character_set_client", "character_set_connection",
		"collation_connection", "names", "transaction_isolation", "tx_isolation", "autocommit",
	};

	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (str_is_nocase(name, ours[i]))
			return true;
	return false;
}

static bool put_param(struct buf *b, struct str param, struct err *e)
{
	struct str name, value;
	uint64_t number;

	if (!str_cut(param, '=', &name, &value) || name.n == 0)
		return err_set(e, &err_usage, "--params '%.*s': it is no name=value", STR(param));
	name = str_trim(name);
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] != '_' && !((name.p[i] | 32) >= 'a' && (name.p[i] | 32) <= 'z'))
			return err_set(e, &err_usage, "--params '%.*s': '%.*s' is no name of a variable", STR(param), STR(name));
	if (is_ours(name))
		return err_set(e, &err_usage, "--params '%.*s': it would change what is dumped", STR(param));
	buf_putf(b, ", %.*s = ", STR(name));
	if (str_to_u64(value, &number))
		buf_put_str(b, value);
	else
		sql_put_text(b, value, true);
	return true;
}

static bool set_params(struct dump_want *want, const char *text, struct err *e)
{
	struct str rest = str_of(text), one;
	struct buf b = BUF_INIT(1 << 16);
	bool ok = true;

	while (ok && rest.n > 0) {
		if (!str_cut(rest, ',', &one, &rest)) {
			one = rest;
			rest = STR_NONE;
		}
		ok = put_param(&b, one, e);
	}
	want->params = arena_str(&want->arena, buf_str(&b));
	buf_release(&b);
	return ok;
}

static bool set_kind(struct dump_want *want, const struct dump_options *o, struct err *e)
{
	const char *type = o->filetype ? o->filetype : "sql", *pack = o->compress ? o->compress : "";

	want->csv = strcmp(type, "csv") == 0;
	if (!want->csv && strcmp(type, "sql") != 0)
		return err_set(e, &err_usage, "--filetype '%s': sql and csv are known", type);
	if (strcmp(pack, "gzip") == 0 || strcmp(pack, "gz") == 0)
		want->packing = DUMP_GZIP;
	else if (strcmp(pack, "zstd") == 0 || strcmp(pack, "zst") == 0)
		want->packing = DUMP_ZSTD;
	else if (*pack && strcmp(pack, "no-compression") != 0)
		return err_set(e, &err_usage, "--compress '%s': gzip, zstd and no-compression are known", pack);
	return true;
}

/* \r, \n, \t and \\ as they are written on a command line. */
static struct str unescaped(struct arena *a, const char *text)
{
	struct buf b = BUF_INIT(1 << 16);
	struct str s;

	for (; *text; text++) {
		static const char letters[] = "rnt\\", bytes[] = "\r\n\t\\";
		const char *at = text[0] == '\\' && text[1] ? strchr(letters, text[1]) : NULL;

		buf_put_char(&b, at ? bytes[at - letters] : *text);
		text += at ? 1 : 0;
	}
	s = arena_str(a, buf_str(&b));
	buf_release(&b);
	return s;
}

static bool set_csv(struct dump_want *want, const struct dump_options *o, struct err *e)
{
	struct dump_csv *csv = &want->csv_form;

	csv->separator = unescaped(&want->arena, o->separator ? o->separator : ",");
	csv->delimiter = o->delimiter ? str_of(o->delimiter) : STR_LIT("\"");
	csv->null_value = o->null_value ? str_of(o->null_value) : STR_LIT("\\N");
	csv->terminator = unescaped(&want->arena, o->terminator ? o->terminator : "\r\n");
	csv->header = !is_on(o->no_header, false);
	csv->backslash = is_on(o->backslash, true);
	if (csv->separator.n == 0 || csv->terminator.n == 0)
		return err_set(e, &err_usage, "--csv-separator and --csv-line-terminator cannot be empty");
	if (csv->delimiter.n > 0 && str_find(csv->separator, csv->delimiter) != SIZE_MAX)
		return err_set(e, &err_usage, "--csv-separator and --csv-delimiter cannot be told apart");
	return true;
}

static bool set_definer(struct dump_want *want, const char *who, struct err *e)
{
	if (!who || strcmp(who, "keep") == 0)
		return true;
	want->definer = strcmp(who, "drop") == 0 ? DEFINER_DROPPED : DEFINER_REPLACED;
	want->definer_name = str_of(who);
	if (want->definer == DEFINER_REPLACED && !strchr(who, '@'))
		return err_set(e, &err_usage, "--definer '%s': keep, drop and user@host are known", who);
	return true;
}

/* What has no meaning in a stream is not passed over in silence. */
static bool need_directory(const struct dump_settings *s, struct err *e)
{
	const struct dump_options *o = &s->options;
	const struct { const char *name; bool said; } only[] = {
		{ "filesize", o->filesize }, { "statement-size", o->statement_size }, { "filetype", o->filetype },
		{ "compress", o->compress }, { "output-filename-template", o->file_template }, { "overwrite", s->overwrite },
		{ "no-schemas", o->no_schemas }, { "triggers", o->triggers }, { "routines", o->routines },
		{ "events", o->events }, { "no-views=false", o->no_views == OPT_OFF }, { "definer", o->definer }, { "complete-insert", o->complete_insert },
		{ "no-header", o->no_header }, { "csv-separator", o->separator },
		{ "csv-delimiter", o->delimiter }, { "csv-null-value", o->null_value }, { "csv-line-terminator", o->terminator },
	};

	for (size_t i = 0; !s->output && i < sizeof(only) / sizeof(only[0]); i++)
		if (only[i].said)
			return err_set(e, &err_usage, "--%s is for a directory: give --output", only[i].name);
	return true;
}

/* A task's extra-args are of a dump into files, so what is about files only has no meaning here; what would be left out, or made
 * where it is not wanted, has. */
static bool need_no_directory(const struct dump_settings *s, struct err *e)
{
	const struct dump_options *o = &s->options;
	const struct { const char *name; bool said; } only[] = {
		{ "no-schemas", o->no_schemas == OPT_ON }, { "triggers", o->triggers == OPT_ON },
		{ "routines", o->routines == OPT_ON }, { "events", o->events == OPT_ON },
	};

	for (size_t i = 0; !s->output && i < sizeof(only) / sizeof(only[0]); i++)
		if (only[i].said)
			return err_set(e, &err_unsupported, "extra-args: --%s is not supported in a stream: give --output, or take it "
				       "out", only[i].name);
	if (!s->output && o->no_views == OPT_OFF)
		log_warning("extra-args: a stream has no views, whatever --no-views says");
	return true;
}

static bool set_output(struct dump_want *want, const struct dump_settings *s, const struct dump_options *o,
		       const struct config_dump *dump, struct err *e)
{
	want->path = s->output;
	want->overwrite = s->overwrite;
	want->no_schemas = is_on(o->no_schemas, false);
	want->no_data = is_on(o->no_data, false);
	want->no_views = is_on(o->no_views, true);
	want->by_key = o->by_key;
	want->triggers = is_on(o->triggers, false);
	want->routines = is_on(o->routines, false);
	want->events = is_on(o->events, false);
	want->complete_insert = is_on(o->complete_insert, false);
	want->statement_size = first_of(o->statement_size, dump->statement_size, STATEMENT_SIZE);
	return set_kind(want, o, e) && set_csv(want, o, e) && set_definer(want, o->definer, e) &&
	       set_filesize(want, o->filesize, dump->chunk_filesize, e) &&
	       file_template_parse(&want->data_name, str_of(o->file_template), e);
}

static bool set_what(struct dump_want *want, const struct dump_options *o, const struct config_dump *dump, struct err *e)
{
	want->threads = first_of(o->threads, dump->threads, THREADS);
	want->rows = first_of(o->rows, dump->rows, ROWS);
	want->rows_said = o->rows > 0;
	want->where = o->where ? str_of(o->where) : dump->where;
	want->databases = o->databases;
	if (o->transactional == OPT_OFF)
		return err_set(e, &err_unsupported, "--transactional-consistency=false is not supported: a dump is always of one "
			       "moment, or with --consistency none of a window of moments");
	return set_params(want, o->params, e) && set_consistency(want, o, e) && set_filter(want, o, e);
}

bool dump_want_init(struct dump_want *want, struct config *config, struct dump_settings *settings, struct err *e)
{
	static const struct config_dump none;
	const struct config_dump *dump = config->instance ? &config->instance->dump : &none;
	const struct endpoint *from = config->has_source ? &config->source.from : NULL;

	want->started = time(NULL);
	want->source = config->source_id;
	want->check_binlog = config->has_task && config->task.mode != TASK_FULL;
	want->lock_wait = first_of(settings->lock_wait, 0, LOCK_SECONDS);
	want->lock_time = first_of(settings->lock_time, 0, LOCK_SECONDS);
	return need_directory(settings, e) && dump_options_add(&settings->options, dump->extra_args, &want->arena, e) &&
	       need_no_directory(settings, e) &&
	       set_what(want, &settings->options, dump, e) && set_output(want, settings, &settings->options, dump, e) &&
	       set_rules(want, config, e) && config_endpoint(&want->at, &settings->connection, from, &want->arena, e);
}

void dump_want_release(struct dump_want *want)
{
	if (want->rules)
		rules_free(want->rules);
	table_filter_free(want->filter);
	arena_release(&want->arena);
}
