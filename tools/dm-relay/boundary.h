/*
 * boundary.h - where transactions end in a log that is only copied, and which transactions those are.
 *
 * Looks at no more of a log than that takes; rows stay bytes. Checks the checksum of every event. Callers: keep.c,
 * which must know where a file may be cut, and seek.c.
 */
#ifndef RELAY_BOUNDARY_H
#define RELAY_BOUNDARY_H

#include "relay.h"

struct boundary {
	struct binlog_decoder decoder;
	uint64_t safe;			/* behind the last transaction that is whole, or what stands between two */
	struct gtid_set done;		/* all transactions before safe, */
	bool told;			/* once the file has said which came before it */
	bool open;			/* inside a transaction */
	bool begun;			/* only COMMIT, XID or their like ends it */
	bool is_start;			/* the last event was its first one, with the GTID in now */
	struct gtid now;
	bool rotated;			/* the file says that it is over, */
	char next[520];	/* and which one follows */
};

void boundary_init(struct boundary *b);
void boundary_release(struct boundary *b);

/* A file begins. */
void boundary_restart(struct boundary *b);

/* An event was read again from safe on: what came behind it is forgotten. */
void boundary_rewind(struct boundary *b);

/* The next event of the file, which ends at end. */
bool boundary_event(struct boundary *b, struct str raw, uint64_t end, struct err *e);

#endif
