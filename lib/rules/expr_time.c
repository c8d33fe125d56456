/* expr_time.c - functions of dates and times */
#include "rules/expr_parts.h"

#define DAYS_TO_1970 719528
#define UNIX_MAX 32536771199LL		/* 3001-01-18 23:59:59: what servers of 64 bits know */

bool bind_date(struct binder *b, struct node **arg)
{
	const struct node *n = *arg;

	if (n->type == TYPE_TIME)
		return bind_refuse(b, n, "is a time of day where a date is wanted");
	if (n->type == TYPE_EXACT || n->type == TYPE_REAL)
		return bind_refuse(b, n, "is a number with digits behind the point where a date is wanted");
	return bind_number(b, arg);
}

bool bind_time(struct binder *b, struct node **arg)
{
	const struct node *n = *arg;

	if (is_number(n->type) || n->type == TYPE_JSON)
		return bind_refuse(b, n, "is no time; CAST it AS TIME");
	return true;
}

enum { YEAR = 1, MONTH, DAY, QUARTER, DAYOFYEAR, WEEKDAY, DAYOFWEEK, TO_DAYS };

static bool bind_part(struct binder *b, struct node *n)
{
	n->type = TYPE_INT;
	return bind_date(b, &n->args[0]);
}

static bool part_value(struct run *r, const struct node *n, struct value *v)
{
	struct moment t, first;

	if (!moment_of(r, n->args[0], TYPE_DATETIME, &t, &v->null))
		return false;
	if (v->null || (n->which >= DAYOFYEAR && (t.month == 0 || t.day == 0)))
		return give_null(v);
	first = (struct moment){ .year = t.year, .month = 1, .day = 1 };
	switch (n->which) {
	case YEAR:
		return give_wide(v, t.year);
	case MONTH:
		return give_wide(v, t.month);
	case DAY:
		return give_wide(v, t.day);
	case QUARTER:
		return give_wide(v, (t.month + 2) / 3);
	case DAYOFYEAR:
		return give_wide(v, moment_days(&t) - moment_days(&first) + 1);
	case WEEKDAY:
		return give_wide(v, (moment_days(&t) + 5) % 7);
	case DAYOFWEEK:
		return give_wide(v, (moment_days(&t) + 6) % 7 + 1);
	default:
		return give_wide(v, moment_days(&t));
	}
}

enum { HOUR = 1, MINUTE, SECOND, MICROSECOND };

static bool bind_clock(struct binder *b, struct node *n)
{
	n->type = TYPE_INT;
	return bind_time(b, &n->args[0]);
}

static bool clock_value(struct run *r, const struct node *n, struct value *v)
{
	struct moment t;

	if (!moment_of(r, n->args[0], TYPE_TIME, &t, &v->null))
		return false;
	if (!v->null)
		v->i = n->which == HOUR ? t.hour : n->which == MINUTE ? t.minute : n->which == SECOND ? t.second : t.micro;
	return true;
}

/* DATE, TIME, TIMESTAMP, LAST_DAY: which is the type. */
static bool bind_as(struct binder *b, struct node *n)
{
	const struct node *arg = n->args[0];

	n->type = (enum expr_type)n->which;
	n->decimals = is_moment(arg->type) ? arg->decimals : 6;
	if (n->type == TYPE_DATE)
		n->decimals = 0;
	if (n->type == TYPE_TIME)
		return bind_time(b, &n->args[0]);
	return bind_date(b, &n->args[0]);
}

static bool as_value(struct run *r, const struct node *n, struct value *v)
{
	return moment_of(r, n->args[0], n->type, &v->t, &v->null);
}

static bool last_day_value(struct run *r, const struct node *n, struct value *v)
{
	if (!moment_of(r, n->args[0], TYPE_DATE, &v->t, &v->null))
		return false;
	if (v->null || v->t.month == 0)
		return give_null(v);
	v->t.day = month_days(v->t.year, v->t.month);
	return true;
}

