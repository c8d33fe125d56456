/*
 * repair.h - what an operator wants instead of statements that fail, as the state line of dm-relay holds it.
 *
 * A list of operations, one a place, in the order in which they were given: [{"op":"replace","pos":"FILE:POS",
 * "sqls":["...","..."],"done":1}]. Callers: dm-meta, which writes it for the operator, and dm-relay, which carries it out.
 */
#ifndef STREAM_REPAIR_H
#define STREAM_REPAIR_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#define REPAIR_STAGE STR_LIT("dm-relay")
#define REPAIR_KEY STR_LIT("handle-error")

enum repair_kind { REPAIR_SKIP, REPAIR_REPLACE, REPAIR_INJECT };

struct repair {
	enum repair_kind kind;
	struct str pos;			/* where the statement starts, "FILE:OFFSET" */
	size_t n_sqls;
	struct str *sqls;		/* what is run instead of it, or before it */
	size_t done;			/* how many of these have run */
	bool met;			/* by dm-relay: the statement came; not kept */
};

struct repairs {
	struct repair *list;
	size_t n;
	struct arena arena;
};

void repairs_init(struct repairs *r);
void repairs_release(struct repairs *r);

/* Fills r, which is empty, with the value of the state line; "" and null hold nothing. */
bool repairs_parse(struct repairs *r, struct str json, struct err *e);

/* The value of the state line: null where there is nothing. */
void repairs_put(struct buf *b, const struct repairs *r);

/* "skip", "replace", "inject" */
const char *repair_name(enum repair_kind kind);

/* NULL: there is none at this place. */
struct repair *repairs_find(const struct repairs *r, struct str pos);

/* Copies one in; the last word about a place counts. */
void repairs_add(struct repairs *r, const struct repair *repair);
void repairs_drop(struct repairs *r, struct repair *repair);

#endif
