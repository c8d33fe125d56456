#include "rules/exact.h"

#include <stdlib.h>

#define BASE 1000000000u

static const uint32_t tens[10] = { 1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, BASE };

static void trim(struct exact *x)
{
	while (x->n > 0 && x->limb[x->n - 1] == 0)
		x->n--;
	if (x->n == 0)
		x->negative = false;
}

/* x * by + add; by at most BASE. */
static bool grow(struct exact *x, uint32_t by, uint32_t add)
{
	uint64_t carry = add;

	for (unsigned i = 0; i < x->n; i++) {
		carry += (uint64_t)x->limb[i] * by;
		x->limb[i] = (uint32_t)(carry % BASE);
		carry /= BASE;
	}
	if (carry == 0)
		return true;
	if (x->n == EXACT_LIMBS)
		return false;
	x->limb[x->n++] = (uint32_t)carry;
	return true;
}

/* x / by; the remainder is returned. */
static uint32_t shrink(struct exact *x, uint32_t by)
{
	uint64_t rest = 0;

	for (unsigned i = x->n; i-- > 0;) {
		rest = rest * BASE + x->limb[i];
		x->limb[i] = (uint32_t)(rest / by);
		rest %= by;
	}
	while (x->n > 0 && x->limb[x->n - 1] == 0)
		x->n--;
	return (uint32_t)rest;
}

static bool shift_up(struct exact *x, unsigned digits)
{
	for (; digits > 0 && x->n > 0; digits -= digits > 9 ? 9 : digits)
		if (!grow(x, tens[digits > 9 ? 9 : digits], 0))
			return false;
	return true;
}

static bool add_one(struct exact *x)
{
	if (x->n == 0) {
		x->limb[x->n++] = 1;
		return true;
	}
	return grow(x, 1, 1);
}

/* Drops digits at the end. */
static bool shift_down(struct exact *x, unsigned digits, bool round)
{
	uint32_t last = 0;

	if (digits == 0)
		return true;
	for (digits--; digits > 0 && x->n > 0; digits -= digits > 9 ? 9 : digits)
		shrink(x, tens[digits > 9 ? 9 : digits]);
	if (x->n > 0)
		last = shrink(x, 10);
	return !round || last < 5 || add_one(x);
}

bool exact_set_scale(struct exact *x, unsigned scale, bool round)
{
	bool ok = scale >= x->scale ? shift_up(x, scale - x->scale) : shift_down(x, x->scale - scale, round);

	x->scale = scale;
	trim(x);
	return ok;
}

bool exact_round_at(struct exact *x, int digits, bool round)
{
	unsigned up = digits < 0 ? (unsigned)-digits : 0;

	if (digits >= 0)
		return (unsigned)digits >= x->scale || exact_set_scale(x, (unsigned)digits, round);
	if (up > 9 * EXACT_LIMBS)
		up = 9 * EXACT_LIMBS + 1;
	if (!shift_down(x, x->scale + up, round))
		return false;
	x->scale = 0;
	trim(x);
	return shift_up(x, up);
}

static size_t parse_exponent(struct str text, size_t at, long *exponent)
{
	size_t digits = at + 1;

	*exponent = 0;
	if (at >= text.n || (text.p[at] | 0x20) != 'e')
		return at;
	if (digits < text.n && (text.p[digits] == '+' || text.p[digits] == '-'))
		digits++;
	if (digits >= text.n || text.p[digits] < '0' || text.p[digits] > '9')
		return at;
	for (size_t i = digits; ; i++) {
		if (i >= text.n || text.p[i] < '0' || text.p[i] > '9') {
			if (text.p[at + 1] == '-')
				*exponent = -*exponent;
			return i;
		}
		if (*exponent < 10000)
			*exponent = *exponent * 10 + (text.p[i] - '0');
	}
}

