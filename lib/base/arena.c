#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

#define FIRST_SIZE 1024			/* blocks double up to the next: of tables there may be 100 000, each with an arena */
#define BLOCK_SIZE 65536
#define KEEP_SIZE (4 * BLOCK_SIZE)	/* blocks no bigger than this survive a clear */

struct arena_block {
	struct arena_block *next;
	size_t size;
	alignas(max_align_t) char data[];
};

void arena_init(struct arena *a)
{
	*a = (struct arena)ARENA_INIT;
}

void arena_release(struct arena *a)
{
	struct arena_block *b = a->first;

	while (b) {
		struct arena_block *next = b->next;

		free(b);
		b = next;
	}
	arena_init(a);
}

static bool has_big(const struct arena *a)
{
	const struct arena_block *b = a->first;

	while (b && b->size < BLOCK_SIZE)
		b = b->next;
	return b != NULL;
}

void arena_clear(struct arena *a)
{
	struct arena_block **at = &a->first;
	bool big = has_big(a);		/* the small ones would only be in the way */
	size_t kept = 0;

	while (*at) {
		struct arena_block *b = *at;

		if ((b->size >= BLOCK_SIZE || !big) && kept + b->size <= KEEP_SIZE) {
			kept += b->size;
			at = &b->next;
		} else {
			*at = b->next;
			free(b);
		}
	}
	a->now = a->first;
	a->used = 0;
	a->total = 0;
}

static void next_block(struct arena *a, size_t n)
{
	struct arena_block **at = a->now ? &a->now->next : &a->first;
	struct arena_block *b = *at;

	if (!b || b->size < n) {
		size_t size = a->now ? a->now->size * 2 : FIRST_SIZE;

		size = size > BLOCK_SIZE ? BLOCK_SIZE : size;
		size = n > size ? n : size;
		b = mem_alloc(sizeof(*b) + size);
		b->size = size;
		b->next = *at;
		*at = b;
	}
	a->now = b;
	a->used = 0;
}

void *arena_alloc(struct arena *a, size_t n)
{
	const size_t unit = alignof(max_align_t);
	void *p;

	if (n > SIZE_MAX / 2)
		mem_alloc(SIZE_MAX);	/* ends the process */
	n = (n + unit - 1) / unit * unit;
	if (!a->now || a->now->size - a->used < n)
		next_block(a, n);
	p = a->now->data + a->used;
	a->used += n;
	a->total += n;
	return p;
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
	size_t n = 0;
	void *p;

	if (!size_mul(count, size, &n))
		n = SIZE_MAX;		/* ends the process in arena_alloc */
	p = arena_alloc(a, n);
	return n ? memset(p, 0, n) : p;
}

struct str arena_str(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, s.n + 1);

	if (s.n)
		memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	return (struct str){ p, s.n };
}

struct str arena_strf(struct arena *a, const char *fmt, ...)
{
	va_list args;
	char *p;
	int n;

	va_start(args, fmt);
	n = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (n < 0)
		return STR_NONE;
	p = arena_alloc(a, (size_t)n + 1);
	va_start(args, fmt);
	vsnprintf(p, (size_t)n + 1, fmt, args);
	va_end(args);
	return (struct str){ p, (size_t)n };
}
