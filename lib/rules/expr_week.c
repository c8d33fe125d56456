/* expr_week.c - weeks and the names of days and months, seconds of a day, other zones */
#include "rules/expr_parts.h"

/* --- weeks --- */

/* The day on which week 1 of a year begins: MySQL's manual, "WEEK(date[, mode])". */
static long first_week(int year, unsigned mode)
{
	bool monday = mode & 1, four_days = monday != ((mode & 4) != 0);
	struct moment first = { .year = year, .month = 1, .day = 1 };
	long day = moment_days(&first), into = (day + (monday ? 5 : 6)) % 7;

	if (into == 0 || (four_days && into <= 3))
		return day - into;
	return day + 7 - into;
}

unsigned moment_week(const struct moment *t, unsigned mode, int *year)
{
	bool own_year = mode & 2;	/* 1 to 53: of the year that has most of it; else 0 to 53, of the date's year */
	long day = moment_days(t), start = first_week(t->year, mode);

	*year = t->year;
	if (day < start) {
		if (!own_year)
			return 0;
		start = first_week(--*year, mode);
	} else if (own_year && day >= first_week(t->year + 1, mode)) {
		start = first_week(++*year, mode);
	}
	return (unsigned)((day - start) / 7) + 1;
}

static bool bind_week(struct binder *b, struct node *n)
{
	const struct node *mode = n->n > 1 ? n->args[1] : NULL;

	n->type = TYPE_INT;
	if (mode && !is_number(mode->type))
		return bind_refuse(b, n, "wants a number for its mode");
	return bind_date(b, &n->args[0]);
}

enum { WEEK = 1, WEEK_OF_YEAR, YEAR_WEEK };

static bool week_value(struct run *r, const struct node *n, struct value *v)
{
	wide mode = n->which == WEEK_OF_YEAR ? 3 : 0;
	bool no_mode = false;
	struct moment t;
	unsigned week;
	int year;

	if (!moment_of(r, n->args[0], TYPE_DATETIME, &t, &v->null) || (n->n > 1 && !wide_of(r, n->args[1], &mode, &no_mode)))
		return false;
	if (v->null || t.month == 0 || t.day == 0)
		return give_null(v);
	mode = no_mode ? 0 : mode & 7;
	week = moment_week(&t, (unsigned)mode | (n->which == YEAR_WEEK ? 2 : 0), &year);
	return give_wide(v, n->which == YEAR_WEEK ? (wide)year * 100 + week : week);
}

/* --- names --- */

const char *const month_names[12] = { "January", "February", "March", "April", "May", "June", "July", "August", "September",
	"October", "November", "December" };
const char *const day_names[7] = { "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday" };

/* DAYNAME, MONTHNAME: which = 1, 2. */
static bool bind_name(struct binder *b, struct node *n)
{
	set_plain_text(n);
	return bind_date(b, &n->args[0]);
}

static bool name_value(struct run *r, const struct node *n, struct value *v)
{
	struct moment t;

	if (!moment_of(r, n->args[0], TYPE_DATETIME, &t, &v->null))
		return false;
	if (v->null || t.month == 0 || (n->which == 1 && t.day == 0))
		return give_null(v);
	return give_text(v, str_of(n->which == 1 ? day_names[(moment_days(&t) + 5) % 7] : month_names[t.month - 1]));
}

/* --- seconds --- */

static bool bind_seconds(struct binder *b, struct node *n)
{
	n->type = TYPE_INT;
	return bind_time(b, &n->args[0]);
}

static bool seconds_value(struct run *r, const struct node *n, struct value *v)
{
	struct moment t;

	if (!moment_of(r, n->args[0], TYPE_TIME, &t, &v->null))
		return false;
	v->i = (wide)t.hour * 3600 + t.minute * 60 + t.second;
	if (t.negative)
		v->i = -v->i;
	return true;
}

#define TIME_MAX_SECONDS (838 * 3600 + 59 * 60 + 59)

static bool bind_sec_to_time(struct binder *b, struct node *n)
{
	n->type = TYPE_TIME;
	if (n->args[0]->type != TYPE_INT && n->args[0]->type != TYPE_UINT && n->args[0]->type != TYPE_NULL)
		return bind_refuse(b, n, "wants an integer");
	return true;
}

static bool sec_to_time_value(struct run *r, const struct node *n, struct value *v)
{
	wide seconds;

	if (!wide_of(r, n->args[0], &seconds, &v->null))
		return false;
	if (v->null)
		return true;
	v->t = (struct moment){ .negative = seconds < 0 };
	seconds = seconds < 0 ? -seconds : seconds;
	if (seconds > TIME_MAX_SECONDS)
		seconds = TIME_MAX_SECONDS;
	v->t.hour = (unsigned)(seconds / 3600);
	v->t.minute = (unsigned)(seconds / 60 % 60);
	v->t.second = (unsigned)(seconds % 60);
	return true;
}

