/*
 * expr_parts.h - what an expression is made of. Internal to the room.
 *
 * Text -> nodes (expr_parse.c) -> nodes with types and how to evaluate them (expr_bind.c, expr_compare.c, the functions' files) ->
 * values, row by row.
 */
#ifndef RULES_EXPR_PARTS_H
#define RULES_EXPR_PARTS_H

#include <openssl/evp.h>

#include "rules/exact.h"
#include "rules/expr.h"
#include "text/collate.h"

enum expr_type {
	TYPE_NULL, TYPE_INT, TYPE_UINT, TYPE_EXACT, TYPE_REAL, TYPE_TEXT, TYPE_DATE, TYPE_TIME, TYPE_DATETIME, TYPE_JSON,
};

/* DATE, TIME and DATETIME. A TIME may have 838 hours, and be negative. */
struct moment {
	int year;
	unsigned month, day, hour, minute, second, micro;
	bool negative;
};

struct value {
	bool null;
	wide i;			/* TYPE_INT, TYPE_UINT */
	double r;
	struct exact x;
	struct str s;		/* TYPE_TEXT; TYPE_JSON: the document's text */
	struct moment t;
};

/* Who wins where two collations meet: the lower. */
enum strength { STRENGTH_EXPLICIT, STRENGTH_NONE, STRENGTH_COLUMN, STRENGTH_LITERAL, STRENGTH_NUMBER };

enum node_kind {
	NODE_CONSTANT, NODE_COLUMN, NODE_CALL, NODE_COLLATE, NODE_CAST, NODE_INTERVAL,
	NODE_OR, NODE_XOR, NODE_AND, NODE_NOT,
	NODE_EQUAL, NODE_SAME, NODE_DIFFERENT, NODE_LESS, NODE_LESS_EQUAL, NODE_MORE, NODE_MORE_EQUAL,
	NODE_IS, NODE_IN, NODE_BETWEEN, NODE_LIKE, NODE_REGEXP,
	NODE_ADD, NODE_SUBTRACT, NODE_MULTIPLY, NODE_DIVIDE, NODE_INT_DIVIDE, NODE_REMAINDER, NODE_NEGATE,
	NODE_BIT_NOT, NODE_BIT_AND, NODE_BIT_OR, NODE_BIT_XOR, NODE_SHIFT_LEFT, NODE_SHIFT_RIGHT,
	NODE_CASE,		/* [operand] then pairs, then [else]: see has_operand, has_else */
	NODE_INDEX,		/* made in binding: the number of an ENUM's or SET's value */
};

enum compare_how { COMPARE_INT, COMPARE_EXACT, COMPARE_REAL, COMPARE_TEXT, COMPARE_MOMENT, COMPARE_JSON, COMPARE_NEVER };
struct compare {
	enum compare_how how;
	const struct collation *collation;
	const struct node *left;	/* of IN, BETWEEN, CASE: the left side, as this pair wants it */
};

struct node;

struct run {
	const struct row_value *row;
	int64_t now;
	struct arena *arena;	/* of the row */
	struct buf *made;	/* for texts that are put together */
	struct err *e;
};

struct binder;
typedef bool eval_fn(struct run *r, const struct node *n, struct value *v);

struct function {
	const char *name;
	unsigned min, max;		/* arguments */
	bool (*bind)(struct binder *b, struct node *n);
	eval_fn *eval;
	int which;			/* for functions that share both */
};

enum unit { UNIT_MICROSECOND, UNIT_SECOND, UNIT_MINUTE, UNIT_HOUR, UNIT_DAY, UNIT_WEEK, UNIT_MONTH, UNIT_QUARTER, UNIT_YEAR };
enum is_what { IS_NULL, IS_TRUE, IS_FALSE, IS_UNKNOWN };

struct node {
	enum node_kind kind;
	bool negated;			/* NOT IN, IS NOT ... */
	size_t n;
	struct node **args;
	struct str text;		/* as it was written, for messages; a function's name; a column's; a collation's */

