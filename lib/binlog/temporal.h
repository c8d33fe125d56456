/*
 * temporal.h - dates and times of a row, in all the forms that servers have stored them in, as the text that
 * servers print.
 *
 * Each puts its text, quoted, and returns NULL; or returns what is wrong with the bytes. TIMESTAMP is in UTC. Zero
 * dates, partial dates and negative times are values like any other. Pure. Callers: binlog/value, binlog/json.
 */
#ifndef BINLOG_TEMPORAL_H
#define BINLOG_TEMPORAL_H

#include "base/buf.h"
#include "binlog/cur.h"

/* Bytes that so many digits of a fraction take behind the new types. */
static inline unsigned fraction_size(unsigned digits)
{
	return (digits + 1) / 2;
}

const char *put_date(struct cur *c, struct buf *out);

/* The types of 5.6.4 and MariaDB 10.1 on; digits of the fraction. */
const char *put_time2(struct cur *c, unsigned digits, struct buf *out);
const char *put_datetime2(struct cur *c, unsigned digits, struct buf *out);
const char *put_timestamp2(struct cur *c, unsigned digits, struct buf *out);

/* The types before. digits is not 0 only for MariaDB's own form with fractions, which no metadata tells. */
const char *put_time_old(struct cur *c, unsigned digits, struct buf *out);
const char *put_datetime_old(struct cur *c, unsigned digits, struct buf *out);
const char *put_timestamp_old(struct cur *c, unsigned digits, struct buf *out);

/* What JSON holds, without quotes: a packed integer, always with six digits of fraction but for a date. */
const char *put_packed_date(int64_t packed, struct buf *out);
const char *put_packed_datetime(int64_t packed, struct buf *out);
const char *put_packed_time(int64_t packed, struct buf *out);

#endif