/* --- days --- */

static bool bind_from_days(struct binder *b, struct node *n)
{
	n->type = TYPE_DATE;
	if (n->args[0]->type != TYPE_INT && n->args[0]->type != TYPE_UINT && n->args[0]->type != TYPE_NULL)
		return bind_refuse(b, n, "wants an integer");
	return true;
}

static bool from_days_value(struct run *r, const struct node *n, struct value *v)
{
	wide days;

	if (!wide_of(r, n->args[0], &days, &v->null))
		return false;
	if (v->null)
		return true;
	v->t = (struct moment){ 0 };
	if (days > INT32_MAX)
		return run_fail(r, n, "is a day behind the year 9999");
	moment_of_days(days < 0 ? 0 : (long)days, &v->t);
	return days <= 365 || v->t.month > 0 || run_fail(r, n, "is a day behind the year 9999");
}

/* TIMESTAMPADD(unit, n, date) is date + INTERVAL n unit. */
static bool bind_timestampadd(struct binder *b, struct node *n)
{
	struct node *interval = arena_array(b->arena, 1, sizeof(*interval)), *amount = n->args[0];

	*interval = (struct node){ .kind = NODE_INTERVAL, .n = 1, .text = n->text, .unit = n->unit };
	interval->args = arena_array(b->arena, 1, sizeof(struct node *));
	interval->args[0] = amount;
	n->args[0] = n->args[1];
	n->args[1] = interval;
	return bind_add_interval(b, n);
}

/* --- zones --- */

/* +08:00 in minutes. Names of zones would need the server's tables. */
static bool zone_minutes(const struct node *n, wide *minutes)
{
	struct str s = n->value.s, hour, minute;
	uint64_t h, m;

	if (n->kind != NODE_CONSTANT || n->type != TYPE_TEXT || s.n < 5 || (*s.p != '+' && *s.p != '-') ||
	    !str_cut(str_from(s, 1), ':', &hour, &minute) || minute.n != 2 || !str_to_u64(hour, &h) || !str_to_u64(minute, &m) ||
	    h > 13 || m > 59)
		return false;
	*minutes = (wide)(h * 60 + m) * (*s.p == '-' ? -1 : 1);
	return true;
}

static bool bind_convert_tz(struct binder *b, struct node *n)
{
	wide minutes;

	if (!zone_minutes(n->args[1], &minutes) || !zone_minutes(n->args[2], &minutes))
		return bind_refuse(b, n, "wants zones such as '+08:00', written out");
	if (n->args[0]->type != TYPE_DATETIME && n->args[0]->type != TYPE_DATE)
		return bind_refuse(b, n, "wants a date; CAST it AS DATETIME");
	n->type = TYPE_DATETIME;
	n->decimals = n->args[0]->decimals;
	return true;
}

/* Servers leave alone what is no TIMESTAMP, and they differ in what that is at the end. */
static bool convert_tz_value(struct run *r, const struct node *n, struct value *v)
{
	static const struct moment first = { .year = 1970, .month = 1, .day = 1, .second = 1 };
	static const struct moment last = { .year = 2038, .month = 1, .day = 19, .hour = 3, .minute = 14, .second = 7 };
	struct moment utc;
	wide from, to;

	if (!moment_of(r, n->args[0], TYPE_DATETIME, &v->t, &v->null))
		return false;
	if (v->null || v->t.month == 0 || v->t.day == 0)
		return give_null(v);
	zone_minutes(n->args[1], &from);
	zone_minutes(n->args[2], &to);
	utc = v->t;
	if (!moment_add(&utc, UNIT_MINUTE, -from) || moment_compare(&utc, &first) < 0)
		return true;
	if (moment_compare(&utc, &last) > 0)
		return run_fail(r, n, "is behind 2038-01-19, where servers differ");
	v->t = utc;
	return moment_add(&v->t, UNIT_MINUTE, to);
}

const struct function functions_time_more[] = {
	{ "WEEK", 1, 2, bind_week, week_value, WEEK },
	{ "WEEKOFYEAR", 1, 1, bind_week, week_value, WEEK_OF_YEAR },
	{ "YEARWEEK", 1, 2, bind_week, week_value, YEAR_WEEK },
	{ "DAYNAME", 1, 1, bind_name, name_value, 1 },
	{ "MONTHNAME", 1, 1, bind_name, name_value, 2 },
	{ "TIME_TO_SEC", 1, 1, bind_seconds, seconds_value, 0 },
	{ "SEC_TO_TIME", 1, 1, bind_sec_to_time, sec_to_time_value, 0 },
	{ "FROM_DAYS", 1, 1, bind_from_days, from_days_value, 0 },
	{ "TIMESTAMPADD", 2, 2, bind_timestampadd, NULL, 0 },
	{ "CONVERT_TZ", 3, 3, bind_convert_tz, convert_tz_value, 0 },
	{ NULL, 0, 0, NULL, NULL, 0 }
};
