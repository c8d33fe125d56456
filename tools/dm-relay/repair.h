/*
 * repair.h - statements that an operator has replaced, or wants to be skipped, meet their place in the log.
 *
 * What runs downstream is the operator's; the structures follow the statement that ran upstream, since that is what
 * the rows behind it are written with. Where several statements take the place of one, each but the last is
 * committed at the place where the transaction starts, together with the state line that says how far it is: a crash
 * between two of them repeats none.
 */
#ifndef RELAY_REPAIR_H
#define RELAY_REPAIR_H

#include "relay.h"

/* The operation for the statement that stands at span, the next one of its transaction; NULL: none. */
struct repair *repair_for(const struct relay *r, struct span span);

/* Sends the operator's statements. *original: the statement itself is to be sent, too. */
bool repair_put(struct relay *r, struct repair *repair, const struct binlog_event *ev, struct span span,
		const struct statement *statement, bool *original, struct err *e);

/* What the operations of a resume document mean for who starts at r->start: those before it are over; and where another
 * server answers, none of them is for it. */
void repair_settle(struct relay *r, bool same_server);

/* Before a commit at r->at: what is behind has been met, and the stream is told so. An error where rows stand at the
 * place of an operation. */
bool repair_pass(struct relay *r, struct err *e);

#endif
