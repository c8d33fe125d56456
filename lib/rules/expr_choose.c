/* expr_choose.c - functions that choose among texts, or make another notation of a value */
#include "rules/expr_parts.h"

void set_plain_text(struct node *n)
{
	n->type = TYPE_TEXT;
	n->collation = collation_of(STR_LIT("utf8mb4_general_ci"));
	n->charset = STR_LIT("utf8mb4");
	n->strength = STRENGTH_LITERAL;
}

/* ELT(n, first, second, ...) */
static bool bind_elt(struct binder *b, struct node *n)
{
	n->type = TYPE_TEXT;
	for (size_t i = 1; i < n->n; i++)
		if (!bind_text(b, &n->args[i]))
			return false;
	return bind_number(b, &n->args[0]) && bind_collation(b, n, 1, n->n);
}

static bool elt_value(struct run *r, const struct node *n, struct value *v)
{
	wide at;

	if (!wide_of(r, n->args[0], &at, &v->null))
		return false;
	if (v->null || at < 1 || at >= (wide)n->n)
		return give_null(v);
	return text_of(r, n->args[at], &v->s, &v->null);
}

/* FIELD(what, first, second, ...): texts in the collation that wins, numbers as numbers. */
static bool bind_field(struct binder *b, struct node *n)
{
	size_t texts = 0;

	n->type = TYPE_INT;
	for (size_t i = 0; i < n->n; i++)
		texts += n->args[i]->type == TYPE_TEXT || n->args[i]->type == TYPE_NULL;
	for (size_t i = 0; i < n->n; i++) {
		const struct node *arg = n->args[i];

		if (texts != n->n && !is_number(arg->type) && arg->type != TYPE_NULL)
			return bind_refuse(b, n, "wants either texts or numbers");
		if (texts == n->n && !bind_text(b, &n->args[i]))
			return false;
	}
	n->has_operand = texts == n->n;
	if (!n->has_operand)
		return true;
	if (!bind_one_collation(b, n->args, n->n, n))
		return false;
	for (size_t i = 0; i < n->n; i++)
		if (n->args[i]->strength < STRENGTH_LITERAL && n->args[i]->collation != n->collation)
			return bind_refuse(b, n, "has texts of two collations, and servers differ in which wins; COLLATE behind each says it");
	return true;
}

static bool same_text(struct run *r, const struct node *n, struct str what, size_t i, bool *same)
{
	enum collate_got got;
	struct str s;
	bool null;

	if (!text_of(r, n->args[i], &s, &null))
		return false;
	got = null ? COLLATE_LESS : collation_compare(n->collation, what, s);
	*same = got == COLLATE_SAME;
	return got != COLLATE_UNKNOWN || run_fail(r, n, "has a letter whose place in the collation is not known");
}

static bool field_value(struct run *r, const struct node *n, struct value *v)
{
	struct exact number, other;
	struct str what = STR_NONE;
	bool null, same = false;

	if (n->has_operand ? !text_of(r, n->args[0], &what, &null) : !exact_of(r, n->args[0], &number, &null))
		return false;
	v->null = false;
	v->i = 0;
	for (size_t i = 1; !null && i < n->n; i++) {
		bool none = false;

		if (n->has_operand ? !same_text(r, n, what, i, &same) : !exact_of(r, n->args[i], &other, &none))
			return false;
		if (n->has_operand ? same : !none && exact_compare(&number, &other) == 0)
			return give_wide(v, (wide)i);
	}
	return true;
}

/* SPACE(n) */
static bool bind_space(struct binder *b, struct node *n)
{
	set_plain_text(n);
	return bind_number(b, &n->args[0]);
}

static bool space_value(struct run *r, const struct node *n, struct value *v)
{
	wide times;

	if (!wide_of(r, n->args[0], &times, &v->null))
		return false;
	if (v->null)
		return true;
	if (times > (wide)EXPR_TEXT_MAX)
		return run_fail(r, n, "makes a text of more than 64 MiB");
	buf_clear(r->made);
	for (; times > 0; times--)
		buf_put_char(r->made, ' ');
	return made_text(r, n, v);
}

/* INSERT(s, from, length, other): that part of s replaced. */
static bool bind_insert(struct binder *b, struct node *n)
{
	struct node *texts[2] = { n->args[0], n->args[3] }, both = { .n = 2, .args = texts };

	if (!bind_text(b, &n->args[0]) || !bind_text(b, &n->args[3]) || !bind_collation(b, &both, 0, 2))
		return false;
	if (both.collation != n->args[0]->collation && n->args[0]->type == TYPE_TEXT)	/* MySQL takes the first one's */
		return bind_refuse(b, n, "has texts of two collations, and servers differ in which wins; COLLATE behind the first says it");
	n->type = TYPE_TEXT;
	n->collation = both.collation;
	n->charset = both.charset;
	n->strength = both.strength;
	return true;
}

