#include "base/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/secret.h"

#ifndef DM_VERSION
#define DM_VERSION "unknown"
#endif

volatile sig_atomic_t stop_asked;

static sigset_t wait_mask;

/* Every tool's own options; -v and -q are counted here, so they are flags only for --help, as is --log-format. */
struct common {
	bool help, version, verbose, quiet;
	const char *log_format;
};

static const struct opt common_options[] = {
	{ OPT_FLAG, 'v', "verbose", NULL, offsetof(struct common, verbose), "say more; may be repeated", 0, 0, NULL },
	{ OPT_FLAG, 'q', "quiet", NULL, offsetof(struct common, quiet),
	  "say only warnings and errors; twice, only errors", 0, 0, NULL },
	{ OPT_TEXT, 0, "log-format", "FORMAT", offsetof(struct common, log_format),
	  "say things as text, or as json: one object a line (default text)", 0, 0, NULL },
	{ OPT_FLAG, 0, "help", NULL, offsetof(struct common, help), "show this text and exit", 0, 0, NULL },
	{ OPT_FLAG, 0, "version", NULL, offsetof(struct common, version), "show the version and exit", 0, 0, NULL },
	{ 0 }
};

static void on_stop(int signal)
{
	(void)signal;
	stop_asked = 1;
}

const sigset_t *tool_wait_mask(void)
{
	return &wait_mask;
}

void tool_take_signals(void)
{
	struct timespec now = { 0, 0 };

	ppoll(NULL, 0, &now, &wait_mask);
}

static void set_signals(void)
{
	struct sigaction stop = { .sa_handler = on_stop }, ignore = { .sa_handler = SIG_IGN };
	sigset_t stops;

	sigaction(SIGPIPE, &ignore, NULL);
	sigaction(SIGTERM, &stop, NULL);
	sigaction(SIGINT, &stop, NULL);
	sigemptyset(&stops);
	sigaddset(&stops, SIGTERM);
	sigaddset(&stops, SIGINT);
	sigprocmask(SIG_BLOCK, &stops, &wait_mask);
	sigdelset(&wait_mask, SIGTERM);
	sigdelset(&wait_mask, SIGINT);
}

/* A tool started with a closed descriptor must not take a file of its own for standard output. */
static void open_standard(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= 2);
	if (fd > 2)
		close(fd);
}

static void see_for_people(const struct opt *o, void *context)
{
	struct buf *b = context;
	size_t before = b->n, width;

	if (o->letter)
		buf_putf(b, "  -%c, --%s", o->letter, o->name);
	else
		buf_putf(b, "      --%s", o->name);
	if (o->arg)
		buf_putf(b, " %s", o->arg);
	width = b->n - before;
	if (width > 30) {
		buf_put_char(b, '\n');
		width = 0;
	}
	buf_putf(b, "%*s%s\n", (int)(32 - width), "", o->help);
}

static void see_for_machines(const struct opt *o, void *context)
{
	buf_putf(context, "%s%c\t--%s\t%s\t%s\n", o->letter ? "-" : "", o->letter ? o->letter : '-', o->name,
		 o->arg ? o->arg : "", o->help);
}

static bool print(struct buf *b, struct err *e)
{
	bool ok = file_write_all(STDOUT_FILENO, b->p, b->n) ||
		  err_set(e, &err_file, "cannot write standard output: %s", strerror(errno));

	buf_release(b);
	return ok;
}

static bool print_help(const struct tool *tool, bool machines, struct err *e)
{
	struct buf b = BUF_INIT(1 << 20);

	if (machines) {
		opt_walk(tool->opts, see_for_machines, &b);
		opt_walk(common_options, see_for_machines, &b);
		return print(&b, e);
	}
	buf_putf(&b, "usage: %s [OPTION ...]%s%s\n%s\n\n", tool->name, tool->operands ? " " : "",
		 tool->operands ? tool->operands : "", tool->line);
	opt_walk(tool->opts, see_for_people, &b);
	opt_walk(common_options, see_for_people, &b);
	buf_putf(&b, "\nSee %s(1).\n", tool->name);
	return print(&b, e);
}

