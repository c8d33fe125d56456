#include "base/map.h"

#include <stdlib.h>

#include "base/mem.h"

void map_init(struct map *m)
{
	*m = (struct map)MAP_INIT;
}

void map_release(struct map *m)
{
	free(m->entries);
	free(m->slots);
	arena_release(&m->keys);
	map_init(m);
}

static struct map_entry *find(const struct map *m, struct str key, uint64_t hash)
{
	if (m->n_slots == 0)
		return NULL;
	for (size_t i = hash & (m->n_slots - 1); m->slots[i]; i = (i + 1) & (m->n_slots - 1)) {
		struct map_entry *entry = &m->entries[m->slots[i] - 1];

		if (entry->hash == hash && str_eq(entry->key, key))
			return entry;
	}
	return NULL;
}

static void place(struct map *m, size_t index)
{
	size_t i = m->entries[index].hash & (m->n_slots - 1);

	while (m->slots[i])
		i = (i + 1) & (m->n_slots - 1);
	m->slots[i] = (uint32_t)index + 1;
}

/* Drops what is gone, keys too. */
static void compact(struct map *m)
{
	struct arena keys = ARENA_INIT;
	size_t n = 0;

	for (size_t i = 0; i < m->n; i++) {
		if (m->entries[i].gone)
			continue;
		m->entries[n] = m->entries[i];
		m->entries[n].key = arena_str(&keys, m->entries[n].key);
		n++;
	}
	m->n = n;
	arena_release(&m->keys);
	m->keys = keys;
}

/* Room for one more. Keys that come and go take the room of those that went. */
static void make_room(struct map *m)
{
	if (m->live < m->n / 2)
		compact(m);
	else
		m->cap = m->cap ? m->cap * 2 : 16;
	m->entries = mem_rearray(m->entries, m->cap, sizeof(*m->entries));
	free(m->slots);
	m->n_slots = m->cap * 2;
	m->slots = mem_array(m->n_slots, sizeof(*m->slots));
	for (size_t i = 0; i < m->n; i++)
		place(m, i);
}

void *map_get(const struct map *m, struct str key)
{
	struct map_entry *entry = find(m, key, str_hash(key));

	return entry && !entry->gone ? entry->value : NULL;
}

bool map_has(const struct map *m, struct str key)
{
	struct map_entry *entry = find(m, key, str_hash(key));

	return entry && !entry->gone;
}

void *map_put(struct map *m, struct str key, void *value)
{
	uint64_t hash = str_hash(key);
	struct map_entry *entry = find(m, key, hash);
	void *before;

	if (entry) {
		before = entry->gone ? NULL : entry->value;
		m->live += entry->gone;
		entry->gone = false;
		entry->value = value;
		return before;
	}
	if (m->n == m->cap)
		make_room(m);
	m->entries[m->n] = (struct map_entry){ arena_str(&m->keys, key), hash, value, false };
	place(m, m->n++);
	m->live++;
	return NULL;
}

void *map_take(struct map *m, struct str key)
{
	struct map_entry *entry = find(m, key, str_hash(key));

	if (!entry || entry->gone)
		return NULL;
	entry->gone = true;
	m->live--;
	return entry->value;
}

struct map_entry *map_next(const struct map *m, size_t *at)
{
	while (*at < m->n) {
		struct map_entry *entry = &m->entries[(*at)++];

		if (!entry->gone)
			return entry;
	}
	return NULL;
}