static bool insert_value(struct run *r, const struct node *n, struct value *v)
{
	bool binary = text_is_binary(n), no_from, no_length, no_other;
	struct str s, other, rest;
	wide from, length;

	if (!text_of(r, n->args[0], &s, &v->null) || !wide_of(r, n->args[1], &from, &no_from) ||
	    !wide_of(r, n->args[2], &length, &no_length) || !text_of(r, n->args[3], &other, &no_other))
		return false;
	if (v->null || no_from || no_length || no_other)
		return give_null(v);
	if (from < 1 || from > (wide)text_count(s, binary))
		return give_text(v, s);
	rest = str_from(s, text_place(s, from - 1, binary));
	buf_clear(r->made);
	buf_put_str(r->made, str_first(s, s.n - rest.n));
	buf_put_str(r->made, other);
	if (length >= 0)
		buf_put_str(r->made, str_from(rest, text_place(rest, length, binary)));
	return made_text(r, n, v);
}

/* --- bits and bytes --- */

static bool bind_bits(struct binder *b, struct node *n)
{
	if (!is_number(n->args[0]->type) && n->args[0]->type != TYPE_NULL)
		return bind_refuse(b, n, "wants a number; CAST it AS UNSIGNED");
	n->type = TYPE_INT;
	return true;
}

static bool bit_count_value(struct run *r, const struct node *n, struct value *v)
{
	wide i = 0;

	if (!wide_of(r, n->args[0], &i, &v->null))
		return false;
	v->i = 0;
	for (uint64_t bits = (uint64_t)i; bits; bits &= bits - 1)
		v->i++;
	return true;
}

/* BIN, OCT: which = 1, 3 bits a digit. */
static bool bind_digits(struct binder *b, struct node *n)
{
	const struct node *arg = n->args[0];

	if (arg->type != TYPE_INT && arg->type != TYPE_UINT && arg->type != TYPE_NULL)
		return bind_refuse(b, n, "wants an integer; CAST it AS SIGNED");
	set_plain_text(n);
	return true;
}

static bool digits_value(struct run *r, const struct node *n, struct value *v)
{
	char digits[64];
	size_t at = sizeof(digits);
	uint64_t bits;
	wide i = 0;

	if (!wide_of(r, n->args[0], &i, &v->null))
		return false;
	if (v->null)
		return true;
	bits = (uint64_t)i;
	do {
		digits[--at] = (char)('0' + (bits & ((1u << n->which) - 1)));
		bits >>= n->which;
	} while (bits);
	return give_text(v, arena_str(r->arena, (struct str){ digits + at, sizeof(digits) - at }));
}

static bool bind_unhex(struct binder *b, struct node *n)
{
	n->type = TYPE_TEXT;
	n->collation = collation_of(STR_LIT("binary"));
	n->charset = STR_LIT("binary");
	n->strength = STRENGTH_LITERAL;
	return bind_text(b, &n->args[0]);
}

static bool unhex_value(struct run *r, const struct node *n, struct value *v)
{
	struct str s;

	if (!text_of(r, n->args[0], &s, &v->null))
		return false;
	if (v->null)
		return true;
	buf_clear(r->made);
	for (size_t i = 0, odd = s.n & 1; i < s.n; i += odd ? 1 : 2, odd = 0) {
		int high = odd ? 0 : hex_digit(s.p[i]), low = hex_digit(s.p[odd ? i : i + 1]);

		if (high < 0 || low < 0)
			return give_null(v);
		buf_put_char(r->made, (char)(high << 4 | low));
	}
	return made_text(r, n, v);
}

/* SHA2(s, bits) */
static bool bind_sha2(struct binder *b, struct node *n)
{
	const struct node *bits = n->args[1];

	set_plain_text(n);
	if (bits->kind != NODE_CONSTANT || bits->type != TYPE_INT || (bits->value.i != 0 && bits->value.i != 224 && bits->value.i != 256 &&
	    bits->value.i != 384 && bits->value.i != 512))
		return bind_refuse(b, n, "wants 224, 256, 384 or 512 bits, written out");
	return bind_bytes(b, n, n->args[0]);
}

static bool sha2_value(struct run *r, const struct node *n, struct value *v)
{
	wide bits = n->args[1]->value.i;
	struct str s;

	if (!text_of(r, n->args[0], &s, &v->null))
		return false;
	if (v->null)
		return true;
	return digest_text(r, n, s, bits == 224 ? EVP_sha224() : bits == 384 ? EVP_sha384() : bits == 512 ? EVP_sha512() : EVP_sha256(), v);
}

const struct function functions_choose[] = {
	{ "ELT", 2, MANY, bind_elt, elt_value, 0 },
	{ "FIELD", 2, MANY, bind_field, field_value, 0 },
	{ "SPACE", 1, 1, bind_space, space_value, 0 },
	{ "INSERT", 4, 4, bind_insert, insert_value, 0 },
	{ "BIT_COUNT", 1, 1, bind_bits, bit_count_value, 0 },
	{ "BIN", 1, 1, bind_digits, digits_value, 1 },
	{ "OCT", 1, 1, bind_digits, digits_value, 3 },
	{ "UNHEX", 1, 1, bind_unhex, unhex_value, 0 },
	{ "SHA2", 2, 2, bind_sha2, sha2_value, 0 },
	{ NULL, 0, 0, NULL, NULL, 0 }
};
