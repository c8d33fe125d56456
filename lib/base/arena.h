/*
 * arena.h - memory for things that live and die together: one event, one file, one statement.
 *
 * Nobody frees single values. arena_clear keeps the blocks for the next use, so a loop that clears once
 * an event does not allocate. Pointers stay valid until clear or release. Callers: everything.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/str.h"

struct arena_block;

struct arena {
	struct arena_block *first, *now;
	size_t used;		/* in the block now */
	size_t total;		/* bytes handed out since the last clear */
};

#define ARENA_INIT { NULL, NULL, 0, 0 }

void arena_init(struct arena *a);
void arena_release(struct arena *a);

/* Everything handed out is gone; blocks beyond the first few hundred KiB are given back. */
void arena_clear(struct arena *a);

/* Aligned for anything; not cleared. Lengths from outside are checked by the caller before. */
void *arena_alloc(struct arena *a, size_t n);

/* Zeroed room for count things of size each. */
void *arena_array(struct arena *a, size_t count, size_t size);

/* A copy; with a NUL behind it that is not counted. */
struct str arena_str(struct arena *a, struct str s);

/* printf into the arena. */
struct str arena_strf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
