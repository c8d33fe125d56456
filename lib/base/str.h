/*
 * str.h - a pointer and a length: text that somebody else owns.
 *
 * A struct str borrows; it is valid as long as what it points into. It may hold any bytes, NUL too, and
 * is not terminated. Numbers are read whole: no sign where none is allowed, no space, no overflow.
 * Callers: everything.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
	const char *p;
	size_t n;
};

#define STR_LIT(text) ((struct str){ (text), sizeof(text) - 1 })
#define STR_NONE ((struct str){ NULL, 0 })

/* For "%.*s". */
#define STR(s) (int)(s).n, (s).p

static inline struct str str_of(const char *text)
{
	return (struct str){ text, text ? strlen(text) : 0 };
}

static inline bool str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* Compares with a C string. */
static inline bool str_is(struct str a, const char *text)
{
	return str_eq(a, str_of(text));
}

/* ASCII letters only: names of keywords, options and functions. */
bool str_eq_nocase(struct str a, struct str b);
bool str_is_nocase(struct str a, const char *text);

/* Order of bytes, as memcmp; a prefix sorts first. */
int str_compare(struct str a, struct str b);

bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
bool str_starts_nocase(struct str s, struct str prefix);

/* The part from at (clamped) on; and the first n bytes (clamped). */
struct str str_from(struct str s, size_t at);
struct str str_first(struct str s, size_t n);

/* Cuts at the first (last) c; before and after may be NULL. False, nothing written, when there is none. */
bool str_cut(struct str s, char c, struct str *before, struct str *after);
bool str_cut_last(struct str s, char c, struct str *before, struct str *after);

/* Without ASCII white space at both ends. */
struct str str_trim(struct str s);

/* The place of the first occurrence, or SIZE_MAX. */
size_t str_find(struct str s, struct str what);

/* What a hexadecimal digit is worth, in either case; -1: it is none. */
static inline int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool str_to_u64(struct str s, uint64_t *value);
bool str_to_i64(struct str s, int64_t *value);

uint64_t str_hash(struct str s);

/* A sum over texts one after the other, quick: for what is compared within one run and kept nowhere. Starts from 0. */
uint64_t str_sum(uint64_t sum, struct str s);

#endif
