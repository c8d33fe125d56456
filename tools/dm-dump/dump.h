/*
 * dump.h - what the parts of dm-dump share: what is wanted, what is dumped, where it goes.
 *
 * The main thread connects, takes the snapshot, writes the structures and then waits; workers, each with a connection in
 * that snapshot, dump chunks. Nobody but the holder of the output's token writes, and a worker holds it from the first
 * byte of a chunk to the last, so chunks do not interleave. Callers: the files of this tool.
 */
#ifndef DUMP_DUMP_H
#define DUMP_DUMP_H

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "base/map.h"
#include "config/options.h"
#include "files.h"
#include "mysql/server.h"
#include "rules/rules.h"
#include "status/status.h"
#include "stream/event.h"
#include "value.h"

#define LINE_ROWS (1 << 20)	/* a new line once its rows pass this */
#define WORKER_BUFFER (4 << 20)	/* what a worker holds before it waits for the token */
#define CHUNK_BYTES (2 << 20)	/* of table data in a chunk, by the server's estimate: so that most fit the buffer */
#define FILE_BYTES (16 << 20)	/* the same into files: some for each connection, and not too many */
#define VALUE_LIMIT (3UL << 30)	/* the longest row as a line: 1 GiB, doubled by escapes, and some */

enum dump_consistency {
	CONSISTENCY_AUTO, CONSISTENCY_FLUSH, CONSISTENCY_LOCK, CONSISTENCY_SNAPSHOT, CONSISTENCY_NONE
};

enum dump_definer { DEFINER_KEPT, DEFINER_DROPPED, DEFINER_REPLACED };

/* What the command line and the files come to. */
struct dump_want {
	struct endpoint at;
	struct str source;
	uint64_t threads, rows;
	bool rows_said;			/* by somebody, so that it is no default */
	struct str where;
	enum dump_consistency how;
	bool consistent;		/* of one moment: how is not none */
	bool check_binlog;		/* changes will be wanted after the dump */
	struct str moment;		/* --snapshot: of TiDB; "": now */
	bool block_ddl;			/* others' DDL waits until the dump is done */
	uint64_t lock_wait, lock_time;	/* seconds */
	struct rules *rules;		/* NULL: everything */
	struct opt_list databases;	/* only these; empty: all */
	enum opt_switch by_key;		/* sort rows; unsaid: where that is for nothing */
	struct table_filter *filter;	/* --filter, --tables-list; NULL: rules */
	struct str params;		/* ", name = value" */

	/* Into a directory: */
	struct dump_dir *dir;		/* NULL: a stream */
	const char *path;
	bool overwrite;
	bool csv, complete_insert, no_schemas, no_data, no_views, triggers, routines, events;
	enum dump_packing packing;
	struct dump_csv csv_form;	/* backslash: of SQL, too */
	uint64_t filesize, statement_size;
	struct file_template data_name;
	enum dump_definer definer;
	struct str definer_name;	/* user@host */
	time_t started;
	struct arena arena;
};

/* Conditions of the rows behind a place where a table is cut, and of those before it. */
struct dump_bound {
	struct str from, before;
};

struct dump_table {
	struct str schema, name;
	uint64_t signature;		/* of the columns' names and types when the snapshot was taken */
	uint64_t identity;		/* of the table itself, then: another one may come by this name */
	bool is_sequence;		/* created before the tables, whose defaults may ask it */
	bool needs_lock;		/* its engine has no snapshots: dumped first, under the lock */
	struct table structure;
	bool known;			/* structure is there */
	struct value_column *values;
	struct str select;		/* "SELECT ... FROM ..." */
	struct str insert;		/* into files: "INSERT INTO ... VALUES\n", or the head line of a CSV file */
	struct str force, order;	/* " FORCE INDEX ...", " ORDER BY ..." or "" */
	struct dump_bound *bounds;	/* n_chunks - 1 of them */
	uint64_t cut_hash;		/* of all bounds */
	uint64_t n_chunks;
	uint64_t rows_estimate, row_bytes, bytes_estimate;
	uint64_t chunks_left;		/* not yet written; the crew's lock */
};

