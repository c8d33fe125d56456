/* decimal.c - DECIMAL; see decimal.h */
#include "binlog/decimal.h"

#include "binlog/digits.h"

enum { GROUP_DIGITS = 9, GROUP_SIZE = 4, TEXT_MAX = 100, SIZE_MAX_OF_ALL = 40 };

/* Bytes of a group that is not full. */
static const uint8_t partial_size[] = { 0, 1, 1, 2, 2, 3, 3, 4, 4, 4 };
static const uint32_t powers[] = { 1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000 };

size_t decimal_size(unsigned precision, unsigned scale)
{
	unsigned whole = precision - scale;

	return whole / GROUP_DIGITS * GROUP_SIZE + partial_size[whole % GROUP_DIGITS] +
	       scale / GROUP_DIGITS * GROUP_SIZE + partial_size[scale % GROUP_DIGITS];
}

/* One group of so many digits; at is NULL where it holds more. */
static char *put_group(char *at, struct cur *c, unsigned digits)
{
	uint32_t v = (uint32_t)cur_uint_be(c, partial_size[digits]);

	return at && v < powers[digits] ? digits_fixed(at, v, digits) : NULL;
}

const char *put_decimal(struct cur *c, unsigned precision, unsigned scale, struct buf *out)
{
	uint8_t bytes[SIZE_MAX_OF_ALL];
	size_t size = decimal_size(precision, scale);
	const uint8_t *stored = cur_take(c, size);
	unsigned whole = precision - scale;
	char digits[TEXT_MAX], *at = digits, *first = digits, *to;
	struct cur in;
	uint8_t flip;

	if (!stored)
		return "is cut short";
	flip = stored[0] & 0x80 ? 0 : 0xff;
	for (size_t i = 0; i < size; i++)
		bytes[i] = stored[i] ^ flip;
	bytes[0] ^= 0x80;
	in = cur_of(bytes, size);

	at = put_group(at, &in, whole % GROUP_DIGITS);
	for (unsigned i = 0; i < whole / GROUP_DIGITS; i++)
		at = put_group(at, &in, GROUP_DIGITS);
	for (unsigned i = 0; i < scale / GROUP_DIGITS; i++)
		at = put_group(at, &in, GROUP_DIGITS);
	at = put_group(at, &in, scale % GROUP_DIGITS);
	if (!at)
		return "has a group of digits out of range";

	to = digits_room(out, TEXT_MAX);
	if (!to)
		return "is too big";
	if (flip)
		*to++ = '-';
	while (first < digits + whole && *first == '0')
		first++;
	if (first == digits + whole)
		*to++ = '0';
	memcpy(to, first, (size_t)(digits + whole - first));
	to += digits + whole - first;
	if (scale) {
		*to++ = '.';
		memcpy(to, digits + whole, scale);
		to += scale;
	}
	digits_done(out, to);
	return NULL;
}
