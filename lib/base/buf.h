/*
 * buf.h - bytes that grow, up to a ceiling given at birth.
 *
 * Puts do not fail: once the ceiling is passed, the buffer keeps what it has, remembers that something
 * was left out, and buf_ok says so, once, at the end. Owns its memory: BUF_INIT ... buf_release.
 * buf_str borrows, until the next put. Callers: everything.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"

struct buf {
	char *p;
	size_t n;	/* bytes in use */
	size_t cap;	/* bytes allocated, but for one to spare */
	size_t limit;	/* ceiling of n */
	bool over;	/* a put did not fit */
};

#define BUF_INIT(ceiling) { NULL, 0, 0, (ceiling), false }

void buf_init(struct buf *b, size_t limit);
void buf_release(struct buf *b);

/* Empty again, with its memory. */
static inline void buf_clear(struct buf *b)
{
	b->n = 0;
	b->over = false;
}

/* Room for n more bytes at the end, to be written by the caller, who then adds to b->n. NULL (and over)
 * where the ceiling is passed. */
char *buf_room(struct buf *b, size_t n);

static inline void buf_put(struct buf *b, const void *p, size_t n)
{
	if (b->cap - b->n < n) {
		char *at = buf_room(b, n);

		if (!at)
			return;
	}
	if (n)
		memcpy(b->p + b->n, p, n);
	b->n += n;
}

static inline void buf_put_char(struct buf *b, char c)
{
	buf_put(b, &c, 1);
}

static inline void buf_put_str(struct buf *b, struct str s)
{
	buf_put(b, s.p, s.n);
}

/* Holds text from now on, and nothing else. */
static inline void buf_set(struct buf *b, struct str text)
{
	buf_clear(b);
	buf_put_str(b, text);
}

void buf_put_text(struct buf *b, const char *text);
void buf_put_u64(struct buf *b, uint64_t v);
void buf_put_i64(struct buf *b, int64_t v);
void buf_putf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Borrowed until the next put. */
static inline struct str buf_str(const struct buf *b)
{
	return (struct str){ b->p, b->n };
}

/* With a NUL behind it (not counted); borrowed until the next put. Only for a buf that allocates for itself. */
const char *buf_text(struct buf *b);

/* False, with e naming what was too big, when a put did not fit. */
bool buf_ok(const struct buf *b, const char *what, struct err *e);

#endif
