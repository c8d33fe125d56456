/*
 * fuzz.h - what each target of this folder includes: one function, any bytes, and what must hold whatever they are.
 *
 * A target is a file of its own. libFuzzer drives it (`make fuzz`), or replay.c does, which every compiler can build. data
 * is a block of its own size, so that a sanitizer sees the byte behind it. Callers: targets only.
 */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* Always 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is not so is a fault of ours, whatever the input was. */
#define MUST(what) ((what) ? (void)0 : fuzz_fail(__FILE__, __LINE__, #what))

static inline void fuzz_fail(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: %s\n", file, line, what);
	abort();
}

/* The two are the same text; shows both where they are not. */
static inline void must_equal(struct str a, struct str b, const char *what)
{
	if (str_eq(a, b))
		return;
	fprintf(stderr, "%s:\n%.*s\n%.*s\n", what, STR(a), STR(b));
	abort();
}

/* True leaves the error alone, false fills it. Clears it for the next call. */
static inline bool settled(bool ok, struct err *e)
{
	MUST(ok ? !e->kind : e->kind && e->kind->code > 0 && e->kind->status > 0 && e->text[0]);
	err_clear(e);
	return ok;
}

/* The next byte of the input; 0 behind its end. */
static inline uint8_t take_byte(struct str *input)
{
	uint8_t byte = input->n ? (uint8_t)input->p[0] : 0;

	*input = str_from(*input, 1);
	return byte;
}

/* The bytes up to the first c, and the rest behind it. */
static inline struct str take_until(struct str *input, char c)
{
	struct str part = *input;

	if (!str_cut(*input, c, &part, input))
		*input = STR_NONE;
	return part;
}

/* A copy in a block of its own size; the caller frees it. */
static inline char *exact_copy(struct str s)
{
	char *p = malloc(s.n ? s.n : 1);

	if (p && s.n)
		memcpy(p, s.p, s.n);
	return p;
}

#endif
