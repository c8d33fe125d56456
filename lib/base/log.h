/*
 * log.h - what a tool says on standard error: one message, one line, one write.
 *
 * As text, or as one JSON object a line, which has the same words and beside them time, level, task, source and place.
 * The name of the tool stands in front; control characters become '?', since names and values come from
 * strangers. Level says how grave, never what happens next. Callers: tool.c, and the long-running loops of
 * tools. Nothing else in lib speaks.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/err.h"
#include "base/str.h"

enum log_level { LOG_ERROR, LOG_WARNING, LOG_NOTICE, LOG_DEBUG };

/* Set once, by tool.c. name is borrowed for ever. */
void log_init(const char *name, enum log_level level);

/* JSON from now on, or text again. */
void log_as_json(bool yes);
bool log_is_json(void);

/* What the lines are about, for JSON; "" where there is none. Copied, and cut where it is very long. */
void log_about(struct str task, struct str source);

/* How far the tool is, for JSON: nothing is done for text, so a loop may call it for each line. Any thread. */
void log_place(struct str place);

bool log_wants(enum log_level level);

void log_notice(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* "error 22001 (binlog-op, upstream, high): text; workaround: ..." */
void log_error(const struct err *e);

#endif
