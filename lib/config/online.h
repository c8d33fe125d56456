/*
 * online.h - rules that tell the tables of online schema changes by name, as shadow-table-rules and trash-table-rules
 * give them.
 *
 * A rule is a regular expression over a table's name with exactly one group, which takes the real table's name; it is
 * anchored at both ends, and tells upper from lower case. Pure. Callers: config (to refuse), rules.
 */
#ifndef CONFIG_ONLINE_H
#define CONFIG_ONLINE_H

#include "text/glob.h"

/* NULL, with e filled (20048), where it is not such a rule. */
struct glob *online_rule_new(struct str text, struct err *e);

/* For a table of keys. */
bool online_rule_check(struct str text, struct err *e);

#endif
