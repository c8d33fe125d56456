/* scrape.c - see scrape.h */
#include "status/scrape.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"

enum { REQUEST_MAX = 4096, REQUEST_MS = 2000, TEXT_MAX = 1 << 20, WAITING = 16 };

static const struct err_kind err_listen_address = {
	.code = 50110, .class = "functional", .scope = SCOPE_INTERNAL, .level = LEVEL_HIGH, .status = STATUS_USAGE,
	.workaround = "give a port, 127.0.0.1:PORT or [::1]:PORT",
};
static const struct err_kind err_listen = {
	.code = 50111, .class = "functional", .scope = SCOPE_INTERNAL, .level = LEVEL_HIGH, .status = STATUS_CONFIG,
	.workaround = "give each tool a port of its own that nobody listens at",
};

struct scrape {
	int fd, wake_fd;
	pthread_t thread;
	pthread_mutex_t lock;		/* of text; held for a copy only */
	struct buf text;
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* False when the time is over, or the tool ends. */
static bool wait_for(const struct scrape *s, int fd, short events, int64_t until)
{
	struct pollfd p[2] = { { .fd = fd, .events = events }, { .fd = s->wake_fd, .events = POLLIN } };

	for (;;) {
		int64_t left = until - now_ms();
		int ready = left > 0 ? poll(p, 2, (int)left) : 0;

		if (ready < 0 && errno == EINTR)
			continue;
		return ready > 0 && !p[1].revents;
	}
}

/* The head of a request, as text; false: it is too long, or does not come. */
static bool take_request(const struct scrape *s, int fd, char request[REQUEST_MAX + 1], int64_t until)
{
	size_t n = 0;

	while (n < REQUEST_MAX && wait_for(s, fd, POLLIN, until)) {
		ssize_t got = recv(fd, request + n, REQUEST_MAX - n, MSG_DONTWAIT);

		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (got <= 0)
			return false;
		n += (size_t)got;
		request[n] = '\0';
		if (strstr(request, "\r\n\r\n") || strstr(request, "\n\n"))
			return true;
	}
	return false;
}

static void send_all(const struct scrape *s, int fd, struct str text, int64_t until)
{
	while (text.n > 0 && wait_for(s, fd, POLLOUT, until)) {
		ssize_t sent = send(fd, text.p, text.n, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (sent < 0 && errno != EAGAIN && errno != EINTR)
			return;
		if (sent > 0)
			text = (struct str){ text.p + sent, text.n - (size_t)sent };
	}
}

static const char *status_of(const char *request, bool *head_only)
{
	size_t method;

	*head_only = strncmp(request, "HEAD ", 5) == 0;
	method = *head_only ? 5 : strncmp(request, "GET ", 4) == 0 ? 4 : 0;
	if (method == 0)
		return "405 Method Not Allowed";
	request += method;
	if (strncmp(request, "/metrics", 8) != 0 || !strchr(" ?\r\n", request[8]))
		return "404 Not Found";
	return "200 OK";
}

static void answer(struct scrape *s, int fd)
{
	struct buf b = BUF_INIT(TEXT_MAX + 4096), text = BUF_INIT(TEXT_MAX);
	char request[REQUEST_MAX + 1] = "";
	bool head_only = false;
	const char *status = take_request(s, fd, request, now_ms() + REQUEST_MS) ? status_of(request, &head_only) : "400 Bad Request";

	if (status[0] == '2') {
		pthread_mutex_lock(&s->lock);
		buf_put_str(&text, buf_str(&s->text));
		pthread_mutex_unlock(&s->lock);
	} else {
		buf_putf(&text, "%s\n", status);
	}
	buf_putf(&b, "HTTP/1.0 %s\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: %zu\r\n"
		 "Connection: close\r\n\r\n", status, text.n);
	if (!head_only)
		buf_put_str(&b, buf_str(&text));
	send_all(s, fd, buf_str(&b), now_ms() + REQUEST_MS);
	buf_release(&text);
	buf_release(&b);
}

static void *serve(void *context)
{
	struct scrape *s = context;
	struct pollfd p[2] = { { .fd = s->fd, .events = POLLIN }, { .fd = s->wake_fd, .events = POLLIN } };

	for (;;) {
		int ready = poll(p, 2, -1), fd;

		if (ready < 0 && errno == EINTR)
			continue;
		if (ready < 0 || p[1].revents)
			return NULL;
		fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd >= 0) {
			answer(s, fd);
			shutdown(fd, SHUT_WR);
			close(fd);
		} else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
			poll(p + 1, 1, 100);	/* who asks stays in the queue: no turning in place meanwhile */
		}
	}
}

