/*
 * restore.h - a dump directory on its way downstream. Callers: restore.c, create.c, objects.c.
 *
 * Order: schemas; tables, over all connections; rows, the biggest files first; views, in rounds until none is left whose
 * sources are missing; triggers, where they are asked for. Memory of items is the session's.
 */
#ifndef LOAD_RESTORE_H
#define LOAD_RESTORE_H

#include "catalog.h"
#include "load.h"

/* A key that is made when the rows are there. */
struct key_owed {
	struct key_owed *next;
	size_t start, end;		/* in the CREATE: its comma and it */
	struct str text;		/* "KEY `k` (`a`)" */
};

/* A table, a view or a schema (name.table "") that is wanted. */
struct item {
	struct item *next;
	const struct load_table *table;
	struct event_name name, to;
	bool routed;
	struct key_owed *keys;
	struct ddl_event create;	/* sql "" where its file holds no CREATE */
	struct str charset;		/* of a schema: its default */
	bool is_sequence;
	bool known;			/* structure is */
	struct table structure;
	struct target *target;
	bool made;			/* of a view */
	bool unwanted;			/* its rows are */
};

struct load {
	const struct target *target;
	const struct load_file *file;
};

struct restore {
	struct session s;
	struct catalog catalog;
	bool mariadb;			/* upstream */
	struct item *items;
	struct map charsets;		/* schema -> its item */
	struct arena arena;		/* for one file */
};

/* create.c: the CREATE of the item's file, and the structure that it gives. */
bool create_read(struct restore *r, struct item *item, struct err *e);

/* keys.c: takes the plain keys of a big table that is not there out of its CREATE, and makes them at the end. */
bool keys_put_off(struct restore *r, struct item *item, struct err *e);
bool keys_pay(struct restore *r, struct err *e);

/* objects.c: views and triggers. */
bool objects_make(struct restore *r, struct err *e);

#endif
