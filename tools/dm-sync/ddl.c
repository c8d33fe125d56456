/* ddl.c - runs an upstream DDL downstream; see ddl.h */
#include "ddl.h"

#include <stdio.h>

#include "base/log.h"
#include "base/tool.h"
#include "ddl_text.h"
#include "schema/ddl_tree.h"
#include "text/json_read.h"
#include "text/json_write.h"
#include "text/sql_quote.h"

#define SQL_MAX ((size_t)1 << 30)
#define SHOWN 200

static const struct err_kind err_ddl = {
	.code = 36510, .class = "sync-unit", .scope = SCOPE_DOWNSTREAM, .level = LEVEL_HIGH, .status = STATUS_REFUSED,
	.workaround = "run another statement in its place with 'dm binlog replace', or none with 'dm binlog skip' where what it "
		"means was done by hand or is not wanted",
};
static const struct err_kind err_steps = {
	.code = 36560, .class = "sync-unit", .scope = SCOPE_DOWNSTREAM, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "finish the statement downstream by hand, ignore it with a filter (dm-filter, sql-pattern), then start again",
};

static const struct err_kind err_still_runs = {
	.code = 36561, .class = "sync-unit", .scope = SCOPE_DOWNSTREAM, .level = LEVEL_MEDIUM, .status = STATUS_RETRY,
	.workaround = "start again: the work goes on from the checkpoint",
};

/* A statement as it is run: whole, or change by change. */
struct steps {
	const struct str *sql;
	size_t n, at;
	bool singles;
};

void ddl_run_init(struct ddl_run *run, struct transaction *tx)
{
	*run = (struct ddl_run){ .tx = tx };
	buf_init(&run->announced, SQL_MAX);
	buf_init(&run->announced_pos, 4096);
	buf_init(&run->announced_gtid, 4096);
	buf_init(&run->fingerprint, 4096);
	buf_init(&run->pos, 4096);
	buf_init(&run->gtid, 4096);
}

void ddl_run_release(struct ddl_run *run)
{
	buf_release(&run->announced);
	buf_release(&run->announced_pos);
	buf_release(&run->announced_gtid);
	buf_release(&run->fingerprint);
	buf_release(&run->pos);
	buf_release(&run->gtid);
}

static bool take_announcement(struct ddl_run *run, struct str value, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct str key;
	struct json j;
	bool ok;

	json_init(&j, value);
	for (bool more = json_object(&j); more && json_key(&j, &key); ) {
		if (str_is(key, "sql"))
			buf_put_str(&run->announced, json_text(&j, &a));
		else if (str_is(key, "pos"))
			buf_put_str(&run->announced_pos, json_text(&j, &a));
		else if (str_is(key, "gtid"))
			buf_put_str(&run->announced_gtid, json_text(&j, &a));
		else if (str_is(key, "step"))
			run->announced_step = json_u64(&j);
		else if (str_is(key, "singles"))
			run->announced_singles = json_bool(&j);
		else if (str_is(key, "before"))
			buf_put_str(&run->fingerprint, json_text(&j, &a));
		else if (str_is(key, "nth"))
			run->announced_nth = json_u64(&j);
		else
			json_skip(&j);
	}
	ok = json_ok(&j, "the DDL that was announced in the meta tables", e);
	arena_release(&a);
	return ok;
}

static void forget_announcement(struct ddl_run *run)
{
	buf_clear(&run->announced);
	buf_clear(&run->announced_pos);
	buf_clear(&run->announced_gtid);
	buf_clear(&run->fingerprint);
	run->announced_step = run->announced_nth = 0;
	run->announced_singles = run->adopted = false;
}

bool ddl_run_open(struct ddl_run *run, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct str value;
	bool ok = meta_state_get(&run->tx->cp->meta, &a, SYNC_STAGE, SYNC_DDL, &value, e);

	forget_announcement(run);
	ok = ok && (value.n == 0 || take_announcement(run, value, e));
	arena_release(&a);
	return ok;
}

bool ddl_run_adopt(struct ddl_run *run, struct str value, struct err *e)
{
	forget_announcement(run);
	run->adopted = value.n > 0;
	return value.n == 0 || take_announcement(run, value, e);
}

