/*
 * json_sql.h - a JSON document as SQL, for a server that keeps documents in a form of its own.
 *
 * Such a server reads a number that has a point or an exponent as a DOUBLE. MySQL's documents may also hold DECIMALs, which come
 * into them from expressions only: 1.10 that is parsed is 1.1. A document with such numbers is built: JSON_ARRAY(1.10,...).
 * TiDB's documents hold none. Pure. Callers: stream/value_sql, mysql, dm-sync.
 */
#ifndef TEXT_JSON_SQL_H
#define TEXT_JSON_SQL_H

#include "base/buf.h"

/* How a server keeps documents: MariaDB the text itself, MySQL with integers, DECIMALs and DOUBLEs, TiDB with integers and
 * DOUBLEs. */
enum json_store { JSON_STORE_TEXT, JSON_STORE_DECIMALS, JSON_STORE_DOUBLES };

/* Can the server hold all numbers of the document? False, with the first that it cannot. Text that is no JSON passes: the server
 * will say so. */
bool json_sql_can_hold(struct str document, enum json_store store, struct str *number);

/* Must the document be built, so that no number changes? Only ever where DECIMALs can be kept. */
bool json_sql_is_built(struct str document, enum json_store store);

/* The document as an expression of type JSON: CAST('...' AS JSON), or what builds it. Not for JSON_STORE_TEXT. */
void json_put_sql(struct buf *b, struct str document, bool backslash, enum json_store store);

#endif
