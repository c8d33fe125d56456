/* secret_file.c - passwords of the files: encrypted by us, by DM of any age, or plain; keys, and a client's option file. */
#include "config/secret_file.h"

#include <grp.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config/options.h"
#include "tests.h"

#define KEY "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define OTHER "ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

/* Loads a source with this password; what it gave is released by the caller. */
static bool load(struct config *c, const char *password, const char *key_file, struct err *e)
{
	struct config_settings s = { .secret_key_file = key_file };
	struct arena a = ARENA_INIT;
	bool ok;

	*e = (struct err){ 0 };
	write_file("source.yaml", arena_strf(&a, "source-id: one\nfrom:\n  host: h\n  password: \"%s\"\n", password).p);
	opt_list_add(&s.source_files, "source.yaml");
	ok = config_load(c, &s, true, e);
	free(s.source_files.items);
	arena_release(&a);
	return ok;
}

/* note: what a warning says; NULL: there is none. */
static bool gives(const char *password, const char *key_file, const char *plain, const char *note)
{
	struct config c;
	struct err e;
	bool ok = load(&c, password, key_file, &e) && secret_is(&c.source.from.password, plain) &&
		  c.source.n_warnings == (note ? 1 : 0) &&
		  (!note || (str_find(c.source.warnings[0], str_of(note)) != SIZE_MAX &&
			     str_starts(c.source.warnings[0], STR_LIT("source.yaml:4: "))));

	if (!ok)
		printf("# '%s': %s\n", password, e.text);
	config_release(&c);
	return ok;
}

static bool refuses(const char *password, const char *key_file, int code, const char *why)
{
	struct config c;
	struct err e;
	bool ok = !load(&c, password, key_file, &e) && error_is(&e, code, why, NULL);

	config_release(&c);
	return ok;
}

static const char *sealed(struct arena *a, enum cipher_form form, const char *hex, const char *plain)
{
	unsigned char key[CIPHER_KEY_BYTES];
	struct buf b = BUF_INIT(1000);
	const char *text;

	CHECK(cipher_key_parse(str_of(hex), key) && cipher_put(&b, form, key, str_of(plain)));
	text = arena_str(a, buf_str(&b)).p;
	buf_release(&b);
	return text;
}

static void passwords_are_opened_or_plain(void)
{
	static const char vector[] = "VjX8cEeTX+qcvZ3bPaO4h0C80pe/1aU=", like[] = "QUFBQUFBQUFBQUFBQUFBQUBBQUFBQUFB";
	struct arena a = ARENA_INIT;

	unsetenv("DM_SECRET_KEY_FILE");
	write_file("key", KEY "\n");
	write_file("other", OTHER);
	CHECK(gives("123456", NULL, "123456", NULL) && gives("", NULL, "", NULL) && gives("123456", "key", "123456", NULL));
	CHECK(gives(sealed(&a, CIPHER_OURS, KEY, "p \\\" w"), "key", "p \\\" w", NULL));
	CHECK(gives(sealed(&a, CIPHER_OURS, KEY, ""), "key", "", NULL));
	CHECK(refuses(sealed(&a, CIPHER_OURS, KEY, "pw"), NULL, 20067, "source.yaml:4: 'password' is encrypted"));
	CHECK(refuses(sealed(&a, CIPHER_OURS, KEY, "pw"), "other", 20010, "source.yaml:4: 'password' is encrypted with another key"));
	CHECK(gives(sealed(&a, CIPHER_DM, KEY, "a newer DM's"), "key", "a newer DM's", NULL));
	CHECK(gives(vector, NULL, "123456", "this hides nothing"));
	CHECK(gives(vector, "key", "123456", "this hides nothing"));
	CHECK(gives(like, NULL, like, "no key file is given"));
	CHECK(gives(like, "key", like, "does not open it"));
	setenv("DM_SECRET_KEY_FILE", "key", 1);
	CHECK(gives(sealed(&a, CIPHER_OURS, KEY, "pw"), NULL, "pw", NULL));
	CHECK(gives(sealed(&a, CIPHER_OURS, OTHER, "pw"), "other", "pw", NULL));
	unsetenv("DM_SECRET_KEY_FILE");
	arena_release(&a);
}

