/* join_type.c - which of two columns holds more; see join_type.h */
#include "schema/join_type.h"

#include "text/sql_lex.h"

#define TYPE_MAX ((size_t)1 << 24)

bool order_and(enum table_order *sum, enum table_order one)
{
	if (*sum == ORDER_EQUAL)
		*sum = one;
	return one == ORDER_EQUAL || one == *sum;
}

static void order_numbers(uint64_t a, uint64_t b, enum table_order *order)
{
	*order = a == b ? ORDER_EQUAL : a < b ? ORDER_LESS : ORDER_GREATER;
}

/* "varchar(10)" of the normal form, in its parts. */
struct type_parts {
	struct str word, inside, rest;	/* rest: " unsigned" */
	uint64_t size;			/* 0 where inside is no number, or is not there */
};

static void cut_type(struct str type, struct type_parts *parts)
{
	size_t n = 0, end;

	memset(parts, 0, sizeof(*parts));
	while (n < type.n && type.p[n] != '(' && type.p[n] != ' ')
		n++;
	parts->word = str_first(type, n);
	parts->rest = str_from(type, n);
	if (n < type.n && type.p[n] == '(') {
		for (end = type.n; end > n && type.p[end - 1] != ')'; end--)
			;
		parts->inside = str_first(str_from(type, n + 1), end > n ? end - n - 2 : 0);
		parts->rest = str_from(type, end);
		if (!str_to_u64(parts->inside, &parts->size))
			parts->size = 0;
	}
}

/* Types of one family, from the least on. */
static const char *const families[][6] = {
	{ "tinyint", "smallint", "mediumint", "int", "bigint" },
	{ "tinytext", "text", "mediumtext", "longtext" },
	{ "tinyblob", "blob", "mediumblob", "longblob" },
};

static size_t rank_of(const char *const *family, struct str word)
{
	for (size_t i = 0; family[i]; i++)
		if (str_is(word, family[i]))
			return i;
	return SIZE_MAX;
}

static bool is_one_of(struct str word, const char *const *list)
{
	return rank_of(list, word) != SIZE_MAX;
}

static bool is_one_of_nocase(struct str word, const char *const *list)
{
	for (; *list; list++)
		if (str_is_nocase(word, *list))
			return true;
	return false;
}

static bool label_order(struct str a, struct str b, enum table_order *order)
{
	struct arena arena = ARENA_INIT;
	struct str *x, *y;
	size_t n, m;
	bool ok = column_type_labels(&arena, a, &x, &n) && column_type_labels(&arena, b, &y, &m);

	for (size_t i = 0; ok && i < n && i < m; i++)
		ok = str_eq(x[i], y[i]);
	if (ok)
		order_numbers(n, m, order);
	arena_release(&arena);
	return ok;
}

static bool normal_order(struct str a, struct str b, enum table_order *order)
{
	static const char *const sized[] = { "char", "varchar", "varbinary", "bit", "time", "datetime", "timestamp", NULL };
	struct type_parts x, y;

	*order = ORDER_EQUAL;
	if (str_eq(a, b))
		return true;
	cut_type(a, &x);
	cut_type(b, &y);
	if (!str_eq(x.rest, y.rest))
		return false;
	for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++) {
		size_t left = rank_of(families[i], x.word), right = rank_of(families[i], y.word);

		if (left != SIZE_MAX && right != SIZE_MAX) {
			order_numbers(left, right, order);
			return true;
		}
	}
	if (!str_eq(x.word, y.word))
		return false;
	if (str_is(x.word, "enum") || str_is(x.word, "set"))
		return label_order(a, b, order);
	order_numbers(x.size, y.size, order);
	return is_one_of(x.word, sized);
}

bool type_order(struct str a, struct str b, enum table_order *order)
{
	struct buf x = BUF_INIT(TYPE_MAX), y = BUF_INIT(TYPE_MAX);
	bool ok;

	column_type_put_normal(&x, a);
	column_type_put_normal(&y, b);
	ok = !x.over && !y.over && normal_order(buf_str(&x), buf_str(&y), order);
	buf_release(&x);
	buf_release(&y);
	return ok;
}

