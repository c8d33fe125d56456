/*
 * ddl_tree.h - what a statement says about tables, clause by clause.
 *
 * ddl_parse makes it, ddl_apply carries it out; the list hangs on struct ddl. A CREATE TABLE is a list of changes to an empty
 * table, a CREATE INDEX an ALTER TABLE with one clause. Callers: schema, and whoever wants more than a statement's kind.
 */
#ifndef SCHEMA_DDL_TREE_H
#define SCHEMA_DDL_TREE_H

#include "schema/ddl.h"

enum ddl_null { NULL_UNSAID, NULL_ALLOWED, NULL_NOT };

/* A column's definition, as it is written. */
struct ddl_column {
	struct str name;
	struct str type;	/* labels unquoted and quoted again, else its own words: "INTEGER(11) UNSIGNED" */
	struct str charset;	/* what CHARACTER SET or COLLATE say; "" without; "default" */
	enum ddl_null null;
	struct str def;		/* text of the default */
	struct str collate, comment, on_update;	/* p is NULL where they are not said */
	struct str expression;	/* of a generated one, from '(' on, with VIRTUAL or STORED where that is said */
	bool has_default;
	bool collated;		/* COLLATE was said */
	bool auto_increment, generated, invisible;
	bool primary, unique;	/* a key said inline */
	bool binary;		/* BINARY behind the type: the charset's binary collation */
	struct ddl_charset *said;	/* its CHARACTER SET; NULL */
	bool references;	/* a foreign key said inline */
	bool row_end;		/* GENERATED ALWAYS AS ROW END */
	bool national;		/* NCHAR, NATIONAL VARCHAR */
	bool strange;		/* something whose effect is not modelled */
};

enum ddl_key_kind { KEY_PLAIN, KEY_FULLTEXT, KEY_UNIQUE, KEY_PRIMARY, KEY_FOREIGN };

struct ddl_key {
	enum ddl_key_kind kind;
	struct str name;	/* "" where none is given */
	struct str symbol;	/* of CONSTRAINT */
	size_t n_parts, room;
	struct key_part *parts;
};

enum ddl_op {
	OP_NOTHING,		/* no effect on the structure: COMMENT, ENGINE, partitions, checks ... */
	OP_STRANGE,		/* the effect is not modelled */
	OP_ADD_COLUMN,		/* column, place */
	OP_DROP_COLUMN,		/* name */
	OP_CHANGE_COLUMN,	/* name, column, place; MODIFY too */
	OP_RENAME_COLUMN,	/* name, new_name */
	OP_SET_DEFAULT,		/* name; new_name: the default's text */
	OP_DROP_DEFAULT,	/* name */
	OP_HIDE_COLUMN, OP_SHOW_COLUMN,		/* name */
	OP_ADD_KEY,		/* key */
	OP_DROP_KEY,		/* name */
	OP_DROP_CONSTRAINT,	/* name: a unique key, a foreign key or a check */
	OP_RENAME_KEY,		/* name, new_name */
	OP_TABLE_CHARSET,	/* charset, of columns to come */
	OP_CONVERT,		/* charset, of all columns */
	OP_RENAME_TABLE,	/* names[1] is the new one */
	OP_LIKE,		/* names[1] is the model */
	OP_VERSION, OP_UNVERSION,	/* ADD, DROP SYSTEM VERSIONING */
};

enum ddl_place { PLACE_UNSAID, PLACE_FIRST, PLACE_AFTER };

struct ddl_change {
	enum ddl_op op;
	size_t start, end;		/* bytes of the clause */
	bool if_exists;			/* IF EXISTS, IF NOT EXISTS */
	struct str name, new_name;
	struct str charset;
	struct ddl_column *column;
	struct ddl_key *key;
	enum ddl_place place;
	struct str after;		/* the column of PLACE_AFTER */
	struct ddl_change *next;
};

enum ddl_clause_kind {
	CLAUSE_PLAIN,
	CLAUSE_HOW,		/* ALGORITHM, LOCK, FORCE's like: how the others are to be done, nothing by itself */
	CLAUSE_MODIFY,		/* MODIFY, CHANGE: which event it is, only the old column tells; see ddl_event.h */
	CLAUSE_RENAME,		/* RENAME TO names[name] */
	CLAUSE_OTHER_TABLE,	/* moves rows between the table and names[name]: EXCHANGE PARTITION, CONVERT PARTITION ... */
	CLAUSE_PARTITION,	/* stands alone, or behind the others without a comma */
};

/* What commas part in an ALTER TABLE: it can be done, or left out, by itself. */
struct ddl_clause {
	enum ddl_clause_kind kind;
	size_t start, end;		/* its bytes */
	const char *event;		/* of the event filter, as DM tells them; NULL for CLAUSE_MODIFY */
	const char *also;		/* a finer name for the same that DM knows and never gives; NULL */
	size_t name;			/* of CLAUSE_RENAME and CLAUSE_OTHER_TABLE */
	bool comma;			/* stands behind one */
	bool list;			/* ADD (a, b): its changes stand in parentheses */
	struct ddl_change *first, *last;	/* what it changes; NULL: nothing of the structure */
	struct ddl_clause *next;
};

#endif
