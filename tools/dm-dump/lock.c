/* lock.c - what keeps the upstream still until every connection has its snapshot; see dump.h */
#include "dump.h"

#include "base/log.h"
#include "text/sql_quote.h"

#define LOCK_TRY 5	/* seconds a try to lock may keep other sessions waiting */
#define CATALOG_TRIES 5
#define STAGE_VERSION 100401	/* of MariaDB, the first with BACKUP STAGE */

static const struct err_kind err_lock = {
	.code = 32004, .class = "dump-unit", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_RETRY,
	.workaround = "end the statements that run for long upstream, give more --lock-wait, or use --consistency none",
};

const struct err_kind err_lock_held = {
	.code = 32504, .class = "dump-unit", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_REFUSED,
	.workaround = "give more --lock-time, or convert the tables that have no snapshots to InnoDB",
};

static const struct err_kind err_block_ddl = {
	.code = 32562, .class = "dump-unit", .scope = SCOPE_UPSTREAM, .level = LEVEL_MEDIUM, .status = STATUS_REFUSED,
	.workaround = "grant BACKUP_ADMIN (MySQL) or RELOAD (MariaDB), or leave out --block-ddl",
};

/* "; connection 7 of 'app' runs a statement for 400 s": what most likely holds the lock up. Without PROCESS only our own
 * are shown. *found false: none runs for as long as seconds. Never what the statement says. */
static bool find_long(struct snapshot *s, unsigned seconds, struct buf *text, bool *found, struct err *e)
{
	struct result r;
	uint64_t longest = seconds, id = 0;
	bool more = true, ok;
	struct str user = STR_NONE;

	*found = false;
	ok = conn_query(&s->control, &r, STR_LIT("SHOW PROCESSLIST"), false, e);
	while (ok && (ok = result_next(&r, &more, e)) && more) {
		uint64_t time, other;

		if (r.n < 8 || !(str_is(r.row[4], "Query") || str_is(r.row[4], "Execute")) || !r.row[5].p ||
		    !str_to_u64(r.row[5], &time) || time < longest || !str_to_u64(r.row[0], &other) ||
		    str_starts_nocase(r.row[7].p ? r.row[7] : STR_LIT(""), STR_LIT("SHOW PROCESSLIST")))
			continue;
		*found = true;
		longest = time;
		id = other;
		user = arena_str(&s->arena, r.row[1]);
	}
	result_release(&r);
	if (ok && *found)
		buf_putf(text, "; connection %llu of '%.*s' runs a statement for %llu s", (unsigned long long)id, STR(user),
			 (unsigned long long)longest);
	return ok;
}

/* After a try that was in vain: traffic passes for twice as long as it stood still, or until no statement runs that was
 * there before the try. */
static bool let_pass(struct snapshot *s, int64_t tried_ms, struct buf *why, struct err *e)
{
	int64_t until = clock_ms() + 2 * tried_ms;
	bool found = true;

	do {
		buf_clear(why);
		if (!find_long(s, (unsigned)(tried_ms / 1000), why, &found, e))
			return false;
		wait_for_news(100);
	} while (found && clock_ms() < until && !wait_stopping());
	return true;
}

struct lock_try {
	const char *before, *after;	/* statements around one in vain; NULL: none */
	unsigned seconds;		/* for all tries */
};

static bool try_lock(struct snapshot *s, struct str sql, const struct lock_try *how, unsigned seconds, bool *got,
		     struct err *e)
{
	struct err tried = { 0 };

	*got = conn_runf(&s->control, &tried, "SET SESSION lock_wait_timeout = %u", seconds) &&
	       (!how->before || conn_run(&s->control, str_of(how->before), &tried)) && conn_run(&s->control, sql, &tried);
	if (*got)
		return true;
	if (s->control.errno_last != 1205) {
		unsigned number = s->control.errno_last;

		*e = tried;
		if (how->after)
			conn_run(&s->control, str_of(how->after), &tried);	/* in vain where nothing was begun */
		s->control.errno_last = number;
		return false;
	}
	return !how->after || conn_run(&s->control, str_of(how->after), e);
}