static bool bind_dates(struct binder *b, struct node *n)
{
	n->type = TYPE_INT;
	for (size_t i = 0; i < n->n; i++)
		if (!bind_date(b, &n->args[i]))
			return false;
	return true;
}

static bool dates_of(struct run *r, const struct node *n, struct moment *a, struct moment *z, bool *null)
{
	bool other;

	if (!moment_of(r, n->args[0], TYPE_DATETIME, a, null) || !moment_of(r, n->args[1], TYPE_DATETIME, z, &other))
		return false;
	*null |= other;
	if (!*null)
		*null = a->month == 0 || a->day == 0 || z->month == 0 || z->day == 0;
	return true;
}

static bool datediff_value(struct run *r, const struct node *n, struct value *v)
{
	struct moment a, z;

	if (!dates_of(r, n, &a, &z, &v->null))
		return false;
	if (!v->null)
		v->i = moment_days(&a) - moment_days(&z);
	return true;
}

static wide micros_of(const struct moment *t)
{
	return (((wide)(moment_days(t) - DAYS_TO_1970) * 24 + t->hour) * 3600 + t->minute * 60 + t->second) * 1000000 + t->micro;
}

/* Whole months between, the later one first. */
static wide months_between(const struct moment *late, const struct moment *early)
{
	wide months = ((wide)late->year - early->year) * 12 + (wide)late->month - (wide)early->month;
	struct moment a = { .day = late->day, .hour = late->hour, .minute = late->minute, .second = late->second, .micro = late->micro };
	struct moment z = { .day = early->day, .hour = early->hour, .minute = early->minute, .second = early->second,
			    .micro = early->micro };

	return moment_compare(&a, &z) < 0 ? months - 1 : months;
}

/* TIMESTAMPDIFF(unit, from, to) */
static bool difference_value(struct run *r, const struct node *n, struct value *v)
{
	static const int64_t sizes[] = {
		[UNIT_MICROSECOND] = 1, [UNIT_SECOND] = 1000000, [UNIT_MINUTE] = 60000000, [UNIT_HOUR] = 3600000000,
		[UNIT_DAY] = 86400000000, [UNIT_WEEK] = 604800000000, [UNIT_MONTH] = 1, [UNIT_QUARTER] = 3, [UNIT_YEAR] = 12,
	};
	struct moment from, to;
	bool forward;

	if (!dates_of(r, n, &from, &to, &v->null))
		return false;
	if (v->null)
		return true;
	if (n->unit < UNIT_MONTH)
		return give_wide(v, (micros_of(&to) - micros_of(&from)) / sizes[n->unit]);
	forward = moment_compare(&to, &from) >= 0;
	v->i = (forward ? months_between(&to, &from) : months_between(&from, &to)) / sizes[n->unit];
	v->i = forward ? v->i : -v->i;
	return true;
}

/* --- a date and an interval --- */

static bool add_value(struct run *r, const struct node *n, struct value *v)
{
	const struct node *interval = n->args[1], *amount = interval->args[0];
	enum unit unit = interval->unit;
	struct exact x;
	bool null;
	wide by;

	if (!moment_of(r, n->args[0], n->type, &v->t, &v->null))
		return false;
	if (unit == UNIT_SECOND && amount->type == TYPE_EXACT) {
		if (!exact_of(r, amount, &x, &null))
			return false;
		unit = UNIT_MICROSECOND;
		if (!null && (!exact_set_scale(&x, 6, true) || (x.scale = 0, !exact_wide(&x, false, &by))))
			return run_fail(r, n, "adds an interval that is out of range");
	} else if (!wide_of(r, amount, &by, &null)) {
		return false;
	}
	if (v->null || null || v->t.month == 0 || v->t.day == 0)
		return give_null(v);
	v->null = !moment_add(&v->t, unit, n->negated ? -by : by);
	return true;
}

