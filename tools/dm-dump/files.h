/*
 * files.h - a dump directory that is being written: its files, and the list of what they hold.
 *
 * Names are made by text/dump_name, so none leaves the folder; files are created 0600, never over another, never through
 * a link. A file is in the list when it is whole; metadata and the list's end come last, so a dump that did not finish
 * can be told from one that did, by any reader. Callers: schemas, data, crew.
 */
#ifndef DUMP_FILES_H
#define DUMP_FILES_H

#include <pthread.h>

#include "base/xxh64.h"
#include "stream/dump_list.h"

/* --output-filename-template */
enum template_part { PART_TEXT, PART_SCHEMA, PART_TABLE, PART_INDEX };
struct file_template {
	size_t n;
	struct { enum template_part part; struct str text; } parts[32];
};
bool file_template_parse(struct file_template *t, struct str text, struct err *e);

struct dump_dir {
	const char *path;
	int fd, list;
	enum dump_packing packing;
	bool csv;
	const struct file_template *data_name;	/* of data files; n 0: Dumpling's own */
	pthread_mutex_t lock;			/* what follows */
	uint64_t files, rows;
};

struct packer;

struct out_file {
	struct dump_dir *dir;
	int fd;				/* -1: none is open */
	char name[256];
	struct dump_list_line line;	/* for the list; names borrowed from who opened it */
	struct xxh64 sum;
	struct packer *packer;		/* NULL: as it is */
};

extern const struct err_kind err_dump_dir;

/* Makes the folder where there is none. One that holds anything is refused, but for a dump of ours that did not finish,
 * whose files are removed; with overwrite those of one that did, too. */
bool dump_dir_open(struct dump_dir *d, const char *path, bool overwrite, struct err *e);
bool dump_dir_put_head(struct dump_dir *d, const struct dump_list_line *head, struct err *e);
bool dump_dir_end(struct dump_dir *d, struct err *e);
void dump_dir_release(struct dump_dir *d);

/* index: the digits of a data file. schema and table live until the file is closed. */
bool out_file_open(struct out_file *f, struct dump_dir *dir, enum dump_kind kind, struct str schema, struct str table,
		   const char *index, struct err *e);
bool out_file_put(struct out_file *f, struct str text, struct err *e);
bool out_file_close(struct out_file *f, uint64_t rows, struct err *e);
void out_file_drop(struct out_file *f);	/* after a failure; also when none is open */

/* A whole file at once. */
bool out_file_write(struct dump_dir *dir, enum dump_kind kind, struct str schema, struct str table, struct str text,
		    struct err *e);

/* pack.c */
/* NULL for DUMP_PLAIN. False: no memory; packer_free all the same. */
bool packer_new(struct packer **packer, enum dump_packing packing);
/* Text, or with end what is left, packed and written to fd. False leaves the reason in why. */
bool packer_put(struct packer *p, int fd, struct str text, bool end, const char **why);
void packer_free(struct packer *p);

#endif
