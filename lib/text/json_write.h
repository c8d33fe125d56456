/*
 * json_write.h - puts JSON values into a buffer.
 *
 * Callers put the punctuation themselves; these put what needs care. Callers: stream, status, tools.
 */
#ifndef TEXT_JSON_WRITE_H
#define TEXT_JSON_WRITE_H

#include "base/buf.h"

/* "text", quoted and escaped. text is valid UTF-8; see utf8_valid. Only what JSON demands is escaped. */
void json_put_text(struct buf *b, struct str text);

/* The same for text of unknown worth, in one go. False, with b as it was, when it is not valid UTF-8. */
bool json_put_text_checked(struct buf *b, struct str text);

/* "key":"text" and "key":number, with a comma in front unless the buffer ends in '{' or '['. */
void json_put_key(struct buf *b, const char *key);
void json_put_key_text(struct buf *b, const char *key, struct str text);
void json_put_key_u64(struct buf *b, const char *key, uint64_t v);
void json_put_key_bool(struct buf *b, const char *key, bool v);

/* The shortest digits that read back as the same value ("0.1", "1e300", "-0.0"). JSON has no NaN or infinity:
 * callers know. */
void json_put_double(struct buf *b, double v);
void json_put_float(struct buf *b, float v);

/* As MySQL prints a DOUBLE of a document: 1.0 (never an integer), 0.00001, 1e16. */
void json_put_mysql_double(struct buf *b, double v);

/* "base64", quoted. */
void json_put_base64(struct buf *b, struct str bytes);

#endif
