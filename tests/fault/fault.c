/*
 * fault.c - a library to preload that makes the n-th call of one function fail.
 *
 *
 *
 * FAULT is FUNCTION:N:HOW. FUNCTION is read, write, fsync, rename, open or malloc (which counts calloc and
 * realloc too). HOW is the name of an error; "short" lets read and write do one byte of what was asked. N+ in
 * place of N: that call and all later ones. Counting starts where a tool has set its signals up, so that
 * libraries that start before main are left alone; what is written to standard error is not counted. The file
 * FAULT_HIT is made when a call fails.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t n);

enum how { NOTHING, FAIL, SHORT };

static bool armed, onward, is_short;
static char function[16];
static long left;
static int error;

static const struct { const char *name; int number; } errors[] = {
	{ "ENOSPC", ENOSPC }, { "EIO", EIO }, { "EPIPE", EPIPE }, { "EINTR", EINTR }, { "ENOMEM", ENOMEM }, { "EACCES", EACCES },
	{ "EMFILE", EMFILE },
};

static void read_order(const char *order)
{
	const char *n = strchr(order, ':'), *how = n ? strchr(n + 1, ':') : NULL;
	char *end;

	if (!how || n - order >= (long)sizeof(function))
		return;
	memcpy(function, order, (size_t)(n - order));
	left = strtol(n + 1, &end, 10);
	onward = *end == '+';
	is_short = strcmp(how + 1, "short") == 0;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (strcmp(how + 1, errors[i].name) == 0)
			error = errors[i].number;
	armed = true;
}

static void mark_hit(void)
{
	const char *path = getenv("FAULT_HIT");
	long fd = path ? syscall(SYS_openat, AT_FDCWD, path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600) : -1;

	if (fd >= 0)
		syscall(SYS_close, fd);
}

static enum how what_now(const char *called)
{
	if (!armed || strcmp(called, function) != 0 || left <= 0 || (--left > 0))
		return NOTHING;
	if (onward)
		left = 1;
	mark_hit();
	errno = error;
	return is_short ? SHORT : FAIL;
}

/* A tool ignores SIGPIPE first of all. */
int sigaction(int number, const struct sigaction *act, struct sigaction *old)
{
	static int (*real)(int, const struct sigaction *, struct sigaction *);
	const char *order = getenv("FAULT");

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "sigaction");
	if (number == SIGPIPE && order && !armed)
		read_order(order);
	return real(number, act, old);
}

ssize_t read(int fd, void *p, size_t n)
{
	enum how how = what_now("read");

	if (how == FAIL)
		return -1;
	return syscall(SYS_read, fd, p, how == SHORT && n > 1 ? 1 : n);
}

ssize_t write(int fd, const void *p, size_t n)
{
	enum how how = fd == STDERR_FILENO ? NOTHING : what_now("write");

	if (how == FAIL)
		return -1;
	return syscall(SYS_write, fd, p, how == SHORT && n > 1 ? 1 : n);
}

int fsync(int fd)
{
	return what_now("fsync") == FAIL ? -1 : (int)syscall(SYS_fsync, fd);
}

int rename(const char *from, const char *to)
{
	return what_now("rename") == FAIL ? -1 : (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list args;

	va_start(args, flags);
	if (flags & (O_CREAT | O_TMPFILE))
		mode = va_arg(args, mode_t);
	va_end(args);
	return what_now("open") == FAIL ? -1 : (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

void *malloc(size_t n)
{
	return what_now("malloc") == FAIL ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
	return what_now("malloc") == FAIL ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
	return what_now("malloc") == FAIL ? NULL : __libc_realloc(p, n);
}
