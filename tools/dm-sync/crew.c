/* crew.c - connections that apply a plan at the same time; see crew.h */
#include "crew.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "applied.h"
#include "base/log.h"
#include "statement.h"

#define APPLIED_MAX ((size_t)256 << 20)

static const struct err_kind err_crew = {
	.code = 36516, .class = "sync-unit", .scope = SCOPE_INTERNAL, .level = LEVEL_HIGH, .status = STATUS_RETRY,
	.workaround = "give fewer workers (worker-count), or the process more threads",
};

struct worker {
	struct crew *crew;
	unsigned number;		/* from 1 */
	pthread_t thread;
	struct target target;
	bool connected;
	struct transaction tx;
	struct meta meta;
	const struct plan_batch *batch;	/* the one that is worked on */
	uint64_t n;			/* its number in the table */
};

/* --- what ends a transaction --- */

static bool write_applied(void *context, struct err *e)
{
	struct worker *w = context;
	struct buf done = BUF_INIT(APPLIED_MAX);
	bool ok;

	applied_put(&done, w->crew->group, w->crew->first, w->batch->ops, w->batch->n_ops);
	ok = buf_ok(&done, "the list of what was applied", e) &&
	     meta_applied_put(&w->meta, w->number, w->n, w->crew->base, buf_str(&done), e);
	buf_release(&done);
	return ok;
}

static bool is_written(void *context, bool *yes, struct err *e)
{
	struct worker *w = context;

	return meta_applied_has(&w->meta, w->number, w->n, yes, e);
}

static void written(void *context)
{
	(void)context;
}

/* The lease is the main thread's to renew; whether it is still ours is seen at the end. */
static bool hold(void *context, struct err *e)
{
	(void)context;
	(void)e;
	return true;
}

/* --- a worker --- */

static bool connect(struct worker *w, struct err *e)
{
	struct crew *crew = w->crew;
	struct transaction_end end = { write_applied, is_written, written, hold, w };

	while (!w->connected) {
		w->connected = target_open(&w->target, &crew->want, e);
		if (!w->connected && (!target_is_passing(e) || !target_recover(&w->target, e)))
			return false;
		w->connected = true;
	}
	meta_init(&w->meta, &w->target.c, crew->meta->schema, crew->meta->task, crew->meta->source);
	memcpy(w->meta.owner, crew->meta->owner, sizeof(w->meta.owner));
	transaction_init_end(&w->tx, &w->target, &end, crew->on_missing);
	w->tx.single = crew->apart;
	w->tx.times = crew->times;
	return true;
}

static void disconnect(struct worker *w)
{
	if (w->connected) {
		transaction_release(&w->tx);
		meta_release(&w->meta);
	}
	target_release(&w->target);
}

static bool try_batch(struct worker *w, bool apart, struct err *e)
{
	struct bulk bulk = { &w->tx, w->crew->group, w->crew->from_mariadb, apart };

	transaction_clear(&w->tx);
	if (!bulk_put(&bulk, w->batch->items, w->batch->n, e))
		return false;
	w->tx.rows = w->batch->n_ops;
	transaction_boundary(&w->tx);
	return transaction_commit(&w->tx, e);
}

static bool run_batch(struct worker *w, struct err *e)
{
	if (try_batch(w, w->crew->apart, e))
		return true;
	if (e->kind != &err_apart)
		return false;
	log_debug("row by row: %s", e->text);
	err_clear(e);
	return try_batch(w, true, e);
}

static bool has_failed(struct crew *crew)
{
	bool failed;

	pthread_mutex_lock(&crew->lock);
	failed = crew->error.kind != NULL || crew->ending;
	pthread_mutex_unlock(&crew->lock);
	return failed;
}

static bool run_part(struct worker *w, struct err *e)
{
	const struct plan *plan = w->crew->plan;

	for (size_t i = 0; i < plan->n_batches; i++) {
		if (plan->batches[i].worker + 1 != w->number)
			continue;
		if (has_failed(w->crew))
			return true;
		w->batch = &plan->batches[i];
		w->n = w->crew->next + i;
		if ((!w->connected && !connect(w, e)) || !run_batch(w, e))
			return false;
	}
	return true;
}

static void end_part(struct worker *w, const struct err *e)
{
	struct crew *crew = w->crew;
	uint64_t one = 1;

	pthread_mutex_lock(&crew->lock);
	if (e->kind && !crew->error.kind)
		crew->error = *e;
	if (--crew->busy == 0) {
		pthread_cond_signal(&crew->for_main);
		if (write(crew->wake_fd, &one, sizeof(one)) < 0)
			log_debug("eventfd: %s", strerror(errno));
	}
	pthread_mutex_unlock(&crew->lock);
}

