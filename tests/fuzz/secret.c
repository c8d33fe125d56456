/* secret.c - what holds secrets: a client's option file ('d' and the text), a password as it stands in a task file ('c' and the text), and
 * any text encrypted ('e' and the text): what comes out is what went in, in both forms. */
#include "fuzz.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "config/options.h"
#include "config/secret_file.h"
#include "text/cipher.h"
#include "text/utf8.h"

static void read_defaults(struct str text)
{
	struct connection_settings settings = { 0 };
	struct arena a = ARENA_INIT;
	struct err e = { 0 };
	struct endpoint to;
	char path[40];
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0 || fchmod(fd, 0600) < 0 || !file_write_all(fd, text.p, text.n))
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	settings.defaults_file = path;
	if (settled(config_endpoint(&to, &settings, NULL, &a, &e), &e)) {
		char *password = secret_text(&to.password);

		MUST(to.port <= 65535 && strlen(password) <= to.password.n);
		secret_drop(&to.password, password);
	}
	arena_release(&a);
	close(fd);
}

static void unlock(struct str text)
{
	struct secret_key key = { .given = text.n % 2, .bytes = "0123456789abcdef0123456789abcdef" };
	struct arena a = ARENA_INIT;
	const char *note = NULL;
	struct err e = { 0 };
	struct endpoint at = { .password = secret_keep(&a, text) };

	if (settled(secret_unlock(&at, &key, "task.yaml", &a, &note, &e), &e)) {
		char *password = secret_text(&at.password);

		MUST(at.password.n == text.n ? true : at.password.n < text.n);
		secret_drop(&at.password, password);
	}
	arena_release(&a);
}

static void round_trip(struct str text, enum cipher_form form)
{
	struct buf hidden = BUF_INIT(1 << 20), plain = BUF_INIT(1 << 20);
	unsigned char key[CIPHER_KEY_BYTES] = "0123456789abcdef0123456789abcdef";
	bool is_text = utf8_valid(text);

	for (size_t i = 0; i < text.n; i++)
		is_text &= (unsigned char)text.p[i] >= ' ' && text.p[i] != 0x7f;
	MUST(cipher_put(&hidden, form, key, text));
	MUST(cipher_form(buf_str(&hidden)) == form || text.n == 0);
	if (cipher_open(&plain, form, key, buf_str(&hidden)))
		must_equal(buf_str(&plain), text, "what was encrypted and decrypted");
	else
		MUST(form == CIPHER_DM && !is_text);
	buf_release(&plain);
	buf_release(&hidden);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str input = { (const char *)data, size };
	uint8_t kind = take_byte(&input);

	if (kind == 'd') {
		read_defaults(input);
	} else if (kind == 'c') {
		unlock(input);
	} else {
		input = str_first(input, CIPHER_TEXT_MAX);
		round_trip(input, CIPHER_OURS);
		round_trip(input, CIPHER_DM);
	}
	return 0;
}