static bool is_utf8(struct str charset)
{
	return str_is_nocase(charset, "utf8") || str_is_nocase(charset, "utf8mb3");
}

bool charset_order(struct str a, struct str b, enum table_order *order)
{
	*order = ORDER_EQUAL;
	if (str_eq_nocase(a, b) || (is_utf8(a) && is_utf8(b)))
		return true;
	*order = is_utf8(a) ? ORDER_LESS : ORDER_GREATER;
	return (is_utf8(a) && str_is_nocase(b, "utf8mb4")) || (is_utf8(b) && str_is_nocase(a, "utf8mb4"));
}

/* --- defaults --- */

static bool is_number_type(const struct column *c)
{
	static const char *const words[] = {
		"tinyint", "smallint", "mediumint", "int", "integer", "bigint", "decimal", "dec", "numeric", "fixed", "float", "double",
		"real", "year", "bool", "boolean", NULL,
	};

	for (size_t i = 0; words[i]; i++)
		if (column_type_is(c->type, words[i]))
			return true;
	return false;
}

static bool is_time_type(const struct column *c)
{
	return column_type_is(c->type, "datetime") || column_type_is(c->type, "timestamp");
}

static bool is_quoted(struct str s)
{
	return s.n > 1 && s.p[0] == '\'' && s.p[s.n - 1] == '\'';
}

static struct str unquoted(struct arena *a, struct str s)
{
	struct sql_lex lex;
	struct sql_token t;

	sql_lex_init(&lex, s, 0);
	t = sql_lex_next(&lex);
	return t.kind == SQL_TEXT && t.end == s.n ? sql_token_value(&lex, &t, a) : s;
}

/* +01.50 is 1.5 */
static struct str normal_number(struct arena *a, struct str s)
{
	bool minus = s.n > 0 && s.p[0] == '-';
	struct str digits = str_from(s, s.n > 0 && (minus || s.p[0] == '+')), whole = digits, fraction = STR_NONE;

	for (size_t i = 0; i < digits.n; i++)
		if ((digits.p[i] < '0' || digits.p[i] > '9') && digits.p[i] != '.')
			return s;
	str_cut(digits, '.', &whole, &fraction);
	while (whole.n > 0 && whole.p[0] == '0')
		whole = str_from(whole, 1);
	while (fraction.n > 0 && fraction.p[fraction.n - 1] == '0')
		fraction.n--;
	if (whole.n == 0 && fraction.n == 0)
		return STR_LIT("0");
	return arena_strf(a, "%s%.*s%s%.*s", minus ? "-" : "", STR(whole.n ? whole : STR_LIT("0")), fraction.n ? "." : "", STR(fraction));
}

/* NOW(), LOCALTIME and their like are CURRENT_TIMESTAMP; p NULL for what is none of them. */
static struct str normal_now(struct arena *a, struct str s)
{
	static const char *const names[] = { "current_timestamp", "now", "localtime", "localtimestamp" };
	struct str name = s, inside = STR_NONE;
	uint64_t digits = 0;

	if (str_cut(s, '(', &name, &inside) && inside.n > 0)
		inside.n--;
	if (inside.n > 0 && !str_to_u64(inside, &digits))
		return STR_NONE;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (str_is_nocase(str_trim(name), names[i]))
			return digits ? arena_strf(a, "current_timestamp(%llu)", (unsigned long long)digits) : STR_LIT("current_timestamp");
	return STR_NONE;
}

/* b'101', 5, and the bytes that either stands for. */
static struct str normal_bits(struct arena *a, struct str s)
{
	bool written = s.n > 2 && (s.p[0] == 'b' || s.p[0] == 'B') && s.p[1] == '\'' && s.p[s.n - 1] == '\'';
	struct str digits = written ? str_first(str_from(s, 2), s.n - 3) : s;
	uint64_t v = 0;

	if (!written && str_to_u64(s, &v))
		return arena_strf(a, "%llu", (unsigned long long)v);
	for (size_t i = 0; i < digits.n; i++)
		v = written ? v << 1 | (digits.p[i] == '1') : v << 8 | (unsigned char)digits.p[i];
	return arena_strf(a, "%llu", (unsigned long long)v);
}

