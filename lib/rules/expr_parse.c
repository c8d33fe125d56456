/* expr_parse.c - the text of an expression to a tree, with MySQL's precedence */
#include "rules/expr_parts.h"

#include <stdio.h>

#include "text/sql_lex.h"

#define CHAIN_MAX 2000	/* operators in one expression: a chain is as deep as it is long */

const struct err_kind err_expr_syntax = {
	.code = 20041, .class = "config", .scope = SCOPE_INTERNAL, .level = LEVEL_HIGH, .status = STATUS_CONFIG,
	.workaround = "write one MySQL expression over the table's columns, such as c % 2 = 0",
};

struct parser {
	struct sql_lex lex;
	struct sql_token now, next;
	struct str text;
	struct arena *arena;
	struct err *e;
	unsigned depth, n_operators;
};

static struct node *parse_or(struct parser *p);
static struct node *parse_bits(struct parser *p);
static struct node *parse_simple(struct parser *p);

static void advance(struct parser *p)
{
	p->now = p->next;
	p->next = sql_lex_next(&p->lex);
}

static struct node *fail(struct parser *p, const char *why)
{
	if (p->e->kind)
		return NULL;
	if (p->now.kind == SQL_END)
		err_set(p->e, &err_expr_syntax, "expression '%.*s': %s at its end", STR(str_first(p->text, 300)), why);
	else
		err_set(p->e, &err_expr_syntax, "expression '%.*s': %s at '%.*s' (byte %zu)", STR(str_first(p->text, 300)), why,
			STR(str_first(p->now.raw, 40)), p->now.start + 1);
	return NULL;
}

static bool is_word(const struct parser *p, const char *word)
{
	return p->now.kind == SQL_WORD && str_is_nocase(p->now.raw, word);
}

static bool is_sign(const struct parser *p, const char *sign)
{
	return p->now.kind == SQL_SIGN && str_is(p->now.raw, sign);
}

static bool take_word(struct parser *p, const char *word)
{
	if (!is_word(p, word))
		return false;
	advance(p);
	return true;
}

static bool take_sign(struct parser *p, const char *sign)
{
	if (!is_sign(p, sign))
		return false;
	advance(p);
	return true;
}

static bool want_sign(struct parser *p, const char *sign)
{
	char why[40];

	if (take_sign(p, sign))
		return true;
	snprintf(why, sizeof(why), "'%s' is missing", sign);
	return fail(p, why) != NULL;
}

static bool want_word(struct parser *p, const char *word)
{
	char why[40];

	if (take_word(p, word))
		return true;
	snprintf(why, sizeof(why), "%s is missing", word);
	return fail(p, why) != NULL;
}

static struct node *make(struct parser *p, enum node_kind kind, size_t n)
{
	struct node *node = arena_array(p->arena, 1, sizeof(*node));

	node->kind = kind;
	node->n = n;
	node->args = arena_array(p->arena, n, sizeof(struct node *));
	node->text = p->now.raw;
	node->digits = -1;
	return node;
}

static struct node *make_two(struct parser *p, enum node_kind kind, struct node *left, struct node *right)
{
	struct node *node = make(p, kind, 2);

	if (p->n_operators++ >= CHAIN_MAX)
		return fail(p, "the expression is too long");
	node->args[0] = left;
	node->args[1] = right;
	return left && right ? node : NULL;
}

/* Arguments as they come. */
static bool add(struct parser *p, struct node *node, struct node *arg)
{
	if (!arg)
		return false;
	if ((node->n & (node->n - 1)) == 0) {	/* full at each power of two */
		struct node **more = arena_array(p->arena, node->n ? 2 * node->n : 1, sizeof(*more));

		if (node->n)
			memcpy(more, node->args, node->n * sizeof(*more));
		node->args = more;
	}
	node->args[node->n++] = arg;
	return true;
}

static struct node *constant(struct parser *p, enum expr_type type)
{
	struct node *node = make(p, NODE_CONSTANT, 0);

	node->type = type;
	node->value.null = type == TYPE_NULL;
	return node;
}

