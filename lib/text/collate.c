#include "text/collate.h"

#include "text/collate_tables.h"
#include "text/utf8.h"

enum how { HOW_BINARY, HOW_BIN, HOW_GENERAL, HOW_SWEDISH, HOW_UCA };

struct collation {
	const char *name;
	enum how how;
	bool pad;			/* spaces at the end count for nothing */
	const struct collate_weights *weights;
	bool beyond;			/* all characters beyond U+FFFF weigh the same */
};

static const struct collation
	binary = { "binary", HOW_BINARY, false, NULL, false },
	bin = { "bin", HOW_BIN, true, NULL, false },
	nopad_bin = { "nopad_bin", HOW_BIN, false, NULL, false },
	swedish = { "latin1_swedish_ci", HOW_SWEDISH, true, NULL, false };

/* Of any of Unicode's sets. */
static const struct collation of_unicode[] = {
	{ "bin", HOW_BIN, true, NULL, false },
	{ "0900_bin", HOW_BIN, false, NULL, false },
	{ "nopad_bin", HOW_BIN, false, NULL, false },
	{ "general_ci", HOW_GENERAL, true, NULL, true },
	{ "general_nopad_ci", HOW_GENERAL, false, NULL, true },
	{ "unicode_ci", HOW_UCA, true, &collate_unicode, true },
	{ "unicode_nopad_ci", HOW_UCA, false, &collate_unicode, true },
	{ "unicode_520_ci", HOW_UCA, true, &collate_unicode_520, false },
	{ "unicode_520_nopad_ci", HOW_UCA, false, &collate_unicode_520, false },
	{ "0900_ai_ci", HOW_UCA, false, &collate_uca900, false },
	{ "uca1400_ai_ci", HOW_UCA, true, &collate_uca1400, false },
	{ "uca1400_nopad_ai_ci", HOW_UCA, false, &collate_uca1400, false },
};
static const char *const unicode_sets[] = { "utf8mb4_", "utf8mb3_", "utf8_", "ucs2_", "utf16_", "utf32_" };

const struct collation *collation_of(struct str name)
{
	struct str rest = name;

	if (str_is_nocase(name, "binary"))
		return &binary;
	if (str_is_nocase(name, "latin1_bin") || str_is_nocase(name, "ascii_bin"))
		return &bin;
	if (str_is_nocase(name, "latin1_nopad_bin") || str_is_nocase(name, "ascii_nopad_bin"))
		return &nopad_bin;
	if (str_is_nocase(name, "latin1_swedish_ci"))
		return &swedish;
	if (str_is_nocase(name, "ascii_general_ci"))
		rest = STR_LIT("general_ci");
	for (size_t i = 0; i < sizeof(unicode_sets) / sizeof(unicode_sets[0]); i++)
		if (str_starts_nocase(name, str_of(unicode_sets[i])))
			rest = str_from(name, strlen(unicode_sets[i]));
	/* MariaDB also shows the names of these without the set. */
	if (rest.n == name.n && !str_starts_nocase(name, STR_LIT("uca1400_")) && !str_is_nocase(name, "ascii_general_ci"))
		return NULL;
	for (size_t i = 0; i < sizeof(of_unicode) / sizeof(of_unicode[0]); i++)
		if (str_is_nocase(rest, of_unicode[i].name))
			return &of_unicode[i];
	return NULL;
}

const char *collation_name(const struct collation *c)
{
	return c->name;
}

bool collation_is_binary(const struct collation *c)
{
	return c->how == HOW_BINARY;
}

bool collation_is_bin(const struct collation *c)
{
	return c->how == HOW_BINARY || c->how == HOW_BIN;
}

/* cp itself where no run has it. */
static uint32_t run_find(const struct collate_run *runs, size_t n, uint32_t cp)
{
	size_t from = 0, to = n;

	while (from < to) {
		size_t at = from + (to - from) / 2;

		if (runs[at].last < cp)
			from = at + 1;
		else
			to = at;
	}
	if (from == n || runs[from].first > cp)
		return cp;
	if (runs[from].step == 0)
		return runs[from].to;
	return (cp - runs[from].first) % runs[from].step ? cp : runs[from].to + (cp - runs[from].first);
}