bool bind_add_interval(struct binder *b, struct node *n)
{
	const struct node *from = n->args[0], *interval = n->args[1];
	const struct node *amount = interval->args[0];

	if (from->type != TYPE_DATE && from->type != TYPE_DATETIME && from->type != TYPE_NULL)
		return bind_refuse(b, n, "adds an interval to what is no date; CAST it AS DATE or DATETIME");
	n->type = from->type == TYPE_DATE && interval->unit < UNIT_DAY ? TYPE_DATETIME : from->type;
	n->decimals = from->decimals;
	if (interval->unit == UNIT_MICROSECOND)
		n->decimals = 6;
	if (interval->unit == UNIT_SECOND && amount->type == TYPE_EXACT && amount->decimals > n->decimals)
		n->decimals = amount->decimals > 6 ? 6 : amount->decimals;
	n->eval = add_value;
	return bind_number(b, &n->args[1]->args[0]);
}

/* DATE_ADD, DATE_SUB: which = 1, 2. */
static bool bind_date_add(struct binder *b, struct node *n)
{
	if (n->args[1]->kind != NODE_INTERVAL)
		return bind_refuse(b, n, "wants an INTERVAL");
	n->negated = n->which == 2;
	return bind_add_interval(b, n);
}

/* --- the clock --- */

enum { NOW = 1, TODAY, CLOCK };

static bool bind_now(struct binder *b, struct node *n)
{
	n->type = n->which == NOW ? TYPE_DATETIME : n->which == TODAY ? TYPE_DATE : TYPE_TIME;
	if (n->n == 0)
		return true;
	if (n->args[0]->kind != NODE_CONSTANT || n->args[0]->type != TYPE_INT || n->args[0]->value.i > 6 || n->args[0]->value.i < 0)
		return bind_refuse(b, n, "has digits behind the second that are not 0 to 6");
	n->decimals = (unsigned)n->args[0]->value.i;
	return true;
}

static bool now_value(struct run *r, const struct node *n, struct value *v)
{
	static const unsigned steps[] = { 1000000, 100000, 10000, 1000, 100, 10, 1 };

	v->null = false;
	moment_of_micros(r->now, &v->t);
	v->t.micro -= v->t.micro % steps[n->decimals];
	if (n->type == TYPE_DATE)
		v->t.hour = v->t.minute = v->t.second = v->t.micro = 0;
	if (n->type == TYPE_TIME)
		v->t.year = v->t.month = v->t.day = 0;
	return true;
}

/* --- seconds since 1970 --- */

static bool bind_unix(struct binder *b, struct node *n)
{
	n->type = TYPE_INT;
	if (n->n == 0)
		return true;
	if (!bind_date(b, &n->args[0]))
		return false;
	n->decimals = is_moment(n->args[0]->type) ? n->args[0]->decimals : 0;
	if (n->args[0]->type == TYPE_TEXT)
		return bind_refuse(b, n, "wants a date; CAST the text AS DATETIME");
	n->type = n->decimals > 0 ? TYPE_EXACT : TYPE_INT;
	return true;
}

static bool unix_value(struct run *r, const struct node *n, struct value *v)
{
	struct moment t;
	wide micros;

	v->null = false;
	if (n->n == 0)
		return give_wide(v, r->now / 1000000);
	if (!moment_of(r, n->args[0], TYPE_DATETIME, &t, &v->null))
		return false;
	if (v->null)
		return true;
	micros = t.month == 0 || t.day == 0 ? 0 : micros_of(&t);
	if (micros < 0 || micros / 1000000 > UNIX_MAX)
		micros = 0;
	if (n->type == TYPE_INT)
		return give_wide(v, micros / 1000000);
	exact_of_wide(&v->x, micros);
	v->x.scale = 6;
	return true;
}

static bool bind_from_unix(struct binder *b, struct node *n)
{
	if (!bind_number(b, &n->args[0]))
		return false;
	n->type = TYPE_DATETIME;
	n->decimals = n->args[0]->type == TYPE_EXACT ? n->args[0]->decimals : 0;
	if (n->decimals > 6)
		n->decimals = 6;
	if (n->args[0]->type == TYPE_TEXT || n->args[0]->type == TYPE_REAL || n->args[0]->type == TYPE_JSON)
		return bind_refuse(b, n, "wants an integer or a DECIMAL");
	return true;
}

