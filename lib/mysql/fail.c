/* fail.c - the kinds of failure of a connection and a statement; see fail.h */
#include "mysql/fail.h"

#include <ctype.h>

#include <mysql.h>
#include <errmsg.h>

#include "mysql/infile.h"

#define STATEMENT_SHOWN 200

static const char retry_advice[] = "see that the server runs and can be reached; it is safe to try again";
static const char refused_advice[] = "check host, port, user, password, TLS files and the server's grants";

const struct err_kind err_connect_retry = {
	.code = 10002, .class = "database", .scope = SCOPE_DOWNSTREAM, .level = LEVEL_HIGH, .status = STATUS_RETRY,
	.workaround = retry_advice,
};

const struct err_kind err_connect_refused = {
	.code = 10001, .class = "database", .scope = SCOPE_DOWNSTREAM, .level = LEVEL_HIGH, .status = STATUS_REFUSED,
	.workaround = refused_advice,
};

const struct err_kind err_query = {
	.code = 10005, .class = "database", .scope = SCOPE_DOWNSTREAM, .level = LEVEL_HIGH, .status = STATUS_REFUSED,
};

const struct err_kind err_query_retry = {
	.code = 10003, .class = "database", .scope = SCOPE_DOWNSTREAM, .level = LEVEL_HIGH, .status = STATUS_RETRY,
	.workaround = "it is safe to try again",
};

const struct err_kind err_upstream_connect_retry = {
	.code = 10502, .class = "database", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_RETRY,
	.workaround = retry_advice,
};

const struct err_kind err_upstream_connect_refused = {
	.code = 10501, .class = "database", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_REFUSED,
	.workaround = refused_advice,
};

const struct err_kind err_upstream_query = {
	.code = 10505, .class = "database", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_REFUSED,
};

const struct err_kind err_upstream_query_retry = {
	.code = 10503, .class = "database", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_RETRY,
	.workaround = "it is safe to try again",
};

const struct err_kind err_rogue = {
	.code = 36570, .class = "database", .scope = SCOPE_DOWNSTREAM, .level = LEVEL_HIGH, .status = STATUS_REFUSED,
	.workaround = "find out who answers at this address: no server does so by itself",
};

const struct err_kind err_upstream_rogue = {
	.code = 36571, .class = "database", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_REFUSED,
	.workaround = "find out who answers at this address: no server does so by itself",
};