static void a_key_file_is_nobody_else_s_and_holds_a_key(void)
{
	write_file("key", KEY "\r\nmore\n");
	CHECK(gives("pw", "key", "pw", NULL));
	CHECK(chmod("key", 0640) == 0 && refuses("pw", "key", 20101, "'key' holds a secret"));
	CHECK(chmod("key", 0604) == 0 && refuses("pw", "key", 20101, "mode 604"));
	CHECK(chmod("key", 0400) == 0 && gives("pw", "key", "pw", NULL));
	CHECK(refuses("pw", "gone", 30025, "'gone'"));
	write_file("short", "0011\n");
	CHECK(refuses("pw", "short", 20067, "'short' is not a key"));
}

/* What a process without root's rights makes of root's file. */
static bool is_taken_by_nobody(mode_t mode)
{
	struct buf text = BUF_INIT(SECRET_FILE_MAX);
	struct err e;
	pid_t child;
	int status = -1;

	CHECK(chown("key", 0, 65534) == 0 && chmod("key", mode) == 0);
	fflush(stdout);
	child = fork();
	if (child == 0)
		_exit(setgroups(0, NULL) == 0 && setgid(65534) == 0 && setuid(65534) == 0 && secret_file_read("key", &text, &e) ? 0 : 1);
	waitpid(child, &status, 0);
	return status == 0;
}

static void a_key_file_may_be_root_s_and_lent_to_our_group(void)
{
	if (geteuid() != 0)
		return;
	write_file("key", KEY "\n");
	CHECK(chmod(".", 0711) == 0);
	CHECK(is_taken_by_nobody(0440) && is_taken_by_nobody(0640));
	CHECK(!is_taken_by_nobody(0444) && !is_taken_by_nobody(0460) && !is_taken_by_nobody(0400));
	CHECK(chmod("key", 0440) == 0 && refuses("pw", "key", 20101, "mode 440"));
	CHECK(chown("key", 0, 0) == 0 && chmod("key", 0400) == 0 && gives("pw", "key", "pw", NULL));
}

static void an_anchor_s_password_is_there_for_all_who_name_it(void)
{
	struct config_settings s = { 0 };
	struct config c;
	struct err e = { 0 };

	write_file("source.yaml", "source-id: one\nfrom: {host: h, password: &p geheim, user: *p}\n");
	opt_list_add(&s.source_files, "source.yaml");
	CHECK(config_load(&c, &s, true, &e) && str_is(c.source.from.user, "geheim") && secret_is(&c.source.from.password, "geheim"));
	config_release(&c);
	free(s.source_files.items);
}

static void tls_files_come_as_base64_too(void)
{
	/* "-----BEGIN X-----\nA\n" */
	static const char text[] =
		"source-id: one\nfrom:\n  host: h\n  security:\n    ssl-ca-base64: LS0tLS1CRUdJTiBYLS0tLS0KQQo=\n"
		"    ssl-cert: cert.pem\n    ssl-key-base64: |\n      LS0tLS1CRUdJ\n      TiBYLS0tLS0KQQo=\n    cert-allowed-cn: [a]\n";
	struct source source;
	struct err e = { 0 };

	write_file("source.yaml", text);
	CHECK(source_read(&source, "source.yaml", &e) && source.from.ssl && source.from.cert_pem.n == 0);
	CHECK(secret_is(&source.from.ca_pem, "-----BEGIN X-----\nA\n") && secret_is(&source.from.key_pem, "-----BEGIN X-----\nA\n"));
	source_release(&source);
	write_file("source.yaml", "source-id: one\nfrom: {host: h, security: {ssl-key-base64: LS0tLS1CRUdJTiBYLS0tLS0KQQo=}}\n");
	CHECK(!source_read(&source, "source.yaml", &e) && error_is(&e, 20501, "wants both", NULL));
	source_release(&source);
	write_file("source.yaml", "source-id: one\nfrom: {host: h, security: {ssl-ca-base64: 'geheim!'}}\n");
	CHECK(!source_read(&source, "source.yaml", &e) && error_is(&e, 20100, "source.yaml:2:", "ssl-ca-base64", NULL) &&
	      !strstr(e.text, "geheim"));
	source_release(&source);
}

