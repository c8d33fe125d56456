/*
 * head.h - where the upstream's own log ends, asked now and then over a connection of its own: for the status, and to tell who
 * reads a relay log that all is there. A server that cannot be asked is no error. Callers: follow.c, pull.c.
 */
#ifndef RELAY_HEAD_H
#define RELAY_HEAD_H

#include "mysql/conn.h"
#include "relay.h"

struct head {
	const struct endpoint *at;	/* NULL: nobody is asked */
	struct conn c;
	bool connected;
	int64_t asked_ms;
};

void head_release(struct head *h);

/* Asks, not more often than every few seconds, and sets r->head and r->head_gtid as places of this sub-directory (0: as the upstream
 * says them). server, where it is not "", is which one must answer, as server_own_id says. */
void head_ask(struct head *h, struct relay *r, uint64_t sub, const char *server);

#endif
