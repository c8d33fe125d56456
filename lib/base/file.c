#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const struct err_kind err_file = {
	.code = 30025, .class = "functional", .scope = SCOPE_INTERNAL, .level = LEVEL_HIGH, .status = STATUS_FILE,
	.workaround = "look at the path, its rights and the free space of its disk",
};

bool file_write_all(int fd, const void *p, size_t n)
{
	const char *at = p;

	while (n > 0) {
		ssize_t wrote = write(fd, at, n);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote < 0)
			return false;
		at += wrote;
		n -= (size_t)wrote;
	}
	return true;
}

bool file_read(const char *path, struct buf *into, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = 1;

	if (fd < 0)
		return err_set(e, &err_file, "cannot open '%s': %s", path, strerror(errno));
	while (n > 0) {
		char block[16384];

		n = read(fd, block, sizeof(block));
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n > 0)
			buf_put(into, block, (size_t)n);
		explicit_bzero(block, sizeof(block));	/* it may have held a password */
	}
	if (n < 0)
		err_set(e, &err_file, "cannot read '%s': %s", path, strerror(errno));
	close(fd);
	return n == 0 && buf_ok(into, path, e);
}

static bool replace(const char *path, struct str text, mode_t mode, bool sync, struct err *e)
{
	struct buf tmp = BUF_INIT(8192);
	bool ok = false;
	int fd = -1;

	buf_putf(&tmp, "%s.tmp", path);
	if (!buf_ok(&tmp, "a file name", e))
		goto out;
	fd = open(buf_text(&tmp), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	if (fd < 0) {
		err_set(e, &err_file, "cannot create '%s': %s", tmp.p, strerror(errno));
		goto out;
	}
	ok = file_write_all(fd, text.p, text.n) && (!sync || fsync(fd) == 0);
	if (!ok)
		err_set(e, &err_file, "cannot write '%s': %s", tmp.p, strerror(errno));
	if (close(fd) != 0 && ok)
		ok = err_set(e, &err_file, "cannot write '%s': %s", tmp.p, strerror(errno));
	if (ok && rename(tmp.p, path) != 0)
		ok = err_set(e, &err_file, "cannot rename '%s' to '%s': %s", tmp.p, path, strerror(errno));
	if (!ok)
		unlink(tmp.p);
out:
	buf_release(&tmp);
	return ok;
}

bool file_replace(const char *path, struct str text, struct err *e)
{
	return replace(path, text, 0600, true, e);
}

bool file_replace_public(const char *path, struct str text, struct err *e)
{
	return replace(path, text, 0644, false, e);
}

bool file_make_dir(const char *path, struct err *e)
{
	char *copy = mem_text(str_of(path));
	struct stat st;
	bool ok = true;

	for (char *at = copy + 1; ok && *copy; at++) {
		char c = *at;

		if (c != '/' && c != '\0')
			continue;
		*at = '\0';
		if (mkdir(copy, 0700) != 0 && errno != EEXIST)
			ok = err_set(e, &err_file, "cannot make the folder '%s': %s", copy, strerror(errno));
		*at = c;
		if (c == '\0')
			break;
	}
	free(copy);
	if (ok && stat(path, &st) == 0 && !S_ISDIR(st.st_mode))
		ok = err_set(e, &err_file, "cannot make the folder '%s': %s", path, strerror(ENOTDIR));
	return ok;
}

bool file_make_unnamed(int *fd, const char *dir, const char *what, struct err *e)
{
	struct buf path = BUF_INIT(8192);
	bool ok;

	if (!dir)
		dir = getenv("TMPDIR");
	if (!dir || !dir[0])
		dir = "/tmp";
	*fd = -1;
	buf_putf(&path, "%s/dm-tools.XXXXXX", dir);
	ok = buf_ok(&path, "the name of a directory", e) && buf_text(&path);
	if (ok) {
		*fd = mkostemp(path.p, O_CLOEXEC);
		if (*fd < 0 || unlink(path.p) != 0)
			ok = err_set(e, &err_file, "cannot make a file to hold %s in '%s': %s", what, dir, strerror(errno));
	}
	buf_release(&path);
	return ok;
}

bool file_exists(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}
