/*
 * data.c - rows as what LOAD DATA reads: the same values as the statements would have, without a parser's work; see load.h
 *
 * Text is UTF-8 and stands as it is, with backslashes before what parts fields; bytes stand as hexadecimal digits, since the
 * server reads the data in one character set, and are put back by UNHEX. What only a literal can say (documents of a MySQL, bits,
 * an enum's number, bytes that are no text of their column) is left to INSERT. LOCAL makes warnings of errors, and
 * warnings_check errors of them again.
 */
#include "load.h"

#include "text/scan.h"
#include "text/sql_quote.h"

bool data_can_hold(const struct target *t, const struct row_value *row)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct row_value *v = &row[t->from[i]];

		switch (v->kind) {
		case VALUE_NULL:
			break;
		case VALUE_NUMBER:
			if (t->downstream.columns[t->to[i]].charset.n > 0 && t->upstream.columns[t->from[i]].charset.n > 0)
				return false;	/* of an enum or a set */
			break;
		case VALUE_TEXT:
			if (t->coded[i])
				return false;
			break;
		case VALUE_BYTES:
			if (!t->coded[i])
				return false;
			break;
		case VALUE_ABSENT: case VALUE_JSON_DIFF:
			return false;
		}
	}
	return true;
}

static bool is_escaped(char c)
{
	return c == '\\' || c == '\t' || c == '\n' || c == '\0';
}

/* The first byte from p on that is escaped; else end. */
static const char *scan_escaped(const char *p, const char *end)
{
	while (end - p >= SCAN_STEP) {
		scan_bytes v = scan_load(p);
		unsigned at = scan_first((v == scan_all('\\')) | (v == scan_all('\t')) | (v == scan_all('\n')) | (v == scan_all(0)));

		p += at;
		if (at < SCAN_STEP)
			return p;
	}
	while (p < end && !is_escaped(*p))
		p++;
	return p;
}

static void put_text(struct buf *out, struct str text)
{
	const char *p = text.p, *end = p + text.n;

	while (p < end) {
		const char *at = scan_escaped(p, end);

		buf_put(out, p, (size_t)(at - p));
		if (at < end) {
			char c = *at++;

			buf_put_char(out, '\\');
			buf_put_char(out, c == '\t' ? 't' : c == '\n' ? 'n' : c == '\0' ? '0' : c);
		}
		p = at;
	}
}

static void put_hex(struct buf *out, struct str bytes)
{
	static const char digits[] = "0123456789abcdef";
	char *to = buf_room(out, 2 * bytes.n);

	if (!to)
		return;
	for (size_t i = 0; i < bytes.n; i++) {
		to[2 * i] = digits[(unsigned char)bytes.p[i] >> 4];
		to[2 * i + 1] = digits[bytes.p[i] & 15];
	}
	out->n += 2 * bytes.n;
}

void data_put_row(struct buf *out, const struct target *t, const struct row_value *row)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct row_value *v = &row[t->from[i]];

		if (i > 0)
			buf_put_char(out, '\t');
		if (v->kind == VALUE_NULL)
			buf_put_text(out, "\\N");
		else if (v->kind == VALUE_BYTES)
			put_hex(out, v->text);
		else
			put_text(out, v->text);
	}
	buf_put_char(out, '\n');
}

/* Which columns are bytes on both sides. False: one that only a statement can fill. */
static bool plan_columns(struct target *t, const struct conn *c)
{
	static const char *const never[] = { "bit", "vector", "float", "year", "inet4", "inet6", "uuid" };

	t->coded = arena_array(&t->arena, t->n + 1, sizeof(*t->coded));
	for (size_t i = 0; i < t->n; i++) {
		const struct column *up = &t->upstream.columns[t->from[i]], *down = &t->downstream.columns[t->to[i]];

		if (column_type_is(down->type, "json") && c->flavor != FLAVOR_MARIADB)
			return false;
		for (size_t k = 0; k < sizeof(never) / sizeof(never[0]); k++)
			if (column_type_is(up->type, never[k]) || column_type_is(down->type, never[k]))
				return false;
		if (up->base64 != down->base64)
			return false;
		t->coded[i] = up->base64;
	}
	return true;
}

static struct str load_statement(struct target *t, const char *charset, enum on_duplicate on_duplicate, struct err *e)
{
	struct buf sql = BUF_INIT(1 << 24), sets = BUF_INIT(1 << 24);
	struct str text = STR_LIT("");

	buf_put_text(&sql, "LOAD DATA LOCAL INFILE '" CONN_INFILE "' ");
	buf_put_text(&sql, on_duplicate == DUPLICATE_REPLACE ? "REPLACE " : on_duplicate == DUPLICATE_IGNORE ? "IGNORE " : "");
	buf_put_text(&sql, "INTO TABLE ");
	sql_put_table(&sql, t->downstream.schema, t->downstream.name);
	buf_putf(&sql, " CHARACTER SET %s FIELDS TERMINATED BY x'09' ESCAPED BY x'5c' LINES TERMINATED BY x'0a' (", charset);
	for (size_t i = 0; i < t->n; i++) {
		struct str name = t->downstream.columns[t->to[i]].name;

		if (i > 0)
			buf_put_char(&sql, ',');
		if (!t->coded[i]) {
			sql_put_name(&sql, name);
			continue;
		}
		buf_putf(&sql, "@dm%zu", i);
		buf_put_text(&sets, sets.n > 0 ? ", " : " SET ");
		sql_put_name(&sets, name);
		buf_putf(&sets, " = UNHEX(@dm%zu)", i);
	}
	buf_put_char(&sql, ')');
	buf_put_str(&sql, buf_str(&sets));
	if (buf_ok(&sql, "the column list of a table", e) && buf_ok(&sets, "the column list of a table", e))
		text = arena_str(&t->arena, buf_str(&sql));
	buf_release(&sql);
	buf_release(&sets);
	return text;
}

bool data_plan(struct target *t, const struct conn *c, enum on_duplicate on_duplicate, struct err *e)
{
	t->load = t->load_ascii = STR_LIT("");
	if (c->flavor == FLAVOR_TIDB || !plan_columns(t, c))
		return true;
	t->load = load_statement(t, "utf8mb4", on_duplicate, e);
	t->load_ascii = t->load.n > 0 ? load_statement(t, "latin1", on_duplicate, e) : STR_LIT("");
	return t->load_ascii.n > 0;
}

struct str data_statement(const struct target *t, struct str data)
{
	return scan_is_ascii(data.p, data.n) ? t->load_ascii : t->load;
}
