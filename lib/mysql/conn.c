/* conn.c - opens a session: options, TLS, who the server is, session variables; see conn.h */
#include "mysql/conn.h"

#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <mysql.h>
#include <errmsg.h>

#include "mysql/fail.h"
#include "mysql/infile.h"
#include "mysql/tls.h"
#include "text/sql_quote.h"

#define CONNECT_SECONDS 10
#define OUR_SQL_MODE "NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES"
#define ER_WRONG_TYPE_FOR_VAR 1232

const struct err_kind err_session = {
	.code = 10506, .class = "database", .scope = SCOPE_INTERNAL, .level = LEVEL_HIGH, .status = STATUS_CONFIG,
	.workaround = "correct the session variables of this server in the configuration",
};

static pthread_once_t library_once = PTHREAD_ONCE_INIT;

static void library_init(void)
{
	mysql_library_init(0, NULL, NULL);
}

static void set_name(struct conn *c, const struct endpoint *at)
{
	if (at->socket.n > 0)
		snprintf(c->name, sizeof(c->name), "%.*s", STR(at->socket));
	else
		snprintf(c->name, sizeof(c->name), "%.*s:%u", STR(at->host), at->port);
}

/* A password goes in clear only where TLS hides it. */
static const char *const auth_plugins = "mysql_native_password,caching_sha2_password,client_ed25519,sha256_password";

static void set_options(struct conn *c, const struct conn_want *want)
{
	unsigned seconds = CONNECT_SECONDS, infile = want->local_infile, tcp = MYSQL_PROTOCOL_TCP, unix_socket = MYSQL_PROTOCOL_SOCKET;
	size_t packet = 0xFFFFFFFF;

	mysql_optionsv(c->m, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	mysql_optionsv(c->m, MYSQL_OPT_CONNECT_TIMEOUT, &seconds);
	mysql_optionsv(c->m, MYSQL_OPT_LOCAL_INFILE, &infile);
	infile_arm(c);
	mysql_optionsv(c->m, MYSQL_OPT_MAX_ALLOWED_PACKET, &packet);
	mysql_optionsv(c->m, MYSQL_OPT_PROTOCOL, want->at->socket.n > 0 ? &unix_socket : &tcp);
	if (!want->at->ssl)
		mysql_optionsv(c->m, MARIADB_OPT_RESTRICTED_AUTH, auth_plugins);
	if (want->io_wait)
		mysql_optionsv(c->m, MARIADB_OPT_IO_WAIT, want->io_wait);
}

/* Says so within two minutes when the other end is gone, however long a statement may run. */
static void set_keepalive(MYSQL *m)
{
	int fd = (int)mysql_get_socket(m), on = 1, idle = 30, every = 10, probes = 6, unacked_ms = 90000;

	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &every, sizeof(every));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof(probes));
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unacked_ms, sizeof(unacked_ms));
}

static bool connect_to(struct conn *c, const struct conn_want *want, struct err *e)
{
	const struct endpoint *at = want->at;
	bool local = at->socket.n > 0, ok;
	char *host = mem_text(at->host), *user = mem_text(at->user), *password = secret_text(&at->password),
	     *path = mem_text(at->socket);

	ok = mysql_real_connect(c->m, local ? NULL : host, user, password, NULL, local ? 0 : at->port,
				local ? path : NULL, want->found_rows ? CLIENT_FOUND_ROWS : 0);
	secret_drop(&at->password, password);
	tls_done(c);
	/* The library keeps one for its own reconnecting, which is off. */
	if (c->m->passwd)
		explicit_bzero(c->m->passwd, strlen(c->m->passwd));
	free(host);
	free(user);
	free(path);
	if (!ok && mysql_errno(c->m) == CR_PLUGIN_NOT_ALLOWED)	/* the library names half of another plugin */
		return err_set(e, kind_for(&err_connect_refused, c->scope),
			       "cannot connect to %s: this user's password is wanted in another way than %s, which are "
			       "those that need no TLS", c->name, auth_plugins);
	if (!ok)
		return fail_connect(c, e);
	if (at->ssl && !tls_check(c, at, e))
		return false;
	if (!local)
		set_keepalive(c->m);
	return true;
}

static unsigned version_number(const char *text)
{
	unsigned major = 0, minor = 0, patch = 0;

	sscanf(text, "%u.%u.%u", &major, &minor, &patch);
	return major * 10000 + minor * 100 + patch;
}

static void know_server(struct conn *c, struct str version)
{
	const char *at;

	snprintf(c->server_version, sizeof(c->server_version), "%.*s", STR(version));
	if ((at = strstr(c->server_version, "TiDB"))) {
		c->flavor = FLAVOR_TIDB;
		c->version = version_number(at + strcspn(at, "0123456789"));
	} else if (strstr(c->server_version, "MariaDB")) {
		c->flavor = FLAVOR_MARIADB;
		/* Old ones put a prefix in front that keeps their own clients from refusing them. */
		at = strncmp(c->server_version, "5.5.5-", 6) == 0 ? c->server_version + 6 : c->server_version;
		c->version = version_number(at);
	} else {
		c->flavor = FLAVOR_MYSQL;
		c->version = version_number(c->server_version);
	}
}

