/*
 * event.h - one event of a binary log: its header, its checksum, and what its body says.
 *
 * Knows the events of MySQL 5.6 to 9.x and MariaDB 10.1 to 11.8, through a table of decoders. Any bytes at all are
 * safe; what is not known and not marked ignorable is an error, and so is what is known to lose data (an incident,
 * an event of the servers that is not supported yet). Rows stay bytes here: see table_map.h and rows.h. Pure: no
 * files, no sockets. Callers: dm-relay.
 *
 * An event borrows from the bytes that were given and from its decoder, until the decoder's next event.
 */
#ifndef BINLOG_EVENT_H
#define BINLOG_EVENT_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "binlog/gtid.h"

extern const struct err_kind err_binlog_event;		/* an event that is cut short or contradicts itself */
extern const struct err_kind err_binlog_checksum;
extern const struct err_kind err_binlog_unknown;	/* neither known nor ignorable */
extern const struct err_kind err_binlog_lost;		/* an incident: the upstream itself lost changes */
extern const struct err_kind err_binlog_file;		/* no binary log, or an encrypted one */

/* The servers' numbers. */
enum binlog_type {
	BINLOG_START_V3 = 1,
	BINLOG_QUERY = 2,
	BINLOG_STOP = 3,
	BINLOG_ROTATE = 4,
	BINLOG_INTVAR = 5,
	BINLOG_APPEND_BLOCK = 9,
	BINLOG_DELETE_FILE = 11,
	BINLOG_RAND = 13,
	BINLOG_USER_VAR = 14,
	BINLOG_FORMAT = 15,
	BINLOG_XID = 16,
	BINLOG_BEGIN_LOAD_QUERY = 17,
	BINLOG_EXECUTE_LOAD_QUERY = 18,
	BINLOG_TABLE_MAP = 19,
	BINLOG_WRITE_ROWS_V1 = 23, BINLOG_UPDATE_ROWS_V1 = 24, BINLOG_DELETE_ROWS_V1 = 25,
	BINLOG_INCIDENT = 26,
	BINLOG_HEARTBEAT = 27,
	BINLOG_IGNORABLE = 28,
	BINLOG_ROWS_QUERY = 29,
	BINLOG_WRITE_ROWS = 30, BINLOG_UPDATE_ROWS = 31, BINLOG_DELETE_ROWS = 32,
	BINLOG_GTID = 33,
	BINLOG_ANONYMOUS_GTID = 34,
	BINLOG_PREVIOUS_GTIDS = 35,
	BINLOG_TRANSACTION_CONTEXT = 36,
	BINLOG_VIEW_CHANGE = 37,
	BINLOG_XA_PREPARE = 38,
	BINLOG_PARTIAL_UPDATE_ROWS = 39,
	BINLOG_TRANSACTION_PAYLOAD = 40,
	BINLOG_HEARTBEAT_V2 = 41,
	BINLOG_GTID_TAGGED = 42,
	BINLOG_MARIADB_ANNOTATE = 160,
	BINLOG_MARIADB_CHECKPOINT = 161,
	BINLOG_MARIADB_GTID = 162,
	BINLOG_MARIADB_GTID_LIST = 163,
	BINLOG_START_ENCRYPTION = 164,
	BINLOG_MARIADB_QUERY_COMPRESSED = 165,
	BINLOG_MARIADB_WRITE_ROWS_COMPRESSED_V1 = 166,	/* to 168: update, delete */
	BINLOG_MARIADB_WRITE_ROWS_COMPRESSED = 169,	/* to 171 */
};

enum {
	BINLOG_HEADER_SIZE = 19,
	BINLOG_MAGIC_SIZE = 4,		/* the first event of a file stands behind these */

	BINLOG_FLAG_IN_USE = 0x1,
	BINLOG_FLAG_ARTIFICIAL = 0x20,
	BINLOG_FLAG_RELAY_LOG = 0x40,
	BINLOG_FLAG_IGNORABLE = 0x80,
};

struct binlog_header {
	uint32_t time;			/* seconds since 1970; 0 in artificial events */
	uint8_t type;
	uint32_t server_id;
	uint32_t size;			/* header, body and checksum */
	uint32_t end;			/* low half of the place behind it in the upstream's file; 0: not said */
	uint16_t flags;
};

enum binlog_checksum { CHECKSUM_UNKNOWN, CHECKSUM_NONE, CHECKSUM_CRC32 };