struct str column_default_normal(struct arena *a, const struct column *c)
{
	struct str def = c->def, now;

	if (c->generated || !c->has_default || (str_is_nocase(def, "NULL") && (c->nullable || c->charset.n == 0)))
		return STR_NONE;
	now = is_time_type(c) ? normal_now(a, def) : STR_NONE;
	if (now.p)
		return now;
	if (is_quoted(def))
		def = unquoted(a, def);
	if (column_type_is(c->type, "bit"))
		def = normal_bits(a, def);
	if (is_number_type(c))
		def = normal_number(a, str_trim(def));
	return def.p ? def : STR_LIT("");
}

bool column_default_varies(const struct column *c)
{
	struct arena a = ARENA_INIT;
	bool varies = false;

	if (c->has_default && !c->generated && !is_quoted(c->def))
		varies = str_find(c->def, STR_LIT("(")) != SIZE_MAX || (is_time_type(c) && normal_now(&a, c->def).p);
	arena_release(&a);
	return varies;
}

/* The default of a text may look like a function's name: 'user', 'next'. */
bool column_fill_varies(const struct column *c)
{
	static const char *const times[] = { "current_timestamp", "localtime", "localtimestamp", "current_date", "current_time", NULL };
	static const char *const functions[] = {
		"now", "sysdate", "current_timestamp", "localtime", "localtimestamp", "unix_timestamp", "curdate", "current_date", "curtime",
		"current_time", "utc_date", "utc_time", "utc_timestamp", "uuid", "uuid_short", "sys_guid", "rand", "random_bytes", "user",
		"current_user", "session_user", "system_user", "current_role", "connection_id", "last_insert_id", "nextval", "lastval", NULL,
	};
	bool varies = c->auto_increment;
	struct sql_token t, next;
	struct sql_lex lex;

	if (!c->has_default || c->generated)
		return varies;
	sql_lex_init(&lex, c->def, SQL_MARIADB);
	for (t = sql_lex_next(&lex); t.kind != SQL_END && !varies; t = next) {
		next = sql_lex_next(&lex);
		varies = t.kind == SQL_WORD && ((str_is(next.raw, "(") && is_one_of_nocase(t.raw, functions)) ||
						(c->charset.n == 0 && is_one_of_nocase(t.raw, times)) ||
						(str_is_nocase(t.raw, "next") && str_is_nocase(next.raw, "value")));
	}
	return varies;
}

struct str implied_default(struct arena *a, const struct column *c)
{
	static const struct { const char *word, *value; } values[] = {
		{ "char", "" }, { "varchar", "" }, { "binary", "" }, { "varbinary", "" }, { "set", "" }, { "bit", "0" },
		{ "date", "0000-00-00" }, { "time", "00:00:00" }, { "datetime", "0000-00-00 00:00:00" },
		{ "timestamp", "0000-00-00 00:00:00" },
	};
	struct str *labels;
	size_t n;

	if (is_number_type(c))
		return STR_LIT("0");
	if (column_type_is(c->type, "enum"))
		return column_type_labels(a, c->type, &labels, &n) ? labels[0] : STR_NONE;
	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++)
		if (column_type_is(c->type, values[i].word))
			return str_of(values[i].value);
	return STR_NONE;
}

struct str column_fill(struct arena *a, const struct column *c)
{
	struct str def = column_default_normal(a, c);

	return def.p || c->nullable || c->generated ? def : implied_default(a, c);
}

/* --- columns --- */

/* Without blanks and quotes of names, in lower case but for texts, so that `a`+1 is a + 1. */
static void put_plain(struct buf *b, struct str s)
{
	bool text = false;

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		text ^= c == '\'';
		if (!text && (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '`'))
			continue;
		buf_put_char(b, !text && c >= 'A' && c <= 'Z' ? (char)(c + 32) : c);
	}
}

