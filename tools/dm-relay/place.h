/*
 * place.h - places in the upstream's log.
 */
#ifndef RELAY_PLACE_H
#define RELAY_PLACE_H

#include "base/buf.h"
#include "binlog/event.h"

/* A place in the upstream's log. */
struct place {
	char file[520];			/* "" : not known yet */
	uint64_t pos;
};

/* Where an event stands. */
struct span {
	uint64_t start, end;
};

/* "FILE:OFFSET", in a buffer that is cleared first. */
struct str place_text(struct buf *b, const struct place *p);
bool place_parse(struct place *p, struct str text);
void place_set(struct place *p, struct str file, uint64_t pos);
int place_compare(const struct place *a, const struct place *b);

/* Where an event stands that a server sends when pos is behind the one before it. Empty for those that are not in
 * the file. */
struct span place_span(uint64_t pos, const struct binlog_header *head);

#endif