/* --- one session at a time --- */

static void put_lock_name(struct buf *b, const struct ddl_run *run)
{
	const struct meta *m = &run->tx->cp->meta;
	struct buf of = BUF_INIT(4096);

	buf_putf(&of, "%.*s|%.*s|", STR(m->schema), STR(m->task));
	if (run->shared)
		sql_put_table(&of, run->shared->target.schema, run->shared->target.table);
	else
		buf_put_str(&of, m->source);
	buf_putf(b, "'dm-tools-%016llx'", (unsigned long long)str_hash(buf_str(&of)));
	buf_release(&of);
}

static bool ask_lock(struct ddl_run *run, bool *got, struct err *e)
{
	struct conn *c = &run->tx->target->c;
	struct buf sql = BUF_INIT(1024);
	struct result r = { 0 };
	bool more = false, ok;

	buf_put_text(&sql, "SELECT GET_LOCK(");
	put_lock_name(&sql, run);
	buf_put_text(&sql, ", 1)");
	ok = conn_query(c, &r, buf_str(&sql), false, e) && result_next(&r, &more, e);
	*got = ok && more && str_is(r.row[0], "1");
	result_release(&r);
	buf_release(&sql);
	return ok;
}

/* Over failures in passing. Who holds it is a session of a process that was killed, or of another source that does the same. */
static bool lock_ddl(struct ddl_run *run, struct err *e)
{
	bool got = false, told = false;

	while (!got) {
		if (!ask_lock(run, &got, e)) {
			if (!target_is_passing(e) || !target_recover(run->tx->target, e))
				return false;
		} else if (!got) {
			if (!told)
				log_notice("a statement of a run before is still at work downstream: it is waited for");
			told = true;
			tool_take_signals();
			if (stop_asked)
				return err_set(e, &err_still_runs, "a statement of a run before is still at work downstream, and a signal "
					       "has ended the wait for it");
			if (!run->tx->end.hold(run->tx->end.context, e) &&
			    (!target_is_passing(e) || !target_recover(run->tx->target, e)))
				return false;
		}
	}
	return true;
}

static void unlock_ddl(struct ddl_run *run)
{
	struct buf sql = BUF_INIT(1024);
	struct err ignored = { 0 };

	buf_put_text(&sql, "DO RELEASE_LOCK(");
	put_lock_name(&sql, run);
	buf_put_char(&sql, ')');
	if (!conn_run(&run->tx->target->c, buf_str(&sql), &ignored))
		log_debug("%s", ignored.text);	/* it goes with the session */
	buf_release(&sql);
}

/* The server's own text of a table, without what rows change in it; a table that is not there has none. */
static bool add_table(struct conn *c, struct buf *sum, const struct event_name *name, struct err *e)
{
	static const char of_table[] = "SELECT CREATE_TIME, TABLE_COLLATION, CREATE_OPTIONS, TABLE_COMMENT "
				       "FROM information_schema.TABLES WHERE TABLE_SCHEMA = ";
	static const char of_schema[] = "SELECT DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ";
	struct buf sql = BUF_INIT(4096);
	struct result r = { 0 };
	bool more = false, ok;

	buf_put_text(&sql, name->table.n ? of_table : of_schema);
	sql_put_text(&sql, name->schema, c->backslash);
	if (name->table.n) {
		buf_put_text(&sql, " AND TABLE_NAME = ");
		sql_put_text(&sql, name->table, c->backslash);
	}
	ok = conn_query(c, &r, buf_str(&sql), false, e) && result_next(&r, &more, e);
	for (unsigned i = 0; ok && more && i < r.n; i++)
		buf_putf(sum, "|%.*s", STR(r.row[i]));
	buf_putf(sum, more ? ";" : "none;");
	result_release(&r);
	if (ok && more && name->table.n) {
		buf_clear(&sql);
		buf_put_text(&sql, "SHOW CREATE TABLE ");
		sql_put_table(&sql, name->schema, name->table);
		ok = conn_query(c, &r, buf_str(&sql), false, e) && result_next(&r, &more, e);
		if (ok && more) {
			size_t counter = str_find(r.row[1], STR_LIT(" AUTO_INCREMENT="));
			size_t digits = counter == SIZE_MAX ? 0 : counter + 16;

			buf_put_str(sum, str_first(r.row[1], counter));
			while (digits && digits < r.row[1].n && r.row[1].p[digits] >= '0' && r.row[1].p[digits] <= '9')
				digits++;
			buf_put_str(sum, digits ? str_from(r.row[1], digits) : STR_NONE);
		}
		result_release(&r);
	}
	buf_release(&sql);
	return ok;
}

