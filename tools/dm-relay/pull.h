/*
 * pull.h - keeping a server's log in a relay log: dm-relay --pull. For pull.c, locate.c and moment.c.
 */
#ifndef RELAY_PULL_H
#define RELAY_PULL_H

#include "mysql/conn.h"
#include "relay.h"

/* The newest log of a server before whose start all is done that this set does not hold: what the set lacks is in it
 * and in those behind it. In a. */
bool locate_file(struct conn *c, struct arena *a, const struct gtid_set *set, struct str *file, struct err *e);

/* The names of the server's logs, the oldest first. In a. */
bool locate_logs(struct conn *c, struct arena *a, struct str **files, size_t *n, struct err *e);

/* server_uuid; for MariaDB, which has none, DOMAIN-SERVER. In a. */
bool locate_uuid(struct conn *c, struct arena *a, struct str *uuid, struct err *e);

#endif
