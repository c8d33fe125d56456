/*
 * tool.h - what is the same for every tool: start, help, version, signals, the error, the exit status.
 *
 * tool_main does, in this order: forbids core files, which would hold secrets and rows; makes sure that descriptors 0 to 2 are open; ignores SIGPIPE; blocks SIGTERM
 * and SIGINT but for the waiting places; answers --help, --help=options and --version; parses the table; counts
 * -v and -q; runs; prints the error; turns its kind into the exit status.
 * A tool's main.c has no exit, no getopt, no signal, no printf. Callers: tools only.
 */
#ifndef BASE_TOOL_H
#define BASE_TOOL_H

#include <signal.h>

#include "base/err.h"
#include "base/log.h"
#include "base/opt.h"

struct tool {
	const char *name;
	const char *line;	/* what it does, as in the NAME line of its page */
	const char *operands;	/* "[FILE ...]" as in SYNOPSIS; NULL: it takes none */
	const struct opt *opts;
	void *settings;
	bool (*run)(void *settings, char **operands, struct err *e);
	/* Called with the error before it is printed, to keep it in a status file. NULL: nothing to keep. */
	void (*failed)(void *settings, const struct err *e);
};

int tool_main(const struct tool *tool, int argc, char **argv);

/* Set by SIGTERM and SIGINT. They come in only while a waiting place holds them open, so a loop looks at
 * this after a wait and needs no lock. */
extern volatile sig_atomic_t stop_asked;

/* The signal mask for ppoll at a waiting place: lets SIGTERM and SIGINT in. */
const sigset_t *tool_wait_mask(void);

/* Takes a signal that is pending now. A ppoll that finds its descriptor ready does not, so a waiting place that is never
 * kept waiting calls this first. */
void tool_take_signals(void);

#endif
