#include "base/str.h"

static unsigned char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c + 32) : (unsigned char)c;
}

bool str_eq_nocase(struct str a, struct str b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (lower(a.p[i]) != lower(b.p[i]))
			return false;
	return true;
}

bool str_is_nocase(struct str a, const char *text)
{
	return str_eq_nocase(a, str_of(text));
}

int str_compare(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n ? memcmp(a.p, b.p, n) : 0;

	return order ? order : (a.n > b.n) - (a.n < b.n);
}

struct str str_from(struct str s, size_t at)
{
	if (at > s.n)
		at = s.n;
	return (struct str){ s.n ? s.p + at : s.p, s.n - at };
}

struct str str_first(struct str s, size_t n)
{
	return (struct str){ s.p, n < s.n ? n : s.n };
}

bool str_starts(struct str s, struct str prefix)
{
	return s.n >= prefix.n && str_eq(str_first(s, prefix.n), prefix);
}

bool str_ends(struct str s, struct str suffix)
{
	return s.n >= suffix.n && str_eq(str_from(s, s.n - suffix.n), suffix);
}

bool str_starts_nocase(struct str s, struct str prefix)
{
	return s.n >= prefix.n && str_eq_nocase(str_first(s, prefix.n), prefix);
}

static bool cut_at(struct str s, const char *at, struct str *before, struct str *after)
{
	if (!at)
		return false;
	if (before)
		*before = (struct str){ s.p, (size_t)(at - s.p) };
	if (after)
		*after = (struct str){ at + 1, s.n - (size_t)(at - s.p) - 1 };
	return true;
}

bool str_cut(struct str s, char c, struct str *before, struct str *after)
{
	return cut_at(s, s.n ? memchr(s.p, c, s.n) : NULL, before, after);
}

bool str_cut_last(struct str s, char c, struct str *before, struct str *after)
{
	for (size_t i = s.n; i > 0; i--)
		if (s.p[i - 1] == c)
			return cut_at(s, s.p + i - 1, before, after);
	return false;
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct str str_trim(struct str s)
{
	while (s.n > 0 && is_space(s.p[0]))
		s = str_from(s, 1);
	while (s.n > 0 && is_space(s.p[s.n - 1]))
		s.n--;
	return s;
}

size_t str_find(struct str s, struct str what)
{
	for (size_t i = 0; i + what.n <= s.n; i++)
		if (str_eq((struct str){ s.p + i, what.n }, what))
			return i;
	return SIZE_MAX;
}

bool str_to_u64(struct str s, uint64_t *value)
{
	uint64_t v = 0;

	if (s.n == 0)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		unsigned digit = (unsigned char)s.p[i] - (unsigned)'0';

		if (digit > 9 || v > (UINT64_MAX - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	*value = v;
	return true;
}

bool str_to_i64(struct str s, int64_t *value)
{
	bool negative = s.n > 0 && s.p[0] == '-';
	uint64_t v;

	if (!str_to_u64(negative ? str_from(s, 1) : s, &v))
		return false;
	if (v > (uint64_t)INT64_MAX + negative)
		return false;
	*value = negative ? (int64_t)(0 - v) : (int64_t)v;
	return true;
}

/* FNV-1a, then mixed, so that tables of a power of two may use the low bits. */
uint64_t str_hash(struct str s)
{
	uint64_t h = 14695981039346656037u;

	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (unsigned char)s.p[i]) * 1099511628211u;
	h ^= h >> 33;
	return h * 0xff51afd7ed558ccdu ^ h >> 29;
}

uint64_t str_sum(uint64_t sum, struct str s)
{
	uint64_t word;

	sum ^= s.n * 0x9e3779b97f4a7c15u;
	for (; s.n >= sizeof(word); s = (struct str){ s.p + sizeof(word), s.n - sizeof(word) }) {
		memcpy(&word, s.p, sizeof(word));
		sum = (sum ^ word) * 0xff51afd7ed558ccdu;
		sum ^= sum >> 32;
	}
	for (size_t i = 0; i < s.n; i++)
		sum = (sum ^ (unsigned char)s.p[i]) * 0xff51afd7ed558ccdu;
	return sum ^ sum >> 29;
}
