/* snapshot.c - N connections that see one moment, and the binlog place of that moment; see dump.h */
#include "dump.h"

#include <stdlib.h>

#include "base/log.h"
#include "text/sql_quote.h"

#define AGREE_TRIES 10	/* to get snapshots of one place without a lock */

static const struct err_kind err_no_snapshot = {
	.code = 32503, .class = "dump-unit", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_REFUSED,
	.workaround = "use --consistency flush, convert the table to InnoDB, or leave it out with block-allow-list",
};

static const struct err_kind err_xa = {
	.code = 34530, .class = "dump-unit", .scope = SCOPE_UPSTREAM, .level = LEVEL_MEDIUM, .status = STATUS_RETRY,
	.workaround = "commit them or roll them back upstream (XA RECOVER lists them), and try again",
};

enum { XA_SHOWN = 3 };		/* of those that are prepared, in a message */

/* What could end a long dump early, or change what it reads. Those that the server has are set. */
static const char *const session[][2] = {
	{ "net_write_timeout", "31536000" },	/* while the next tool is slow, the server waits for us */
	{ "net_read_timeout", "31536000" },
	{ "wait_timeout", "31536000" },
	{ "idle_transaction_timeout", "0" },
	{ "idle_readonly_transaction_timeout", "0" },
	{ "max_statement_time", "0" },
	{ "max_execution_time", "0" },
	{ "sql_select_limit", "18446744073709551615" },
	{ "sql_big_selects", "1" },
	{ "sql_quote_show_create", "1" },
	{ "show_old_temporals", "0" },
	{ "show_gipk_in_create_table_and_information_schema", "1" },
	{ "information_schema_stats_expiry", "0" },
};

static bool session_sql(struct snapshot *s, struct buf *sql, struct err *e)
{
	buf_put_text(sql, "SET SESSION ");
	for (size_t i = 0; i < sizeof(session) / sizeof(session[0]); i++) {
		struct str value;
		bool exists;

		if (!server_variable(&s->control, &s->arena, session[i][0], &value, &exists, e))
			return false;
		if (exists)
			buf_putf(sql, "%s%s = %s", sql->p[sql->n - 1] == ' ' ? "" : ", ", session[i][0], session[i][1]);
	}
	return true;
}

static bool open_one(struct conn *c, const struct dump_want *want, struct err *e)
{
	return conn_open(c, &(struct conn_want){ .at = &want->at, .scope = SCOPE_UPSTREAM, .io_wait = wait_io }, e);
}

bool snapshot_connect(struct snapshot *s, const struct dump_want *want, struct err *e)
{
	struct buf sql = BUF_INIT(1 << 16);
	bool ok;

	s->workers = mem_array(want->threads, sizeof(*s->workers));
	memset(s->workers, 0, want->threads * sizeof(*s->workers));
	ok = open_one(&s->control, want, e) && session_sql(s, &sql, e);
	buf_put_str(&sql, want->params);
	ok = ok && conn_run(&s->control, buf_str(&sql), e);
	/* Workers get text as it is stored: a conversion would put '?' for what is not valid. */
	buf_put_text(&sql, ", character_set_results = NULL");
	for (s->n = 0; ok && s->n < want->threads; s->n++)
		ok = open_one(&s->workers[s->n], want, e) && conn_run(&s->workers[s->n], buf_str(&sql), e) &&
		     conn_run(&s->workers[s->n], STR_LIT("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ"), e);
	s->flavor = s->control.flavor == FLAVOR_MARIADB ? STR_LIT("mariadb") : STR_LIT("mysql");
	buf_release(&sql);
	return ok && (!want->check_binlog || server_check_binlog(&s->control, e));
}

/* ROLLBACK TO SAVEPOINT lets go of the tables that were read, so that a DDL of somebody else need not wait for the end
 * of the dump. */
static bool begin_all(struct snapshot *s, struct err *e)
{
	for (size_t i = 0; i < s->n; i++)
		if (!conn_run(&s->workers[i], STR_LIT("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"), e) ||
		    !conn_run(&s->workers[i], STR_LIT("SAVEPOINT dm_dump"), e))
			return false;
	return true;
}