static bool take_fingerprint(struct ddl_run *run, const struct ddl_text *text, struct buf *out, struct err *e)
{
	struct buf sum = BUF_INIT(SQL_MAX);
	bool ok = true;

	for (size_t i = 0; ok && i < text->n_targets; i++)
		ok = add_table(&run->tx->target->c, &sum, &text->targets[i], e);
	buf_clear(out);
	buf_putf(out, "%016llx", (unsigned long long)str_hash(buf_str(&sum)));
	buf_release(&sum);
	return ok;
}

/* The same, over failures in passing. */
static bool fingerprint(struct ddl_run *run, const struct ddl_text *text, struct buf *out, struct err *e)
{
	while (!take_fingerprint(run, text, out, e))
		if (!target_is_passing(e) || !target_recover(run->tx->target, e))
			return false;
	return true;
}

static bool reset_session(struct transaction *tx, struct err *e)
{
	struct conn *c = &tx->target->c;

	return conn_runf(c, e, "SET SESSION sql_mode = '%s', timestamp = DEFAULT, time_zone = '+00:00'",
			 tx->target->sql_mode) &&
	       conn_run(c, STR_LIT("SET NAMES utf8mb4"), e);
}

/* Commits all before it, and the announcement with that. */
static bool put_announcement(struct ddl_run *run, const struct ddl_event *ddl, const struct steps *steps, struct err *e)
{
	struct buf value = BUF_INIT(SQL_MAX);
	bool ok;

	buf_put_char(&value, '{');
	json_put_key_text(&value, "pos", ddl->pos);
	json_put_key_text(&value, "gtid", ddl->gtid);
	json_put_key_u64(&value, "nth", run->nth);
	json_put_key_text(&value, "before", buf_str(&run->fingerprint));
	if (steps->n > 1)
		buf_putf(&value, ",\"step\":%zu,\"singles\":%s", steps->at, steps->singles ? "true" : "false");
	json_put_key_text(&value, "sql", ddl->sql);
	buf_put_char(&value, '}');
	ok = buf_ok(&value, "a statement", e);
	if (run->shared) {
		ok = ok && run->shared->announce(run->shared->context, buf_str(&value), e);
	} else {
		checkpoint_announce(run->tx->cp, buf_str(&value));
		ok = ok && transaction_commit(run->tx, e);
	}
	buf_release(&value);
	return ok;
}

static bool announce(struct ddl_run *run, const struct ddl_event *ddl, const struct ddl_text *text,
		     const struct steps *steps, struct err *e)
{
	return fingerprint(run, text, &run->fingerprint, e) && put_announcement(run, ddl, steps, e);
}

/* What the server refused had no effect. To mend its cause a person will change the tables, which must not be taken for it. */
static void note_refused(struct ddl_run *run, const struct ddl_event *ddl, const struct steps *steps)
{
	struct err why = { 0 };

	buf_clear(&run->fingerprint);
	if (!reset_session(run->tx, &why) || !put_announcement(run, ddl, steps, &why))
		log_warning("%s; what is changed downstream now may be taken for the refused statement", why.text);
}

/* By its GTID, or, of one server, by its place. */
static bool same_transaction(const struct buf *pos, const struct buf *gtid, const struct ddl_event *ddl)
{
	return ddl->gtid.n ? str_eq(buf_str(gtid), ddl->gtid) : str_eq(buf_str(pos), ddl->pos);
}

static void count(struct ddl_run *run, const struct ddl_event *ddl)
{
	run->nth = same_transaction(&run->pos, &run->gtid, ddl) ? run->nth + 1 : 0;
	buf_set(&run->pos, ddl->pos);
	buf_set(&run->gtid, ddl->gtid);
}

