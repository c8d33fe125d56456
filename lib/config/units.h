/*
 * units.h - numbers with units, as DM's files spell them. Pure. Callers: the room itself, dm-dump (its options).
 */
#ifndef CONFIG_UNITS_H
#define CONFIG_UNITS_H

#include "base/str.h"

/* "64", "64m", "1.5 GiB", "100KB": bytes; units are powers of 1024, a number without one counts plain_unit bytes.
 * False when it is none. */
bool units_size(struct str text, uint64_t plain_unit, uint64_t *bytes);

/* "60s", "1m30s", "1.5h", "500ms", "0": whole seconds, rounded up. False when it is none. */
bool units_seconds(struct str text, uint64_t *seconds);

#endif