size_t exact_parse(struct exact *x, struct str text)
{
	bool point = false, negative = false;
	size_t at = 0, digits = 0;
	long exponent;

	memset(x, 0, offsetof(struct exact, limb));
	if (text.n > 0 && (text.p[0] == '-' || text.p[0] == '+'))
		negative = text.p[at++] == '-';
	for (; at < text.n; at++) {
		char c = text.p[at];

		if (c == '.' && !point) {
			point = true;
		} else if (c >= '0' && c <= '9') {
			digits++;
			if (point && x->scale >= EXACT_SCALE_MAX + 10)	/* no server keeps them */
				continue;
			if (x->n == 0 && c != '0')
				x->limb[x->n++] = (uint32_t)(c - '0');
			else if (x->n > 0 && !grow(x, 10, (uint32_t)(c - '0')))
				return 0;
			x->scale += point;
		} else {
			break;
		}
	}
	if (digits == 0) {
		memset(x, 0, offsetof(struct exact, limb));
		return 0;
	}
	x->negative = negative && x->n > 0;
	at = parse_exponent(text, at, &exponent);
	if (exponent > 0 && (unsigned)exponent <= x->scale)
		x->scale -= (unsigned)exponent;
	else if (exponent > 0) {
		if (!shift_up(x, (unsigned)exponent - x->scale))
			return 0;
		x->scale = 0;
	} else if (exponent < 0) {
		x->scale += (unsigned)-exponent;
		if (x->scale > EXACT_SCALE_MAX + 10)
			exact_set_scale(x, EXACT_SCALE_MAX, true);
	}
	return at;
}

void exact_of_wide(struct exact *x, wide value)
{
	wide_unsigned left = value < 0 ? -(wide_unsigned)value : (wide_unsigned)value;

	x->negative = value < 0;
	x->scale = x->n = 0;
	for (; left > 0; left /= BASE)
		x->limb[x->n++] = (uint32_t)(left % BASE);
}

void exact_put(struct buf *b, const struct exact *x)
{
	char digits[EXACT_LIMBS * 9 + EXACT_SCALE_MAX + 60], *end = digits + sizeof(digits), *p = end;
	unsigned done = 0;

	for (unsigned i = 0; i < x->n || done <= x->scale; i++) {
		uint32_t limb = i < x->n ? x->limb[i] : 0;

		for (unsigned j = 0; j < 9; j++, limb /= 10) {
			if (i + 1 >= x->n && limb == 0 && done > x->scale)
				break;
			if (done++ == x->scale && x->scale > 0)
				*--p = '.';
			*--p = (char)('0' + limb % 10);
		}
	}
	if (x->negative)
		*--p = '-';
	buf_put(b, p, (size_t)(end - p));
}

double exact_real(const struct exact *x)
{
	char room[EXACT_LIMBS * 9 + EXACT_SCALE_MAX + 64];
	struct buf text = BUF_INIT(sizeof(room));
	double real;

	exact_put(&text, x);
	real = strtod(buf_text(&text), NULL);
	buf_release(&text);
	return real;
}

bool exact_wide(const struct exact *x, bool round, wide *value)
{
	struct exact whole = *x;
	wide got = 0;

	if (!exact_set_scale(&whole, 0, round) || whole.n > 4)
		return false;
	for (unsigned i = whole.n; i-- > 0;)
		got = got * BASE + whole.limb[i];
	*value = whole.negative ? -got : got;
	return true;
}

static int compare_size(const struct exact *a, const struct exact *b)
{
	if (a->n != b->n)
		return a->n < b->n ? -1 : 1;
	for (unsigned i = a->n; i-- > 0;)
		if (a->limb[i] != b->limb[i])
			return a->limb[i] < b->limb[i] ? -1 : 1;
	return 0;
}

/* Both with the same scale: the larger one. */
static bool align(struct exact *a, struct exact *b)
{
	return a->scale < b->scale ? exact_set_scale(a, b->scale, false) : exact_set_scale(b, a->scale, false);
}

int exact_compare(const struct exact *a, const struct exact *b)
{
	struct exact x = *a, y = *b;
	int got;

	if (x.negative != y.negative)
		return x.negative ? -1 : 1;
	if (!align(&x, &y))	/* too long to be made so: the shorter scale has the larger number */
		return (x.scale < y.scale) != x.negative ? 1 : -1;
	got = compare_size(&x, &y);
	return x.negative ? -got : got;
}

/* a + b, or a - b where a is not smaller; without signs. */
static bool add_size(struct exact *a, const struct exact *b)
{
	uint32_t carry = 0;

	for (unsigned i = 0; i < b->n || carry; i++) {
		uint32_t sum = carry;

		if (i >= EXACT_LIMBS)
			return false;
		sum += (i < a->n ? a->limb[i] : 0) + (i < b->n ? b->limb[i] : 0);
		carry = sum >= BASE;
		a->limb[i] = sum - (carry ? BASE : 0);
		if (i >= a->n)
			a->n = i + 1;
	}
	return true;
}

static void subtract_size(struct exact *a, const struct exact *b)
{
	uint32_t borrow = 0;

	for (unsigned i = 0; i < a->n; i++) {
		uint32_t less = (i < b->n ? b->limb[i] : 0) + borrow;

		borrow = a->limb[i] < less;
		a->limb[i] += (borrow ? BASE : 0) - less;
	}
	trim(a);
}

