/*
 * collate.h - texts compared as a server's collation compares them.
 *
 * Texts are UTF-8, whatever the column's own charset is. Known are: binary; the _bin collations of Unicode's sets, latin1 and ascii;
 * general_ci of Unicode's sets, ascii_general_ci, latin1_swedish_ci; and, for the letters of European scripts, Chinese, and Japanese
 * kana, unicode_ci, unicode_520_ci, 0900_ai_ci and uca1400_ai_ci. All else is not guessed. Pure. Callers: rules.
 */
#ifndef TEXT_COLLATE_H
#define TEXT_COLLATE_H

#include "base/buf.h"

struct collation;

/* NULL: not one that is known here. Upper and lower case are the same. */
const struct collation *collation_of(struct str name);

const char *collation_name(const struct collation *c);	/* of the kind: "general_ci"; for messages */
bool collation_is_binary(const struct collation *c);	/* bytes, not letters */
bool collation_is_bin(const struct collation *c);	/* code points, or bytes */

/* What a comparison came to. COLLATE_UNKNOWN: it hangs on a character whose weight is not known. */
enum collate_got { COLLATE_LESS = -1, COLLATE_SAME, COLLATE_MORE, COLLATE_UNKNOWN };

enum collate_got collation_compare(const struct collation *c, struct str a, struct str b);

/* COLLATE_SAME where text starts with start. */
enum collate_got collation_starts(const struct collation *c, struct str text, struct str start);

/* Does text match the pattern of LIKE? escape: a code point; 0: there is none. COLLATE_SAME: yes; COLLATE_MORE: no. Work is bounded
 * by the product of the lengths. */
enum collate_got collation_like(const struct collation *c, struct str text, struct str pattern, uint32_t escape);

/* Upper and lower case as the servers' general_ci has them: one letter for one. */
void collate_put_upper(struct buf *b, struct str s);
void collate_put_lower(struct buf *b, struct str s);

#endif
