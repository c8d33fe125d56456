#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *log_name = "dm";
static enum log_level log_level = LOG_NOTICE;

void log_init(const char *name, enum log_level level)
{
	log_name = name;
	log_level = level;
}

bool log_wants(enum log_level level)
{
	return level <= log_level;
}

/* A line that cannot be written has nowhere to be told about. */
static void send_line(char *line, size_t n, size_t size)
{
	if (n >= size - 1)
		n = size - 2;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = '?';
	line[n++] = '\n';
	for (size_t done = 0; done < n;) {
		ssize_t wrote = write(STDERR_FILENO, line + done, n - done);

		if (wrote <= 0)
			return;
		done += (size_t)wrote;
	}
}

static void say(enum log_level level, const char *word, const char *fmt, va_list args)
{
	char line[4096];
	int n, m;

	if (!log_wants(level))
		return;
	n = snprintf(line, sizeof(line), "%s: %s", log_name, word);
	m = vsnprintf(line + n, sizeof(line) - (size_t)n, fmt, args);
	send_line(line, (size_t)n + (m < 0 ? 0 : (size_t)m), sizeof(line));
}

void log_notice(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(LOG_NOTICE, "", fmt, args);
	va_end(args);
}

void log_warning(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(LOG_WARNING, "warning: ", fmt, args);
	va_end(args);
}

void log_debug(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(LOG_DEBUG, "debug: ", fmt, args);
	va_end(args);
}

void log_error(const struct err *e)
{
	const struct err_kind *kind = e->kind;
	char line[4096];
	int n;

	n = snprintf(line, sizeof(line), "%s: error %d (%s, %s, %s): %s%s%s", log_name, kind->code, kind->class,
		     err_scope_name(kind->scope), err_level_name(kind->level), e->text,
		     kind->workaround ? "; workaround: " : "", kind->workaround ? kind->workaround : "");
	send_line(line, n < 0 ? 0 : (size_t)n, sizeof(line));
}