const struct err_kind *kind_for(const struct err_kind *downstream, enum err_scope scope)
{
	static const struct err_kind *const pairs[][2] = {
		{ &err_connect_retry, &err_upstream_connect_retry },
		{ &err_connect_refused, &err_upstream_connect_refused },
		{ &err_query, &err_upstream_query },
		{ &err_query_retry, &err_upstream_query_retry },
	};

	for (size_t i = 0; scope == SCOPE_UPSTREAM && i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (pairs[i][0] == downstream)
			return pairs[i][1];
	return downstream;
}

/* Numbers below 2000 and from 3000 on are a server's, 2000 to 2999 the client library's. */
bool conn_error_is_passing(unsigned server_errno)
{
	static const unsigned short passing[] = {
		1020,			/* MariaDB: the row changed since it was read (snapshot isolation) */
		1040, 1203, 1226,	/* too many connections; a user's limit */
		1047,			/* Galera: node not ready */
		1053, 1077, 1079,	/* shutdown */
		1158, 1159, 1160, 1161,	/* network packets */
		1205, 1213,		/* lock wait, deadlock */
		1317,			/* query was interrupted */
		1412,			/* table definition changed under a snapshot */
		1613, 1614,		/* XA: rolled back by timeout, deadlock */
		1927, 3168, 3169, 4031,	/* connection killed, session idle for too long */
		2002, 2003, 2005, 2006, 2012, 2013, 2055,	/* no server, gone away, lost */
		8005, 8022, 8027, 8028,	/* TiDB: write conflict, transaction to retry, schema changed */
		9001, 9002, 9003, 9004, 9005, 9006, 9007, 9008,	/* TiDB: PD, TiKV */
		9010, 9011, 9012, 9013,	/* TiDB: TiKV, TiFlash */
	};

	for (size_t i = 0; i < sizeof(passing) / sizeof(passing[0]); i++)
		if (passing[i] == server_errno)
			return true;
	return false;
}

/* 1290 is for any option that is in the way; the others are for this one alone (1792: what transactions are by default). */
bool conn_is_read_only(const struct conn *c)
{
	const char *text = c->m ? mysql_error(c->m) : "";

	return c->errno_last == 1792 || c->errno_last == 1836 || c->errno_last == 1874 ||
	       (c->errno_last == 1290 && (strstr(text, "read-only") || strstr(text, "read_only")));
}

/* TLS errors have one number for all: a peer that went away may come back, a certificate will not change. */
static bool tls_broke_off(const char *text)
{
	return strstr(text, "unexpected eof") || strstr(text, "Connection reset") || strstr(text, "Broken pipe") ||
	       strstr(text, "syscall");
}

static bool is_passing(const struct conn *c)
{
	const char *text = mysql_error(c->m);

	return conn_error_is_passing(c->errno_last) || conn_is_read_only(c) || (c->errno_last == 2026 && tls_broke_off(text)) ||
	       (c->errno_last == 1105 && strstr(text, "Information schema is"));
}

bool fail_connect(struct conn *c, struct err *e)
{
	c->errno_last = mysql_errno(c->m);
	return err_set(e, kind_for(is_passing(c) ? &err_connect_retry : &err_connect_refused, c->scope),
		       "cannot connect to %s: error %u (%s): %s", c->name, c->errno_last, mysql_sqlstate(c->m),
		       mysql_error(c->m));
}

bool fail_rogue(struct conn *c, struct err *e)
{
	c->rogue = true;
	c->errno_last = CR_UNKNOWN_ERROR;
	return err_set(e, c->scope == SCOPE_UPSTREAM ? &err_upstream_rogue : &err_rogue,
		       "%s: the server has asked for a file of this machine, and did not get it", c->name);
}

/* The library's words where the connection was opened without LOCAL INFILE, ours of infile.c else. */
static bool asked_for_file(const struct conn *c)
{
	const char *text = mysql_error(c->m);

	return mysql_errno(c->m) == CR_UNKNOWN_ERROR && (strstr(text, "local infile") || strcmp(text, INFILE_REFUSED) == 0);
}

bool fail_query(struct conn *c, struct str sql, struct err *e)
{
	struct buf head = BUF_INIT(1024);

	if (asked_for_file(c))
		return fail_rogue(c, e);
	c->errno_last = mysql_errno(c->m);
	statement_head_put(&head, sql);
	err_set(e, kind_for(is_passing(c) ? &err_query_retry : &err_query, c->scope), "%s: error %u (%s): %s%s%s",
		c->name,
		c->errno_last, mysql_sqlstate(c->m), mysql_error(c->m), head.n ? "; statement: " : "", buf_text(&head));
	buf_release(&head);
	return false;
}

/* The end of the comment that starts at i; i itself where there is none. What a version comment holds is part of the
 * statement. */
static size_t comment_end(struct str sql, size_t i)
{
	struct str rest = str_from(sql, i);
	size_t n;

	if (!str_starts(rest, STR_LIT("/*")) || str_starts(rest, STR_LIT("/*!")) || str_starts(rest, STR_LIT("/*M!")))
		return i;
	n = str_find(str_from(rest, 2), STR_LIT("*/"));
	return n == SIZE_MAX ? sql.n : i + 2 + n + 2;
}

/* The next bare word at or after *at; what stands in quotes and comments is stepped over. */
static struct str next_word(struct str sql, size_t *at)
{
	size_t i = *at, start;

	while (i < sql.n) {
		size_t end = comment_end(sql, i);
		char c = sql.p[i];

		if (end > i) {
			i = end;
			continue;
		}
		if (c == '\'' || c == '"' || c == '`') {
			for (i++; i < sql.n && sql.p[i] != c; i++)
				i += sql.p[i] == '\\' && c != '`';
			i++;
			continue;
		}
		if (!isalnum((unsigned char)c) && c != '_' && c != '@') {
			i++;
			continue;
		}
		for (start = i; i < sql.n && (isalnum((unsigned char)sql.p[i]) || sql.p[i] == '_' || sql.p[i] == '@'); )
			i++;
		*at = i;
		return (struct str){ sql.p + start, i - start };
	}
	*at = sql.n;
	return (struct str){ "", 0 };
}

static bool is_one_of(struct str word, const char *const *words)
{
	for (; *words; words++)
		if (str_is_nocase(word, *words))
			return true;
	return false;
}

/* The words that what may be shown ends before; NULL: all may be shown. */
static const char *const *ends_of(struct str sql)
{
	static const char *const dml[] = { "INSERT", "REPLACE", "UPDATE", "DELETE", "SELECT", "WITH", NULL };
	static const char *const dml_ends[] = { "VALUES", "VALUE", "SET", "WHERE", "ON", NULL };
	static const char *const account[] = { "GRANT", "SET", "CHANGE", NULL };
	static const char *const account_second[] = { "USER", "ROLE", "SERVER", NULL };
	static const char *const account_ends[] = { "IDENTIFIED", "PASSWORD", "OPTIONS", "MASTER_PASSWORD",
						   "SOURCE_PASSWORD", NULL };
	size_t at = 0;
	struct str first = next_word(sql, &at), second = next_word(sql, &at);

	if (is_one_of(first, dml))
		return str_find(sql, STR_LIT("information_schema.")) == SIZE_MAX ? dml_ends : NULL;
	return is_one_of(first, account) || is_one_of(second, account_second) ? account_ends : NULL;
}

void statement_head_put(struct buf *b, struct str sql)
{
	const char *const *ends = ends_of(sql);
	size_t at = 0, shown = sql.n < STATEMENT_SHOWN ? sql.n : STATEMENT_SHOWN;

	while (ends && at < shown) {
		struct str word = next_word(sql, &at);

		if (word.n > 0 && is_one_of(word, ends) && (size_t)(word.p - sql.p) < shown)
			shown = (size_t)(word.p - sql.p);
	}
	while (shown > 0 && shown < sql.n && ((unsigned char)sql.p[shown] & 0xc0) == 0x80)
		shown--;	/* not inside a character */
	buf_put(b, sql.p, shown);
	if (shown < sql.n)
		buf_put_text(b, "...");
}
