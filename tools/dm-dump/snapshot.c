/* snapshot.c - N connections that see one moment, and the binlog place of that moment; see dump.h */
#include "dump.h"

#include <stdlib.h>

#include "base/log.h"

#define LOCK_TRY 5	/* seconds a try to lock may keep other sessions waiting */

static const struct err_kind err_lock = {
	.code = 32004, .class = "dump-unit", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_RETRY,
	.workaround = "end the statements that run for long upstream, give more --lock-wait, or use --consistency none",
};
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

/* A try that waits makes every other session wait behind it, so tries are short, and traffic passes between them. */
static bool lock(struct snapshot *s, const struct dump_want *want, struct err *e)
{
	int64_t start = clock_ms(), limit = start + (int64_t)want->lock_wait * 1000;
	bool said = false;

	for (;;) {
		unsigned seconds = want->lock_wait < LOCK_TRY ? (unsigned)want->lock_wait : LOCK_TRY;
		struct err tried = { 0 };

		if (!conn_runf(&s->control, e, "SET SESSION lock_wait_timeout = %u", seconds))
			return false;
		if (conn_run(&s->control, STR_LIT("FLUSH TABLES WITH READ LOCK"), &tried))
			break;
		if (s->control.errno_last != 1205) {
			*e = tried;
			return s->control.errno_last != 1227 && s->control.errno_last != 1045 ? false :
			       err_at(e, "the global read lock (grant RELOAD, or use --consistency none)");
		}
		if (clock_ms() >= limit)
			return err_set(e, &err_lock, "%s: no global read lock within %llu s", s->control.name,
				       (unsigned long long)want->lock_wait);
		if (!said)
			log_warning("%s: waiting for the global read lock: statements that run for long hold it up",
				    s->control.name);
		said = true;
		wait_for_news(200);
	}
	s->locked = true;
	s->locked_at = clock_ms();
	return conn_run(&s->control, STR_LIT("SET SESSION lock_wait_timeout = 3600"), e);
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

bool snapshot_unlock(struct snapshot *s, struct err *e)
{
	if (!s->locked)
		return true;
	s->locked = false;
	if (!conn_run(&s->control, STR_LIT("UNLOCK TABLES"), e))
		return false;
	log_notice("%s: the global read lock was held for %lld ms", s->control.name,
		   (long long)(clock_ms() - s->locked_at));
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

static bool take_without_lock(struct snapshot *s, const struct dump_want *want, struct catalog *catalog, struct err *e)
{
	if (!check_xa(s, want, e) || !server_binlog_place(&s->control, &s->arena, &s->place, e) || !begin_all(s, e) ||
	    !server_binlog_place(&s->control, &s->arena, &s->place_end, e) ||
	    !catalog_tables(catalog, &s->control, want, e))
		return false;
	return !catalog_needs_lock(catalog) || refuse_without_snapshot(catalog, e);
}

bool snapshot_take(struct snapshot *s, const struct dump_want *want, struct catalog *catalog, struct err *e)
{
	if (!want->consistent)
		return take_without_lock(s, want, catalog, e);
	if (!lock(s, want, e) || !check_xa(s, want, e) || !begin_all(s, e) || !server_binlog_place(&s->control, &s->arena, &s->place, e) ||
	    !catalog_tables(catalog, &s->control, want, e))
		return false;
	return catalog_needs_lock(catalog) || snapshot_unlock(s, e);
}

void snapshot_release(struct snapshot *s)
{
	conn_close(&s->control);	/* lets go of the lock too */
	for (size_t i = 0; i < s->n; i++)
		conn_close(&s->workers[i]);
	free(s->workers);
	arena_release(&s->arena);
}
