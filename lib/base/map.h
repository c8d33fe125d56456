/*
 * map.h - a hash map from text to pointers.
 *
 * Keys are copied, values belong to the caller. Order of walking is the order of first insertion, so
 * that what is printed from a map is the same every time. An entry, and its key, is borrowed until the
 * next put. Callers: everything.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/arena.h"
#include "base/str.h"

struct map_entry {
	struct str key;
	uint64_t hash;
	void *value;
	bool gone;
};

struct map {
	struct map_entry *entries;	/* in order of insertion */
	size_t n, cap;			/* entries in use, gone ones too; allocated */
	size_t live;
	uint32_t *slots;		/* entry index + 1, or 0 */
	size_t n_slots;			/* a power of two */
	struct arena keys;
};

#define MAP_INIT { NULL, 0, 0, 0, NULL, 0, ARENA_INIT }

void map_init(struct map *m);
void map_release(struct map *m);

/* The value, or NULL when there is none. */
void *map_get(const struct map *m, struct str key);
bool map_has(const struct map *m, struct str key);

/* Sets or replaces; returns the value that was there before, or NULL. */
void *map_put(struct map *m, struct str key, void *value);

/* Removes; returns the value that was there, or NULL. */
void *map_take(struct map *m, struct str key);

/* Walks: size_t at = 0; while ((entry = map_next(m, &at))) ... Not while adding. */
struct map_entry *map_next(const struct map *m, size_t *at);

#endif
