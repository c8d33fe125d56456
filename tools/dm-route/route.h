/*
 * route.h - what the files of dm-route share.
 */
#ifndef DM_ROUTE_ROUTE_H
#define DM_ROUTE_ROUTE_H

#include "rules/rules.h"
#include "stream/event.h"

struct route {
	struct rules *rules;
	struct line_in *in;
	struct line_out *out;
	struct arena arena;		/* of the line */
	struct buf spill, made;		/* a long ddl line; what is put in its place */
	struct arena kept;		/* for as long as we run */
	struct str source;		/* whose tables they are; "" where nobody says */
	bool mariadb;
	bool sharded;			/* dm-sync has to know what becomes of each shard, so statements stay whole */
};

/* Passes the ddl line that r->in stands at, with its names where they go; drops it where that leaves nothing to do. */
bool route_ddl(struct route *r, struct err *e);

#endif
