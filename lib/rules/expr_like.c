/* expr_like.c - LIKE, REGEXP, CAST */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "rules/expr_parts.h"

#include <math.h>
#include <pcre2.h>

#include "base/mem.h"
#include "text/utf8.h"

static bool like_value(struct run *r, const struct node *n, struct value *v)
{
	struct str text, pattern;
	enum collate_got got;
	bool null;

	if (!text_of(r, n->args[0], &text, &v->null) || !text_of(r, n->args[1], &pattern, &null))
		return false;
	if (v->null || null)
		return give_null(v);
	got = collation_like(n->collation, text, pattern, n->escape);
	if (got == COLLATE_UNKNOWN)
		return run_fail(r, n, "has a letter whose place in the collation is not known");
	return give_wide(v, (got == COLLATE_SAME) != n->negated);
}

bool bind_like(struct binder *b, struct node *n)
{
	struct str escape = n->value.s;

	n->type = TYPE_INT;
	n->boolean = true;
	n->eval = like_value;
	n->escape = '\\';
	if (n->has_else) {
		n->escape = escape.n ? utf8_take(&escape) : 0;
		if (escape.n > 0)
			return bind_refuse(b, n, "has an ESCAPE of more than one character");
	}
	if (!b->table)
		return true;
	bind_collation(b, n, 0, 2);
	return bind_text(b, &n->args[0]) && bind_text(b, &n->args[1]) && bind_known_collation(b, n, n->collation);
}

struct regex {
	pcre2_code *code;
	pcre2_match_data *data;
	pcre2_match_context *limits;
};

void expr_free_regex(struct node *n)
{
	struct regex *x = n->regex;

	pcre2_match_data_free(x->data);
	pcre2_match_context_free(x->limits);
	pcre2_code_free(x->code);
	free(x);
}

static bool regexp_value(struct run *r, const struct node *n, struct value *v)
{
	struct regex *x = n->regex;
	struct str text;
	int got;

	if (!text_of(r, n->args[0], &text, &v->null))
		return false;
	if (v->null || !x)
		return give_null(v);
	got = pcre2_match(x->code, (PCRE2_SPTR)(text.n ? text.p : ""), text.n, 0, 0, x->data, x->limits);
	if (got < 0 && got != PCRE2_ERROR_NOMATCH)
		return run_fail(r, n, got == PCRE2_ERROR_MATCHLIMIT || got == PCRE2_ERROR_DEPTHLIMIT || got == PCRE2_ERROR_HEAPLIMIT
				       ? "takes too many steps for this text" : "cannot be matched with this text: it is no UTF-8");
	return give_wide(v, (got >= 0) != n->negated);
}

static bool compile(struct binder *b, struct node *n, struct str pattern)
{
	bool binary = collation_is_binary(n->collation);
	uint32_t options = (binary ? 0 : PCRE2_UTF | PCRE2_UCP) | (collation_is_bin(n->collation) ? 0 : PCRE2_CASELESS);
	struct regex *x;
	PCRE2_UCHAR why[120];
	PCRE2_SIZE at;
	int number;
	pcre2_code *code = pcre2_compile((PCRE2_SPTR)(pattern.n ? pattern.p : ""), pattern.n, options, &number, &at, NULL);

	if (!code) {
		pcre2_get_error_message(number, why, sizeof(why));
		return err_set(b->e, &err_expr_syntax, "the regular expression '%.*s' is not valid behind byte %zu: %s",
			       STR(str_first(pattern, 100)), (size_t)at, (const char *)why);
	}
	x = mem_zalloc(sizeof(*x));
	x->code = code;
	x->data = pcre2_match_data_create_from_pattern(code, NULL);
	x->limits = pcre2_match_context_create(NULL);
	pcre2_set_match_limit(x->limits, 1000000);
	n->regex = x;
	b->regexes = mem_rearray(b->regexes, b->n_regexes + 1, sizeof(struct node *));
	b->regexes[b->n_regexes++] = n;
	return true;
}

bool bind_regexp(struct binder *b, struct node *n)
{
	const struct node *pattern = n->args[1];

	n->type = TYPE_INT;
	n->boolean = true;
	n->eval = regexp_value;
	if (pattern->kind != NODE_CONSTANT || (pattern->type != TYPE_TEXT && pattern->type != TYPE_NULL))
		return bind_refuse(b, n, "wants a regular expression that is written out");
	if (!b->table)
		return true;
	bind_collation(b, n, 0, 2);
	if (!bind_text(b, &n->args[0]) || !bind_known_collation(b, n, n->collation))
		return false;
	return pattern->type == TYPE_NULL || compile(b, n, pattern->value.s);
}

/* --- CAST --- */

/* A number with digits behind the point: rounded, and what is too large is the largest there is. */
static bool cast_whole(struct run *r, const struct node *n, struct value *v)
{
	wide most = n->type == TYPE_UINT ? (wide)UINT64_MAX : (wide)INT64_MAX, least = INT64_MIN;
	struct exact x;

	if (n->args[0]->type == TYPE_REAL) {
		if (!real_of(r, n->args[0], &v->r, &v->null))
			return false;
		v->r = rint(v->r);
		v->i = v->null ? 0 : v->r >= (double)most ? most : v->r <= (double)least ? least : (wide)v->r;
		return true;
	}
	if (!exact_of(r, n->args[0], &x, &v->null))
		return false;
	if (v->null)
		return true;
	if (!exact_wide(&x, true, &v->i) || v->i > most || v->i < least)
		v->i = x.negative ? least : most;
	return true;
}

