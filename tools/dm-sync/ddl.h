/*
 * ddl.h - runs an upstream DDL downstream, once.
 *
 * All before it is committed first, and with that the statement is announced in the meta tables, beside a
 * fingerprint of the tables it is about. After a crash the announcement and the tables tell whether it had run; those that
 * stand before it in the same transaction had. A statement that is run as several is announced again for each of them, with
 * its number.
 * A lock by name, which the server gives back when the session ends, keeps one that still runs after its process was killed from
 * being run beside it.
 * Failures that only say that its effect is there already are passed over, as DM does, with a notice each.
 */
#ifndef SYNC_DDL_H
#define SYNC_DDL_H

#include "transaction.h"

/* A statement that others may have to finish: where its announcement goes. */
struct ddl_shared {
	struct event_name target;
	bool (*announce)(void *context, struct str value, struct err *e);	/* with a commit of all before */
	void *context;
};

struct ddl_run {
	struct transaction *tx;
	bool from_mariadb;		/* the upstream's flavor: which version comments count */
	struct buf announced;		/* what a crashed run left: place, GTID and text of the statement; "" : nothing */
	struct buf announced_pos, announced_gtid;
	uint64_t announced_step;	/* the number of the statement, of those that it is run as */
	bool announced_singles;		/* they are its changes, one by one */
	struct buf fingerprint;		/* of its tables, before */
	uint64_t announced_nth;
	bool adopted;			/* what was announced is the statement that comes next, whoever has announced it */
	const struct ddl_shared *shared;	/* NULL: the announcement goes into our own state */
	struct buf pos, gtid;		/* of the transaction whose statements we are at */
	uint64_t nth;			/* how many of it came before; an online schema change makes several of one */
};

void ddl_run_init(struct ddl_run *run, struct transaction *tx);
void ddl_run_release(struct ddl_run *run);

/* Reads what a crashed run announced. */
bool ddl_run_open(struct ddl_run *run, struct err *e);

/* What somebody has announced of the statement that comes next; "" : nothing. */
bool ddl_run_adopt(struct ddl_run *run, struct str value, struct err *e);

/* Commits, announces, runs. *ran false where the statement is of a kind that is not replicated. The caller
 * writes the checkpoint behind it. */
bool ddl_run_event(struct ddl_run *run, const struct ddl_event *ddl, bool *ran, struct err *e);

#endif
