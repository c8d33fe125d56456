/*
 * dump_list.h - dm-dump.ndjson: what each file of a dump directory holds, for whoever verifies.
 *
 * Lines of JSON, written as files are done, the head first and the end last:
 *
 *	{"type":"dump","version":1,"flavor":"mariadb",...}
 *	{"type":"file","file":"db.t.000000000.sql","kind":"data","schema":"db","table":"t","rows":3,"bytes":72,
 *	 "xxh64":"0123456789abcdef"}
 *	{"type":"end","files":7,"rows":3}
 *
 * Bytes and checksum are those of the content, before it was compressed. A directory without an end is of a dump that
 * did not finish. Views stand in the order in which they can be made. Readers ignore keys and types they do not know,
 * but not another version. Callers: dm-dump, dm-load.
 */
#ifndef STREAM_DUMP_LIST_H
#define STREAM_DUMP_LIST_H

#include "base/arena.h"
#include "base/buf.h"
#include "text/dump_name.h"

#define DUMP_LIST_VERSION 1

extern const struct err_kind err_dump_list;

/* How rows stand in CSV files. */
struct dump_csv {
	struct str separator, delimiter;	/* delimiter may be "" */
	struct str null_value, terminator;
	bool header, backslash;
};

enum dump_list_type { DUMP_LIST_OTHER, DUMP_LIST_HEAD, DUMP_LIST_FILE, DUMP_LIST_END };

struct dump_list_line {
	enum dump_list_type type;
	/* DUMP_LIST_HEAD */
	uint64_t version;
	struct str source, flavor, server_version, pos, gtid, pos_end, gtid_end, sql_mode;
	struct str server;		/* whose places they are, as server_own_id tells; "" not known */
	bool consistent;
	bool csv;
	struct dump_csv csv_form;
	/* DUMP_LIST_FILE */
	struct str file, schema, table;
	enum dump_kind kind;
	uint64_t rows, bytes;		/* rows: DUMP_LIST_END too, all of them */
	uint64_t xxh64;
	/* DUMP_LIST_END */
	uint64_t files;
};

/* Adds the line with its '\n'. */
void dump_list_put(struct buf *out, const struct dump_list_line *line);

/* Strings are borrowed from text, or in the arena. False, err_dump_list, where it is no such line, or a file's name
 * would leave the folder. */
bool dump_list_parse(struct dump_list_line *line, struct str text, struct arena *a, struct err *e);

#endif