static bool cast_number(struct run *r, const struct node *n, struct value *v)
{
	if (n->type == TYPE_REAL)
		return real_of(r, n->args[0], &v->r, &v->null);
	if (n->type == TYPE_EXACT) {
		struct exact limit;

		if (!exact_of(r, n->args[0], &v->x, &v->null))
			return false;
		if (v->null)
			return true;
		exact_of_wide(&limit, 1);
		if (!exact_set_scale(&v->x, n->decimals, true))
			return run_fail(r, n, "is out of range");
		for (int i = (int)n->decimals; i < n->digits; i++) {
			struct exact ten;

			exact_of_wide(&ten, 10);
			exact_multiply(&limit, &limit, &ten);
		}
		limit.negative = v->x.negative;
		if (v->x.negative ? exact_compare(&v->x, &limit) <= 0 : exact_compare(&v->x, &limit) >= 0)
			return run_fail(r, n, "does not fit the DECIMAL that it is cast to");
		return true;
	}
	if (!is_number(n->args[0]->type) || n->args[0]->type == TYPE_INT || n->args[0]->type == TYPE_UINT) {
		if (!wide_of(r, n->args[0], &v->i, &v->null))
			return false;
	} else if (!cast_whole(r, n, v)) {
		return false;
	}
	if (v->null)
		return true;
	/* The 64 bits stay, whatever is read from them. */
	if (n->type == TYPE_UINT)
		v->i = (uint64_t)v->i;
	else
		v->i = (int64_t)(uint64_t)v->i;
	return true;
}

static bool cast_moment(struct run *r, const struct node *n, struct value *v)
{
	if (!moment_of(r, n->args[0], n->type, &v->t, &v->null))
		return false;
	if (!v->null)
		moment_round(&v->t, n->type, n->decimals);
	return true;
}

static bool cast_text(struct run *r, const struct node *n, struct value *v)
{
	bool binary = text_is_binary(n);
	struct str s;
	size_t at = 0;

	if (!text_of(r, n->args[0], &s, &v->null))
		return false;
	if (v->null || n->digits < 0)
		return v->null || give_text(v, s);
	for (int i = 0; i < n->digits && at < s.n; i++) {
		unsigned one = binary ? 1 : utf8_step(s.p + at, s.p + s.n);

		at += one ? one : 1;
	}
	if (!binary || (int)s.n >= n->digits)
		return give_text(v, str_first(s, at));
	buf_set(r->made, s);
	while (!r->made->over && r->made->n < (size_t)n->digits)
		buf_put_char(r->made, '\0');
	return made_text(r, n, v);
}

static bool bind_cast_text(struct binder *b, struct node *n)
{
	bool binary = str_is_nocase(n->charset, "binary");

	if (n->charset.n && !binary && !str_is_nocase(n->charset, "utf8mb4") && !str_is_nocase(n->charset, "utf8"))
		return bind_refuse(b, n, "converts to a character set other than utf8mb4 and binary");
	n->collation = collation_of(binary ? STR_LIT("binary") : STR_LIT("utf8mb4_general_ci"));
	n->charset = binary ? STR_LIT("binary") : STR_LIT("utf8mb4");
	n->strength = STRENGTH_COLUMN;
	n->eval = cast_text;
	return binary ? bind_bytes(b, n, n->args[0]) : bind_text(b, &n->args[0]);
}

bool bind_cast(struct binder *b, struct node *n)
{
	enum expr_type from;

	n->type = n->cast_to;
	if (n->type == TYPE_TEXT)
		return bind_cast_text(b, n);
	if (!bind_number(b, &n->args[0]))
		return false;
	from = n->args[0]->type;
	if (is_moment(n->type)) {
		n->decimals = n->digits > 0 ? (unsigned)n->digits : 0;
		n->eval = cast_moment;
		if (n->decimals > 6)
			return bind_refuse(b, n, "has more than six digits behind the second");
		if (from == TYPE_TIME && n->type != TYPE_TIME)
			return bind_refuse(b, n, "makes a date of a time of day");
		if (from == TYPE_EXACT || from == TYPE_REAL)
			return bind_refuse(b, n, "makes a date of a number with digits behind the point");
		return true;
	}
	n->eval = cast_number;
	if (n->type == TYPE_EXACT && n->digits < 0) {
		n->digits = 10;
		n->decimals = 0;
	}
	if (n->type == TYPE_EXACT && (n->digits > 65 || (int)n->decimals > n->digits))
		return bind_refuse(b, n, "is no DECIMAL that a server has");
	return true;
}

/* REGEXP_LIKE(s, pattern): MySQL's. */
static bool bind_regexp_like(struct binder *b, struct node *n)
{
	n->kind = NODE_REGEXP;
	return bind_regexp(b, n);
}

const struct function functions_like[] = {
	{ "REGEXP_LIKE", 2, 2, bind_regexp_like, NULL, 0 },
	{ NULL, 0, 0, NULL, NULL, 0 }
};
