/* locate.c - which server is this, and which of its logs holds what comes after a set of GTIDs; see pull.h */
#include "pull.h"

#include "base/buf.h"
#include "mysql/server.h"
#include "text/sql_quote.h"

static const struct err_kind err_locate = {
	.code = 30515, .class = "relay-unit", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_REFUSED,
	.workaround = "name a server that still has the logs, or migrate the data again and pull into an empty folder",
};

bool locate_uuid(struct conn *c, struct arena *a, struct str *uuid, struct err *e)
{
	if (c->flavor == FLAVOR_MARIADB)
		return conn_get(c, a, uuid, STR_LIT("SELECT CONCAT(@@gtid_domain_id, '-', @@server_id)"), e);
	return conn_get(c, a, uuid, STR_LIT("SELECT @@server_uuid"), e);
}

/* MySQL has no function for it, but the second event of each log says so. */
static bool mysql_set(struct conn *c, struct arena *a, struct str file, struct str *set, struct err *e)
{
	struct buf sql = BUF_INIT(4096);
	struct result r;
	bool more, ok;

	*set = STR_LIT("");
	buf_put_text(&sql, "SHOW BINLOG EVENTS IN ");
	sql_put_text(&sql, file, c->backslash);
	buf_put_text(&sql, " LIMIT 4");
	ok = buf_ok(&sql, "the name of a log", e) && conn_query(c, &r, buf_str(&sql), false, e);
	if (ok) {
		while ((ok = result_next(&r, &more, e)) && more)
			if (r.n > 5 && str_is(r.row[2], "Previous_gtids"))
				*set = arena_str(a, r.row[5]);
		result_release(&r);
	}
	buf_release(&sql);
	return ok;
}

static bool mariadb_set(struct conn *c, struct arena *a, struct str file, struct str *set, struct err *e)
{
	struct buf sql = BUF_INIT(4096);
	bool ok;

	buf_put_text(&sql, "SELECT BINLOG_GTID_POS(");
	sql_put_text(&sql, file, c->backslash);
	buf_put_text(&sql, ", 4)");
	ok = buf_ok(&sql, "the name of a log", e) && conn_get(c, a, set, buf_str(&sql), e);
	buf_release(&sql);
	return ok;
}

/* Is all that went before this log in the set? */
static bool starts_within(struct conn *c, struct arena *a, struct str file, const struct gtid_set *set, bool *within,
			  struct err *e)
{
	struct gtid_set before;
	struct str text = STR_NONE;
	bool ok;

	gtid_set_init(&before);
	ok = (c->flavor == FLAVOR_MARIADB ? mariadb_set : mysql_set)(c, a, file, &text, e) &&
	     gtid_set_parse(&before, text, e);
	*within = ok && gtid_set_contains_set(set, &before);
	gtid_set_release(&before);
	return ok;
}

bool locate_logs(struct conn *c, struct arena *a, struct str **files, size_t *n, struct err *e)
{
	struct result r;
	size_t cap = 0;
	bool more, ok;

	*n = 0;
	*files = NULL;
	if (!conn_query(c, &r, STR_LIT("SHOW BINARY LOGS"), false, e))
		return false;
	while ((ok = result_next(&r, &more, e)) && more) {
		if (*n == cap) {
			struct str *bigger = arena_alloc(a, (cap = cap ? 2 * cap : 256) * sizeof(*bigger));

			if (*n > 0)
				memcpy(bigger, *files, *n * sizeof(*bigger));
			*files = bigger;
		}
		(*files)[(*n)++] = arena_str(a, r.row[0]);
	}
	result_release(&r);
	return ok;
}

bool locate_file(struct conn *c, struct arena *a, const struct gtid_set *set, struct str *file, struct err *e)
{
	struct buf text = BUF_INIT(64 << 20);
	struct str *files;
	bool within = false, ok;
	size_t n;

	ok = locate_logs(c, a, &files, &n, e);
	while (ok && !within && n > 0) {
		*file = files[--n];
		ok = starts_within(c, a, *file, set, &within, e);
	}
	if (ok && !within) {
		gtid_set_text(set, &text);
		ok = err_set(e, &err_locate, "%s: no log of the server starts within GTID set '%.*s'", c->name,
			     STR(str_first(buf_str(&text), 300)));
	}
	buf_release(&text);
	return ok;
}
