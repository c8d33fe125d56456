/*
 * join_type.h - which of two columns holds more. For this room only.
 */
#ifndef SCHEMA_JOIN_TYPE_H
#define SCHEMA_JOIN_TYPE_H

#include "schema/join.h"

/* Puts one more fact into an order. False where the two contradict each other. */
bool order_and(enum table_order *sum, enum table_order one);

/* False: neither holds all values of the other. */
bool type_order(struct str a, struct str b, enum table_order *order);
bool charset_order(struct str a, struct str b, enum table_order *order);

/* The two columns, but for their names. */
bool column_order(const struct column *a, const struct column *b, enum table_order *order);

/* May both be rows of one column? Where each pair of some may, all may. */
bool columns_have_join(const struct column *a, const struct column *b);

/* Are the texts of two generated columns the same, as far as that is known? */
bool expression_same(const struct column *a, const struct column *b);

/* What servers imply for a NOT NULL column without a default; p NULL where that cannot be said as a default. Lives in a. */
struct str implied_default(struct arena *a, const struct column *c);

#endif
