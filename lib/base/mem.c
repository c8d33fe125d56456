#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"

static void (*last_act)(void);

void mem_at_end(void (*act)(void))
{
	last_act = act;
}

/* Formed without any allocation: there is none left to be had. */
static _Noreturn void out_of_memory(void)
{
	static const char line[] = "error 11503 (functional, internal, high): out of memory; workaround: start again, with more memory\n";

	if (last_act)
		last_act();
	if (write(STDERR_FILENO, line, sizeof(line) - 1) < 0)
		_exit(STATUS_RETRY);
	_exit(STATUS_RETRY);
}

void *mem_alloc(size_t n)
{
	void *p = malloc(n ? n : 1);

	if (!p)
		out_of_memory();
	return p;
}

void *mem_zalloc(size_t n)
{
	void *p = calloc(1, n ? n : 1);

	if (!p)
		out_of_memory();
	return p;
}

void *mem_realloc(void *p, size_t n)
{
	p = realloc(p, n ? n : 1);
	if (!p)
		out_of_memory();
	return p;
}

void *mem_array(size_t count, size_t size)
{
	size_t n;

	if (!size_mul(count, size, &n))
		out_of_memory();
	return mem_zalloc(n);
}

void *mem_rearray(void *p, size_t count, size_t size)
{
	size_t n;

	if (!size_mul(count, size, &n))
		out_of_memory();
	return mem_realloc(p, n);
}

char *mem_text(struct str s)
{
	char *text = mem_alloc(s.n + 1);

	if (s.n)
		memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	return text;
}

bool size_add(size_t a, size_t b, size_t *sum)
{
	return !__builtin_add_overflow(a, b, sum);
}

bool size_mul(size_t a, size_t b, size_t *product)
{
	return !__builtin_mul_overflow(a, b, product);
}
