/* expr_number.c - arithmetic, bits, numeric functions */
#include "rules/expr_parts.h"

#include <math.h>
#include <stdlib.h>
#include <zlib.h>

#define DIVISION_DIGITS 4	/* div_precision_increment */

static bool fits(struct run *r, const struct node *n, wide i)
{
	if (n->type == TYPE_UINT)
		return (i >= 0 && i <= UINT64_MAX) || run_fail(r, n, "gives a BIGINT UNSIGNED that is out of range");
	return (i >= INT64_MIN && i <= INT64_MAX) || run_fail(r, n, "gives a BIGINT that is out of range");
}

static bool wide_pair(struct run *r, const struct node *n, wide *a, wide *z, bool *null)
{
	bool other;

	if (!wide_of(r, n->args[0], a, null) || !wide_of(r, n->args[1], z, &other))
		return false;
	*null |= other;
	return true;
}

static bool int_value(struct run *r, const struct node *n, struct value *v)
{
	wide a = 0, z = 0, got = 0;

	if (!wide_pair(r, n, &a, &z, &v->null))
		return false;
	if (v->null)
		return true;
	switch (n->kind) {
	case NODE_ADD:
		got = a + z;
		break;
	case NODE_SUBTRACT:
		got = a - z;
		break;
	case NODE_MULTIPLY:
		if (__builtin_mul_overflow(a, z, &got))	/* two of 2^64 at most: only where both are huge */
			return run_fail(r, n, "gives a BIGINT that is out of range");
		break;
	case NODE_INT_DIVIDE:
		if (z == 0)
			return give_null(v);
		got = a / z;
		break;
	default:
		if (z == 0)
			return give_null(v);
		got = a % z;
		break;
	}
	return fits(r, n, got) && give_wide(v, got);
}

static bool exact_pair(struct run *r, const struct node *n, struct exact *a, struct exact *z, bool *null)
{
	bool other;

	if (!exact_of(r, n->args[0], a, null) || !exact_of(r, n->args[1], z, &other))
		return false;
	*null |= other;
	return true;
}

static bool exact_value(struct run *r, const struct node *n, struct value *v)
{
	struct exact a, z;
	bool ok;

	if (!exact_pair(r, n, &a, &z, &v->null))
		return false;
	if (v->null)
		return true;
	switch (n->kind) {
	case NODE_ADD:
		ok = exact_add(&v->x, &a, &z);
		break;
	case NODE_SUBTRACT:
		ok = exact_subtract(&v->x, &a, &z);
		break;
	case NODE_MULTIPLY:
		ok = exact_multiply(&v->x, &a, &z);
		break;
	case NODE_DIVIDE:
		if (z.n == 0)
			return give_null(v);
		/* one digit more, which rounds */
		ok = exact_divide(&v->x, &a, &z, n->decimals + 1) && exact_set_scale(&v->x, n->decimals, true);
		break;
	default:
		if (z.n == 0)
			return give_null(v);
		ok = exact_remainder(&v->x, &a, &z);
		break;
	}
	return ok || run_fail(r, n, "gives a DECIMAL that is out of range");
}

/* DIV of what is not all integers: the quotient's integer part. */
static bool exact_int_divide(struct run *r, const struct node *n, struct value *v)
{
	struct exact a, z;

	if (!exact_pair(r, n, &a, &z, &v->null))
		return false;
	if (v->null || z.n == 0)
		return give_null(v);
	return (exact_divide(&v->x, &a, &z, 0) && exact_wide(&v->x, false, &v->i)) ? fits(r, n, v->i)
										    : run_fail(r, n, "is out of range");
}

static bool real_value(struct run *r, const struct node *n, struct value *v)
{
	double a = 0, z = 0, got;
	bool other;

	if (!real_of(r, n->args[0], &a, &v->null) || !real_of(r, n->args[1], &z, &other))
		return false;
	v->null |= other;
	if (v->null)
		return true;
	switch (n->kind) {
	case NODE_ADD:
		got = a + z;
		break;
	case NODE_SUBTRACT:
		got = a - z;
		break;
	case NODE_MULTIPLY:
		got = a * z;
		break;
	case NODE_DIVIDE:
		if (z == 0)
			return give_null(v);
		got = a / z;
		break;
	default:
		if (z == 0)
			return give_null(v);
		got = fmod(a, z);
		break;
	}
	return isfinite(got) ? give_real(v, got) : run_fail(r, n, "gives a DOUBLE that is out of range");
}