/* DM's list: what says that the effect is there already. */
static bool is_ignorable(unsigned code)
{
	static const unsigned short codes[] = {
		1007, 1008,		/* database exists; to drop, does not */
		1050, 1051,		/* table exists; to drop, does not */
		1060, 1061,		/* duplicate column, key name */
		1091, 1054, 1176,	/* no such column or key */
		1068,			/* a second primary key */
		1517, 1507,		/* duplicate partition name, no such partition */
	};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (codes[i] == code)
			return true;
	return false;
}

/* MariaDB has 1054, no such column, also where one cannot go since a check, a default or a generated column needs it. */
static bool is_needed(const struct err *why)
{
	static const char *const places[] = { "' in 'CHECK'", "' in 'DEFAULT'", "' in 'GENERATED ALWAYS AS'", "' in 'partition function'", NULL };

	for (size_t i = 0; places[i]; i++)
		if (strstr(why->text, places[i]))
			return true;
	return false;
}

/* A new name that is taken: the column has its old one still. */
static bool is_left_undone(unsigned code, struct str sql, const struct ddl_event *event, bool from_mariadb)
{
	struct arena a = ARENA_INIT;
	const struct ddl_change *c;
	struct ddl ddl;
	bool renames;

	ddl_parse(&ddl, &a, sql, event->schema, event->sql_mode, from_mariadb);
	c = ddl.changes;
	renames = c && !c->next && (c->op == OP_RENAME_COLUMN ||
				    (c->op == OP_CHANGE_COLUMN && !str_eq_nocase(c->name, c->column->name)));
	arena_release(&a);
	return code == 1060 && renames;
}

/* sql_modes that one of the server kinds does not know, and that do not change how a DDL is read. */
static bool is_portable_mode(struct str mode)
{
	static const char *const words[] = {
		"REAL_AS_FLOAT", "PIPES_AS_CONCAT", "ANSI_QUOTES", "IGNORE_SPACE", "ONLY_FULL_GROUP_BY",
		"NO_UNSIGNED_SUBTRACTION", "NO_DIR_IN_CREATE", "NO_AUTO_VALUE_ON_ZERO", "NO_BACKSLASH_ESCAPES",
		"STRICT_TRANS_TABLES", "STRICT_ALL_TABLES", "NO_ZERO_IN_DATE", "NO_ZERO_DATE", "ALLOW_INVALID_DATES",
		"ERROR_FOR_DIVISION_BY_ZERO", "HIGH_NOT_PRECEDENCE",
		"NO_ENGINE_SUBSTITUTION", "PAD_CHAR_TO_FULL_LENGTH", NULL,
	};

	for (size_t i = 0; words[i]; i++)
		if (str_is_nocase(mode, words[i]))
			return true;
	return false;
}

static void put_modes(struct buf *b, struct str modes)
{
	const char *comma = "";

	buf_put_char(b, '\'');
	while (modes.n) {
		struct str mode = modes;

		if (!str_cut(modes, ',', &mode, &modes))
			modes = STR_NONE;
		if (!is_portable_mode(str_trim(mode)))
			continue;
		buf_putf(b, "%s%.*s", comma, STR(str_trim(mode)));
		comma = ",";
	}
	buf_put_char(b, '\'');
}

static bool is_number(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((s.p[i] < '0' || s.p[i] > '9') && s.p[i] != '.')
			return false;
	return s.n > 0;
}

/* The session as the statement had it: defaults that the server computes come out as upstream's. */
static bool set_session(struct conn *c, const struct ddl_event *ddl, struct err *e)
{
	struct buf sql = BUF_INIT(1 << 16);
	bool ok;

	buf_put_text(&sql, "SET SESSION sql_mode = ");
	put_modes(&sql, ddl->sql_mode);
	/* It ran upstream, where history did not keep it from running. */
	if (c->flavor == FLAVOR_MARIADB && c->version >= 100304)
		buf_put_text(&sql, ", system_versioning_alter_history = KEEP");
	if (is_number(ddl->ts))
		buf_putf(&sql, ", timestamp = %.*s", STR(ddl->ts));
	if (ddl->time_zone.n && !str_is_nocase(ddl->time_zone, "SYSTEM")) {
		buf_put_text(&sql, ", time_zone = ");
		sql_put_text(&sql, ddl->time_zone, c->backslash);
	}
	ok = buf_ok(&sql, "a session", e) && conn_run(c, buf_str(&sql), e);
	buf_release(&sql);
	return ok || err_at(e, "the session of the statement");
}

