/*
 * rogue.c - stands between a client and a real server, and at one moment answers itself, as no honest server does.
 *
 * usage: rogue SERVER-PORT MODE N FILE PORT-FILE GOT-FILE
 *
 * Listens on a port of its own, which PORT-FILE tells. The N-th statement of all connections together (N 0: the greeting of each
 * connection; N a text: the first that holds it) is answered as MODE says; everything else goes through. The client's next packet behind a request for FILE is added to
 * GOT-FILE, which has a line "asked" for each request. Modes:
 *
 *	file		a request for the local FILE (LOAD DATA LOCAL)
 *	columns		a result of 2^63 columns
 *	length		a row whose only value is 2^63 bytes long
 *	huge		a packet of 16 MiB that is cut behind its first bytes
 *	cut		a result that is cut inside its columns
 *	empty		a packet of no bytes
 *	order		a packet out of its order
 *	noise		bytes of no meaning
 *	error		an error without a number
 *	endless		(greeting) a version that does not end
 *	clear		(greeting) the password is wanted in clear
 *
 * Ends when nobody has asked for anything for a minute.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROOM = 1 << 16, PATIENCE = 60, COM_QUERY = 3 };

struct rogue {
	const char *mode, *file, *at;	/* at: N as it was given */
	int server_port, got;
	unsigned n;
	atomic_uint *commands;		/* of all connections; those that hold the text, where one is given */
};

/* One connection; what came from the client and is not yet a whole packet. */
struct pair {
	const struct rogue *r;
	int client, server;
	unsigned char in[ROOM];
	size_t have;
	size_t skip;			/* bytes of a packet that is longer than our room: they pass */
	bool asked;			/* the next packet is what the client gives */
};

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static bool send_all(int fd, const void *p, size_t n)
{
	const char *at = p;

	while (n > 0) {
		ssize_t got = send(fd, at, n, MSG_NOSIGNAL);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		at += got;
		n -= (size_t)got;
	}
	return true;
}

static bool send_packet(int fd, unsigned char seq, const void *p, size_t n)
{
	unsigned char head[4] = { (unsigned char)n, (unsigned char)(n >> 8), (unsigned char)(n >> 16), seq };

	return send_all(fd, head, sizeof(head)) && send_all(fd, p, n);
}

#define LONGEST "\xfe\xff\xff\xff\xff\xff\xff\xff\x7f"
#define COLUMN "\3def\0\0\0\1a\0\14\77\0\377\377\0\0\375\0\0\0\0\0"
#define EOF_PACKET "\376\0\0\2\0"

static bool answer_file(struct pair *p)
{
	char request[1000];
	int n = snprintf(request, sizeof(request), "\xfb%s", p->r->file);

	if (write(p->r->got, "asked\n", 6) != 6)
		die("write");
	p->asked = true;
	return send_packet(p->client, 1, request, (size_t)n);
}

/* What of it the client does not believe ends the connection; false does so here, too. */
static bool answer(struct pair *p, unsigned char seq)
{
	const char *mode = p->r->mode;
	int fd = p->client;
	char noise[4000];

	if (strcmp(mode, "file") == 0)
		return answer_file(p);
	if (strcmp(mode, "columns") == 0)
		send_packet(fd, seq, LONGEST, 9);
	if (strcmp(mode, "length") == 0 && send_packet(fd, seq, "\1", 1) && send_packet(fd, seq + 1, COLUMN, sizeof(COLUMN) - 1) &&
	    send_packet(fd, seq + 2, EOF_PACKET, 5))
		send_packet(fd, seq + 3, LONGEST "abc", 12);
	if (strcmp(mode, "huge") == 0)
		send_all(fd, "\xff\xff\xff\0\12", 5);
	if (strcmp(mode, "cut") == 0 && send_packet(fd, seq, "\2", 1))
		send_packet(fd, seq + 1, COLUMN, 9);
	if (strcmp(mode, "empty") == 0)
		send_packet(fd, seq, "", 0);
	if (strcmp(mode, "order") == 0)
		send_packet(fd, seq + 40, "\0\0\0\2\0\0\0", 7);
	if (strcmp(mode, "error") == 0)
		send_packet(fd, seq, "\xff", 1);
	if (strcmp(mode, "endless") == 0) {
		memset(noise, '9', sizeof(noise));
		noise[0] = 10;
		send_packet(fd, seq, noise, sizeof(noise));
	}
	if (strcmp(mode, "noise") == 0) {
		for (size_t i = 0; i < sizeof(noise); i++)
			noise[i] = (char)(i * i * 7919 >> 3 ^ i);
		send_packet(fd, seq, noise, 300);
		send_all(fd, noise, sizeof(noise));
	}
	return false;
}

