#include "base/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* A message; and its object: quotes take two bytes for one, nothing takes more. */
enum { LINE = 4096, ESCAPED = 2 * LINE + 16384, ABOUT = 600 };

static const char *log_name = "dm";
static enum log_level log_level = LOG_NOTICE;
static bool json;
static char about_task[ABOUT], about_source[ABOUT], about_place[ABOUT];
static pthread_mutex_t about_lock = PTHREAD_MUTEX_INITIALIZER;	/* of the three */

void log_init(const char *name, enum log_level level)
{
	log_name = name;
	log_level = level;
}

void log_as_json(bool yes)
{
	json = yes;
}

bool log_is_json(void)
{
	return json;
}

bool log_wants(enum log_level level)
{
	return level <= log_level;
}

static void keep(char *at, struct str text)
{
	size_t n = text.n < ABOUT ? text.n : ABOUT - 1;

	if (n > 0)
		memcpy(at, text.p, n);
	at[n] = '\0';
}

void log_about(struct str task, struct str source)
{
	pthread_mutex_lock(&about_lock);
	keep(about_task, task);
	keep(about_source, source);
	pthread_mutex_unlock(&about_lock);
}

void log_place(struct str place)
{
	if (!json)
		return;
	pthread_mutex_lock(&about_lock);
	keep(about_place, place);
	pthread_mutex_unlock(&about_lock);
}

/* A line that cannot be written has nowhere to be told about. */
static void send(const char *line, size_t n)
{
	for (size_t done = 0; done < n;) {
		ssize_t wrote = write(STDERR_FILENO, line + done, n - done);

		if (wrote <= 0)
			return;
		done += (size_t)wrote;
	}
}

static void send_line(char *line, size_t n, size_t size)
{
	if (n >= size - 1)
		n = size - 2;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = '?';
	line[n++] = '\n';
	send(line, n);
}

/* --- JSON; into a fixed line, so that running out of memory can be told as well --- */

struct object {
	char line[ESCAPED];
	size_t n;
};

/* Bytes of the character at p, as UTF-8; 0: it is none. The room of texts, which knows more, is above this one. */
static size_t character(const unsigned char *p)
{
	size_t n = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : p[0] < 0xf5 ? 4 : 0;

	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) || (p[0] == 0xf0 && p[1] < 0x90) ||
	    (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return n;
}

static void put(struct object *o, const char *p, size_t n)
{
	if (n > sizeof(o->line) - 16 - o->n)	/* the end of the object has room; what is cut is behind all that counts */
		return;
	memcpy(o->line + o->n, p, n);
	o->n += n;
}

static void put_value(struct object *o, const char *text)
{
	put(o, "\"", 1);
	for (const char *p = text; *p;) {
		size_t n = character((const unsigned char *)p);

		if (n == 0 || (unsigned char)*p < 0x20 || *p == 0x7f) {
			put(o, "?", 1);
			n = 1;
		} else {
			if (*p == '"' || *p == '\\')
				put(o, "\\", 1);
			put(o, p, n);
		}
		p += n;
	}
	put(o, "\"", 1);
}

static void put_text(struct object *o, const char *key, const char *text)
{
	put(o, o->n == 0 ? "{\"" : ",\"", 2);
	put(o, key, strlen(key));
	put(o, "\":", 2);
	put_value(o, text);
}

static void put_time(struct object *o)
{
	struct timespec now;
	struct tm tm;
	char text[40];
	size_t n;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	n = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + n, sizeof(text) - n, ".%03dZ", (int)(now.tv_nsec / 1000000));
	put_text(o, "time", text);
}

static void send_object(const char *level, const char *message, const struct err_kind *kind)
{
	struct object o = { .n = 0 };
	char code[32];

	put_time(&o);
	put_text(&o, "level", level);
	put_text(&o, "tool", log_name);
	pthread_mutex_lock(&about_lock);
	put_text(&o, "task", about_task);
	put_text(&o, "source", about_source);
	put_text(&o, "place", about_place);
	pthread_mutex_unlock(&about_lock);
	if (kind) {
		snprintf(code, sizeof(code), ",\"code\":%d", kind->code);
		put(&o, code, strlen(code));
		put_text(&o, "class", kind->class);
		put_text(&o, "scope", err_scope_name(kind->scope));
		put_text(&o, "gravity", err_level_name(kind->level));
	}
	put_text(&o, "message", message);
	if (kind && kind->workaround)
		put_text(&o, "workaround", kind->workaround);
	memcpy(o.line + o.n, "}\n", 2);
	send(o.line, o.n + 2);
}

static void say(enum log_level level, const char *word, const char *fmt, va_list args)
{
	char line[LINE];
	int n, m;

	if (!log_wants(level))
		return;
	if (json) {
		vsnprintf(line, sizeof(line), fmt, args);
		send_object(word, line, NULL);
		return;
	}
	n = level == LOG_NOTICE ? snprintf(line, sizeof(line), "%s: ", log_name) :
	    snprintf(line, sizeof(line), "%s: %s: ", log_name, word);
	m = vsnprintf(line + n, sizeof(line) - (size_t)n, fmt, args);
	send_line(line, (size_t)n + (m < 0 ? 0 : (size_t)m), sizeof(line));
}

void log_notice(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(LOG_NOTICE, "notice", fmt, args);
	va_end(args);
}

void log_warning(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(LOG_WARNING, "warning", fmt, args);
	va_end(args);
}

void log_debug(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(LOG_DEBUG, "debug", fmt, args);
	va_end(args);
}

void log_error(const struct err *e)
{
	const struct err_kind *kind = e->kind;
	char line[LINE];
	int n;

	if (json) {
		send_object("error", e->text, kind);
		return;
	}
	n = snprintf(line, sizeof(line), "%s: error %d (%s, %s, %s): %s%s%s", log_name, kind->code, kind->class,
		     err_scope_name(kind->scope), err_level_name(kind->level), e->text,
		     kind->workaround ? "; workaround: " : "", kind->workaround ? kind->workaround : "");
	send_line(line, n < 0 ? 0 : (size_t)n, sizeof(line));
}
