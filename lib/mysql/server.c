/* server.c - a server's log, variables and names of things; see server.h */
#include "mysql/server.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "mysql/fail.h"
#include "text/sql_quote.h"

#define ER_PARSE 1064
#define ER_UNKNOWN_VARIABLE 1193
#define ER_VARIABLE_SCOPE 1238
#define ER_NO_BINARY_LOGGING 1381

const struct err_kind err_no_binlog = {
	.code = 11125, .class = "functional", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_REFUSED,
	.workaround = "start the server with log_bin and binlog_format=ROW",
};

const struct err_kind err_binlog_format = {
	.code = 10521, .class = "database", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_REFUSED,
	.workaround = "set it as the message says, let the applications reconnect, and start from a place after that",
};

/* First row of the statement, its columns copied into a; *n 0 where there is none. */
static bool first_row(struct conn *c, struct arena *a, const char *sql, struct str **row, size_t *n, struct err *e)
{
	struct result r;
	bool more, ok;

	*n = 0;
	ok = conn_query(c, &r, str_of(sql), false, e) && result_next(&r, &more, e);
	if (ok && more) {
		*row = arena_array(a, r.n, sizeof(**row));
		*n = r.n;
		for (size_t i = 0; i < r.n; i++)
			(*row)[i] = arena_str(a, r.row[i]);
	}
	result_release(&r);
	return ok;
}

/* The statement's name changed in MySQL 8.2, and 8.4 dropped the old one; MariaDB keeps it. */
static bool log_status(struct conn *c, struct arena *a, struct str **row, size_t *n, struct err *e)
{
	if (c->flavor != FLAVOR_MARIADB) {
		if (first_row(c, a, "SHOW BINARY LOG STATUS", row, n, e))
			return true;
		if (c->errno_last != ER_PARSE)
			return false;
		err_clear(e);
	}
	return first_row(c, a, "SHOW MASTER STATUS", row, n, e);
}

static bool read_place(struct conn *c, struct arena *a, struct server_place *place, struct err *e)
{
	struct str *row;
	size_t n;

	if (!log_status(c, a, &row, &n, e))
		return false;
	if (n == 0)
		return err_set(e, &err_no_binlog, "%s: the binary log is off", c->name);
	if (n < 2 || row[0].n == 0 || !str_to_u64(row[1], &place->pos))
		return err_set(e, &err_no_binlog, "%s: cannot read its answer about the binary log", c->name);
	place->file = row[0];
	place->gtid = n > 4 ? row[4] : STR_LIT("");
	return true;
}

/* Servers break a set into lines. */
static struct str without_space(struct arena *a, struct str text)
{
	struct str copy = arena_str(a, text);
	char *to = (char *)copy.p;

	for (size_t i = 0; i < text.n; i++)
		if (!strchr(" \t\r\n", text.p[i]))
			*to++ = text.p[i];
	copy.n = (size_t)(to - copy.p);
	return copy;
}

/* MariaDB has no statement that gives place and GTID at once: ask between two equal answers, or for the GTID of a
 * place, which makes the server scan its log. */
static bool add_mariadb_gtid(struct conn *c, struct arena *a, struct server_place *place, struct err *e)
{
	struct server_place after;
	struct buf sql = BUF_INIT(4096);
	bool ok;

	if (!conn_get(c, a, &place->gtid, STR_LIT("SELECT @@global.gtid_binlog_pos"), e) ||
	    !read_place(c, a, &after, e))
		return false;
	if (str_eq(after.file, place->file) && after.pos == place->pos)
		return true;
	*place = after;
	buf_put_text(&sql, "SELECT BINLOG_GTID_POS(");
	sql_put_text(&sql, place->file, c->backslash);
	buf_putf(&sql, ", %llu)", (unsigned long long)place->pos);
	ok = buf_ok(&sql, "a statement", e) && conn_get(c, a, &place->gtid, buf_str(&sql), e);
	buf_release(&sql);
	return ok;
}

/* Without GTIDs the set is empty, too, and says nothing. */
static bool see_empty(struct conn *c, struct arena *a, struct server_place *place, struct err *e)
{
	struct str mode;
	bool exists;

	place->empty = place->gtid.n == 0;
	if (!place->empty || c->flavor == FLAVOR_MARIADB)
		return true;
	if (!server_variable(c, a, "gtid_mode", &mode, &exists, e))
		return false;
	place->empty = str_starts_nocase(mode, STR_LIT("ON"));
	return true;
}

bool server_binlog_place(struct conn *c, struct arena *a, struct server_place *place, struct err *e)
{
	if (!read_place(c, a, place, e))
		return false;
	if (c->flavor == FLAVOR_MARIADB && !add_mariadb_gtid(c, a, place, e))
		return false;
	place->gtid = without_space(a, place->gtid);
	return see_empty(c, a, place, e);
}

