/*
 * moment.h - where a moment is in a server's log: dm-relay --find-time.
 *
 * The newest log that was begun before it is found by the heads of a few logs, and read from its start on to the first transaction that
 * is not older. All that was committed before that place is older than the moment. Callers: main.c.
 */
#ifndef RELAY_MOMENT_H
#define RELAY_MOMENT_H

#include "relay.h"

/* Prints the place, the set of GTIDs before it where there are any, and where the log ends now: "place FILE:OFFSET", "gtid SET",
 * "end FILE:OFFSET", "end-gtid SET". */
bool moment_run(const struct relay_settings *s, struct err *e);

#endif
