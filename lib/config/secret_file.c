#include "config/secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "config/kinds.h"

/* A secret that root lends to our group, and only to it, is how Kubernetes and systemd hand secrets to a service. */
static bool check_rights(int fd, const char *path, struct err *e)
{
	struct stat st;
	mode_t foreign = 077;

	if (fstat(fd, &st) != 0)
		return err_set(e, &err_file, "cannot look at '%s': %s", path, strerror(errno));
	if (st.st_uid == 0 && geteuid() != 0)
		foreign = 037;
	if (!S_ISREG(st.st_mode) || (st.st_mode & foreign) == 0)
		return true;
	return err_set(e, &config_kinds[OPEN_SECRET_FILE], "'%s' holds a secret, and others than its owner have rights to it (mode %03o)",
		       path, (unsigned)st.st_mode & 0777);
}

static bool read_all(int fd, const char *path, struct buf *into, struct err *e)
{
	ssize_t n;

	do {
		size_t room = into->limit - into->n;
		char *to = buf_room(into, room ? room : 1);

		if (!to)
			return buf_ok(into, path, e);
		n = read(fd, to, room);
		if (n > 0)
			into->n += (size_t)n;
	} while (n > 0 || (n < 0 && errno == EINTR));
	return n == 0 || err_set(e, &err_file, "cannot read '%s': %s", path, strerror(errno));
}

bool secret_file_read(const char *path, struct buf *into, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool ok;

	if (fd < 0)
		return err_set(e, &err_file, "cannot open '%s': %s", path, strerror(errno));
	ok = check_rights(fd, path, e) && read_all(fd, path, into, e);
	close(fd);
	return ok;
}

struct str secret_first_line(const struct buf *text)
{
	struct str line = buf_str(text);

	str_cut(line, '\n', &line, NULL);
	if (str_ends(line, STR_LIT("\r")))
		line.n--;
	return line;
}

bool secret_line_read(int fd, struct buf *into, const char *what, struct err *e)
{
	char c = 0;
	ssize_t n;

	/* A byte at a time: what stands behind the line is for whoever reads next. */
	if (!buf_room(into, into->limit))
		return buf_ok(into, what, e);
	while ((n = read(fd, &c, 1)) != 0 && (n < 0 || c != '\n')) {
		if (n < 0 && errno != EINTR)
			return err_set(e, &err_file, "cannot read %s: %s", what, strerror(errno));
		if (n > 0)
			buf_put_char(into, c);
	}
	if (into->n && into->p[into->n - 1] == '\r')
		into->n--;
	return buf_ok(into, what, e);
}

bool secret_key_load(struct secret_key *key, const char *option, struct err *e)
{
	const char *path = option ? option : getenv("DM_SECRET_KEY_FILE");
	struct buf text = BUF_INIT(SECRET_FILE_MAX);
	struct str line;
	bool ok;

	*key = (struct secret_key){ .given = path && *path };
	if (!key->given)
		return true;
	ok = secret_file_read(path, &text, e);
	line = secret_first_line(&text);
	while (line.n && (line.p[line.n - 1] == ' ' || line.p[line.n - 1] == '\t'))
		line.n--;
	if (ok && !cipher_key_parse(line, key->bytes))
		ok = err_set(e, &config_kinds[BAD_SECRET_KEY], "the first line of '%s' is not a key: 64 hex digits", path);
	secret_wipe_buf(&text);
	return ok;
}

/* DM's text does not say whether a key is its own, so they are tried, and the words for whoever reads them are found. */
static bool open_dm(struct buf *plain, const struct secret_key *key, struct str text, const char **note)
{
	if (key->given && cipher_open(plain, CIPHER_DM, key->bytes, text))
		return true;
	if (cipher_open(plain, CIPHER_DM, cipher_published_key, text)) {
		*note = "'password' is encrypted with the key that every copy of DM up to 7.x has: this hides nothing; "
			"encrypt it anew with 'dm encrypt' and a key file";
		return true;
	}
	*note = key->given ? "'password' looks like a ciphertext of DM, but the key file does not open it: it is taken as it stands" :
			     "'password' looks like a ciphertext of DM, and no key file is given (--secret-key-file): it is taken "
			     "as it stands";
	return false;
}

bool secret_unlock(struct endpoint *at, const struct secret_key *key, const char *file, struct arena *a, const char **note,
		   struct err *e)
{
	struct secret was = at->password;
	struct buf plain = BUF_INIT(CIPHER_TEXT_MAX);
	char *written = secret_text(&was);
	struct str text = { written, was.n };
	enum cipher_form form = cipher_form(text);
	bool opened = false, ok = true;

	*note = NULL;
	if (form != CIPHER_NONE)
		buf_room(&plain, plain.limit);	/* it does not move, and leaves nothing behind */
	if (form == CIPHER_OURS && !key->given)
		ok = err_set(e, &config_kinds[BAD_SECRET_KEY], "%s:%u: 'password' is encrypted, and no key file is given", file,
			     at->password_line);
	else if (form == CIPHER_OURS)
		ok = opened = cipher_open(&plain, form, key->bytes, text) ||
			      err_set(e, &config_kinds[CANNOT_DECRYPT], "%s:%u: 'password' is encrypted with another key, or was changed",
				      file, at->password_line);
	else if (form == CIPHER_DM)
		opened = open_dm(&plain, key, text, note);
	if (opened)
		at->password = secret_keep(a, buf_str(&plain));
	secret_drop(&was, written);
	secret_wipe_buf(&plain);
	return ok;
}
