/* sql.c - statements about the meta tables, built from a pattern; see parts.h */
#include <stdarg.h>

#include "meta/parts.h"
#include "text/sql_quote.h"

const struct err_kind err_meta_name = {
	.code = 24503, .class = "checkpoint", .scope = SCOPE_INTERNAL, .level = LEVEL_HIGH, .status = STATUS_CONFIG,
	.workaround = "use a shorter name",
};

static void put_meta_table(struct meta *m, const char *end)
{
	struct buf name = BUF_INIT(4096);

	buf_put_str(&name, m->task);
	buf_put_text(&name, end);
	sql_put_table(&m->sql, m->schema, buf_str(&name));
	buf_release(&name);
}

static void put_pattern(struct meta *m, const char *pattern, va_list args)
{
	bool backslash = m->c->backslash;

	buf_clear(&m->sql);
	for (const char *at = pattern; *at; at++) {
		if (*at != '$') {
			buf_put_char(&m->sql, *at);
			continue;
		}
		switch (*++at) {
		case 't':
			put_meta_table(m, va_arg(args, const char *));
			break;
		case 's':
			sql_put_text(&m->sql, va_arg(args, struct str), backslash);
			break;
		case 'n':
			buf_put_u64(&m->sql, va_arg(args, uint64_t));
			break;
		case 'r':
			buf_put_text(&m->sql, va_arg(args, const char *));
			break;
		case 'i':
			sql_put_text(&m->sql, m->source, backslash);
			break;
		}
	}
}

bool meta_run(struct meta *m, struct err *e, const char *pattern, ...)
{
	va_list args;

	va_start(args, pattern);
	put_pattern(m, pattern, args);
	va_end(args);
	return buf_ok(&m->sql, "a statement about the meta tables", e) && conn_run(m->c, buf_str(&m->sql), e);
}

bool meta_ask(struct meta *m, struct result *r, struct err *e, const char *pattern, ...)
{
	va_list args;

	memset(r, 0, sizeof(*r));
	va_start(args, pattern);
	put_pattern(m, pattern, args);
	va_end(args);
	return buf_ok(&m->sql, "a statement about the meta tables", e) &&
	       conn_query(m->c, r, buf_str(&m->sql), false, e);
}

bool meta_row(struct meta *m, struct arena *a, struct str *row, size_t n, bool *found, struct err *e,
	      const char *pattern, ...)
{
	struct result r = { 0 };
	va_list args;
	bool ok;

	*found = false;
	va_start(args, pattern);
	put_pattern(m, pattern, args);
	va_end(args);
	ok = buf_ok(&m->sql, "a statement about the meta tables", e) &&
	     conn_query(m->c, &r, buf_str(&m->sql), false, e) &&
	     result_next(&r, found, e);
	for (size_t i = 0; ok && *found && i < n; i++)
		row[i] = i < r.n && r.row[i].p ? arena_str(a, r.row[i]) : STR_NONE;
	result_release(&r);
	return ok;
}

bool meta_fits(struct str text, size_t bytes, const char *what, struct err *e)
{
	return text.n <= bytes ||
	       err_set(e, &err_meta_name, "%s '%.*s' is longer than the %zu bytes that the meta tables hold", what,
		       STR(str_first(text, 300)), bytes);
}
