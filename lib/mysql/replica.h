/*
 * replica.h - the replica protocol: asks a server for its binlog and hands out raw events.
 *
 * Sets the session up (checksum, heartbeat, uuid, MariaDB's capability 4), then COM_BINLOG_DUMP or
 * COM_BINLOG_DUMP_GTID. Events are borrowed until the next call. The waiting place calls the flush hook before it
 * blocks and lets signals in while it does. Callers: dm-relay.
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
	struct str server;		/* position mode: whose place it is, as server_own_id says; "" : not known */
	bool whole;			/* MariaDB: with the statements that rows come from; no byte of the log is left out */
};

enum replica_got { REPLICA_EVENT, REPLICA_TICK, REPLICA_STOP, REPLICA_LOST, REPLICA_FAIL };

struct replica {
	struct conn c;
	bool dumping;
	unsigned read_timeout_ms;	/* silence, without a heartbeat, after which it is lost; set before, 0: 30 s. Before
					 * the first event it is not less than these: the server looks for the place */
	unsigned tick_ms;		/* silence after which REPLICA_TICK is said: 1.5 heartbeats */
	uint32_t server_id;		/* ours, as chosen */
	char server[100];		/* which one this is: server_own_id */
	bool heard;			/* an event came since the start */
	char oldest[300];		/* log that the server had at the start; "" where it would not say */
	bool (*before_wait)(void *context, struct err *e);
	void *context;
	struct err *wait_err;		/* where the waiting place tells what before_wait had to say */
	enum replica_got wait_got;	/* what made it give up; REPLICA_EVENT: nothing */
	unsigned since_signals;		/* events since signals were let in */
	unsigned quiet_ms;		/* ticks since the last event */
};

extern const struct err_kind err_replica_start;		/* the place is not, or no longer, on the server: 69 */
extern const struct err_kind err_replica_purged;	/* GTIDs that are needed are not there any more: 69 */
extern const struct err_kind err_replica_lacks;		/* it has not got all transactions that we have: 69 */
extern const struct err_kind err_replica_other;		/* the place is another server's: 69 */
extern const struct err_kind err_replica_refused;	/* the server ended the dump with an error: 69 */
extern const struct err_kind err_replica_lost;		/* 75 */
extern const struct err_kind err_replica_replaced;	/* another one with our server-id has come: 75 */

/* Position mode: is the place one of this server's? name is for messages. */
bool replica_check_server(const char *name, const struct replica_start *start, struct str server, struct err *e);

/* Opens c, checks the start against the server (a purged file, a GTID set that it lacks or that lacks what it purged,
 * a place of another one: an error that names both), starts the dump. before_wait is called with context whenever the
 * reader is about to block; false from it (e filled) ends the read. Signals come in while it connects: it then fails,
 * and stop_asked is set. r is zeroed by the caller, but for read_timeout_ms. File "" is the oldest that is there. */
bool replica_open(struct replica *r, const struct endpoint *at, const struct replica_start *start,
		  bool (*before_wait)(void *context, struct err *e), void *context, struct err *e);
void replica_close(struct replica *r);

/* The next event, header and checksum included. REPLICA_LOST: the connection broke, e says how; open again at the
 * last boundary. REPLICA_TICK: not even a heartbeat came in time (never over TLS). REPLICA_STOP may come while events
 * are waiting; those are lost. */
enum replica_got replica_next(struct replica *r, struct str *event, struct err *e);

#endif
