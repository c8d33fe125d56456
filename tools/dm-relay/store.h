/*
 * store.h - the folder of a relay log, laid out as DM does it:
 *
 *	server-uuid.index	one sub-directory a line, the oldest first
 *	UUID.000001/		the logs of one server, under its own names, byte for byte; and relay.meta
 *	leases/			what readers need: see lease.h
 *
 * A sub-directory's number is that of the one before it plus 1. Another one begins when another server is read, or when
 * the server has begun its log anew. One process writes (it holds a lock on the folder); any number read.
 */
#ifndef RELAY_STORE_H
#define RELAY_STORE_H

#include "base/arena.h"
#include "base/buf.h"
#include "relay.h"

extern const struct err_kind err_store;			/* the folder is not what a relay log is */
extern const struct err_kind err_store_busy;		/* another process writes it */
extern const struct err_kind err_store_place;		/* a place is not, or no longer, in it */

enum { STORE_NAME_MAX = 300 };

struct store_sub {
	struct str name;		/* "UUID.000001" */
	struct str uuid;
	uint64_t number;
};

struct store_file {
	struct str name;		/* as upstream calls it */
	uint64_t number;
	uint64_t size;
	int64_t time;			/* of the last change, seconds since 1970 */
};

struct store {
	const char *dir;
	size_t n_subs;
	struct store_sub *subs;
	struct arena arena;		/* of subs */
	int lock;			/* the writer's; -1: we are none */
};

/* dir is borrowed. */
void store_init(struct store *s, const char *dir);
void store_release(struct store *s);

/* Becomes the only writer; makes the folder where there is none. */
bool store_lock(struct store *s, struct err *e);

/* The sub-directories as they are now; none where there is no index. */
bool store_read_index(struct store *s, struct err *e);

/* Adds a sub-directory for this server; it is then the last of subs. */
bool store_add_sub(struct store *s, struct str uuid, struct err *e);

/* Takes the first n sub-directories, which are empty, out of the index and removes them. */
bool store_drop_subs(struct store *s, size_t n, struct err *e);

/* The logs of a sub-directory in the order of their numbers, in a. One that is not there has none. */
bool store_files(const struct store *s, const struct store_sub *sub, struct arena *a, struct store_file **files,
		 size_t *n, struct err *e);

/* "DIR/SUB" or "DIR/SUB/FILE", in a buffer that is cleared first; file may be STR_NONE. */
const char *store_path(const struct store *s, struct str sub, struct str file, struct buf *b);

/* NAME.DIGITS. False for all else. */
bool store_log_number(struct str file, struct str *base, uint64_t *number);

/* How places in a relay log are told apart: the first sub-directory's are the upstream's own, mysql-bin.000007, those
 * of number 2 are mysql-bin|000002.000007. In a buffer that is cleared first. */
struct str store_tell(uint64_t sub, struct str file, struct buf *b);

/* The same backwards; sub 0 where the text names none. False where it is no name of a log. */
bool store_told(struct str text, uint64_t *sub, struct buf *file);

/* --- store_meta.c --- */

struct store_meta {
	struct place place;		/* behind the last transaction that is whole, and on the disk */
	struct str gtid;		/* set; "" : none */
};

bool store_meta_write(const struct store *s, struct str sub, const struct store_meta *meta, struct err *e);

#endif
