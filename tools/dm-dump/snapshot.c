/* snapshot.c - N connections that see one moment, and the binlog place of that moment; see dump.h */
#include "dump.h"

#include <stdlib.h>

#include "base/log.h"
#include "text/sql_quote.h"

#define MOMENT_TRIES 5		/* to get a moment around which no table comes, goes or changes */

static const struct err_kind err_no_snapshot = {
	.code = 32503, .class = "dump-unit", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_REFUSED,
	.workaround = "use --consistency flush, convert the table to InnoDB, or leave it out with block-allow-list",
};

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

/* Without this right MariaDB lets go of a table that was read only at the end of the transaction: a DDL of somebody else
 * waits for that, and everybody behind it. */
static bool keep_no_log(struct snapshot *s, struct err *e)
{
	for (size_t i = 0; s->control.flavor == FLAVOR_MARIADB && i < s->n; i++) {
		struct err why = { 0 };

		if (conn_run(&s->workers[i], STR_LIT("SET SESSION sql_log_bin = 0"), &why))
			continue;
		if (!server_denied(&s->workers[i])) {
			*e = why;
			return false;
		}
		log_warning("%s: without the right to BINLOG ADMIN, DDL on a table that was read waits until the dump is done, "
			    "and others wait behind it", s->control.name);
		break;
	}
	return true;
}

bool snapshot_connect(struct snapshot *s, struct dump_want *want, struct err *e)
{
	struct buf sql = BUF_INIT(1 << 16);
	bool ok;

	s->workers = mem_array(want->threads, sizeof(*s->workers));
	memset(s->workers, 0, want->threads * sizeof(*s->workers));
	ok = open_one(&s->control, want, e) && session_sql(s, &sql, e);
	buf_put_str(&sql, want->params);
	ok = ok && conn_run(&s->control, buf_str(&sql), e) &&
	     conn_get(&s->control, &s->arena, &s->control_id, STR_LIT("SELECT CONNECTION_ID()"), e);
	/* Workers get text as it is stored: a conversion would put '?' for what is not valid. */
	buf_put_text(&sql, ", character_set_results = NULL");
	for (s->n = 0; ok && s->n < want->threads; s->n++)
		ok = open_one(&s->workers[s->n], want, e) && conn_run(&s->workers[s->n], buf_str(&sql), e) &&
		     conn_run(&s->workers[s->n], STR_LIT("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ"), e);
	s->flavor = s->control.flavor == FLAVOR_MARIADB ? STR_LIT("mariadb") : STR_LIT("mysql");
	buf_release(&sql);
	return ok && snapshot_of_server(s, want, e) && keep_no_log(s, e) &&
	       (!want->check_binlog || server_check_binlog(&s->control, e));
}

/* On all workers at the same time: how long it takes does not grow with their number. */
static bool on_all(struct snapshot *s, struct str sql, struct err *e)
{
	struct err why = { 0 };
	size_t sent = 0;

	while (sent < s->n && conn_send(&s->workers[sent], sql, &why))
		sent++;
	for (size_t i = 0; i < sent; i++) {
		struct err mine = { 0 };

		if (!conn_receive(&s->workers[i], &mine) && !why.kind)
			why = mine;
	}
	if (why.kind)
		*e = why;
	return !why.kind;
}

bool snapshot_begin(struct snapshot *s, struct err *e)
{
	return on_all(s, STR_LIT("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"), e);
}

/* Before somebody locks: the end of a transaction waits for the lock, also of one that has read nothing. */
bool snapshot_end(struct snapshot *s, struct err *e)
{
	return on_all(s, STR_LIT("ROLLBACK"), e);
}

/* A DDL of somebody else need not wait for the end of the dump, with all that would wait behind it. (MariaDB does so
 * only where the session writes no log: see keep_no_log.) TiDB's reads hold nothing. */
bool snapshot_let_go(struct conn *conn, struct err *e)
{
	return conn->flavor == FLAVOR_TIDB || conn_run(conn, STR_LIT("ROLLBACK TO SAVEPOINT dm_dump"), e);
}

static bool refuse_without_snapshot(const struct catalog *catalog, struct err *e)
{
	const struct dump_table *t = &catalog->tables[0];

	return err_set(e, &err_no_snapshot, "table `%.*s`.`%.*s`: its engine has no snapshots, and without a lock it "
		       "may change while it is dumped", STR(t->schema), STR(t->name));
}

/* Where nobody will read changes, a dump without a place is a dump. */
bool snapshot_place(struct snapshot *s, const struct dump_want *want, struct server_place *place, struct err *e)
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
	if ((want->block_ddl && !snapshot_block_ddl(s, want, e)) || !snapshot_check_xa(s, want, e) ||
	    !snapshot_window(s, want, e) || !catalog_read(catalog, &s->control, want, e))
		return false;
	return !catalog_needs_lock(catalog) || refuse_without_snapshot(catalog, e);
}

