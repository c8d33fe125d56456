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
	enum event_type before;		/* of the line before */
	bool mariadb;
	bool dump;			/* whole data: only the block-allow list applies */
	uint64_t seen, dropped;		/* events */
};

/* Passes, cuts down or drops the ddl line that f->in stands at. */
bool filter_ddl(struct filter *f, struct err *e);

#endif
