/*
 * ddl_event.h - which event of the event filter a clause of an ALTER TABLE is.
 *
 * DM names a clause by its words, but a MODIFY or CHANGE by what it does to the column, which only the structure before the
 * statement tells. Where that is not known, all events that it may be are given. Pure. Callers: dm-filter.
 */
#ifndef SCHEMA_DDL_EVENT_H
#define SCHEMA_DDL_EVENT_H

#include "schema/ddl_tree.h"

#define DDL_EVENTS_MAX 16

struct ddl_event_name {
	const char *event;	/* what DM calls it */
	const char *also;	/* a finer name that DM knows and does not give; NULL */
};

/* Fills events and returns how many there are: 1 where it is sure. old is the structure before the statement, NULL where it is
 * not known. A collation counts as changed where the clause says COLLATE and the charset stays: structures do not hold it. */
size_t ddl_clause_events(const struct ddl *ddl, const struct ddl_clause *clause, const struct table *old,
			 struct ddl_event_name events[DDL_EVENTS_MAX]);

#endif
