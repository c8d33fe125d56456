/* replica_start.c - looks for the start place among what the server has; see replica_start.h */
#include "mysql/replica_start.h"

#include <stdio.h>

#include "mysql/server.h"
#include "text/sql_quote.h"

#define ER_SPECIFIC_ACCESS_DENIED 1227

const struct err_kind err_replica_start = {
	.code = 10511, .class = "database", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_REFUSED,
	.workaround = "start from a place that the server still has, or migrate the data again from the beginning; "
		      "keep binlogs longer on the server",
};

struct log_list {
	struct str first, last;
	uint64_t size;		/* of the file that was looked for */
	bool found, any;
};

static bool list_logs(struct conn *c, struct arena *a, struct str file, struct log_list *list, struct err *e)
{
	struct result r;
	bool more, ok;

	*list = (struct log_list){ 0 };
	ok = conn_query(c, &r, STR_LIT("SHOW BINARY LOGS"), false, e);
	while (ok && (ok = result_next(&r, &more, e)) && more && r.n > 1) {
		if (!list->any)
			list->first = arena_str(a, r.row[0]);
		list->any = true;
		list->last = arena_str(a, r.row[0]);
		if (str_eq(r.row[0], file))
			list->found = str_to_u64(r.row[1], &list->size);
	}
	result_release(&r);
	return ok;
}

/* Only a dump by GTID carries 64 bits, and a server takes it only in GTID mode. */
static bool check_offset(struct conn *c, const struct replica_start *start, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct str mode = STR_LIT("OFF");
	bool exists, ok = true;

	if (start->pos <= UINT32_MAX)
		return true;
	if (c->flavor == FLAVOR_MYSQL && c->version >= 80000)
		ok = server_variable(c, &a, "gtid_mode", &mode, &exists, e);
	ok = ok && (str_is_nocase(mode, "ON") ||
		    err_set(e, &err_replica_start, "%s: cannot start at '%.*s:%llu': past 4 GiB the server only takes a GTID as the start",
			    c->name, STR(start->file), (unsigned long long)start->pos));
	arena_release(&a);
	return ok;
}

static bool check_place(struct conn *c, const struct replica_start *start, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct log_list logs;
	bool ok = list_logs(c, &a, start->file, &logs, e);

	if (!ok && c->errno_last == ER_SPECIFIC_ACCESS_DENIED) {
		err_clear(e);	/* the dump itself needs less, and will tell */
		ok = true;
	} else if (ok && !logs.any) {
		ok = err_set(e, &err_replica_start, "%s: it lists no binary log", c->name);
	} else if (ok && start->file.n > 0 && !logs.found) {
		ok = err_set(e, &err_replica_start, "%s: cannot start at '%.*s:%llu': the server has '%.*s' to '%.*s'", c->name,
			     STR(start->file), (unsigned long long)start->pos, STR(logs.first), STR(logs.last));
	} else if (ok && logs.found && start->pos > logs.size) {
		ok = err_set(e, &err_replica_start, "%s: cannot start at '%.*s:%llu': the file ends at %llu", c->name,
			     STR(start->file), (unsigned long long)start->pos, (unsigned long long)logs.size);
	}
	arena_release(&a);
	return ok && check_offset(c, start, e);
}

static bool ask_about_set(struct conn *c, struct arena *a, const char *before, struct str set, struct str *answer, struct err *e)
{
	struct buf sql = BUF_INIT(1 << 26);
	bool ok;

	buf_put_text(&sql, before);
	sql_put_text(&sql, set, c->backslash);
	buf_put_char(&sql, ')');
	ok = buf_ok(&sql, "a GTID set", e) && conn_get(c, a, answer, buf_str(&sql), e);
	buf_release(&sql);
	return ok;
}

/* MySQL: what was purged must be in the set that is done. */
static bool check_gtid_set(struct conn *c, const struct replica_start *start, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct str mode, contains, missing;
	bool exists, ok;

	ok = server_variable(c, &a, "gtid_mode", &mode, &exists, e) &&
	     (str_is_nocase(mode, "ON") ||
	      err_set(e, &err_replica_start, "%s: cannot start by GTID: gtid_mode is '%.*s'", c->name, STR(mode))) &&
	     ask_about_set(c, &a, "SELECT GTID_SUBSET(@@global.gtid_purged, ", start->gtid, &contains, e);
	if (ok && !str_is(contains, "1")) {
		ok = ask_about_set(c, &a, "SELECT GTID_SUBTRACT(@@global.gtid_purged, ", start->gtid, &missing, e) &&
		     err_set(e, &err_replica_start, "%s: cannot start behind GTID set '%.300s': the server has purged '%.300s'", c->name,
			     start->gtid.n ? start->gtid.p : "", missing.p);
		replica_add_oldest(c, e);
	}
	arena_release(&a);
	return ok;
}

bool replica_check_start(struct conn *c, const struct replica_start *start, struct err *e)
{
	if (!start->by_gtid)
		return check_place(c, start, e);
	return c->flavor == FLAVOR_MARIADB || check_gtid_set(c, start, e);
}

void replica_add_oldest(struct conn *c, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct err ignored;
	struct str file;
	size_t n = strlen(e->text);

	if (server_oldest_binlog(c, &a, &file, &ignored))
		snprintf(e->text + n, sizeof(e->text) - n, "; its oldest binlog is '%.*s'", STR(file));
	arena_release(&a);
}
