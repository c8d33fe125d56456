/*
 * charset.h - the servers' character sets: from a collation id or a name to UTF-8.
 *
 * Ids and names are those of MySQL 5.6 to 9.x and MariaDB 10.1 to 11.8 (information_schema.collations);
 * what a set maps is what CONVERT(x USING utf8mb4) gives there: latin1 is cp1252 with 81 8D 8F 90 9D as C1
 * controls. Pure. Callers: dm-relay (row values, statements), schema, mysql.
 */
#ifndef TEXT_CHARSET_H
#define TEXT_CHARSET_H

#include "base/buf.h"

struct charset;

/* NULL when the id or name is not known. Ids are 16 bit; 63 is binary. Names as in CHARACTER SET ("utf8" is
 * utf8mb3). */
const struct charset *charset_of_collation(unsigned id);
const struct charset *charset_of_name(struct str name);

const char *charset_name(const struct charset *cs);
bool charset_is_binary(const struct charset *cs);

/* True for sets whose bytes are already UTF-8 when valid: utf8mb4, utf8mb3, ascii. */
bool charset_is_utf8(const struct charset *cs);

/* True where bytes below 80 are ASCII, whatever stands beside them, and nothing of it is lost either way. */
bool charset_has_ascii(const struct charset *cs);

/* Adds bytes, converted to UTF-8; those of binary as they are, when they are UTF-8. False, with out as it was,
 * when bytes are not valid in the set, or when the servers have no Unicode character for one of them. Threads
 * may share a charset. */
bool charset_put_utf8(const struct charset *cs, struct str bytes, struct buf *out);

/* The same for values: false also where the servers would not make the same bytes of the UTF-8 again. The backslash of sjis is such
 * a one (it comes back as a wide one), and what cp932 has twice. */
bool charset_put_utf8_exact(const struct charset *cs, struct str bytes, struct buf *out);

#endif