static bool print_version(const struct tool *tool, struct err *e)
{
	struct buf b = BUF_INIT(4096);

	buf_putf(&b, "%s (dm-tools) %s\nLicence: Apache-2.0\n", tool->name, DM_VERSION);
	return print(&b, e);
}

/* How many times c stands in "-ccc"; 0 for any other word. */
static int count_letters(const char *word, char c)
{
	int n = 0;

	if (word[0] != '-')
		return 0;
	while (word[n + 1] == c)
		n++;
	return word[n + 1] == '\0' ? n : 0;
}

/* --log-format FORMAT or --log-format=FORMAT at *word: true, and *word at its last word. What follows is said so. */
static bool take_log_format(char ***word, bool *ok, struct err *e)
{
	static const char name[] = "--log-format";
	const char *rest, *format;

	if (strncmp(**word, name, sizeof(name) - 1) != 0)
		return false;
	rest = **word + sizeof(name) - 1;
	if (*rest != '\0' && *rest != '=')
		return false;
	format = *rest == '=' ? rest + 1 : (*word)[1];
	if (!format)
		*ok = err_set(e, &err_usage, "option '--log-format' wants a value");
	else if (strcmp(format, "text") != 0 && strcmp(format, "json") != 0)
		*ok = err_set(e, &err_usage, "--log-format is text or json, not '%s'", format);
	else
		log_as_json(format[0] == 'j');
	if (*rest == '\0' && format)
		++*word;
	return true;
}

/* Takes the common options out of argv, wherever they stand. True when the process is done. */
static bool take_common(const struct tool *tool, char **argv, int *level, bool *ok, struct err *e)
{
	char **to = argv + 1;

	for (char **from = argv + 1; *from; from++) {
		const char *word = *from;

		if (strcmp(word, "--") == 0) {
			while (*from)
				*to++ = *from++;
			break;
		}
		if (strcmp(word, "--help") == 0 || strcmp(word, "--help=options") == 0) {
			*ok = print_help(tool, word[6] == '=', e);
			return true;
		}
		if (strcmp(word, "--version") == 0) {
			*ok = print_version(tool, e);
			return true;
		}
		if (take_log_format(&from, ok, e)) {
			if (!*ok)
				return true;
			continue;
		}
		if (strcmp(word, "--verbose") == 0 || count_letters(word, 'v') > 0)
			*level += word[1] == '-' ? 1 : count_letters(word, 'v');
		else if (strcmp(word, "--quiet") == 0 || count_letters(word, 'q') > 0)
			*level -= word[1] == '-' ? 1 : count_letters(word, 'q');
		else
			*to++ = *from;
	}
	*to = NULL;
	return false;
}

static bool start(const struct tool *tool, char **argv, char **operands, struct err *e)
{
	int level = LOG_NOTICE;
	bool ok = true;

	if (take_common(tool, argv, &level, &ok, e))
		return ok;
	log_init(tool->name, level < LOG_ERROR ? LOG_ERROR : level > LOG_DEBUG ? LOG_DEBUG : (enum log_level)level);
	if (!opt_parse(tool->opts, tool->settings, argv, operands, e))
		return false;
	if (operands[0] && !tool->operands)
		return err_set(e, &err_usage, "unexpected operand '%s'", operands[0]);
	ok = tool->run(tool->settings, operands, e);
	if (!ok && tool->failed)
		tool->failed(tool->settings, e);
	return ok;
}

int tool_main(const struct tool *tool, int argc, char **argv)
{
	char **operands;
	struct err e = { 0 };
	int status = 0;

	secret_no_core();
	open_standard();
	set_signals();
	log_init(tool->name, LOG_NOTICE);
	operands = mem_array((size_t)argc + 1, sizeof(*operands));
	if (!start(tool, argv, operands, &e)) {
		status = e.kind->status;
		if (status == STATUS_USAGE)
			log_init(tool->name, LOG_NOTICE);	/* also after -qq: nothing else was said */
		if (status == STATUS_USAGE)
			log_notice("%s; try '%s --help'", e.text, tool->name);
		else if (status == STATUS_RETRY && e.kind->level == LEVEL_LOW)
			log_notice("%s", e.text);	/* who went away has told its own reason */
		else
			log_error(&e);
	}
	free(operands);
	return status;
}
