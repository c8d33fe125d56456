/* progress.c - see progress.h */
#include "status/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"

#define ERASE "\r\033[K"

static bool shown;

bool progress_wanted(void)
{
	return log_wants(LOG_NOTICE) && !log_is_json() && isatty(STDERR_FILENO);
}

static size_t width(void)
{
	struct winsize w;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 1 ? w.ws_col - 1u : 79;
}

static void put_left(struct buf *b, double ms)
{
	unsigned long long s = (unsigned long long)(ms / 1000 + 0.5);

	if (s >= 3600)
		buf_putf(b, ", %lluh%02llum left", s / 3600, s / 60 % 60);
	else if (s >= 60)
		buf_putf(b, ", %llum%02llus left", s / 60, s % 60);
	else
		buf_putf(b, ", %llus left", s);
}

void progress_put(struct buf *b, const struct progress_numbers *n)
{
	if (n->all_tables > 0)
		buf_putf(b, "%llu of %llu tables, ", (unsigned long long)n->tables, (unsigned long long)n->all_tables);
	buf_putf(b, "%llu rows, %.1f MB, %.1f MB/s", (unsigned long long)n->rows, (double)n->bytes / 1e6,
		 n->ms > 0 ? (double)n->rate_bytes / 1e3 / (double)n->ms : 0);
	if (n->percent <= 0)
		return;
	buf_putf(b, ", %.0f %%", n->percent);
	put_left(b, (double)n->ms * (100 - n->percent) / n->percent);
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
