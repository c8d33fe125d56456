/*
 * ahead.h - statements between a place of the log and the upstream's own place now.
 *
 * What a table looks like now is what it looked like there only if no statement in between has changed it. Where the log
 * does not carry the names of columns, nothing else could tell: two columns of one type may have changed places. So the
 * stretch is read once, over a connection of its own, for its statements; rows are passed over undecoded. A stretch that
 * was read is not read again. Callers: structures.c.
 */
#ifndef RELAY_AHEAD_H
#define RELAY_AHEAD_H

#include "base/map.h"
#include "config/task.h"
#include "place.h"

struct conn;

struct ahead {
	struct place from, to;		/* the stretch that was read; file "": none */
	struct map made;		/* of those, the ones of which the first such statement has made them: key -> itself */
	struct map changed;		/* lower case "schema\0table", table "" for all of a schema -> struct place of the last one */
	struct place unknown;		/* the last statement of which it is not known what it changed */
};

void ahead_init(struct ahead *a);
void ahead_release(struct ahead *a);

/* What is to be known for an answer. */
struct ahead_want {
	const struct endpoint *upstream;
	struct conn *c;			/* to ask where the upstream is; it has just told the structure */
	const char *server;		/* whose places these are, as server_own_id says */
	struct place from;		/* a boundary of the log: where the transaction starts */
	struct place after;		/* statements from here on count */
	struct str schema, table;
};

/* A place as the upstream names it: at, but for the offset. */
void ahead_place(struct place *p, const struct place *at, uint64_t pos);

struct ahead_answer {
	bool same;			/* nothing has changed the table since */
	bool was_there;			/* where it is not the same: there was a table of that name */
	char why[1200];			/* what has changed it, or that it cannot be told */
};

bool ahead_ask(struct ahead *a, const struct ahead_want *want, struct ahead_answer *answer, struct err *e);

#endif
