/*
 * shadow.h - what is remembered of each shadow table: the statements that changed it.
 *
 * In the stream, and so in the checkpoint, it is a state line of the stage "dm-online-ddl"; its value is what DM keeps in
 * TASK_onlineddl, with one more member: {"schema":..,"table":..,"ddls":["ALTER ..."],"sessions":[{"sql_mode":..}]}. A
 * row that DM or an operator has written has no sessions, or fewer. Names in the statements are spelled out.
 *
 * While an XA transaction is undecided, a restart reads from an earlier place than that of the checkpoint, whose memory it
 * has. So changes that ended meanwhile stay known by the place where they did.
 */
#ifndef DM_ONLINE_DDL_SHADOW_H
#define DM_ONLINE_DDL_SHADOW_H

#include "base/map.h"
#include "stream/event.h"

/* A statement, and what of its session tells how to read it. */
struct stored {
	struct str sql, sql_mode, charset, collation, time_zone;
	struct str pos;			/* where it stands; "" where nobody has noted that */
};

struct shadow {
	struct event_name name;
	size_t n;
	struct stored *ddls;		/* in order */
	size_t n_done;
	struct str *done;		/* places of RENAMEs that ended a change, and that a restart may read again */
	bool has_structure;		/* dm-relay's state holds its structure */
	bool holds_real;		/* a trash table: the real one, whose place nobody has taken yet */
	struct arena arena;
};

struct shadows {
	struct map by_name;
};

void shadows_init(struct shadows *s);
void shadows_release(struct shadows *s);

/* NULL where nothing is remembered. */
struct shadow *shadows_find(const struct shadows *s, const struct event_name *name);
struct shadow *shadows_want(struct shadows *s, const struct event_name *name);
void shadows_drop(struct shadows *s, struct shadow *shadow);

/* Does what stands at pos belong to a change that is done? Then it comes a second time. */
bool shadow_is_done(const struct shadow *shadow, struct str pos);

void shadow_add_done(struct shadow *shadow, struct str pos);

/* Forgets those that no restart reads again, now that it would begin at resume ("" : behind all). False: there are none. */
bool shadow_trim_done(struct shadow *shadow, struct str resume);

/* Is there anything to keep? */
bool shadow_is_empty(const struct shadow *shadow);

/* Takes a copy. False where it is the statement that was taken last, or one that was taken: then it comes a second time. */
bool shadow_add(struct shadow *shadow, const struct stored *ddl);

/* From a state line of ours; null forgets. */
bool shadows_load(struct shadows *s, struct str key, struct str value, struct arena *a, struct err *e);

/* The state line; of a shadow table of which nothing is remembered it says null. */
void shadow_line_put(struct buf *b, const struct shadow *shadow);

/* The state line for dm-relay: structure is a table line, or "null". */
void shadow_structure_put(struct buf *b, const struct event_name *name, struct str structure);

#endif
