/*
 * file.h - whole files, written so that a crash leaves the old one or the new one.
 *
 * Files are created 0600 (but see file_replace_public), folders 0700. Every error names the path and the system's reason, status 74.
 * Callers: config, status, tools.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/buf.h"

extern const struct err_kind err_file;

/* Adds the whole file to into; its ceiling holds. */
bool file_read(const char *path, struct buf *into, struct err *e);

/* Writes path.tmp beside it, syncs, renames over path. */
bool file_replace(const char *path, struct str text, struct err *e);

/* The same for what others read and what is worth nothing after a crash: 0644, and not synced. */
bool file_replace_public(const char *path, struct str text, struct err *e);

/* As mkdir -p. */
bool file_make_dir(const char *path, struct err *e);

/* The whole of it, whatever the system splits or interrupts. False leaves errno. */
bool file_write_all(int fd, const void *p, size_t n);

/* A file in dir (NULL: in TMPDIR, else /tmp) that nobody else sees and that goes with us, whatever ends us. what: what it is to
 * hold, for the error. */
bool file_make_unnamed(int *fd, const char *dir, const char *what, struct err *e);

bool file_exists(const char *path);

#endif
