/* expr_search.c - functions that look for a text in another, or make bytes of it */
#include "rules/expr_parts.h"

static bool bind_search(struct binder *b, struct node *n)
{
	n->type = TYPE_INT;
	for (size_t i = 0; i < 2; i++)
		if (!bind_text(b, &n->args[i]))
			return false;
	bind_collation(b, n, 0, 2);
	return bind_known_collation(b, n, n->collation);
}

/* The number of the character at which what begins in s, from its from-th on; 0: nowhere. As MySQL: MariaDB looks only at as many bytes
 * as what has, and does not find there a letter that is as good as another but longer. */
static bool find(struct run *r, const struct node *n, struct str s, struct str what, wide from, wide *found)
{
	bool binary = collation_is_binary(n->collation);
	wide number = 1;

	*found = 0;
	for (size_t at = 0; at <= s.n; number++) {
		enum collate_got got = number < from ? COLLATE_MORE : collation_starts(n->collation, str_from(s, at), what);

		if (got == COLLATE_UNKNOWN)
			return run_fail(r, n, "has a letter whose place in the collation is not known");
		if (got == COLLATE_SAME) {
			*found = number;
			return true;
		}
		if (at == s.n)
			break;
		at += text_step(s, at, binary);
	}
	return true;
}

/* LOCATE(what, s[, from]), which = 1; INSTR(s, what), which = 2. */
static bool locate_value(struct run *r, const struct node *n, struct value *v)
{
	struct str what, s;
	bool null, no_from = false;
	wide from = 1;

	if (!text_of(r, n->args[n->which - 1], &what, &v->null) || !text_of(r, n->args[2 - n->which], &s, &null) ||
	    (n->n > 2 && !wide_of(r, n->args[2], &from, &no_from)))
		return false;
	if (v->null || null || no_from)
		return give_null(v);
	return from < 1 ? give_wide(v, 0) : find(r, n, s, what, from, &v->i);
}

/* Of a column of the type SET, and a text that is written out, a server counts in the labels, not in the value. */
static bool bind_find_in_set(struct binder *b, struct node *n)
{
	const struct node *what = n->args[0], *set = n->args[1];

	if (!bind_search(b, n))
		return false;
	if (set->kind != NODE_COLUMN || !set->of || !column_type_is(set->of->type, "set"))
		return true;
	if (what->kind != NODE_CONSTANT || what->type != TYPE_TEXT)
		return bind_refuse(b, n, "looks in a SET for what is not written out");
	n->has_operand = true;
	return bind_number(b, &n->args[1]);
}

static bool find_label(struct run *r, const struct node *n, struct value *v)
{
	const struct node *set = n->args[1];
	wide bits = 0;

	if (!wide_of(r, set, &bits, &v->null))
		return false;
	v->i = 0;
	for (size_t i = 0; !v->null && i < set->n_labels; i++)
		if (collation_compare(n->collation, set->labels[i], n->args[0]->value.s) == COLLATE_SAME) {
			v->i = bits >> i & 1 ? (wide)i + 1 : 0;
			break;
		}
	return true;
}

static bool find_in_set_value(struct run *r, const struct node *n, struct value *v)
{
	struct str what, list, item;
	bool null;

	if (n->has_operand)
		return find_label(r, n, v);
	if (!text_of(r, n->args[0], &what, &v->null) || !text_of(r, n->args[1], &list, &null))
		return false;
	if (v->null || null)
		return give_null(v);
	v->i = 0;
	for (wide number = 1, more = list.n > 0; more; number++) {
		enum collate_got got;

		more = str_cut(list, ',', &item, &list);
		if (!more)
			item = list;
		got = collation_compare(n->collation, item, what);
		if (got == COLLATE_UNKNOWN)
			return run_fail(r, n, "has a letter whose place in the collation is not known");
		if (got == COLLATE_SAME)
			return give_wide(v, number);
	}
	return true;
}