static struct node *bytes_constant(struct parser *p, struct str digits, bool hex)
{
	struct node *node = constant(p, TYPE_TEXT);
	size_t per_byte = hex ? 2 : 8, n = (digits.n + per_byte - 1) / per_byte;
	unsigned char *to = arena_array(p->arena, n + 1, 1);

	for (size_t i = 0; i < digits.n; i++) {
		size_t from_end = digits.n - 1 - i;
		unsigned char c = (unsigned char)digits.p[i];
		unsigned digit = c <= '9' ? c - (unsigned)'0' : (c | 0x20u) - 'a' + 10u;

		if (digit >= (hex ? 16 : 2))
			return fail(p, "no digit");
		to[n - 1 - from_end / per_byte] |= (unsigned char)(digit << (hex ? 4 : 1) * (from_end % per_byte));
	}
	node->hex = true;
	node->value.s = (struct str){ (char *)to, n };
	return node;
}

/* 1 is an integer, 1.5 a DECIMAL, 1e0 a DOUBLE. */
static struct node *number(struct parser *p)
{
	struct str raw = p->now.raw;
	struct node *node;
	bool real = false;
	wide i = 0;

	if (raw.n > 2 && raw.p[0] == '0' && (raw.p[1] == 'x' || raw.p[1] == 'b')) {
		node = bytes_constant(p, str_from(raw, 2), raw.p[1] == 'x');
		advance(p);
		return node;
	}
	for (size_t k = 0; k < raw.n; k++)
		real |= raw.p[k] == 'e' || raw.p[k] == 'E';
	node = constant(p, real ? TYPE_REAL : TYPE_EXACT);
	if (real)
		node->value.r = text_real(raw);
	else if (exact_parse(&node->value.x, raw) != raw.n)
		return fail(p, "the number is too long");
	node->decimals = node->value.x.scale;
	if (!real && memchr(raw.p, '.', raw.n) == NULL && exact_wide(&node->value.x, false, &i) && i <= UINT64_MAX) {
		node->type = i > INT64_MAX ? TYPE_UINT : TYPE_INT;
		node->value.i = i;
	}
	advance(p);
	return node;
}

/* 'a' 'b' is one text. x'41' and b'1' are bytes; other introducers are not for filters. */
static struct node *text(struct parser *p)
{
	struct node *node = constant(p, TYPE_TEXT);
	char first = p->now.raw.p[0];
	struct str all = STR_NONE;

	if (first == 'x' || first == 'X' || first == 'b' || first == 'B') {
		node = bytes_constant(p, str_first(str_from(p->now.raw, 2), p->now.raw.n - 3), first == 'x' || first == 'X');
		advance(p);
		return node;
	}
	if (first == '_')
		return fail(p, "a text with a character set's name is not supported; leave the name out");
	while (p->now.kind == SQL_TEXT && (p->now.raw.p[0] == '\'' || p->now.raw.p[0] == '"' || all.p == NULL)) {
		struct str part = sql_token_value(&p->lex, &p->now, p->arena);

		all = all.p ? arena_strf(p->arena, "%.*s%.*s", STR(all), STR(part)) : arena_str(p->arena, part);
		advance(p);
	}
	node->value.s = all;
	return node;
}

/* DATE'2020-01-01' */
static struct node *moment(struct parser *p, enum expr_type type)
{
	struct node *node;
	struct str s;

	advance(p);
	node = constant(p, type);
	s = sql_token_value(&p->lex, &p->now, p->arena);
	if (!moment_parse(s, type, &node->value.t))
		return fail(p, "no such date or time");
	for (struct str at = s; str_cut(at, '.', NULL, &at);)
		node->decimals = at.n > 6 ? 6 : (unsigned)at.n;
	advance(p);
	return node;
}

static struct node *name(struct parser *p)
{
	struct node *node = make(p, NODE_COLUMN, 0);