/* A try that waits makes every other session wait behind it, so tries are short, and traffic passes between them. */
static bool lock_by(struct snapshot *s, struct str sql, const struct lock_try *how, struct err *e)
{
	int64_t limit = clock_ms() + (int64_t)how->seconds * 1000;
	struct buf why = BUF_INIT(1 << 12);
	unsigned seconds = 1;
	bool got = false, ok = true;

	for (bool said = false; ok && !got; said = true) {
		int64_t start = clock_ms();

		ok = try_lock(s, sql, how, seconds, &got, e);
		if (!ok || got)
			break;
		ok = let_pass(s, clock_ms() - start, &why, e);
		if (ok && clock_ms() >= limit)
			ok = err_set(e, &err_lock, "%s: no %s within %u s%.*s", s->control.name, s->lock_name, how->seconds,
				     STR(buf_str(&why)));
		else if (ok && !said)
			log_warning("%s: waiting for the %s%.*s", s->control.name, s->lock_name, STR(buf_str(&why)));
		seconds = seconds < LOCK_TRY ? seconds + 1 : LOCK_TRY;
	}
	buf_release(&why);
	return ok && conn_run(&s->control, STR_LIT("SET SESSION lock_wait_timeout = 3600"), e);
}

static bool locked_by(struct snapshot *s, enum snapshot_lock lock, struct str sql, const struct dump_want *want,
		      struct err *e)
{
	struct lock_try how = { .seconds = (unsigned)want->lock_wait };

	/* MySQL keeps the lock where only the wait for open tables ends by time. */
	if (lock == LOCK_GLOBAL)
		how.after = "UNLOCK TABLES";
	if (lock == LOCK_STAGE) {
		how.before = "BACKUP STAGE START";
		how.after = "BACKUP STAGE END";
	}
	if (!lock_by(s, sql, &how, e))
		return false;
	s->locked = lock;
	s->locked_at = clock_ms();
	wait_until_ms(s->locked_at + (int64_t)want->lock_time * 1000);
	return true;
}

static bool lock_these(struct snapshot *s, const struct dump_want *want, const struct catalog *catalog, struct err *e)
{
	struct buf sql = BUF_INIT(1 << 28);
	size_t n = 0;
	bool ok;

	buf_put_text(&sql, "LOCK TABLES ");
	for (size_t i = 0; i < catalog->n_tables; i++) {
		if (catalog->tables[i].is_sequence)
			continue;
		buf_put_text(&sql, n++ > 0 ? ", " : "");
		sql_put_table(&sql, catalog->tables[i].schema, catalog->tables[i].name);
		buf_put_text(&sql, " READ");
	}
	ok = buf_ok(&sql, "the list of tables", e) && (n == 0 || locked_by(s, LOCK_TABLES, buf_str(&sql), want, e));
	if (!ok && server_denied(&s->control))
		err_at(e, "the locks on tables (grant LOCK TABLES and SELECT, or use --consistency none)");
	buf_release(&sql);
	return ok;
}

/* A table that was made before the lock came is in the log before the place, so it has to be among those that are
 * locked. */
static bool lock_tables(struct snapshot *s, const struct dump_want *want, struct catalog *catalog, struct err *e)
{
	s->lock_name = "read lock on the tables";
	for (int i = 0; i < CATALOG_TRIES; i++) {
		uint64_t before;

		if (!catalog_read(catalog, &s->control, want, e))
			return false;
		before = catalog_hash(catalog);
		if (!lock_these(s, want, catalog, e) || !catalog_read(catalog, &s->control, want, e))
			return false;
		if (catalog_hash(catalog) == before)
			return true;
		if (!snapshot_unlock(s, e))
			return false;
	}
	return err_set(e, &err_dump_changed, "%s: tables come, go or change faster than they can be locked", s->control.name);
}

/* What it waits for is short: commits, DDL, and statements that write into tables without transactions. */
static bool can_stage(const struct snapshot *s, const struct dump_want *want, const struct catalog *catalog)
{
	return want->how == CONSISTENCY_AUTO && s->control.flavor == FLAVOR_MARIADB &&
	       s->control.version >= STAGE_VERSION && !catalog_needs_lock(catalog);
}

