/* options.c - what is dumped and how: Dumpling's names and defaults; see dump.h */
#include "dump.h"

#include <stdlib.h>

#include "base/tool.h"

#define AT(field) offsetof(struct dump_options, field)
#define SWITCH(letter, name, field, help) { OPT_SWITCH, letter, name, NULL, AT(field), help, 0, 0, NULL }
#define TEXT(letter, name, arg, field, help) { OPT_TEXT, letter, name, arg, AT(field), help, 0, 0, NULL }

const struct opt dump_options[] = {
	{ OPT_NUMBER, 't', "threads", "N", AT(threads), "read over this many connections (default 4)", 1, 256, NULL },
	{ OPT_NUMBER, 'r', "rows", "N", AT(rows),
	  "cut tables into chunks of at most about this many rows (default 200000)", 1, 0, NULL },
	TEXT('F', "filesize", "SIZE", filesize, "begin a new file when one passes this size: 64MiB, 1GB (default: one a chunk)"),
	{ OPT_NUMBER, 0, "statement-size", "BYTES", AT(statement_size),
	  "end an INSERT when it passes this size (default 1000000)", 1, 0, NULL },
	{ OPT_LIST, 'B', "database", "NAMES", AT(databases), "dump only these schemas, parted by commas; may be repeated", 0, 0, NULL },
	{ OPT_LIST, 'T', "tables-list", "NAMES", AT(tables),
	  "dump only these tables, schema.table, parted by commas; may be repeated", 0, 0, NULL },
	{ OPT_LIST, 'f', "filter", "RULES", AT(filters),
	  "dump only the tables that these rules of table-filter want, parted by commas; may be repeated, the last that matches decides",
	  0, 0, NULL },
	SWITCH(0, "case-sensitive", case_sensitive, "tell upper from lower case in --filter"),
	TEXT(0, "where", "CONDITION", where, "dump only the rows for which this SQL condition holds"),
	TEXT(0, "consistency", "HOW", consistency,
	     "auto, flush, lock or snapshot: one moment; none: no lock, a window of moments (default auto)"),
	TEXT(0, "snapshot", "MOMENT", moment, "of TiDB, dump what there was at this timestamp (TSO) or time, in UTC"),
	SWITCH(0, "block-ddl", block_ddl, "keep others from DDL until the dump is done, so that none fails it (default false)"),
	SWITCH(0, "no-locks", no_locks, "the same as --consistency none"),
	SWITCH(0, "transactional-consistency", transactional, "false is not supported: it would change nothing here"),
	TEXT(0, "params", "NAME=VALUE", params, "set these session variables while dumping, parted by commas"),
	TEXT(0, "filetype", "KIND", filetype, "write sql or csv (default sql)"),
	TEXT(0, "compress", "HOW", compress, "compress files: gzip, zstd or no-compression"),
	TEXT(0, "output-filename-template", "TEXT", file_template,
	     "name data files by {{.DB}}, {{.Table}} and {{.Index}} (default {{fn .DB}}.{{fn .Table}}.{{.Index}})"),
	SWITCH('m', "no-schemas", no_schemas, "write no structures"),
	SWITCH('d', "no-data", no_data, "write no rows"),
	SWITCH('W', "no-views", no_views, "write no views (default true)"),
	SWITCH(0, "triggers", triggers, "write triggers (default false)"),
	SWITCH(0, "routines", routines, "write procedures and functions (default false)"),
	SWITCH(0, "events", events, "write events (default false)"),
	TEXT(0, "definer", "WHO", definer, "keep or drop the DEFINER of views and programs, or put USER@HOST (default keep)"),
	SWITCH(0, "order-by-primary-key", by_key, "sort the rows of each chunk by the primary key (default true)"),
	SWITCH(0, "complete-insert", complete_insert, "name the columns in each INSERT (default false)"),
	SWITCH(0, "escape-backslash", backslash, "escape with backslashes (default true)"),
	SWITCH(0, "no-header", no_header, "write no head line with the names of columns into CSV (default false)"),
	TEXT(0, "csv-separator", "TEXT", separator, "part the fields of CSV by this (default ,)"),
	TEXT(0, "csv-delimiter", "TEXT", delimiter, "put this around the fields of CSV (default \")"),
	TEXT(0, "csv-null-value", "TEXT", null_value, "write NULL so into CSV (default \\N)"),
	TEXT(0, "csv-line-terminator", "TEXT", terminator, "end the lines of CSV so; \\r and \\n are understood (default \\r\\n)"),
	{ 0 }
};