	for (size_t part = 0; ; part++) {
		if (p->now.kind != SQL_WORD && p->now.kind != SQL_NAME)
			return fail(p, "a column's name is missing");
		if (part > 0) {
			node->qualifier[0] = node->qualifier[1];
			node->qualifier[1] = node->text;
		}
		node->text = sql_token_value(&p->lex, &p->now, p->arena);
		advance(p);
		if (part == 2 || !take_sign(p, "."))
			return node;
	}
}

static bool arguments(struct parser *p, struct node *node)
{
	if (take_sign(p, ")"))
		return true;
	do {
		if (!add(p, node, parse_or(p)))
			return false;
	} while (take_sign(p, ","));
	return want_sign(p, ")");
}

static struct node *interval(struct parser *p)
{
	struct node *node;

	advance(p);
	node = make(p, NODE_INTERVAL, 1);
	node->args[0] = parse_or(p);
	if (!node->args[0])
		return NULL;
	if (p->now.kind != SQL_WORD || !unit_of(p->now.raw, &node->unit))
		return fail(p, "a unit is missing (MICROSECOND, SECOND, MINUTE, HOUR, DAY, WEEK, MONTH, QUARTER, YEAR)");
	advance(p);
	return node;
}

/* CHAR(10), DECIMAL(10, 2), SIGNED [INTEGER], DATETIME(6) ... */
static bool cast_type(struct parser *p, struct node *node)
{
	static const struct { const char *word; enum expr_type type; } types[] = {
		{ "SIGNED", TYPE_INT }, { "UNSIGNED", TYPE_UINT }, { "INTEGER", TYPE_INT }, { "INT", TYPE_INT },
		{ "DECIMAL", TYPE_EXACT }, { "DOUBLE", TYPE_REAL }, { "CHAR", TYPE_TEXT }, { "NCHAR", TYPE_TEXT },
		{ "BINARY", TYPE_TEXT }, { "DATE", TYPE_DATE }, { "TIME", TYPE_TIME }, { "DATETIME", TYPE_DATETIME },
	};
	uint64_t digits = 0, decimals = 0;

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (!is_word(p, types[i].word))
			continue;
		node->cast_to = types[i].type;
		if (is_word(p, "BINARY"))
			node->charset = STR_LIT("binary");
		advance(p);
		if (node->cast_to == TYPE_INT || node->cast_to == TYPE_UINT)
			(void)(take_word(p, "INTEGER") || take_word(p, "INT"));
		if (!take_sign(p, "("))
			return true;
		if (!str_to_u64(p->now.raw, &digits) || digits > 1000000)
			return fail(p, "a length is missing") != NULL;
		advance(p);
		if (take_sign(p, ",")) {
			if (!str_to_u64(p->now.raw, &decimals) || decimals > EXACT_SCALE_MAX)
				return fail(p, "the digits behind the point are missing") != NULL;
			advance(p);
		}
		node->digits = (int)digits;
		node->decimals = (unsigned)decimals;
		return want_sign(p, ")");
	}
	return fail(p, "this type is not supported in CAST") != NULL;
}

/* CAST(x AS type), CONVERT(x, type), CONVERT(x USING charset); the bracket is open. */
static struct node *cast(struct parser *p, bool convert)
{
	struct node *node = make(p, NODE_CAST, 1);

	node->args[0] = parse_or(p);
	if (!node->args[0])
		return NULL;
	if (convert && take_word(p, "USING")) {
		node->cast_to = TYPE_TEXT;
		node->charset = arena_str(p->arena, p->now.raw);
		advance(p);
	} else if (!(convert ? want_sign(p, ",") : want_word(p, "AS")) || !cast_type(p, node)) {
		return NULL;
	}
	return want_sign(p, ")") ? node : NULL;
}

/* TRIM([BOTH | LEADING | TRAILING] [what] FROM text): a call with which = 3, 1, 2. */
static struct node *trim(struct parser *p)
{
	struct node *node = make(p, NODE_CALL, 0), *first = NULL;