static bool strcmp_value(struct run *r, const struct node *n, struct value *v)
{
	struct str a, z;
	bool null;
	enum collate_got got;

	if (!text_of(r, n->args[0], &a, &v->null) || !text_of(r, n->args[1], &z, &null))
		return false;
	if (v->null || null)
		return give_null(v);
	got = collation_compare(n->collation, a, z);
	v->i = (int)got;
	return got != COLLATE_UNKNOWN || run_fail(r, n, "has a letter whose place in the collation is not known");
}

static void put_hex(struct buf *b, const unsigned char *p, size_t n, const char *digits)
{
	for (size_t i = 0; i < n; i++) {
		buf_put_char(b, digits[p[i] >> 4]);
		buf_put_char(b, digits[p[i] & 15]);
	}
}

static bool bind_bytes_of(struct binder *b, struct node *n)
{
	set_plain_text(n);
	return bind_bytes(b, n, n->args[0]);
}

/* HEX of a number is the number's, of a text its bytes'. */
static bool hex_value(struct run *r, const struct node *n, struct value *v)
{
	const struct node *arg = n->args[0];
	struct str s = STR_NONE;
	wide i = 0;

	if (is_number(arg->type) ? !wide_of(r, arg, &i, &v->null) : !text_of(r, arg, &s, &v->null))
		return false;
	if (v->null)
		return true;
	buf_clear(r->made);
	if (is_number(arg->type))
		buf_putf(r->made, "%llX", (unsigned long long)(uint64_t)i);
	else
		put_hex(r->made, (const unsigned char *)s.p, s.n, "0123456789ABCDEF");
	return made_text(r, n, v);
}

bool digest_text(struct run *r, const struct node *n, struct str s, const EVP_MD *kind, struct value *v)
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	unsigned length = 0;

	if (EVP_Digest(s.n ? s.p : "", s.n, sum, &length, kind, NULL) != 1)
		return run_fail(r, n, "cannot be computed: the OpenSSL library refuses");
	buf_clear(r->made);
	put_hex(r->made, sum, length, "0123456789abcdef");
	return made_text(r, n, v);
}

static bool digest_value(struct run *r, const struct node *n, struct value *v)
{
	struct str s;

	if (!text_of(r, n->args[0], &s, &v->null))
		return false;
	return v->null || digest_text(r, n, s, n->which == 1 ? EVP_md5() : EVP_sha1(), v);
}

static bool bind_ascii(struct binder *b, struct node *n)
{
	n->type = TYPE_INT;
	return bind_bytes(b, n, n->args[0]);
}

/* The bytes of the first character as one number (ORD, which = 2), or the first byte (ASCII, 1). */
static bool ascii_value(struct run *r, const struct node *n, struct value *v)
{
	const struct node *arg = n->args[0];
	struct str s;
	size_t length;

	if (!text_of(r, arg, &s, &v->null))
		return false;
	v->i = 0;
	if (v->null || s.n == 0)
		return true;
	length = n->which == 1 ? 1 : text_step(s, 0, arg->type != TYPE_TEXT || text_is_binary(arg));
	for (size_t i = 0; i < length; i++)
		v->i = v->i << 8 | (unsigned char)s.p[i];
	return true;
}

const struct function functions_text_more[] = {
	{ "LOCATE", 2, 3, bind_search, locate_value, 1 },
	{ "INSTR", 2, 2, bind_search, locate_value, 2 },
	{ "FIND_IN_SET", 2, 2, bind_find_in_set, find_in_set_value, 0 },
	{ "STRCMP", 2, 2, bind_search, strcmp_value, 0 },
	{ "HEX", 1, 1, bind_bytes_of, hex_value, 0 },
	{ "MD5", 1, 1, bind_bytes_of, digest_value, 1 },
	{ "SHA1", 1, 1, bind_bytes_of, digest_value, 2 },
	{ "SHA", 1, 1, bind_bytes_of, digest_value, 2 },
	{ "ASCII", 1, 1, bind_ascii, ascii_value, 1 },
	{ "ORD", 1, 1, bind_ascii, ascii_value, 2 },
	{ NULL, 0, 0, NULL, NULL, 0 }
};
