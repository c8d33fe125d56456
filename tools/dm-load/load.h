/*
 * load.h - what the parts of dm-load share: what is wanted, where rows go, who carries them.
 *
 * The main thread reads the stream, creates tables over its own connection, and hands each chunk to a worker, line by
 * line, through a pool that bounds what waits. A worker loads its chunk, with the chunk's checkpoint in the same
 * transaction. Only the main thread begins and finishes a load in the meta tables. Callers: the files of this tool.
 */
#ifndef LOAD_LOAD_H
#define LOAD_LOAD_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/map.h"
#include "config/options.h"
#include "meta/meta.h"
#include "mysql/server.h"
#include "catalog.h"
#include "rules/rules.h"
#include "schema/ddl.h"
#include "status/status.h"
#include "stream/rows.h"

#define LINE_LIMIT (3UL << 30)		/* the longest line that is taken: a row of 1 GiB, with escapes */
#define QUEUE_BYTES (64 << 20)		/* lines that wait for workers, over all */
#define STATEMENT_BYTES 1000000
#define TRANSACTION_BYTES (4 << 20)	/* what a worker keeps to be able to try again */

enum on_duplicate { DUPLICATE_REPLACE, DUPLICATE_ERROR, DUPLICATE_IGNORE };

struct load_want {
	struct endpoint at;
	struct str task, source, meta_schema;	/* source "": that of the stream */
	bool by_gtid;			/* changes will be followed so: places of servers need not agree */
	uint64_t threads;
	enum on_duplicate on_duplicate;
	struct dir_want dir;		/* path NULL: a stream */
	struct rules *rules;		/* of a directory; NULL: everything */
	bool filter_full;		/* the event filter's insert rule counts, too */
	bool no_views, triggers;
	struct str definer;		/* "" kept, "drop", or user@host */
	struct arena arena;
};

struct target_counts {
	atomic_uint_least64_t rows;	/* of files: that are there, those of earlier tries too */
	atomic_size_t files;		/* files, or chunks of a stream, that are not yet done */
};

/* Where the rows of an upstream table go. What workers read of it, without a lock, does not change. */
struct target {
	struct table upstream;
	struct table downstream;
	size_t n;
	size_t *from, *to;		/* columns that are written: their numbers upstream and downstream */
	struct str insert;		/* "REPLACE INTO `s`.`t` (`a`,`b`) VALUES " */
	struct str load;		/* "LOAD DATA LOCAL ...", "" where the columns want statements */
	struct str load_ascii;		/* the same for data without any other character, which servers read faster */
	bool *coded;			/* of the columns that are written: hexadecimal digits stand in the data */
	bool idempotent;		/* the same rows again change nothing */
	struct target_counts *counts;	/* NULL: how many there are to come is not known */
	bool cut_checked;		/* the main thread's: its chunks are those of an earlier try */
	uint64_t of, seen;		/* the main thread's: chunks that the stream is to have, 0 not known; that came */
	uint8_t *came;			/* of bits: which; owned */
	struct target *next;		/* all that were made */
	struct arena arena;
};

/* A key that is made when the rows are there. */
struct key_owed {
	struct key_owed *next;
	size_t start, end;		/* in the CREATE: its comma and it */
	struct str text;		/* "KEY `k` (`a`)" */
};

/* What a table is owed. */
struct owed {
	struct owed *next;		/* of a list */
	struct event_name to;
	struct key_owed *keys;		/* NULL: nothing */
};

struct job_line {
	struct job_line *next;
	struct str text;
};

/* A chunk on its way to a worker. */
struct job {
	struct job *next;
	const struct target *target;
	const struct load_file *file;	/* rows come from it, and no lines do */
	const struct ddl_event *ddl;	/* no chunk: a table to be made */
	const struct owed *keys;	/* no chunk: keys that a table is owed */
	struct str id;			/* owned */
	struct job_line *first, **last;	/* lines that came and were not taken */
	bool whole;			/* chunk_end came */
	uint64_t rows;			/* then: as many as it says that there are */
	bool dropped;			/* it will not come */
};

struct load_counts {
	atomic_uint_least64_t rows, bytes;	/* committed */
	atomic_uint_least64_t skipped_rows, skipped_bytes;	/* an earlier try has loaded them */
	atomic_uint_least64_t tables;		/* all of whose rows are there */
};

struct pool {
	const struct load_want *want;
	struct meta meta;		/* as the main thread's was when it began; workers copy it for their connections */
	struct str sql_mode;
	uint64_t packet;		/* max_allowed_packet downstream */
	bool read_committed;		/* sessions lock no gaps */
	bool local_infile;		/* the downstream takes LOAD DATA LOCAL */
	struct load_counts *counts;
	int dir;			/* that files are read from */
	const struct row_form *form;	/* how rows stand in them */
	bool mariadb;			/* the dump is one of MariaDB */

