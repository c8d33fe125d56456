/*
 * catalog.h - what lies in a dump directory: its tables with their files, what the dump says of itself, whether it is whole.
 *
 * Knows what dm-dump, Dumpling and mydumper write, and names by patterns as Lightning's [[mydumper.files]]. Nothing in it is
 * trusted: names are taken from the names of files, which cannot leave the directory. Callers: restore.c.
 */
#ifndef LOAD_CATALOG_H
#define LOAD_CATALOG_H

#include "base/map.h"
#include "rowfile.h"
#include "stream/event.h"

/* One of --file-pattern, with what goes with it. */
struct file_pattern {
	const char *regex, *schema, *table, *type;	/* templates: "$1"; type "" is by the end of the name */
};

/* What the user says of the form of rows in files; what is not said (NULL, false) is what the dump says of itself, then
 * the default. */
struct form_want {
	const char *separator, *delimiter, *null_value, *terminator, *charset;
	bool no_header, no_backslash;
};

/* What the user says of a directory. */
struct dir_want {
	const char *path;
	size_t n_patterns;
	struct file_pattern *patterns;
	struct form_want form;
};

/* A table (or a view, or with name "" the schema itself) and its files. */
struct load_table {
	struct load_table *next;
	struct str schema, name;
	const struct load_file *create, *view, *triggers, *post;
	struct load_file *data, **last;
	size_t n_data;
	uint64_t rows, bytes;		/* rows: as the list has them, 0 not known */
	uint64_t metadata_rows;		/* as mydumper has them; UINT64_MAX not known */
};

struct catalog {
	int dir;			/* -1 */
	const char *path;
	struct load_table *tables;	/* in the order of their names */
	struct map by_name;		/* "schema\0table" -> struct load_table */
	bool has_list, has_head, csv;
	uint64_t listed_files, listed_rows;
	struct str flavor, source, server, sql_mode, pos, gtid, pos_end;	/* "" not known */
	bool said_finished;		/* the dump tells its end */
	struct row_form form;
	struct str digest;		/* of all files: the same for the same dump */
	size_t n_files, n_other;
	uint64_t bytes;			/* of data, as it lies there */
	struct arena arena;
};

extern const struct err_kind err_dump_incomplete, err_dump_layout;

bool catalog_open(struct catalog *c, const struct dir_want *want, struct err *e);
void catalog_release(struct catalog *c);

/* metadata.c: Dumpling's and mydumper's own text. */
bool metadata_read(struct catalog *c, struct str text, struct err *e);
struct load_table *catalog_find(struct catalog *c, struct str schema, struct str table);

/* A whole small file: a structure, the metadata. It is checked against the list. */
bool catalog_read(const struct catalog *c, const struct load_file *file, struct buf *text, struct err *e);

/* pattern.c: the file's table by one of the patterns; *matched false where none fits. */
bool pattern_match(const struct dir_want *want, struct load_file *file, bool *matched, struct arena *a, struct err *e);

#endif