static bool from_unix_value(struct run *r, const struct node *n, struct value *v)
{
	struct exact x;
	wide micros;

	if (!exact_of(r, n->args[0], &x, &v->null))
		return false;
	if (v->null)
		return true;
	if (!exact_set_scale(&x, 6, true) || (x.scale = 0, !exact_wide(&x, false, &micros)) || micros < 0 ||
	    micros / 1000000 > UNIX_MAX)
		return give_null(v);
	moment_of_micros((int64_t)micros, &v->t);
	return true;
}

/* --- DATE_FORMAT --- */

static bool bind_format(struct binder *b, struct node *n)
{
	set_plain_text(n);
	if (n->args[1]->kind != NODE_CONSTANT || n->args[1]->type != TYPE_TEXT)
		return bind_refuse(b, n, "wants a format that is written out");
	return bind_date(b, &n->args[0]);
}

/* False: the date has no such part. */
static bool put_part(struct buf *b, const struct moment *t, char c)
{
	unsigned hour = t->hour % 12 ? t->hour % 12 : 12;
	struct moment first = { .year = t->year, .month = 1, .day = 1 };
	long weekday = (moment_days(t) + 5) % 7;
	const char *end;
	unsigned week;
	int year;

	switch (c) {
	case 'M': case 'b':
		if (t->month == 0)
			return false;
		buf_putf(b, "%.*s", c == 'b' ? 3 : 10, month_names[t->month - 1]);
		break;
	case 'W': case 'a': case 'w': case 'j':
		if (t->month == 0 || t->day == 0)
			return false;
		if (c == 'w')
			buf_putf(b, "%ld", (weekday + 1) % 7);
		else if (c == 'j')
			buf_putf(b, "%03ld", moment_days(t) - moment_days(&first) + 1);
		else
			buf_putf(b, "%.*s", c == 'a' ? 3 : 10, day_names[weekday]);
		break;
	case 'U': case 'u': case 'V': case 'v': case 'X': case 'x':
		if (t->month == 0 || t->day == 0)
			return false;
		week = moment_week(t, c == 'U' ? 0 : c == 'u' ? 1 : c == 'V' || c == 'X' ? 2 : 3, &year);
		buf_putf(b, c == 'X' || c == 'x' ? "%04u" : "%02u", c == 'X' || c == 'x' ? (unsigned)year : week);
		break;
	case 'D':
		end = t->day / 10 == 1 ? "th" : t->day % 10 == 1 ? "st" : t->day % 10 == 2 ? "nd" : t->day % 10 == 3 ? "rd" : "th";
		buf_putf(b, "%u%s", t->day, end);
		break;
	case 'Y':
		buf_putf(b, "%04d", t->year);
		break;
	case 'y':
		buf_putf(b, "%02d", t->year % 100);
		break;
	case 'm': case 'c':
		buf_putf(b, c == 'm' ? "%02u" : "%u", t->month);
		break;
	case 'd': case 'e':
		buf_putf(b, c == 'd' ? "%02u" : "%u", t->day);
		break;
	case 'H': case 'k':
		buf_putf(b, c == 'H' ? "%02u" : "%u", t->hour);
		break;
	case 'h': case 'I': case 'l':
		buf_putf(b, c == 'l' ? "%u" : "%02u", hour);
		break;
	case 'i':
		buf_putf(b, "%02u", t->minute);
		break;
	case 's': case 'S':
		buf_putf(b, "%02u", t->second);
		break;
	case 'f':
		buf_putf(b, "%06u", t->micro);
		break;
	case 'p':
		buf_put_text(b, t->hour < 12 ? "AM" : "PM");
		break;
	case 'T':
		buf_putf(b, "%02u:%02u:%02u", t->hour, t->minute, t->second);
		break;
	case 'r':
		buf_putf(b, "%02u:%02u:%02u %s", hour, t->minute, t->second, t->hour < 12 ? "AM" : "PM");
		break;
	default:
		buf_put_char(b, c);
		break;
	}
	return true;
}