static const uint16_t cp1252[32] = {
	0x20ac, 0x81, 0x201a, 0x192, 0x201e, 0x2026, 0x2020, 0x2021, 0x2c6, 0x2030, 0x160, 0x2039, 0x152, 0x8d, 0x17d, 0x8f,
	0x90, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x2dc, 0x2122, 0x161, 0x203a, 0x153, 0x9d, 0x17e, 0x178,
};

/* From C0 on; small letters weigh as the capitals 32 before them, but for DF, F7 and FF. */
static const unsigned char swedish_letters[32] = "AAAA\\[\\CEEEEIIIIDNOOOO]\xd7\xd8UUUYY\xde\xdf";

static uint32_t swedish_weight(uint32_t cp)
{
	if (cp >= 'a' && cp <= 'z')
		return cp - 32;
	if (cp >= 0xe0 && cp <= 0xfe && cp != 0xf7)
		return swedish_letters[cp - 0xe0];
	if (cp >= 0xc0 && cp <= 0xdf)
		return swedish_letters[cp - 0xc0];
	for (size_t i = 0; cp > 0xff && i < 32; i++)
		if (cp1252[i] == cp)
			return (uint32_t)(0x80 + i);
	return cp;
}

/* One weight after the other of a text. */
struct weights {
	const struct collation *c;
	struct str rest;
	uint32_t more[2];		/* of the character that was begun; the tail of an implicit weight */
	const uint16_t *longer;
	unsigned n_more, n_longer;
};

#define NOT_KNOWN 0x1000000u		/* + code point: it equals only itself */
#define NO_MORE UINT32_MAX

static uint32_t uca_weight(struct weights *w, uint32_t cp)
{
	if ((cp >= 0x4e00 && cp <= 0x9fa5)) {	/* implicit: two weights, computed */
		w->more[0] = (cp & 0x7fff) | 0x8000;
		w->n_more = 1;
		return 0xfb40 + (cp >> 15);
	}
	if (cp > 0xffff)
		return w->c->beyond ? 0xfffd : NOT_KNOWN + cp;
	for (size_t i = 0; i < COLLATE_RANGES; i++) {
		const struct collate_range *r = &collate_ranges[i];
		uint16_t got;

		if (cp < r->first || cp > r->last)
			continue;
		got = w->c->weights->weights[r->at + cp - r->first];
		if (got == COLLATE_NO_WEIGHT)
			break;
		if (got < 0x8000)
			return got;
		w->longer = w->c->weights->longer + (got & 0x7fff);
		w->n_longer = *w->longer++ - 1u;
		return *w->longer++;
	}
	return NOT_KNOWN + cp;
}

static uint32_t first_weight(struct weights *w, uint32_t cp)
{
	switch (w->c->how) {
	case HOW_BINARY: case HOW_BIN:
		break;
	case HOW_GENERAL:
		if (cp < 0x80)
			return cp >= 'a' && cp <= 'z' ? cp - 32 : cp;
		return cp > 0xffff ? 0xfffd : run_find(collate_general, collate_n_general, cp);
	case HOW_SWEDISH:
		return swedish_weight(cp);
	case HOW_UCA:
		return uca_weight(w, cp);
	}
	return cp;
}

static uint32_t weights_next(struct weights *w)
{
	for (;;) {
		uint32_t got;

		if (w->n_more) {
			w->n_more = 0;
			return w->more[0];
		}
		if (w->n_longer) {
			w->n_longer--;
			got = *w->longer++;
		} else if (w->rest.n == 0) {
			return NO_MORE;
		} else {
			got = first_weight(w, utf8_take(&w->rest));
		}
		if (got != 0 || w->c->how != HOW_UCA)	/* nothing is counted of what weighs nothing */
			return got;
	}
}

static enum collate_got order(uint32_t a, uint32_t b)
{
	if (a == b)
		return COLLATE_SAME;
	if (a >= NOT_KNOWN || b >= NOT_KNOWN)
		return COLLATE_UNKNOWN;
	return a < b ? COLLATE_LESS : COLLATE_MORE;
}

enum collate_got collation_starts(const struct collation *c, struct str text, struct str start)
{
	struct weights left = { .c = c, .rest = text }, right = { .c = c, .rest = start };

	if (c->how == HOW_BINARY)
		return str_starts(text, start) ? COLLATE_SAME : COLLATE_MORE;
	for (;;) {
		uint32_t y = weights_next(&right), x = y == NO_MORE ? NO_MORE : weights_next(&left);

		if (y == NO_MORE)
			return COLLATE_SAME;
		if (x == NO_MORE)
			return COLLATE_LESS;
		if (order(x, y) != COLLATE_SAME)
			return order(x, y);
	}
}