/* VIRTUAL is what it is when nothing is said; PERSISTENT is STORED. */
static void put_expression(struct buf *b, struct str s)
{
	static const struct str stored = { "stored", 6 }, persistent = { "persistent", 10 }, virtual = { "virtual", 7 };

	put_plain(b, s);
	if (str_ends(buf_str(b), virtual)) {
		b->n -= virtual.n;
	} else if (str_ends(buf_str(b), persistent)) {
		b->n -= persistent.n;
		buf_put_str(b, stored);
	}
}

/* (NULL) is how a structure that does not know it is spelled. */
static bool is_known(struct str expression)
{
	return expression.n > 0 && !str_starts_nocase(expression, STR_LIT("(NULL)"));
}

bool expression_same(const struct column *a, const struct column *b)
{
	struct buf x = BUF_INIT(TYPE_MAX), y = BUF_INIT(TYPE_MAX);
	bool same = !is_known(a->expression) || !is_known(b->expression);

	if (!same) {
		put_expression(&x, a->expression);
		put_expression(&y, b->expression);
		same = str_eq(buf_str(&x), buf_str(&y));
	}
	buf_release(&x);
	buf_release(&y);
	return same;
}

/* Of NOT NULL columns, one without a default is less than one with the default that is implied. */
static bool default_order(const struct column *a, const struct column *b, enum table_order *order)
{
	struct arena arena = ARENA_INIT;
	struct str x = column_default_normal(&arena, a), y = column_default_normal(&arena, b);
	bool ok;

	*order = ORDER_EQUAL;
	if (x.p && y.p) {
		ok = str_eq(x, y);
	} else if (!x.p && !y.p) {
		ok = true;
	} else {
		const struct column *bare = x.p ? b : a;
		struct str implied = bare->nullable ? STR_NONE : column_fill(&arena, bare);

		*order = x.p ? ORDER_GREATER : ORDER_LESS;
		ok = implied.p && str_eq(implied, x.p ? x : y);
	}
	arena_release(&arena);
	return ok;
}

struct column_orders {
	enum table_order type, charset, def, null;
};

/* Not the collation: what order texts have is no matter of rows, and servers of different kinds have different ones to begin with. */
static bool compare_facts(const struct column *a, const struct column *b, struct column_orders *orders)
{
	if (a->generated != b->generated || !expression_same(a, b))
		return false;
	orders->null = a->nullable == b->nullable ? ORDER_EQUAL : b->nullable ? ORDER_LESS : ORDER_GREATER;
	return type_order(a->type, b->type, &orders->type) && charset_order(a->charset, b->charset, &orders->charset) &&
	       default_order(a, b, &orders->def);
}

bool columns_have_join(const struct column *a, const struct column *b)
{
	struct column_orders orders;

	return compare_facts(a, b, &orders);
}

bool column_order(const struct column *a, const struct column *b, enum table_order *order)
{
	struct column_orders orders;

	*order = ORDER_EQUAL;
	return compare_facts(a, b, &orders) && order_and(order, orders.type) && order_and(order, orders.charset) &&
	       order_and(order, orders.def) && order_and(order, orders.null);
}

void column_widen(struct arena *a, struct column *to, const struct column *by)
{
	struct column_orders orders;

	if (!compare_facts(to, by, &orders))
		return;
	if (orders.type == ORDER_LESS)
		to->type = by->type;
	if (orders.charset == ORDER_LESS) {
		to->charset = by->charset;
		to->collation = by->collation;
	}
	if (orders.def == ORDER_LESS) {
		to->def = column_default_normal(a, by);
		to->has_default = true;
	}
	to->nullable |= by->nullable;
	to->auto_increment &= by->auto_increment;
	if (to->expression.n == 0)
		to->expression = by->expression;
	if (to->collation.n == 0)
		to->collation = by->collation;
}

bool column_narrows(const struct column *before, const struct column *after, bool strict)
{
	struct column_orders orders;
	bool rounds;

	if (!compare_facts(before, after, &orders))
		return true;
	rounds = orders.type == ORDER_GREATER && (is_time_type(before) || column_type_is(before->type, "time"));
	return rounds || (!strict && (orders.type == ORDER_GREATER || orders.charset == ORDER_GREATER || orders.null == ORDER_GREATER));
}