static bool negate_value(struct run *r, const struct node *n, struct value *v)
{
	struct exact zero = { .n = 0 };

	if (n->type == TYPE_INT) {
		if (!wide_of(r, n->args[0], &v->i, &v->null))
			return false;
		if (v->null)
			return true;
		v->i = -v->i;
		return fits(r, n, v->i);
	}
	if (n->type == TYPE_REAL) {
		if (!real_of(r, n->args[0], &v->r, &v->null))
			return false;
		v->r = -v->r;
		return true;
	}
	if (!exact_of(r, n->args[0], &v->x, &v->null))
		return false;
	return v->null || exact_subtract(&v->x, &zero, &v->x);
}

static bool bits_of(struct run *r, const struct node *n, uint64_t *bits, bool *null)
{
	wide i = 0;

	if (!wide_of(r, n, &i, null))
		return false;
	*bits = (uint64_t)i;
	return true;
}

static bool bits_value(struct run *r, const struct node *n, struct value *v)
{
	uint64_t a = 0, z = 0;
	bool other = false;

	if (!bits_of(r, n->args[0], &a, &v->null) || (n->n > 1 && !bits_of(r, n->args[1], &z, &other)))
		return false;
	v->null |= other;
	switch (n->kind) {
	case NODE_BIT_AND:
		a &= z;
		break;
	case NODE_BIT_OR:
		a |= z;
		break;
	case NODE_BIT_XOR:
		a ^= z;
		break;
	case NODE_SHIFT_LEFT:
		a = z < 64 ? a << z : 0;
		break;
	case NODE_SHIFT_RIGHT:
		a = z < 64 ? a >> z : 0;
		break;
	default:
		a = ~a;
		break;
	}
	v->i = a;
	return true;
}

static bool is_bits(enum node_kind kind)
{
	return kind >= NODE_BIT_NOT && kind <= NODE_SHIFT_RIGHT;
}

static bool bind_bits(struct binder *b, struct node *n)
{
	n->type = TYPE_UINT;
	n->eval = bits_value;
	for (size_t i = 0; i < n->n; i++) {
		const struct node *arg = n->args[i];

		if (arg->type == TYPE_TEXT && arg->collation && collation_is_binary(arg->collation))
			return bind_refuse(b, n, "works on the bits of bytes; CAST them AS UNSIGNED");
	}
	return true;
}

/* What a value is in arithmetic. */
static enum expr_type number_type(const struct node *n)
{
	switch (n->type) {
	case TYPE_TEXT: case TYPE_JSON: case TYPE_REAL:
		return TYPE_REAL;
	case TYPE_DATE: case TYPE_TIME: case TYPE_DATETIME:
		return n->decimals > 0 ? TYPE_EXACT : TYPE_INT;
	case TYPE_NULL: case TYPE_INT:
		return TYPE_INT;
	case TYPE_UINT: case TYPE_EXACT:
		break;
	}
	return n->type;
}

static enum expr_type join(enum expr_type a, enum expr_type z)
{
	if (a == TYPE_REAL || z == TYPE_REAL)
		return TYPE_REAL;
	if (a == TYPE_EXACT || z == TYPE_EXACT)
		return TYPE_EXACT;
	return a == TYPE_UINT || z == TYPE_UINT ? TYPE_UINT : TYPE_INT;
}

static unsigned decimals_of(const struct node *n)
{
	return n->type == TYPE_EXACT || is_moment(n->type) ? n->decimals : 0;
}

static unsigned clip(unsigned decimals)
{
	return decimals < EXACT_SCALE_MAX ? decimals : EXACT_SCALE_MAX;
}

static bool bind_negate(struct binder *b, struct node *n)
{
	struct node *arg = n->args[0];

	(void)b;
	n->type = number_type(arg);
	n->decimals = decimals_of(arg);
	n->eval = negate_value;
	if (n->type == TYPE_UINT)
		n->type = TYPE_INT;
	/* -9223372036854775808 is a BIGINT, and one less is a DECIMAL, as in all servers. */
	if (arg->kind == NODE_CONSTANT && arg->type == TYPE_UINT && !arg->value.null && arg->value.i > (wide)1 << 63)
		n->type = TYPE_EXACT;
	return true;
}

