/*
 * column_type.h - what can be told from the text of a column's type, as servers and statements write it.
 *
 * "bigint(20) unsigned", "ENUM('a','b')", "character varying (10)". Pure. Callers: schema/table, schema/ddl, stream, mysql,
 * and whoever has a struct column in hand.
 */
#ifndef SCHEMA_COLUMN_TYPE_H
#define SCHEMA_COLUMN_TYPE_H

#include "base/arena.h"
#include "base/buf.h"

/* True for columns whose values a line carries as base64 (by type text; charset binary). */
bool column_type_is_base64(struct str type, struct str charset);

/* True when the type's first word is word, which is lower case: "decimal" of "decimal(10,2) unsigned". */
bool column_type_is(struct str type, const char *word);

/* Puts the type in the one spelling that equal types share: lower case, synonyms resolved (INTEGER, BOOL, DEC, NATIONAL CHAR,
 * LONG VARCHAR, ...), default sizes spelled out but for integers, whose display widths are dropped, comments left out. */
void column_type_put_normal(struct buf *b, struct str type);

/* True when two texts mean the same type. */
bool column_type_equal(struct str a, struct str b);

/* The labels of an enum or set, unquoted. False when type is neither, or cannot be read. */
bool column_type_labels(struct arena *a, struct str type, struct str **labels, size_t *n);

/* 'label', as COLUMN_TYPE spells it. */
void column_type_put_label(struct buf *b, struct str label);

#endif
