/* json_sql.c - JSON documents as SQL; see json_sql.h */
#include "text/json_sql.h"

#include <math.h>
#include <stdlib.h>

#include "text/json_read.h"
#include "text/json_write.h"
#include "text/sql_quote.h"

enum {
	DECIMAL_GROUP = 9,		/* digits that MySQL computes with at once */
	DECIMAL_GROUPS_MAX = 9,		/* of a number: more than a column holds, but documents hold what was computed */
	DOUBLE_DIGITS_MAX = 17,		/* that say anything about a double */
	NUMBER_MAX = 512,
};

/* How a number gets into a document unchanged. */
enum carry { CARRY_PARSED, CARRY_DECIMAL, CARRY_NOT };

/* --- numbers --- */

/* A number taken apart: 0.DIGITS * 10^point, without zeros at either end. */
struct parts {
	char digits[NUMBER_MAX];
	size_t n;
	int64_t point;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_of_number(char c)
{
	return is_digit(c) || c == '.' || c == '-' || c == '+' || c == 'e' || c == 'E';
}

/* False where it is too long. The sign is left out. */
static bool take_apart(struct parts *parts, struct str number)
{
	bool fraction = false;
	size_t i = number.n > 0 && number.p[0] == '-';
	int64_t exponent = 0;

	*parts = (struct parts){ .n = 0 };
	for (; i < number.n && (is_digit(number.p[i]) || number.p[i] == '.'); i++) {
		if (number.p[i] == '.') {
			fraction = true;
		} else if (parts->n == 0 && number.p[i] == '0') {
			parts->point -= fraction;
		} else if (parts->n == NUMBER_MAX) {
			return false;
		} else {
			parts->digits[parts->n++] = number.p[i];
			parts->point += !fraction;
		}
	}
	while (parts->n > 0 && parts->digits[parts->n - 1] == '0')
		parts->n--;
	if (i + 1 < number.n && !str_to_i64(str_from(number, i + 1 + (number.p[i + 1] == '+')), &exponent))
		return false;
	parts->point = parts->n > 0 ? parts->point + exponent : 0;
	return true;
}

static bool same_number(struct str a, struct str b)
{
	struct parts one, two;

	return take_apart(&one, a) && take_apart(&two, b) && one.n == two.n && one.point == two.point &&
	       memcmp(one.digits, two.digits, one.n) == 0;
}

static size_t groups(size_t digits)
{
	return (digits + DECIMAL_GROUP - 1) / DECIMAL_GROUP;
}

/* There is always a digit in front of the point. */
static bool fits_decimal(struct str number)
{
	struct str whole, fraction = STR_NONE;

	number = str_from(number, number.n > 0 && number.p[0] == '-');
	if (!str_cut(number, '.', &whole, &fraction))
		whole = number;
	while (whole.n > 0 && whole.p[0] == '0')
		whole = str_from(whole, 1);
	return groups(whole.n > 0 ? whole.n : 1) + groups(fraction.n) <= DECIMAL_GROUPS_MAX;
}

/* The double that is read from the text, as the server prints it. False where there is none. */
static bool double_text(struct buf *b, struct str number)
{
	char text[NUMBER_MAX + 1];
	double v;

	if (number.n > NUMBER_MAX)
		return false;
	memcpy(text, number.p, number.n);
	text[number.n] = '\0';
	v = strtod(text, NULL);
	if (!isfinite(v))
		return false;
	json_put_mysql_double(b, v);
	return true;
}

/* An exponent makes a DOUBLE of it at both ends, of which more than 17 digits say nothing. */
static enum carry carry_exponent(struct str number, struct str as_double)
{
	struct parts parts;

	return same_number(number, as_double) || (take_apart(&parts, number) && parts.n <= DOUBLE_DIGITS_MAX) ?
	       CARRY_PARSED : CARRY_NOT;
}

static bool has_exponent(struct str number)
{
	return memchr(number.p, 'e', number.n) || memchr(number.p, 'E', number.n);
}

static enum carry carry_double(struct str number, struct str as_double, bool decimals)
{
	if (str_eq(number, as_double))
		return CARRY_PARSED;
	if (has_exponent(number))
		return carry_exponent(number, as_double);
	if (number.p[0] == '-' && same_number(number, STR_LIT("0")))	/* a DECIMAL has no -0 */
		return CARRY_PARSED;
	if (decimals && fits_decimal(number))
		return CARRY_DECIMAL;
	return same_number(number, as_double) ? CARRY_PARSED : CARRY_NOT;
}

/* Most numbers: so few digits that a double gives them back, and none that it would not write. */
static bool is_short(struct str number)
{
	size_t point = str_find(number, STR_LIT("."));

	return number.n <= 16 && point != SIZE_MAX && point + 1 < number.n && !has_exponent(number) &&
	       (number.p[number.n - 1] != '0' || point + 2 == number.n);
}

static bool is_integer(struct str number)
{
	int64_t i;
	uint64_t u;

	return str_to_i64(number, &i) || str_to_u64(number, &u);
}

static enum carry carry_of(struct str number, bool decimals)
{
	struct buf as_double = BUF_INIT(64);
	enum carry carry = CARRY_NOT;