static void *work(void *context)
{
	struct worker *w = context;
	struct crew *crew = w->crew;
	uint64_t turn = 0;

	for (;;) {
		struct err e = { 0 };
		bool ending;

		pthread_mutex_lock(&crew->lock);
		while (crew->turn == turn && !crew->ending)
			pthread_cond_wait(&crew->for_workers, &crew->lock);
		ending = crew->turn == turn;
		turn = crew->turn;
		pthread_mutex_unlock(&crew->lock);
		if (ending)
			break;
		run_part(w, &e);
		end_part(w, &e);
	}
	disconnect(w);
	return NULL;
}

/* --- the main thread's side --- */

void crew_init(struct crew *crew)
{
	*crew = (struct crew){ .n = 1, .wake_fd = -1, .next = 1 };
}

static bool open_crew(struct crew *crew, struct err *e)
{
	pthread_condattr_t clock;
	unsigned wanted = crew->n;

	crew->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (crew->wake_fd < 0)
		return err_set(e, &err_crew, "cannot make an event descriptor: %s", strerror(errno));
	pthread_mutex_init(&crew->lock, NULL);
	pthread_cond_init(&crew->for_workers, NULL);
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&crew->for_main, &clock);
	pthread_condattr_destroy(&clock);
	crew->workers = mem_zalloc(wanted * sizeof(*crew->workers));
	crew->open = true;
	for (crew->n = 0; crew->n < wanted; crew->n++) {
		struct worker *w = &crew->workers[crew->n];

		w->crew = crew;
		w->number = crew->n + 1;
		if (pthread_create(&w->thread, NULL, work, w) != 0)
			return err_set(e, &err_crew, "cannot start %u threads, only %u", wanted, crew->n);
	}
	return true;
}

void crew_release(struct crew *crew)
{
	if (!crew->open)
		return;
	pthread_mutex_lock(&crew->lock);
	crew->ending = true;
	pthread_cond_broadcast(&crew->for_workers);
	pthread_mutex_unlock(&crew->lock);
	for (unsigned i = 0; i < crew->n; i++)
		pthread_join(crew->workers[i].thread, NULL);
	free(crew->workers);
	pthread_cond_destroy(&crew->for_main);
	pthread_cond_destroy(&crew->for_workers);
	pthread_mutex_destroy(&crew->lock);
	close(crew->wake_fd);
	crew->open = false;
}

bool crew_start(struct crew *crew, const struct group *group, size_t first, const struct plan *plan, struct err *e)
{
	if (!crew->open && !open_crew(crew, e))
		return false;
	pthread_mutex_lock(&crew->lock);
	crew->group = group;
	crew->first = first;
	crew->plan = plan;
	crew->busy = crew->n;
	crew->turn++;
	pthread_cond_broadcast(&crew->for_workers);
	pthread_mutex_unlock(&crew->lock);
	return true;
}

bool crew_is_done(struct crew *crew)
{
	bool done;

	if (!crew->open)
		return false;
	pthread_mutex_lock(&crew->lock);
	done = crew->plan && crew->busy == 0;
	pthread_mutex_unlock(&crew->lock);
	return done;
}

static struct timespec in_ms(int ms)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += ms / 1000;
	t.tv_nsec += ms % 1000 * 1000000L;
	if (t.tv_nsec >= 1000000000L) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000L;
	}
	return t;
}

bool crew_wait(struct crew *crew, int ms, bool *done, struct err *e)
{
	struct timespec until = in_ms(ms < 0 ? 0 : ms);
	uint64_t count;
	int rc = 0;

	pthread_mutex_lock(&crew->lock);
	while (crew->busy > 0 && rc == 0)
		rc = ms < 0 ? pthread_cond_wait(&crew->for_main, &crew->lock) :
			      pthread_cond_timedwait(&crew->for_main, &crew->lock, &until);
	*done = crew->busy == 0;
	if (*done && crew->error.kind)
		*e = crew->error;
	pthread_mutex_unlock(&crew->lock);
	if (!*done)
		return true;
	if (read(crew->wake_fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
		log_debug("eventfd: %s", strerror(errno));
	crew->next += crew->plan->n_batches;
	crew->plan = NULL;
	crew->group = NULL;
	return !e->kind;
}