	node->text = STR_LIT("TRIM");
	node->which = take_word(p, "LEADING") ? 1 : take_word(p, "TRAILING") ? 2 : take_word(p, "BOTH") ? 3 : 0;
	if (!(node->which && is_word(p, "FROM"))) {
		first = parse_or(p);
		if (!first)
			return NULL;
	}
	if (take_word(p, "FROM")) {
		if (!add(p, node, parse_or(p)) || (first && !add(p, node, first)))
			return NULL;
	} else if (node->which || !add(p, node, first)) {
		return fail(p, "FROM is missing");
	}
	node->which = node->which ? node->which : 3;
	return want_sign(p, ")") ? node : NULL;
}

/* SUBSTRING(s FROM a FOR b), POSITION(a IN b), EXTRACT(unit FROM t), DATE_ADD(t, INTERVAL ...), GET_FORMAT ... */
static struct node *call(struct parser *p)
{
	struct node *node;
	struct str called = p->now.raw;

	advance(p);
	advance(p);	/* the bracket */
	if (str_is_nocase(called, "CAST") || str_is_nocase(called, "CONVERT"))
		return cast(p, str_is_nocase(called, "CONVERT"));
	if (str_is_nocase(called, "TRIM"))
		return trim(p);
	node = make(p, NODE_CALL, 0);
	node->text = called;
	if (str_is_nocase(called, "EXTRACT")) {
		if (p->now.kind != SQL_WORD)
			return fail(p, "a unit is missing");
		node->text = p->now.raw;	/* YEAR(t) is the same */
		advance(p);
		if (!want_word(p, "FROM") || !add(p, node, parse_or(p)))
			return NULL;
		return want_sign(p, ")") ? node : NULL;
	}
	if (str_is_nocase(called, "TIMESTAMPDIFF") || str_is_nocase(called, "TIMESTAMPADD")) {
		if (p->now.kind != SQL_WORD || !unit_of(p->now.raw, &node->unit))
			return fail(p, "a unit is missing");
		advance(p);
		return want_sign(p, ",") && arguments(p, node) ? node : NULL;
	}
	if (str_is_nocase(called, "POSITION")) {
		node->text = STR_LIT("LOCATE");
		if (!add(p, node, parse_bits(p)) || !want_word(p, "IN") || !add(p, node, parse_or(p)))
			return NULL;
		return want_sign(p, ")") ? node : NULL;
	}
	if ((str_is_nocase(called, "SUBSTRING") || str_is_nocase(called, "SUBSTR") || str_is_nocase(called, "MID")) && !is_sign(p, ")")) {
		if (!add(p, node, parse_or(p)))
			return NULL;
		if (take_word(p, "FROM")) {
			if (!add(p, node, parse_or(p)) || (take_word(p, "FOR") && !add(p, node, parse_or(p))))
				return NULL;
			return want_sign(p, ")") ? node : NULL;
		}
		if (take_sign(p, ")"))
			return node;
		return want_sign(p, ",") && arguments(p, node) ? node : NULL;
	}
	return arguments(p, node) ? node : NULL;
}

static struct node *case_of(struct parser *p)
{
	struct node *node = make(p, NODE_CASE, 0);

	advance(p);
	if (!is_word(p, "WHEN")) {
		node->has_operand = true;
		if (!add(p, node, parse_or(p)))
			return NULL;
	}
	if (!is_word(p, "WHEN"))
		return fail(p, "WHEN is missing");
	while (take_word(p, "WHEN"))
		if (!add(p, node, parse_or(p)) || !want_word(p, "THEN") || !add(p, node, parse_or(p)))
			return NULL;
	if (take_word(p, "ELSE")) {
		node->has_else = true;
		if (!add(p, node, parse_or(p)))
			return NULL;
	}
	return want_word(p, "END") ? node : NULL;
}

static struct node *boolean(struct parser *p, bool truth)
{
	struct node *node = constant(p, TYPE_INT);

	node->value.i = truth;
	node->boolean = true;
	advance(p);
	return node;
}

