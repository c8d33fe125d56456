/*
 * terminal.h - the screen of a terminal, taken over and given back whatever ends us.
 */
#ifndef DM_TOP_TERMINAL_H
#define DM_TOP_TERMINAL_H

#include "base/err.h"
#include "view.h"

/* Is standard output a terminal that can move its cursor? */
bool terminal_is_there(void);

/* Columns and lines now. */
void terminal_size(size_t *columns, size_t *lines);

/* Takes the screen over: another page of it, no cursor, keys as they come. From here on it is given back at exit, and by signals. */
void terminal_enter(void);
void terminal_leave(void);

/* Shows the view, its body from line *from on, which is moved to where there is something. */
bool terminal_show(const struct view *v, const struct look *look, size_t *from, struct err *e);

/* What ended a wait. Up and down are keys that scroll. */
enum wait_end { WAIT_TICK, WAIT_QUIT, WAIT_DRAW, WAIT_NOW, WAIT_UP, WAIT_DOWN, WAIT_PAGE_UP, WAIT_PAGE_DOWN };

/* Waits until the clock (CLOCK_MONOTONIC) says until_ns, a key that means something, another size, or a signal. */
enum wait_end terminal_wait(int64_t until_ns);

#endif
