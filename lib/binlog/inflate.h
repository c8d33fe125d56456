/*
 * inflate.h - what MariaDB compresses with zlib: events (log_bin_compress) and COMPRESSED columns.
 *
 * The length that the data claims is checked against the ceiling of the buffer and against what comes out, and
 * memory grows with what really comes out. Pure. Callers: binlog/event, binlog/value.
 */
#ifndef BINLOG_INFLATE_H
#define BINLOG_INFLATE_H

#include "base/buf.h"
#include "base/err.h"

/* The compressed region of an event: one byte (0x80, algorithm, bytes of length), the length, big-endian, a zlib
 * stream. Adds the content to out. */
bool inflate_event(struct str region, struct buf *out, struct err *e);

/* The value of a COMPRESSED column, behind its length prefix. plain is borrowed from value where it is not
 * compressed, else it stands in out, which is cleared first. NULL, or what is wrong with it. */
const char *inflate_column(struct str value, struct buf *out, struct str *plain);

#endif