/* X'6731',X'6231',7 as in the statement that decides it. */
static void put_xid(struct buf *b, const struct str row[4])
{
	uint64_t gtrid = 0;

	str_to_u64(row[1], &gtrid);
	buf_put_text(b, b->n > 0 ? ", X'" : "X'");
	for (size_t i = 0; i < row[3].n; i++)
		buf_putf(b, i == gtrid ? "',X'%02x" : "%02x", (unsigned char)row[3].p[i]);
	buf_putf(b, row[3].n <= gtrid ? "',X'',%.*s" : "',%.*s", STR(row[0]));
}

static bool read_xids(struct snapshot *s, struct buf *list, size_t *n, struct err *e)
{
	struct result r;
	bool more = true, ok = conn_query(&s->control, &r, STR_LIT("XA RECOVER"), false, e);

	while (ok && (ok = result_next(&r, &more, e)) && more)
		if ((*n)++ < XA_SHOWN)
			put_xid(list, r.row);
	result_release(&r);
	return ok;
}

/* The rows of a prepared XA transaction are in no snapshot, and its PREPARE stands before the place: they would be in
 * neither the dump nor the changes. Who may not ask is told by dm-relay, when it meets the XA COMMIT. */
static bool check_xa(struct snapshot *s, const struct dump_want *want, struct err *e)
{
	struct buf list = BUF_INIT(8192);
	struct err denied = { 0 };
	size_t n = 0;
	bool ok = true;

	if (!read_xids(s, &list, &n, &denied)) {
		ok = s->control.errno_last == 1401 || s->control.errno_last == 1227;
		if (ok)
			log_debug("%s: %s", s->control.name, denied.text);
		else
			*e = denied;
	} else if (n > 0) {
		ok = false;
		err_set(e, &err_xa, "%s: XA transactions are prepared and not decided (%zu: %.*s%s): their rows would "
			"be in neither the dump nor the changes behind it", s->control.name, n,
			     STR(buf_str(&list)), n > XA_SHOWN ? ", ..." : "");
		if (!want->check_binlog) {		/* perhaps nobody wants to read changes */
			log_warning("%s", e->text);
			err_clear(e);
			ok = true;
		}
	}
	buf_release(&list);
	return ok;
}

static bool refuse_without_snapshot(const struct catalog *catalog, struct err *e)
{
	const struct dump_table *t = &catalog->tables[0];

	return err_set(e, &err_no_snapshot, "table `%.*s`.`%.*s`: its engine has no snapshots, and without a lock it "
		       "may change while it is dumped", STR(t->schema), STR(t->name));
}

/* Where nobody will read changes, a dump without a place is a dump. */
static bool read_place(struct snapshot *s, const struct dump_want *want, struct server_place *place, struct err *e)
{
	struct err why = { 0 };

	if (server_binlog_place(&s->control, &s->arena, place, &why))
		return true;
	if (want->check_binlog || !want->dir || (why.kind != &err_no_binlog && s->control.errno_last != 1227)) {
		*e = why;
		return false;
	}
	log_warning("%s; the dump says no place", why.text);
	memset(place, 0, sizeof(*place));
	return true;
}

static bool take_without_lock(struct snapshot *s, const struct dump_want *want, struct catalog *catalog, struct err *e)
{
	if (!check_xa(s, want, e) || !read_place(s, want, &s->place, e) || !begin_all(s, e) ||
	    !read_place(s, want, &s->place_end, e) || !catalog_tables(catalog, &s->control, want, e))
		return false;
	return !catalog_needs_lock(catalog) || refuse_without_snapshot(catalog, e);
}

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

