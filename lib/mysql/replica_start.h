/*
 * replica_start.h - is the place where a replica wants to start still on the server? Inside this room only.
 *
 * Asked before the dump, because a server's own answer names neither the place that was wanted nor the one that is there.
 */
#ifndef MYSQL_REPLICA_START_H
#define MYSQL_REPLICA_START_H

#include "mysql/replica.h"

bool replica_check_start(struct conn *c, const struct replica_start *start, struct err *e);

/* Adds the oldest log that the server still has to what e says, where it can still be asked. */
void replica_add_oldest(struct conn *c, struct err *e);

#endif
