/*
 * glob.h - the patterns of DM's rules: wildcards, or "~" and a regular expression.
 *
 * Wildcards: '*' any run, only as the last character; '?' one character; [abc], [a-z], [!a-z] one character
 * of a class; an unclosed '[' stands for itself. After "~": a regular expression (PCRE2 in Go's manner),
 * not anchored. Not case-sensitive unless asked. Pure. Callers: rules, config (to refuse bad patterns
 * early).
 */
#ifndef TEXT_GLOB_H
#define TEXT_GLOB_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct glob;

extern const struct err_kind err_glob;

/* NULL, with e filled, when the pattern is not valid ("*" not last, a regex that does not compile). */
struct glob *glob_new(struct str pattern, bool case_sensitive, struct err *e);
void glob_free(struct glob *g);

/* A name that is not valid UTF-8 matches no regular expression. */
bool glob_match(const struct glob *g, struct str name);

/* Groups that a regular expression captures; 0 of wildcards. */
unsigned glob_groups(const struct glob *g);

/* Matches a regular expression, and gives what its first group took: borrowed from name; empty where it took
 * no part, and where finding that out would take for ever. */
bool glob_match_group(const struct glob *g, struct str name, struct str *group);

/* Puts what all its groups took, one behind the other; nothing where it does not match. */
void glob_put_groups(struct buf *b, const struct glob *g, struct str name);

/* As it was written. Borrowed. */
struct str glob_text(const struct glob *g);

#endif
