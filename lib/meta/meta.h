/*
 * meta.h - the downstream's meta tables: checkpoint, loader's progress, lease. The only code that knows them.
 *
 * Tables `TASK_syncer_checkpoint`, `TASK_loader_checkpoint`, `TASK_onlineddl`, `TASK_state`, `TASK_lease`, `TASK_shard_ddl` (see shard.h) in the meta schema, named and
 * columned as DM's where DM has one; see dm-task(5). A struct meta works for one (task, source) over a connection
 * that it borrows, so that its statements join the caller's transaction. Callers: dm-meta, dm-load, dm-sync.
 */
#ifndef META_META_H
#define META_META_H

#include "mysql/conn.h"
#include "schema/table.h"
#include "stream/event.h"

struct meta {
	struct conn *c;			/* borrowed */
	struct str schema, task, source;
	struct buf sql;			/* scratch */
	char owner[200];		/* our lease: host:pid:start@machine */
	bool holds;			/* the lease was taken */
	char place[256];		/* of the dump that is loaded now; "" before meta_load_begin */
	bool place_is_start;		/* changes are read from there on */
};

extern const struct err_kind err_meta_lease_held;	/* somebody else works on it: 75 */
extern const struct err_kind err_meta_lease_lost;	/* 75 */
extern const struct err_kind err_meta_name;		/* a name or id that does not fit: 78 */
extern const struct err_kind err_meta_row;		/* what stands in a meta table cannot be read: 65 */
extern const struct err_kind err_meta_loaded;		/* the load is finished, or changes were applied: 69 */

/* Creates schema and tables where they are not there; widens DM's own where those are there. Not inside a
 * transaction. task and source are borrowed; source "" only for meta_drop's sake. */
bool meta_open(struct meta *m, struct conn *c, struct str schema, struct str task, struct str source, struct err *e);
void meta_release(struct meta *m);

/* Are the tables there? Only then may a meta that was set up with meta_init, and not with meta_open, be asked. */
void meta_init(struct meta *m, struct conn *c, struct str schema, struct str task, struct str source);
bool meta_is_there(struct meta *m, bool *there, struct err *e);

/* Forgets all about this source: place, structures, state lines, load. The lease stays. */
bool meta_forget(struct meta *m, struct err *e);

/* Drops every meta table of the task, DM's too. Refuses while somebody holds a lease on one of its sources. */
bool meta_drop(struct conn *c, struct str schema, struct str task, struct err *e);

/* One writer: takes the (task, source) lease, or an error that names the holder. A holder on this host whose process
 * is gone, or one that did not renew for 30 s, is replaced. meta_lease_hold renews it inside the caller's
 * transaction, and fails where it was lost; so does meta_lease_drop. */
bool meta_lease_take(struct meta *m, struct err *e);
bool meta_lease_hold(struct meta *m, struct err *e);
bool meta_lease_drop(struct meta *m, struct err *e);

/* An error where somebody holds it. */
bool meta_lease_free(struct meta *m, struct err *e);

/* Who holds it, for people: "process 12 on host 'a', seen 1.2 s ago"; "" nobody. */
bool meta_lease_show(struct meta *m, struct arena *a, struct str *holder, struct err *e);

/* Whoever holds it has lost it, and for the next 55 seconds only this host may take it. */
bool meta_lease_give(struct meta *m, struct str host, struct err *e);

/* All leases of the task, in a. */
struct meta_lease {
	struct str source, host;
	bool held;			/* by a process; else the host may take it */
	bool dead;			/* its holder is gone, or it was handed over and not taken */
};
bool meta_lease_list(struct meta *m, struct arena *a, struct meta_lease **leases, size_t *n, struct err *e);

/* The global place of the source: the row with is_global = 1. */
struct meta_place {
	bool exists;
	struct str file, gtid;
	uint64_t pos;
	struct str exit_file, exit_gtid;	/* safe mode until here; "" none */
	uint64_t exit_pos;
	bool moved;			/* by an operator, since it was written */
	struct str applied;			/* "FILE:POS": how far, where a restart must read from an earlier
						 * place; "" that is the place. For meta_place_get only */
	bool anchored;				/* that earlier place has its own GTID set, and applied has this one */
	struct str applied_gtid;
};

/* Where an operator has edited binlog_name or binlog_pos, the task has moved: the GTID set that stood beside is
 * dropped, so the place counts, and so is the memory of whose place it was; and after a move back, safe mode lasts until
 * the place where it was. */
bool meta_place_get(struct meta *m, struct arena *a, struct meta_place *place, struct err *e);
bool meta_place_put(struct meta *m, const struct meta_place *place, struct err *e);

