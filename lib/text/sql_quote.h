/*
 * sql_quote.h - names and values as SQL: the only way that either reaches a statement.
 *
 * Callers: mysql, meta, rules (route), tools.
 */
#ifndef TEXT_SQL_QUOTE_H
#define TEXT_SQL_QUOTE_H

#include "base/buf.h"

/* `name`, back quotes doubled. */
void sql_put_name(struct buf *b, struct str name);

/* `schema`.`table` */
void sql_put_table(struct buf *b, struct str schema, struct str table);

/* 'text'. Under NO_BACKSLASH_ESCAPES (backslash false) only quotes are doubled; else backslash, NUL, newline
 * and Ctrl-Z are escaped too. text is UTF-8 and the connection is utf8mb4, so no byte hides a quote. */
void sql_put_text(struct buf *b, struct str text, bool backslash);

/* The same for text that is ASCII with nothing to escape, whatever the mode; false, nothing put, for any other: then it
 * is looked at once more. Fast for most values of a dump. */
bool sql_put_plain(struct buf *b, struct str text);

/* x'6162', for bytes. '' for none. */
void sql_put_bytes(struct buf *b, struct str bytes);

/* The same, but many bytes as _binary'ab', which takes about half the room. */
void sql_put_many_bytes(struct buf *b, struct str bytes, bool backslash);

#endif
