#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const struct err_kind err_usage = {
	.code = 48001, .class = "dmctl", .scope = SCOPE_INTERNAL, .level = LEVEL_LOW,
	.status = STATUS_USAGE, .workaround = NULL,
};

const struct err_kind err_too_big = {
	.code = 11501, .class = "functional", .scope = SCOPE_INTERNAL, .level = LEVEL_MEDIUM,
	.status = STATUS_DATA,
	.workaround = "the message names what was too big and its ceiling",
};

const struct err_kind err_unsupported = {
	.code = 11502, .class = "functional", .scope = SCOPE_INTERNAL, .level = LEVEL_MEDIUM,
	.status = STATUS_CONFIG,
	.workaround = "leave out what the message names, or use a version that supports it",
};

bool err_set(struct err *e, const struct err_kind *kind, const char *fmt, ...)
{
	va_list args;

	e->kind = kind;
	va_start(args, fmt);
	vsnprintf(e->text, sizeof(e->text), fmt, args);
	va_end(args);
	return false;
}

bool err_at(struct err *e, const char *fmt, ...)
{
	char old[sizeof(e->text)];
	va_list args;
	size_t n;

	memcpy(old, e->text, sizeof(old));
	va_start(args, fmt);
	vsnprintf(e->text, sizeof(e->text), fmt, args);
	va_end(args);
	n = strlen(e->text);
	snprintf(e->text + n, sizeof(e->text) - n, ": %s", old);
	return false;
}

void err_clear(struct err *e)
{
	e->kind = NULL;
	e->text[0] = '\0';
}

const char *err_scope_name(enum err_scope scope)
{
	static const char *const names[] = {
		[SCOPE_INTERNAL] = "internal", [SCOPE_UPSTREAM] = "upstream", [SCOPE_DOWNSTREAM] = "downstream",
	};

	return names[scope];
}

const char *err_level_name(enum err_level level)
{
	static const char *const names[] = {
		[LEVEL_LOW] = "low", [LEVEL_MEDIUM] = "medium", [LEVEL_HIGH] = "high",
	};

	return names[level];
}
