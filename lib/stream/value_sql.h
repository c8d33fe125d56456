/*
 * value_sql.h - a value of the stream as SQL: to be written, and to be found again.
 *
 * The literals are exact whatever the session's settings, given that it is utf8mb4 and (for TIMESTAMP) in UTC. column is the
 * structure that the value was read with. Callers: dm-load, dm-sync.
 */
#ifndef STREAM_VALUE_SQL_H
#define STREAM_VALUE_SQL_H

#include "text/json_sql.h"
#include "stream/rows.h"

/* The value as a literal, for INSERT and SET. backslash false under NO_BACKSLASH_ESCAPES. An absent value is DEFAULT. A
 * VALUE_JSON_DIFF is no value: the caller refuses it, or turns it into an expression; what stands for it here is no SQL. */
void value_put_sql(struct buf *b, const struct row_value *v, const struct column *column, bool backslash);

/* The same for the column that it is written to: what a JSON column there would change in parsing is an expression. */
void value_put_sql_into(struct buf *b, const struct row_value *v, const struct column *column, const struct column *to,
			bool backslash, enum json_store store);

/* Can the column that it is written to hold it? False, with the number that its documents cannot hold. */
bool value_fits(const struct row_value *v, const struct column *to, enum json_store store, struct str *number);

/* `name` = literal, or `name` IS NULL, for WHERE. Text is compared as the column's collation does, so that a key is used;
 * documents as the server does (1 is 1.0); all else is exact. store tells what the server that will read it is. */
void value_put_sql_equal(struct buf *b, struct str column_name, const struct row_value *v, const struct column *column,
			 bool backslash, enum json_store store);

/* The same, and text and documents byte for byte too ('a' is not 'A', and not 'a '): for rows that have no key. */
void value_put_sql_identical(struct buf *b, struct str column_name, const struct row_value *v, const struct column *column,
			     bool backslash, enum json_store store);

#endif
