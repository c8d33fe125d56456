/*
 * rowfile.h - the rows of one data file of a dump directory, one after the other, as values of the upstream table.
 *
 * Text becomes UTF-8 by the character set that the file says it has (SET NAMES, or the directory's), and stays bytes where
 * it is not valid in it: nothing is replaced. A file is only believed when it was read to its end: then its size,
 * checksum and rows are compared with the list's, where there is one. Callers: worker.c.
 */
#ifndef LOAD_ROWFILE_H
#define LOAD_ROWFILE_H

#include "input.h"
#include "stream/rows.h"
#include "text/charset.h"
#include "text/csv.h"
#include "text/sql_cut.h"
#include "text/sql_values.h"
#include "value_read.h"

/* How a directory writes its rows, where the files do not say it themselves. */
struct row_form {
	struct csv_form csv;
	bool csv_header;
	bool backslash;			/* of SQL */
	const struct charset *charset;	/* of text; NULL: each column's own bytes */
	bool names_count;		/* a file's SET NAMES is believed */
};

struct load_file {
	struct load_file *next;
	struct str name;
	enum dump_kind kind;
	enum dump_packing packing;
	bool csv;
	bool by_pattern;		/* its table is not its own word's */
	struct str schema, table;
	uint64_t size;			/* as it lies there */
	bool listed;			/* what follows is known */
	uint64_t rows, bytes, xxh64;
};

struct rowfile {
	int dir;
	const struct load_file *file;
	const struct row_form *form;
	const struct table *table;
	struct input in;
	struct buf text;		/* content that is not yet used */
	size_t used;			/* of it */
	bool last;			/* no more comes */
	struct sql_cut cut;
	struct sql_values values;
	bool in_insert;
	const struct charset *charset;	/* as the file's own words have it now */
	struct sql_literal *literals;
	struct csv_field *fields;
	size_t n_map, *map;		/* columns of the file -> of table */
	bool mapped;
	bool *given;			/* columns of the table that are there */
	struct row_value *row;		/* by column of table */
	struct value_form *forms;	/* the same */
	uint64_t rows;			/* that were given */
	struct arena arena, row_arena;
	struct buf converted;
};

extern const struct err_kind err_dump_row;	/* rows that are not of this table */

void rowfile_init(struct rowfile *rf);
void rowfile_release(struct rowfile *rf);

/* file, form and table are borrowed. */
bool rowfile_open(struct rowfile *rf, int dir, const struct load_file *file, const struct row_form *form,
		  const struct table *table, struct err *e);

/* The next row in rf->row, borrowed until the next call. *more false behind the last, and then the file was what the list
 * says. */
bool rowfile_next(struct rowfile *rf, bool *more, struct err *e);

void rowfile_close(struct rowfile *rf);

/* Sum and size of a file that was read to its end, against the list. */
bool load_file_check(const struct load_file *file, const struct input *in, struct err *e);

#endif
