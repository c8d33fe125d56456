/*
 * hide.h - what dm-secret hide shows: a task or source file that still says all but its passwords and keys.
 */
#ifndef DM_SECRET_HIDE_H
#define DM_SECRET_HIDE_H

#include "base/err.h"

/* To standard output. */
bool hide_passwords(const char *path, struct err *e);

#endif