bool snapshot_lock(struct snapshot *s, const struct dump_want *want, struct catalog *catalog, struct err *e)
{
	struct err denied = { 0 };
	bool stage = can_stage(s, want, catalog);

	if (want->how == CONSISTENCY_LOCK)
		return lock_tables(s, want, catalog, e);
	s->lock_name = stage ? "lock on commits (BACKUP STAGE)" : "global read lock";
	if (stage ? locked_by(s, LOCK_STAGE, STR_LIT("BACKUP STAGE BLOCK_COMMIT"), want, &denied) :
		    locked_by(s, LOCK_GLOBAL, STR_LIT("FLUSH TABLES WITH READ LOCK"), want, &denied))
		return true;
	if (want->how == CONSISTENCY_AUTO && server_denied(&s->control)) {
		log_notice("%s: no right to the %s (RELOAD): each table is locked", s->control.name, s->lock_name);
		return lock_tables(s, want, catalog, e);
	}
	*e = denied;
	return server_denied(&s->control) ? err_at(e, "the global read lock (grant RELOAD, or use --consistency lock)") :
					    false;
}

/* What fails because the time is over fails somewhere, mostly as a connection that is lost. */
void snapshot_explain(struct snapshot *s, const struct dump_want *want, struct err *e)
{
	if (s->locked == LOCK_NONE || clock_ms() - s->locked_at < (int64_t)want->lock_time * 1000 ||
	    e->kind->status != STATUS_RETRY)
		return;
	snapshot_kill(s, want);
	err_clear(e);
	err_set(e, &err_lock_held, "the %s is held for %llu s, and it is needed still", s->lock_name,
		(unsigned long long)want->lock_time);
}

bool snapshot_unlock(struct snapshot *s, struct err *e)
{
	bool stage = s->locked == LOCK_STAGE;
	int64_t held;

	if (s->locked == LOCK_NONE)
		return true;
	s->locked = LOCK_NONE;
	if (!conn_run(&s->control, stage ? STR_LIT("BACKUP STAGE END") : STR_LIT("UNLOCK TABLES"), e))
		return false;
	wait_until_ms(0);
	held = clock_ms() - s->locked_at;
	log_notice("%s: the %s was held for %lld ms", s->control.name, s->lock_name, (long long)held);
	return true;
}

static struct str block_statement(const struct snapshot *s, struct lock_try *how)
{
	if (s->control.flavor == FLAVOR_MYSQL && s->control.version >= 80000)
		return STR_LIT("LOCK INSTANCE FOR BACKUP");
	if (s->control.flavor == FLAVOR_MARIADB && s->control.version >= STAGE_VERSION) {
		how->before = "BACKUP STAGE START";
		how->after = "BACKUP STAGE END";
		return STR_LIT("BACKUP STAGE BLOCK_DDL");
	}
	return STR_NONE;
}

bool snapshot_block_ddl(struct snapshot *s, const struct dump_want *want, struct err *e)
{
	struct lock_try how = { .seconds = want->block_ddl ? (unsigned)want->lock_wait : 1 };
	struct str sql = block_statement(s, &how);
	struct err why = { 0 };

	/* BACKUP STAGE stops writes into other tables too: so only where it was asked for. */
	if (s->ddl_blocked || (!want->block_ddl && s->control.flavor != FLAVOR_MYSQL))
		return true;
	if (sql.n == 0)
		return !want->block_ddl || err_set(e, &err_block_ddl, "%s: it cannot keep others from DDL", s->control.name);
	s->lock_name = "lock against DDL";
	s->ddl_blocked = lock_by(s, sql, &how, &why);
	s->ddl_blocked_at = clock_ms();
	if (s->ddl_blocked)
		return true;
	if (server_denied(&s->control))
		return !want->block_ddl || err_set(e, &err_block_ddl, "%s: it does not let this account keep others from DDL: %s",
						   s->control.name, why.text);
	if (want->block_ddl || why.kind != &err_lock) {
		*e = why;
		return false;
	}
	return true;
}

bool snapshot_unblock_ddl(struct snapshot *s, struct err *e)
{
	bool mysql = s->control.flavor == FLAVOR_MYSQL;

	if (!s->ddl_blocked)
		return true;
	s->ddl_blocked = false;
	if (!conn_run(&s->control, mysql ? STR_LIT("UNLOCK INSTANCE") : STR_LIT("BACKUP STAGE END"), e))
		return false;
	log_notice("%s: DDL of others was held up for %lld ms", s->control.name, (long long)(clock_ms() - s->ddl_blocked_at));
	return true;
}
