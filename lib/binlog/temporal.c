/* temporal.c - dates and times; see temporal.h */
#include "binlog/temporal.h"

#include "binlog/digits.h"

enum {
	TEXT_MAX = 40,		/* "'-838:59:59.123456'" and everything else */
	SECONDS_A_DAY = 86400,
};

static const char short_value[] = "is cut short";
static const char bad_value[] = "is out of range";
static const char too_big[] = "is too big";

static const uint32_t powers[] = { 1, 10, 100, 1000, 10000, 100000, 1000000 };

struct moment {
	unsigned year, month, day, hour, minute, second;
	uint32_t fraction;	/* in units of the digits asked for */
};

static char *write_date(char *at, const struct moment *m)
{
	at = digits_two(at, m->year / 100);
	at = digits_two(at, m->year % 100);
	*at++ = '-';
	at = digits_two(at, m->month);
	*at++ = '-';
	return digits_two(at, m->day);
}

static char *write_clock(char *at, const struct moment *m, unsigned digits)
{
	*at++ = ':';
	at = digits_two(at, m->minute);
	*at++ = ':';
	at = digits_two(at, m->second);
	if (digits) {
		*at++ = '.';
		at = digits_fixed(at, m->fraction, digits);
	}
	return at;
}

static bool clock_is_good(const struct moment *m, unsigned digits)
{
	return m->minute <= 59 && m->second <= 59 && m->fraction < powers[digits];
}

static bool date_is_good(const struct moment *m)
{
	return m->year <= 9999 && m->month <= 12 && m->day <= 31;
}

static const char *put_moment(const struct moment *m, unsigned digits, bool quoted, struct buf *out)
{
	char *at;

	if (!date_is_good(m) || m->hour > 23 || !clock_is_good(m, digits))
		return bad_value;
	at = digits_room(out, TEXT_MAX);
	if (!at)
		return too_big;
	if (quoted)
		*at++ = '"';
	at = write_date(at, m);
	*at++ = ' ';
	at = digits_two(at, m->hour);
	at = write_clock(at, m, digits);
	if (quoted)
		*at++ = '"';
	digits_done(out, at);
	return NULL;
}

static const char *put_clock(bool negative, const struct moment *m, unsigned digits, bool quoted, struct buf *out)
{
	char *at;

	if (m->hour > 838 || !clock_is_good(m, digits))
		return bad_value;
	at = digits_room(out, TEXT_MAX);
	if (!at)
		return too_big;
	if (quoted)
		*at++ = '"';
	if (negative)
		*at++ = '-';
	if (m->hour >= 100)
		*at++ = (char)('0' + m->hour / 100);
	at = digits_two(at, m->hour % 100);
	at = write_clock(at, m, digits);
	if (quoted)
		*at++ = '"';
	digits_done(out, at);
	return NULL;
}

static const char *put_day(const struct moment *m, bool quoted, struct buf *out)
{
	char *at;

	if (!date_is_good(m))
		return bad_value;
	at = digits_room(out, TEXT_MAX);
	if (!at)
		return too_big;
	if (quoted)
		*at++ = '"';
	at = write_date(at, m);
	if (quoted)
		*at++ = '"';
	digits_done(out, at);
	return NULL;
}

/* Days since 1970-01-01 in the calendar of today; years of 400 that start in March make the months regular. */
static void set_day(struct moment *m, uint64_t days)
{
	uint64_t z = days + 719468, era = z / 146097, of_era = z % 146097;
	uint64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	uint64_t of_year = of_era - (365 * year + year / 4 - year / 100), month = (5 * of_year + 2) / 153;

	m->day = (unsigned)(of_year - (153 * month + 2) / 5 + 1);
	m->month = (unsigned)(month < 10 ? month + 3 : month - 9);
	m->year = (unsigned)(year + era * 400 + (m->month <= 2));
}

static const char *put_seconds(uint32_t seconds, uint32_t fraction, unsigned digits, struct buf *out)
{
	struct moment m = { .fraction = fraction };

	if (seconds == 0 && fraction == 0)	/* the zero date, not the start of 1970 */
		return put_moment(&m, digits, true, out);
	set_day(&m, seconds / SECONDS_A_DAY);
	m.hour = seconds % SECONDS_A_DAY / 3600;
	m.minute = seconds % 3600 / 60;
	m.second = seconds % 60;
	return put_moment(&m, digits, true, out);
}

/* The bytes of a fraction hold 2, 4 or 6 digits; an odd number of them has a zero at the end. */
static uint32_t fraction_of(uint64_t stored, unsigned digits)
{
	return (uint32_t)(digits % 2 ? stored / 10 : stored);
}

/* DATETIME2's bits without its offset: year * 13 + month, day, hour, minute, second. */
static void unpack_moment(struct moment *m, uint64_t v)
{
	m->year = (unsigned)((v >> 22) / 13);
	m->month = (unsigned)((v >> 22) % 13);
	m->day = v >> 17 & 31;
	m->hour = v >> 12 & 31;
	m->minute = v >> 6 & 63;
	m->second = v & 63;
}

static void unpack_clock(struct moment *m, uint64_t v)
{
	m->hour = v >> 12 & 0x3ff;
	m->minute = v >> 6 & 63;
	m->second = v & 63;
}

/* --- new --- */

const char *put_date(struct cur *c, struct buf *out)
{
	uint32_t v = (uint32_t)cur_uint(c, 3);
	struct moment m = { .year = v >> 9, .month = v >> 5 & 15, .day = v & 31 };

	return c->bad ? short_value : put_day(&m, true, out);
}

