/*
 * expr.h - boolean expressions over the columns of a row, as MySQL evaluates them.
 *
 * expr_check looks at the text alone; expr_bind reads it for one structure of a table: types and collations are worked out then, and
 * what cannot be evaluated exactly as the server would (a function that is not known, a collation that is not known, a column that is
 * not there) is refused then, by name. expr_ask evaluates it for one row. Literals are utf8mb4 of collation utf8mb4_general_ci, the
 * time zone is UTC. dm-filter(1) lists operators and functions. Pure, but that NOW() is what the caller says. Callers: rules, fuzz.
 *
 * An expr owns its memory; the table it is bound to must outlive it. One thread at a time.
 */
#ifndef RULES_EXPR_H
#define RULES_EXPR_H

#include "schema/table.h"
#include "stream/rows.h"

struct expr;

extern const struct err_kind err_expr_syntax;		/* 20041: no expression */
extern const struct err_kind err_expr_column;		/* 20080: a column that the table lacks */
extern const struct err_kind err_expr_unsupported;	/* 20081: a function, a mix of types */
extern const struct err_kind err_expr_collation;	/* 20082: a collation that is not known, or two of them */
extern const struct err_kind err_expr_row;		/* 36680: this row cannot be told: out of range, an unknown character's weight */
extern const struct err_kind err_expr_partial;		/* 36681: the row lacks a column that is needed */

/* False, err_expr_syntax or err_expr_unsupported, where the text cannot be an expression of any table. */
bool expr_check(struct str text, struct err *e);

/* NULL, with e filled, where the expression does not fit the table. text is copied. */
struct expr *expr_bind(struct str text, const struct table *table, struct err *e);
void expr_free(struct expr *x);

enum expr_truth { EXPR_FALSE, EXPR_TRUE, EXPR_UNKNOWN, EXPR_FAILED };

/* row has a value for each column of the table. now: microseconds since 1970, what NOW() is. EXPR_FAILED: e is filled. */
enum expr_truth expr_ask(struct expr *x, const struct row_value *row, int64_t now, struct err *e);

#endif
