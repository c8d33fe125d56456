/* expr_search.c - functions that look for a text in another, or make bytes of it */
#include "rules/expr_parts.h"

#include <openssl/evp.h>

#include "text/utf8.h"

static void set_plain(struct node *n)
{
	n->type = TYPE_TEXT;
	n->collation = collation_of(STR_LIT("utf8mb4_general_ci"));
	n->charset = STR_LIT("utf8mb4");
	n->strength = STRENGTH_LITERAL;
}

static bool bind_search(struct binder *b, struct node *n)
{
	n->type = TYPE_INT;
	for (size_t i = 0; i < 2; i++)
		if (!bind_text(b, &n->args[i]))
			return false;
	bind_collation(b, n, 0, 2);
	return bind_known_collation(b, n, n->collation);
}

static size_t step(struct str s, size_t at, bool binary)
{
	unsigned n = binary ? 1 : utf8_step(s.p + at, s.p + s.n);

	return n ? n : 1;
}

/* The number of the character at which what stands in s, from its from-th on; 0: nowhere. A server looks only at as many bytes as what
 * has, so 'e' does not find a letter of two bytes that is as good as e. */
static bool find(struct run *r, const struct node *n, struct str s, struct str what, wide from, wide *found)
{
	bool binary = collation_is_binary(n->collation);
	wide number = 1;

	*found = 0;
	for (size_t at = 0; at <= s.n; number++) {
		if (number >= from && s.n - at >= what.n) {
			enum collate_got got = what.n == 0 ? COLLATE_SAME
							   : collation_compare(n->collation, str_first(str_from(s, at), what.n), what);

			if (got == COLLATE_UNKNOWN)
				return run_fail(r, n, "has a letter whose place in the collation is not known");
			if (got == COLLATE_SAME) {
				*found = number;
				return true;
			}
		}
		if (at == s.n)
			break;
		at += step(s, at, binary);
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

static bool find_in_set_value(struct run *r, const struct node *n, struct value *v)
{
	struct str what, list, item;
	bool null;

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
	set_plain(n);
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

static bool digest_value(struct run *r, const struct node *n, struct value *v)
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	unsigned length = 0;
	struct str s;

	if (!text_of(r, n->args[0], &s, &v->null))
		return false;
	if (v->null)
		return true;
	if (EVP_Digest(s.n ? s.p : "", s.n, sum, &length, n->which == 1 ? EVP_md5() : EVP_sha1(), NULL) != 1)
		return run_fail(r, n, "cannot be computed: the OpenSSL library refuses");
	buf_clear(r->made);
	put_hex(r->made, sum, length, "0123456789abcdef");
	return made_text(r, n, v);
}

static bool bind_ascii(struct binder *b, struct node *n)
{
	n->type = TYPE_INT;
	return bind_bytes(b, n, n->args[0]);
}

static bool ascii_value(struct run *r, const struct node *n, struct value *v)
{
	struct str s;

	if (!text_of(r, n->args[0], &s, &v->null))
		return false;
	if (!v->null)
		v->i = s.n ? (unsigned char)*s.p : 0;
	return true;
}

const struct function functions_text_more[] = {
	{ "LOCATE", 2, 3, bind_search, locate_value, 1 },
	{ "INSTR", 2, 2, bind_search, locate_value, 2 },
	{ "FIND_IN_SET", 2, 2, bind_search, find_in_set_value, 0 },
	{ "STRCMP", 2, 2, bind_search, strcmp_value, 0 },
	{ "HEX", 1, 1, bind_bytes_of, hex_value, 0 },
	{ "MD5", 1, 1, bind_bytes_of, digest_value, 1 },
	{ "SHA1", 1, 1, bind_bytes_of, digest_value, 2 },
	{ "SHA", 1, 1, bind_bytes_of, digest_value, 2 },
	{ "ASCII", 1, 1, bind_ascii, ascii_value, 0 },
	{ NULL, 0, 0, NULL, NULL, 0 }
};
