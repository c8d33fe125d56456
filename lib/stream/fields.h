/*
 * fields.h - reads a line's keys into a struct, by table. For this room only.
 *
 * Producers write keys in one order, and so stand the fields in a table: looking a key up begins behind the last one that was
 * found, and mostly ends there.
 */
#ifndef STREAM_FIELDS_H
#define STREAM_FIELDS_H

#include "stream/event.h"
#include "text/json_read.h"

enum field_how {
	FIELD_TEXT,	/* struct str */
	FIELD_DIGITS,	/* struct str: a number as it stands, or a string */
	FIELD_NUMBER,	/* struct str: a number as it stands, or a string that is one: it is written without quotes */
	FIELD_U64,	/* uint64_t */
	FIELD_BOOL,	/* bool */
	FIELD_BULK,	/* what a head leaves alone */
	FIELD_OWN,	/* whoever reads the line knows how; number tells which */
};

struct field {
	const char *name;
	size_t name_n;
	enum field_how how;
	size_t offset;		/* in the struct; of FIELD_OWN a number */
};

#define FIELD(name, how, into, member) { name, sizeof(name) - 1, how, offsetof(struct into, member) }
#define FIELD_BY(name, how, number) { name, sizeof(name) - 1, how, number }

/* NULL when the table (of at most 64) has no such key. hint starts as 0. */
const struct field *field_find(const struct field *fields, size_t n, struct str key, size_t *hint);

/* Reads a value that is not FIELD_BULK or FIELD_OWN; null leaves the member as it is. Faults stay in j. */
void field_take(struct json *j, const struct field *field, void *into, struct arena *a);

/* ["schema","table"] */
void pair_take(struct json *j, struct event_name *name, struct arena *a);

/* [["schema","table"],...] */
void pairs_take(struct json *j, struct event_name **names, size_t *n, struct arena *a);

/* Enters a line's object and reads its "type". False, err_stream_syntax, when it does not begin so. */
bool line_begin(struct json *j, struct str line, struct str *type, struct arena *a, struct err *e);

/* err_stream_syntax, with the place. Always false. */
bool line_bad(const struct json *j, const char *type, struct err *e);

#endif