static bool take_locked(struct snapshot *s, const struct dump_want *want, struct catalog *catalog, struct err *e)
{
	if (!snapshot_lock(s, want, catalog, e) || !snapshot_check_xa(s, want, e) || !snapshot_begin(s, e) ||
	    !snapshot_place(s, want, &s->place, e))
		return false;
	/* Tables that need the lock, and those that are locked by name, are those that are there now. */
	if ((catalog_needs_lock(catalog) || s->locked == LOCK_TABLES) && !catalog_read(catalog, &s->control, want, e))
		return false;
	return catalog_needs_lock(catalog) || snapshot_unlock(s, e);
}

static bool take_once(struct snapshot *s, const struct dump_want *want, struct catalog *catalog, struct err *e)
{
	bool taken = false;

	if (want->how == CONSISTENCY_AUTO && !catalog_needs_lock(catalog) && !snapshot_agree(s, want, &taken, e))
		return false;
	if (taken)
		log_notice("%s: nothing was locked: no commit came between the snapshots", s->control.name);
	return taken || take_locked(s, want, catalog, e);
}

/* What there is is asked before and after the moment, so as to lock but briefly; DDL is kept away from then on, until
 * all structures are read, and not while we wait for a lock. */
static bool take_one_moment(struct snapshot *s, const struct dump_want *want, struct catalog *catalog, struct err *e)
{
	for (int i = 0; i < MOMENT_TRIES; i++) {
		uint64_t before;

		if (!catalog_read(catalog, &s->control, want, e))
			return false;
		before = catalog_hash(catalog);
		if (!take_once(s, want, catalog, e))
			return false;
		if (s->locked != LOCK_NONE)
			return true;		/* what there is was asked under it */
		if (!snapshot_block_ddl(s, want, e) || !catalog_read(catalog, &s->control, want, e))
			return false;
		if (catalog_hash(catalog) == before)
			return true;
		log_warning("%s: tables came, went or changed while the snapshot was taken: it is taken again", s->control.name);
		if (!snapshot_end(s, e) || !snapshot_unblock_ddl(s, e))
			return false;
	}
	return err_set(e, &err_dump_changed, "%s: tables come, go or change faster than a snapshot can be taken",
		       s->control.name);
}

static bool take(struct snapshot *s, const struct dump_want *want, struct catalog *catalog, struct err *e)
{
	switch (want->how) {
	case CONSISTENCY_SNAPSHOT:
		return snapshot_of_tidb(s, want, e) && catalog_read(catalog, &s->control, want, e);
	case CONSISTENCY_NONE:
		return take_without_lock(s, want, catalog, e);
	case CONSISTENCY_AUTO:
	case CONSISTENCY_FLUSH:
	case CONSISTENCY_LOCK:
		break;
	}
	return take_one_moment(s, want, catalog, e);
}

/* While somebody is locked out, nothing of ours may wait for long. */
static bool set_patience(struct snapshot *s, uint64_t seconds, struct err *e)
{
	for (size_t i = 0; s->control.flavor != FLAVOR_TIDB && i < s->n; i++)
		if (!conn_runf(&s->workers[i], e, "SET SESSION lock_wait_timeout = %llu", (unsigned long long)seconds))
			return false;
	return true;
}

bool snapshot_take(struct snapshot *s, const struct dump_want *want, struct catalog *catalog, struct err *e)
{
	return set_patience(s, want->lock_time, e) && take(s, want, catalog, e) && set_patience(s, 31536000, e) &&
	       (s->control.flavor == FLAVOR_TIDB || on_all(s, STR_LIT("SAVEPOINT dm_dump"), e));
}

bool snapshot_settled(struct snapshot *s, const struct dump_want *want, struct err *e)
{
	return want->block_ddl || snapshot_unblock_ddl(s, e);
}

bool snapshot_done(struct snapshot *s, struct err *e)
{
	return snapshot_unlock(s, e) && snapshot_unblock_ddl(s, e);
}

/* A server that is busy with a statement does not see that nobody waits for it any more, and keeps the lock. */
void snapshot_kill(struct snapshot *s, const struct dump_want *want)
{
	struct err why = { 0 };
	struct conn c;

	wait_until_ms(clock_ms() + 5000);
	if (!open_one(&c, want, &why) || !conn_runf(&c, &why, "KILL %.*s", STR(s->control_id)))
		log_warning("cannot end connection %.*s, which holds the %s: %s", STR(s->control_id), s->lock_name, why.text);
	conn_close(&c);
}

void snapshot_release(struct snapshot *s)
{
	conn_close(&s->control);	/* lets go of the lock too */
	for (size_t i = 0; i < s->n; i++)
		conn_close(&s->workers[i]);
	free(s->workers);
	arena_release(&s->arena);
}
