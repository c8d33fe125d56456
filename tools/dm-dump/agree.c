/* agree.c - one moment without a lock: snapshots between which nothing was committed; see dump.h
 *
 * A commit is first written to the binary log, and later done in the engine, where a snapshot sees it. In between the
 * log's place is ahead of what snapshots see, for as long as a replica's acknowledgement may take. So a place is that of
 * a snapshot only if no commit is under way.
 */
#include "dump.h"

#include "base/log.h"
#include "text/sql_quote.h"

#define AGREE_TRIES 30
#define QUIET_TRIES 100		/* most of them end at the first look */

static const struct err_kind err_under_way = {
	.code = 32561, .class = "dump-unit", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_RETRY,
	.workaround = "see what holds commits up upstream (a semi-synchronous replica that does not answer?), or give more --lock-wait",
};

/* How many XA COMMITs there were: one between two looks at those that are prepared. */
static bool count_xa(struct snapshot *s, struct str *count, struct err *e)
{
	return conn_get(&s->control, &s->arena, count,
			STR_LIT("SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = 'COM_XA_COMMIT'"), e);
}

/* The place that a snapshot of MariaDB knows of itself; "" where it does not. */
static bool own_place(struct conn *c, struct arena *a, struct str *place, struct err *e)
{
	struct str file = STR_LIT(""), pos = STR_LIT("");
	struct result r;
	bool more = true, ok;

	ok = conn_query(c, &r, STR_LIT("SHOW STATUS LIKE 'binlog\\_snapshot\\_%'"), false, e);
	while (ok && (ok = result_next(&r, &more, e)) && more) {
		if (str_is_nocase(r.row[0], "binlog_snapshot_file"))
			file = arena_str(a, r.row[1]);
		if (str_is_nocase(r.row[0], "binlog_snapshot_position"))
			pos = arena_str(a, r.row[1]);
	}
	result_release(&r);
	*place = file.n > 0 && pos.n > 0 ? arena_strf(a, "%.*s:%.*s", STR(file), STR(pos)) : STR_LIT("");
	return ok;
}

static bool all_agree(struct snapshot *s, struct str *place, bool *agree, struct err *e)
{
	*place = STR_LIT("");
	*agree = true;
	for (size_t i = 0; *agree && i < s->n; i++) {
		struct str own;

		if (!own_place(&s->workers[i], &s->arena, &own, e))
			return false;
		*agree = own.n > 0 && (i == 0 || str_eq(own, *place));
		*place = own;
	}
	return true;
}

/* Where nothing was committed since, the server knows the GTIDs without looking into its log. */
static bool add_gtid(struct snapshot *s, struct server_place *place, struct err *e)
{
	struct buf sql = BUF_INIT(4096);
	struct server_place now;
	bool ok;

	if (!server_binlog_place(&s->control, &s->arena, &now, e))
		return false;
	if (str_eq(now.file, place->file) && now.pos == place->pos) {
		*place = now;
		return true;
	}
	buf_put_text(&sql, "SELECT BINLOG_GTID_POS(");
	sql_put_text(&sql, place->file, true);
	buf_putf(&sql, ", %llu)", (unsigned long long)place->pos);
	ok = conn_get(&s->control, &s->arena, &place->gtid, buf_str(&sql), e);
	place->empty = place->gtid.n == 0;
	buf_release(&sql);
	return ok;
}

static bool set_own_place(struct snapshot *s, struct str place, struct err *e)
{
	struct str pos;

	str_cut_last(place, ':', &s->place.file, &pos);
	return str_to_u64(pos, &s->place.pos) && add_gtid(s, &s->place, e);
}

/* MariaDB's snapshots know their place in the binlog. Where those of all connections are the same, all see one moment,
 * and nobody was locked. */
static bool take_agreeing(struct snapshot *s, const struct dump_want *want, bool *taken, struct err *e)
{
	struct str before, after, place;

	*taken = false;
	for (int i = 0; i < AGREE_TRIES && !*taken; i++) {
		if (!count_xa(s, &before, e) || !snapshot_check_xa(s, want, e) || !snapshot_begin(s, e) ||
		    !all_agree(s, &place, taken, e) || !snapshot_check_xa(s, want, e) || !count_xa(s, &after, e))
			return false;
		if (place.n == 0)
			return true;		/* its log is off */
		*taken = *taken && str_eq(before, after);
	}
	return !*taken || set_own_place(s, place, e);
}

/* MySQL: a transaction owns its GTID from before it is written to the log until it is done in the engine. */
static bool owned_gtids(struct snapshot *s, struct str *owned, struct err *e)
{
	return conn_get(&s->control, &s->arena, owned,
			STR_LIT("SELECT REGEXP_REPLACE(@@global.gtid_owned, '#[0-9]+', '')"), e);
}

static bool tells_owned(struct snapshot *s, bool *tells, struct err *e)
{
	struct str mode, on;
	bool exists;

	*tells = false;
	if (s->control.flavor != FLAVOR_MYSQL || s->control.version < 80000)
		return true;
	if (!server_variable(&s->control, &s->arena, "gtid_mode", &mode, &exists, e) ||
	    !server_variable(&s->control, &s->arena, "log_bin", &on, &exists, e))
		return false;
	*tells = str_is_nocase(mode, "ON") && str_is(on, "1");
	return true;
}

