/*
 * cipher.h - passwords that are written down encrypted, and the keys they are encrypted with.
 *
 * Two forms: our own, "aes-256-gcm." and base64 of 12 bytes nonce, text and 16 bytes tag; and DM's, base64 of 16 bytes IV, '@' and
 * the text in AES-256-CFB. Ours tells a wrong key and a changed text; DM's cannot tell either, so a text that comes out of it
 * counts only where it is one: UTF-8 without control characters. Pure. What is plain is the caller's to wipe.
 * Callers: config, dm-secret.
 */
#ifndef TEXT_CIPHER_H
#define TEXT_CIPHER_H

#include "base/buf.h"

#define CIPHER_KEY_BYTES 32
#define CIPHER_TEXT_MAX 65536	/* of a plain text */

/* The key that DM up to 7.x has in its program, and so everybody. */
extern const unsigned char cipher_published_key[CIPHER_KEY_BYTES];

enum cipher_form { CIPHER_NONE, CIPHER_OURS, CIPHER_DM };

/* What a text looks like; a password that is no ciphertext can look like DM's by chance. */
enum cipher_form cipher_form(struct str text);

/* 64 hex digits. False: they are not. */
bool cipher_key_parse(struct str hex, unsigned char key[CIPHER_KEY_BYTES]);

/* Adds the ciphertext of plain (up to CIPHER_TEXT_MAX bytes) to b. False: plain is longer, or the system gives no random bytes or no
 * memory. */
bool cipher_put(struct buf *b, enum cipher_form form, const unsigned char key[CIPHER_KEY_BYTES], struct str plain);

/* Adds the plain text to b. False, with b unchanged: text is not of this form, or not of this key. */
bool cipher_open(struct buf *b, enum cipher_form form, const unsigned char key[CIPHER_KEY_BYTES], struct str text);

#endif
