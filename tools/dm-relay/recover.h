/*
 * recover.h - what of a file of a relay log can be relied on after a crash.
 */
#ifndef RELAY_RECOVER_H
#define RELAY_RECOVER_H

#include "boundary.h"
#include "logread.h"

/* Reads fd from its start, cuts it behind its last whole transaction, and leaves b and *size there. A file whose first
 * event is not whole is cut to nothing. */
bool recover_file(struct boundary *b, int fd, const char *path, uint64_t *size, struct err *e);

#endif