struct dump_view {
	struct str schema, name;
};

struct catalog {
	struct arena arena;
	size_t n_views;
	struct dump_view *views;	/* unless they are not wanted */
	size_t n_schemas, n_tables;
	struct str *schemas;
	struct dump_table *tables;	/* those that need the lock first */
};

enum snapshot_lock { LOCK_NONE, LOCK_GLOBAL, LOCK_STAGE, LOCK_TABLES };	/* FTWRL, BACKUP STAGE, LOCK TABLES */

struct snapshot {
	struct arena arena;
	struct conn control;		/* holds the lock; reads structures */
	struct str control_id;		/* that connection's, for KILL */
	struct conn *workers;		/* n, each in its transaction */
	size_t n;
	struct str flavor;
	struct server_place place, place_end;
	enum snapshot_lock locked;
	const char *lock_name;
	int64_t locked_at;		/* ms */
	bool ddl_blocked;		/* by LOCK INSTANCE FOR BACKUP or BACKUP STAGE */
	int64_t ddl_blocked_at;
};

struct output {
	pthread_mutex_t token;
	struct line_out *line;
};

/* Counts for progress. */
struct dump_counts {
	atomic_uint_least64_t rows, bytes, tables;
};

struct chunk {
	struct dump_table *table;
	uint64_t number;		/* from 0 */
};

extern const struct err_kind err_dump_changed;	/* a table is not what it was when the snapshot was taken */
extern const struct err_kind err_thread;

int64_t clock_ms(void);

/* wait.c: one place where all connections wait, so that stopping wakes everybody. */
bool wait_init(struct err *e);
void wait_stop(void);			/* from now on every wait of every thread fails */
bool wait_stopping(void);
void wait_in_worker(void);		/* this thread takes no signals */
void wait_wake(void);			/* a worker: there is news for the main thread */
void wait_for_news(int tick_ms);	/* the main thread; a signal becomes wait_stop */
int wait_io(int fd, bool is_read, int timeout_ms);	/* for conn_want */
void wait_until_ms(int64_t deadline);	/* the main thread's waits for a server fail from then on; 0: never */

/* options.c: what extra-args of a task may say, too */
struct dump_options {
	uint64_t threads, rows, statement_size;
	struct opt_list databases, tables, filters;
	const char *where, *consistency, *moment, *filesize, *filetype, *compress, *file_template, *params, *definer;
	const char *separator, *delimiter, *null_value, *terminator;
	enum opt_switch no_header, no_schemas, no_data, no_views, by_key, complete_insert, backslash, case_sensitive;
	enum opt_switch no_locks, transactional, block_ddl, triggers, routines, events;
};
extern const struct opt dump_options[];
/* The words of extra-args, as options; those of over win. */
bool dump_options_add(struct dump_options *over, struct str extra_args, struct arena *a, struct err *e);

/* setup.c */
struct dump_settings {
	struct config_settings config;
	struct connection_settings connection;
	struct dump_options options;
	uint64_t lock_wait, lock_time;
	const char *output;
	bool overwrite;
	struct status_settings status;
};
bool dump_want_init(struct dump_want *want, struct config *config, struct dump_settings *settings, struct err *e);
void dump_want_release(struct dump_want *want);

/* table_filter.c: Dumpling's --filter. The last rule that matches decides; what none matches is not wanted. */
struct table_filter *table_filter_new(void);
bool table_filter_add(struct table_filter *f, struct str rule, bool case_sensitive, struct err *e);
bool table_filter_add_name(struct table_filter *f, struct str name, struct err *e);	/* schema.table, as it is */
/* The next of "a,b,c", as Dumpling parts such lists: what holds a comma stands in quotes or, of patterns, in what the
 * syntax itself quotes (`a,b`.c, /x{1,2}/.*, t[,]). False at the end. */
