/*
 * value.h - the values of a row as JSON, straight from the event into the output: one decoder a column, chosen
 * once.
 *
 * column_plan_make looks at what the table map and the table's structure say about a column and picks the function
 * that puts its values; then nothing is looked up or allocated for a value. How values look is the stream's
 * business: see dm-stream(5), VALUES. Pure. Callers: binlog/rows, dm-relay.
 */
#ifndef BINLOG_VALUE_H
#define BINLOG_VALUE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "binlog/cur.h"
#include "binlog/table_map.h"

struct charset;

/* MariaDB's types that look like BINARY(16) and BINARY(4) in the log. */
enum column_form { FORM_PLAIN, FORM_UUID, FORM_INET6, FORM_INET4 };

/* What a structure knows and a table map may not say; what the map says counts. */
struct column_facts {
	bool is_unsigned;
	const struct charset *charset;	/* NULL: not known, then text is what is valid UTF-8 */
	size_t n_labels;
	const struct str *labels;	/* of enum and set, in UTF-8 */
	enum column_form form;
	unsigned old_digits;		/* digits of a fraction in MariaDB's old temporal types */
};

struct column_plan {
	/* Puts one value. NULL, or what is wrong with its bytes; out then holds a part of it. */
	const char *(*put)(const struct column_plan *col, struct cur *c, struct buf *out);
	const struct charset *charset;
	struct buf *scratch;		/* the row plan's */
	unsigned length;		/* see map_column */
	unsigned prefix;		/* bytes of the length in front of a value */
	unsigned digits, precision;
	unsigned pad;			/* BINARY(n): up to here with zeros */
	enum column_form form;
	bool empty_label;		/* one of them is '' */
	bool json;			/* MySQL's JSON, which partial updates count */
	size_t n_labels;
	const struct str *labels;	/* escaped for JSON, without quotes; in the arena */
};

/* number: from 1, for messages. scratch is shared by the columns of a row. False where no value of the column
 * can be decoded. */
bool column_plan_make(struct column_plan *plan, const struct map_column *column, const struct column_facts *facts,
		      size_t number, struct buf *scratch, struct arena *a, struct err *e);

#endif
