/*
 * rules.h - which tables and statements a task wants, and where it sends them: pure functions over names.
 *
 * A struct rules is one source's part of a task: block-allow list, event filters, routes. Built from a task file by
 * rules_of_task, or from options by rules_add_*. What DM drops or guesses silently (a bad filter, two routes for a
 * table) is an error here; see DIFFERENCES FROM DM in dm(7). Answers about a table are kept, so a stream asks once a
 * table. Semantics: DM's block-allow list, binlog event filter and table router. Callers: dm-filter, dm-route,
 * dm-dump, dm-sync, dm-check.
 */
#ifndef RULES_RULES_H
#define RULES_RULES_H

#include "config/task.h"
#include "schema/ddl.h"

struct rules;

enum rules_answer { RULES_KEEP, RULES_DROP, RULES_ERROR }; /* RULES_ERROR: a filter's action is Error; e is filled */

/* Never NULL on true. case_sensitive as the task and the source say. */
struct rules *rules_new(bool case_sensitive);
void rules_free(struct rules *r);

/* Everything that instance of task refers to, and source's own filters (NULL: none). */
bool rules_of_task(struct rules *r, const struct task *task, const struct task_instance *instance,
		   const struct source *source, struct err *e);

/* By options: "store_*", "user.log_bak" (split at the first dot outside of quotes or classes),
 * "store_*.sale_*=store.sale". */
bool rules_add_do_db(struct rules *r, struct str pattern, struct err *e);
bool rules_add_ignore_db(struct rules *r, struct str pattern, struct err *e);
bool rules_add_do_table(struct rules *r, struct str pattern, struct err *e);
bool rules_add_ignore_table(struct rules *r, struct str pattern, struct err *e);
bool rules_add_filter(struct rules *r, const struct config_filter *filter, struct err *e);
bool rules_add_route(struct rules *r, struct str text, struct err *e);

/* Block-allow list. System schemas are never wanted. */
bool rules_want_schema(struct rules *r, struct str schema);
bool rules_want_table(struct rules *r, struct str schema, struct str table);

/* Event filter for row changes: event is "insert", "update" or "delete". */
enum rules_answer rules_want_rows(struct rules *r, struct str schema, struct str table, const char *event,
				  struct err *e);

/* Event filter for one table (or, table "", a schema) of a statement: kind is a name of the event filter, sql the
 * whole statement. */
enum rules_answer rules_want_ddl(struct rules *r, struct str schema, struct str table, struct str kind, struct str sql,
				 struct err *e);

/* The same for an event that has several names: a rule may list any of them, classes are those of the first. Names that are
 * NULL are none. */
#define RULES_NAMES_MAX 3
enum rules_answer rules_want_change(struct rules *r, struct str schema, struct str table,
				    const char *const names[RULES_NAMES_MAX], struct str sql, struct err *e);

/* Is there any event filter? */
bool rules_has_filters(const struct rules *r);

/* Where a table (table "": a schema) goes; the caller's own names where no rule says otherwise, else borrowed from r.
 * False: two rules claim it. */
bool rules_route(struct rules *r, struct str schema, struct str table, struct str *to_schema, struct str *to_table,
		 struct err *e);

/* The columns that the route of a table adds to its rows (extract-table, extract-schema, extract-source), in this order, with their
 * values. Names are borrowed from r, values live in a. */
#define RULES_EXTRACTS_MAX 3
struct rules_place {
	struct str schema, table, source;
};
struct rules_column {
	struct str name, value;
};
size_t rules_extract(struct rules *r, struct arena *a, const struct rules_place *of, struct rules_column columns[RULES_EXTRACTS_MAX]);

/* True when the rule that takes a table may send several tables to one target: what is done to the target as a whole
 * is then done to all. */
bool rules_merges(struct rules *r, struct str schema, struct str table);

/* A statement that cannot be understood, and may be about what is wanted. */
extern const struct err_kind err_statement_unknown;

/* Lint over the tables that are really there. Each finding is one call of warn.
 * rules_lint: a table that matches no rule for tables though others of its schema do, a filter that keeps nothing.
 * False, e filled, where two routes claim one table, or targets differ only in case.
 * rules_lint_patterns: a pattern that matches no table, a class that looks like a range of numbers. With several
 * sources, tables are those of all of them: a pattern may be meant for another one. */
struct rules_table { struct str schema, table; };
bool rules_lint(struct rules *r, const struct rules_table *tables, size_t n,
		void (*warn)(void *context, const char *text), void *context, struct err *e);
void rules_lint_patterns(struct rules *r, const struct rules_table *tables, size_t n,
			 void (*warn)(void *context, const char *text), void *context);

#endif
