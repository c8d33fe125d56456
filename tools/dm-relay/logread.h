/*
 * logread.h - the events of a log that may be growing.
 *
 * Nothing is remembered of bytes that are not a whole event yet: they are read again, since the writer may cut a torn
 * end off and write it anew. Memory grows with bytes that are there, not with what a length claims.
 */
#ifndef RELAY_LOGREAD_H
#define RELAY_LOGREAD_H

#include "relay.h"

struct logread {
	int fd;				/* -1: none; the caller's */
	const char *path;		/* for messages; the caller's */
	uint64_t offset;		/* of the next event */
	struct buf b;			/* bytes that were read */
	uint64_t start;			/* of b in the file */
};

enum logread_got {
	LOGREAD_EVENT,
	LOGREAD_END,			/* no more, for now */
	LOGREAD_PART,			/* a part of an event, for now */
	LOGREAD_FAIL,
};

void logread_init(struct logread *l);
void logread_release(struct logread *l);

/* Another file, from offset on; 0 is the magic, which is checked with the first event. */
void logread_start(struct logread *l, int fd, const char *path, uint64_t offset);

/* The event at offset, borrowed until the next call. The caller goes on with logread_pass. */
enum logread_got logread_event(struct logread *l, struct str *raw, struct err *e);
void logread_pass(struct logread *l, size_t n);

#endif
