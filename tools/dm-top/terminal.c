#include "terminal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/tool.h"

#define ENTER "\033[?1049h\033[?25l\033[?7l"
#define LEAVE "\033[?7h\033[?25h\033[0m\033[?1049l"

static volatile sig_atomic_t entered, resized, stopped, continued;
static struct termios before;
static bool has_keys;		/* standard input is the terminal, and before is how it was */

bool terminal_is_there(void)
{
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && term && *term && strcmp(term, "dumb") != 0;
}

void terminal_size(size_t *columns, size_t *lines)
{
	struct winsize w = { 0 };

	ioctl(STDOUT_FILENO, TIOCGWINSZ, &w);
	*columns = w.ws_col > 0 ? w.ws_col : 80;
	*lines = w.ws_row > 0 ? w.ws_row : 24;
}

/* Nothing here that a signal's handler must not do. */
void terminal_leave(void)
{
	int saved = errno;

	if (!entered)
		return;
	entered = 0;
	if (write(STDOUT_FILENO, LEAVE, sizeof(LEAVE) - 1) < 0)
		errno = saved;	/* it is gone: there is nothing to give back */
	if (has_keys)
		tcsetattr(STDIN_FILENO, TCSANOW, &before);
	errno = saved;
}

static void on_death(int signal)
{
	terminal_leave();
	raise(signal);		/* the handler is gone: SA_RESETHAND */
}

static void on_change(int signal)
{
	resized = resized || signal == SIGWINCH;
	stopped = stopped || signal == SIGTSTP;
	continued = continued || signal == SIGCONT;
}

static void set_signals(void)
{
	static const int deaths[] = { SIGHUP, SIGQUIT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGALRM, SIGXCPU };
	static const int changes[] = { SIGWINCH, SIGTSTP, SIGCONT };
	struct sigaction death = { .sa_handler = on_death, .sa_flags = (int)SA_RESETHAND }, change = { .sa_handler = on_change };
	sigset_t waits;

	for (size_t i = 0; i < sizeof(deaths) / sizeof(*deaths); i++)
		sigaction(deaths[i], &death, NULL);
	sigemptyset(&waits);
	for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
		sigaction(changes[i], &change, NULL);
		sigaddset(&waits, changes[i]);
	}
	sigprocmask(SIG_BLOCK, &waits, NULL);	/* they come in where we wait */
}

static void take_over(void)
{
	struct termios raw = before;

	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	raw.c_iflag &= ~(tcflag_t)IXON;		/* output that is held up would keep signals away */
	raw.c_cc[VMIN] = 0;
	raw.c_cc[VTIME] = 0;
	if (has_keys)
		tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	entered = 1;
	file_write_all(STDOUT_FILENO, ENTER, sizeof(ENTER) - 1);
}

void terminal_enter(void)
{
	has_keys = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &before) == 0;
	atexit(terminal_leave);
	mem_at_end(terminal_leave);
	set_signals();
	take_over();
}

/* Puts the lines of text from line from on, n at most; each is cleared behind its end. */
static void put_lines(struct buf *b, struct str text, size_t from, size_t n)
{
	struct str line;

	for (size_t i = 0; str_cut(text, '\n', &line, &text) && i < from + n; i++) {
		if (i < from)
			continue;
		buf_put_str(b, line);
		buf_put_text(b, "\033[K\r\n");
	}
}

static void put_foot(struct buf *b, const struct look *look, size_t hidden, size_t columns)
{
	struct buf foot = BUF_INIT(200);

	if (hidden > 0)
		buf_putf(&foot, "%zu more lines: %s scroll   q quit", hidden, look->utf8 ? "\xe2\x86\x91 \xe2\x86\x93" : "k j");
	else if (has_keys)
		buf_put_text(&foot, "q quit");
	text_put(b, look, buf_str(&foot), columns);
	buf_release(&foot);
}

bool terminal_show(const struct view *v, const struct look *look, size_t *from, struct err *e)
{
	struct buf b = BUF_INIT(64 << 20);
	size_t columns, lines, room, hidden;
	bool ok;

	terminal_size(&columns, &lines);
	room = lines > v->head_lines + 1 ? lines - v->head_lines - 1 : 0;	/* the last line is ours */
	hidden = v->body_lines > room ? v->body_lines - room : 0;
	*from = *from > hidden ? hidden : *from;
	buf_put_text(&b, "\033[H");
	put_lines(&b, buf_str(&v->head), 0, lines > 1 ? lines - 1 : 0);
	put_lines(&b, buf_str(&v->body), *from, room);
	buf_putf(&b, "\033[J\033[%zu;1H", lines);
	put_foot(&b, look, hidden, columns);
	buf_put_text(&b, "\033[K");
	ok = buf_ok(&b, "a screen", e) && (file_write_all(STDOUT_FILENO, b.p, b.n) ||
					   err_set(e, &err_file, "cannot write to the terminal: %s", strerror(errno)));
	buf_release(&b);
	return ok;
}

/* Stops as the terminal asked, and goes on with the screen as it should be. */
static void stop_and_go_on(void)
{
	terminal_leave();
	raise(SIGSTOP);
	take_over();
}

static enum wait_end key_of(struct str typed)
{
	static const struct {
		const char *keys;
		enum wait_end means;
	} known[] = {
		{ "q", WAIT_QUIT }, { "Q", WAIT_QUIT }, { " ", WAIT_NOW }, { "\014", WAIT_DRAW },
		{ "k", WAIT_UP }, { "\033[A", WAIT_UP }, { "\033OA", WAIT_UP }, { "j", WAIT_DOWN }, { "\033[B", WAIT_DOWN },
		{ "\033OB", WAIT_DOWN }, { "\033[5~", WAIT_PAGE_UP }, { "\033[6~", WAIT_PAGE_DOWN },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (str_starts(typed, str_of(known[i].keys)))
			return known[i].means;
	return WAIT_TICK;
}

/* What was typed; WAIT_TICK: nothing that means anything. */
static enum wait_end take_key(void)
{
	char keys[64];
	ssize_t n = read(STDIN_FILENO, keys, sizeof(keys));

	if (n > 0)
		return key_of((struct str){ keys, (size_t)n });
	return n == 0 || errno == EINTR || errno == EAGAIN ? WAIT_TICK : WAIT_QUIT;	/* the terminal is gone */
}

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

enum wait_end terminal_wait(int64_t until_ns)
{
	for (;;) {
		int64_t left = until_ns - now_ns();
		struct timespec t = { left / 1000000000, left % 1000000000 };
		struct pollfd p = { .fd = has_keys && entered ? STDIN_FILENO : -1, .events = POLLIN };
		int ready;

		if (left <= 0) {
			tool_take_signals();
			return stop_asked ? WAIT_QUIT : WAIT_TICK;
		}
		ready = ppoll(&p, 1, &t, tool_wait_mask());
		if (stop_asked || (p.revents & (POLLHUP | POLLERR | POLLNVAL)))
			return WAIT_QUIT;
		if (stopped) {
			stopped = 0;
			stop_and_go_on();
			continued = 1;
		} else if (continued && entered) {
			take_over();	/* whoever stopped us has had the terminal meanwhile */
		}
		if (resized || continued) {
			resized = continued = 0;
			return WAIT_DRAW;
		}
		if (ready > 0) {
			enum wait_end end = take_key();

			if (end != WAIT_TICK)
				return end;
		}
	}
}
