/* spool.c - records that wait; see spool.h */
#include "base/spool.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

#define RECORD_MAX ((size_t)8 << 30)

void spool_init(struct spool *s, const char *dir, const char *what)
{
	*s = (struct spool){ .dir = dir, .what = what, .fd = -1 };
	buf_init(&s->tail, RECORD_MAX);
	buf_init(&s->one, RECORD_MAX);
}

void spool_release(struct spool *s)
{
	if (s->fd >= 0)
		close(s->fd);
	buf_release(&s->tail);
	buf_release(&s->one);
	spool_init(s, s->dir, s->what);
}

void spool_clear(struct spool *s)
{
	spool_release(s);
}

static bool spill(struct spool *s, struct err *e)
{
	struct str rest = str_from(buf_str(&s->tail), s->at);

	if (s->fd < 0 && !file_make_unnamed(&s->fd, s->dir, s->what, e))
		return false;
	if (!file_write_all(s->fd, rest.p, rest.n))
		return err_set(e, &err_file, "cannot write to the file that holds %s: %s", s->what, strerror(errno));
	s->written += rest.n;
	s->at = 0;
	buf_release(&s->tail);
	return true;
}

bool spool_put(struct spool *s, const struct str *parts, size_t n, struct err *e)
{
	uint64_t size = 0;

	for (size_t i = 0; i < n; i++)
		size += parts[i].n;
	if (s->tail.n - s->at > 0 && s->tail.n - s->at + size > SPOOL_MEMORY && !spill(s, e))
		return false;
	buf_put(&s->tail, &size, sizeof(size));
	for (size_t i = 0; i < n; i++)
		buf_put_str(&s->tail, parts[i]);
	s->records++;
	return buf_ok(&s->tail, s->what, e);
}

static bool read_file(struct spool *s, void *to, size_t n, struct err *e)
{
	char *p = to;

	while (n > 0) {
		ssize_t got = pread(s->fd, p, n, (off_t)s->read);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return err_set(e, &err_file, "cannot read the file that holds %s: %s", s->what,
				       got < 0 ? strerror(errno) : "it is shorter than it was");
		s->read += (uint64_t)got;
		p += got;
		n -= (size_t)got;
	}
	return true;
}

static bool next_of_file(struct spool *s, struct str *record, struct err *e)
{
	uint64_t size;
	char *room;

	if (!read_file(s, &size, sizeof(size), e))
		return false;
	buf_clear(&s->one);
	room = buf_room(&s->one, size);
	if (!room || !read_file(s, room, size, e))
		return buf_ok(&s->one, s->what, e) && false;
	s->one.n = size;
	*record = buf_str(&s->one);
	return true;
}

/* All was taken: what it took of the disk is given back. */
static bool start_again(struct spool *s, struct err *e)
{
	buf_clear(&s->tail);
	s->at = 0;
	if (s->written == 0)
		return true;
	s->written = s->read = 0;
	if (ftruncate(s->fd, 0) != 0 || lseek(s->fd, 0, SEEK_SET) != 0)
		return err_set(e, &err_file, "cannot empty the file that holds %s: %s", s->what, strerror(errno));
	return true;
}

bool spool_next(struct spool *s, struct str *record, bool *more, struct err *e)
{
	uint64_t size;

	*more = s->records > 0;
	if (!*more)
		return start_again(s, e);
	s->records--;
	if (s->read < s->written)
		return next_of_file(s, record, e);
	memcpy(&size, s->tail.p + s->at, sizeof(size));
	*record = str_first(str_from(buf_str(&s->tail), s->at + sizeof(size)), size);
	s->at += sizeof(size) + size;
	return true;
}
