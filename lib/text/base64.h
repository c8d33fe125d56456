/*
 * base64.h - RFC 4648 base64, with padding. Pure. Callers: text/json_write, stream, config.
 */
#ifndef TEXT_BASE64_H
#define TEXT_BASE64_H

#include "base/arena.h"
#include "base/buf.h"

void base64_put(struct buf *b, struct str bytes);

/* False when text is not base64 (or is not padded); bytes are then untouched. */
bool base64_take(struct arena *a, struct str text, struct str *bytes);

/* The same, over the text itself, whose memory is the caller's to write. */
bool base64_take_here(char *text, size_t n, struct str *bytes);

#endif