/* What was applied behind the place, by transactions that do not move it: text of the caller's own form (done), one for
 * each (worker, n), valid for as long as base, the place that it was written beside, is the checkpoint's. put writes inside the
 * caller's transaction, and only while the lease is ours: it keeps others from taking it until the commit. */
bool meta_applied_put(struct meta *m, uint64_t worker, uint64_t n, struct str base, struct str done, struct err *e);
bool meta_applied_has(struct meta *m, uint64_t worker, uint64_t n, bool *yes, struct err *e);
bool meta_applied_clear(struct meta *m, struct err *e);

/* Calls take for each that belongs to base; *next is a number n that is free for all workers. */
bool meta_applied_read(struct meta *m, struct str base, uint64_t *next,
		       bool (*take)(void *context, struct str done, struct err *e), void *context, struct err *e);

/* What belongs to the place and to no other: the state lines "applied" of dm-sync, "xa" and "server" of dm-relay, and the
 * structures: who goes on with them elsewhere may take columns of one type for each other. */
bool meta_place_forget(struct meta *m, struct err *e);

/* Structures by upstream table, as `table` lines (table_info of the table's row); line is JSON without newline. */
bool meta_table_put(struct meta *m, struct str schema, struct str table, struct str line, struct err *e);
/* Those whose structures are known. */
bool meta_tables(struct meta *m, struct arena *a, struct event_name **names, size_t *n, struct err *e);
/* line is "" (p not NULL) where it is not known. */
bool meta_table_get(struct meta *m, struct arena *a, struct str schema, struct str table, struct str *line, struct err *e);
bool meta_table_drop(struct meta *m, struct str schema, struct str table,
		     struct err *e);	/* table "": the whole schema */

/* State lines of stages, and our own small facts (stage "dm-sync", key "ddl": the statement that was announced;
 * "applied": how far, where a restart must read from an earlier place; gone once the task was moved). value is JSON.
 * The stages dm-sync, dm-load and dm-meta are not part of the resume document. value is "" (p not NULL) where there
 * is none. Those of the stage "dm-online-ddl", whose keys are `schema`.`table`, stand in DM's own table. */
bool meta_state_put(struct meta *m, struct str stage, struct str key, struct str value, struct err *e);
bool meta_state_get(struct meta *m, struct arena *a, struct str stage, struct str key, struct str *value,
		    struct err *e);
bool meta_state_drop(struct meta *m, struct str stage, struct str key, struct err *e);

/* The resume document: state lines, table lines, snapshot line. From the syncer's checkpoint; without one, from a
 * finished load. *exists false: there is neither, and what stands in out is what an operator has given for the start. */
bool meta_resume_document(struct meta *m, struct buf *out, bool *exists, struct err *e);

/* The loader. begin: remembers the dump's place (pos, gtid as the snapshot line gives them; pos_end where it is not
 * consistent). Where an unfinished load of another place is there, the older place is kept as the start and the new
 * one becomes the end of safe mode; *again is then true. */
bool meta_load_begin(struct meta *m, struct str pos, struct str gtid, struct str pos_end, bool *again, struct err *e);
bool meta_load_is_finished(struct meta *m, bool *finished, struct err *e);
bool meta_load_chunk_is_done(struct meta *m, struct str chunk, bool *done, struct err *e);
/* Did an earlier load, of another place, commit rows of this upstream table? */
bool meta_load_table_touched(struct meta *m, struct str schema, struct str table, bool *touched, struct err *e);
bool meta_load_chunk_done(struct meta *m, struct str schema, struct str table, struct str chunk, uint64_t rows,
			  uint64_t bytes, struct err *e);
/* Some of a chunk, in its own order: its first rows are there. end_pos is then one more than offset. */
bool meta_load_chunk_part(struct meta *m, struct str schema, struct str table, struct str chunk, uint64_t rows,
			  uint64_t bytes, struct err *e);
struct meta_load_chunk {
	bool done;
	uint64_t rows, bytes;		/* 0: nothing of it is there */
};
bool meta_load_chunk_get(struct meta *m, struct str chunk, struct meta_load_chunk *got, struct err *e);
bool meta_load_table_put(struct meta *m, struct str schema, struct str table, struct str line, struct err *e);
bool meta_load_table_drop(struct meta *m, struct str schema, struct str table, struct err *e);
bool meta_load_finish(struct meta *m, struct err *e);

/* Chunks that were loaded, of the dump that was last begun; for people. */
struct meta_load_sum {
	bool begun, finished;
	uint64_t chunks, rows, bytes;
	struct str place;		/* that changes are to start from */
};
bool meta_load_sum(struct meta *m, struct arena *a, struct meta_load_sum *sum, struct err *e);

/* Upstream tables whose structure is kept. */
bool meta_count_tables(struct meta *m, uint64_t *n, struct err *e);

#endif
