/* hide.c - a task or source file without its passwords; see hide.h */
#include "hide.h"

#include <errno.h>
#include <unistd.h>

#include "base/file.h"
#include "base/secret.h"
#include "text/yaml_write.h"

#define FILE_BYTES ((size_t)64 << 20)

static bool is_secret(struct str key)
{
	static const char *const keys[] = {
		"password", "ssl-ca-bytes", "ssl-cert-bytes", "ssl-key-bytes", "ssl-ca-base64", "ssl-cert-base64", "ssl-key-base64",
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (str_is_nocase(key, keys[i]))
			return true;
	return false;
}

bool hide_passwords(const char *path, struct err *e)
{
	struct buf text = BUF_INIT(FILE_BYTES), out = BUF_INIT(2 * FILE_BYTES);
	struct arena a = ARENA_INIT;
	struct yaml_node *root;
	bool ok;

	ok = file_read(path, &text, e) && yaml_parse(&a, buf_str(&text), path, &root, e);
	if (ok)
		yaml_put(&out, root, is_secret);
	ok = ok && buf_ok(&out, "the file", e) &&
	     (file_write_all(STDOUT_FILENO, out.p, out.n) ||
	      err_set(e, &err_file, "cannot write standard output: %s", strerror(errno)));
	secret_wipe_buf(&text);
	arena_release(&a);
	buf_release(&out);
	return ok;
}