bool list_next(struct str *rest, struct str *item, bool patterns, struct arena *a);
bool table_filter_wants(struct table_filter *f, struct str schema, struct str table);
bool table_filter_found(const struct table_filter *f, struct err *e);	/* was each name asked for? */
void table_filter_free(struct table_filter *f);

/* snapshot.c */
bool snapshot_connect(struct snapshot *s, struct dump_want *want, struct err *e);
/* Reads the catalog too. At the end the lock is still held only where catalog_needs_lock. */
bool snapshot_take(struct snapshot *s, const struct dump_want *want, struct catalog *catalog, struct err *e);
bool snapshot_settled(struct snapshot *s, const struct dump_want *want, struct err *e);	/* all structures are read */
bool snapshot_done(struct snapshot *s, struct err *e);		/* all rows are */
void snapshot_kill(struct snapshot *s, const struct dump_want *want);	/* so that its lock goes */
void snapshot_release(struct snapshot *s);

/* What the ways to one moment share. */
bool snapshot_begin(struct snapshot *s, struct err *e);		/* a transaction with its snapshot on each worker, at once */
bool snapshot_end(struct snapshot *s, struct err *e);		/* those transactions end */
bool snapshot_place(struct snapshot *s, const struct dump_want *want, struct server_place *place, struct err *e);
bool snapshot_let_go(struct conn *conn, struct err *e);		/* of the tables that a worker's transaction has read */

/* xa.c: refuses while XA transactions are prepared. */
bool snapshot_check_xa(struct snapshot *s, const struct dump_want *want, struct err *e);

/* agree.c: one moment without a lock, where no commit came in between: *taken; else all transactions have ended. */
bool snapshot_agree(struct snapshot *s, const struct dump_want *want, bool *taken, struct err *e);
/* The window of --consistency none: snapshots, and the places before and after them. */
bool snapshot_window(struct snapshot *s, const struct dump_want *want, struct err *e);

/* tidb.c: what --consistency comes to on this server; and TiDB's own way. */
bool snapshot_of_server(const struct snapshot *s, struct dump_want *want, struct err *e);
bool snapshot_of_tidb(struct snapshot *s, const struct dump_want *want, struct err *e);

/* lock.c: by FLUSH TABLES WITH READ LOCK or MariaDB's BACKUP STAGE or, where that is not granted or not wanted, LOCK
 * TABLES. */
extern const struct err_kind err_lock_held;
bool snapshot_lock(struct snapshot *s, const struct dump_want *want, struct catalog *catalog, struct err *e);
bool snapshot_unlock(struct snapshot *s, struct err *e);
void snapshot_explain(struct snapshot *s, const struct dump_want *want, struct err *e);
/* Others' DDL waits from now on. Where it is not wanted to the end, only if that is granted and can be had at once. */
bool snapshot_block_ddl(struct snapshot *s, const struct dump_want *want, struct err *e);
bool snapshot_unblock_ddl(struct snapshot *s, struct err *e);

/* catalog.c: which schemas and tables there are now. The hash differs when a table came, went or was altered. */
bool catalog_read(struct catalog *c, struct conn *conn, const struct dump_want *want, struct err *e);
uint64_t catalog_hash(const struct catalog *c);
/* Is t still the table that it was when the catalog was read? */
bool catalog_check(const struct dump_table *t, struct conn *conn, struct err *e);
bool catalog_needs_lock(const struct catalog *c);
void catalog_release(struct catalog *c);
uint64_t signature_add(uint64_t signature, struct str name, struct str type);

/* structure.c: reads one table's structure and estimates, cuts it into chunks. */
bool structure_read(struct dump_table *t, struct arena *a, struct conn *conn, const struct dump_want *want,
		    struct err *e);

