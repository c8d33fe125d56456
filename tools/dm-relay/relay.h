/*
 * relay.h - what the files of dm-relay share: one log, read event by event, becoming one stream.
 *
 * files.c and live.c bring raw events; feed.c keeps the place and puts transactions together; statements.c and
 * rows_out.c write what stands in them; xa_feed.c holds back what is not decided; cut.c goes on inside a transaction whose
 * connection broke; structures.h knows the tables.
 */
#ifndef RELAY_H
#define RELAY_H

#include "annotate.h"
#include "binlog/event.h"
#include "binlog/payload.h"
#include "config/options.h"
#include "out.h"
#include "place.h"
#include "schema/ddl.h"
#include "status/status.h"
#include "stream/repair.h"
#include "structures.h"
#include "xa.h"

struct relay_settings {
	struct config_settings config;
	struct connection_settings connection;
	struct status_settings status;
	const char *start, *until;
	uint64_t server_id;
	const char *relay_dir;
	bool pull, accept_reset;
	const char *purge_before;
	const char *find_time;
	struct opt_list keep_for;
	struct opt_list schema_files;
};

/* Our own state lines. */
#define RELAY_STAGE STR_LIT("dm-relay")
#define RELAY_SERVER STR_LIT("server")		/* whose place the stream's is */
#define RELAY_UNLEARNT STR_LIT("unlearnt")	/* tables whose structure cannot be told at the start */
#define RELAY_XA STR_LIT("xa")			/* where undecided XA transactions are read again from */

extern const struct err_kind err_statement_format;
extern const struct err_kind err_cut_other;	/* what comes again is not what was cut: 75 */

/* The transaction that is being read: from its GTID, or its BEGIN, to its XID or COMMIT. */
struct trx {
	bool open;			/* a group was started and has not ended */
	bool begun;			/* by BEGIN, or by a GTID that needs none: only COMMIT or XID ends it */
	struct binlog_gtid id;
	uint64_t start;			/* in the file where it ends */
	uint64_t seq;			/* rows so far */
	uint64_t statements;		/* DDL so far */
	uint64_t sum;			/* of the rows so far, as text; see str_sum */
	bool halfway;			/* a DDL is in the stream, and what it does to the structures is not known yet */
	uint64_t commit_us;		/* 0: the time of each event counts */
	struct buf pos, gtid;		/* as text; pos is made with the first line that needs it */
};

/* A transaction of which a part was sent when the connection broke: it comes again, and that part is left out. Row
 * changes and statements are counted, not events: another server may cut the same transaction into other ones. */
struct cut {
	bool open;
	struct gtid gtid;
	uint64_t seq, statements;	/* that were sent */
	uint64_t sum;			/* of these rows */
	struct buf pos;			/* what its lines say, */
	uint64_t commit_us;		/* and the time, where it is not each event's own */
};

struct relay {
	struct out out;
	struct arena arena;		/* of one event */
	struct buf scratch;		/* of one line */
	struct binlog_decoder decoder;
	struct payload payload;
	struct structures tables;
	struct trx trx;
	struct annotation statement;
	struct cut cut;
	struct xa xa;
	struct repairs repairs;		/* what an operator wants instead of statements to come */
	const struct opt_list *schema_files;	/* structures that an operator gives for the start */
	bool repairs_changed;		/* and the stream has not been told */

	struct str source_id;
	bool from_server;
	bool spell;			/* statements say their collations */
	bool started;			/* the stream line was written */
	struct buf document;		/* state and table lines that follow it */
	struct buf server;		/* a state line: whose places those from the next boundary on are; "" : as told */
	struct str flavor, server_version;	/* where a server told; else the log does */

	struct place start;		/* for the stream line */
	struct place at;		/* behind the last event */
	struct place safe;		/* the last boundary: everything before it is in the stream */
	bool placed;			/* at says where the stream is; a start by GTIDs begins somewhere else */
	struct gtid_set done;		/* all transactions before safe */
	bool done_known;

	struct place until;		/* file "": none */
	struct gtid_set until_set;	/* where not empty, it counts instead: places are one server's only */
	const char *until_reason;
	const char *ended;		/* the reason, once the stream may end */

	struct str next_file;		/* a log file says what follows it */
	struct buf next_file_buf;

	struct status status;
	uint64_t events, rows, transactions;
	int64_t status_ms;
	const char *dir;		/* the relay log, whose disk is told of; NULL: none */
	struct place head;		/* the upstream's own place, where it is known; for the status */
	struct buf head_gtid;		/* and the set that belongs to it; "": not known */
};

