/* wait.c - where connections and the main thread wait, and how they are woken; see dump.h */
#include "dump.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/tool.h"

static int stop_fd = -1, news_fd = -1;
static atomic_bool stopping;
static int64_t deadline;	/* the main thread's */
static _Thread_local bool in_worker;

int64_t clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool wait_init(struct err *e)
{
	stop_fd = eventfd(0, EFD_CLOEXEC);
	news_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (stop_fd < 0 || news_fd < 0)
		return err_set(e, &err_file, "cannot make an event descriptor: %s", strerror(errno));
	return true;
}

static void raise_event(int fd)
{
	uint64_t one = 1;

	file_write_all(fd, &one, sizeof(one));
}

void wait_stop(void)
{
	if (!atomic_exchange(&stopping, true) && stop_fd >= 0)
		raise_event(stop_fd);
}

bool wait_stopping(void)
{
	return atomic_load_explicit(&stopping, memory_order_relaxed);
}

/* A batch thread does not push the server's aside for each packet, where both run on one machine: it wakes for many at a time. */
void wait_in_worker(void)
{
	const struct sched_param none = { 0 };

	in_worker = true;
	sched_setscheduler(0, SCHED_BATCH, &none);	/* where that is not allowed, it is only slower */
}

void wait_until_ms(int64_t at)
{
	deadline = at;
}

void wait_wake(void)
{
	raise_event(news_fd);
}

void wait_for_news(int tick_ms)
{
	struct timespec tick = { tick_ms / 1000, tick_ms % 1000 * 1000000L };
	struct pollfd p = { .fd = news_fd, .events = POLLIN };
	uint64_t news;

	if (ppoll(&p, 1, &tick, tool_wait_mask()) > 0 && read(news_fd, &news, sizeof(news)) < 0)
		return;		/* somebody else's news: look again */
	if (stop_asked)
		wait_stop();
}

/* What is left of the time until the deadline, at most timeout_ms (below 0: for ever). */
static int time_left(int timeout_ms)
{
	int64_t left = deadline - clock_ms();

	if (in_worker || deadline == 0 || (timeout_ms >= 0 && left > timeout_ms))
		return timeout_ms;
	return left > 0 ? (int)left : 0;
}

int wait_io(int fd, bool is_read, int timeout_ms)
{
	int most = time_left(timeout_ms);
	struct timespec limit = { most / 1000, most % 1000 * 1000000L };
	struct pollfd p[] = {
		{ .fd = fd, .events = is_read ? POLLIN : POLLOUT },
		{ .fd = stop_fd, .events = POLLIN },
	};
	int ready;

	do {
		if (!in_worker && stop_asked)
			wait_stop();
		if (wait_stopping())
			return -1;
		ready = ppoll(p, 2, most < 0 ? NULL : &limit, in_worker ? NULL : tool_wait_mask());
	} while (ready < 0 && errno == EINTR);
	return p[1].revents ? -1 : ready;
}
