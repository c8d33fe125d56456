/*
 * progress.h - the one line that long work shows to a person: rewritten in place, on a terminal only.
 *
 * Callers: dm-dump, dm-load; the main thread.
 */
#ifndef STATUS_PROGRESS_H
#define STATUS_PROGRESS_H

#include "base/str.h"

/* True when standard error is a terminal and notices are wanted: only then is it worth while to make the text. */
bool progress_wanted(void);

/* Shows text (cut to the terminal's width) in place of what was shown before. */
void progress_show(struct str text);

/* Takes it away: before anything is logged, and at the end. Nothing happens when nothing is shown. */
void progress_clear(void);

#endif
