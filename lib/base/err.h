/*
 * err.h - an error is a value: filled once where the fault is seen, carried up, printed by tool.c.
 *
 * A function that can fail returns bool and has a struct err * as its last parameter. True leaves it
 * alone; false means that it is filled. Nothing here prints, nothing here allocates.
 * Codes, classes, scopes and levels are those of DM's error system; see dm-errors(7). Callers: everything.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdbool.h>
#include <stddef.h>

enum err_scope { SCOPE_INTERNAL, SCOPE_UPSTREAM, SCOPE_DOWNSTREAM };
enum err_level { LEVEL_LOW, LEVEL_MEDIUM, LEVEL_HIGH };

/* Exit statuses; sysexits.h by meaning. */
enum {
	STATUS_USAGE = 64,	/* the command line */
	STATUS_DATA = 65,	/* bad input: a stream, a binlog, a file */
	STATUS_REFUSED = 69,	/* a server said no */
	STATUS_BUG = 70,
	STATUS_FILE = 74,	/* a local file or disk failed */
	STATUS_RETRY = 75,	/* try again */
	STATUS_CONFIG = 78,
};

/* One const object per kind of error, in the room that raises it. */
struct err_kind {
	int code;		/* what an operator searches for; in dm-errors(7) */
	const char *class;	/* as in DM's error system: "binlog-op" */
	enum err_scope scope;
	enum err_level level;
	int status;		/* exit status */
	const char *workaround;	/* the way out; NULL where the message says it all */
};

struct err {
	const struct err_kind *kind;	/* NULL: nothing went wrong */
	char text[1000];		/* fixed, so that running out of memory can be told as well */
};

/* Fills e (a longer text is cut). Always false, so that a function can return it. */
bool err_set(struct err *e, const struct err_kind *kind, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Puts "where: " in front of what e says. Always false. */
bool err_at(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

void err_clear(struct err *e);

/* "upstream", "high": as DM prints them. */
const char *err_scope_name(enum err_scope scope);
const char *err_level_name(enum err_level level);

/* The shared kinds that more than one room raises. */
extern const struct err_kind err_usage;		/* a bad command line */
extern const struct err_kind err_too_big;	/* something passed its ceiling */
extern const struct err_kind err_unsupported;	/* understood, and refused: "not supported yet" */

#endif
