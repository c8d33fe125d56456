/* crew.c - the workers, the chunks they take, and the main thread that watches them; see dump.h */
#include "dump.h"

#include <stdlib.h>

#include "base/log.h"
#include "status/progress.h"

#define TICK_MS 250

const struct err_kind err_thread = {
	.code = 32505, .class = "dump-unit", .scope = SCOPE_INTERNAL, .level = LEVEL_HIGH, .status = STATUS_RETRY,
	.workaround = "give fewer --threads",
};

struct crew {
	pthread_mutex_t lock;		/* what follows */
	struct catalog *catalog;
	size_t at_table;		/* the chunk that is taken next */
	uint64_t at_chunk;
	uint64_t locked_left;		/* chunks that need the global lock and are not yet written */
	struct dump_table **ended;	/* all their rows are read, and nobody has looked whether they still are those tables */
	size_t n_ended;
	size_t running;
	struct err first;		/* the error that stopped us */

	const struct dump_want *want;
	struct dump_counts counts;
};

struct worker {
	struct crew *crew;
	struct conn *conn;
	struct chunk_room room;
	struct file_room files;
	pthread_t thread;
};

static bool take_chunk(struct crew *crew, struct chunk *chunk)
{
	bool got = false;

	pthread_mutex_lock(&crew->lock);
	while (crew->at_table < crew->catalog->n_tables && !wait_stopping()) {
		struct dump_table *t = &crew->catalog->tables[crew->at_table];

		if (crew->at_chunk < t->n_chunks) {
			*chunk = (struct chunk){ t, crew->at_chunk++ };
			got = true;
			break;
		}
		crew->at_table++;
		crew->at_chunk = 0;
	}
	pthread_mutex_unlock(&crew->lock);
	return got;
}

static void chunk_done(struct crew *crew, const struct chunk *chunk)
{
	bool unlock, ended;

	pthread_mutex_lock(&crew->lock);
	ended = --chunk->table->chunks_left == 0;
	if (ended) {
		atomic_fetch_add(&crew->counts.tables, 1);
		crew->ended[crew->n_ended++] = chunk->table;
	}
	unlock = chunk->table->needs_lock && --crew->locked_left == 0;
	pthread_mutex_unlock(&crew->lock);
	if (unlock || ended)
		wait_wake();
}

/* The first error stays; what others meet while they are stopped is only its echo. */
static void fail(struct crew *crew, const struct err *e)
{
	pthread_mutex_lock(&crew->lock);
	if (!crew->first.kind && !wait_stopping())
		crew->first = *e;
	wait_stop();
	pthread_mutex_unlock(&crew->lock);
}

static void *work(void *argument)
{
	struct worker *w = argument;
	struct crew *crew = w->crew;
	struct err e = { 0 };
	struct chunk chunk;
	bool ok = true;

	wait_in_worker();
	while (ok && take_chunk(crew, &chunk)) {
		ok = crew->want->dir ? chunk_to_files(&chunk, w->conn, &w->files, crew->want, &crew->counts, &e) :
				       chunk_dump(&chunk, w->conn, &w->room, crew->want, &crew->counts, &e);
		if (ok)
			chunk_done(crew, &chunk);
	}
	if (!ok)
		fail(crew, &e);
	chunk_room_release(&w->room);
	file_room_release(&w->files);
	pthread_mutex_lock(&crew->lock);
	crew->running--;
	pthread_mutex_unlock(&crew->lock);
	wait_wake();
	return NULL;
}

static size_t still_running(struct crew *crew, uint64_t *locked_left)
{
	size_t running;

	pthread_mutex_lock(&crew->lock);
	running = crew->running;
	*locked_left = crew->locked_left;
	pthread_mutex_unlock(&crew->lock);
	return running;
}

/* The lock goes as soon as nothing needs it, and at the latest when its time is over. */
static bool watch_lock(struct crew *crew, struct snapshot *s, uint64_t locked_left, struct err *e)
{
	if (!s->locked)
		return true;
	if (locked_left == 0) {
		progress_clear();
		return snapshot_unlock(s, e) && (!crew->want->block_ddl || snapshot_block_ddl(s, crew->want, e));
	}
	if (clock_ms() - s->locked_at < (int64_t)crew->want->lock_time * 1000)
		return true;
	return err_set(e, &err_lock_held, "the %s is held for %llu s, and tables without snapshots are not "
		       "yet dumped", s->lock_name, (unsigned long long)crew->want->lock_time);
}

static struct dump_table *take_ended(struct crew *crew)
{
	struct dump_table *t;

	pthread_mutex_lock(&crew->lock);
	t = crew->n_ended > 0 ? crew->ended[--crew->n_ended] : NULL;
	pthread_mutex_unlock(&crew->lock);
	return t;
}

/* As soon as a table's last row is read: what happens to it later is no concern of this dump. TiDB's sessions see
 * everything as of the snapshot. */
static bool check_ended(struct crew *crew, struct snapshot *s, struct err *e)
{
	struct dump_table *t;

	while ((t = take_ended(crew)))
		if (!t->is_sequence && s->control.flavor != FLAVOR_TIDB && !catalog_check(t, &s->control, e))
			return false;
	return true;
}

static bool watch(struct crew *crew, struct snapshot *s, struct report *report, struct err *e)
{
	uint64_t locked_left;
	size_t running;

	while ((running = still_running(crew, &locked_left)) > 0) {
		struct err why = { 0 };

		if (!wait_stopping() && (!watch_lock(crew, s, locked_left, &why) || !check_ended(crew, s, &why) ||
					 !report_show(report, &crew->counts, &why)))
			fail(crew, &why);
		wait_for_news(TICK_MS);
	}
	if (!crew->first.kind && !wait_stopping())
		return check_ended(crew, s, e);
	if (crew->first.kind)
		*e = crew->first;
	return !crew->first.kind;
}

static void count_locked(struct crew *crew)
{
	for (size_t i = 0; i < crew->catalog->n_tables; i++)
		if (crew->catalog->tables[i].needs_lock)
			crew->locked_left += crew->catalog->tables[i].n_chunks;
}

bool crew_run(struct catalog *catalog, struct snapshot *s, struct output *out, const struct dump_want *want,
	      struct report *report, struct err *e)
{
	struct crew crew = { .lock = PTHREAD_MUTEX_INITIALIZER, .catalog = catalog, .want = want };
	struct worker *workers = mem_array(s->n, sizeof(*workers));
	size_t started;
	bool ok;

	count_locked(&crew);
	crew.ended = mem_array(catalog->n_tables + 1, sizeof(*crew.ended));
	crew.running = s->n;
	for (started = 0; started < s->n; started++) {
		struct worker *w = &workers[started];

		*w = (struct worker){ .crew = &crew, .conn = &s->workers[started] };
		chunk_room_init(&w->room, out);
		file_room_init(&w->files);
		if (pthread_create(&w->thread, NULL, work, w) != 0) {
			fail(&crew, &(struct err){ .kind = &err_thread, .text = "cannot start a thread" });
			pthread_mutex_lock(&crew.lock);
			crew.running -= s->n - started;
			pthread_mutex_unlock(&crew.lock);
			break;
		}
	}
	ok = watch(&crew, s, report, e);
	for (size_t i = 0; i < started; i++)
		pthread_join(workers[i].thread, NULL);
	free(workers);
	free(crew.ended);
	return ok && (wait_stopping() || (snapshot_done(s, e) && report_end(report, &crew.counts, e)));
}