	if (is_integer(number) || is_short(number))
		return CARRY_PARSED;
	if (double_text(&as_double, number))
		carry = carry_double(number, buf_str(&as_double), decimals);
	buf_release(&as_double);
	return carry;
}

/* --- a quick look at all numbers --- */

/* The end of the text that starts with the quote at p. */
static const char *text_end(const char *p, const char *end)
{
	for (p++; p < end && *p != '"'; p++)
		p += *p == '\\';
	return p < end ? p + 1 : end;
}

/* The first number that is not just parsed: how it is carried. */
static enum carry look(struct str document, bool decimals, enum carry wanted, struct str *number)
{
	const char *p = document.p, *end = p + document.n;
	enum carry worst = CARRY_PARSED;

	while (p < end && worst < wanted) {
		const char *start = p;
		enum carry carry;

		if (*p == '"') {
			p = text_end(p, end);
			continue;
		}
		if (!is_digit(*p) && *p != '-') {
			p++;
			continue;
		}
		while (p < end && is_of_number(*p))
			p++;
		*number = (struct str){ start, (size_t)(p - start) };
		carry = carry_of(*number, decimals);
		worst = carry > worst ? carry : worst;
	}
	return worst;
}

bool json_sql_can_hold(struct str document, enum json_store store, struct str *number)
{
	return store == JSON_STORE_TEXT || look(document, store == JSON_STORE_DECIMALS, CARRY_NOT, number) != CARRY_NOT;
}

bool json_sql_is_built(struct str document, enum json_store store)
{
	struct str number;

	return store == JSON_STORE_DECIMALS && look(document, true, CARRY_DECIMAL, &number) != CARRY_PARSED;
}

/* --- building --- */

struct building {
	struct buf *out;
	struct arena keys;
	bool backslash;
};

static void put_built(struct building *x, struct json *j);

static void put_cast(struct building *x, struct str document)
{
	buf_put_text(x->out, "CAST(");
	sql_put_text(x->out, document, x->backslash);
	buf_put_text(x->out, " AS JSON)");
}

/* The key as it stands in the document, its escapes resolved. */
static void put_key(struct building *x, struct str key)
{
	struct json j;

	json_init(&j, (struct str){ key.p - 1, key.n + 2 });
	sql_put_text(x->out, json_text(&j, &x->keys), x->backslash);
	buf_put_char(x->out, ',');
}

static void put_container(struct building *x, struct json *j, bool object)
{
	bool more = object ? json_object(j) : json_array(j);
	const char *comma = "";
	struct str key;

	buf_put_text(x->out, object ? "JSON_OBJECT(" : "JSON_ARRAY(");
	for (; more && (object ? json_key(j, &key) : json_item(j)); comma = ",") {
		buf_put_text(x->out, comma);
		if (object)
			put_key(x, key);
		put_built(x, j);
	}
	buf_put_char(x->out, ')');
}

/* A number is a literal of the type that it has in the document: integer, DECIMAL, or with an exponent DOUBLE. */
static void put_number(struct building *x, struct str number)
{
	buf_put_str(x->out, number);
	if (carry_of(number, true) == CARRY_PARSED && !is_integer(number) && !has_exponent(number))
		buf_put_text(x->out, "e0");
}

static void put_built(struct building *x, struct json *j)
{
	struct json at = *j;
	enum json_kind kind = json_peek(j);
	struct str value = json_skip(j);

	if (kind == JSON_NUMBER) {
		put_number(x, value);
	} else if (j->bad || !json_sql_is_built(value, JSON_STORE_DECIMALS)) {
		put_cast(x, value);
	} else {
		*j = at;
		put_container(x, j, kind == JSON_OBJECT);
	}
}

void json_put_sql(struct buf *b, struct str document, bool backslash, enum json_store store)
{
	struct building x = { .out = b, .keys = ARENA_INIT, .backslash = backslash };
	struct err ignored = { 0 };
	struct json whole, j;

	json_init(&whole, document);
	json_skip(&whole);
	if (!json_sql_is_built(document, store) || !json_ok(&whole, "a document", &ignored)) {
		put_cast(&x, document);		/* what is no JSON the server refuses */
		return;
	}
	json_init(&j, document);
	if (json_peek(&j) == JSON_NUMBER) {
		buf_put_text(b, "CAST(");
		put_number(&x, json_skip(&j));
		buf_put_text(b, " AS JSON)");
	} else {
		put_built(&x, &j);
	}
	arena_release(&x.keys);
}
