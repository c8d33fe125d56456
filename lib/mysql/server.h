/*
 * server.h - what differs between servers, asked and answered: binlog place, GTIDs, structures, variables.
 *
 * Callers: dm-relay, dm-dump, dm-load, dm-sync, dm-check, meta.
 */
#ifndef MYSQL_SERVER_H
#define MYSQL_SERVER_H

#include "mysql/conn.h"
#include "schema/table.h"

extern const struct err_kind err_no_binlog;	/* the log is off, or says nothing */

/* Where the server's own log stands now. gtid is @@gtid_executed (white space taken out) or @@gtid_binlog_pos, ""
 * without. Copied into a. Error where the binlog is off. Knows SHOW MASTER STATUS, SHOW BINARY LOG STATUS. */
struct server_place {
	struct str file;
	uint64_t pos;
	struct str gtid;
	bool empty;			/* it has GTIDs, and no transaction yet */
};
bool server_binlog_place(struct conn *c, struct arena *a, struct server_place *place, struct err *e);

/* Did the last statement fail for want of a privilege? */
bool server_denied(const struct conn *c);

/* Which server this is, among those that could stand in for each other: "server_uuid 3e11...", or on MariaDB
 * "server_id 12". Copied into a. */
bool server_own_id(struct conn *c, struct arena *a, struct str *identity, struct err *e);

/* The name of a collation id; "" where the server has none of that id. Copied into a. */
bool server_collation(struct conn *c, struct arena *a, unsigned id, struct str *name, struct err *e);

/* The collation that text of a charset has here when nothing says another: versions and settings differ. "" for what is no name.
 * Copied into a. */
bool server_default_collation(struct conn *c, struct arena *a, struct str charset, struct str *name, struct err *e);

/* The oldest log that is still there. */
bool server_oldest_binlog(struct conn *c, struct arena *a, struct str *file, struct err *e);

/* A global variable's value; *exists false where the server has none of that name. */
bool server_variable(struct conn *c, struct arena *a, const char *name, struct str *value, bool *exists, struct err *e);

/* Refuses a server whose log cannot be used: log_bin off, binlog_format not ROW. Names the SET that mends it. (Row
 * images are each session's own choice, and read off each event.) */
bool server_check_binlog(struct conn *c, struct err *e);

/* The structure of a table now, from information_schema. *exists false (and t untouched) where there is no such
 * table; else t is owned by the caller. */
bool server_table(struct conn *c, struct str schema, struct str table, struct table *t, bool *exists, struct err *e);

/* The same for n tables of one schema, by three statements for all of them: tables[i], exists[i] are those of names[i]. Keys are in
 * the order of their names. On failure there is nothing to release. */
bool server_tables_read(struct conn *c, struct str schema, const struct str *names, size_t n, struct table *tables, bool *exists,
			struct err *e);

/* Names of databases (system schemas left out) and of base tables in one; copied into a, in name order. */
bool server_schemas(struct conn *c, struct arena *a, struct str **names, size_t *n, struct err *e);
bool server_tables(struct conn *c, struct arena *a, struct str schema, struct str **names, size_t *n, struct err *e);

/* SHOW CREATE DATABASE / TABLE / SEQUENCE, copied into a. */
bool server_create_schema(struct conn *c, struct arena *a, struct str schema, struct str *sql, struct err *e);
bool server_create_table(struct conn *c, struct arena *a, struct str schema, struct str table, struct str *sql,
			 struct err *e);
bool server_create_sequence(struct conn *c, struct arena *a, struct str schema, struct str sequence, struct str *sql,
			    struct err *e);

/* The sql_mode that a downstream session gets, by DM's rule: upstream's global one minus strictness, plus
 * IGNORE_SPACE, NO_AUTO_VALUE_ON_ZERO, ALLOW_INVALID_DATES. */
struct str server_downstream_sql_mode(struct arena *a, struct str upstream_sql_mode);

#endif