/* cut.c: into n_chunks and bounds; and a chunk's name and its SELECT. The same rows of the same snapshot have the same
 * name, and other rows another: dm-load skips by it what it has. What stands before the '*' is how the table was cut. */
bool cut_table(struct dump_table *t, struct arena *a, struct conn *conn, const struct dump_want *want, struct err *e);

/* head.c: everything in front of the first chunk. table_read: the CREATE statement, then the structure, so that
 * whatever changed the one since the snapshot is seen in the other. */
bool table_read(struct dump_table *t, struct str *sql, struct arena *a, struct catalog *catalog, struct conn *conn,
		const struct dump_want *want, struct err *e);
bool server_identity(struct snapshot *s, struct str *identity, struct err *e);	/* whose places; "" where servers have none */
bool head_put(struct output *out, struct catalog *catalog, struct snapshot *s, const struct dump_want *want,
	      struct err *e);

/* report.c */
struct report {
	struct status *status;
	int64_t started;		/* ms */
	uint64_t tables, rows;		/* in all; rows by the server's estimate */
	uint64_t empty;			/* tables of which no rows are asked for */
};
extern const struct metric_table dump_metrics;
void report_init(struct report *r, struct status *status, const struct catalog *catalog);
bool report_show(struct report *r, struct dump_counts *counts, struct err *e);
bool report_end(struct report *r, struct dump_counts *counts, struct err *e);

/* chunk.c: room is a worker's own. False, with e empty, when the dump stops meanwhile. After a failure the token may
 * still be held, so that nobody writes behind half a chunk; release gives it back. */
struct chunk_room {
	struct buf lines, scratch;
	struct output *out;
	bool token;
};
void chunk_room_init(struct chunk_room *room, struct output *out);
void chunk_room_release(struct chunk_room *room);
bool chunk_dump(const struct chunk *chunk, struct conn *conn, struct chunk_room *room, const struct dump_want *want,
		struct dump_counts *counts, struct err *e);

bool chunk_explain(const struct conn *conn, const struct dump_table *t, struct err *e);
void chunk_id_put(struct buf *b, const struct chunk *chunk, struct str where);
void chunk_select_put(struct buf *sql, const struct chunk *chunk, struct str where);
void room_shrink(struct buf *b, size_t most);

/* data.c: the same into files */
struct file_room {
	struct buf text, scratch;
	struct out_file file;
};
void file_room_init(struct file_room *room);
void file_room_release(struct file_room *room);
bool chunk_to_files(const struct chunk *chunk, struct conn *conn, struct file_room *room, const struct dump_want *want,
		    struct dump_counts *counts, struct err *e);

/* directory.c: table_prepare tells how rows of a table are asked for and written. */
bool table_prepare(struct dump_table *t, struct arena *a, const struct dump_want *want, struct err *e);
bool directory_begin(struct catalog *catalog, struct snapshot *s, const struct dump_want *want, struct err *e);
bool directory_end(struct snapshot *s, const struct dump_want *want, struct err *e);

/* spell.c: a CREATE statement with every collation said */
bool spell_create(struct buf *out, struct str sql, const struct dump_table *t, struct conn *conn, struct err *e);
bool spell_schema(struct buf *out, struct str sql, struct str schema, struct conn *conn, struct err *e);

/* views.c, programs.c: program_put is a CREATE statement with the DEFINER that is wanted. */
extern const char program_head[];
bool views_put(struct dump_dir *dir, const struct catalog *catalog, struct conn *conn, const struct dump_want *want,
	       struct err *e);
bool programs_put(struct dump_dir *dir, const struct catalog *catalog, struct conn *conn, const struct dump_want *want,
		  struct err *e);
void program_put(struct buf *out, struct str sql, const struct dump_want *want);

/* crew.c: runs the workers to the end; status and progress meanwhile. True, with wait_stopping, when a signal ended
 * it. */
bool crew_run(struct catalog *catalog, struct snapshot *s, struct output *out, const struct dump_want *want,
	      struct report *report, struct err *e);

#endif
