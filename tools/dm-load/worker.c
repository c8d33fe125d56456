/* worker.c - a worker: one connection, one chunk at a time; see load.h */
#include "load.h"

#include <stdlib.h>

struct worker {
	struct pool *pool;
	struct conn c;
	struct meta meta;		/* the main thread's, over our connection */
	struct batch batch;
	struct rows_reader rows;
	struct rowfile file;
	struct arena arena;
};

static bool connect(struct worker *w, struct err *e)
{
	const struct pool *p = w->pool;
	struct conn_want want = { .at = &p->want->at, .scope = SCOPE_DOWNSTREAM, .sql_mode = p->sql_mode,
		.local_infile = p->local_infile };

	/* Every warning is looked at, so the server is to keep all; notes tell of digits that were cut. */
	return conn_open(&w->c, &want, e) &&
	       conn_run(&w->c, STR_LIT("SET SESSION max_error_count = 65535, sql_notes = 1, wait_timeout = 604800"), e) &&
	       (!p->read_committed ||
		conn_run(&w->c, STR_LIT("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED"), e));
}

static bool load_line(struct worker *w, const struct target *t, struct str line, uint64_t *rows, struct err *e)
{
	struct event_head head;
	bool more;

	arena_clear(&w->arena);
	if (!event_head_parse(&head, line, &w->arena, e) || !rows_start(&w->rows, &head, &t->upstream, line, e))
		return false;
	for (;;) {
		if (!rows_next(&w->rows, &more, e))
			return false;
		if (!more)
			return true;
		if (!batch_add(&w->batch, w->rows.after, e))
			return false;
		++*rows;
	}
}

/* The rows behind those that an earlier try has committed. */
static bool load_rows(struct worker *w, uint64_t have, bool *stopped, struct err *e)
{
	struct rowfile *rf = &w->file;
	bool more;

	for (;;) {
		if (!rowfile_next(rf, &more, e))
			return false;
		if (!more)
			return rf->rows >= have ||
			       err_set(e, &err_dump_damaged, "file '%.*s' has fewer rows than are there already",
				       STR(rf->file->name));
		if (rf->rows <= have)
			continue;
		w->batch.at = rf->in.bytes;
		if (!batch_add(&w->batch, rf->row, e))
			return false;
		*stopped = rf->rows % 1024 == 0 && pool_stops(w->pool);
		if (*stopped)
			return true;
	}
}

static bool load_file(struct worker *w, struct job *job, struct err *e)
{
	const struct pool *p = w->pool;
	struct meta_load_chunk have;
	bool stopped = false, ok;

	if (!meta_load_chunk_get(&w->meta, job->id, &have, e))
		return false;
	atomic_fetch_add(&job->target->counts->rows, have.rows);
	atomic_fetch_add(&p->counts->skipped_rows, have.rows);
	atomic_fetch_add(&p->counts->skipped_bytes, have.bytes);
	if (have.done) {
		target_part_done(job->target, p->counts);
		return true;
	}
	batch_start(&w->batch, job->target, job->id);
	batch_go_on(&w->batch, &have);
	ok = rowfile_open(&w->file, p->dir, job->file, p->form, &job->target->upstream, e) &&
	     load_rows(w, have.rows, &stopped, e) && (stopped || batch_commit(&w->batch, w->file.in.bytes, e));
	rowfile_close(&w->file);
	if (!ok || stopped)
		batch_drop(&w->batch);
	else
		target_part_done(job->target, p->counts);
	return ok;
}

/* Tables that refer to each other may meet in the server's own locks. */
static bool make_table(struct worker *w, const struct job *job, struct err *e)
{
	for (unsigned tries = 0; ; tries++) {
		if (ddl_create(&w->c, job->ddl, w->pool->mariadb, e))
			return true;
		if (tries == 5 || !conn_error_is_passing(w->c.errno_last) || w->c.errno_last >= 2000)
			return false;
		err_clear(e);
	}
}

static bool load_lines(struct worker *w, struct job *job, struct err *e)
{
	uint64_t bytes = 0, rows = 0;

	batch_start(&w->batch, job->target, job->id);
	for (;;) {
		struct job_line *line;
		bool ok;

		switch (pool_take_line(w->pool, job, &line)) {
		case POOL_WHOLE:
			if (rows != job->rows)
				return err_set(e, &err_dump_damaged, "chunk '%.*s' holds %llu rows, and its end says %llu",
					       STR(job->id), (unsigned long long)rows, (unsigned long long)job->rows);
			if (!batch_commit(&w->batch, bytes, e))
				return false;
			target_part_done(job->target, w->pool->counts);
			return true;
		case POOL_STOP:
			batch_drop(&w->batch);
			return true;
		case POOL_LINE:
			bytes += line->text.n;
			ok = load_line(w, job->target, line->text, &rows, e);
			free(line);
			if (!ok)
				return false;
			break;
		}
	}
}

static void work(struct worker *w)
{
	struct job *job;
	bool ok = true;

	while (ok && (job = pool_take(w->pool))) {
		struct err e = { 0 };

		ok = job->ddl ? make_table(w, job, &e) : job->keys ? keys_make(&w->c, job->keys, &e) :
		     job->file ? load_file(w, job, &e) : load_lines(w, job, &e);
		if (!ok && !job->file)
			err_at(&e, job->ddl || job->keys ? "table '%.*s'" : "chunk '%.*s'", STR(job->id));
		pool_done(w->pool, job, ok ? NULL : &e);
	}
}

void *worker_main(void *pool)
{
	struct worker w = { .pool = pool };
	struct err e = { 0 };
	bool ok;

	w.meta = w.pool->meta;
	w.meta.c = &w.c;
	rows_init(&w.rows);
	rowfile_init(&w.file);
	batch_init(&w.batch, &w.c, &w.meta, pool);
	ok = connect(&w, &e);
	if (pool_connected(pool, ok, &e) && !ok)
		pool_done(pool, NULL, &e);
	if (ok)
		work(&w);
	batch_release(&w.batch);
	rows_release(&w.rows);
	rowfile_release(&w.file);
	buf_release(&w.meta.sql);
	arena_release(&w.arena);
	conn_close(&w.c);
	return NULL;
}