static bool is_number(struct str s)
{
	size_t i = s.n > 0 && s.p[0] == '-';

	for (size_t at = i; at < s.n; at++)
		if (!isdigit((unsigned char)s.p[at]))
			return false;
	return s.n > i && s.n < 25;
}

static bool is_plain_name(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!isalnum((unsigned char)s.p[i]) && s.p[i] != '_')
			return false;
	return s.n > 0 && s.n <= 64;
}

static bool run_set(struct conn *c, struct str name, struct str value, bool quoted, struct err *e)
{
	struct buf sql = BUF_INIT(1 << 20);
	bool ok;

	buf_putf(&sql, "SET SESSION %.*s = ", STR(name));
	if (quoted)
		sql_put_text(&sql, value, true);
	else
		buf_put_str(&sql, value);
	ok = buf_ok(&sql, "a session variable", e) && conn_run(c, buf_str(&sql), e);
	buf_release(&sql);
	return ok;
}

/* The files do not say whether a value is a number or text, and servers mind: digits go as a number first. */
static bool set_variable(struct conn *c, struct str name, struct str value, struct err *e)
{
	bool number = is_number(value), ok;
	struct err first;

	if (!is_plain_name(name))
		return err_set(e, &err_session, "session variable '%.*s' of %s: not a name", STR(name), c->name);
	ok = run_set(c, name, value, !number, &first);
	if (!ok && number && c->errno_last == ER_WRONG_TYPE_FOR_VAR)
		ok = run_set(c, name, value, true, &first);
	if (ok)
		return true;
	if (first.kind->status == STATUS_RETRY) {
		*e = first;
		return false;
	}
	return err_set(e, &err_session, "session variable '%.*s' of %s: error %u: %s", STR(name), c->name,
		       c->errno_last, mysql_error(c->m));
}

/* What the whole pipeline relies on, and no configuration changes: UTC, so that a time on the wire is an instant, and
 * UTF-8. */
static bool is_ours(struct str name)
{
	static const char *const ours[] = {
		"time_zone", "character_set_client", "character_set_connection", "character_set_results",
		"collation_connection", "autocommit",
	};

	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (str_is_nocase(name, ours[i]))
			return true;
	return false;
}

/* A time zone from the configuration changes nothing for anybody: values are instants either way. The others would
 * spoil them. */
static bool set_configured(struct conn *c, const struct endpoint *at, struct err *e)
{
	for (size_t i = 0; i < at->n_session; i++) {
		struct str name = at->session[i].name;

		if (str_is_nocase(name, "time_zone"))
			continue;
		if (is_ours(name))
			return err_set(e, &err_session,
				       "session variable '%.*s' of %s cannot be set: it is fixed by this program",
				       STR(name), c->name);
		if (!set_variable(c, name, at->session[i].value, e))
			return false;
	}
	return true;
}

static bool read_session(struct conn *c, struct err *e)
{
	struct result r = { 0 };
	bool more = false, ok;

	ok = conn_query(c, &r, STR_LIT("SELECT VERSION(), @@session.sql_mode"), false, e) && result_next(&r, &more, e);
	if (ok && more) {
		know_server(c, r.row[0]);
		c->backslash = !r.row[1].p || str_find(r.row[1], STR_LIT("NO_BACKSLASH_ESCAPES")) == SIZE_MAX;
	}
	result_release(&r);
	return ok;
}

static bool set_session(struct conn *c, const struct conn_want *want, struct err *e)
{
	struct buf sql = BUF_INIT(1 << 16);
	bool ok;

	c->backslash = true;
	buf_put_text(&sql, "SET SESSION time_zone = '+00:00', sql_mode = ");
	sql_put_text(&sql, want->sql_mode.n > 0 ? want->sql_mode : STR_LIT(OUR_SQL_MODE), true);
	buf_putf(&sql, ", foreign_key_checks = %d", want->foreign_key_checks);
	ok = buf_ok(&sql, "a sql_mode", e) && conn_run(c, buf_str(&sql), e) && set_configured(c, want->at, e) &&
	     read_session(c, e);
	buf_release(&sql);
	return ok;
}

bool conn_open(struct conn *c, const struct conn_want *want, struct err *e)
{
	memset(c, 0, sizeof(*c));
	c->scope = want->scope;
	set_name(c, want->at);
	pthread_once(&library_once, library_init);
	c->m = mysql_init(NULL);
	if (!c->m)
		return err_set(e, kind_for(&err_connect_retry, c->scope), "cannot connect to %s: out of memory",
			       c->name);
	set_options(c, want);
	if ((!want->at->ssl || tls_set(c, want->at, e)) && connect_to(c, want, e) && set_session(c, want, e))
		return true;
	conn_close(c);
	return false;
}

void conn_close(struct conn *c)
{
	tls_done(c);
	if (c->m)
		mysql_close(c->m);
	c->m = NULL;
}

enum json_store conn_json_store(const struct conn *c)
{
	switch (c->flavor) {
	case FLAVOR_MARIADB:
		return JSON_STORE_TEXT;
	case FLAVOR_MYSQL:
		return JSON_STORE_DECIMALS;
	case FLAVOR_TIDB:
		return JSON_STORE_DOUBLES;
	}
	return JSON_STORE_TEXT;
}
