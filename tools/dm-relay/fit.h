/*
 * fit.h - does a table's structure fit what the log says about its rows, and what does each know that the other
 * does not?
 *
 * Pure.
 */
#ifndef RELAY_FIT_H
#define RELAY_FIT_H

#include "binlog/table_map.h"
#include "binlog/value.h"
#include "schema/table.h"

/* Same number of columns, types that the log can hold for them; and names, signs, charsets and labels where the
 * map says them. False, with why. */
bool fit_check(const struct table *t, const struct table_map *map, char *why, size_t why_size);

/* MariaDB's log has two more columns of a system-versioned table where those that say when are hidden. */
enum { FIT_HIDDEN = 2 };
static inline size_t fit_hidden(const struct table *t)
{
	return t->versioned && t->row_end.n == 0 ? FIT_HIDDEN : 0;
}

/* What the structure knows about each column: one for each of the log's, in the arena. */
struct column_facts *fit_facts(const struct table *t, struct arena *a);

/* The structure as far as the map tells it. Columns without a name are called @1, @2 ... t is uninitialised
 * before. */
void fit_table_of_map(struct table *t, const struct table_map *map);

#endif
