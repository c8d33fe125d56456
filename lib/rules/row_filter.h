/*
 * row_filter.h - DM's expression filter: rows of a table that are not wanted, by what stands in them.
 *
 * A rule is for one table by its whole name, and says by an expression which INSERTs, UPDATEs or DELETEs go. Expressions are read for a
 * structure when the first row of a kind comes. Pure. Callers: dm-filter, dm-check.
 */
#ifndef RULES_ROW_FILTER_H
#define RULES_ROW_FILTER_H

#include "config/task.h"
#include "rules/expr.h"

struct row_filter;
struct row_exprs;		/* the rules of one table, for one structure of it */

struct row_filter *row_filter_new(void);
void row_filter_free(struct row_filter *f);

/* Those of a task's source. False, err_expr_syntax or so, where one is no expression. */
bool row_filter_of_task(struct row_filter *f, const struct task *task, const struct task_instance *instance, struct err *e);

/* By option: "SCHEMA.TABLE:EXPRESSION", for one kind of change. */
enum row_expr { ROW_INSERT, ROW_OLD, ROW_NEW, ROW_DELETE };
bool row_filter_add(struct row_filter *f, struct str text, enum row_expr kind, struct err *e);

/* Has the table any rule? */
bool row_filter_has(const struct row_filter *f, struct str schema, struct str table);
bool row_filter_is_empty(const struct row_filter *f);

/* Each table that has rules, once: at = 0 at first. False behind the last. */
bool row_filter_next(const struct row_filter *f, size_t *at, struct str *schema, struct str *table);

/* Owns a copy of the structure. */
struct row_exprs *row_exprs_new(const struct row_filter *f, const struct table *table);
void row_exprs_free(struct row_exprs *x);
const struct table *row_exprs_table(const struct row_exprs *x);

/* Do all expressions fit the table? False, e filled with the rule's name, for the first that does not. */
bool row_exprs_check(struct row_exprs *x, struct err *e);

/* Has the table rules for such changes? */
bool row_exprs_has(const struct row_exprs *x, enum event_type type);

enum row_verdict { ROW_KEEP, ROW_DROP, ROW_FAILED };

/* before and after as rows.h gives them; now: microseconds since 1970. A rule drops an UPDATE where both of its expressions that there
 * are hold; any rule that holds drops a row. */
enum row_verdict row_exprs_ask(struct row_exprs *x, enum event_type type, const struct row_value *before, const struct row_value *after,
			       int64_t now, struct err *e);

/* Is this row one that the rules for INSERT drop? For an UPDATE that is to count as a DELETE and an INSERT. */
enum row_verdict row_exprs_ask_image(struct row_exprs *x, const struct row_value *row, int64_t now, struct err *e);

#endif
