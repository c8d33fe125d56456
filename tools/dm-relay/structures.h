/*
 * structures.h - what is known about the upstream's tables while its log goes by.
 *
 * A structure comes from the resume document, from the statements in the log, from the upstream as it is now (where
 * that fits the log), or from the log's own row metadata, and is checked against each new table map. Where a log
 * file is read alone, columns that have no names are called @1, @2 ...
 */
#ifndef RELAY_STRUCTURES_H
#define RELAY_STRUCTURES_H

#include "ahead.h"
#include "base/map.h"
#include "binlog/event.h"
#include "binlog/rows.h"
#include "mysql/server.h"
#include "schema/ddl.h"

struct known {
	struct str schema, name;
	struct table table;
	bool has_table;
	bool named;			/* its columns have names */
	bool announced;			/* the stream has this structure */
	bool told;			/* what does not go on of its rows */
	bool planned;			/* plan is made for the map below and for this structure */
	struct buf map;			/* body of the table map that it was checked against */
	struct rows_plan plan;
};

struct structures {
	struct map by_name;		/* "schema\0table" -> struct known */
	struct map by_id;		/* the log's number, 8 bytes -> struct mapped */
	struct map charsets;		/* schema -> name of its default charset, static, as far as the log told */
	const struct endpoint *upstream;	/* NULL: a log file is read alone */
	char server[100];		/* whose places the log's are, as server_own_id says; "" : not known */
	const struct place *at;		/* behind the event that is read, */
	const uint64_t *trx_start;	/* and where its transaction starts */
	struct ahead ahead;
	struct conn conn;		/* to ask the upstream */
	bool connected;
	bool mariadb;
	unsigned collation_id;		/* the last one asked for, and its name */
	struct buf collation;
	struct arena arena;		/* of one question */
};

/* upstream is borrowed. */
void structures_init(struct structures *s, const struct endpoint *upstream);
void structures_release(struct structures *s);

/* Takes t over, as a structure that the stream has already, or has not. */
void structures_add(struct structures *s, struct table *t, bool announced);

/* A table as the upstream has it now, where that is what it was at the place at. *known is NULL where it is not; *was_there:
 * there was one of its name. */
bool structures_learn(struct structures *s, struct str schema, struct str name, const struct place *at, struct known **known,
		      bool *was_there, struct err *e);

/* A table map went by. */
void structures_map(struct structures *s, const struct binlog_table_map *map);

/* Another file begins: its maps count anew. */
void structures_drop_maps(struct structures *s);

/* Between two transactions: table maps that were kept too long go. */
void structures_trim(struct structures *s);

/* The table of a rows event, with a plan for its rows and a structure that fits. */
bool structures_of_id(struct structures *s, uint64_t id, struct known **known, struct err *e);

/* What a statement does to the structures; query is its event. */
bool structures_apply(struct structures *s, const struct ddl *ddl, const struct binlog_query *query, struct err *e);

/* The name of a collation, "" where there is no server to ask. In the arena. */
bool structures_collation(struct structures *s, struct arena *a, unsigned id, struct str *name, struct err *e);

/* The collation that goes with a charset at the upstream, "" where there is no server to ask. In the arena. */
bool structures_default_collation(struct structures *s, struct arena *a, struct str charset, struct str *name, struct err *e);

/* NULL: never seen. */
struct known *structures_find(const struct structures *s, struct str schema, struct str name);

/* The connection for questions, opened where it is not. */
bool structures_connect(struct structures *s, struct err *e);
void structures_disconnect(struct structures *s);

#endif
