/* json_mysql_double.c - a DOUBLE as MySQL prints it in a document; see json_write.h */
#include "text/json_write.h"

#include <math.h>

enum {
	EXPONENT_MAX = 15,		/* decimal exponents that are written out */
	ZEROS_MAX = 14,
};

/* The shortest digits of |v| that read back the same, and where their decimal point stands: 0.DIGITS * 10^point. */
static size_t shortest(double v, char digits[32], int *point)
{
	struct buf b = BUF_INIT(64);
	struct str mantissa, exponent = STR_NONE;
	size_t n = 0, zeros = 0;
	bool seen_point = false;
	int64_t e = 0;

	json_put_double(&b, fabs(v));
	mantissa = buf_str(&b);
	if (str_cut(mantissa, 'e', &mantissa, &exponent))
		str_to_i64(exponent.n > 0 && exponent.p[0] == '+' ? str_from(exponent, 1) : exponent, &e);
	*point = 0;
	for (size_t i = 0; i < mantissa.n; i++) {
		char ch = mantissa.p[i];

		if (ch == '.') {
			seen_point = true;
			continue;
		}
		if (n == 0 && ch == '0') {		/* in front of the first digit that counts */
			*point -= seen_point;
			continue;
		}
		*point += !seen_point;
		zeros = ch == '0' ? zeros + 1 : 0;
		if (n < 31)
			digits[n++] = ch;
	}
	buf_release(&b);
	n -= zeros < n ? zeros : 0;
	*point += (int)e;
	return n;
}

void json_put_mysql_double(struct buf *b, double v)
{
	char digits[32];
	bool exponent;
	int point;
	size_t n;

	if (signbit(v))
		buf_put_char(b, '-');
	if (v == 0) {
		buf_put_text(b, "0.0");
		return;
	}
	n = shortest(v, digits, &point);
	exponent = point < -ZEROS_MAX || (point > EXPONENT_MAX && (int)n <= point);
	if (exponent) {
		buf_put_char(b, digits[0]);
		if (n > 1) {
			buf_put_char(b, '.');
			buf_put(b, digits + 1, n - 1);
		}
		buf_putf(b, "e%d", point - 1);
		return;
	}
	if (point <= 0)
		buf_put_text(b, "0.");
	for (int i = point; i < 0; i++)
		buf_put_char(b, '0');
	for (size_t i = 0; i < n; i++) {
		if (point > 0 && i == (size_t)point)
			buf_put_char(b, '.');
		buf_put_char(b, digits[i]);
	}
	for (int i = (int)n; i < point; i++)
		buf_put_char(b, '0');
	if (point >= (int)n)
		buf_put_text(b, ".0");
}
