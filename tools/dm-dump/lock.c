/* lock.c - what keeps the upstream still until every connection has its snapshot; see dump.h */
#include "dump.h"

#include "base/log.h"
#include "text/sql_quote.h"

#define LOCK_TRY 5	/* seconds a try to lock may keep other sessions waiting */
#define CATALOG_TRIES 5

static const struct err_kind err_lock = {
	.code = 32004, .class = "dump-unit", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_RETRY,
	.workaround = "end the statements that run for long upstream, give more --lock-wait, or use --consistency none",
};

/* A try that waits makes every other session wait behind it, so tries are short, and traffic passes between them. */
static bool lock_by(struct snapshot *s, struct str sql, const struct dump_want *want, struct err *e)
{
	int64_t start = clock_ms(), limit = start + (int64_t)want->lock_wait * 1000;
	bool said = false;

	for (;;) {
		unsigned seconds = want->lock_wait < LOCK_TRY ? (unsigned)want->lock_wait : LOCK_TRY;
		struct err tried = { 0 };

		if (!conn_runf(&s->control, e, "SET SESSION lock_wait_timeout = %u", seconds))
			return false;
		if (conn_run(&s->control, sql, &tried))
			break;
		if (s->control.errno_last != 1205) {
			*e = tried;
			return false;
		}
		if (clock_ms() >= limit)
			return err_set(e, &err_lock, "%s: no %s within %llu s", s->control.name, s->lock_name,
				       (unsigned long long)want->lock_wait);
		if (!said)
			log_warning("%s: waiting for the %s: statements that run for long hold it up", s->control.name,
				    s->lock_name);
		said = true;
		wait_for_news(200);
	}
	s->locked = true;
	s->locked_at = clock_ms();
	return conn_run(&s->control, STR_LIT("SET SESSION lock_wait_timeout = 3600"), e);
}

static bool is_denied(unsigned number)
{
	return number == 1227 || number == 1045 || number == 1044 || number == 1142;
}

static uint64_t names_hash(const struct catalog *catalog)
{
	uint64_t hash = catalog->n_tables;

	for (size_t i = 0; i < catalog->n_tables; i++)
		hash += signature_add(catalog->tables[i].signature, catalog->tables[i].schema, catalog->tables[i].name);
	return hash;
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
	ok = buf_ok(&sql, "the list of tables", e) && (n == 0 || lock_by(s, buf_str(&sql), want, e));
	if (!ok && is_denied(s->control.errno_last))
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

		if (!catalog_tables(catalog, &s->control, want, e))
			return false;
		before = names_hash(catalog);
		if (!lock_these(s, want, catalog, e) || !catalog_tables(catalog, &s->control, want, e))
			return false;
		if (names_hash(catalog) == before)
			return true;
		if (!snapshot_unlock(s, e))
			return false;
	}
	return err_set(e, &err_dump_changed, "%s: tables come, go or change faster than they can be locked", s->control.name);
}

bool snapshot_lock(struct snapshot *s, const struct dump_want *want, struct catalog *catalog, struct err *e)
{
	struct err denied = { 0 };

	if (want->how == CONSISTENCY_LOCK)
		return lock_tables(s, want, catalog, e);
	s->lock_name = "global read lock";
	if (lock_by(s, STR_LIT("FLUSH TABLES WITH READ LOCK"), want, &denied))
		return true;
	if (want->how == CONSISTENCY_AUTO && is_denied(s->control.errno_last)) {
		log_notice("%s: no right to the global read lock (RELOAD): each table is locked", s->control.name);
		return lock_tables(s, want, catalog, e);
	}
	*e = denied;
	return is_denied(s->control.errno_last) ? err_at(e, "the global read lock (grant RELOAD, or use --consistency lock)") :
						  false;
}

bool snapshot_unlock(struct snapshot *s, struct err *e)
{
	if (!s->locked)
		return true;
	s->locked = false;
	if (!conn_run(&s->control, STR_LIT("UNLOCK TABLES"), e))
		return false;
	log_notice("%s: the %s was held for %lld ms", s->control.name, s->lock_name,
		   (long long)(clock_ms() - s->locked_at));
	return true;
}
