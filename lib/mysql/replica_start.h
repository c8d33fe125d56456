/*
 * replica_start.h - is the place where a replica wants to start still on the server? Inside this room only.
 *
 * Asked before the dump, because a server's own answer names neither the place that was wanted nor the one that is
 * there, and because it ends the connection with its answer.
 */
#ifndef MYSQL_REPLICA_START_H
#define MYSQL_REPLICA_START_H

#include "mysql/replica.h"

/* Fills r->oldest too. A server that refuses to list its logs to us is no fault: the dump needs less. */
bool replica_check_start(struct replica *r, const struct replica_start *start, struct err *e);

#endif