/* Words that stand for something without brackets. */
static struct node *bare_word(struct parser *p)
{
	static const char *const nows[] = { "CURRENT_TIMESTAMP", "CURRENT_DATE", "LOCALTIME", "LOCALTIMESTAMP", "UTC_TIMESTAMP",
		"UTC_DATE" };
	static const char *const never[] = { "SELECT", "FROM", "WHERE", "AND", "OR", "XOR", "NOT", "IN", "LIKE", "IS", "BETWEEN",
		"THEN", "WHEN", "ELSE", "AS", "DIV", "MOD", "REGEXP", "RLIKE", "EXISTS", "MATCH", "BINARY", "ROW", "COLLATE" };
	bool touches = p->next.kind == SQL_SIGN && str_is(p->next.raw, "(");

	if (p->next.kind == SQL_TEXT && (is_word(p, "DATE") || is_word(p, "TIME") || is_word(p, "TIMESTAMP")))
		return moment(p, is_word(p, "DATE") ? TYPE_DATE : is_word(p, "TIME") ? TYPE_TIME : TYPE_DATETIME);
	if (is_word(p, "CASE"))
		return case_of(p);
	if (is_word(p, "TRUE") || is_word(p, "FALSE"))
		return boolean(p, is_word(p, "TRUE"));
	if (is_word(p, "NULL")) {
		struct node *node = constant(p, TYPE_NULL);

		advance(p);
		return node;
	}
	if (is_word(p, "INTERVAL") && !touches)
		return fail(p, "INTERVAL is only for what is added to a date");
	if (touches && !is_word(p, "AND") && !is_word(p, "OR") && !is_word(p, "NOT") && !is_word(p, "ROW") && !is_word(p, "EXISTS") &&
	    !is_word(p, "MATCH") && !is_word(p, "BINARY"))
		return call(p);
	for (size_t i = 0; i < sizeof(nows) / sizeof(nows[0]); i++)
		if (is_word(p, nows[i])) {
			struct node *node = make(p, NODE_CALL, 0);

			advance(p);
			return node;
		}
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		if (is_word(p, never[i]))
			return fail(p, "a value is missing");
	return name(p);
}

static struct node *json_arrow(struct parser *p, struct node *left)
{
	bool unquote = is_sign(p, "->>");
	struct node *node = make(p, NODE_CALL, 0), *outer;

	node->text = STR_LIT("JSON_EXTRACT");
	advance(p);
	if (p->now.kind != SQL_TEXT)
		return fail(p, "a path is missing");
	if (!add(p, node, left) || !add(p, node, text(p)))
		return NULL;
	if (!unquote)
		return node;
	outer = make(p, NODE_CALL, 0);
	outer->text = STR_LIT("JSON_UNQUOTE");
	return add(p, outer, node) ? outer : NULL;
}

static struct node *one(struct parser *p, enum node_kind kind)
{
	struct node *node = make(p, kind, 1);

	advance(p);
	node->args[0] = parse_simple(p);
	return node->args[0] ? node : NULL;
}

static struct node *primary(struct parser *p)
{
	struct node *node;

	switch (p->now.kind) {
	case SQL_NUMBER:
		return number(p);
	case SQL_TEXT:
		return text(p);
	case SQL_WORD:
		if (is_word(p, "BINARY") && !(p->next.kind == SQL_SIGN && !str_is(p->next.raw, "("))) {
			node = one(p, NODE_CAST);
			if (!node)
				return NULL;
			node->cast_to = TYPE_TEXT;
			node->charset = STR_LIT("binary");
			return node;
		}
		return bare_word(p);
	case SQL_NAME:
		return name(p);
	case SQL_VARIABLE:
		return fail(p, "variables are not supported");
	case SQL_END: case SQL_BAD:
		return fail(p, p->now.kind == SQL_END ? "a value is missing" : "a quote is not closed");
	case SQL_SIGN:
		break;
	}
	if (is_sign(p, "-"))
		return one(p, NODE_NEGATE);
	if (is_sign(p, "~"))
		return one(p, NODE_BIT_NOT);
	if (is_sign(p, "!"))
		return one(p, NODE_NOT);
	if (take_sign(p, "+"))
		return parse_simple(p);
	if (!take_sign(p, "("))
		return fail(p, "a value is missing");
	node = parse_or(p);
	if (node && is_sign(p, ","))
		return fail(p, "rows of values are not supported");
	return node && want_sign(p, ")") ? node : NULL;
}