static bool endpoint(struct endpoint *at, const struct connection_settings *s, const struct endpoint *from, const char *text,
		     struct arena *a, struct err *e)
{
	struct connection_settings with = *s;

	*e = (struct err){ 0 };
	write_file("my.cnf", text);
	with.defaults_file = "my.cnf";
	return config_endpoint(at, &with, from, a, e);
}

static void an_option_file_names_a_server(void)
{
	static const char whole[] =
		"# of a client\n[mysqld]\nport=1\npassword=wrong\n\n[client]\nhost = db1 # the first\nport=3307\r\nuser = \"dm user\"\n"
		"password='p#w \\\\ \\s'\nssl_ca=/ca.pem\nquick\ndefault-character-set=latin1\n; no\n[mysql]\nuser=x\n[client-dm]\nuser=dm\n";
	struct arena a = ARENA_INIT;
	struct endpoint at, from = { .host = STR_LIT("task's"), .port = 4000, .user = STR_LIT("u"),
				     .password = secret_keep(&a, STR_LIT("task's")) };
	struct connection_settings s = { 0 };
	struct err e;

	unsetenv("DM_PASSWORD");
	CHECK(endpoint(&at, &s, NULL, whole, &a, &e) && str_is(at.host, "db1") && at.port == 3307 && str_is(at.user, "dm") &&
	      secret_is(&at.password, "p#w \\  ") && str_is(at.ssl_ca, "/ca.pem") && at.ssl);
	s.user = "root";
	s.port = 1234;
	CHECK(endpoint(&at, &s, NULL, whole, &a, &e) && str_is(at.user, "root") && at.port == 1234);
	s = (struct connection_settings){ .socket = "/s" };
	CHECK(endpoint(&at, &s, NULL, whole, &a, &e) && str_is(at.socket, "/s") && str_is(at.user, "dm"));
	s = (struct connection_settings){ 0 };
	/* who it is, for the server of the task; and another user does not get the password of the task's */
	CHECK(endpoint(&at, &s, &from, "[client]\nuser=me\npassword=mine\n", &a, &e) && str_is(at.host, "task's") && at.port == 4000 &&
	      str_is(at.user, "me") && secret_is(&at.password, "mine"));
	CHECK(endpoint(&at, &s, &from, "[client]\nuser=me\n", &a, &e) && at.password.n == 0);
	CHECK(endpoint(&at, &s, &from, "[client]\nhost=other\n", &a, &e) && at.password.n == 0 && at.port == 3306);
	CHECK(!endpoint(&at, &s, NULL, "[client]\nport=x\n", &a, &e) && error_is(&e, 20102, "my.cnf:2:", "'port'", NULL));
	CHECK(!endpoint(&at, &s, NULL, "\n!include other\n", &a, &e) && error_is(&e, 20102, "my.cnf:2:", "not followed", NULL));
	CHECK(!endpoint(&at, &s, NULL, "[client\npassword=geheim\n", &a, &e) && error_is(&e, 20102, "my.cnf:1:", NULL) &&
	      !strstr(e.text, "geheim"));
	s.defaults_file = "my.cnf";
	CHECK(chmod("my.cnf", 0644) == 0 && !config_endpoint(&at, &s, NULL, &a, &e) && error_is(&e, 20101, "'my.cnf'", NULL));
	arena_release(&a);
}

void test_secret_file(void)
{
	RUN(passwords_are_opened_or_plain);
	RUN(a_key_file_is_nobody_else_s_and_holds_a_key);
	RUN(a_key_file_may_be_root_s_and_lent_to_our_group);
	RUN(an_anchor_s_password_is_there_for_all_who_name_it);
	RUN(tls_files_come_as_base64_too);
	RUN(an_option_file_names_a_server);
}
