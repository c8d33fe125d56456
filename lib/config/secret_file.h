/*
 * secret_file.h - files that hold a secret: a key, a password, the settings of a client.
 *
 * They must be nobody else's to read, but for a file of root's that our group may read; that is asked of plain files, a pipe such as
 * /dev/fd/3 is taken as it is.
 * Callers: config, dm-secret.
 */
#ifndef CONFIG_SECRET_FILE_H
#define CONFIG_SECRET_FILE_H

#include "base/buf.h"
#include "config/task.h"
#include "text/cipher.h"

#define SECRET_FILE_MAX 65536

/* The whole file. into gets its room at once, and is given back by secret_wipe_buf, also after failure. */
bool secret_file_read(const char *path, struct buf *into, struct err *e);

/* The first line of what was read: to LF or CR LF. */
struct str secret_first_line(const struct buf *text);

/* One line of fd, without its end, of at most into's ceiling: for a password that is typed or piped. */
bool secret_line_read(int fd, struct buf *into, const char *what, struct err *e);

struct secret_key {
	bool given;
	unsigned char bytes[CIPHER_KEY_BYTES];	/* the caller's to wipe */
};

/* Of the file that option names, or else the environment's DM_SECRET_KEY_FILE; neither: none is given, which is no error. */
bool secret_key_load(struct secret_key *key, const char *option, struct err *e);

/* Puts the plain password where at's is a ciphertext: our own, which the key must open, or DM's, which is tried with the key and with
 * the key that DM has published. What no key opens is a plain password that looks like one, and stays. *note: NULL, or what the
 * operator should hear. file: for errors. */
bool secret_unlock(struct endpoint *at, const struct secret_key *key, const char *file, struct arena *a, const char **note,
		   struct err *e);

#endif