/* Literals take the collation of the connection: the upstream's, where the downstream knows it. */
static bool set_collation(struct conn *c, const struct ddl_event *ddl, struct err *e)
{
	struct buf sql = BUF_INIT(1024);
	struct err why = { 0 };
	bool ok = true;

	if (ddl->collation.n == 0)
		return true;
	buf_put_text(&sql, "SET SESSION collation_connection = ");
	sql_put_text(&sql, ddl->collation, true);
	if (!conn_run(c, buf_str(&sql), &why)) {
		ok = !target_is_passing(&why);
		if (ok)
			log_debug("%s", why.text);
		else
			*e = why;
	}
	buf_release(&sql);
	return ok;
}

static bool use_schema(struct conn *c, struct str schema, struct err *e)
{
	struct buf sql = BUF_INIT(1024);
	struct err why = { 0 };
	bool ok = true;

	if (schema.n == 0)
		return true;
	buf_put_text(&sql, "USE ");
	sql_put_name(&sql, schema);
	if (!conn_run(c, buf_str(&sql), &why) && target_is_passing(&why)) {
		*e = why;
		ok = false;
	}
	buf_release(&sql);
	return ok;			/* no such database: names are spelled out, so it is not needed */
}

/* *ignored: the server refused it, but only since its effect is there. */
static bool run_one(struct ddl_run *run, const struct ddl_event *ddl, const struct ddl_text *text, struct str sql,
		    bool *ignored, struct err *e)
{
	struct conn *c = &run->tx->target->c;
	struct err why = { 0 };

	*ignored = false;
	if (!set_session(c, ddl, e) || !set_collation(c, ddl, e) || !use_schema(c, text->schema, e))
		return false;
	if (!conn_run(c, sql, &why)) {
		*ignored = is_ignorable(c->errno_last) && !is_needed(&why) &&
			   !is_left_undone(c->errno_last, sql, ddl, run->from_mariadb);
		if (!*ignored) {
			*e = why;
			return false;
		}
		log_notice("%s; passed over, since its effect is there", why.text);
	}
	return reset_session(run->tx, e);
}

static bool refused(struct ddl_run *run, const struct ddl_event *ddl, const struct steps *steps, struct err *e)
{
	struct str sql = steps->sql[steps->at];
	struct err why = *e;
	char which[60] = "";

	note_refused(run, ddl, steps);
	if (steps->n > 1)
		snprintf(which, sizeof(which), " (%zu of %zu)", steps->at + 1, steps->n);
	return err_set(e, &err_ddl, "statement at %.*s: %.500s; it was run as%s: %.*s%s",
		       STR(ddl->at.n ? ddl->at : ddl->pos), why.text, which, STR(str_first(sql, SHOWN)), sql.n > SHOWN ? "..." : "");
}

/* Over lost connections: whether it had run is asked of the tables. */
static bool run_surely(struct ddl_run *run, const struct ddl_event *ddl, const struct ddl_text *text,
		       const struct steps *steps, bool *ignored, struct err *e)
{
	struct buf now = BUF_INIT(4096);
	bool ok = true;

	while (!run_one(run, ddl, text, steps->sql[steps->at], ignored, e)) {
		if (!target_is_passing(e)) {
			ok = refused(run, ddl, steps, e);
			break;
		}
		ok = target_recover(run->tx->target, e) && lock_ddl(run, e) && fingerprint(run, text, &now, e);
		if (ok && str_eq(buf_str(&now), buf_str(&run->fingerprint)))
			continue;
		ok = ok && reset_session(run->tx, e);
		break;
	}
	if (ok)
		target_worked(run->tx->target);
	buf_release(&now);
	return ok;
}

static void forget(struct ddl_run *run, const struct ddl_text *text)
{
	for (size_t i = 0; i < text->n_targets; i++)
		target_forget(run->tx->target, &text->targets[i]);
	if (text->n_targets == 0)
		target_forget(run->tx->target, NULL);
}

