/* dm-secret - encrypt passwords for task and source files; see dm-secret(1) */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/rand.h>

#include "base/file.h"
#include "base/secret.h"
#include "base/tool.h"
#include "config/secret_file.h"
#include "hide.h"
#include "terminal.h"

static const struct err_kind err_no_random = {
	.code = 50130, .class = "functional", .scope = SCOPE_INTERNAL, .level = LEVEL_HIGH, .status = STATUS_RETRY,
	.workaround = "try again: the system gave no random bytes, or no memory",
};

static const struct err_kind err_not_encrypted = {
	.code = 50131, .class = "functional", .scope = SCOPE_INTERNAL, .level = LEVEL_MEDIUM, .status = STATUS_DATA,
	.workaround = "give the whole text that 'dm encrypt' or DM's 'dmctl encrypt' printed, and the key file that it was made with",
};

struct settings {
	const char *secret_key_file;
	bool for_dm;
};

#define AT(field) offsetof(struct settings, field)

static const struct opt options[] = {
	{ OPT_TEXT, 0, "secret-key-file", "FILE", AT(secret_key_file),
	  "use the key in this file (default $DM_SECRET_KEY_FILE)", 0, 0, NULL },
	{ OPT_FLAG, 0, "for-dm", NULL, AT(for_dm), "encrypt as DM does, so that DM can read it, too", 0, 0, NULL },
	{ 0 }
};

/* The text to work on: the operand, or a line of standard input. into's bytes are the caller's to wipe. */
static bool take_text(struct buf *into, char *operand, const char *prompt, bool twice, struct err *e)
{
	if (operand) {
		log_warning("a text on the command line is shown by ps and kept in the shell's history: give it on standard input");
		buf_put_text(into, operand);
		explicit_bzero(operand, strlen(operand));	/* ps shows it no longer */
		return buf_ok(into, "the text", e);
	}
	if (isatty(STDIN_FILENO))
		return terminal_ask(into, prompt, twice, e);
	return secret_line_read(STDIN_FILENO, into, "standard input", e);
}

static bool print(struct buf *b, struct err *e)
{
	buf_put_char(b, '\n');
	return buf_ok(b, "the text", e) &&
	       (file_write_all(STDOUT_FILENO, b->p, b->n) ||
		err_set(e, &err_file, "cannot write standard output: %s", strerror(errno)));
}

static bool need_key(const struct secret_key *key, struct err *e)
{
	return key->given || err_set(e, &err_usage, "no key file is given: name it with --secret-key-file or DM_SECRET_KEY_FILE, "
					  "or make one with 'dm-secret key FILE'");
}

static bool encrypt(const struct settings *s, const struct secret_key *key, char *operand, struct err *e)
{
	struct buf plain = BUF_INIT(CIPHER_TEXT_MAX), sealed = BUF_INIT(4 * CIPHER_TEXT_MAX);
	bool ok = need_key(key, e) && take_text(&plain, operand, "Password: ", true, e);

	if (ok && !cipher_put(&sealed, s->for_dm ? CIPHER_DM : CIPHER_OURS, key->bytes, buf_str(&plain)))
		ok = err_set(e, &err_no_random, "cannot encrypt");
	secret_wipe_buf(&plain);
	ok = ok && print(&sealed, e);
	buf_release(&sealed);
	return ok;
}

static bool open_text(const struct secret_key *key, struct str text, struct buf *plain, struct err *e)
{
	enum cipher_form form = cipher_form(text);

	if (form == CIPHER_NONE)
		return err_set(e, &err_not_encrypted, "the text is not an encrypted one");
	if (key->given && cipher_open(plain, form, key->bytes, text))
		return true;
	if (form == CIPHER_OURS && !key->given)
		return need_key(key, e);
	if (form == CIPHER_DM && cipher_open(plain, form, cipher_published_key, text)) {
		log_warning("this text is encrypted with the key that every copy of DM up to 7.x has: it hides nothing");
		return true;
	}
	return err_set(e, &err_not_encrypted, "the text is encrypted with another key, or was changed");
}

static bool decrypt(const struct settings *s, const struct secret_key *key, const char *operand, struct err *e)
{
	struct buf text = BUF_INIT(4 * CIPHER_TEXT_MAX), plain = BUF_INIT(CIPHER_TEXT_MAX + 1);
	bool ok = !s->for_dm || err_set(e, &err_usage, "--for-dm goes with encrypt");

	/* A ciphertext is for everybody to see. */
	if (ok && operand)
		buf_put_text(&text, operand);
	else
		ok = ok && secret_line_read(STDIN_FILENO, &text, "standard input", e);
	buf_room(&plain, plain.limit);
	ok = ok && buf_ok(&text, "the text", e) && open_text(key, buf_str(&text), &plain, e) && print(&plain, e);
	buf_release(&text);
	secret_wipe_buf(&plain);
	return ok;
}

/* A file that is there is never written over: what it has encrypted would be lost. */
static bool make_key(const char *path, struct err *e)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char key[CIPHER_KEY_BYTES];
	char text[2 * CIPHER_KEY_BYTES + 1];
	bool ok;
	int fd;

	if (RAND_bytes(key, sizeof(key)) != 1)
		return err_set(e, &err_no_random, "cannot make a key");
	for (size_t i = 0; i < sizeof(key); i++) {
		text[2 * i] = digits[key[i] >> 4];
		text[2 * i + 1] = digits[key[i] & 15];
	}
	text[sizeof(text) - 1] = '\n';
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	ok = fd >= 0 || err_set(e, &err_file, "cannot create '%s': %s", path, strerror(errno));
	if (ok && (!file_write_all(fd, text, sizeof(text)) || fsync(fd) != 0)) {
		ok = err_set(e, &err_file, "cannot write '%s': %s", path, strerror(errno));
		unlink(path);
	}
	if (fd >= 0 && close(fd) != 0 && ok)
		ok = err_set(e, &err_file, "cannot write '%s': %s", path, strerror(errno));
	explicit_bzero(key, sizeof(key));
	explicit_bzero(text, sizeof(text));
	return ok;
}

static bool run(void *settings, char **operands, struct err *e)
{
	const struct settings *s = settings;
	const char *what = operands[0];
	char *text = what ? operands[1] : NULL;
	struct secret_key key = { 0 };
	bool ok;

	if (!what || (text && operands[2]))
		return err_set(e, &err_usage, "wants encrypt, decrypt, or key or hide and a file");
	if (strcmp(what, "key") == 0)
		return text ? make_key(text, e) : err_set(e, &err_usage, "key wants the name of a file");
	if (strcmp(what, "hide") == 0)
		return text ? hide_passwords(text, e) : err_set(e, &err_usage, "hide wants the name of a file");
	if (strcmp(what, "encrypt") != 0 && strcmp(what, "decrypt") != 0)
		return err_set(e, &err_usage, "'%s' is none of encrypt, decrypt, key and hide", what);
	ok = secret_key_load(&key, s->secret_key_file, e) &&
	     (what[0] == 'e' ? encrypt(s, &key, text, e) : decrypt(s, &key, text, e));
	explicit_bzero(&key, sizeof(key));
	return ok;
}

int main(int argc, char **argv)
{
	static struct settings settings;
	static const struct tool tool = {
		.name = "dm-secret", .line = "encrypt passwords for task and source files",
		.operands = "encrypt [TEXT] | decrypt [TEXT] | key FILE | hide FILE",
		.opts = options, .settings = &settings, .run = run,
	};

	return tool_main(&tool, argc, argv);
}
