/* expr_moment.c - dates and times: read, written, counted */
#include "rules/expr_parts.h"

#define DAY_MICROS 86400000000LL
#define DAYS_TO_1970 719528
#define DAYS_MAX 3652424	/* 9999-12-31 */

bool unit_of(struct str word, enum unit *unit)
{
	static const char *const names[] = { "MICROSECOND", "SECOND", "MINUTE", "HOUR", "DAY", "WEEK", "MONTH", "QUARTER", "YEAR" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (str_is_nocase(word, names[i])) {
			*unit = (enum unit)i;
			return true;
		}
	return false;
}

static bool is_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || (year % 400 == 0 && year != 0));
}

unsigned month_days(int year, unsigned month)
{
	static const unsigned char days[13] = { 31, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return month == 2 && is_leap(year) ? 29 : days[month <= 12 ? month : 0];
}

long moment_days(const struct moment *t)
{
	long year = t->year, days;

	if (t->year == 0 && t->month == 0)
		return 0;
	days = 365 * year + 31 * ((long)t->month - 1) + (long)t->day;
	if (t->month <= 2)
		year--;
	else
		days -= (long)(t->month * 4 + 23) / 10;
	return days + year / 4 - (year / 100 + 1) * 3 / 4;
}

void moment_of_days(long days, struct moment *t)
{
	t->year = t->month = t->day = 0;
	if (days <= 365 || days > DAYS_MAX)
		return;
	t->year = (int)(days * 100 / 36525) - 1;
	t->month = t->day = 1;
	while (t->year < 9999) {
		struct moment next = { .year = t->year + 1, .month = 1, .day = 1 };

		if (moment_days(&next) > days)
			break;
		t->year++;
	}
	days -= moment_days(t);
	for (; days >= (long)month_days(t->year, t->month); t->month++)
		days -= (long)month_days(t->year, t->month);
	t->day += (unsigned)days;
}

static int64_t day_micros(const struct moment *t)
{
	return ((t->hour * 60LL + t->minute) * 60 + t->second) * 1000000 + t->micro;
}

static void set_day_micros(struct moment *t, int64_t micros)
{
	t->micro = (unsigned)(micros % 1000000);
	micros /= 1000000;
	t->second = (unsigned)(micros % 60);
	t->minute = (unsigned)(micros / 60 % 60);
	t->hour = (unsigned)(micros / 3600);
}

/* False: it leads beyond year 9999, or before 0. */
static bool set_micros(struct moment *t, wide days, wide micros)
{
	wide carry = micros / DAY_MICROS;

	micros -= carry * DAY_MICROS;
	if (micros < 0) {
		micros += DAY_MICROS;
		carry--;
	}
	days += carry;
	if (days <= 365 || days > DAYS_MAX)
		return false;
	moment_of_days((long)days, t);
	set_day_micros(t, (int64_t)micros);
	return true;
}

void moment_of_micros(int64_t micros, struct moment *t)
{
	*t = (struct moment){ 0 };
	set_micros(t, DAYS_TO_1970, micros);
}

static bool add_months(struct moment *t, wide months)
{
	wide all = (wide)t->year * 12 + t->month - 1 + months;

	if (all < 0 || all >= 120000)
		return false;
	t->year = (int)(all / 12);
	t->month = (unsigned)(all % 12) + 1;
	if (t->day > month_days(t->year, t->month))
		t->day = month_days(t->year, t->month);
	return true;
}

bool moment_add(struct moment *t, enum unit unit, wide amount)
{
	static const int64_t micros[] = {
		[UNIT_MICROSECOND] = 1, [UNIT_SECOND] = 1000000, [UNIT_MINUTE] = 60000000, [UNIT_HOUR] = 3600000000,
		[UNIT_DAY] = DAY_MICROS, [UNIT_WEEK] = 7 * DAY_MICROS,
	};

	if (amount > INT64_MAX || amount < INT64_MIN)
		return false;
	switch (unit) {
	case UNIT_YEAR:
		return add_months(t, amount * 12);
	case UNIT_QUARTER:
		return add_months(t, amount * 3);
	case UNIT_MONTH:
		return add_months(t, amount);
	case UNIT_MICROSECOND: case UNIT_SECOND: case UNIT_MINUTE: case UNIT_HOUR: case UNIT_DAY: case UNIT_WEEK:
		break;
	}
	return set_micros(t, moment_days(t), day_micros(t) + amount * micros[unit]);
}

void moment_round(struct moment *t, enum expr_type type, unsigned decimals)
{
	static const unsigned steps[] = { 1000000, 100000, 10000, 1000, 100, 10, 1 };
	unsigned step = steps[decimals <= 6 ? decimals : 6], over = t->micro % step;

	t->micro -= over;
	if (over * 2 < step || over == 0)
		return;
	t->micro += step;
	if (t->micro < 1000000)
		return;
	t->micro = 0;
	if (type == TYPE_TIME)
		set_day_micros(t, day_micros(t) + 1000000);
	else if (t->month > 0)
		set_micros(t, moment_days(t), day_micros(t) + 1000000);
}

int moment_compare(const struct moment *a, const struct moment *b)
{
	int64_t x[3] = { a->year, (int64_t)a->month * 32 + a->day, day_micros(a) };
	int64_t y[3] = { b->year, (int64_t)b->month * 32 + b->day, day_micros(b) };

	if (a->negative)
		x[2] = -x[2];
	if (b->negative)
		y[2] = -y[2];
	for (int i = 0; i < 3; i++)
		if (x[i] != y[i])
			return x[i] < y[i] ? -1 : 1;
	return 0;
}

wide moment_number(const struct moment *t, enum expr_type type)
{
	wide date = (wide)t->year * 10000 + t->month * 100 + t->day;
	wide time = (wide)t->hour * 10000 + t->minute * 100 + t->second;

	if (type == TYPE_DATE)
		return date;
	return type == TYPE_TIME ? (t->negative ? -time : time) : date * 1000000 + time;
}

void moment_put(struct buf *b, const struct moment *t, enum expr_type type, unsigned decimals)
{
	if (type != TYPE_TIME)
		buf_putf(b, "%04d-%02u-%02u", t->year, t->month, t->day);
	if (type == TYPE_DATE)
		return;
	buf_putf(b, "%s%02u:%02u:%02u", type == TYPE_DATETIME ? " " : t->negative ? "-" : "", t->hour, t->minute, t->second);
	if (decimals > 0) {
		char digits[8];

		for (unsigned i = 0, rest = t->micro; i < 6; i++, rest /= 10)
			digits[5 - i] = (char)('0' + rest % 10);
		buf_put_char(b, '.');
		buf_put(b, digits, decimals < 6 ? decimals : 6);
	}
}

static bool take_digits(struct str *s, unsigned most, unsigned *n, unsigned *value)
{
	*n = *value = 0;
	while (s->n > 0 && *n < most && *s->p >= '0' && *s->p <= '9') {
		*value = *value * 10 + (unsigned)(*s->p - '0');
		(*n)++;
		*s = str_from(*s, 1);
	}
	return *n > 0;
}

/* Six digits are kept; the seventh rounds. */
static void take_fraction(struct str *s, struct moment *t, bool *up)
{
	unsigned n = 0;

	*up = false;
	if (s->n < 1 || *s->p != '.')
		return;
	*s = str_from(*s, 1);
	t->micro = 0;
	for (; s->n > 0 && *s->p >= '0' && *s->p <= '9'; *s = str_from(*s, 1), n++) {
		if (n < 6)
			t->micro = t->micro * 10 + (unsigned)(*s->p - '0');
		else if (n == 6)
			*up = *s->p >= '5';
	}
	for (; n < 6; n++)
		t->micro *= 10;
}

static int whole_year(unsigned digits, unsigned year)
{
	return (int)(digits > 2 ? year : year < 70 ? 2000 + year : 1900 + year);
}

static bool is_valid(const struct moment *t)
{
	return t->month <= 12 && t->day <= month_days(t->year, t->month) && t->hour < 24 && t->minute < 60 && t->second < 60;
}

static bool take_clock(struct str *s, struct moment *t, bool *up)
{
	unsigned n;

	if (!take_digits(s, 2, &n, &t->hour))
		return false;
	if (s->n > 0 && *s->p == ':') {
		*s = str_from(*s, 1);
		if (!take_digits(s, 2, &n, &t->minute))
			return false;
	}
	if (s->n > 0 && *s->p == ':') {
		*s = str_from(*s, 1);
		if (!take_digits(s, 2, &n, &t->second))
			return false;
	}
	take_fraction(s, t, up);
	return true;
}

/* +08:00: what follows is in that zone. */
static bool take_zone(struct str *s, struct moment *t)
{
	unsigned hours, minutes, n;
	bool minus;

	if (s->n == 0 || (*s->p != '+' && *s->p != '-'))
		return true;
	minus = *s->p == '-';
	*s = str_from(*s, 1);
	if (!take_digits(s, 2, &n, &hours) || n != 2 || s->n == 0 || *s->p != ':')
		return false;
	*s = str_from(*s, 1);
	if (!take_digits(s, 2, &n, &minutes) || n != 2 || hours > 14 || minutes > 59 || !is_valid(t) || t->month == 0 || t->day == 0)
		return false;
	return moment_add(t, UNIT_MINUTE, (wide)(minus ? 1 : -1) * (hours * 60 + minutes));
}

static bool is_mark(char c)
{
	return c && strchr("-/.:^@*+,;!", c) != NULL;
}

static size_t count_digits(struct str s)
{
	size_t n = 0;

	while (n < s.n && s.p[n] >= '0' && s.p[n] <= '9')
		n++;
	return n;
}

static bool take_packed(struct str *s, size_t digits, struct moment *t, bool *up)
{
	unsigned n, year, year_digits = digits == 8 || digits == 14 ? 4 : 2;

	if (digits != 6 && digits != 8 && digits != 12 && digits != 14)
		return false;
	take_digits(s, year_digits, &n, &year);
	t->year = whole_year(year_digits, year);
	take_digits(s, 2, &n, &t->month);
	take_digits(s, 2, &n, &t->day);
	if (digits < 12)
		return true;
	take_digits(s, 2, &n, &t->hour);
	take_digits(s, 2, &n, &t->minute);
	take_digits(s, 2, &n, &t->second);
	take_fraction(s, t, up);
	return true;
}

static bool parse_date(struct str s, struct moment *t, bool *up)
{
	size_t digits = count_digits(s);
	unsigned n, year;

	if (digits > 4) {
		if (!take_packed(&s, digits, t, up))
			return false;
	} else {
		if (!take_digits(&s, 4, &n, &year) || s.n == 0 || !is_mark(*s.p))
			return false;
		t->year = whole_year(n, year);
		s = str_from(s, 1);
		if (!take_digits(&s, 2, &n, &t->month) || s.n == 0 || !is_mark(*s.p))
			return false;
		s = str_from(s, 1);
		if (!take_digits(&s, 2, &n, &t->day))
			return false;
		if (s.n > 1 && (*s.p == ' ' || *s.p == 'T')) {
			s = str_from(s, 1);
			if (!take_clock(&s, t, up) || !take_zone(&s, t))
				return false;
		}
	}
	return s.n == 0 && is_valid(t);
}

static bool parse_time(struct str s, struct moment *t, bool *up)
{
	unsigned n, days = 0, packed;
	size_t digits;

	if (s.n > 0 && *s.p == '-') {
		t->negative = true;
		s = str_from(s, 1);
	}
	digits = count_digits(s);
	if (digits == 0 || digits > 7)
		return false;
	if (digits < s.n && s.p[digits] == ' ' && digits <= 2) {	/* days hh:mm:ss */
		take_digits(&s, 2, &n, &days);
		s = str_from(s, 1);
		digits = count_digits(s);
		if (digits == 0 || digits > 2)
			return false;
	}
	take_digits(&s, 7, &n, &packed);
	if (s.n > 0 && *s.p == ':') {
		t->hour = packed;
		s = str_from(s, 1);
		if (!take_digits(&s, 2, &n, &t->minute))
			return false;
		if (s.n > 0 && *s.p == ':') {
			s = str_from(s, 1);
			if (!take_digits(&s, 2, &n, &t->second))
				return false;
		}
	} else if (days) {
		t->hour = packed;
	} else {
		t->hour = packed / 10000;
		t->minute = packed / 100 % 100;
		t->second = packed % 100;
	}
	take_fraction(&s, t, up);
	t->hour += days * 24;
	if (t->hour == 0 && t->minute == 0 && t->second == 0 && t->micro == 0 && !*up)
		t->negative = false;
	return s.n == 0 && t->hour <= 838 && t->minute < 60 && t->second < 60;
}

bool moment_parse(struct str s, enum expr_type as, struct moment *t)
{
	bool up = false, ok;
	struct str date = s;

	*t = (struct moment){ 0 };
	while (s.n > 0 && (*s.p == ' ' || (*s.p >= '\t' && *s.p <= '\r')))
		s = str_from(s, 1);
	while (s.n > 0 && s.p[s.n - 1] == ' ')
		s.n--;
	date = s;
	/* A whole date and time gives its time. */
	if (as == TYPE_TIME && !(s.n >= 19 && count_digits(s) == 4 && s.p[4] == '-')) {
		ok = parse_time(s, t, &up);
	} else {
		ok = parse_date(date, t, &up);
		if (as == TYPE_DATE) {
			t->hour = t->minute = t->second = t->micro = 0;
			up = false;
		}
	}
	if (!ok)
		return false;
	if (up && ++t->micro == 1000000) {
		t->micro = 999999;
		if (as == TYPE_TIME) {
			set_day_micros(t, day_micros(t) + 1);
		} else if (t->month > 0 && !moment_add(t, UNIT_MICROSECOND, 1)) {
			return false;
		}
	}
	if (as == TYPE_TIME)
		t->year = t->month = t->day = 0;
	return true;
}

bool moment_parse_number(wide i, enum expr_type as, struct moment *t)
{
	char digits[16];
	size_t n = 0;
	bool negative = i < 0;
	struct str s;

	if (negative)
		i = -i;
	if (i > 99999999999999 || (negative && as != TYPE_TIME))
		return false;
	*t = (struct moment){ 0 };
	if (i == 0)
		return true;
	while (i > 0) {
		digits[sizeof(digits) - ++n] = (char)('0' + (int)(i % 10));
		i /= 10;
	}
	if (as != TYPE_TIME)		/* 70101 is 070101 */
		while (n < 6 || n == 7 || (n > 8 && n < 12) || n == 13)
			digits[sizeof(digits) - ++n] = '0';
	if (negative)
		digits[sizeof(digits) - ++n] = '-';
	s = (struct str){ digits + sizeof(digits) - n, n };
	return moment_parse(s, as, t);
}