bool bind_arithmetic(struct binder *b, struct node *n)
{
	unsigned a, z;

	for (size_t i = 0; i < n->n; i++)
		if (!bind_number(b, &n->args[i]))
			return false;
	if (is_bits(n->kind))
		return bind_bits(b, n);
	if (n->kind == NODE_NEGATE)
		return bind_negate(b, n);
	n->type = join(number_type(n->args[0]), number_type(n->args[1]));
	/* the sign of a remainder is that of what is divided */
	if (n->kind == NODE_REMAINDER && n->type == TYPE_UINT && number_type(n->args[0]) == TYPE_INT)
		n->type = TYPE_INT;
	a = decimals_of(n->args[0]);
	z = decimals_of(n->args[1]);
	n->decimals = n->kind == NODE_MULTIPLY ? clip(a + z) : n->kind == NODE_DIVIDE ? clip(a + DIVISION_DIGITS) : a > z ? a : z;
	if (n->kind == NODE_INT_DIVIDE) {
		bool unsign = number_type(n->args[0]) == TYPE_UINT || number_type(n->args[1]) == TYPE_UINT;

		n->eval = n->type == TYPE_INT || n->type == TYPE_UINT ? int_value : exact_int_divide;
		n->type = unsign ? TYPE_UINT : TYPE_INT;
		n->decimals = 0;
		return true;
	}
	if (n->kind == NODE_DIVIDE && n->type != TYPE_REAL)
		n->type = TYPE_EXACT;
	n->eval = n->type == TYPE_REAL ? real_value : n->type == TYPE_EXACT ? exact_value : int_value;
	return true;
}

/* --- functions --- */

enum { ABS = 1, CEIL, FLOOR, SIGN };

static bool bind_one(struct binder *b, struct node *n)
{
	struct node *arg;

	if (!bind_number(b, &n->args[0]))
		return false;
	arg = n->args[0];
	n->type = number_type(arg);
	n->decimals = n->which == ABS ? decimals_of(arg) : 0;
	if (n->which == SIGN)
		n->compares = NULL;
	return true;
}

/* ABS, CEILING, FLOOR; a DECIMAL's CEILING stays a DECIMAL here, without digits behind the point. */
static bool one_value(struct run *r, const struct node *n, struct value *v)
{
	struct exact zero = { .n = 0 }, whole;
	bool up;

	if (n->type == TYPE_REAL) {
		if (!real_of(r, n->args[0], &v->r, &v->null))
			return false;
		v->r = n->which == ABS ? fabs(v->r) : n->which == CEIL ? ceil(v->r) : floor(v->r);
		return true;
	}
	if (n->type == TYPE_INT || n->type == TYPE_UINT) {
		if (!wide_of(r, n->args[0], &v->i, &v->null))
			return false;
		if (v->null)
			return true;
		v->i = n->which == ABS && v->i < 0 ? -v->i : v->i;
		return fits(r, n, v->i);
	}
	if (!exact_of(r, n->args[0], &v->x, &v->null))
		return false;
	if (v->null)
		return true;
	if (n->which == ABS)
		return !v->x.negative || exact_subtract(&v->x, &zero, &v->x);
	whole = v->x;
	exact_set_scale(&whole, 0, false);
	up = exact_compare(&whole, &v->x) < 0;
	if (up ? n->which == CEIL : n->which == FLOOR && exact_compare(&whole, &v->x) > 0) {
		exact_of_wide(&zero, up ? 1 : -1);
		exact_add(&whole, &whole, &zero);
	}
	v->x = whole;
	return true;
}

static bool bind_sign(struct binder *b, struct node *n)
{
	n->type = TYPE_INT;
	return bind_number(b, &n->args[0]);
}

static bool sign_value(struct run *r, const struct node *n, struct value *v)
{
	enum expr_type t = number_type(n->args[0]);
	double real = 0;
	struct exact x;

	if (t == TYPE_REAL) {
		if (!real_of(r, n->args[0], &real, &v->null))
			return false;
	} else {
		if (!exact_of(r, n->args[0], &x, &v->null))
			return false;
		if (!v->null)
			real = x.n == 0 ? 0 : x.negative ? -1 : 1;
	}
	v->i = real > 0 ? 1 : real < 0 ? -1 : 0;
	return true;
}

/* ROUND(x, n) and TRUNCATE(x, n): which = 1, 2. */
static bool bind_round(struct binder *b, struct node *n)
{
	const struct node *digits = n->n > 1 ? n->args[1] : NULL, *arg;
	wide d = 0;

	if (!bind_number(b, &n->args[0]))
		return false;
	arg = n->args[0];
	n->type = number_type(arg);
	if (digits) {
		if (digits->kind == NODE_NEGATE)
			digits = digits->args[0];
		if (digits->kind != NODE_CONSTANT || digits->type != TYPE_INT)
			return bind_refuse(b, n, "wants its second argument to be an integer that is written out");
		d = digits->value.i > 100 ? 100 : digits->value.i;
		if (digits != n->args[1])
			d = -d;
	}
	n->digits = (int)d;
	n->decimals = n->type != TYPE_EXACT || d < 0 ? 0 : (wide)arg->decimals < d && arg->type == TYPE_EXACT ? arg->decimals : clip((unsigned)d);
	if (n->type == TYPE_UINT || n->type == TYPE_INT)
		n->decimals = 0;
	return true;
}