enum collate_got collation_compare(const struct collation *c, struct str a, struct str b)
{
	struct weights left = { .c = c, .rest = a }, right = { .c = c, .rest = b };
	uint32_t space = ' ';
	int plain;

	if (c->how == HOW_BINARY) {
		plain = str_compare(a, b);
		return plain < 0 ? COLLATE_LESS : plain > 0 ? COLLATE_MORE : COLLATE_SAME;
	}
	if (str_eq(a, b))
		return COLLATE_SAME;
	if (c->pad) {
		struct weights w = { .c = c };

		space = first_weight(&w, ' ');
	}
	for (;;) {
		uint32_t x = weights_next(&left), y = weights_next(&right);
		enum collate_got got;

		if (x == NO_MORE && y == NO_MORE)
			return COLLATE_SAME;
		if (!c->pad && (x == NO_MORE || y == NO_MORE))
			return (x == NO_MORE ? y : x) >= NOT_KNOWN ? COLLATE_UNKNOWN : x == NO_MORE ? COLLATE_LESS : COLLATE_MORE;
		got = order(x == NO_MORE ? space : x, y == NO_MORE ? space : y);
		if (got != COLLATE_SAME)
			return got;
	}
}

static uint32_t take(const struct collation *c, struct str *s)
{
	uint32_t cp;

	if (c->how != HOW_BINARY)
		return utf8_take(s);
	cp = (unsigned char)*s->p;
	*s = str_from(*s, 1);
	return cp;
}

static enum collate_got same_letter(const struct collation *c, uint32_t a, uint32_t b)
{
	struct weights x = { .c = c }, y = { .c = c };
	uint32_t left, right;
	enum collate_got got;

	if (a == b)
		return COLLATE_SAME;
	left = first_weight(&x, a);
	right = first_weight(&y, b);
	for (;;) {
		got = order(left, right);
		if (got != COLLATE_SAME || left == NO_MORE)
			return got == COLLATE_LESS ? COLLATE_MORE : got;
		left = x.n_more || x.n_longer ? weights_next(&x) : NO_MORE;
		right = y.n_more || y.n_longer ? weights_next(&y) : NO_MORE;
		if ((left == NO_MORE) != (right == NO_MORE))
			return COLLATE_MORE;
	}
}

/* A '%' is tried from where the last one stands, longer each time: that is enough, and never more than n * m steps. */
enum collate_got collation_like(const struct collation *c, struct str text, struct str pattern, uint32_t escape)
{
	struct str back_text = STR_NONE, back_pattern = STR_NONE;
	bool can_go_back = false;

	for (;;) {
		bool matches = false;

		if (pattern.n == 0) {
			if (text.n == 0)
				return COLLATE_SAME;
		} else {
			struct str p = pattern, t = text;
			uint32_t want = take(c, &p);

			if (want == '%' && want != escape) {
				can_go_back = true;
				back_text = text;
				back_pattern = pattern = p;
				continue;
			}
			if (text.n > 0) {
				uint32_t is = take(c, &t);
				enum collate_got got = COLLATE_SAME;

				if (escape && want == escape && p.n > 0)
					got = same_letter(c, take(c, &p), is);
				else if (want != '_' || want == escape)
					got = same_letter(c, want, is);
				if (got == COLLATE_UNKNOWN)
					return got;
				matches = got == COLLATE_SAME;
			}
			if (matches) {
				text = t;
				pattern = p;
				continue;
			}
		}
		if (!can_go_back || back_text.n == 0)
			return COLLATE_MORE;
		take(c, &back_text);
		text = back_text;
		pattern = back_pattern;
	}
}

static void put_case(struct buf *b, struct str s, const struct collate_run *runs, size_t n)
{
	while (s.n > 0) {
		struct str before = s;
		uint32_t cp = utf8_take(&s);

		if (cp > 0xffff)
			buf_put(b, before.p, before.n - s.n);
		else
			utf8_put(b, run_find(runs, n, cp));
	}
}

void collate_put_upper(struct buf *b, struct str s)
{
	put_case(b, s, collate_upper, collate_n_upper);
}

void collate_put_lower(struct buf *b, struct str s)
{
	put_case(b, s, collate_lower, collate_n_lower);
}
