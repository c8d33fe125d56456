/*
 * check.h - what the files of dm-check share: the report, and the checks that fill it.
 */
#ifndef DM_CHECK_CHECK_H
#define DM_CHECK_CHECK_H

#include "config/options.h"
#include "mysql/conn.h"
#include "rules/row_filter.h"
#include "rules/rules.h"

struct checked;

/* DM's answer to check-task: {"results":[...],"summary":{...}}; checks that pass are only counted. A report is one thread's: those
 * of several go into one. */
struct report {
	const struct task *task;
	uint64_t max_errors, max_warnings;	/* how many are shown */
	uint64_t errors, warnings;		/* how many are kept */
	struct arena a;
	struct checked *first, **last, *now;	/* now: the check that is being made */
};

void report_init(struct report *r, const struct task *task, uint64_t max_errors, uint64_t max_warnings);
void report_release(struct report *r);

/* False when 'ignore-checking-items' leaves the item out. */
bool report_wants(const struct report *r, const char *item);

/* A check: begin, any number of problems, end. where: the server it is about. */
void report_begin(struct report *r, const char *name, const char *about, struct str where);
void report_problem(struct report *r, bool fatal, const char *way_out, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void report_end(struct report *r);

/* A way out that names what it is about; lives as long as the report. */
const char *report_way(struct report *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Puts the checks of part behind those of r. part is to live as long as r. */
void report_take(struct report *r, struct report *part);

struct report_counts {
	uint64_t total, failed, warned;		/* checks */
	uint64_t passing;			/* of the failed ones, those that may pass when they are tried again */
};
void report_count(const struct report *r, struct report_counts *n);

/* The whole check, where a server did not answer: begin and end are the caller's. */
void report_server(struct report *r, const struct err *why);

/* The same as lines: "warning: NAME: WHERE: what; way out: ..". */
void report_put_text(const struct report *r, struct buf *b);

/* The whole document, with a newline. */
bool report_put(const struct report *r, struct buf *b, struct err *e);

/* What a server estimates of a table. */
struct table_size {
	bool known;
	uint64_t rows, bytes;
};

/* One upstream of the task. */
struct upstream {
	struct config config;
	struct rules *rules;
	struct row_filter *row_filter;
	struct str where;		/* "instance-1 (127.0.0.1:3306)" */
	struct str identity;		/* the same for the same server; "" where it could not be asked */
	struct rules_table *tables;	/* all that are there */
	size_t n_tables;
	struct table_size *sizes;	/* of these, for a plan */
};

/* False only for faults of the configuration; what a server does not have goes into the report. */
bool check_upstream(struct report *r, struct upstream *u, struct arena *a, struct err *e);
void check_foreign_keys(struct report *r, struct upstream *u, struct conn *c);
void check_downstream(struct report *r, const struct task *task, struct arena *a, struct str *identity);

/* What can only be seen with all of them: patterns that match nowhere, one server under two names. */
void check_all(struct report *r, struct upstream *all, size_t n, struct str downstream);

/* Tables that go to one target: do their structures, and the keys that their servers number, go together? */
void check_shards(struct report *r, struct upstream *all, size_t n, struct arena *a);

/* What a user may do, as SHOW GRANTS tells it. */
struct grant {
	struct str privileges;		/* "SELECT, INSERT" */
	struct str schema;		/* a LIKE pattern; "" for *.* */
};
struct grants {
	size_t n;
	struct grant *items;
	bool roles;			/* there are roles, whose grants are not listed */
	struct str user;		/* as GRANT ... TO takes it: 'user'@'host' */
};
bool grants_read(struct grants *g, struct conn *c, struct arena *a, struct err *e);

/* Has the user one of these privileges (a list ended by NULL)? schema "" : everywhere. */
bool grants_have(const struct grants *g, struct str schema, const char *const *privileges);

/* Has the server room for so many connections more? */
void check_connections(struct report *r, struct conn *c, uint64_t n, const char *name, struct str where);

/* Does the log leave out schemas that the task wants? */
void check_logged(struct report *r, struct upstream *u, struct conn *c, struct arena *a);

/* Does the server still have the log where an incremental task is to start? */
void check_meta(struct report *r, struct upstream *u, struct conn *c, struct arena *a);

/* What the account may do. */
void check_privileges(struct report *r, struct upstream *u, struct conn *c, struct arena *a);

/* Who and where, for extra: the connection's own name. */
struct str server_identity(struct conn *c, struct arena *a);

/* --list, for the driver, which reads no YAML: "task NAME", "mode MODE" and a "source ID" a line for each of the task's
 * sources; without a task file "source ID" of each source file. No server is asked. */
bool list_names(const struct config_settings *settings, struct err *e);

#endif