	enum expr_type type;
	unsigned decimals;		/* of EXACT, TIME, DATETIME */
	const struct collation *collation;	/* of TEXT; NULL: not known */
	struct str charset;		/* of TEXT */
	enum strength strength;
	bool small;			/* of UINT: its type is not a BIGINT, so with an INT it makes an INT */
	bool constant, boolean, hex;	/* hex: 0x41, x'41': a number where one is wanted */
	eval_fn *eval;

	struct value value;		/* NODE_CONSTANT */
	struct str qualifier[2];	/* NODE_COLUMN: schema, table, as far as given */
	size_t column;
	const struct column *of;	/* NODE_COLUMN; NODE_INDEX */
	struct str *labels;		/* NODE_INDEX */
	size_t n_labels;
	const struct function *function;
	struct compare *compares;	/* one for each pair that is compared */
	enum is_what is;
	bool has_operand, has_else;
	enum unit unit;			/* NODE_INTERVAL, and what adds one */
	enum expr_type cast_to;
	int digits;			/* CAST(... AS DECIMAL(digits, decimals)), CHAR(digits); -1: not said */
	void *regex;			/* pcre2_code */
	uint32_t escape;		/* LIKE */
	int which;
};

struct binder {
	const struct table *table;	/* NULL: only the shape is looked at */
	struct arena *arena;
	struct err *e;
	struct node **regexes;		/* to be freed */
	size_t n_regexes;
};

#define EXPR_DEPTH_MAX 100
#define MANY 1000			/* arguments of a function that takes any number */
#define EXPR_TEXT_MAX (64u << 20)	/* of one text that an expression makes; more is an error */

/* expr_parse.c. NULL, e filled, where it is no expression. text outlives the nodes. */
struct node *expr_parse(struct arena *a, struct str text, struct err *e);

/* expr_bind.c */
bool bind_node(struct binder *b, struct node *n);
bool bind_refuse(struct binder *b, const struct node *n, const char *why);	/* err_expr_unsupported; always false */
bool bind_number(struct binder *b, struct node **arg);	/* from here on it is one: ENUM's index, 0x41's value */
bool bind_text(struct binder *b, struct node **arg);		/* may be read as text */
bool bind_bytes(struct binder *b, struct node *n, struct node *arg);	/* its bytes count: not where UTF-8 is not what the server has */
bool bind_collation(struct binder *b, struct node *n, size_t from, size_t to);	/* of args [from, to), into n */
bool bind_known_collation(struct binder *b, const struct node *n, const struct collation *c);
struct node *bind_constant(struct binder *b, const struct node *like, enum expr_type type);

/* expr_compare.c */
bool bind_compare(struct binder *b, struct node *n, struct node **x, struct node **y, struct compare *c);
bool bind_one_collation(struct binder *b, struct node **args, size_t n_args, struct node *n);
bool bind_comparison(struct binder *b, struct node *n);
bool bind_logic(struct binder *b, struct node *n);
bool bind_branches(struct binder *b, struct node *n, size_t from, size_t step);	/* the common type of args from, from + step ... */
bool branch_value(struct run *r, const struct node *n, const struct node *arg, struct value *v);	/* made that type */
bool compare_values(struct run *r, const struct node *x, const struct node *y, const struct compare *c, int *order, bool *null);
bool truth_of(struct run *r, const struct node *n, enum expr_truth *truth);

/* expr_case.c: CASE, IF, COALESCE, ... */
bool bind_case(struct binder *b, struct node *n);
extern const struct function functions_case[];

