/*
 * decimal.h - DECIMAL as servers store it: digits in groups of nine, big-endian, sign in the first bit.
 *
 * All digits are kept: "12.340". Pure. Callers: binlog/value, binlog/json.
 */
#ifndef BINLOG_DECIMAL_H
#define BINLOG_DECIMAL_H

#include "base/buf.h"
#include "binlog/cur.h"

/* Bytes of a DECIMAL(precision, scale). */
size_t decimal_size(unsigned precision, unsigned scale);

/* Puts the number, without quotes. NULL, or what is wrong with the bytes. precision at most 81, scale at most
 * precision. */
const char *put_decimal(struct cur *c, unsigned precision, unsigned scale, struct buf *out);

#endif
