/* replica_start.c - looks for the start place among what the server has; see replica_start.h */
#include "mysql/replica_start.h"

#include <stdio.h>

#include "binlog/gtid.h"
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
		    err_set(e, &err_replica_start, "%s: cannot start at '%.*s:%llu': past 4 GiB the server only "
						   "takes a GTID as the start",
			    c->name, STR(start->file), (unsigned long long)start->pos));
	arena_release(&a);
	return ok;
}

static bool check_place(struct conn *c, const struct log_list *logs, const struct replica_start *start, struct err *e)
{
	unsigned long long pos = start->pos;

	if (!logs->any)
		return true;
	if (start->file.n > 0 && !logs->found)
		return err_set(e, &err_replica_start,
			       "%s: cannot start at '%.*s:%llu': the server has '%.*s' to '%.*s'", c->name,
			       STR(start->file), pos, STR(logs->first), STR(logs->last));
	if (logs->found && pos > logs->size)
		return err_set(e, &err_replica_start, "%s: cannot start at '%.*s:%llu': the file ends at %llu", c->name,
			       STR(start->file), pos, (unsigned long long)logs->size);
	return true;
}

static bool ask_with_text(struct conn *c, struct arena *a, struct str *answer, const char *before, struct str text,
			  const char *after, struct err *e)
{
	struct buf sql = BUF_INIT(1 << 26);
	bool ok;

	buf_put_text(&sql, before);
	sql_put_text(&sql, text, c->backslash);
	buf_put_text(&sql, after);
	ok = buf_ok(&sql, "a GTID set", e) && conn_get(c, a, answer, buf_str(&sql), e);
	buf_release(&sql);
	return ok;
}

/* Sets may be long, and the end of the message matters more than the end of a set. */
static struct str shown(struct str set)
{
	return str_first(set, 300);
}

/* MySQL: what was purged must be in the set that is done. */
static bool check_gtid_set(struct conn *c, struct arena *a, struct str oldest, struct str set, struct err *e)
{
	struct str mode, contains, missing;
	bool exists;

	if (!server_variable(c, a, "gtid_mode", &mode, &exists, e))
		return false;
	if (!str_is_nocase(mode, "ON"))
		return err_set(e, &err_replica_start, "%s: cannot start by GTID: gtid_mode is '%.*s'", c->name,
			       STR(mode));
	if (!ask_with_text(c, a, &contains, "SELECT GTID_SUBSET(@@global.gtid_purged, ", set, ")", e))
		return false;
	if (str_is(contains, "1"))
		return true;
	if (!ask_with_text(c, a, &missing, "SELECT GTID_SUBTRACT(@@global.gtid_purged, ", set, ")", e))
		return false;
	return err_set(e, &err_replica_start,
		       "%s: cannot start behind GTID set '%.*s': the server has purged '%.*s'; its oldest binlog "
		       "is '%.*s'",
		       c->name, STR(shown(set)), STR(shown(missing)), STR(oldest));
}

/* MariaDB: in no domain may the oldest log start behind what is done. */
static bool check_gtid_state(struct conn *c, struct arena *a, struct str oldest, struct str state, struct err *e)
{
	struct gtid_set have, want;
	struct str start;
	bool ok;

	if (oldest.n == 0)
		return true;
	if (!ask_with_text(c, a, &start, "SELECT BINLOG_GTID_POS(", oldest, ", 4)", e))
		return false;
	gtid_set_init(&have);
	gtid_set_init(&want);
	ok = gtid_set_parse(&have, start, e) && gtid_set_parse(&want, state, e) &&
	     (gtid_set_contains_set(&want, &have) ||
	      err_set(e, &err_replica_start, "%s: cannot start behind GTID '%.*s': the server's oldest binlog "
					     "'%.*s' starts behind '%.*s'",
		      c->name, STR(shown(state)), STR(oldest), STR(shown(start))));
	gtid_set_release(&have);
	gtid_set_release(&want);
	return ok;
}

bool replica_check_start(struct replica *r, const struct replica_start *start, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct log_list logs;
	bool ok = list_logs(&r->c, &a, start->file, &logs, e);

	if (!ok && r->c.errno_last == ER_SPECIFIC_ACCESS_DENIED) {
		err_clear(e);
		ok = true;
	}
	snprintf(r->oldest, sizeof(r->oldest), "%.*s", STR(logs.first));
	if (ok && !start->by_gtid)
		ok = check_place(&r->c, &logs, start, e) && check_offset(&r->c, start, e);
	else if (ok && r->c.flavor == FLAVOR_MARIADB)
		ok = check_gtid_state(&r->c, &a, logs.first, start->gtid, e);
	else if (ok)
		ok = check_gtid_set(&r->c, &a, logs.first, start->gtid, e);
	arena_release(&a);
	return ok;
}