bool server_denied(const struct conn *c)
{
	static const unsigned denied[] = { 1044, 1045, 1142, 1143, 1227, 1370 };

	for (size_t i = 0; i < sizeof(denied) / sizeof(denied[0]); i++)
		if (c->errno_last == denied[i])
			return true;
	return false;
}

bool server_own_id(struct conn *c, struct arena *a, struct str *identity, struct err *e)
{
	if (c->flavor == FLAVOR_MARIADB)
		return conn_get(c, a, identity, STR_LIT("SELECT CONCAT('server_id ', @@global.server_id)"), e);
	return conn_get(c, a, identity, STR_LIT("SELECT CONCAT('server_uuid ', @@global.server_uuid)"), e);
}

bool server_oldest_binlog(struct conn *c, struct arena *a, struct str *file, struct err *e)
{
	struct str *row;
	size_t n;

	if (!first_row(c, a, "SHOW BINARY LOGS", &row, &n, e))
		return c->errno_last == ER_NO_BINARY_LOGGING ?
		       err_set(e, &err_no_binlog, "%s: the binary log is off", c->name) : false;
	if (n == 0)
		return err_set(e, &err_no_binlog, "%s: it lists no binary log", c->name);
	*file = row[0];
	return true;
}

bool server_variable(struct conn *c, struct arena *a, const char *name, struct str *value, bool *exists, struct err *e)
{
	struct buf sql = BUF_INIT(200);
	bool ok;

	buf_putf(&sql, "SELECT @@global.%s", name);
	ok = conn_get(c, a, value, buf_str(&sql), e);
	buf_release(&sql);
	*exists = ok;
	if (!ok && (c->errno_last == ER_UNKNOWN_VARIABLE || c->errno_last == ER_VARIABLE_SCOPE)) {
		*value = STR_LIT("");
		err_clear(e);
		return true;
	}
	return ok;
}

/* A variable that a server does not have stands for the only thing it can do. */
static bool check_variable(struct conn *c, const char *name, const char *want, const struct err_kind *kind,
			   struct err *e)
{
	struct arena a = ARENA_INIT;
	struct str value;
	bool exists, ok;

	ok = server_variable(c, &a, name, &value, &exists, e) &&
	     (!exists || str_is_nocase(value, want) ||
	      err_set(e, kind, "%s: %s is '%.*s', and only '%s' can be replicated: SET GLOBAL %s = '%s'", c->name,
		      name, STR(value),
		      want, name, want));
	arena_release(&a);
	return ok;
}

bool server_check_binlog(struct conn *c, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct str on;
	bool exists, ok;

	ok = server_variable(c, &a, "log_bin", &on, &exists, e) &&
	     (str_is(on, "1") || str_is_nocase(on, "ON") ||
	      err_set(e, &err_no_binlog, "%s: the binary log is off (log_bin)", c->name));
	arena_release(&a);
	return ok && check_variable(c, "binlog_format", "ROW", &err_binlog_format, e);
}

