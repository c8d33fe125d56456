/*
 * payload.h - a MySQL transaction payload: the events of one transaction, compressed with zstd, inside one event.
 *
 * Events come out one by one while the data is expanded, so a transaction of any size takes the memory of its
 * largest event. Pure. Callers: dm-relay.
 */
#ifndef BINLOG_PAYLOAD_H
#define BINLOG_PAYLOAD_H

#include "base/buf.h"
#include "base/err.h"

struct payload {
	struct ZSTD_DCtx_s *zstd;	/* NULL: nothing is compressed */
	struct str packed;		/* what was not expanded yet; borrowed from the event */
	struct buf plain;		/* expanded, from at on not handed out yet */
	size_t at;
	bool frame_open;
};

void payload_init(struct payload *p);
void payload_release(struct payload *p);

/* body: of the TRANSACTION_PAYLOAD event; it outlives the reading. */
bool payload_start(struct payload *p, struct str body, struct err *e);

/* The next event, borrowed until the next call. *more is false behind the last. */
bool payload_next(struct payload *p, struct str *event, bool *more, struct err *e);

#endif