	pthread_mutex_t lock;		/* what follows */
	pthread_cond_t for_workers, for_main;
	struct job *first, **last;	/* not yet taken */
	size_t n_first;			/* how many */
	size_t n_open;			/* not yet done, those that were taken too */
	size_t queued;			/* bytes of lines */
	bool closing;			/* no more jobs come */
	bool stopping;			/* begin no more jobs */
	struct err error;		/* the first */
	pthread_t *threads;
	size_t n_threads, max;		/* max: at most so many, fewer once the server refuses more */
	size_t starting, connected, idle;
};

extern const struct err_kind err_load_columns;	/* the downstream table cannot take the rows */
extern const struct err_kind err_load_value;	/* a value would be changed, or cannot be sent */

int64_t clock_ms(void);

/* setup.c */
struct load_settings {
	struct config_settings config;
	struct connection_settings connection;
	const char *task, *meta_schema, *on_duplicate;
	const char *dir, *definer;
	struct opt_list patterns, schemas, tables, types;
	struct form_want form;
	bool filter_full, no_views, triggers, case_sensitive;
	struct opt_list routes;
	uint64_t threads;
	struct status_settings status;
};
bool load_want_init(struct load_want *want, struct config *config, const struct load_settings *settings, struct err *e);
void load_want_release(struct load_want *want);

/* ddl.c: runs a CREATE of the stream where what it creates is not there yet. */
bool ddl_create(struct conn *c, const struct ddl_event *ddl, bool mariadb, struct err *e);

/* target.c: NULL with e filled where the downstream table cannot take the rows. line is the `table` line. */
struct target *target_new(struct conn *c, struct str line, enum on_duplicate on_duplicate, struct err *e);
/* The same of a structure. */
struct target_want {
	const struct table *upstream;	/* NULL: it is not known, and taken to be that of the downstream table */
	struct event_name name, to;
	enum on_duplicate on_duplicate;
	size_t n_extracts;		/* columns that the route adds to each row */
	const struct rules_column *extracts;
};
struct target *target_of(struct conn *c, const struct target_want *want, struct err *e);
void target_part_done(const struct target *t, struct load_counts *counts);	/* a file, a chunk: is it the last one? */
void target_free(struct target *t);

/* pool.c: for the main thread. tick is called while it waits, about four times a second or more; false from it ends the
 * waiting. */
struct pool_tick {
	bool (*call)(void *context, struct err *e);
	void *context;
};
void pool_init(struct pool *p, const struct load_want *want, struct load_counts *counts);
void pool_release(struct pool *p);
bool pool_start_job(struct pool *p, const struct target *t, struct str id, struct job **job, struct err *e);
/* Chunks that need no lines. */
bool pool_add_file(struct pool *p, const struct target *t, const struct load_file *file, struct err *e);
bool pool_add_ddl(struct pool *p, const struct ddl_event *ddl, struct str name, struct err *e);
bool pool_add_keys(struct pool *p, const struct owed *owed, struct str name, struct err *e);
bool pool_add_line(struct pool *p, struct job *job, struct str line, const struct pool_tick *tick, struct err *e);
void pool_end_job(struct pool *p, struct job *job, uint64_t rows);	/* it is whole, with so many rows */
void pool_drop_job(struct pool *p, struct job *job);	/* it never will be: rolled back */
/* Waits until all whole chunks are loaded. */
bool pool_drain(struct pool *p, const struct pool_tick *tick, struct err *e);
/* Ends all workers. A chunk that is not whole is rolled back, one that nobody has begun is left. */
void pool_close(struct pool *p);
/* False, with e filled, when a worker failed. */
bool pool_is_well(struct pool *p, struct err *e);

/* For workers. */
bool pool_connected(struct pool *p, bool ok, const struct err *why);	/* false: the worker is not needed */
struct job *pool_take(struct pool *p);				/* NULL: no more */
bool pool_stops(struct pool *p);
enum pool_line { POOL_LINE, POOL_WHOLE, POOL_STOP };
enum pool_line pool_take_line(struct pool *p, struct job *job, struct job_line **line);
void pool_done(struct pool *p, struct job *job, const struct err *e);	/* e: it failed; NULL else */

/* worker.c */
void *worker_main(void *pool);