/* What a format description event says about the events of its file. */
struct binlog_format {
	bool mariadb;
	unsigned version;		/* 50624, 101119 */
	char server_version[51];
	enum binlog_checksum checksum;
	bool in_use;			/* the file was not closed when this was read */
	size_t header_size;
	size_t n_types;
	uint8_t post_header[255];	/* of type i + 1; only what n_types says is there */
};

struct binlog_place {
	struct str file;
	uint64_t pos;
};

struct binlog_query {
	struct str schema;		/* default database, UTF-8 */
	struct str text;		/* in the client's charset, see client */
	uint16_t error;
	uint64_t sql_mode;		/* see binlog_sql_mode_put */
	bool has_charset;
	uint16_t client, connection, server;	/* collation ids */
	struct str time_zone;		/* "" where the event has none */
	bool has_microseconds;
	uint32_t microseconds;		/* of the time in the header */
	bool has_timestamps;		/* explicit_defaults_for_timestamp is said */
	bool explicit_timestamps;
};

/* What names an XA transaction: format, and two strings of at most 64 bytes each. */
struct binlog_xid {
	int32_t format;
	struct str gtrid, bqual;
};

struct binlog_gtid {
	struct gtid gtid;		/* GTID_NONE for an anonymous one */
	uint64_t commit_us;		/* microseconds since 1970 of the commit upstream; 0: not said */
	bool standalone;		/* MariaDB: the next event is the whole group */
	bool xa_prepared, xa_completed;	/* MariaDB */
	bool alter_start, alter_commit, alter_rollback;	/* MariaDB: the halves of a two-phase ALTER */
};

struct binlog_gtid_list {
	size_t n;
	struct str entries;		/* see binlog_gtid_list_add */
};

enum rows_kind { ROWS_INSERT, ROWS_UPDATE, ROWS_DELETE };

struct binlog_rows {
	enum rows_kind kind;
	uint64_t table_id;
	bool statement_end;
	bool partial_json;		/* PARTIAL_UPDATE_ROWS */
	size_t n_columns;		/* 0: a dummy that only ends a statement */
	const uint8_t *before, *after;	/* bitmaps of the columns that are present, low bits first;
					 * before: of delete and update, after: of insert and update */
	struct str images;
};

struct binlog_table_map {
	uint64_t id;
	struct str body;		/* behind the id: see table_map.h */
};

struct binlog_xa_prepare {
	bool one_phase;			/* committed at once */
	struct binlog_xid xid;
};

struct binlog_event {
	struct binlog_header head;
	const char *name;		/* "write rows", for messages */
	bool ignore;			/* nothing in it changes data */
	struct str body;		/* behind the header, without the checksum */
	size_t checksum;		/* bytes of it, at the end; 0: none */
	union {
		struct binlog_place rotate, heartbeat;
		struct binlog_query query;
		struct binlog_gtid gtid;
		struct binlog_gtid_list gtid_list;
		struct binlog_rows rows;
		struct binlog_table_map table_map;
		struct binlog_xa_prepare xa_prepare;
	};
};

struct binlog_decoder {
	struct binlog_format format;	/* of the last format description; has_format says whether there was one */
	bool has_format;
	struct buf expanded;		/* what a compressed event holds */
};

void binlog_decoder_init(struct binlog_decoder *d);
void binlog_decoder_release(struct binlog_decoder *d);

/* Forgets the format: another file, or another connection, comes. */
void binlog_decoder_restart(struct binlog_decoder *d);

/* Checks the magic at the start of a file; says so where the file is encrypted. */
bool binlog_magic_check(struct str start, struct err *e);

/* Reads the header alone, to learn the size. Needs BINLOG_HEADER_SIZE bytes. */
bool binlog_header_read(struct binlog_header *head, struct str bytes, struct err *e);

/* Decodes one whole event, header and checksum included; a format description also sets d->format. inner: it
 * comes from a transaction payload, where events have no checksum. */
bool binlog_decode(struct binlog_decoder *d, struct binlog_event *ev, struct str raw, bool inner, struct err *e);

/* "write rows"; "type 77" written to scratch for those that are not known. */
const char *binlog_type_name(uint8_t type, char scratch[20]);

/* Adds a GTID list event's entries to a state; of several servers in a domain the last one counts. */
bool binlog_gtid_list_add(const struct binlog_gtid_list *list, struct gtid_set *set, struct err *e);

/* "ANSI_QUOTES,..." */
void binlog_sql_mode_put(struct buf *b, uint64_t mode, bool mariadb);

#endif