/* [ADDR:]PORT into its parts; host has room for where. */
static bool split(const char *where, char *host, const char **port)
{
	const char *colon = strrchr(where, ':');
	struct str address = colon ? (struct str){ where, (size_t)(colon - where) } : STR_LIT("127.0.0.1");
	uint64_t n;

	*port = colon ? colon + 1 : where;
	if (!str_to_u64(str_of(*port), &n) || n < 1 || n > 65535)
		return false;
	if (address.n > 2 && address.p[0] == '[' && address.p[address.n - 1] == ']')
		address = (struct str){ address.p + 1, address.n - 2 };
	else if (memchr(address.p, ':', address.n))
		return false;
	memcpy(host, address.p, address.n);
	host[address.n] = '\0';
	return address.n > 0;
}

static int open_socket(const char *where, struct err *e)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV };
	struct addrinfo *a = NULL;
	char host[256];
	const char *port;
	int fd, one = 1;

	if (strlen(where) >= sizeof(host) || !split(where, host, &port) || getaddrinfo(host, port, &hints, &a) != 0) {
		err_set(e, &err_listen_address, "--metrics-listen is [ADDR:]PORT with an address in digits, not '%s'", where);
		return -1;
	}
	fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));	/* else the next run waits for the last one's */
	if (fd < 0 || bind(fd, a->ai_addr, a->ai_addrlen) != 0 || listen(fd, WAITING) != 0) {
		err_set(e, &err_listen, "cannot listen at %s for scrapes: %s", where, strerror(errno));
		if (fd >= 0)
			close(fd);
		fd = -1;
	}
	freeaddrinfo(a);
	return fd;
}

struct scrape *scrape_open(const char *where, struct err *e)
{
	struct scrape *s;
	int fd = open_socket(where, e), rc;

	if (fd < 0)
		return NULL;
	s = mem_alloc(sizeof(*s));
	*s = (struct scrape){ .fd = fd, .wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC) };
	pthread_mutex_init(&s->lock, NULL);
	buf_init(&s->text, TEXT_MAX);
	/* The signals of the tool are blocked already, and so they are in this thread. */
	rc = s->wake_fd < 0 ? errno : pthread_create(&s->thread, NULL, serve, s);
	if (rc == 0)
		return s;
	err_set(e, &err_listen, "cannot listen at %s for scrapes: %s", where, strerror(rc));
	close(fd);
	if (s->wake_fd >= 0)
		close(s->wake_fd);
	free(s);
	return NULL;
}

void scrape_set(struct scrape *s, struct str text)
{
	pthread_mutex_lock(&s->lock);
	buf_set(&s->text, text);
	pthread_mutex_unlock(&s->lock);
}

void scrape_close(struct scrape *s)
{
	uint64_t one = 1;

	if (!s)
		return;
	if (write(s->wake_fd, &one, sizeof(one)) == (ssize_t)sizeof(one))
		pthread_join(s->thread, NULL);
	else
		return;		/* it goes on to the end of the process, with what it holds */
	close(s->fd);
	close(s->wake_fd);
	buf_release(&s->text);
	pthread_mutex_destroy(&s->lock);
	free(s);
}
