/*
 * mem.h - memory that is there, or the process ends.
 *
 * Running out of memory ends the process with status 75 and one line: after a crash at any moment a
 * restart is right, so no other code checks for it. Freed with free(). Callers: everything.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

/* What is to be done before the process ends for want of memory, such as giving a terminal back; it must not allocate. NULL: nothing. */
void mem_at_end(void (*act)(void));

void *mem_alloc(size_t n);
void *mem_zalloc(size_t n);
void *mem_realloc(void *p, size_t n);

/* Room for count things of size each; ends the process where the product does not fit. */
void *mem_array(size_t count, size_t size);
void *mem_rearray(void *p, size_t count, size_t size);

/* A copy with a NUL behind it. */
char *mem_text(struct str s);

/* Sums and products of lengths from outside. False, nothing written, where they do not fit. */
bool size_add(size_t a, size_t b, size_t *sum);
bool size_mul(size_t a, size_t b, size_t *product);

#endif
