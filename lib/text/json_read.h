/*
 * json_read.h - reads JSON by walking it; no tree, no copies but of strings that hold escapes.
 *
 * A struct json is a cursor over text that somebody else owns. Asking for what is not there sets bad, and every
 * later call then gives nothing, so a reader asks once, at the end (json_ok). Depth is bounded.
 *
 *	json_init(&j, line);
 *	for (bool more = json_object(&j); more && json_key(&j, &key); ) {
 *		if (str_is(key, "pos")) pos = json_text(&j, arena);
 *		else json_skip(&j);
 *	}
 *	return json_ok(&j, "a resume document", e);
 *
 * Callers: stream, meta, tools.
 */
#ifndef TEXT_JSON_READ_H
#define TEXT_JSON_READ_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

enum json_kind { JSON_BAD, JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_TEXT, JSON_ARRAY, JSON_OBJECT };

struct json {
	const char *start, *p, *end;
	bool bad;
	unsigned depth;		/* containers entered and not left; at most 1000 */
	bool first;		/* nothing of the innermost container was read yet */
};

void json_init(struct json *j, struct str text);

/* What stands next; JSON_BAD at the end of the text or on nonsense. Does not move. */
enum json_kind json_peek(struct json *j);

/* Enter an object or array. False (and bad) when something else stands there. */
bool json_object(struct json *j);
bool json_array(struct json *j);

/* The next member's key (unescaped only if it holds no escape; keys of ours never do), cursor at its value.
 * False at the closing brace, which is consumed, and on faults. */
bool json_key(struct json *j, struct str *key);

/* True when another item stands next, cursor at it. False at the closing bracket, which is consumed, and on
 * faults. */
bool json_item(struct json *j);

/* Values. The string is unescaped: borrowed from the text where it holds no escape, else in the arena. A
 * number is its own digits. Text that is not valid (bad escape, lone surrogate) is bad. */
struct str json_text(struct json *j, struct arena *a);
struct str json_number(struct json *j);
uint64_t json_u64(struct json *j);
int64_t json_i64(struct json *j);
bool json_bool(struct json *j);

/* Consumes a null where one stands next. */
bool json_null(struct json *j);

/* Skips one value of any kind; returns its bytes as they stand. */
struct str json_skip(struct json *j);

/* False, with e naming what and the offset, when anything was bad, or when more follows a document that was
 * read whole. */
bool json_ok(const struct json *j, const char *what, struct err *e);

#endif
