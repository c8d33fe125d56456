/*
 * ddl.h - a statement understood: what kind, which tables, where their names stand; and what it does to a structure.
 *
 * The parse keeps byte offsets into the statement, so names are rewritten in place and the rest stays the user's own text.
 * Kinds carry the event filter's names (dm-task(5)). Pure: no server, no output. Callers: rules, dm-relay, dm-sync.
 */
#ifndef SCHEMA_DDL_H
#define SCHEMA_DDL_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "schema/table.h"

struct ddl_change;
struct ddl_clause;
struct ddl_charset;

enum ddl_kind {
	DDL_UNKNOWN,		/* could not be parsed: the task stops, unless the table is not wanted */
	DDL_OTHER,		/* understood, and none of ours: GRANT, CREATE TRIGGER, ANALYZE ... DM skips these */
	DDL_TRANSACTION,	/* BEGIN, COMMIT, SAVEPOINT, XA ... */
	DDL_DML,		/* INSERT, UPDATE ...: the log is in statement format */
	DDL_CREATE_DATABASE, DDL_ALTER_DATABASE, DDL_DROP_DATABASE,
	DDL_CREATE_TABLE, DDL_ALTER_TABLE, DDL_DROP_TABLE, DDL_TRUNCATE_TABLE, DDL_RENAME_TABLE,
	DDL_CREATE_INDEX, DDL_DROP_INDEX,
	DDL_CREATE_VIEW, DDL_DROP_VIEW,
};

/* "create table"; "unknown"; the names of the event filter. */
const char *ddl_kind_name(enum ddl_kind kind);
enum ddl_kind ddl_kind_of_name(struct str name);

/* One table (or, table empty, one schema) as the statement names it. */
struct ddl_name {
	struct str schema;		/* the default database where the statement gives none */
	struct str table;		/* "" for a database */
	size_t start, end;		/* the bytes of [schema.]table in the statement */
	bool qualified;			/* the statement itself gives the schema */
};

struct ddl {
	enum ddl_kind kind;
	struct str schema;		/* default database */
	struct str sql;			/* the statement; borrowed from the caller */
	struct str sql_mode;
	unsigned lex_flags;		/* enum of sql_lex.h */
	size_t n_names;
	struct ddl_name *names;		/* DM's order: CREATE x LIKE y: x, y; RENAME: old, new, old, new ...; every other place
					 * where a table of the statement's own is named (REFERENCES) comes behind, see n_tables */
	size_t n_tables;		/* names[0 .. n_tables) decide about filter and route; the rest are only rewritten */
	bool if_exists;			/* IF EXISTS, IF NOT EXISTS of the statement as a whole */
	bool is_sequence;		/* CREATE, ALTER, DROP SEQUENCE: to MariaDB a sequence is a table, and so are the kinds */
	const char *mariadb_only;	/* what it makes that only MariaDB has: "a sequence"; else NULL */
	struct str charset;		/* of CREATE and ALTER DATABASE: the default that it sets; "" without */
	struct ddl_charset *charsets;	/* every CHARACTER SET, last first; see ddl_spell.h */
	bool collated;			/* a COLLATE stands among the options of the table or database */
	struct ddl_change *changes;	/* clause by clause; see ddl_tree.h */
	struct ddl_clause *clauses;	/* of an ALTER TABLE */
	size_t n_clauses;
	size_t cut_start, cut_end;	/* bytes that only mean something in the log (START TRANSACTION); ddl_put_renamed leaves them out */
	char why[200];			/* of DDL_UNKNOWN: what was not understood. Names that stand before that place are there */
};

/* Never fails: what is not understood is DDL_UNKNOWN, with why. Parts live in the arena and in sql. sql_mode is the text form
 * ("ANSI_QUOTES,..."); mariadb tells which version comments count. */
void ddl_parse(struct ddl *ddl, struct arena *a, struct str sql, struct str schema, struct str sql_mode, bool mariadb);

/* Puts the statement with name i spelled as `to[i].schema`.`to[i].table` (both quoted; only the schema where the table is ""),
 * for all n_names. Names whose to[i] equals the old one keep their own spelling, but get their schema spelled out. */
void ddl_put_renamed(struct buf *b, const struct ddl *ddl, const struct ddl_name *to);

/* What the statement does to the structures that are known. get returns the structure or NULL where it is not known; set takes
 * over a copy (table NULL: it is gone or no longer known, and must be learnt again). default_charset is the database's, or "". */
struct ddl_tables {
	const struct table *(*get)(void *context, struct str schema, struct str table);
	void (*set)(void *context, struct str schema, struct str table, const struct table *new_structure);
	void (*drop_schema)(void *context, struct str schema);
	void *context;
	struct str default_charset;
	enum { TIMESTAMPS_UNKNOWN, TIMESTAMPS_EXPLICIT, TIMESTAMPS_IMPLICIT } timestamps;	/* explicit_defaults_for_timestamp */
};

/* False, with e filled, only when the statement contradicts the structure (drops a column that is not there). A clause whose effect on
 * the structure is not modelled makes the table unknown through set(NULL), never wrong. */
bool ddl_apply(const struct ddl *ddl, const struct ddl_tables *tables, struct err *e);

extern const struct err_kind err_ddl_structure;

#endif