static bool set_own_place(struct snapshot *s, struct str place, struct err *e)
{
	struct buf sql = BUF_INIT(4096);
	struct str pos;
	bool ok;

	str_cut_last(place, ':', &s->place.file, &pos);
	buf_put_text(&sql, "SELECT BINLOG_GTID_POS(");
	sql_put_text(&sql, s->place.file, true);
	buf_putf(&sql, ", %.*s)", STR(pos));
	ok = str_to_u64(pos, &s->place.pos) && conn_get(&s->control, &s->arena, &s->place.gtid, buf_str(&sql), e);
	s->place.empty = s->place.gtid.n == 0;
	buf_release(&sql);
	return ok;
}

/* MariaDB's snapshots know their place in the binlog. Where those of all connections are the same, all see one moment,
 * and nobody was locked. */
static bool take_agreeing(struct snapshot *s, const struct dump_want *want, bool *taken, struct err *e)
{
	struct str before, after, place;

	*taken = false;
	for (int i = 0; i < AGREE_TRIES && !*taken; i++) {
		if (!count_xa(s, &before, e) || !check_xa(s, want, e) || !begin_all(s, e) ||
		    !all_agree(s, &place, taken, e) || !check_xa(s, want, e) || !count_xa(s, &after, e))
			return false;
		if (place.n == 0)
			return true;		/* its log is off */
		*taken = *taken && str_eq(before, after);
	}
	return !*taken || set_own_place(s, place, e);
}

/* Before somebody locks: the end of a transaction waits for the lock, also of one that has read nothing. */
static bool end_all(struct snapshot *s, struct err *e)
{
	for (size_t i = 0; i < s->n; i++)
		if (!conn_run(&s->workers[i], STR_LIT("ROLLBACK"), e))
			return false;
	return true;
}

static bool take_unlocked(struct snapshot *s, const struct dump_want *want, struct catalog *catalog, bool *taken,
			  struct err *e)
{
	*taken = false;
	if (want->how != CONSISTENCY_AUTO || s->control.flavor != FLAVOR_MARIADB)
		return true;
	if (!catalog_tables(catalog, &s->control, want, e))
		return false;
	if (catalog_needs_lock(catalog))
		return true;
	/* Tables that came or went meanwhile: what there is now has the structure of now, which is compared later. */
	return take_agreeing(s, want, taken, e) &&
	       (*taken ? catalog_tables(catalog, &s->control, want, e) : end_all(s, e));
}

static bool take_locked(struct snapshot *s, const struct dump_want *want, struct catalog *catalog, struct err *e)
{
	return check_xa(s, want, e) && begin_all(s, e) && read_place(s, want, &s->place, e) &&
	       catalog_tables(catalog, &s->control, want, e) && (catalog_needs_lock(catalog) || snapshot_unlock(s, e));
}

static bool take(struct snapshot *s, const struct dump_want *want, struct catalog *catalog, struct err *e)
{
	bool taken;

	if (want->how == CONSISTENCY_NONE)
		return take_without_lock(s, want, catalog, e);
	if (!take_unlocked(s, want, catalog, &taken, e))
		return false;
	if (taken) {
		log_notice("%s: nothing was locked: all snapshots are of one place", s->control.name);
		return true;
	}
	return snapshot_lock(s, want, catalog, e) && take_locked(s, want, catalog, e);
}

/* While somebody is locked out, nothing of ours may wait for long. */
static bool set_patience(struct snapshot *s, uint64_t seconds, struct err *e)
{
	for (size_t i = 0; i < s->n; i++)
		if (!conn_runf(&s->workers[i], e, "SET SESSION lock_wait_timeout = %llu", (unsigned long long)seconds))
			return false;
	return true;
}

bool snapshot_take(struct snapshot *s, const struct dump_want *want, struct catalog *catalog, struct err *e)
{
	return set_patience(s, want->lock_time, e) && take(s, want, catalog, e) && set_patience(s, 31536000, e);
}

void snapshot_release(struct snapshot *s)
{
	conn_close(&s->control);	/* lets go of the lock too */
	for (size_t i = 0; i < s->n; i++)
		conn_close(&s->workers[i]);
	free(s->workers);
	arena_release(&s->arena);
}
