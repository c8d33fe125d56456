/* progress.c - see progress.h */
#include "status/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/log.h"

#define ERASE "\r\033[K"

static bool shown;

bool progress_wanted(void)
{
	return log_wants(LOG_NOTICE) && isatty(STDERR_FILENO);
}

static size_t width(void)
{
	struct winsize w;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 1 ? w.ws_col - 1u : 79;
}

void progress_show(struct str text)
{
	struct buf b = BUF_INIT(4096);

	if (!progress_wanted())
		return;
	buf_put_text(&b, ERASE);
	buf_put_str(&b, str_first(text, width()));
	file_write_all(STDERR_FILENO, b.p, b.n);
	buf_release(&b);
	shown = true;
}

void progress_clear(void)
{
	if (shown)
		file_write_all(STDERR_FILENO, ERASE, sizeof(ERASE) - 1);
	shown = false;
}