const char *put_time2(struct cur *c, unsigned digits, struct buf *out)
{
	unsigned size = fraction_size(digits), shift = 8 * size;
	/* One integer over all bytes: the fraction of a negative time counts down from the second below. */
	int64_t v = (int64_t)cur_uint_be(c, 3 + size) - (INT64_C(0x800000) << shift);
	uint64_t abs = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
	struct moment m = { .fraction = fraction_of(abs & ((UINT64_C(1) << shift) - 1), digits) };

	unpack_clock(&m, abs >> shift);
	return c->bad ? short_value : put_clock(v < 0, &m, digits, true, out);
}

const char *put_datetime2(struct cur *c, unsigned digits, struct buf *out)
{
	uint64_t v = cur_uint_be(c, 5);
	struct moment m = { .fraction = fraction_of(cur_uint_be(c, fraction_size(digits)), digits) };

	if (c->bad)
		return short_value;
	if (v < UINT64_C(0x8000000000))
		return bad_value;
	unpack_moment(&m, v - UINT64_C(0x8000000000));
	return put_moment(&m, digits, true, out);
}

const char *put_timestamp2(struct cur *c, unsigned digits, struct buf *out)
{
	uint32_t seconds = (uint32_t)cur_uint_be(c, 4);
	uint32_t fraction = fraction_of(cur_uint_be(c, fraction_size(digits)), digits);

	return c->bad ? short_value : put_seconds(seconds, fraction, digits, out);
}

/* --- old --- */

const char *put_time_old(struct cur *c, unsigned digits, struct buf *out)
{
	static const unsigned sizes[] = { 3, 4, 4, 5, 5, 5, 6 };
	struct moment m = { .fraction = 0 };
	int64_t v;
	uint64_t abs, seconds;

	if (digits) {		/* MariaDB: units of the fraction since -838:59:59, and a bit before */
		v = (int64_t)cur_uint_be(c, sizes[digits]) - INT64_C(3020400) * powers[digits];
		abs = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
		seconds = abs / powers[digits];
		m.fraction = (uint32_t)(abs % powers[digits]);
		m.hour = (unsigned)(seconds / 3600 > 9999 ? 9999 : seconds / 3600);
		m.minute = (unsigned)(seconds / 60 % 60);
		m.second = (unsigned)(seconds % 60);
	} else {
		v = (int64_t)(cur_uint(c, 3) << 40) >> 40;
		abs = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
		m.hour = (unsigned)(abs / 10000);
		m.minute = (unsigned)(abs / 100 % 100);
		m.second = (unsigned)(abs % 100);
	}
	return c->bad ? short_value : put_clock(v < 0, &m, digits, true, out);
}

const char *put_datetime_old(struct cur *c, unsigned digits, struct buf *out)
{
	static const unsigned sizes[] = { 5, 6, 6, 7, 7, 7, 8 };
	struct moment m = { .fraction = 0 };
	uint64_t v = digits ? cur_uint_be(c, sizes[digits]) : cur_uint(c, 8);

	if (c->bad)
		return short_value;
	if (!digits) {
		if (v > UINT64_C(99991231235959))
			return bad_value;
		m.year = (unsigned)(v / UINT64_C(10000000000));
		m.month = (unsigned)(v / 100000000 % 100);
		m.day = (unsigned)(v / 1000000 % 100);
		m.hour = (unsigned)(v / 10000 % 100);
		m.minute = (unsigned)(v / 100 % 100);
		m.second = (unsigned)(v % 100);
		return put_moment(&m, 0, true, out);
	}
	m.fraction = (uint32_t)(v % powers[digits]);
	v /= powers[digits];
	m.second = v % 60;
	m.minute = v / 60 % 60;
	m.hour = v / 3600 % 24;
	m.day = v / 86400 % 32;
	v /= 86400 * 32;
	m.month = v % 13;
	m.year = v / 13 > 9999 ? 10000 : (unsigned)(v / 13);
	return put_moment(&m, digits, true, out);
}

const char *put_timestamp_old(struct cur *c, unsigned digits, struct buf *out)
{
	static const unsigned sizes[] = { 0, 1, 1, 2, 2, 3, 3 };
	uint32_t seconds, fraction;

	if (!digits) {
		seconds = (uint32_t)cur_uint(c, 4);
		return c->bad ? short_value : put_seconds(seconds, 0, 0, out);
	}
	seconds = (uint32_t)cur_uint_be(c, 4);
	fraction = (uint32_t)cur_uint_be(c, sizes[digits]);
	return c->bad ? short_value : put_seconds(seconds, fraction, digits, out);
}

/* --- in JSON --- */

const char *put_packed_date(int64_t packed, struct buf *out)
{
	struct moment m = { .fraction = 0 };

	if (packed < 0)
		return bad_value;
	unpack_moment(&m, (uint64_t)packed >> 24);
	return put_day(&m, false, out);
}

const char *put_packed_datetime(int64_t packed, struct buf *out)
{
	struct moment m = { .fraction = (uint32_t)(packed & 0xffffff) };

	if (packed < 0)
		return bad_value;
	unpack_moment(&m, (uint64_t)packed >> 24);
	return put_moment(&m, 6, false, out);
}

const char *put_packed_time(int64_t packed, struct buf *out)
{
	uint64_t abs = packed < 0 ? 0 - (uint64_t)packed : (uint64_t)packed;
	struct moment m = { .fraction = (uint32_t)(abs & 0xffffff) };

	unpack_clock(&m, abs >> 24);
	return put_clock(packed < 0, &m, 6, false, out);
}
