/*
 * sql_split.h - statements that stand in one text, with ';' between them.
 *
 * Pure. Callers: schema, dm-meta, dm-relay.
 */
#ifndef TEXT_SQL_SPLIT_H
#define TEXT_SQL_SPLIT_H

#include "base/str.h"

/* Takes the next statement off text, without white space around it and without its ';'. A semicolon in quotes or in a
 * comment ends nothing; what is empty is passed over. flags are those of sql_lex.h. False: there is none left. */
bool sql_split(struct str *text, unsigned flags, struct str *statement);

#endif