/* What extra-args say in DM, where -s is not the source. */
static const struct opt extra_options[] = {
	{ OPT_NUMBER, 's', "statement-size", "BYTES", AT(statement_size), "", 1, 0, NULL },
	{ OPT_TABLE, 0, NULL, NULL, 0, NULL, 0, 0, dump_options },
	{ 0 }
};

/* Words parted by space; quotes and backslashes as in a shell. NULL: a quote is not closed. */
static const char *next_word(const char **at, struct arena *a)
{
	struct buf word = BUF_INIT(1 << 20);
	const char *copy;
	char quote = 0;

	while (**at == ' ' || **at == '\t' || **at == '\n')
		++*at;
	for (; **at && (quote || !strchr(" \t\n", **at)); ++*at) {
		char c = **at;

		if (quote ? c == quote : c == '\'' || c == '"') {
			quote = quote ? 0 : c;
			continue;
		}
		if (c == '\\' && quote != '\'' && (*at)[1])
			c = *++*at;
		buf_put_char(&word, c);
	}
	if (quote) {
		buf_release(&word);
		return NULL;
	}
	copy = arena_str(a, buf_str(&word)).p;
	buf_release(&word);
	return copy;
}

static void take_over(struct dump_options *over, const struct dump_options *extra)
{
#define NUMBER(field) over->field = over->field ? over->field : extra->field
#define LIST(field) over->field = over->field.n ? over->field : extra->field
	NUMBER(threads), NUMBER(rows), NUMBER(statement_size);
	LIST(databases), LIST(tables), LIST(filters);
	NUMBER(where), NUMBER(consistency), NUMBER(moment), NUMBER(block_ddl), NUMBER(filesize), NUMBER(filetype), NUMBER(compress), NUMBER(file_template);
	NUMBER(params), NUMBER(definer), NUMBER(separator), NUMBER(delimiter), NUMBER(null_value), NUMBER(terminator);
	NUMBER(no_header), NUMBER(no_schemas), NUMBER(no_data), NUMBER(no_views), NUMBER(by_key), NUMBER(complete_insert);
	NUMBER(backslash), NUMBER(case_sensitive), NUMBER(no_locks), NUMBER(transactional), NUMBER(triggers);
	NUMBER(routines), NUMBER(events);
#undef NUMBER
#undef LIST
}

bool dump_options_add(struct dump_options *over, struct str extra_args, struct arena *a, struct err *e)
{
	struct dump_options extra = { 0 };
	struct opt_list words = { 0 };
	const char *at = arena_str(a, extra_args).p;
	char **operands;
	bool ok;

	opt_list_add(&words, "extra-args");
	while (at && *at) {
		const char *word = next_word(&at, a);

		if (!word) {
			free(words.items);
			return err_set(e, &err_usage, "extra-args '%.*s': a quote is not closed", STR(extra_args));
		}
		if (*word || *at)
			opt_list_add(&words, word);
	}
	opt_list_add(&words, NULL);
	operands = mem_array(words.n, sizeof(*operands));
	ok = opt_parse(extra_options, &extra, (char **)words.items, operands, e) || err_at(e, "extra-args '%.*s'", STR(extra_args));
	if (ok && operands[0])
		ok = err_set(e, &err_usage, "extra-args '%.*s': '%s' is no option", STR(extra_args), operands[0]);
	if (ok)
		take_over(over, &extra);
	free(operands);
	free(words.items);
	return ok;
}