/* expr_number.c, expr_text.c, expr_time.c, expr_json.c */
bool bind_arithmetic(struct binder *b, struct node *n);
bool text_is_binary(const struct node *n);		/* bytes, not letters */
bool made_text(struct run *r, const struct node *n, struct value *v);	/* what is in r->made; false where it is too long */
size_t text_step(struct str s, size_t at, bool binary);	/* bytes of the character there */
size_t text_count(struct str s, bool binary);		/* its characters */
size_t text_place(struct str s, wide n, bool binary);	/* where the n-th one starts; s.n where there are not so many */
void set_plain_text(struct node *n);			/* its type: what a function makes that has no text to take the collation of */
bool digest_text(struct run *r, const struct node *n, struct str s, const EVP_MD *kind, struct value *v);
extern const struct function functions_number[], functions_text[], functions_text_more[], functions_choose[], functions_like[], functions_json[];

/* expr_time.c, expr_week.c */
bool bind_date(struct binder *b, struct node **arg);
bool bind_time(struct binder *b, struct node **arg);
unsigned moment_week(const struct moment *t, unsigned mode, int *year);	/* WEEK(date, mode), and of which year */
extern const char *const month_names[12], *const day_names[7];		/* from January, from Monday */
extern const struct function functions_time[], functions_time_more[];
bool bind_add_interval(struct binder *b, struct node *n);	/* args: a moment, NODE_INTERVAL; n->negated: subtract */
bool bind_cast(struct binder *b, struct node *n);
bool bind_like(struct binder *b, struct node *n);
bool bind_regexp(struct binder *b, struct node *n);
void expr_free_regex(struct node *n);

/* expr_value.c: a node's value as what is wanted. False, e filled, where that fails; *null where it is NULL. */
bool node_value(struct run *r, const struct node *n, struct value *v);
bool wide_of(struct run *r, const struct node *n, wide *i, bool *null);		/* rounded, as a BIGINT of either kind */
bool exact_of(struct run *r, const struct node *n, struct exact *x, bool *null);
bool real_of(struct run *r, const struct node *n, double *real, bool *null);
bool text_of(struct run *r, const struct node *n, struct str *s, bool *null);
bool moment_of(struct run *r, const struct node *n, enum expr_type as, struct moment *t, bool *null);
double text_real(struct str s);
bool column_value(struct run *r, const struct node *n, struct value *v);
bool constant_value(struct run *r, const struct node *n, struct value *v);
bool run_fail(struct run *r, const struct node *n, const char *why);		/* err_expr_row; always false */
bool is_number(enum expr_type t);
bool is_moment(enum expr_type t);
bool put_value(struct run *r, const struct node *n, const struct value *v, struct str *s);

static inline bool give_null(struct value *v)
{
	v->null = true;
	return true;
}

static inline bool give_wide(struct value *v, wide i)
{
	v->null = false;
	v->i = i;
	return true;
}

static inline bool give_real(struct value *v, double r)
{
	v->null = false;
	v->r = r;
	return true;
}

static inline bool give_text(struct value *v, struct str s)
{
	v->null = false;
	v->s = s;
	return true;
}

/* expr_moment.c: dates and times alone. */
bool moment_parse(struct str s, enum expr_type as, struct moment *t);		/* rounded to microseconds; false: it is none */
bool moment_parse_number(wide i, enum expr_type as, struct moment *t);
void moment_put(struct buf *b, const struct moment *t, enum expr_type type, unsigned decimals);
int moment_compare(const struct moment *a, const struct moment *b);
wide moment_number(const struct moment *t, enum expr_type type);		/* 20201231235959; without the fraction */
long moment_days(const struct moment *t);				/* since year 0, as TO_DAYS */
void moment_of_days(long days, struct moment *t);
void moment_of_micros(int64_t micros, struct moment *t);		/* since 1970 */
bool moment_add(struct moment *t, enum unit unit, wide amount);	/* false: beyond year 9999, or before 0 */
void moment_round(struct moment *t, enum expr_type type, unsigned decimals);
unsigned month_days(int year, unsigned month);
bool unit_of(struct str word, enum unit *unit);

/* expr_path.c: a path into a document. *found false where it leads nowhere. False: the document is none. */
bool json_path_check(struct str path, const char **why);
bool json_path_find(struct str document, struct str path, struct arena *a, bool *found, struct str *value);

#endif
