#include "terminal.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/file.h"
#include "base/secret.h"
#include "base/tool.h"

static const struct err_kind err_not_the_same = {
	.code = 50132, .class = "functional", .scope = SCOPE_INTERNAL, .level = LEVEL_LOW, .status = STATUS_DATA,
	.workaround = "type the same password both times",
};

static bool say(const char *text, struct err *e)
{
	return file_write_all(STDERR_FILENO, text, strlen(text)) ||
	       err_set(e, &err_file, "cannot write to the terminal: %s", strerror(errno));
}

/* Byte by byte, so that a signal can end the waiting. */
static bool read_line(struct buf *into, struct err *e)
{
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };
	char c = 0;

	buf_room(into, into->limit);
	while (c != '\n') {
		p.revents = 0;
		if (ppoll(&p, 1, NULL, tool_wait_mask()) < 0 && errno != EINTR)
			return err_set(e, &err_file, "cannot read the terminal: %s", strerror(errno));
		if (stop_asked)
			return err_set(e, &err_not_the_same, "nothing was encrypted: a signal came");
		if (!p.revents)
			continue;
		if (read(STDIN_FILENO, &c, 1) != 1)
			return err_set(e, &err_not_the_same, "nothing was encrypted: the terminal was closed");
		if (c != '\n')
			buf_put_char(into, c);
	}
	return buf_ok(into, "the password", e);
}

static bool ask_both(struct buf *into, const char *prompt, bool twice, struct err *e)
{
	struct buf again = BUF_INIT(into->limit);
	bool ok = say(prompt, e) && read_line(into, e) && say("\n", e);

	if (ok && twice) {
		ok = say("Again: ", e) && read_line(&again, e) && say("\n", e);
		if (ok && !str_eq(buf_str(into), buf_str(&again)))
			ok = err_set(e, &err_not_the_same, "the two passwords are not the same");
	}
	secret_wipe_buf(&again);
	return ok;
}

bool terminal_ask(struct buf *into, const char *prompt, bool twice, struct err *e)
{
	struct termios was, silent;
	bool ok;

	if (tcgetattr(STDIN_FILENO, &was) != 0)
		return err_set(e, &err_file, "cannot look at the terminal: %s", strerror(errno));
	silent = was;
	silent.c_lflag &= ~(tcflag_t)ECHO;
	if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) != 0)
		return err_set(e, &err_file, "cannot silence the terminal: %s", strerror(errno));
	ok = ask_both(into, prompt, twice, e);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &was);	/* it was settable a moment ago */
	return ok;
}
