/* query.c - statements and their rows; see conn.h */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <mysql.h>

#include "mysql/conn.h"
#include "mysql/fail.h"

static bool closed(struct conn *c, struct err *e)
{
	c->errno_last = 2006;
	return err_set(e, kind_for(&err_query_retry, c->scope), "%s: the connection is closed", c->name);
}

static bool ask(struct conn *c, struct str sql, struct err *e)
{
	c->errno_last = 0;
	if (!c->m)
		return closed(c, e);
	if (c->rogue)
		return fail_rogue(c, e);
	return mysql_real_query(c->m, sql.p, sql.n) == 0 || fail_query(c, sql, e);
}

static bool drop_result(struct conn *c, struct str sql, struct err *e)
{
	MYSQL_RES *res = mysql_store_result(c->m);

	if (res)
		mysql_free_result(res);
	else if (mysql_errno(c->m))
		return fail_query(c, sql, e);
	c->affected = mysql_affected_rows(c->m);
	c->warnings = mysql_warning_count(c->m);
	return true;
}

bool conn_run(struct conn *c, struct str sql, struct err *e)
{
	return ask(c, sql, e) && drop_result(c, sql, e);
}

bool conn_send(struct conn *c, struct str sql, struct err *e)
{
	c->errno_last = 0;
	if (!c->m)
		return closed(c, e);
	return mysql_send_query(c->m, sql.p, sql.n) == 0 || fail_query(c, sql, e);
}

bool conn_receive(struct conn *c, struct err *e)
{
	if (!c->m)
		return closed(c, e);
	return mysql_read_query_result(c->m) ? fail_query(c, STR_NONE, e) : drop_result(c, STR_NONE, e);
}

/* A ceiling that no statement of ours comes near: batches are built in buffers, not by printf. */
static bool format(struct buf *sql, const char *fmt, va_list args, struct err *e)
{
	char *text;
	int n = vasprintf(&text, fmt, args);

	if (n < 0)
		return err_set(e, &err_too_big, "a statement does not fit in memory");
	buf_put(sql, text, (size_t)n);
	free(text);
	return buf_ok(sql, "a statement", e);
}

bool conn_runf(struct conn *c, struct err *e, const char *fmt, ...)
{
	struct buf sql = BUF_INIT(1 << 30);
	va_list args;
	bool ok;

	va_start(args, fmt);
	ok = format(&sql, fmt, args, e);
	va_end(args);
	ok = ok && conn_run(c, buf_str(&sql), e);
	buf_release(&sql);
	return ok;
}

bool conn_query(struct conn *c, struct result *r, struct str sql, bool stream, struct err *e)
{
	memset(r, 0, sizeof(*r));
	r->c = c;
	if (!ask(c, sql, e))
		return false;
	r->res = stream ? mysql_use_result(c->m) : mysql_store_result(c->m);
	if (!r->res && mysql_errno(c->m))
		return fail_query(c, sql, e);
	r->n = r->res ? mysql_num_fields(r->res) : 0;
	r->row = mem_array(r->n + 1, sizeof(*r->row));
	return true;
}

bool conn_queryf(struct conn *c, struct result *r, struct err *e, const char *fmt, ...)
{
	struct buf sql = BUF_INIT(1 << 30);
	va_list args;
	bool ok;

	memset(r, 0, sizeof(*r));
	va_start(args, fmt);
	ok = format(&sql, fmt, args, e);
	va_end(args);
	ok = ok && conn_query(c, r, buf_str(&sql), false, e);
	buf_release(&sql);
	return ok;
}

bool result_next(struct result *r, bool *more, struct err *e)
{
	MYSQL_ROW row;
	unsigned long *lengths;

	*more = false;
	if (!r->res)
		return true;
	row = mysql_fetch_row(r->res);
	if (!row)
		return mysql_errno(r->c->m) == 0 || fail_query(r->c, STR_NONE, e);
	lengths = mysql_fetch_lengths(r->res);
	for (unsigned i = 0; i < r->n; i++)
		r->row[i] = (struct str){ row[i], row[i] ? lengths[i] : 0 };
	*more = true;
	return true;
}

void result_release(struct result *r)
{
	if (r->res) {
		if (!r->c->m)
			r->res->handle = NULL;	/* closed already: there is nothing to read the rest from */
		mysql_free_result(r->res);
	}
	free(r->row);
	memset(r, 0, sizeof(*r));
}

bool conn_get(struct conn *c, struct arena *a, struct str *value, struct str sql, struct err *e)
{
	struct result r;
	bool more, ok;

	*value = STR_LIT("");
	ok = conn_query(c, &r, sql, false, e) && result_next(&r, &more, e);
	if (ok && more && r.row[0].p)
		*value = arena_str(a, r.row[0]);
	result_release(&r);
	return ok;
}