/*
 * One try: the place; no GTID is owned, so that whatever stands before the place is done; the snapshots; the same place
 * again, so that nothing was written meanwhile, and what is not written is not done. Then all snapshots see what stands
 * before the place, and nothing else.
 *
 * performance_schema.log_status would tell as much at once, but it waits for commits that are under way while it keeps
 * the log's own lock, and no KILL ends it: behind a commit that hangs nobody could commit, and no replica connect.
 */
static bool try_quiet(struct snapshot *s, const struct dump_want *want, bool *taken, struct err *e)
{
	struct server_place before;
	struct str owned;

	*taken = false;
	if (!server_binlog_place(&s->control, &s->arena, &before, e) || !owned_gtids(s, &owned, e))
		return false;
	if (owned.n > 0) {
		wait_for_news(1);
		return true;
	}
	if (!snapshot_check_xa(s, want, e) || !snapshot_begin(s, e) || !server_binlog_place(&s->control, &s->arena, &s->place, e))
		return false;
	*taken = str_eq(before.file, s->place.file) && before.pos == s->place.pos && str_eq(before.gtid, s->place.gtid);
	return true;
}

static bool take_quiet(struct snapshot *s, const struct dump_want *want, bool *taken, struct err *e)
{
	*taken = false;
	for (int i = 0; i < QUIET_TRIES && !*taken; i++)
		if (!try_quiet(s, want, taken, e))
			return false;
	return true;
}

bool snapshot_agree(struct snapshot *s, const struct dump_want *want, bool *taken, struct err *e)
{
	bool tells;

	*taken = false;
	if (!tells_owned(s, &tells, e))
		return false;
	if (s->control.flavor == FLAVOR_MARIADB && !take_agreeing(s, want, taken, e))
		return false;
	if (tells && !take_quiet(s, want, taken, e))
		return false;
	return *taken || snapshot_end(s, e);
}

/* What was under way when the place was read has to be done before a snapshot is taken: behind that place nobody would
 * find it. */
static bool wait_until_done(struct snapshot *s, const struct dump_want *want, struct err *e)
{
	int64_t limit = clock_ms() + (int64_t)want->lock_wait * 1000;
	struct str first, left;

	if (!owned_gtids(s, &first, e))
		return false;
	for (left = first; left.n > 0;) {
		struct buf sql = BUF_INIT(1 << 24);
		bool ok;

		buf_put_text(&sql, "SELECT GTID_SUBTRACT(");
		sql_put_text(&sql, first, true);
		buf_put_text(&sql, ", GTID_SUBTRACT(");
		sql_put_text(&sql, first, true);
		buf_put_text(&sql, ", REGEXP_REPLACE(@@global.gtid_owned, '#[0-9]+', '')))");
		ok = buf_ok(&sql, "a GTID set", e) && conn_get(&s->control, &s->arena, &left, buf_str(&sql), e);
		buf_release(&sql);
		if (!ok)
			return false;
		if (left.n > 0 && clock_ms() >= limit)
			return err_set(e, &err_under_way, "%s: commits that stand in the log are not done within %llu s: %.*s",
				       s->control.name, (unsigned long long)want->lock_wait, STR(left));
		if (left.n > 0)
			wait_for_news(20);
	}
	return true;
}

static bool window_of_places(struct snapshot *s, const struct dump_want *want, struct err *e)
{
	bool tells;

	if (!snapshot_place(s, want, &s->place, e) || !tells_owned(s, &tells, e))
		return false;
	if (tells && !wait_until_done(s, want, e))
		return false;
	if (!tells && s->place.file.n > 0)
		log_warning("%s: it does not tell which commits are under way, as MySQL 8.0 with GTIDs does: one that has reached "
			    "the log and not the tables is in neither the dump nor the changes behind it", s->control.name);
	return snapshot_begin(s, e) && snapshot_place(s, want, &s->place_end, e);
}

/* mysql-bin.999999 < mysql-bin.1000000 */
static int64_t place_order(const struct server_place *a, const struct server_place *b)
{
	if (a->file.n != b->file.n)
		return a->file.n < b->file.n ? -1 : 1;
	if (!str_eq(a->file, b->file))
		return str_compare(a->file, b->file);
	return a->pos < b->pos ? -1 : a->pos > b->pos;
}

/* From the first to the last of the places that MariaDB's snapshots know of themselves. */
static bool window_of_snapshots(struct snapshot *s, bool *known, struct err *e)
{
	struct server_place first = { 0 }, last = { 0 };

	*known = true;
	for (size_t i = 0; i < s->n; i++) {
		struct server_place one = { 0 };
		struct str place, pos;

		if (!own_place(&s->workers[i], &s->arena, &place, e))
			return false;
		*known = place.n > 0 && str_cut_last(place, ':', &one.file, &pos) && str_to_u64(pos, &one.pos);
		if (!*known)
			return true;
		if (i == 0 || place_order(&one, &first) < 0)
			first = one;
		if (i == 0 || place_order(&one, &last) > 0)
			last = one;
	}
	s->place = first;
	s->place_end = last;
	return add_gtid(s, &s->place, e) && add_gtid(s, &s->place_end, e);
}

bool snapshot_window(struct snapshot *s, const struct dump_want *want, struct err *e)
{
	bool known;

	if (s->control.flavor != FLAVOR_MARIADB)
		return window_of_places(s, want, e);
	if (!snapshot_begin(s, e) || !window_of_snapshots(s, &known, e))
		return false;
	/* Its log is off, or says nothing: the usual way tells why. */
	return known || (snapshot_place(s, want, &s->place, e) && snapshot_place(s, want, &s->place_end, e));
}
