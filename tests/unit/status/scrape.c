#include "status/scrape.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests.h"

static char answer[1 << 20];

static int connect_to(unsigned port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof(a)) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* A port that was free a moment ago. */
static unsigned free_port(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&a, n) == 0 && getsockname(fd, (struct sockaddr *)&a, &n) == 0);
	close(fd);
	return ntohs(a.sin_port);
}

static struct scrape *open_at(char *where, unsigned *port)
{
	struct scrape *s = NULL;

	for (int tries = 0; !s && tries < 20; tries++) {
		struct err e = { 0 };

		*port = free_port();
		snprintf(where, 64, "127.0.0.1:%u", *port);
		s = scrape_open(where, &e);
	}
	return s;
}

/* All that comes back, as text. */
static const char *read_all(int fd)
{
	size_t n = 0;
	ssize_t got;

	while (n < sizeof(answer) - 1 && (got = read(fd, answer + n, sizeof(answer) - 1 - n)) > 0)
		n += (size_t)got;
	answer[n] = '\0';
	close(fd);
	return answer;
}

static const char *ask(unsigned port, const char *request)
{
	int fd = connect_to(port);

	if (fd < 0 || write(fd, request, strlen(request)) != (ssize_t)strlen(request))
		return "no connection";
	return read_all(fd);
}

static bool starts(const char *text, const char *with)
{
	if (strncmp(text, with, strlen(with)) != 0)
		printf("# got: %.200s\n", text);
	return strncmp(text, with, strlen(with)) == 0;
}

static void get_is_answered_with_what_was_set_last(void)
{
	char where[64];
	unsigned port;
	struct scrape *s = open_at(where, &port);

	CHECK(s != NULL);
	if (!s)
		return;
	scrape_set(s, STR_LIT("a 1\n"));
	scrape_set(s, STR_LIT("a 2\nb 3\n"));
	CHECK(starts(ask(port, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"), "HTTP/1.0 200 OK\r\n"));
	CHECK(strstr(answer, "\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
	CHECK(strstr(answer, "\r\nContent-Length: 8\r\n") && strstr(answer, "\r\n\r\na 2\nb 3\n"));
	CHECK(starts(ask(port, "GET /metrics?x=1 HTTP/1.0\r\n\r\n"), "HTTP/1.0 200 OK\r\n"));
	CHECK(starts(ask(port, "HEAD /metrics HTTP/1.0\r\n\r\n"), "HTTP/1.0 200 OK\r\n") && !strstr(answer, "a 2"));
	scrape_close(s);
}

static void other_requests_are_refused(void)
{
	char where[64], *big = malloc(10000);
	unsigned port;
	struct scrape *s = open_at(where, &port);

	CHECK(s != NULL);
	CHECK(starts(ask(port, "GET / HTTP/1.0\r\n\r\n"), "HTTP/1.0 404 "));
	CHECK(starts(ask(port, "GET /metricsx HTTP/1.0\r\n\r\n"), "HTTP/1.0 404 "));
	CHECK(starts(ask(port, "POST /metrics HTTP/1.0\r\n\r\n"), "HTTP/1.0 405 "));
	CHECK(starts(ask(port, "\r\n\r\n"), "HTTP/1.0 405 "));
	/* What is sent behind the limit makes the answer a reset at times; what counts is that the next one is answered. */
	memset(big, 'x', 9999);
	big[9999] = '\0';
	ask(port, big);
	CHECK(starts(ask(port, "GET /metrics HTTP/1.0\r\n\r\n"), "HTTP/1.0 200 "));
	free(big);
	scrape_close(s);
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void who_asks_for_nothing_is_sent_away_and_the_next_one_served(void)
{
	char where[64];
	unsigned port;
	struct scrape *s = open_at(where, &port);
	int silent = connect_to(port);
	int64_t began = now_ms();

	CHECK(s && silent >= 0);
	CHECK(starts(ask(port, "GET /metrics HTTP/1.0\r\n\r\n"), "HTTP/1.0 200 "));
	CHECK(now_ms() - began >= 1500);	/* else it is not known that the first one was waited for */
	CHECK(starts(read_all(silent), "HTTP/1.0 400 "));
	scrape_close(s);
}

static void closing_does_not_wait_for_who_asks(void)
{
	char where[64];
	unsigned port;
	struct scrape *s = open_at(where, &port);
	struct pollfd p;
	int64_t began;

	CHECK(s != NULL);
	p = (struct pollfd){ .fd = connect_to(port), .events = POLLIN };
	CHECK(p.fd >= 0 && write(p.fd, "GET ", 4) == 4);
	began = now_ms();
	scrape_close(s);
	CHECK(now_ms() - began < 1500);
	CHECK(poll(&p, 1, 5000) == 1);	/* it is told, one way or another */
	close(p.fd);
}

static void one_port_is_for_one_tool(void)
{
	char where[64];
	unsigned port;
	struct scrape *s = open_at(where, &port);
	struct err e = { 0 };

	CHECK(s && !scrape_open(where, &e));
	CHECK(e.kind && e.kind->code == 50111 && strstr(e.text, where));
	scrape_close(s);
	err_clear(&e);
	s = scrape_open(where, &e);		/* and free again */
	CHECK(s != NULL);
	scrape_close(s);
}

static void what_is_no_address_is_refused(void)
{
	static const char *const bad[] = {
		"", "0", "65536", "x", "127.0.0.1", "127.0.0.1:", ":80", "localhost:9100", "::1:9100", "[::1]", "[]:9100",
		"1.2.3.4.5:9100", "127.0.0.1:9100x", "127.0.0.1:-1",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct err e = { 0 };
		struct scrape *s = scrape_open(bad[i], &e);

		CHECK(!s && e.kind && e.kind->code == 50110 && e.kind->status == STATUS_USAGE);
		if (s)
			printf("# taken: %s\n", bad[i]);
		scrape_close(s);
	}
}

void test_scrape(void)
{
	RUN(get_is_answered_with_what_was_set_last);
	RUN(other_requests_are_refused);
	RUN(who_asks_for_nothing_is_sent_away_and_the_next_one_served);
	RUN(closing_does_not_wait_for_who_asks);
	RUN(one_port_is_for_one_tool);
	RUN(what_is_no_address_is_refused);
}