static bool is_system_schema(struct str name)
{
	static const char *const names[] = {
		"dm_heartbeat", "information_schema", "inspection_schema", "metrics_schema", "mysql",
		"performance_schema", "sys",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (str_is_nocase(name, names[i]))
			return true;
	return false;
}

static int by_name(const void *a, const void *b)
{
	return str_compare(*(const struct str *)a, *(const struct str *)b);
}

/* The first column of all rows that want accepts, sorted. */
static bool names_of(struct conn *c, struct arena *a, struct str sql, bool (*drop)(struct str name),
		     struct str **names, size_t *n, struct err *e)
{
	struct result r;
	size_t room = 64;
	struct str *all = mem_array(room, sizeof(*all));
	bool more = true, ok;

	*n = 0;
	ok = conn_query(c, &r, sql, false, e);
	while (ok && (ok = result_next(&r, &more, e)) && more) {
		if (drop && drop(r.row[0]))
			continue;
		if (*n == room)
			all = mem_rearray(all, room *= 2, sizeof(*all));
		all[(*n)++] = arena_str(a, r.row[0]);
	}
	result_release(&r);
	qsort(all, *n, sizeof(*all), by_name);
	*names = arena_array(a, *n + 1, sizeof(**names));
	memcpy(*names, all, *n * sizeof(*all));
	free(all);
	return ok;
}

bool server_schemas(struct conn *c, struct arena *a, struct str **names, size_t *n, struct err *e)
{
	return names_of(c, a, STR_LIT("SHOW DATABASES"), is_system_schema, names, n, e);
}

bool server_tables(struct conn *c, struct arena *a, struct str schema, struct str **names, size_t *n, struct err *e)
{
	struct buf sql = BUF_INIT(4096);
	bool ok;

	buf_put_text(&sql, "SHOW FULL TABLES FROM ");
	sql_put_name(&sql, schema);
	buf_put_text(&sql, " WHERE Table_type IN ('BASE TABLE', 'SYSTEM VERSIONED')");
	ok = buf_ok(&sql, "a schema name", e) && names_of(c, a, buf_str(&sql), NULL, names, n, e);
	buf_release(&sql);
	return ok;
}

static bool show_create(struct conn *c, struct arena *a, struct buf *sql, struct str *text, struct err *e)
{
	struct result r;
	bool more, ok;

	*text = STR_LIT("");
	if (!buf_ok(sql, "a name", e))
		return false;
	ok = conn_query(c, &r, buf_str(sql), false, e) && result_next(&r, &more, e);
	if (ok && (!more || r.n < 2 || !r.row[1].p))
		ok = err_set(e, kind_for(&err_query, c->scope), "%s: no answer to %.*s", c->name, STR(buf_str(sql)));
	if (ok)
		*text = arena_str(a, r.row[1]);
	result_release(&r);
	return ok;
}

bool server_create_schema(struct conn *c, struct arena *a, struct str schema, struct str *text, struct err *e)
{
	struct buf sql = BUF_INIT(4096);
	bool ok;

	buf_put_text(&sql, "SHOW CREATE DATABASE ");
	sql_put_name(&sql, schema);
	ok = show_create(c, a, &sql, text, e);
	buf_release(&sql);
	return ok;
}

static bool show_create_of(struct conn *c, struct arena *a, const char *what, struct str schema, struct str name,
			   struct str *text, struct err *e)
{
	struct buf sql = BUF_INIT(4096);
	bool ok;

	buf_putf(&sql, "SHOW CREATE %s ", what);
	sql_put_table(&sql, schema, name);
	ok = show_create(c, a, &sql, text, e);
	buf_release(&sql);
	return ok;
}

bool server_create_table(struct conn *c, struct arena *a, struct str schema, struct str table, struct str *text,
			 struct err *e)
{
	return show_create_of(c, a, "TABLE", schema, table, text, e);
}

bool server_create_sequence(struct conn *c, struct arena *a, struct str schema, struct str sequence, struct str *text,
			    struct err *e)
{
	return show_create_of(c, a, "SEQUENCE", schema, sequence, text, e);
}

/* MariaDB lists its uca1400 collations once for all charsets in one view, and by id only in the other. */
bool server_collation(struct conn *c, struct arena *a, unsigned id, struct str *name, struct err *e)
{
	bool other = c->flavor == FLAVOR_MARIADB && c->version >= 101000;
	char sql[200];

	snprintf(sql, sizeof(sql), "SELECT %s FROM information_schema.%s WHERE id = %u",
		 other ? "full_collation_name" : "collation_name",
		 other ? "collation_character_set_applicability" : "collations", id);
	return conn_get(c, a, name, str_of(sql), e);
}

/* IS_DEFAULT of information_schema is not what counts where MariaDB's character_set_collations says otherwise. */
bool server_default_collation(struct conn *c, struct arena *a, struct str charset, struct str *name, struct err *e)
{
	char sql[200];

	*name = STR_LIT("");
	for (size_t i = 0; i < charset.n; i++)
		if (!isalnum((unsigned char)charset.p[i]) && charset.p[i] != '_')
			return true;
	if (charset.n == 0 || charset.n > 64)
		return true;
	snprintf(sql, sizeof(sql), "SELECT COLLATION(CONVERT('' USING %.*s))", STR(charset));
	return conn_get(c, a, name, str_of(sql), e);
}

struct str server_downstream_sql_mode(struct arena *a, struct str upstream_sql_mode)
{
	static const char *const dropped[] = {
		"", "NO_ZERO_IN_DATE", "NO_ZERO_DATE", "ERROR_FOR_DIVISION_BY_ZERO", "NO_AUTO_CREATE_USER",
		"STRICT_TRANS_TABLES",
		"STRICT_ALL_TABLES", "IGNORE_SPACE", "NO_AUTO_VALUE_ON_ZERO", "ALLOW_INVALID_DATES",
		"EMPTY_STRING_IS_NULL",		/* it would change values that we write */
	};
	struct buf mode = BUF_INIT(1 << 16);
	struct str rest = upstream_sql_mode, one, text;

	while (rest.n > 0) {
		bool keep = true;

		if (!str_cut(rest, ',', &one, &rest)) {
			one = rest;
			rest = STR_NONE;
		}
		one = str_trim(one);
		for (size_t i = 0; i < sizeof(dropped) / sizeof(dropped[0]); i++)
			keep = keep && !str_is_nocase(one, dropped[i]);
		if (keep) {
			buf_put_str(&mode, one);
			buf_put_char(&mode, ',');
		}
	}
	buf_put_text(&mode, "IGNORE_SPACE,NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES");
	text = arena_str(a, buf_str(&mode));
	buf_release(&mode);
	return text;
}
