/*
 * dump_name.h - names of files in a dump directory, as Dumpling writes and Lightning reads them.
 *
 *	metadata                      db.table-schema.sql           db.table.000000000.sql   .csv
 *	dm-dump.ndjson                db.table-schema-view.sql      db.table.0000000000001.sql
 *	db-schema-create.sql          db.table-schema-triggers.sql  db.table.sql
 *	db-schema-post.sql            db.table-schema-sequence.sql  each may end in .gz or .zst
 *
 * A schema's or a table's name stands escaped: control characters and % " * . / : < > ? \ | as %XX, and the '-' of
 * "-schema" too. So a name cannot leave its folder, hide its file, or look like a file of another kind.
 *
 * Callers: stream (dump_list), dm-dump, dm-load.
 */
#ifndef TEXT_DUMP_NAME_H
#define TEXT_DUMP_NAME_H

#include "base/buf.h"

#define DUMP_METADATA "metadata"	/* where the dump stands in the binlog; Dumpling's text */
#define DUMP_LIST "dm-dump.ndjson"	/* what each file holds; see dump_list.h */

enum dump_kind {
	DUMP_OTHER,		/* none of ours */
	DUMP_IS_METADATA,
	DUMP_IS_LIST,
	DUMP_SCHEMA,		/* CREATE DATABASE */
	DUMP_POST,		/* routines and events of a schema */
	DUMP_TABLE,		/* CREATE TABLE; of a view one that stands in for it until the view is made */
	DUMP_SEQUENCE,
	DUMP_VIEW,
	DUMP_TRIGGERS,
	DUMP_DATA,
};

enum dump_packing { DUMP_PLAIN, DUMP_GZIP, DUMP_ZSTD };

struct dump_name {
	enum dump_kind kind;
	enum dump_packing packing;
	bool csv;			/* DUMP_DATA: else SQL */
	struct str schema, table;	/* as they stand in the file's name, borrowed: see dump_name_take */
	struct str index;		/* DUMP_DATA: its digits, or "" */
};

/* "data", "table", ...: how the list calls a kind. dump_kind_of gives DUMP_OTHER for what it does not know. */
const char *dump_kind_name(enum dump_kind kind);
enum dump_kind dump_kind_of(struct str name);

/* "", ".gz", ".zst" */
const char *dump_packing_end(enum dump_packing packing);

/* Adds a schema's or table's name, escaped. */
void dump_name_put(struct buf *out, struct str name);

/* Adds what an escaped name stands for. False where a '%' has no two hexadecimal digits behind it. */
bool dump_name_take(struct buf *out, struct str escaped);

/* What a file (without its folder) is by its name. */
void dump_name_parse(struct dump_name *name, struct str file);

/* May it be the name of a file of a dump: not empty, no folder in it, not "." or "..", no NUL. */
bool dump_name_is_safe(struct str file);

#endif
