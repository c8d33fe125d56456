/*
 * secret.h - texts that nobody is to find: not in a core file, not by a look through this process's memory.
 *
 * A secret is kept masked by a key stream (AES-256-CTR) of a key of this process, which lies in a page that core files
 * leave out. It is plain only between secret_text and secret_drop, while somebody makes use of it. The masked bytes are the
 * arena's; a secret may be copied by value. Callers: config, mysql, tools.
 */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include "base/arena.h"
#include "base/buf.h"

struct secret {
	size_t n;			/* bytes of the plain text; 0: there is none */
	const unsigned char *masked;
	unsigned char nonce[16];
};

/* Of a plain text, which is the caller's to wipe. */
struct secret secret_keep(struct arena *a, struct str plain);

/* The plain text, with a NUL behind it; it may hold others. To be given back by secret_drop. */
char *secret_text(const struct secret *s);
void secret_drop(const struct secret *s, char *text);

/* Overwrites text that held a secret. */
void secret_wipe(struct str text);

/* buf_release, its bytes overwritten. What a buf left behind as it grew is not: give it its room first. */
void secret_wipe_buf(struct buf *b);

/* While this is on, memory is overwritten as it is freed, whoever frees it: for libraries that read secrets and forget
 * them. May be nested. Slow; for one thread alone, at the start of a tool. */
void secret_scrub(bool on);

/* No core file of this process, and none of the same user's debuggers: called once, at its start. */
void secret_no_core(void);

#endif
