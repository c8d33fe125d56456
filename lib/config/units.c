#include "config/units.h"

#include "base/mem.h"

/* Takes "12.345" off the front: value times unit, the fraction rounded up. */
static bool take_decimal(struct str *text, uint64_t *whole, uint64_t *fraction, uint64_t *scale)
{
	size_t i = 0;

	*whole = *fraction = 0;
	*scale = 1;
	for (; i < text->n && text->p[i] >= '0' && text->p[i] <= '9'; i++)
		if (__builtin_mul_overflow(*whole, 10, whole) ||
		    __builtin_add_overflow(*whole, (uint64_t)(text->p[i] - '0'), whole))
			return false;
	if (i == 0)
		return false;
	if (i < text->n && text->p[i] == '.') {
		for (i++; i < text->n && text->p[i] >= '0' && text->p[i] <= '9'; i++) {
			if (*scale >= 1000000000)
				continue;
			*fraction = *fraction * 10 + (uint64_t)(text->p[i] - '0');
			*scale *= 10;
		}
	}
	*text = str_from(*text, i);
	return true;
}

static bool times(uint64_t whole, uint64_t fraction, uint64_t scale, uint64_t unit, uint64_t *value)
{
	unsigned __int128 all = (unsigned __int128)whole * unit + (unsigned __int128)fraction * unit / scale;

	*value = (uint64_t)all;
	return all <= UINT64_MAX;
}

bool units_size(struct str text, uint64_t plain_unit, uint64_t *bytes)
{
	static const char letters[] = "kmgtp";
	uint64_t whole, fraction, scale, unit = plain_unit;
	const char *letter;

	if (!take_decimal(&text, &whole, &fraction, &scale))
		return false;
	if (text.n > 0 && text.p[0] == ' ')
		text = str_from(text, 1);
	if (text.n > 0) {
		unit = 1;
		letter = strchr(letters, text.p[0] | 0x20);
		if (letter && *letter) {
			unit = (uint64_t)1 << (10 * (letter - letters + 1));
			text = str_from(text, 1);
			if (text.n > 0 && (text.p[0] | 0x20) == 'i')
				text = str_from(text, 1);
		}
		if (text.n > 0 && (text.p[0] | 0x20) == 'b')
			text = str_from(text, 1);
	}
	return text.n == 0 && times(whole, fraction, scale, unit, bytes);
}

bool units_seconds(struct str text, uint64_t *seconds)
{
	static const struct {
		const char *name;
		uint64_t ns;
	} units[] = {
		{ "ns", 1 }, { "us", 1000 }, { "\xc2\xb5s", 1000 }, { "ms", 1000000 }, { "s", 1000000000 },
		{ "m", 60000000000 }, { "h", 3600000000000 },
	};
	uint64_t total = 0;

	if (str_is(text, "0")) {
		*seconds = 0;
		return true;
	}
	if (text.n == 0)
		return false;
	while (text.n > 0) {
		uint64_t whole, fraction, scale, part = 0;
		size_t n = 0, i = 0;

		if (!take_decimal(&text, &whole, &fraction, &scale))
			return false;
		while (n < text.n && text.p[n] != '.' && (text.p[n] < '0' || text.p[n] > '9'))
			n++;
		while (i < sizeof(units) / sizeof(*units) && !str_is(str_first(text, n), units[i].name))
			i++;
		if (i == sizeof(units) / sizeof(*units) || !times(whole, fraction, scale, units[i].ns, &part) ||
		    !size_add(total, part, &total))
			return false;
		text = str_from(text, n);
	}
	*seconds = total / 1000000000 + (total % 1000000000 != 0);
	return true;
}
