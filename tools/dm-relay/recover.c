/* recover.c - mends the newest file of a relay log; see recover.h */
#include "recover.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"

/* Up to the first event that is not whole, or damaged. */
static bool read_whole(struct boundary *b, struct logread *l, struct err *e)
{
	struct str raw;

	for (;;) {
		switch (logread_event(l, &raw, e)) {
		case LOGREAD_EVENT:
			if (!boundary_event(b, raw, l->offset + raw.n, e))
				return e->kind != &err_file;
			logread_pass(l, raw.n);
			continue;
		case LOGREAD_END:
		case LOGREAD_PART:
			return true;
		case LOGREAD_FAIL:
			return e->kind != &err_file;
		}
	}
}

bool recover_file(struct boundary *b, int fd, const char *path, uint64_t *size, struct err *e)
{
	struct err why = { 0 };
	struct logread l;
	struct stat st;
	bool ok;

	boundary_restart(b);
	logread_init(&l);
	logread_start(&l, fd, path, 0);
	ok = read_whole(b, &l, &why);
	logread_release(&l);
	if (!ok) {
		*e = why;
		return false;
	}
	boundary_rewind(b);
	b->safe = b->decoder.has_format ? b->safe : 0;
	if (fstat(fd, &st) != 0)
		return err_set(e, &err_file, "cannot read '%s': %s", path, strerror(errno));
	if ((uint64_t)st.st_size > b->safe) {
		log_notice("'%s' is cut from %llu to %llu, behind its last whole transaction%s%s", path,
			   (unsigned long long)st.st_size, (unsigned long long)b->safe, why.kind ? ": " : "",
			   why.kind ? why.text : "");
		if (ftruncate(fd, (off_t)b->safe) != 0)
			return err_set(e, &err_file, "cannot cut '%s': %s", path, strerror(errno));
	}
	*size = b->safe;
	if (b->safe == 0)
		b->safe = BINLOG_MAGIC_SIZE;
	return true;
}
