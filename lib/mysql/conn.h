/*
 * conn.h - a connection to a server, and what that server is.
 *
 * The only room that talks to servers or knows their versions. Sessions are utf8mb4, time_zone '+00:00', with
 * sql_mode as asked. Every error names the server (host:port or socket) and carries its number and text; lost
 * connections and refusals by load are status 75, a server's "no" is 69. LOCAL INFILE is off unless asked for, and then
 * a server is sent the bytes that conn_load was given, while that runs, and never a file. A conn belongs to one
 * thread. There is no time limit on a statement, since a DDL may run for hours: a peer that is gone is found by
 * keepalive, within two minutes. Callers: mysql, meta, tools.
 */
#ifndef MYSQL_CONN_H
#define MYSQL_CONN_H

#include "base/buf.h"
#include "config/task.h"
#include "text/json_sql.h"

enum flavor { FLAVOR_MYSQL, FLAVOR_MARIADB, FLAVOR_TIDB };

struct conn_want {
	const struct endpoint *at;
	enum err_scope scope;		/* SCOPE_UPSTREAM or SCOPE_DOWNSTREAM, for errors */
	struct str sql_mode;		/* "" : our own: NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES */
	bool found_rows;		/* affected rows count the rows that were found */
	bool foreign_key_checks;	/* off unless asked */
	bool local_infile;		/* conn_load is to be used */
	/* The waiting place, called when a read would block: more than 0 ready, else the read fails. NULL: the
	 * library waits. */
	int (*io_wait)(int fd, bool is_read, int timeout_ms);
};

struct conn {
	struct st_mysql *m;
	enum err_scope scope;
	enum flavor flavor;
	unsigned version;		/* 80404, 101119; of TiDB its own: 70500 */
	char name[300];			/* "127.0.0.1:3306", for messages */
	char server_version[100];	/* as SELECT version() says */
	bool backslash;			/* sql_mode has no NO_BACKSLASH_ESCAPES: see sql_put_text */
	uint64_t affected;		/* rows, by the last conn_run */
	unsigned warnings;		/* that the last conn_run left to SHOW WARNINGS */
	unsigned errno_last;		/* the server's number for the last failure; 0 none */
	const struct str *infile;	/* what a LOAD DATA LOCAL that is running now reads; NULL: none is */
	size_t infile_at;		/* how much of it was sent */
	int tls_files[3];		/* CA, certificate and key that come from memory, while it connects; 0: none */
	bool rogue;			/* the server has asked for a file that it was not to have: nothing more is said to it */
};

/* The name that a statement for conn_load gives its file: LOAD DATA LOCAL INFILE 'dm-load' ... */
#define CONN_INFILE "dm-load"

/* By scope: these are SCOPE_DOWNSTREAM's, and each has its twin for SCOPE_UPSTREAM. Tell failures apart by
 * kind->status and errno_last. */
extern const struct err_kind err_connect_retry, err_connect_refused, err_query, err_query_retry;
extern const struct err_kind err_upstream_connect_retry, err_upstream_connect_refused;
extern const struct err_kind err_upstream_query, err_upstream_query_retry;
extern const struct err_kind err_rogue, err_upstream_rogue;	/* the server has asked for a file: nobody to go on with */
extern const struct err_kind err_session;	/* a session variable that the server does not take: 78 */

bool conn_open(struct conn *c, const struct conn_want *want, struct err *e);
void conn_close(struct conn *c);		/* also after a failed open; twice is fine */

/* One statement without a result (a result is read and dropped). */
bool conn_run(struct conn *c, struct str sql, struct err *e);
bool conn_runf(struct conn *c, struct err *e, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* The two halves of conn_run, so that several connections can do a statement at the same time. Nothing else may be asked
 * of a connection in between. */
bool conn_send(struct conn *c, struct str sql, struct err *e);
bool conn_receive(struct conn *c, struct err *e);

/* A LOAD DATA LOCAL INFILE 'dm-load' that reads data. Of a conn that was opened with local_infile. */
bool conn_load(struct conn *c, struct str sql, struct str data, struct err *e);

/* One statement with rows. stream: rows are read from the server one by one (bounded memory), and nothing else may be
 * asked until result_release. */
struct result {
	struct conn *c;
	struct st_mysql_res *res;
	unsigned n;			/* columns */
	struct str *row;		/* the row that result_next gave; p NULL for NULL. Borrowed until the next */
};

bool conn_query(struct conn *c, struct result *r, struct str sql, bool stream, struct err *e);
bool conn_queryf(struct conn *c, struct result *r, struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* False, with e filled, on failure; *more false behind the last row. */
bool result_next(struct result *r, bool *more, struct err *e);

/* Of a stream that is not read to its end, the rest is read and dropped: where that may be much, conn_close first. */
void result_release(struct result *r);

/* The first column of the first row, copied into a; "" (p not NULL) for NULL or no row. */
bool conn_get(struct conn *c, struct arena *a, struct str *value, struct str sql, struct err *e);

/* What its documents are made of: for what json_put_sql and value_put_sql_... put. */
enum json_store conn_json_store(const struct conn *c);

/* Is this failure one that a new try may heal (lost connection, deadlock, lock wait, TiDB write conflict)? */
bool conn_error_is_passing(unsigned server_errno);

/* Did the last statement fail because the server takes no writes (for now, or because another one does since a fail-over)? */
bool conn_is_read_only(const struct conn *c);

#endif
