/*
 * target.h - the downstream server: its session, how it is found again after a failure, the structures of its
 * tables.
 *
 * One connection; statements that fail in passing (lost connection, deadlock) are the transaction's to repeat:
 * this only waits and connects again. Structures are read once and kept until something says that they may have
 * changed.
 */
#ifndef SYNC_TARGET_H
#define SYNC_TARGET_H

#include "base/map.h"
#include "family.h"
#include "mysql/conn.h"
#include "schema/table.h"
#include "stream/event.h"

extern const struct err_kind err_target_table;	/* a table of the downstream is not there, or not fit */

/* Zero dates and days that a month does not have are stored as the upstream stored them; 0 in an
 * AUTO_INCREMENT column stays 0. Not strict, so that a value that does not fit is a warning, which says
 * which row it was. */
#define SYNC_SQL_MODE "NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES"

struct target {
	struct conn c;
	struct conn_want want;
	char sql_mode[1000];		/* of the session; a DDL sets its own for a while */
	uint64_t max_packet;		/* the server takes no longer statement */
	struct map tables;		/* "schema NUL table" -> struct table, as the server has it */
	struct families families;
	bool checks_keys;		/* the session checks foreign keys, as it was asked to */
	unsigned tries;			/* to connect or to repeat, since the last success */
	int64_t failing_since;		/* ms; 0: all is well */
};

/* want and what it points to outlive the target. */
bool target_open(struct target *t, const struct conn_want *want, struct err *e);
void target_release(struct target *t);

/* Was the failure that fills e one that a new try may heal? */
bool target_is_passing(const struct err *e);

/* After a passing failure, which e holds: waits (longer each time), and connects again where the connection
 * is gone; nothing is open in the session then. True, e empty: try again. False: given up, e says why; a
 * signal gives up too. */
bool target_recover(struct target *t, struct err *e);

/* Something worked: the next failure starts to count anew. */
void target_worked(struct target *t);

/* The structure of a table, or err_target_table where there is none. Lives until it is forgotten, or another one is asked for. */
const struct table *target_table(struct target *t, const struct event_name *name, struct err *e);

/* The family of a table, as families_find tells it. */
bool target_family(struct target *t, const struct event_name *name, struct event_name *head, bool *cascades, struct err *e);

/* Has the table any trigger? */
bool target_triggers(struct target *t, const struct event_name *name, bool *yes, struct err *e);

/* Forgets one table; every table of the schema where name->table is ""; all where name is NULL. */
void target_forget(struct target *t, const struct event_name *name);

/* "schema NUL table", the key of a map of tables; in the arena. */
struct str table_key(struct arena *a, struct str schema, struct str table);

/* Milliseconds of a clock that nobody sets. */
int64_t clock_ms(void);

#endif
