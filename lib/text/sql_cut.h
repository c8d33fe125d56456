/*
 * sql_cut.h - statements cut out of a text that comes in pieces, as clients cut the files that they read.
 *
 * Knows quotes, comments and DELIMITER lines, and runs nothing: a client command (\! , source, system) is part of a
 * statement like any other text, and then no statement that anybody takes. Comments between statements are left out, version
 * comments (which hold statements) are not, but for those of a version that no server has: MariaDB's dumps
 * begin with such a one, the sandbox mark, which has no terminator. Pure. Callers: dm-load.
 */
#ifndef TEXT_SQL_CUT_H
#define TEXT_SQL_CUT_H

#include <stdbool.h>

#include "base/str.h"

enum sql_cut_got {
	SQL_CUT_STATEMENT,
	SQL_CUT_MORE,		/* what is there holds no whole one: read more */
	SQL_CUT_END,		/* nothing is left */
	SQL_CUT_TORN,		/* the text ends inside a statement */
};

struct sql_cut {
	bool backslash;		/* '\' escapes in quotes; set by the caller: true unless NO_BACKSLASH_ESCAPES */
	bool at_line_end;	/* a terminator counts only as the last of its line: how mydumper writes routines */
	char terminator[16];	/* ";", or what a DELIMITER line has named */
	size_t at;		/* how far the text was looked through */
	char quote;		/* inside of: ' " ` ; '*' a comment, '-' one to the end of the line; 0 none */
	bool inside;		/* a statement has begun */
	size_t start;		/* where */
};

void sql_cut_init(struct sql_cut *cut);

/* text: all that was read and not yet used; last: no more comes. With SQL_CUT_STATEMENT, statement (without its
 * terminator) is borrowed from text, and the caller drops the first *used bytes before the next call. With
 * SQL_CUT_MORE too. */
enum sql_cut_got sql_cut_next(struct sql_cut *cut, struct str text, bool last, struct str *statement, size_t *used);

#endif
