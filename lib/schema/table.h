/*
 * table.h - the structure of a table, as the stream and the checkpoint carry it.
 *
 * Only what replication needs: names, types in the server's own text form, keys. A table owns its memory through its arena;
 * everything in it lives until table_release. Pure. Callers: stream, rules, mysql (reads one from a server), meta, tools.
 */
#ifndef SCHEMA_TABLE_H
#define SCHEMA_TABLE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "schema/column_type.h"

struct column {
	struct str name;
	struct str type;	/* as in COLUMN_TYPE: "bigint(20) unsigned", "enum('a','b')" */
	struct str charset;	/* "" where the type has none */
	struct str collation;	/* only where a server was asked; else "" */
	struct str def;		/* default, as in COLUMN_DEFAULT; see has_default */
	struct str expression;	/* of a generated one, as a statement wrote it: "(a + 1) STORED"; "" where it is not known */
	struct str collate, comment, on_update;	/* what no row depends on, but a new spelling of the column must say again; only where a
				 * statement said it or a server was asked for it, else p is NULL */
	struct str constant;	/* p not NULL: no column of the upstream; a route adds it to every row, with this text */
	bool has_default;
	bool nullable;
	bool generated;		/* virtual or stored: never written where downstream generates it */
	bool base64;		/* its values stand in lines as base64: binary, blob, geometry, vector ... */
	bool auto_increment;
	bool invisible;
};

struct key_part {
	struct str column;	/* "" for an expression: the key then identifies nothing */
	unsigned prefix;	/* characters; 0: the whole value */
};

struct key {
	struct str name;	/* "PRIMARY" first, where there is one */
	bool unique;
	size_t n_parts;
	struct key_part *parts;
};

struct table {
	struct str schema, name;
	struct str charset;
	bool versioned;		/* MariaDB's WITH SYSTEM VERSIONING: its log has the rows that were, too */
	bool is_sequence;	/* said only of one that was read from a server */
	struct str row_end;	/* of such a table, the column that says until when a row was valid; "" where it and its
				 * like are hidden: then they stand behind all columns in the log, and not here */
	size_t n_columns;
	struct column *columns;
	size_t n_keys;
	struct key *keys;
	size_t columns_room, keys_room;	/* of the arrays; 0 where somebody else made them */
	struct arena arena;
};

/* Empty, with both names copied. */
void table_init(struct table *t, struct str schema, struct str name);
void table_release(struct table *t);

/* A deep copy into an uninitialised struct. */
void table_copy(struct table *to, const struct table *from);

/* Copies column (its texts too) to place at, which may be n_columns. */
void table_add_column(struct table *t, const struct column *column, size_t at);
void table_drop_column(struct table *t, size_t at);

/* Adds a column of text that every row has, behind the others: they are the last ones, always. */
void table_add_constant(struct table *t, struct str name, struct str text);

/* Columns without those. */
size_t table_own_columns(const struct table *t);

/* Copies key; PRIMARY goes first. */
void table_add_key(struct table *t, const struct key *key);
void table_drop_key(struct table *t, size_t at);

/* The index, or SIZE_MAX. Column and key names are compared without case, as servers do. */
size_t table_find_column(const struct table *t, struct str name);
size_t table_find_key(const struct table *t, struct str name);

/* The key that identifies a row, in DM's order: PRIMARY; else the first unique key of whole, NOT NULL columns; else NULL. */
const struct key *table_identity(const struct table *t);

/* Whatever their names. */
bool key_equal(const struct key *a, const struct key *b);

/* Same columns (name, type, charset, nullable, generated), in the same order, and same keys; differences are told in why. */
bool table_equal(const struct table *a, const struct table *b, char *why, size_t why_size);

#endif
