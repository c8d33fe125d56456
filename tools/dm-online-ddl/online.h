/*
 * online.h - what the files of dm-online-ddl share.
 */
#ifndef DM_ONLINE_DDL_ONLINE_H
#define DM_ONLINE_DDL_ONLINE_H

#include "base/map.h"
#include "rules/online.h"
#include "rules/rules.h"
#include "shadow.h"
#include "stream/event.h"

/* One name of a statement, and what it is. */
struct named {
	struct event_name name;
	enum online_class class;
	struct str real;		/* the real table's name; its own where it is one */
	bool wanted;			/* the task wants the real table */
};

struct online {
	struct rules *rules;		/* tells the tables that are wanted */
	struct online_names names;
	bool off;			/* the task says online-ddl: false */
	struct line_in *in;
	struct line_out *out;
	struct shadows shadows;
	struct buf resume;		/* where a restart begins to read, if not at the place that was reached; "" : there */
	struct arena arena;		/* of the line */
	struct buf spill, made;		/* a long line; a new one */
	bool mariadb;
};

extern const struct err_kind err_online_stream;	/* it stands at a wrong place of the pipeline */

struct named online_named(struct online *o, struct str schema, struct str table);

/* Folds, remembers or passes the ddl line that o->in stands at. */
bool online_ddl(struct online *o, struct err *e);

/* RENAME TABLE, and ALTER TABLE that only renames; for online_ddl. line is passed on where it concerns only real tables. */
bool online_rename(struct online *o, const struct ddl *parsed, const struct ddl_event *ddl, struct str line,
		   struct err *e);

/* Where the statement stands, for messages. */
struct str online_place(const struct ddl_event *ddl);

bool online_pass(struct online *o, struct str line, struct err *e);

/* Writes the statement with only the groups of names that are kept; nothing where none is. */
bool online_put_part(struct online *o, const struct ddl *parsed, const struct ddl_event *ddl, const bool *keep,
		     struct err *e);

/* Forgets what is known of the shadow table, also in the checkpoint, since the statement at pos has done away with it. */
bool online_forget(struct online *o, const struct event_name *name, struct str pos, struct err *e);

#endif
