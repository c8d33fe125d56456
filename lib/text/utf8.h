/*
 * utf8.h - is it valid UTF-8 (no surrogates, no overlong forms, at most U+10FFFF)? Pure and fast. Callers: everything that
 * lets foreign bytes into a line.
 */
#ifndef TEXT_UTF8_H
#define TEXT_UTF8_H

#include "base/buf.h"

bool utf8_valid(struct str s);

/* Puts the code point. */
void utf8_put(struct buf *b, uint32_t code_point);

/* Lower case of ASCII letters and of the letters that Unicode maps one to one (for names compared without case). */
void utf8_put_lower(struct buf *b, struct str s);

#endif
