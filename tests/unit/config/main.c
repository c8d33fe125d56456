/* main.c - the tests of lib/config, and of text/yaml that it reads with; each file beside this one tests one noun. */
#include "tests.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

void write_file(const char *path, const char *text)
{
	struct err e = { 0 };

	if (!file_replace(path, str_of(text), &e)) {
		printf("# %s\n", e.text);
		exit(1);
	}
}

bool secret_is(const struct secret *s, const char *text)
{
	char *plain = secret_text(s);
	bool is = str_is((struct str){ plain, s->n }, text);

	secret_drop(s, plain);
	return is;
}

const char *replaced(struct arena *a, const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);

	if (!at) {
		printf("# the text has no '%s'\n", from);
		exit(1);
	}
	return arena_strf(a, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from)).p;
}

bool error_is(const struct err *e, int code, ...)
{
	bool good = e->kind && e->kind->code == code;
	const char *want;
	va_list args;

	va_start(args, code);
	while ((want = va_arg(args, const char *)))
		good = good && strstr(e->text, want);
	va_end(args);
	if (!good)
		printf("# wanted %d, got %d: %s\n", code, e->kind ? e->kind->code : 0, e->text);
	return good;
}

int main(void)
{
	test_yaml();
	test_units();
	test_events();
	test_task();
	test_source();
	test_options();
	test_secret_file();
	return check_done();
}