static double round_real(double x, int digits, bool round)
{
	double power = pow(10, abs(digits)), got;

	if (digits >= 0 && !isfinite(x * power))
		return x;
	if (digits < 0 && !isfinite(power))
		return 0;
	got = digits < 0 ? x / power : x * power;
	got = round ? rint(got) : x >= 0 ? floor(got) : ceil(got);
	return digits < 0 ? got * power : got / power;
}

static bool round_value(struct run *r, const struct node *n, struct value *v)
{
	bool round = n->which == 1;

	if (n->type == TYPE_REAL) {
		if (!real_of(r, n->args[0], &v->r, &v->null))
			return false;
		v->r = v->null ? 0 : round_real(v->r, n->digits, round);
		return true;
	}
	if (!exact_of(r, n->args[0], &v->x, &v->null))
		return false;
	if (v->null)
		return true;
	if (!exact_round_at(&v->x, n->digits, round))
		return run_fail(r, n, "is out of range");
	if (n->type == TYPE_EXACT)
		return true;
	return exact_wide(&v->x, true, &v->i) ? fits(r, n, v->i) : run_fail(r, n, "is out of range");
}

/* MOD(a, b) is a % b. */
static bool bind_mod(struct binder *b, struct node *n)
{
	n->kind = NODE_REMAINDER;
	return bind_arithmetic(b, n);
}

enum { POW = 1, SQRT, EXP, LN, LOG2, LOG10 };

static bool bind_real(struct binder *b, struct node *n)
{
	n->type = TYPE_REAL;
	for (size_t i = 0; i < n->n; i++)
		if (!bind_number(b, &n->args[i]))
			return false;
	return true;
}

static bool math_value(struct run *r, const struct node *n, struct value *v)
{
	double x = 0, y = 0, got;
	bool other = false;

	if (!real_of(r, n->args[0], &x, &v->null) || (n->n > 1 && !real_of(r, n->args[1], &y, &other)))
		return false;
	if (v->null || other || (n->which == SQRT && x < 0) || (n->which >= LN && x <= 0))
		return give_null(v);
	got = n->which == POW ? pow(x, y) : n->which == SQRT ? sqrt(x) : n->which == EXP ? exp(x) :
	      n->which == LN ? log(x) : n->which == LOG2 ? log2(x) : log10(x);
	return isfinite(got) ? give_real(v, got) : run_fail(r, n, "gives a DOUBLE that is out of range");
}

static bool bind_crc(struct binder *b, struct node *n)
{
	n->type = TYPE_UINT;
	return bind_bytes(b, n, n->args[0]);
}

static bool crc_value(struct run *r, const struct node *n, struct value *v)
{
	struct str s;

	if (!text_of(r, n->args[0], &s, &v->null))
		return false;
	v->i = v->null ? 0 : (wide)crc32_z(0, (const unsigned char *)(s.n ? s.p : ""), s.n);
	return true;
}

const struct function functions_number[] = {
	{ "ABS", 1, 1, bind_one, one_value, ABS },
	{ "CEIL", 1, 1, bind_one, one_value, CEIL },
	{ "CEILING", 1, 1, bind_one, one_value, CEIL },
	{ "FLOOR", 1, 1, bind_one, one_value, FLOOR },
	{ "SIGN", 1, 1, bind_sign, sign_value, SIGN },
	{ "ROUND", 1, 2, bind_round, round_value, 1 },
	{ "TRUNCATE", 2, 2, bind_round, round_value, 2 },
	{ "MOD", 2, 2, bind_mod, NULL, 0 },
	{ "POW", 2, 2, bind_real, math_value, POW },
	{ "POWER", 2, 2, bind_real, math_value, POW },
	{ "SQRT", 1, 1, bind_real, math_value, SQRT },
	{ "EXP", 1, 1, bind_real, math_value, EXP },
	{ "LN", 1, 1, bind_real, math_value, LN },
	{ "LOG2", 1, 1, bind_real, math_value, LOG2 },
	{ "LOG10", 1, 1, bind_real, math_value, LOG10 },
	{ "CRC32", 1, 1, bind_crc, crc_value, 0 },
	{ NULL, 0, 0, NULL, NULL, 0 }
};
