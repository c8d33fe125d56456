/*
 * replica.h - the replica protocol: asks a server for its binlog and hands out raw events.
 *
 * Sets the session up (checksum, heartbeat, uuid, MariaDB's capability 4), then COM_BINLOG_DUMP or COM_BINLOG_DUMP_GTID. Events are borrowed until
 * the next call. The waiting place calls the flush hook before it blocks and lets signals in while it does. Callers: dm-relay.
 */
#ifndef MYSQL_REPLICA_H
#define MYSQL_REPLICA_H

#include "mysql/conn.h"

struct replica_start {
	struct str file;		/* position mode: file and pos; GTID mode: "" */
	uint64_t pos;
	bool by_gtid;
	struct str gtid;		/* executed set (MySQL) or connect state (MariaDB), as text */
	struct str gtid_binary;		/* MySQL: the same, encoded by binlog/gtid */
	uint32_t server_id;		/* 0: choose a free one */
	unsigned heartbeat_ms;
};

enum replica_got { REPLICA_EVENT, REPLICA_TICK, REPLICA_STOP, REPLICA_LOST, REPLICA_FAIL };

struct replica {
	struct conn c;
	bool dumping;
	unsigned read_timeout_ms;
};

/* Opens c, checks the start against what the server still has (a purged file or GTID set: an error that names both places), starts the dump. before_wait is called
 * with context whenever the reader is about to block; false from it (e filled) ends the read. */
bool replica_open(struct replica *r, const struct endpoint *at, const struct replica_start *start,
		  bool (*before_wait)(void *context, struct err *e), void *context, struct err *e);
void replica_close(struct replica *r);

/* The next event, header and checksum included. REPLICA_LOST: the connection broke, e says how; open again at the last boundary. */
enum replica_got replica_next(struct replica *r, struct str *event, struct err *e);

#endif