bool exact_add(struct exact *to, const struct exact *a, const struct exact *b)
{
	struct exact x = *a, y = *b;

	if (!align(&x, &y))
		return false;
	if (x.negative == y.negative) {
		*to = x;
		return add_size(to, &y);
	}
	if (compare_size(&x, &y) < 0) {
		*to = y;
		subtract_size(to, &x);
	} else {
		*to = x;
		subtract_size(to, &y);
	}
	return true;
}

bool exact_subtract(struct exact *to, const struct exact *a, const struct exact *b)
{
	struct exact y = *b;

	y.negative = !y.negative && y.n > 0;
	return exact_add(to, a, &y);
}

bool exact_multiply(struct exact *to, const struct exact *a, const struct exact *b)
{
	struct exact x = { .negative = a->negative != b->negative, .scale = a->scale + b->scale };

	if (a->n + b->n > EXACT_LIMBS)
		return false;
	x.n = a->n + b->n;
	for (unsigned i = 0; i < a->n; i++) {
		uint64_t carry = 0;

		for (unsigned j = 0; j < b->n || carry; j++) {
			carry += x.limb[i + j] + (j < b->n ? (uint64_t)a->limb[i] * b->limb[j] : 0);
			x.limb[i + j] = (uint32_t)(carry % BASE);
			carry /= BASE;
		}
	}
	trim(&x);
	*to = x;
	return x.scale <= EXACT_SCALE_MAX || exact_set_scale(to, EXACT_SCALE_MAX, true);
}

/* x - by * digit, shifted by `at` limbs; x is not smaller. */
static void take_away(struct exact *x, const struct exact *by, uint32_t digit, unsigned at)
{
	uint64_t carry = 0;

	for (unsigned i = 0; at + i < x->n; i++) {
		uint32_t less;

		carry += i < by->n ? (uint64_t)by->limb[i] * digit : 0;
		less = (uint32_t)(carry % BASE);
		carry /= BASE;
		if (x->limb[at + i] < less) {
			x->limb[at + i] += BASE;
			carry++;
		}
		x->limb[at + i] -= less;
	}
	trim(x);
}

/* Is x smaller than by * digit, shifted by `at` limbs? */
static bool is_less(const struct exact *x, const struct exact *by, uint32_t digit, unsigned at)
{
	struct exact y = { .n = at + by->n };

	if (y.n > EXACT_LIMBS)
		return true;
	for (unsigned i = 0; i < by->n; i++)
		y.limb[at + i] = by->limb[i];
	if (!grow(&y, digit, 0))
		return true;
	trim(&y);
	return compare_size(x, &y) < 0;
}

/* Integers: rest = a % b, quotient = a / b. The digit of each place is found by halving: thirty steps at most. */
static void divide_size(struct exact *quotient, struct exact *rest, const struct exact *b)
{
	memset(quotient, 0, sizeof(*quotient));
	for (unsigned at = rest->n >= b->n ? rest->n - b->n + 1 : 0; at-- > 0;) {
		uint32_t low = 0, high = BASE - 1;

		while (low < high) {
			uint32_t middle = low + (high - low + 1) / 2;

			if (is_less(rest, b, middle, at))
				high = middle - 1;
			else
				low = middle;
		}
		if (low)
			take_away(rest, b, low, at);
		quotient->limb[at] = low;
		if (low && quotient->n <= at)
			quotient->n = at + 1;
	}
}

bool exact_divide(struct exact *to, const struct exact *a, const struct exact *b, unsigned scale)
{
	struct exact x = *a, y = *b, quotient;
	bool negative = x.negative != y.negative;
	int up = (int)scale + (int)y.scale - (int)x.scale;

	x.negative = y.negative = false;
	if (up >= 0 ? !shift_up(&x, (unsigned)up) : !shift_up(&y, (unsigned)-up))
		return false;
	divide_size(&quotient, &x, &y);
	quotient.scale = scale;
	quotient.negative = negative && quotient.n > 0;
	*to = quotient;
	return true;
}

bool exact_remainder(struct exact *to, const struct exact *a, const struct exact *b)
{
	struct exact x = *a, y = *b, quotient;
	bool negative = x.negative;

	x.negative = y.negative = false;
	if (!align(&x, &y))
		return false;
	divide_size(&quotient, &x, &y);
	x.negative = negative && x.n > 0;
	*to = x;
	return true;
}
