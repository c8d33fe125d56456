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

const struct err_kind err_replica_purged = {
	.code = 32510, .class = "database", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_REFUSED,
	.workaround = "name a server that still has these transactions in its log, or migrate the data again from the "
		      "beginning; keep binlogs longer on the server",
};

const struct err_kind err_replica_lacks = {
	.code = 32511, .class = "database", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_REFUSED,
	.workaround = "name a server that has all of these transactions, or wait until this one has caught up; where they "
		      "are lost, compare the data and set the checkpoint to a place of this server",
};

const struct err_kind err_replica_other = {
	.code = 32512, .class = "database", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_REFUSED,
	.workaround = "places in its log mean nothing on another server: start by GTIDs (enable-gtid), or find the same place "
		      "in this server's log and move the task there with 'dm-meta checkpoint set'",
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

/* Servers break a set into lines. */
static bool get_set(struct conn *c, struct arena *a, const char *variable, struct str *set, struct err *e)
{
	struct str sql = arena_strf(a, "SELECT REPLACE(@@global.%s, '\n', '')", variable);

	return conn_get(c, a, set, sql, e);
}

static bool is_yes(struct conn *c, struct arena *a, const char *before, struct str set, const char *after, bool *yes,
		   struct err *e)
{
	struct str answer;

	*yes = false;
	if (!ask_with_text(c, a, &answer, before, set, after, e))
		return false;
	*yes = str_is(answer, "1");
	return true;
}

/* MySQL: all that is done must be in the server's own set, or it is not a copy of what was read before. */
static bool check_executed(struct conn *c, struct arena *a, struct str set, struct err *e)
{
	struct str executed, missing;
	bool has;

	if (!is_yes(c, a, "SELECT GTID_SUBSET(", set, ", @@global.gtid_executed)", &has, e))
		return false;
	if (has)
		return true;
	if (!ask_with_text(c, a, &missing, "SELECT REPLACE(GTID_SUBTRACT(", set, ", @@global.gtid_executed), '\n', '')",
			   e) ||
	    !get_set(c, a, "gtid_executed", &executed, e))
		return false;
	return err_set(e, &err_replica_lacks,
		       "%s: cannot go on behind GTID set '%.*s': the server has executed '%.*s', and lacks '%.*s'", c->name,
		       STR(shown(set)), STR(shown(executed)), STR(shown(missing)));
}

/* And what was purged must be in the set that is done. */
static bool check_purged(struct conn *c, struct arena *a, struct str oldest, struct str set, struct err *e)
{
	struct str purged, missing;
	bool has;

	if (!is_yes(c, a, "SELECT GTID_SUBSET(@@global.gtid_purged, ", set, ")", &has, e))
		return false;
	if (has)
		return true;
	if (!ask_with_text(c, a, &missing, "SELECT REPLACE(GTID_SUBTRACT(@@global.gtid_purged, ", set, "), '\n', '')",
			   e) ||
	    !get_set(c, a, "gtid_purged", &purged, e))
		return false;
	return err_set(e, &err_replica_purged,
		       "%s: cannot start behind GTID set '%.*s': the server has purged '%.*s', and '%.*s' of that is needed; "
		       "its oldest binlog is '%.*s'", c->name, STR(shown(set)), STR(shown(purged)), STR(shown(missing)),
		       STR(oldest));
}

static bool check_gtid_set(struct conn *c, struct arena *a, struct str oldest, struct str set, struct err *e)
{
	struct str mode;
	bool exists;

	if (!server_variable(c, a, "gtid_mode", &mode, &exists, e))
		return false;
	/* In any other mode there may be transactions without a GTID, which a start by GTIDs leaves out. */
	if (!str_is_nocase(mode, "ON"))
		return err_set(e, &err_replica_start, "%s: cannot start by GTID: gtid_mode is '%.*s'", c->name,
			       STR(mode));
	return check_executed(c, a, set, e) && check_purged(c, a, oldest, set, e);
}

/* Has the server's log the last transaction that is done in this domain? Its state names the last one of each server that
 * wrote in the domain. */
static bool state_has(struct str state, const struct gtid *done)
{
	struct str one, rest = state;
	struct err ignored = { 0 };
	struct gtid last;

	while (rest.n > 0) {
		if (!str_cut(rest, ',', &one, &rest)) {
			one = rest;
			rest = STR_NONE;
		}
		if (gtid_parse(&last, str_trim(one), &ignored) && last.domain == done->domain &&
		    last.server == done->server && last.number >= done->number)
			return true;
	}
	return false;
}

static bool check_binlog_state(struct conn *c, struct arena *a, const struct gtid_set *done, struct str text,
			       struct err *e)
{
	struct buf missing = BUF_INIT(1024);
	struct str state;
	bool ok = get_set(c, a, "gtid_binlog_state", &state, e);

	for (size_t i = 0; ok && i < done->n_domains; i++) {
		if (state_has(state, &done->domains[i]))
			continue;
		gtid_put(&missing, &done->domains[i]);
		ok = err_set(e, &err_replica_lacks,
			     "%s: cannot go on behind GTID '%.*s': the server's log has '%.*s' (gtid_binlog_state), and lacks "
			     "'%.*s'", c->name, STR(shown(text)), STR(shown(state)), STR(buf_str(&missing)));
	}
	buf_release(&missing);
	return ok;
}

/* MariaDB: in no domain may the oldest log start behind what is done. */
static bool check_gtid_state(struct conn *c, struct arena *a, struct str oldest, struct str state, struct err *e)
{
	struct gtid_set have, want;
	struct str start = STR_LIT("");
	bool ok;

	if (oldest.n > 0 && !ask_with_text(c, a, &start, "SELECT BINLOG_GTID_POS(", oldest, ", 4)", e))
		return false;
	gtid_set_init(&have);
	gtid_set_init(&want);
	ok = gtid_set_parse(&have, start, e) && gtid_set_parse(&want, state, e) &&
	     check_binlog_state(c, a, &want, state, e) &&
	     (gtid_set_contains_set(&want, &have) ||
	      err_set(e, &err_replica_purged, "%s: cannot start behind GTID '%.*s': the server's oldest binlog "
					     "'%.*s' starts behind '%.*s'",
		      c->name, STR(shown(state)), STR(oldest), STR(shown(start))));
	gtid_set_release(&have);
	gtid_set_release(&want);
	return ok;
}

static bool check_server(struct replica *r, const struct replica_start *start, struct arena *a, struct err *e)
{
	struct str server;

	if (!server_own_id(&r->c, a, &server, e))
		return false;
	snprintf(r->server, sizeof(r->server), "%.*s", STR(server));
	return replica_check_server(r->c.name, start, server, e);
}

bool replica_check_server(const char *name, const struct replica_start *start, struct str server, struct err *e)
{
	if (start->by_gtid || start->server.n == 0 || str_eq(start->server, server))
		return true;
	return err_set(e, &err_replica_other, "%s: cannot start at '%.*s:%llu': that is a place of the server with %.*s, and "
		       "this one has %.*s", name, STR(start->file), (unsigned long long)start->pos, STR(start->server),
		       STR(server));
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
	ok = ok && check_server(r, start, &a, e);
	if (ok && !start->by_gtid)
		ok = check_place(&r->c, &logs, start, e) && check_offset(&r->c, start, e);
	else if (ok && r->c.flavor == FLAVOR_MARIADB)
		ok = check_gtid_state(&r->c, &a, logs.first, start->gtid, e);
	else if (ok)
		ok = check_gtid_set(&r->c, &a, logs.first, start->gtid, e);
	arena_release(&a);
	return ok;
}
