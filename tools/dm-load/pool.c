/* pool.c - chunks on their way from the main thread to the workers; see load.h */
#include "load.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"

#define TICK_MS 250

static const struct err_kind err_thread = {
	.code = 34505, .class = "load-unit", .scope = SCOPE_INTERNAL, .level = LEVEL_HIGH, .status = STATUS_RETRY,
	.workaround = "give fewer --threads",
};

int64_t clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void pool_init(struct pool *p, const struct load_want *want, struct load_counts *counts)
{
	pthread_condattr_t clock;

	*p = (struct pool){ .want = want, .counts = counts, .max = want->threads };
	p->last = &p->first;
	p->threads = mem_array(want->threads, sizeof(*p->threads));
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->for_workers, NULL);
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&p->for_main, &clock);
	pthread_condattr_destroy(&clock);
}

void pool_release(struct pool *p)
{
	free(p->threads);
	pthread_cond_destroy(&p->for_main);
	pthread_cond_destroy(&p->for_workers);
	pthread_mutex_destroy(&p->lock);
}

/* The lock is held, or there is nobody else. */
static void free_job(struct pool *p, struct job *job)
{
	while (job->first) {
		struct job_line *line = job->first;

		job->first = line->next;
		p->queued -= line->text.n;
		free(line);
	}
	free((char *)job->id.p);
	free(job);
	p->n_open--;
}

static bool well(const struct pool *p, struct err *e)
{
	if (p->error.kind)
		*e = p->error;
	return !p->error.kind;
}

bool pool_is_well(struct pool *p, struct err *e)
{
	bool ok;

	pthread_mutex_lock(&p->lock);
	ok = well(p, e);
	pthread_mutex_unlock(&p->lock);
	return ok;
}

/* Another worker where there are more chunks than hands. It connects by itself. */
static bool add_worker(struct pool *p, struct err *e)
{
	if (p->n_first <= p->idle + p->starting || p->n_threads >= p->max)
		return true;
	if (pthread_create(&p->threads[p->n_threads], NULL, worker_main, p) != 0) {
		p->max = p->n_threads;
		return p->n_threads > 0 || err_set(e, &err_thread, "cannot start a thread");
	}
	p->n_threads++;
	p->starting++;
	return true;
}

static struct job *new_job(struct str id)
{
	struct job *job = mem_zalloc(sizeof(*job));

	job->id = (struct str){ mem_text(id), id.n };
	job->last = &job->first;
	return job;
}

static bool add_job(struct pool *p, struct job *job, struct err *e)
{
	bool ok;

	pthread_mutex_lock(&p->lock);
	*p->last = job;
	p->last = &job->next;
	p->n_first++;
	p->n_open++;
	ok = well(p, e) && add_worker(p, e);
	pthread_cond_broadcast(&p->for_workers);
	pthread_mutex_unlock(&p->lock);
	return ok;
}

bool pool_start_job(struct pool *p, const struct target *t, struct str id, struct job **job, struct err *e)
{
	*job = new_job(id);
	(*job)->target = t;
	return add_job(p, *job, e);
}

bool pool_add_file(struct pool *p, const struct target *t, const struct load_file *file, struct err *e)
{
	struct job *job = new_job(file->name);

	job->target = t;
	job->file = file;
	job->whole = true;
	return add_job(p, job, e);
}

bool pool_add_ddl(struct pool *p, const struct ddl_event *ddl, struct str name, struct err *e)
{
	struct job *job = new_job(name);

	job->ddl = ddl;
	job->whole = true;
	return add_job(p, job, e);
}

bool pool_add_keys(struct pool *p, const struct item *item, struct str name, struct err *e)
{
	struct job *job = new_job(name);

	job->keys = item;
	job->whole = true;
	return add_job(p, job, e);
}

bool pool_stops(struct pool *p)
{
	bool stops;

	pthread_mutex_lock(&p->lock);
	stops = p->stopping;
	pthread_mutex_unlock(&p->lock);
	return stops;
}

/* The lock is held. False when tick says so, or a worker failed. */
static bool wait_for_workers(struct pool *p, const struct pool_tick *tick, struct err *e)
{
	struct timespec until;
	bool ok;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += TICK_MS * 1000000L;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000L;
	}
	pthread_cond_timedwait(&p->for_main, &p->lock, &until);
	pthread_mutex_unlock(&p->lock);
	ok = tick->call(tick->context, e);
	pthread_mutex_lock(&p->lock);
	return ok && well(p, e);
}