static struct node *collate(struct parser *p, struct node *arg)
{
	struct node *node = make(p, NODE_COLLATE, 1);

	if (p->now.kind != SQL_WORD && p->now.kind != SQL_NAME && p->now.kind != SQL_TEXT)
		return fail(p, "a collation's name is missing");
	node->text = sql_token_value(&p->lex, &p->now, p->arena);
	node->args[0] = arg;
	advance(p);
	return node;
}

static struct node *parse_simple(struct parser *p)
{
	struct node *node;

	if (p->depth++ >= EXPR_DEPTH_MAX)
		return fail(p, "nested too deep");
	node = primary(p);
	while (node && (is_sign(p, "->") || is_sign(p, "->>")))
		node = json_arrow(p, node);
	while (node && take_word(p, "COLLATE"))
		node = collate(p, node);
	p->depth--;
	return node;
}

struct level {
	const char *sign;
	enum node_kind kind;
};

/* What binds tighter has the higher number. */
static const struct level *level_of(const struct parser *p, unsigned *rank)
{
	static const struct level levels[] = {
		{ "|", NODE_BIT_OR }, { "&", NODE_BIT_AND }, { "<<", NODE_SHIFT_LEFT }, { ">>", NODE_SHIFT_RIGHT },
		{ "+", NODE_ADD }, { "-", NODE_SUBTRACT }, { "*", NODE_MULTIPLY }, { "/", NODE_DIVIDE },
		{ "%", NODE_REMAINDER }, { "DIV", NODE_INT_DIVIDE }, { "MOD", NODE_REMAINDER }, { "^", NODE_BIT_XOR },
	};
	static const unsigned ranks[] = { 1, 2, 3, 3, 4, 4, 5, 5, 5, 5, 5, 6 };

	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (is_sign(p, levels[i].sign) || is_word(p, levels[i].sign)) {
			*rank = ranks[i];
			return &levels[i];
		}
	return NULL;
}

static struct node *operators(struct parser *p, unsigned lowest)
{
	struct node *left = is_word(p, "INTERVAL") && !(p->next.kind == SQL_SIGN && str_is(p->next.raw, "(")) ? interval(p)
													     : parse_simple(p);
	const struct level *level;
	unsigned rank;

	while (left && (level = level_of(p, &rank)) && rank >= lowest) {
		struct node *right;

		advance(p);
		if (is_word(p, "INTERVAL") && (level->kind == NODE_ADD || level->kind == NODE_SUBTRACT))
			right = interval(p);
		else
			right = operators(p, rank + 1);
		left = make_two(p, level->kind, left, right);
	}
	return left;
}

static struct node *parse_bits(struct parser *p)
{
	return operators(p, 1);
}

static struct node *predicate(struct parser *p)
{
	struct node *left = parse_bits(p), *node;
	bool negated;

	if (!left)
		return NULL;
	negated = is_word(p, "NOT");
	if (negated)
		advance(p);
	if (take_word(p, "IN")) {
		node = make(p, NODE_IN, 0);
		if (!add(p, node, left) || !want_sign(p, "("))
			return NULL;
		if (is_word(p, "SELECT"))
			return fail(p, "queries are not supported");
		if (!arguments(p, node))
			return NULL;
		if (node->n < 2)
			return fail(p, "IN has no values");
	} else if (take_word(p, "BETWEEN")) {
		node = make(p, NODE_BETWEEN, 0);
		if (!add(p, node, left) || !add(p, node, parse_bits(p)) || !want_word(p, "AND") || !add(p, node, predicate(p)))
			return NULL;
	} else if (take_word(p, "LIKE")) {
		node = make_two(p, NODE_LIKE, left, parse_simple(p));
		if (node && take_word(p, "ESCAPE")) {
			struct node *escape = parse_simple(p);

			if (!escape || escape->kind != NODE_CONSTANT || escape->type != TYPE_TEXT)
				return fail(p, "ESCAPE wants a text");
			node->has_else = true;
			node->value.s = escape->value.s;
		}
	} else if (take_word(p, "REGEXP") || take_word(p, "RLIKE")) {
		node = make_two(p, NODE_REGEXP, left, parse_bits(p));
	} else if (negated) {
		return fail(p, "IN, BETWEEN, LIKE or REGEXP is missing");
	} else {
		return left;
	}
	if (node)
		node->negated = negated;
	return node;
}

