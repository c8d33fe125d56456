/*
 * annotate.h - the statement that the rows of a MariaDB log come from, and what it says about updates that do not
 * hold the whole row.
 *
 * With binlog_row_image MINIMAL, NOBLOB or FULL_NODUP, MariaDB logs a REPLACE that overwrites a row in place as an
 * update of the columns that it names; the others go back to their defaults, and nothing in the rows event tells.
 * So such an update is sent with a doubt unless the statement is certainly another one. Pure. Callers: dm-relay.
 */
#ifndef RELAY_ANNOTATE_H
#define RELAY_ANNOTATE_H

#include "base/buf.h"
#include "base/str.h"

struct annotation {
	bool known;			/* the statement of the rows that come next; else the log does not have it */
	struct buf text;		/* how it begins, in the client's charset */
	unsigned tables;		/* that it changes, as far as their table maps went by */
};

void annotation_init(struct annotation *a);
void annotation_release(struct annotation *a);

void annotation_take(struct annotation *a, struct str text);
void annotation_note_table(struct annotation *a);
void annotation_end(struct annotation *a);

/* Is an update of this table certainly one, and no REPLACE? Then NULL; else why it may be one. */
const char *annotation_doubt(const struct annotation *a, struct str schema, struct str table);

#endif