bool pool_add_line(struct pool *p, struct job *job, struct str line, const struct pool_tick *tick, struct err *e)
{
	struct job_line *new = mem_alloc(sizeof(*new) + line.n);
	bool ok;

	new->next = NULL;
	memcpy(new + 1, line.p, line.n);
	new->text = (struct str){ (char *)(new + 1), line.n };
	pthread_mutex_lock(&p->lock);
	ok = well(p, e);
	while (ok && p->queued > 0 && p->queued + line.n > QUEUE_BYTES)
		ok = wait_for_workers(p, tick, e);
	if (ok) {
		*job->last = new;
		job->last = &new->next;
		p->queued += line.n;
		pthread_cond_broadcast(&p->for_workers);
	} else {
		free(new);
	}
	pthread_mutex_unlock(&p->lock);
	return ok;
}

void pool_end_job(struct pool *p, struct job *job, uint64_t rows)
{
	pthread_mutex_lock(&p->lock);
	job->rows = rows;
	job->whole = true;
	pthread_cond_broadcast(&p->for_workers);
	pthread_mutex_unlock(&p->lock);
}

void pool_drop_job(struct pool *p, struct job *job)
{
	pthread_mutex_lock(&p->lock);
	job->dropped = true;
	pthread_cond_broadcast(&p->for_workers);
	pthread_mutex_unlock(&p->lock);
}

bool pool_drain(struct pool *p, const struct pool_tick *tick, struct err *e)
{
	bool ok;

	pthread_mutex_lock(&p->lock);
	ok = well(p, e);
	while (ok && p->n_open > 0)
		ok = wait_for_workers(p, tick, e);
	pthread_mutex_unlock(&p->lock);
	return ok;
}

void pool_close(struct pool *p)
{
	pthread_mutex_lock(&p->lock);
	p->closing = p->stopping = true;
	pthread_cond_broadcast(&p->for_workers);
	pthread_mutex_unlock(&p->lock);
	for (size_t i = 0; i < p->n_threads; i++)
		pthread_join(p->threads[i], NULL);
	p->n_threads = 0;
	while (p->first) {
		struct job *job = p->first;

		p->first = job->next;
		free_job(p, job);
	}
	p->last = &p->first;
}

bool pool_connected(struct pool *p, bool ok, const struct err *why)
{
	bool needed = true, first = false;

	pthread_mutex_lock(&p->lock);
	p->starting--;
	if (ok)
		p->connected++;
	else if (why->kind->status == STATUS_RETRY && p->connected + p->starting > 0) {
		needed = false;
		first = p->max > 0;
		p->max = 0;	/* no more than there are */
	}
	pthread_mutex_unlock(&p->lock);
	if (first)
		log_warning("fewer connections than wanted: %s", why->text);
	return needed;
}

struct job *pool_take(struct pool *p)
{
	struct job *job;

	pthread_mutex_lock(&p->lock);
	p->idle++;
	while (!p->first && !p->closing && !p->stopping)
		pthread_cond_wait(&p->for_workers, &p->lock);
	p->idle--;
	job = p->stopping ? NULL : p->first;
	if (job) {
		p->n_first--;
		p->first = job->next;
		if (!p->first)
			p->last = &p->first;
	}
	pthread_mutex_unlock(&p->lock);
	return job;
}

/* A chunk that is all here is finished also when we stop: it is short work, and done is done. */
enum pool_line pool_take_line(struct pool *p, struct job *job, struct job_line **line)
{
	enum pool_line got;

	pthread_mutex_lock(&p->lock);
	while (!job->first && !job->whole && !job->dropped && !p->stopping)
		pthread_cond_wait(&p->for_workers, &p->lock);
	*line = job->first;
	got = job->dropped || (p->stopping && !job->whole) ? POOL_STOP : job->first ? POOL_LINE : POOL_WHOLE;
	if (got == POOL_LINE) {
		job->first = (*line)->next;
		if (!job->first)
			job->last = &job->first;
		p->queued -= (*line)->text.n;
		pthread_cond_signal(&p->for_main);
	}
	pthread_mutex_unlock(&p->lock);
	return got;
}

void pool_done(struct pool *p, struct job *job, const struct err *e)
{
	pthread_mutex_lock(&p->lock);
	if (job)
		free_job(p, job);
	if (e && !p->error.kind) {
		p->error = *e;
		p->stopping = true;
		pthread_cond_broadcast(&p->for_workers);
	}
	pthread_cond_signal(&p->for_main);
	pthread_mutex_unlock(&p->lock);
}
