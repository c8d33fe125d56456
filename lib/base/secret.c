#include "base/secret.h"

#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/rand.h>

#define KEY_BYTES 32

static unsigned char *key;
static pthread_once_t key_once = PTHREAD_ONCE_INIT;

static void make_key(void)
{
	size_t size = (size_t)sysconf(_SC_PAGESIZE);
	void *page = aligned_alloc(size, size);

	if (!page || RAND_bytes(page, KEY_BYTES) != 1)
		abort();	/* no memory, or no random bytes: nothing can be kept */
	/* Either may be forbidden: then a core file, or the swap, has the key beside what it masks. */
	if (madvise(page, size, MADV_DONTDUMP) == 0)
		mlock(page, KEY_BYTES);
	key = page;
}

/* The same both ways. */
static void mask(const unsigned char nonce[16], const unsigned char *from, size_t n, unsigned char *to)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int done = 0;

	pthread_once(&key_once, make_key);
	if (!ctx || n > INT32_MAX || EVP_EncryptInit_ex(ctx, EVP_aes_256_ctr(), NULL, key, nonce) != 1 ||
	    EVP_EncryptUpdate(ctx, to, &done, from, (int)n) != 1 || (size_t)done != n)
		abort();	/* only without memory */
	EVP_CIPHER_CTX_free(ctx);
}

struct secret secret_keep(struct arena *a, struct str plain)
{
	struct secret s = { .n = plain.n };
	unsigned char *masked;

	if (plain.n == 0)
		return s;
	if (RAND_bytes(s.nonce, sizeof(s.nonce)) != 1)
		abort();
	masked = arena_alloc(a, plain.n);
	mask(s.nonce, (const unsigned char *)plain.p, plain.n, masked);
	s.masked = masked;
	return s;
}

char *secret_text(const struct secret *s)
{
	char *text = mem_alloc(s->n + 1);

	if (s->n)
		mask(s->nonce, s->masked, s->n, (unsigned char *)text);
	text[s->n] = '\0';
	return text;
}

void secret_drop(const struct secret *s, char *text)
{
	explicit_bzero(text, s->n);
	free(text);
}

void secret_wipe(struct str text)
{
	if (text.n)
		explicit_bzero((char *)text.p, text.n);
}

void secret_wipe_buf(struct buf *b)
{
	if (b->p)
		explicit_bzero(b->p, b->cap);
	buf_release(b);
}

void secret_scrub(bool on)
{
	static unsigned depth;

	depth += on ? 1 : -1;
#ifdef M_PERTURB
	mallopt(M_PERTURB, depth ? 0xA5 : 0);
#endif
}

void secret_no_core(void)
{
	prctl(PR_SET_DUMPABLE, 0);
}
