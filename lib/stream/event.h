/*
 * event.h - the lines of the stream as structs, and the structs as lines; see dm-stream(5).
 *
 * event_head_parse reads a line's keys but not its bulk; the *_line functions read whole lines; the *_put functions
 * write lines with their keys in the documented order and a newline at the end. This room is the only code that knows how an event
 * looks. Strings are borrowed from the line, or live in the arena that was given. Callers: tools, meta.
 */
#ifndef STREAM_EVENT_H
#define STREAM_EVENT_H

#include "base/arena.h"
#include "schema/table.h"
#include "stream/line.h"

#define STREAM_VERSION 1

extern const struct err_kind err_stream_version;	/* written by a newer tool */

enum event_type {
	EVENT_OTHER,		/* a type that we do not know: passed on */
	EVENT_STREAM, EVENT_STATE, EVENT_SNAPSHOT, EVENT_TABLE,
	EVENT_INSERT, EVENT_UPDATE, EVENT_DELETE,
	EVENT_DDL, EVENT_CHUNK, EVENT_CHUNK_END, EVENT_COMMIT, EVENT_HEARTBEAT, EVENT_END,
};

/* [schema, table] of a line; table "" where a statement is about a database. */
struct event_name {
	struct str schema, table;
};

/* All keys but the bulk. What a line does not have is empty or 0. */
struct event_head {
	enum event_type type;
	struct str schema, table;	/* upstream's names; for a ddl, schema is the default database */
	struct event_name to;		/* where routing sends it; schema and table where there was no "to" */
	bool routed;			/* "to" was there */
	struct str pos, gtid, resume, at, ts, head;
	uint64_t seq;
	struct str id;			/* chunk */
	struct str source, flavor, server_version;	/* stream */
	uint64_t version;
	struct str stage, key;		/* state */
	struct str reason;		/* end */
	bool consistent;		/* snapshot; true where the key is absent */
	struct str pos_end;
	struct str kind;		/* ddl */
	struct str doubt;		/* update: why the columns that are absent may have changed, too */
	uint64_t rows, bytes, of, rows_estimate;	/* chunk, chunk_end */
	size_t after_names;		/* offset in the line behind "table":"..." : where "to" goes */
	size_t to_start, to_end;	/* bytes of ,"to":[...] with its comma; both 0 where there is none */
};

/* Reads a head as line_head gives it: a whole line, or its first 64 KiB. A key that is not known is skipped. Stops at the bulk. False,
 * err_stream_syntax, where it is no line of ours (first key not "type", not JSON). */
bool event_head_parse(struct event_head *ev, struct str head, struct arena *a, struct err *e);

/* line_head and event_head_parse in one; also refuses a stream of another major version. The arena is cleared first,
 * and what is logged from here on is at the line's place. */
enum line_got event_next(struct line_in *in, struct event_head *ev, struct str *head, struct arena *a, struct err *e);

const char *event_type_name(enum event_type type);

/* Cuts "FILE:OFFSET" at its last colon. False when there is none or OFFSET is no number. */
bool event_pos_parse(struct str pos, struct str *file, uint64_t *offset);

/* Orders two places: file by its numeric suffix, then offset; files of a later sub-directory of a relay log
 * (bin|000002.000001) are behind all of an earlier one. A place that cannot be read sorts first. */
int event_pos_compare(struct str a, struct str b);

/* ddl, whole. */
struct ddl_event {
	struct str kind, schema;
	size_t n_tables;
	struct event_name *tables;	/* as upstream names them */
	struct event_name *to;		/* after routing; same pointer as tables where the line has no "to" */
	bool routed;
	struct str pos, at, gtid, ts;
	struct str sql_mode, charset, collation;
	struct str time_zone;		/* the statement's own; "" where the log has none */
	struct str sql;
};

bool ddl_line_parse(struct ddl_event *ddl, struct str line, struct arena *a, struct err *e);
void ddl_line_put(struct buf *b, const struct ddl_event *ddl);

/* Puts where the statement stands in front of what e says, as DM does, so that an operator can name it to handle-error:
 * "startLocation: [position: (FILE, OFFSET), gtid-set: ...], origin SQL: [...]: ". Not where trying again is the
 * way out. Always false. */
bool ddl_line_err(const struct ddl_event *ddl, struct err *e);

/* Leaves only those groups of names for which keep is true; the lists are made anew in a. */
void ddl_event_cut(struct ddl_event *ddl, const bool *keep, size_t group, struct arena *a);

/* table, whole: t is uninitialised before, and owned by the caller after success. to may be NULL. */
bool table_line_parse(struct table *t, struct event_name *to, struct str line, struct arena *a, struct err *e);
void table_line_put(struct buf *b, const struct table *t, const struct event_name *to);

/* Puts ,"extract":[["column","text"],...], as routing adds it to a table line: columns that every row has. They are columns of the
 * table that table_line_parse gives (see struct column), and table_line_put leaves them out. */
void extract_key_put(struct buf *b, const struct str (*columns)[2], size_t n);

/* state, whole: value is the raw JSON of its value. */
bool state_line_parse(struct str *stage, struct str *key, struct str *value, struct str line, struct arena *a, struct err *e);
void state_line_put(struct buf *b, struct str stage, struct str key, struct str raw_value);

/* The others: fields of head that are empty are left out. */
void stream_line_put(struct buf *b, const struct event_head *head);
void snapshot_line_put(struct buf *b, const struct event_head *head);
void chunk_line_put(struct buf *b, const struct event_head *head);
void chunk_end_line_put(struct buf *b, const struct event_head *head);
void commit_line_put(struct buf *b, const struct event_head *head);
void heartbeat_line_put(struct buf *b, const struct event_head *head);
void end_line_put(struct buf *b, const struct event_head *head);

/* The start of an insert, update or delete line, up to and with "rows":[ ; the producer puts the rows and "]}\n". */
void rows_line_start(struct buf *b, const struct event_head *head);

/* The same for images that are not whole: the numbers of the columns that are there, rising; NULL: all are. */
struct rows_columns {
	const size_t *before;		/* of delete and update */
	size_t n_before;
	const size_t *after;		/* of insert and update */
	size_t n_after;
};
void rows_line_start_partial(struct buf *b, const struct event_head *head, const struct rows_columns *columns);

/* Puts ,"to":[["s","t"],...] or ,"to":["s","t"], as routing adds it to a line. */
void to_key_put(struct buf *b, const struct event_name *to);
void to_list_key_put(struct buf *b, const struct event_name *to, size_t n);

#endif
