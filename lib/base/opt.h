/*
 * opt.h - the options of a tool, as data.
 *
 * The table is the only place that knows an option: parsing, --help, --help=options (for completion and the
 * man page test) and the checks read it. Options may stand before and after operands; "--" ends them.
 * Secrets are never options. Callers: tool.c, tools (the tables), config (a table that tools splice in).
 */
#ifndef BASE_OPT_H
#define BASE_OPT_H

#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

enum opt_kind {
	OPT_DONE,	/* ends a table */
	OPT_FLAG,	/* bool */
	OPT_SWITCH,	/* enum opt_switch: --name, --name=true, --name=false */
	OPT_TEXT,	/* const char *, borrowed from argv */
	OPT_NUMBER,	/* uint64_t, from min to max (max 0: no ceiling) */
	OPT_LIST,	/* struct opt_list; may be repeated */
	OPT_TABLE,	/* splices another table in; offset is where its struct starts */
};

enum opt_switch { OPT_UNSAID, OPT_ON, OPT_OFF };

struct opt_list {
	const char **items;	/* borrowed from argv; the array is the tool's, for the life of the process */
	size_t n;
};

struct opt {
	enum opt_kind kind;
	char letter;		/* 0: none */
	const char *name;	/* without the dashes */
	const char *arg;	/* "FILE"; NULL for flags */
	size_t offset;		/* in the struct of settings */
	const char *help;	/* one sentence, the same on the man page */
	uint64_t min, max;	/* OPT_NUMBER */
	const struct opt *table;	/* OPT_TABLE */
};

/* Fills settings from argv[1...]; operands are moved to the front of operands (argc pointers of room) and
 * ended by NULL. A mistake fills e with err_usage. --help and --version are the tool's, not this table's. */
bool opt_parse(const struct opt *table, void *settings, char **argv, char **operands, struct err *e);

/* False, with e filled, when more than one of the given (name, set) pairs is set. The list ends with NULL. */
bool opt_only_one_of(struct err *e, const char *name, bool set, ...) __attribute__((sentinel));

/* Calls see(option, context) for every option of the table, spliced ones too. */
void opt_walk(const struct opt *table, void (*see)(const struct opt *, void *), void *context);

/* Adds to a list by hand, as a repeated option does. */
void opt_list_add(struct opt_list *list, const char *item);

#endif
