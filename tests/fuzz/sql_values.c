/*
 * sql_values.c - an INSERT (behind a byte of flags: 1 no backslashes, 2 ANSI_QUOTES) row by row; and any text as a value of one, quoted and
 * in hexadecimal digits, is read as what it was.
 */
#include "fuzz.h"

#include "text/sql_quote.h"
#include "text/sql_values.h"

#define LIMIT (64 << 20)
#define COLUMNS 50

static void read_rows(struct str statement, unsigned flags)
{
	struct sql_literal row[COLUMNS];
	struct arena a = ARENA_INIT;
	struct sql_values v;
	struct err e = { 0 };
	bool is_insert, more = true, ok;
	size_t n;

	sql_values_init(&v);
	v.backslash = !(flags & 1);
	v.ansi_quotes = flags & 2;
	ok = settled(sql_values_start(&v, statement, &is_insert, &e), &e) && is_insert;
	if (ok)
		MUST(v.table.n > 0);
	while (ok && more) {
		ok = settled(sql_values_next(&v, row, COLUMNS, &n, &a, &more, &e), &e);
		MUST(n <= COLUMNS && v.at <= statement.n);
		for (size_t i = 0; ok && i < n; i++) {
			MUST(row[i].text.n <= statement.n && row[i].charset.n <= statement.n);
			MUST(row[i].kind != SQL_LITERAL_NUMBER || row[i].text.n > 0);
			str_hash(row[i].text);		/* all of it can be read */
			str_hash(row[i].charset);
		}
	}
	sql_values_release(&v);
	arena_release(&a);
}

static void must_read_back(struct str sql, unsigned flags, struct str want)
{
	struct sql_literal row[1];
	struct arena a = ARENA_INIT;
	struct sql_values v;
	struct err e = { 0 };
	bool is_insert, more;
	size_t n;

	sql_values_init(&v);
	v.backslash = !(flags & 1);
	v.ansi_quotes = flags & 2;
	MUST(settled(sql_values_start(&v, sql, &is_insert, &e), &e) && is_insert);
	MUST(settled(sql_values_next(&v, row, 1, &n, &a, &more, &e), &e) && more && n == 1);
	must_equal(row[0].text, want, "a value");
	MUST(v.n_columns == 1);
	must_equal(v.columns[0], want.n ? want : STR_LIT("-"), "a column's name");
	MUST(settled(sql_values_next(&v, row, 1, &n, &a, &more, &e), &e) && !more);
	sql_values_release(&v);
	arena_release(&a);
}

static void check_text(struct str text, unsigned flags)
{
	struct buf sql = BUF_INIT(LIMIT);

	for (unsigned hex = 0; hex < 2; hex++) {
		buf_clear(&sql);
		buf_put_text(&sql, "INSERT INTO `t` (");
		sql_put_name(&sql, text.n ? text : STR_LIT("-"));
		buf_put_text(&sql, ") VALUES (");
		if (!hex)
			sql_put_text(&sql, text, !(flags & 1));
		buf_put_text(&sql, hex ? "x'" : "");
		for (size_t i = 0; hex && i < text.n; i++)
			buf_putf(&sql, "%02x", (unsigned char)text.p[i]);
		buf_put_text(&sql, hex ? "')" : ")");
		must_read_back(buf_str(&sql), flags, text);
	}
	buf_release(&sql);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str input = { (const char *)data, size };
	unsigned flags = take_byte(&input);

	read_rows(input, flags);
	if (input.n <= 1000)
		check_text(input, flags);
	return 0;
}
