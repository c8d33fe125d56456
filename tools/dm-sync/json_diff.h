/*
 * json_diff.h - a partial update of a JSON document as SQL.
 *
 * The operations of a {"json_diff":[...]} value become the downstream's own functions, one around the other in
 * their order: JSON_REPLACE, JSON_INSERT (JSON_ARRAY_INSERT for a cell of an array), JSON_REMOVE. MySQL, MariaDB and
 * TiDB have them all. Pure.
 */
#ifndef SYNC_JSON_DIFF_H
#define SYNC_JSON_DIFF_H

#include "text/json_sql.h"
#include "stream/rows.h"

enum json_op { JSON_OP_REPLACE, JSON_OP_INSERT, JSON_OP_REMOVE };

struct json_operation {
	enum json_op op;
	struct str path;		/* as the server wrote it: $.a[1]."b c" */
	struct str parent;		/* the path without its last leg */
	bool cell;			/* the last leg is a cell of an array */
	struct str value;		/* text of a document; not of JSON_OP_REMOVE */
};

struct json_diff {
	size_t n;			/* 0: the document stays */
	struct json_operation *ops;
};

/* What the operations are done to, and who will read the SQL. */
struct json_diff_base {
	struct str column;		/* the downstream's document */
	const struct row_value *document;	/* or this one, the whole document before; NULL: the column */
	bool backslash;
	enum json_store store;
};

/* Reads the list; texts are borrowed from it, or in the arena. False, with what is wrong with it. */
bool json_diff_parse(struct json_diff *diff, struct str list, struct arena *a, const char **why);

/* The document after all operations, as an expression. */
void json_diff_put(struct buf *b, const struct json_diff *diff, const struct json_diff_base *base);

/* " AND ..." for WHERE: each operation finds what it needs, or it would do nothing and say nothing. Not needed where
 * the document before is given. */
void json_diff_put_guard(struct buf *b, const struct json_diff *diff, const struct json_diff_base *base);

#endif
