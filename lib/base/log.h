/*
 * log.h - what a tool says on standard error: one message, one line, one write.
 *
 * The name of the tool stands in front; control characters become '?', since names and values come from
 * strangers. Level says how grave, never what happens next. Callers: tool.c, and the long-running loops of
 * tools. Nothing else in lib speaks.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/err.h"

enum log_level { LOG_ERROR, LOG_WARNING, LOG_NOTICE, LOG_DEBUG };

/* Set once, by tool.c. name is borrowed for ever. */
void log_init(const char *name, enum log_level level);

bool log_wants(enum log_level level);

void log_notice(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* "error 22001 (binlog-op, upstream, high): text; workaround: ..." */
void log_error(const struct err *e);

#endif