static bool take_singles(struct ddl_run *run, struct arena *a, const struct ddl_event *ddl, const struct ddl_text *text,
			 struct steps *steps)
{
	size_t n;
	struct str *singles = text->n == 1 ? ddl_text_singles(a, text->statements[0], ddl->sql_mode, run->from_mariadb, &n) : NULL;

	if (singles)
		*steps = (struct steps){ singles, n, 0, true };
	return singles != NULL;
}

/* Where a crashed run had got to, if it was with this statement: at the step it announced, or behind that, where the step's effect
 * is there. */
static bool go_on(struct ddl_run *run, struct arena *a, const struct ddl_event *ddl, const struct ddl_text *text,
		  struct steps *steps, struct err *e)
{
	struct buf now = BUF_INIT(4096);
	bool same = run->announced.n > 0 && same_transaction(&run->announced_pos, &run->announced_gtid, ddl), announced, ok;

	if (same && !run->adopted && run->nth < run->announced_nth) {
		steps->at = steps->n;
		return true;
	}
	announced = run->adopted ||
		    (same && run->nth == run->announced_nth && str_eq(buf_str(&run->announced), ddl->sql));
	run->adopted = false;
	buf_clear(&run->announced);	/* it can only be in the first transaction of a run */
	if (!announced)
		return true;
	if (run->announced_singles && !steps->singles)
		take_singles(run, a, ddl, text, steps);
	if (run->announced_singles != steps->singles || run->announced_step >= steps->n)
		return err_set(e, &err_steps, "statement at %.*s: the run before, of another version, had got to its change %llu, "
			       "which is none now: %.*s", STR(ddl->pos), (unsigned long long)run->announced_step + 1,
			       STR(str_first(ddl->sql, SHOWN)));
	ok = fingerprint(run, text, &now, e);
	steps->at = run->announced_step;
	if (ok && run->fingerprint.n > 0 && !str_eq(buf_str(&now), buf_str(&run->fingerprint)))
		steps->at++;
	if (ok && steps->at > 0)
		log_notice("statement at %.*s had run before the last run ended: %s not run again: %.*s", STR(ddl->pos),
			   steps->at < steps->n ? "part of it is" : "it is", STR(str_first(ddl->sql, SHOWN)));
	buf_release(&now);
	return ok;
}

/* TiDB takes few changes at once, so there each is a statement, as of DM. A server refuses an ALTER whole where one change of it is
 * made already: then each is tried alone, too. */
static bool run_steps(struct ddl_run *run, struct arena *a, const struct ddl_event *ddl, const struct ddl_text *text,
		      struct err *e)
{
	struct steps steps = { text->statements, text->n, 0, false };
	bool ignored;

	if (run->tx->target->c.flavor == FLAVOR_TIDB)
		take_singles(run, a, ddl, text, &steps);
	if (!go_on(run, a, ddl, text, &steps, e))
		return false;
	while (steps.at < steps.n) {
		if (!announce(run, ddl, text, &steps, e) || !run_surely(run, ddl, text, &steps, &ignored, e))
			return false;
		if (!ignored || steps.singles || !take_singles(run, a, ddl, text, &steps))
			steps.at++;
	}
	return true;
}

static bool replicate(struct ddl_run *run, struct arena *a, const struct ddl_event *ddl, const struct ddl_text *text,
		      struct err *e)
{
	if (!lock_ddl(run, e) || !run_steps(run, a, ddl, text, e))
		return false;
	unlock_ddl(run);
	if (!run->shared)
		checkpoint_note_state(run->tx->cp, SYNC_STAGE, SYNC_DDL, STR_NONE);
	forget(run, text);
	return true;
}

bool ddl_run_event(struct ddl_run *run, const struct ddl_event *ddl, bool *ran, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct ddl_text text;
	bool ok = ddl_text_make(&text, &a, ddl, run->from_mariadb, run->tx->target->c.flavor, e);

	count(run, ddl);
	*ran = ok && text.n > 0;
	if (*ran)
		ok = replicate(run, &a, ddl, &text, e);
	else if (ok)
		log_debug("statement at %.*s is not replicated: %.*s", STR(ddl->pos), STR(str_first(ddl->sql, SHOWN)));
	arena_release(&a);
	return ok || ddl_line_err(ddl, e);
}
