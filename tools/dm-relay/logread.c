/* logread.c - reads events off a file; see logread.h */
#include "logread.h"

#include <errno.h>
#include <unistd.h>

#include "base/file.h"

enum { READ_SIZE = 1 << 20 };

void logread_init(struct logread *l)
{
	*l = (struct logread){ .fd = -1 };
	buf_init(&l->b, (size_t)6 << 30);
}

void logread_release(struct logread *l)
{
	buf_release(&l->b);
}

void logread_start(struct logread *l, int fd, const char *path, uint64_t offset)
{
	l->fd = fd;
	l->path = path;
	l->offset = l->start = offset;
	buf_clear(&l->b);
}

/* Bytes from offset on, n or as many as there are. */
static bool fill(struct logread *l, size_t n, struct str *bytes, struct err *e)
{
	size_t at = (size_t)(l->offset - l->start);

	while (l->b.n - at < n) {
		char *room;
		ssize_t got;

		if (at > 0) {
			l->b.n -= at;
			memmove(l->b.p, l->b.p + at, l->b.n);
			l->start = l->offset;
			at = 0;
		}
		room = buf_room(&l->b, READ_SIZE);
		if (!room)
			return buf_ok(&l->b, "an event", e);
		got = pread(l->fd, room, l->b.cap - l->b.n, (off_t)(l->start + l->b.n));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_set(e, &err_file, "cannot read '%s': %s", l->path, strerror(errno));
		if (got == 0)
			break;
		l->b.n += (size_t)got;
	}
	*bytes = str_first((struct str){ l->b.p + at, l->b.n - at }, n);
	return true;
}

static enum logread_got not_yet(struct logread *l, struct str bytes)
{
	l->start = l->offset;
	buf_clear(&l->b);
	return bytes.n > 0 ? LOGREAD_PART : LOGREAD_END;
}

enum logread_got logread_event(struct logread *l, struct str *raw, struct err *e)
{
	struct binlog_header head;

	if (l->offset == 0) {
		if (!fill(l, BINLOG_MAGIC_SIZE, raw, e))
			return LOGREAD_FAIL;
		if (raw->n < BINLOG_MAGIC_SIZE)
			return not_yet(l, *raw);
		if (!binlog_magic_check(*raw, e)) {
			err_at(e, "%s", l->path);
			return LOGREAD_FAIL;
		}
		logread_pass(l, BINLOG_MAGIC_SIZE);
	}
	if (!fill(l, BINLOG_HEADER_SIZE, raw, e))
		return LOGREAD_FAIL;
	if (raw->n < BINLOG_HEADER_SIZE)
		return not_yet(l, *raw);
	if (!binlog_header_read(&head, *raw, e)) {
		err_at(e, "%s:%llu", l->path, (unsigned long long)l->offset);
		return LOGREAD_FAIL;
	}
	if (!fill(l, head.size, raw, e))
		return LOGREAD_FAIL;
	return raw->n < head.size ? not_yet(l, *raw) : LOGREAD_EVENT;
}

void logread_pass(struct logread *l, size_t n)
{
	l->offset += n;
}
