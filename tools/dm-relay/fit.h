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

/* What the structure knows about each column: n_columns of them, in the arena. */
struct column_facts *fit_facts(const struct table *t, struct arena *a);

/* The structure as far as the map tells it. Columns without a name are called @1, @2 ... t is uninitialised
 * before. */
void fit_table_of_map(struct table *t, const struct table_map *map);

#endif
