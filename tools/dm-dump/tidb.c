/* tidb.c - one moment of TiDB, which keeps old rows for a while; and which ways a server has; see dump.h */
#include "dump.h"

#include "base/log.h"
#include "base/tool.h"
#include "text/sql_quote.h"

#define TSO_SHIFT 18	/* a timestamp is milliseconds, and below them this many bits that count */

static const struct err_kind err_way = {
	.code = 32560, .class = "dump-unit", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_REFUSED,
	.workaround = "use --consistency auto, which takes what the server has",
};

bool snapshot_of_server(const struct snapshot *s, struct dump_want *want, struct err *e)
{
	bool tidb = s->control.flavor == FLAVOR_TIDB;

	if (tidb && want->how == CONSISTENCY_AUTO)
		want->how = CONSISTENCY_SNAPSHOT;
	if (tidb && want->how != CONSISTENCY_SNAPSHOT)
		return err_set(e, &err_way, "%s: TiDB has no such locks, and needs none: its way is --consistency snapshot",
			       s->control.name);
	if (!tidb && want->how == CONSISTENCY_SNAPSHOT)
		return err_set(e, &err_way, "%s: --consistency snapshot is for TiDB only, and this is %s", s->control.name,
			       s->control.server_version);
	if (!tidb && want->moment.n > 0)
		return err_set(e, &err_way, "%s: --snapshot is for TiDB only, and this is %s", s->control.name,
			       s->control.server_version);
	return true;
}

/* A timestamp of TiDB, or a time, in UTC as all times of our sessions. */
static bool parse_moment(struct snapshot *s, struct str moment, uint64_t *tso, struct err *e)
{
	struct buf sql = BUF_INIT(1 << 12);
	struct str seconds, whole;
	uint64_t n = 0;
	bool ok;

	if (str_to_u64(moment, tso))
		return true;
	buf_put_text(&sql, "SELECT UNIX_TIMESTAMP(");
	sql_put_text(&sql, moment, true);
	buf_put_text(&sql, ")");
	ok = conn_get(&s->control, &s->arena, &seconds, buf_str(&sql), e);
	buf_release(&sql);
	if (!ok)
		return false;
	if (!str_cut(seconds, '.', &whole, NULL))
		whole = seconds;
	if (!str_to_u64(whole, &n) || n == 0)
		return err_set(e, &err_usage, "--snapshot '%.*s': no timestamp of TiDB, and no time such as 2026-01-31 23:59:59",
			       STR(moment));
	*tso = n * 1000 << TSO_SHIFT;
	return true;
}

static bool set_moment(struct conn *c, uint64_t tso, struct err *e)
{
	return conn_runf(c, e, "SET SESSION tidb_snapshot = '%llu'", (unsigned long long)tso);
}

bool snapshot_of_tidb(struct snapshot *s, const struct dump_want *want, struct err *e)
{
	struct str kept;
	bool exists, ok;

	if (!snapshot_block_ddl(s, want, e) || !server_binlog_place(&s->control, &s->arena, &s->place, e) ||
	    (want->moment.n > 0 && !parse_moment(s, want->moment, &s->place.pos, e)) ||
	    !server_variable(&s->control, &s->arena, "tidb_gc_life_time", &kept, &exists, e))
		return false;
	ok = set_moment(&s->control, s->place.pos, e);
	for (size_t i = 0; ok && i < s->n; i++)
		ok = set_moment(&s->workers[i], s->place.pos, e);
	if (ok && exists)
		log_notice("%s: rows are read as of %llu; old ones are kept for %.*s (tidb_gc_life_time): a dump that takes "
			   "longer needs more", s->control.name, (unsigned long long)s->place.pos, STR(kept));
	return ok;
}
