#include "text/cipher.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/rand.h>

#include "text/base64.h"
#include "text/utf8.h"

#define PREFIX "aes-256-gcm."
#define NONCE 12
#define TAG 16
#define IV 16
#define SEPARATOR '@'
#define SEALED_MAX (CIPHER_TEXT_MAX + NONCE + TAG + IV)

const unsigned char cipher_published_key[CIPHER_KEY_BYTES] = {
	0xa5, 0x29, 0xb7, 0x66, 0x59, 0x97, 0xf0, 0x43, 0xa3, 0x0a, 0xc8, 0xfa, 0xdc, 0xb5, 0x1d, 0x6a,
	0xa0, 0x32, 0xc2, 0x26, 0xab, 0x5b, 0x77, 0x50, 0x53, 0x0b, 0x12, 0xb8, 0xc1, 0xa1, 0x6a, 0x48,
};

/* The bytes behind the base64 of one form, in memory of the caller's; NULL: it is not of that form. */
static char *bytes_of(enum cipher_form form, struct str text, struct str *bytes)
{
	size_t least = form == CIPHER_OURS ? NONCE + TAG : IV + 1;
	char *copy;

	if (form == CIPHER_OURS && !str_starts(text, STR_LIT(PREFIX)))
		return NULL;
	if (form == CIPHER_OURS)
		text = str_from(text, strlen(PREFIX));
	if (text.n > 2 * (size_t)SEALED_MAX)
		return NULL;
	copy = mem_text(text);
	if (base64_take_here(copy, text.n, bytes) && bytes->n >= least &&
	    (form == CIPHER_OURS || bytes->p[IV] == SEPARATOR))
		return copy;
	free(copy);
	return NULL;
}

enum cipher_form cipher_form(struct str text)
{
	struct str bytes;
	char *copy;

	for (enum cipher_form form = CIPHER_OURS; form <= CIPHER_DM; form++) {
		copy = bytes_of(form, text, &bytes);
		free(copy);
		if (copy)
			return form;
	}
	return CIPHER_NONE;
}

bool cipher_key_parse(struct str hex, unsigned char key[CIPHER_KEY_BYTES])
{
	if (hex.n != 2 * CIPHER_KEY_BYTES)
		return false;
	for (size_t i = 0; i < CIPHER_KEY_BYTES; i++) {
		int high = hex_digit(hex.p[2 * i]), low = hex_digit(hex.p[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		key[i] = (unsigned char)(high << 4 | low);
	}
	return true;
}

/* to has room for the tag behind the text. */
static bool seal(enum cipher_form form, const unsigned char *key, const unsigned char *iv, struct str plain, unsigned char *to)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	bool ours = form == CIPHER_OURS;
	int n = 0;
	bool ok = ctx && EVP_EncryptInit_ex(ctx, ours ? EVP_aes_256_gcm() : EVP_aes_256_cfb128(), NULL, key, iv) == 1 &&
		  (!plain.n || EVP_EncryptUpdate(ctx, to, &n, (const unsigned char *)plain.p, (int)plain.n) == 1) &&
		  EVP_EncryptFinal_ex(ctx, to + n, &n) == 1 &&
		  (!ours || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG, to + plain.n) == 1);

	EVP_CIPHER_CTX_free(ctx);
	return ok;
}

bool cipher_put(struct buf *b, enum cipher_form form, const unsigned char key[CIPHER_KEY_BYTES], struct str plain)
{
	size_t head = form == CIPHER_OURS ? NONCE : IV + 1, n = head + plain.n + (form == CIPHER_OURS ? TAG : 0);
	unsigned char *bytes = mem_zalloc(n);
	bool ok = plain.n <= CIPHER_TEXT_MAX && RAND_bytes(bytes, form == CIPHER_OURS ? NONCE : IV) == 1;

	if (form == CIPHER_DM)
		bytes[IV] = SEPARATOR;
	ok = ok && seal(form, key, bytes, plain, bytes + head);
	if (ok && form == CIPHER_OURS)
		buf_put_text(b, PREFIX);
	if (ok)
		base64_put(b, (struct str){ (const char *)bytes, n });
	free(bytes);
	return ok;
}

static bool unseal(enum cipher_form form, const unsigned char *key, struct str bytes, unsigned char *to, size_t n)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	const unsigned char *iv = (const unsigned char *)bytes.p, *text = iv + (form == CIPHER_OURS ? NONCE : IV + 1);
	bool ours = form == CIPHER_OURS;
	int done = 0;
	bool ok = ctx && EVP_DecryptInit_ex(ctx, ours ? EVP_aes_256_gcm() : EVP_aes_256_cfb128(), NULL, key, iv) == 1 &&
		  (!n || EVP_DecryptUpdate(ctx, to, &done, text, (int)n) == 1) &&
		  (!ours || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG, (void *)(text + n)) == 1) &&
		  EVP_DecryptFinal_ex(ctx, to + n, &done) == 1;

	EVP_CIPHER_CTX_free(ctx);
	return ok;
}

/* What the wrong key makes of a text is almost never this. */
static bool is_text(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return false;
	return utf8_valid(s);
}

bool cipher_open(struct buf *b, enum cipher_form form, const unsigned char key[CIPHER_KEY_BYTES], struct str text)
{
	struct str bytes;
	char *copy = bytes_of(form, text, &bytes), *plain;
	size_t n;
	bool ok;

	if (!copy)
		return false;
	n = bytes.n - (form == CIPHER_OURS ? NONCE + TAG : IV + 1);
	plain = mem_zalloc(n + 1);
	ok = unseal(form, key, bytes, (unsigned char *)plain, n) &&
	     (form == CIPHER_OURS || is_text((struct str){ plain, n }));
	if (ok)
		buf_put(b, plain, n);
	explicit_bzero(plain, n);
	free(plain);
	free(copy);
	return ok;
}
