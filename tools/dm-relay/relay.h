/*
 * relay.h - what the files of dm-relay share: one log, read event by event, becoming one stream.
 *
 * files.c and live.c bring raw events; feed.c keeps the place and puts transactions together; statements.c and
 * rows_out.c write what stands in them; structures.h knows the tables.
 */
#ifndef RELAY_H
#define RELAY_H

#include "binlog/event.h"
#include "binlog/payload.h"
#include "config/options.h"
#include "out.h"
#include "status/status.h"
#include "structures.h"

struct relay_settings {
	struct config_settings config;
	struct connection_settings connection;
	struct status_settings status;
	const char *start, *until;
	uint64_t server_id;
	const char *relay_dir;
	bool pull, accept_reset;
	const char *purge_before;
	struct opt_list keep_for;
};

extern const struct err_kind err_statement_format;

/* A place in the upstream's log. */
struct place {
	char file[520];			/* "" : not known yet */
	uint64_t pos;
};

/* Where an event stands. */
struct span {
	uint64_t start, end;
};

/* The transaction that is being read: from its GTID, or its BEGIN, to its XID or COMMIT. */
struct trx {
	bool open;			/* a group was started and has not ended */
	bool begun;			/* by BEGIN, or by a GTID that needs none: only COMMIT or XID ends it */
	struct binlog_gtid id;
	uint64_t start;			/* in the file where it ends */
	uint64_t seq;			/* rows so far */
	uint64_t commit_us;		/* 0: the time of each event counts */
	struct buf pos, gtid;		/* as text; pos is made with the first line that needs it */
};

struct relay {
	struct out out;
	struct arena arena;		/* of one event */
	struct buf scratch;		/* of one line */
	struct binlog_decoder decoder;
	struct payload payload;
	struct structures tables;
	struct trx trx;

	struct str source_id;
	bool from_server;
	bool started;			/* the stream line was written */
	struct buf document;		/* state and table lines that follow it */
	struct str flavor, server_version;	/* where a server told; else the log does */

	struct place start;		/* for the stream line */
	struct place at;		/* behind the last event */
	struct place safe;		/* the last boundary: everything before it is in the stream */
	bool placed;			/* at says where the stream is; a start by GTIDs begins somewhere else */
	struct gtid_set done;		/* all transactions before safe */
	bool done_known;

	struct place until;		/* file "": none */
	const char *until_reason;
	const char *ended;		/* the reason, once the stream may end */

	struct str next_file;		/* a log file says what follows it */
	struct buf next_file_buf;

	struct status status;
	uint64_t events, rows, transactions;
	int64_t status_ms;
	struct place head;		/* the upstream's own place, where it is known; for the status */
};

void relay_init(struct relay *r, const struct relay_settings *s);
void relay_release(struct relay *r);

/* --- place.c --- */

/* "FILE:OFFSET", in a buffer that is cleared first. */
struct str place_text(struct buf *b, const struct place *p);
bool place_parse(struct place *p, struct str text);
void place_set(struct place *p, struct str file, uint64_t pos);
int place_compare(const struct place *a, const struct place *b);

/* Where an event stands that a server sends when pos is behind the one before it. Empty for those that are not in
 * the file. */
struct span place_span(uint64_t pos, const struct binlog_header *head);

/* --- feed.c --- */

/* One raw event that stands at span of the file r->at is in. */
bool feed_event(struct relay *r, struct str raw, struct span span, struct err *e);

/* A file, or a connection, begins: its format is not known yet. */
void feed_restart(struct relay *r);

/* False where the log may not end here: inside a transaction. */
bool feed_may_end(const struct relay *r, struct err *e);

/* The stream line and what follows it, once; before any other line. */
bool feed_begin(struct relay *r, struct err *e);

/* A boundary: everything up to r->at is in the stream. */
void feed_boundary(struct relay *r);

bool feed_end(struct relay *r, const char *reason, struct err *e);
bool feed_heartbeat(struct relay *r, bool at_head, struct err *e);

/* Ends the transaction, or the statement that stands alone, at r->at. */
bool feed_commit(struct relay *r, const struct binlog_event *ev, struct err *e);

/* The place and the time of the line that ev makes, as text. */
struct str feed_pos(struct relay *r);
struct str feed_time(struct relay *r, const struct binlog_header *head, const struct binlog_query *query);

/* --- statements.c, rows_out.c --- */

bool statement_take(struct relay *r, const struct binlog_event *ev, struct span span, struct err *e);
bool rows_take(struct relay *r, const struct binlog_event *ev, struct err *e);

/* The table line, where the stream does not have this structure yet. */
bool rows_announce(struct relay *r, struct known *known, struct err *e);

/* --- files.c, live.c, follow.c --- */

bool files_run(struct relay *r, const struct relay_settings *s, char **files, struct err *e);
bool live_run(struct relay *r, const struct relay_settings *s, struct err *e);
bool follow_run(struct relay *r, const struct relay_settings *s, struct err *e);

/* --- pull.c --- */

bool pull_run(struct relay *r, const struct relay_settings *s, struct err *e);

/* --- report.c --- */

/* Keeps the status file, not more than once a second unless now. */
bool report(struct relay *r, const char *stage, bool now, struct err *e);

#endif
