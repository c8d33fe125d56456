/*
 * live.h - reading from a server: where to start, and the connection that may break. For live.c and start.c.
 */
#ifndef RELAY_LIVE_H
#define RELAY_LIVE_H

#include "mysql/replica.h"
#include "relay.h"

/* Where the stream starts, as the user or the resume document says. */
struct start {
	struct place place;		/* file "": not said */
	struct str xa;			/* what is known of XA transactions there; JSON */
	struct str gtid;		/* a set; "" : not said */
	bool by_gtid;			/* start by the set, not by the place */
	struct str server;		/* whose place it is: the raw value of our state line; "" : not said */
	struct arena arena;
};

void start_init(struct start *start);
void start_release(struct start *start);

/* --start's text. */
bool start_parse(struct start *start, const char *text, struct err *e);

/* The resume document on standard input: structures go to r->tables, its lines to r->document. *stopped: a
 * signal came first. */
bool start_read_document(struct start *start, struct relay *r, bool *stopped, struct err *e);

/* Which server answers, as server_own_id says: whether the place is one of its own, and the state lines that tell who
 * reads from there on. */
bool start_settle_server(struct start *start, struct relay *r, const char *name, struct str identity, struct err *e);

/* The state line of a server, behind b. */
void start_put_server(struct buf *b, struct str identity);

/* What a document said, on to the stream, where no server is asked. */
void start_keep_server(struct start *start, struct relay *r);

/* Neither place nor set was said: the upstream's place now. Then settles r's places and sets. */
bool start_settle(struct start *start, struct relay *r, const struct server_place *head, struct str identity,
		  struct err *e);

#endif