/* batch.c: one transaction as statements, kept so that it can be tried again. */
struct statement {
	size_t end;			/* in sql */
	bool data;			/* it is what the target's LOAD DATA reads */
	size_t zeroes;			/* error values of enums in it */
};
struct batch {
	struct conn *c;
	struct meta *meta;
	const struct pool *pool;
	const struct target *target;
	struct str chunk;
	struct buf sql;			/* the statements, one behind the other, and the one that is being built */
	struct statement *statements;
	size_t n, room, next;		/* statements; the one that is sent next */
	bool begun;			/* a transaction is open */
	bool kept;			/* sql holds all of it */
	size_t rows;			/* in the statement that is being built */
	bool data;			/* which is a LOAD DATA */
	uint64_t row;			/* of the chunk, from 1 */
	uint64_t sent;			/* of them, those in statements that were sent */
	uint64_t done_rows, done_bytes;	/* of the chunk, committed and counted */
	bool in_parts;			/* the chunk may be committed in parts, each with how far it came */
	uint64_t at;			/* then: bytes that the rows so far took */
	unsigned seed;			/* for pauses */
};
void batch_init(struct batch *b, struct conn *c, struct meta *meta, const struct pool *pool);
void batch_release(struct batch *b);
void batch_start(struct batch *b, const struct target *t, struct str chunk);
/* Of a file, of which an earlier try has loaded the first rows. */
void batch_go_on(struct batch *b, const struct meta_load_chunk *from);
bool batch_add(struct batch *b, const struct row_value *row, struct err *e);
/* Sends what is left and commits it together with the chunk's checkpoint. */
bool batch_commit(struct batch *b, uint64_t bytes, struct err *e);
void batch_drop(struct batch *b);	/* rolls back */

/* data.c: rows for LOAD DATA. */
bool data_can_hold(const struct target *t, const struct row_value *row);
void data_put_row(struct buf *out, const struct target *t, const struct row_value *row);
struct str data_statement(const struct target *t, struct str data);	/* that loads it */
/* t->load, t->load_ascii and t->coded. */
bool data_plan(struct target *t, const struct conn *c, enum on_duplicate on_duplicate, struct err *e);

/* warnings.c: false where the last statement changed a value. zeroes: error values of enums that it wrote. */
bool warnings_check(struct conn *c, const struct target *t, enum on_duplicate on_duplicate, size_t zeroes,
		    struct err *e);

/* report.c */
struct report {
	struct status *status;
	struct load_counts *counts;
	int64_t started;		/* ms */
	uint64_t rows;			/* in all, as dm-dump estimates; 0 not known */
	uint64_t bytes;			/* in all, where they are known; 0 not */
	uint64_t tables;		/* in all; 0 not known */
};
extern const struct metric_table load_metrics;
void report_place(struct report *r, struct str pos, struct str gtid);
bool report_show(struct report *r, struct err *e);
bool report_end(struct report *r, struct err *e);

/* session.c: what a load needs, whatever it reads. */
struct session {
	const struct load_want *want;
	struct conn c;			/* opened when a dump is seen: what is none changes nothing downstream */
	struct report *report;
	struct arena arena, line;	/* for as long as we run; for one line or table */
	struct str source, sql_mode;
	struct str server;		/* JSON: whose place; "" not known */
	struct str place;		/* of the dump */
	struct meta meta;
	bool begun;			/* meta is open */
	int64_t ticked, renewed;	/* ms */
	struct target *made;
	bool folds;			/* the downstream takes names that differ in case only for one */
	struct map folded;		/* "schema\0table" in lower case -> the target that is called so */
	struct pool pool;
};
void session_init(struct session *s, const struct load_want *want, struct report *report);
void session_release(struct session *s);
/* Connects, opens the meta tables and takes the lease. source and sql_mode are set before. */
bool session_open(struct session *s, struct err *e);
bool session_begin(struct session *s, struct str pos, struct str gtid, struct str pos_end, struct err *e);
bool session_tick(void *session, struct err *e);	/* false with e empty: stop */
struct pool_tick session_pool_tick(struct session *s);
/* Takes t over. line is its `table` line. */
bool session_add_target(struct session *s, struct target *t, struct str line, struct err *e);
bool session_double_rows(const struct target *t, struct err *e);	/* always false */
/* The last word. stopped: the error that a signal explains. */
bool session_report(struct report *report, bool ok, const struct err_kind *stopped, struct err *e);

/* feed.c: reads the stream to its end. */
bool feed(const struct load_want *want, struct report *report, struct err *e);

/* create.c: the structure that a CREATE TABLE gives, which is then the caller's; known false where it cannot be told. charset: of
 * its schema, "" not known. */
bool create_structure(struct table *t, bool *known, const struct ddl *parsed, struct str charset, struct err *e);

/* keys.c: takes the plain keys of a big table (bytes of data) that is not there out of its CREATE, sql, and makes them at the end. o->to
 * is filled; what o holds then is the session's. */
bool keys_put_off(struct session *s, struct owed *o, struct str *sql, const struct table *structure, uint64_t bytes, struct err *e);
bool keys_pay(struct session *s, struct owed *first, struct err *e);
bool keys_make(struct conn *c, const struct owed *o, struct err *e);	/* for workers */

/* restore.c: reads a directory. */
bool restore(const struct load_want *want, struct report *report, struct err *e);

#endif
