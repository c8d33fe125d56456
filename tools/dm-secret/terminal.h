/*
 * terminal.h - a password, typed and not shown. Caller: main.c.
 */
#ifndef DM_SECRET_TERMINAL_H
#define DM_SECRET_TERMINAL_H

#include "base/buf.h"

/* Asks on standard error, reads a line of the terminal at standard input without echo; twice, where both must be the same.
 * A signal that stops the tool leaves the terminal as it was. The bytes are the caller's to wipe. */
bool terminal_ask(struct buf *into, const char *prompt, bool twice, struct err *e);

#endif
