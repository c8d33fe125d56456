/*
 * value_sql.h - a value of the stream as SQL: to be written, and to be found again.
 *
 * The literals are exact whatever the session's settings, given that it is utf8mb4 and (for TIMESTAMP) in UTC. column is the
 * structure that the value was read with. Callers: dm-load, dm-sync.
 */
#ifndef STREAM_VALUE_SQL_H
#define STREAM_VALUE_SQL_H

#include "stream/rows.h"

/* The value as a literal, for INSERT and SET. backslash false under NO_BACKSLASH_ESCAPES. An absent value is DEFAULT. A
 * VALUE_JSON_DIFF is no value: the caller refuses it, or turns it into an expression; what stands for it here is no SQL. */
void value_put_sql(struct buf *b, const struct row_value *v, const struct column *column, bool backslash);

/* `name` = literal, or `name` IS NULL, for WHERE. Text is compared as the column's collation does, so that a key is used; all
 * else is exact. mariadb tells what the server that will read it is. */
void value_put_sql_equal(struct buf *b, struct str column_name, const struct row_value *v, const struct column *column,
			 bool backslash, bool mariadb);

/* The same, and text byte for byte too ('a' is not 'A', and not 'a '): for rows that have no key. */
void value_put_sql_identical(struct buf *b, struct str column_name, const struct row_value *v, const struct column *column,
			     bool backslash, bool mariadb);

#endif
