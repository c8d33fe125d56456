/*
 * crew.h - connections that apply the transactions of a plan at the same time.
 *
 * Each worker has a thread, a connection and a transaction of its own, and says in that transaction which row changes it holds (see
 * applied.h), so that a crash between two of them loses and doubles nothing. One plan is worked on at a time, while the main
 * thread reads on. The checkpoint is not theirs.
 */
#ifndef SYNC_CREW_H
#define SYNC_CREW_H

#include <pthread.h>

#include "bulk.h"

struct worker;

struct crew {
	/* from the options and the task */
	unsigned n;			/* workers */
	struct conn_want want;
	enum on_missing on_missing;
	bool apart;			/* each row a statement of its own */
	/* of this run */
	const struct meta *meta;	/* whose lease it is */
	uint64_t next;			/* number of the next transaction */
	struct str base;		/* the checkpoint's place in the table */
	bool from_mariadb;
	struct histogram *times;	/* of the transactions, where not NULL */
	/* the work */
	struct worker *workers;
	bool open;
	pthread_mutex_t lock;
	pthread_cond_t for_workers, for_main;
	int wake_fd;			/* readable when a plan is done */
	const struct group *group;	/* the plan's; NULL: none */
	const struct plan *plan;
	size_t first;			/* its first change in the group */
	uint64_t turn;			/* plans so far */
	unsigned busy;			/* workers that have not done their part */
	bool ending;
	struct err error;		/* the first one */
};

void crew_init(struct crew *crew);

/* Ends the threads; what they have begun is rolled back. */
void crew_release(struct crew *crew);

/* Gives a plan of changes from number first on to the workers; both outlive crew_wait. */
bool crew_start(struct crew *crew, const struct group *group, size_t first, const struct plan *plan, struct err *e);

/* Has a plan been started, and is it done? */
bool crew_is_done(struct crew *crew);

/* Waits for the end of the plan, ms at most (-1: as long as it takes). *done false: it goes on. False, e filled: a part of it
 * failed, and the others stopped; what was committed is in the table. */
bool crew_wait(struct crew *crew, int ms, bool *done, struct err *e);

#endif