static struct node *comparison(struct parser *p)
{
	static const struct level signs[] = {
		{ "=", NODE_EQUAL }, { "<=>", NODE_SAME }, { "<>", NODE_DIFFERENT }, { "!=", NODE_DIFFERENT }, { "<", NODE_LESS },
		{ "<=", NODE_LESS_EQUAL }, { ">", NODE_MORE }, { ">=", NODE_MORE_EQUAL },
	};
	struct node *left = predicate(p);

	while (left) {
		size_t i = 0;

		if (take_word(p, "IS")) {
			struct node *node = make(p, NODE_IS, 1);

			node->args[0] = left;
			node->negated = take_word(p, "NOT");
			if (!is_word(p, "NULL") && !is_word(p, "TRUE") && !is_word(p, "FALSE") && !is_word(p, "UNKNOWN"))
				return fail(p, "NULL, TRUE, FALSE or UNKNOWN is missing");
			node->is = is_word(p, "NULL") ? IS_NULL : is_word(p, "TRUE") ? IS_TRUE : is_word(p, "FALSE") ? IS_FALSE
												     : IS_UNKNOWN;
			advance(p);
			left = node;
			continue;
		}
		while (i < sizeof(signs) / sizeof(signs[0]) && !is_sign(p, signs[i].sign))
			i++;
		if (i == sizeof(signs) / sizeof(signs[0]))
			break;
		advance(p);
		left = make_two(p, signs[i].kind, left, predicate(p));
	}
	return left;
}

static struct node *parse_not(struct parser *p)
{
	struct node *node;

	if (!is_word(p, "NOT"))
		return comparison(p);
	if (p->depth++ >= EXPR_DEPTH_MAX)
		return fail(p, "nested too deep");
	node = make(p, NODE_NOT, 1);
	advance(p);
	node->args[0] = parse_not(p);
	p->depth--;
	return node->args[0] ? node : NULL;
}

/* a AND b AND c is one node. */
static struct node *more(struct parser *p, struct node **chain, enum node_kind kind, struct node *left, struct node *right)
{
	if (!*chain) {
		*chain = make(p, kind, 0);
		add(p, *chain, left);
	}
	return add(p, *chain, right) ? *chain : NULL;
}

static struct node *parse_and(struct parser *p)
{
	struct node *left = parse_not(p), *chain = NULL;

	while (left && (take_word(p, "AND") || take_sign(p, "&&")))
		left = more(p, &chain, NODE_AND, left, parse_not(p));
	return left;
}

static struct node *parse_xor(struct parser *p)
{
	struct node *left = parse_and(p);

	while (left && take_word(p, "XOR"))
		left = make_two(p, NODE_XOR, left, parse_and(p));
	return left;
}

static struct node *parse_or(struct parser *p)
{
	struct node *left, *chain = NULL;

	if (p->depth++ >= EXPR_DEPTH_MAX)
		return fail(p, "nested too deep");
	left = parse_xor(p);
	while (left && (take_word(p, "OR") || take_sign(p, "||")))
		left = more(p, &chain, NODE_OR, left, parse_xor(p));
	p->depth--;
	return left;
}

struct node *expr_parse(struct arena *a, struct str text, struct err *e)
{
	struct parser p = { .text = text, .arena = a, .e = e };
	struct node *root;

	sql_lex_init(&p.lex, text, 0);
	advance(&p);
	advance(&p);
	root = parse_or(&p);
	if (root && p.now.kind != SQL_END)
		return fail(&p, "more follows behind the expression");
	return root;
}