/* The greeting of a server that wants the password as it is. */
static bool greet_clear(int fd)
{
	static const char hello[] = "\12" "8.0.36\0\1\0\0\0abcdefgh\0\377\377\10\2\0\377\301\25\0\0\0\0\0\0\0\0\0\0abcdefghijkl\0mysql_clear_password";
	char reply[4096];

	if (!send_packet(fd, 0, hello, sizeof(hello)) || recv(fd, reply, sizeof(reply), 0) <= 0)
		return false;
	send_packet(fd, 2, "\376mysql_clear_password\0\0", 23);
	while (recv(fd, reply, sizeof(reply), 0) > 0)
		;
	return false;
}

/* Is this the command that we wait for? */
static bool is_command(const struct rogue *r, const unsigned char *packet, size_t n)
{
	if (packet[3] != 0 || n <= 4 || packet[4] != COM_QUERY)
		return false;
	if (r->n == 0 && !memmem(packet, n, r->at, strlen(r->at)))
		return false;
	return atomic_fetch_add(r->commands, 1) + 1 == (r->n ? r->n : 1);
}

/* A whole packet of the client. */
static bool take_packet(struct pair *p, size_t n)
{
	const unsigned char *packet = p->in;

	if (p->asked) {
		p->asked = false;
		if (write(p->r->got, packet + 4, n - 4) != (ssize_t)(n - 4))
			die("write");
		return send_packet(p->client, packet[3] + 1, "\0\0\0\2\0\0\0", 7);
	}
	if (is_command(p->r, packet, n))
		return answer(p, 1);
	return send_all(p->server, packet, n);
}

static bool take_input(struct pair *p)
{
	ssize_t got = recv(p->client, p->in + p->have, ROOM - p->have, 0);

	if (got <= 0)
		return false;
	p->have += (size_t)got;
	while (p->have > 0) {
		size_t n = p->skip;

		if (n == 0 && p->have < 4)
			return true;
		if (n == 0)
			n = 4 + ((size_t)p->in[0] | (size_t)p->in[1] << 8 | (size_t)p->in[2] << 16);
		if (n > p->have && (p->skip > 0 || n > ROOM)) {
			if (!send_all(p->server, p->in, p->have))
				return false;
			p->skip = n - p->have;
			p->have = 0;
			return true;
		}
		if (n > p->have)
			return true;
		if (!(p->skip > 0 ? send_all(p->server, p->in, n) : take_packet(p, n)))
			return false;
		p->skip = 0;
		p->have -= n;
		memmove(p->in, p->in + n, p->have);
	}
	return true;
}

static int connect_to(int port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		die("connect");
	return fd;
}

static void serve(const struct rogue *r, int client)
{
	static struct pair p;
	static char through[ROOM];

	p.r = r;
	p.client = client;
	if (strcmp(r->at, "0") == 0) {
		if (strcmp(r->mode, "clear") == 0)
			greet_clear(client);
		else
			answer(&p, 0);
		shutdown(client, SHUT_WR);
		while (recv(client, through, sizeof(through), 0) > 0)
			;
		return;
	}
	p.server = connect_to(r->server_port);
	for (;;) {
		struct pollfd fds[2] = { { .fd = p.client, .events = POLLIN }, { .fd = p.server, .events = POLLIN } };

		if (poll(fds, 2, PATIENCE * 1000) <= 0)
			return;
		if (fds[0].revents && !take_input(&p))
			return;
		if (fds[1].revents) {
			ssize_t n = recv(p.server, through, sizeof(through), 0);

			if (n <= 0 || !send_all(p.client, through, (size_t)n))
				return;
		}
	}
}

static int listen_on_any(const char *port_file)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	FILE *out;

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(fd, 50) < 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &n) < 0)
		die("listen");
	out = fopen(port_file, "w");
	if (!out || fprintf(out, "%u\n", ntohs(at.sin_port)) < 0 || fclose(out) != 0)
		die(port_file);
	return fd;
}

int main(int argc, char **argv)
{
	struct rogue r;
	int fd;

	if (argc != 7) {
		fputs("usage: rogue SERVER-PORT MODE N FILE PORT-FILE GOT-FILE\n", stderr);
		return 64;
	}
	r = (struct rogue){ .server_port = atoi(argv[1]), .mode = argv[2], .at = argv[3], .n = (unsigned)atoi(argv[3]), .file = argv[4] };
	r.got = open(argv[6], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	r.commands = mmap(NULL, sizeof(*r.commands), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (r.got < 0 || r.commands == MAP_FAILED)
		die(argv[6]);
	signal(SIGCHLD, SIG_IGN);
	fd = listen_on_any(argv[5]);
	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int client;

		if (poll(&p, 1, PATIENCE * 1000) == 0)
			return 0;
		client = accept(fd, NULL, NULL);
		if (client < 0)
			continue;
		if (fork() == 0) {
			close(fd);
			serve(&r, client);
			_exit(0);
		}
		close(client);
	}
}