static bool format_value(struct run *r, const struct node *n, struct value *v)
{
	struct str format = n->args[1]->value.s;
	struct moment t;

	if (!moment_of(r, n->args[0], TYPE_DATETIME, &t, &v->null))
		return false;
	if (v->null || format.n == 0)
		return give_null(v);
	buf_clear(r->made);
	for (size_t i = 0; i < format.n; i++) {
		if (format.p[i] != '%' || i + 1 == format.n)
			buf_put_char(r->made, format.p[i]);
		else if (!put_part(r->made, &t, format.p[++i]))
			return give_null(v);
	}
	return made_text(r, n, v);
}

const struct function functions_time[] = {
	{ "YEAR", 1, 1, bind_part, part_value, YEAR },
	{ "MONTH", 1, 1, bind_part, part_value, MONTH },
	{ "DAY", 1, 1, bind_part, part_value, DAY },
	{ "DAYOFMONTH", 1, 1, bind_part, part_value, DAY },
	{ "QUARTER", 1, 1, bind_part, part_value, QUARTER },
	{ "DAYOFYEAR", 1, 1, bind_part, part_value, DAYOFYEAR },
	{ "WEEKDAY", 1, 1, bind_part, part_value, WEEKDAY },
	{ "DAYOFWEEK", 1, 1, bind_part, part_value, DAYOFWEEK },
	{ "TO_DAYS", 1, 1, bind_part, part_value, TO_DAYS },
	{ "HOUR", 1, 1, bind_clock, clock_value, HOUR },
	{ "MINUTE", 1, 1, bind_clock, clock_value, MINUTE },
	{ "SECOND", 1, 1, bind_clock, clock_value, SECOND },
	{ "MICROSECOND", 1, 1, bind_clock, clock_value, MICROSECOND },
	{ "DATE", 1, 1, bind_as, as_value, TYPE_DATE },
	{ "TIME", 1, 1, bind_as, as_value, TYPE_TIME },
	{ "TIMESTAMP", 1, 1, bind_as, as_value, TYPE_DATETIME },
	{ "LAST_DAY", 1, 1, bind_as, last_day_value, TYPE_DATE },
	{ "DATEDIFF", 2, 2, bind_dates, datediff_value, 0 },
	{ "TIMESTAMPDIFF", 2, 2, bind_dates, difference_value, 0 },
	{ "DATE_ADD", 2, 2, bind_date_add, add_value, 1 },
	{ "ADDDATE", 2, 2, bind_date_add, add_value, 1 },
	{ "DATE_SUB", 2, 2, bind_date_add, add_value, 2 },
	{ "SUBDATE", 2, 2, bind_date_add, add_value, 2 },
	{ "NOW", 0, 1, bind_now, now_value, NOW },
	{ "CURRENT_TIMESTAMP", 0, 1, bind_now, now_value, NOW },
	{ "LOCALTIME", 0, 1, bind_now, now_value, NOW },
	{ "LOCALTIMESTAMP", 0, 1, bind_now, now_value, NOW },
	{ "UTC_TIMESTAMP", 0, 1, bind_now, now_value, NOW },
	{ "SYSDATE", 0, 1, bind_now, now_value, NOW },
	{ "CURDATE", 0, 0, bind_now, now_value, TODAY },
	{ "CURRENT_DATE", 0, 0, bind_now, now_value, TODAY },
	{ "UTC_DATE", 0, 0, bind_now, now_value, TODAY },
	{ "CURTIME", 0, 1, bind_now, now_value, CLOCK },
	{ "UNIX_TIMESTAMP", 0, 1, bind_unix, unix_value, 0 },
	{ "FROM_UNIXTIME", 1, 1, bind_from_unix, from_unix_value, 0 },
	{ "DATE_FORMAT", 2, 2, bind_format, format_value, 0 },
	{ NULL, 0, 0, NULL, NULL, 0 }
};