void relay_init(struct relay *r, const struct relay_settings *s);
void relay_release(struct relay *r);

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

/* Before the first line that carries a place of another server than the lines so far. */
void feed_tell_server(struct relay *r);

bool feed_end(struct relay *r, const char *reason, struct err *e);
bool feed_heartbeat(struct relay *r, bool at_head, struct err *e);

/* Ends the transaction, or the statement that stands alone, at r->at. */
bool feed_commit(struct relay *r, const struct binlog_event *ev, struct err *e);

/* The place and the time of the line that ev makes, as text. */
struct str feed_pos(struct relay *r);
struct str feed_time(struct relay *r, const struct binlog_header *head, const struct binlog_query *query);

/* --- cut.c --- */

/* The connection is lost; before feed_restart. */
void cut_note(struct relay *r);

/* A transaction starts: where one was cut, it must be that one. */
bool cut_meet(struct relay *r, struct err *e);

/* Is the next row change, or statement, of this transaction in the stream already? */
bool cut_has_row(const struct relay *r);
bool cut_has_statement(const struct relay *r);

/* A row change went by, as text, before it is counted. The last that was sent tells whether all of them were the same. */
bool cut_see_row(struct relay *r, enum rows_kind kind, struct str row, struct err *e);

/* The transaction ends. */
bool cut_end(struct relay *r, struct err *e);

/* One event again that was held back, of a transaction that is committed by commit. */
bool feed_again(struct relay *r, struct str raw, struct span span, const struct binlog_header *commit, struct err *e);

/* --- xa_feed.c --- */

/* Is the event one of an XA transaction that is not prepared yet? Then it is held back. */
bool xa_holds(const struct relay *r, const struct binlog_event *ev);

/* The group that was begun is an XA transaction. */
void xa_begin(struct relay *r);

/* The end of such a group: its rows wait, or are sent where it was committed at once. */
bool xa_take_prepare(struct relay *r, const struct binlog_event *ev, struct span span, struct err *e);

/* A statement that starts with XA. */
bool xa_take_statement(struct relay *r, const struct binlog_event *ev, struct str text, struct span span,
		       struct err *e);

/* The state line, where the stream does not have it yet: before the commit that it belongs to. */
bool xa_put_state(struct relay *r, struct err *e);

/* --- statements.c, rows_out.c --- */

/* A statement of the log, as UTF-8, and what is understood of it. */
struct statement {
	struct str sql, sql_mode;
	const struct charset *charset;	/* its client's */
	struct ddl ddl;
};

/* The ddl line. */
bool statement_put(struct relay *r, const struct binlog_event *ev, struct span span, const struct statement *st,
		   struct err *e);

/* A commit at the place where the transaction starts: who starts again there meets it again. */
bool statement_commit_inside(struct relay *r, const struct binlog_event *ev, struct err *e);

bool statement_take(struct relay *r, const struct binlog_event *ev, struct span span, struct err *e);
bool rows_take(struct relay *r, const struct binlog_event *ev, struct err *e);

/* The table line, where the stream does not have this structure yet. */
bool rows_announce(struct relay *r, struct known *known, struct err *e);

/* --- given.c --- */

/* Reads the structures that an operator gives: CREATE TABLE statements, or table lines. */
bool given_read(struct relay *r, bool mariadb, struct err *e);

/* --- learn.c --- */

/* Asks for the structures of all tables that the task wants and that are not known: what rows come upon much later may
 * have been changed by then. at is where the stream starts. */
bool learn_tables(struct relay *r, const struct config *config, const struct place *at, struct err *e);

/* --- files.c, live.c, follow.c --- */

bool files_run(struct relay *r, const struct relay_settings *s, char **files, struct err *e);
bool live_run(struct relay *r, const struct relay_settings *s, struct err *e);
bool follow_run(struct relay *r, const struct relay_settings *s, struct err *e);

/* --- pull.c --- */

bool pull_run(struct relay *r, const struct relay_settings *s, struct err *e);

/* --- report.c --- */

extern const struct metric_table relay_metrics;

/* What the work is, is known now. */
bool report_begin(struct relay *r, const struct config *config, struct err *e);

/* Where lines of the log are from here on. */
void report_place(const struct place *at);

/* The end with an error, in status file and metrics. */
void report_failed(struct relay *r, const struct err *e);

/* Keeps the status file, not more than once a second unless now. */
bool report(struct relay *r, const char *stage, bool now, struct err *e);

#endif
