/*
 * json.h - MySQL's binary JSON as text, byte for byte as the server prints it.
 *
 * Keys in stored order, ", " and ": " between things, 1.0 and 1 kept apart, decimals and times as the server shows
 * them. Depth is bounded, and so is the text a damaged document can grow to. Pure. Callers: binlog/value.
 */
#ifndef BINLOG_JSON_H
#define BINLOG_JSON_H

#include "base/buf.h"

/* Puts the document's text. NULL, or what is wrong with it. Empty bytes are the literal null. */
const char *put_json(struct str document, struct buf *out);

/* Puts the operations of a partial update as a list:
 *	[{"op":"replace","path":"$.a","value":"1"},{"op":"insert","path":"$.b[2]","value":"\"x\""},{"op":"remove","path":"$.c"}]
 * A value is the text of its document. An empty list changes nothing. scratch is overwritten. */
const char *put_json_diff(struct str operations, struct buf *scratch, struct buf *out);

#endif
