/*
 * xa.h - XA transactions that the log holds prepared, until it says what becomes of them.
 *
 * An upstream writes the rows of an XA transaction when it is prepared, and whether they count only later: it may be
 * some logs behind, or never. Their events are kept here, in memory while they are few, else in a file that has no
 * name any more; what comes out again are events as they stand in a transaction payload, without checksums.
 * Callers: xa_feed.c, which knows what the events mean.
 */
#ifndef RELAY_XA_H
#define RELAY_XA_H

#include "binlog/event.h"

enum {
	XA_MEMORY = 1 << 20,		/* of one transaction; the rest goes to the file */
	XA_MEMORY_ALL = 32 << 20,	/* of all together; then each prepared one goes to its file */
	XA_NAME_MAX = 320,
};

/* How servers name one: X'6731',X'6231',7 . */
struct xa_name {
	char text[XA_NAME_MAX];
};

struct xa_held {
	struct xa_name name;		/* "" until it is prepared */
	struct buf start;		/* "FILE:OFFSET" */
	struct gtid_set done;		/* what the log has before its PREPARE */
	uint64_t events;
	struct buf b;			/* its first events, or those that are not in the file yet */
	int fd;				/* -1: no file */
	uint64_t written, read;		/* bytes in the file, and those that were given back */
	size_t at;			/* the same of b */
};

struct xa {
	struct xa_held *open;		/* the log is inside of it; NULL: of none */
	struct xa_held **held;		/* prepared ones, in the order of the log */
	size_t n, cap;
	size_t memory;			/* bytes in the buffers of all that are prepared */
	bool changed;			/* since the last state line */
	struct gtid_set applied;	/* of the checkpoint that we started from: what is in there was sent before, */
	struct buf until;		/* and so was what ends at this place or before; "" : there was no such checkpoint */
};

void xa_init(struct xa *x);
void xa_release(struct xa *x);

void xa_name_of(struct xa_name *name, const struct binlog_xid *xid);

/* Reads it off a statement, behind "XA COMMIT". False where no such name stands there. */
bool xa_name_parse(struct xa_name *name, struct str text);

/* The log enters one that starts at start, "FILE:OFFSET"; what was open is dropped. */
void xa_open(struct xa *x, struct str start);

/* Leaves it without a trace. */
void xa_drop_open(struct xa *x);

/* One of its events, with so many bytes of checksum at its end. */
bool xa_hold(struct xa *x, struct str raw, size_t checksum, struct err *e);

/* The open one is prepared; done: what the log has before that. */
bool xa_prepare(struct xa *x, const struct xa_name *name, const struct gtid_set *done, struct err *e);

/* Takes the open one, or a prepared one, out; the caller frees it. NULL: there is none. */
struct xa_held *xa_take_open(struct xa *x);
struct xa_held *xa_take(struct xa *x, const struct xa_name *name);
void xa_free(struct xa_held *held);

/* Its next event, borrowed until the next call. *more false: that was all. */
bool xa_next(struct xa_held *held, struct str *raw, bool *more, struct err *e);

/* Where the oldest prepared one starts: a restart has to read from there. "" (n 0): there is none. */
struct str xa_resume(const struct xa *x);

/* Adds the value of a state line: null, or that place, how far the log was read ("FILE:OFFSET"), and with_gtids what the log has
 * before that place: all behind it is read again, so that structures are followed from there on. */
void xa_state_put(const struct xa *x, struct str until, bool with_gtids, struct buf *b);

/* Sets done, the set of GTIDs that is in a checkpoint with this place, back to that. *fits false: the state belongs to
 * another place, and nothing was done. */
bool xa_state_apply(struct xa *x, struct str value, struct str place, struct gtid_set *done, bool *fits, struct err *e);

/* Was a transaction that ends at pos sent before that checkpoint was made? What is read again from the oldest undecided
 * one on may hold the end of one that was prepared before it. */
bool xa_was_sent(const struct xa *x, const struct gtid *gtid, struct str pos);

/* A transaction ends at pos: with the first one that was not, all that was is behind us. */
void xa_pass(struct xa *x, const struct gtid *gtid, struct str pos);

#endif
