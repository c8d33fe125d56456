/*
 * filter.h - what the files of dm-filter share.
 */
#ifndef DM_FILTER_FILTER_H
#define DM_FILTER_FILTER_H

#include "base/map.h"
#include "rules/rules.h"
#include "stream/event.h"

struct filter {
	struct rules *rules;
	struct line_in *in;
	struct line_out *out;
	struct arena arena;		/* of the line */
	struct buf spill, made;		/* a long ddl line; a new one */
	struct map dropped_chunks;	/* ids that were opened and not yet closed */
	struct map tables;		/* "schema\0table" -> struct table: structures, where event filters may ask for them */
	bool head;			/* nothing but a head and its state lines came */
	bool mariadb;
	bool dump;			/* whole data: only the block-allow list applies */
	bool full;			/* and the event filters' rules for inserts */
	uint64_t seen, dropped;		/* events */
};

/* Passes, cuts down or drops the ddl line that f->in stands at. */
bool filter_ddl(struct filter *f, struct err *e);

/* --- structures.c --- */

/* Passes the table line that f->in stands at, and keeps what it says. */
bool filter_table(struct filter *f, struct err *e);

/* The structure that the stream gave last; NULL where it gave none, or a statement changed it since. */
const struct table *known_table(struct filter *f, const struct event_name *name);
void forget_table(struct filter *f, const struct event_name *name);
void forget_tables(struct filter *f);

/* --- ddl.c, for alter.c --- */

enum verdict { KEEP, UNWANTED, IGNORED, FAILED };

/* Where the statement stands, for messages. */
struct str ddl_place(const struct ddl_event *ddl);

/* By the block-allow list alone. */
bool is_listed(struct filter *f, const struct event_name *name);

/* One table that changes its name: may it leave, may it come in? */
enum verdict judge_move(struct filter *f, const struct ddl_event *ddl, const struct event_name *from,
			const struct event_name *to, struct str kind, struct err *e);

bool drop_ddl(struct filter *f, const struct ddl_event *ddl, const char *why);
bool pass_line(struct filter *f, struct str line, struct err *e);
bool parse_ddl(struct filter *f, struct ddl *parsed, const struct ddl_event *ddl, struct err *e);

/* Writes what is in f->made as the statement of ddl, with only those of its tables for which keep is true. */
bool put_cut(struct filter *f, const struct ddl_event *ddl, const bool *keep, struct err *e);

/* --- alter.c --- */

bool filter_alter(struct filter *f, const struct ddl_event *ddl, struct str line, struct err *e);

#endif
