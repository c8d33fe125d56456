/* tls.c - TLS of a connection; see tls.h */
#include "mysql/tls.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <mysql.h>

#include <ma_pvio.h>	/* needs mysql.h before it, and hides the name that the next one defines */
#undef MARIADB_TLS
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wstrict-prototypes"
#include <ma_tls.h>
#pragma GCC diagnostic pop

#include "base/file.h"
#include "mysql/fail.h"

static const struct err_kind err_tls_file = {
	.code = 11112, .class = "functional", .scope = SCOPE_INTERNAL, .level = LEVEL_HIGH, .status = STATUS_CONFIG,
	.workaround = "correct ssl-ca, ssl-cert and ssl-key of this server",
};

static const char name_advice[] = "connect by a host name that the server's certificate carries, or list its common "
				  "name under security, cert-allowed-cn";

static const struct err_kind err_tls_name = {
	.code = 32520, .class = "database", .scope = SCOPE_DOWNSTREAM, .level = LEVEL_HIGH, .status = STATUS_REFUSED,
	.workaround = name_advice,
};

static const struct err_kind err_upstream_tls_name = {
	.code = 32521, .class = "database", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_REFUSED,
	.workaround = name_advice,
};

/* The library would only say "no such file", and not which. */
static bool check_file(const struct conn *c, const char *path, struct err *e)
{
	return !path[0] || access(path, R_OK) == 0 ||
	       err_set(e, &err_tls_file, "cannot connect to %s: cannot open '%s': %s", c->name, path, strerror(errno));
}

/* The library reads files only: this one is in memory, and gone with its descriptor. The path, to be freed; NULL on failure. */
static char *memory_file(struct conn *c, int *file, const struct secret *pem, struct err *e)
{
	int fd = memfd_create("tls", MFD_CLOEXEC);
	char *text = secret_text(pem), *path = NULL;

	if (fd >= 0 && file_write_all(fd, text, pem->n) && asprintf(&path, "/proc/self/fd/%d", fd) < 0)
		path = NULL;
	if (!path)
		err_set(e, &err_tls_file, "cannot connect to %s: cannot keep a TLS file in memory: %s", c->name, strerror(errno));
	secret_drop(pem, text);
	if (path)
		*file = fd;
	else if (fd >= 0)
		close(fd);
	return path;
}

static char *path_of(struct conn *c, int *file, struct str path, const struct secret *pem, struct err *e)
{
	char *text;

	if (pem->n)
		return memory_file(c, file, pem, e);
	text = mem_text(path);
	if (check_file(c, text, e))
		return text;
	free(text);
	return NULL;
}

/* The library's own check of the name takes no certificate without one, which servers' generated ones are. */
bool tls_set(struct conn *c, const struct endpoint *at, struct err *e)
{
	char *ca = path_of(c, &c->tls_files[0], at->ssl_ca, &at->ca_pem, e);
	char *cert = ca ? path_of(c, &c->tls_files[1], at->ssl_cert, &at->cert_pem, e) : NULL;
	char *key = cert ? path_of(c, &c->tls_files[2], at->ssl_key, &at->key_pem, e) : NULL;
	bool ok = key != NULL;
	my_bool yes = 1, no = 0;

	if (ok)
		mysql_ssl_set(c->m, key[0] ? key : NULL, cert[0] ? cert : NULL, ca[0] ? ca : NULL, NULL, NULL);
	mysql_optionsv(c->m, MYSQL_OPT_SSL_ENFORCE, &yes);
	mysql_optionsv(c->m, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &no);
	free(ca);
	free(cert);
	free(key);
	return ok;
}

void tls_done(struct conn *c)
{
	for (size_t i = 0; i < sizeof(c->tls_files) / sizeof(c->tls_files[0]); i++) {
		if (c->tls_files[i])
			close(c->tls_files[i]);
		c->tls_files[i] = 0;
	}
}

/* --- whose certificate it is --- */

static X509 *certificate(MYSQL *m)
{
	const char *library = NULL;

	const struct st_ma_pvio_tls *tls = m->net.pvio ? (const void *)m->net.pvio->ctls : NULL;

	/* Another library's session is something else behind the same pointer. */
	if (!tls || mariadb_get_infov(m, MARIADB_TLS_LIBRARY, &library) != 0 || !library ||
	    strncmp(library, "OpenSSL", 7) != 0)
		return NULL;
	return SSL_get1_peer_certificate(tls->ssl);
}

/* "" where there is none. The caller's text ends where a name holds a NUL, and then it is no name. */
static struct str common_name(X509 *x, char *text, size_t room)
{
	int n = X509_NAME_get_text_by_NID(X509_get_subject_name(x), NID_commonName, text, (int)room);

	return n > 0 && strlen(text) == (size_t)n ? (struct str){ text, (size_t)n } : STR_LIT("");
}

static bool has_names(X509 *x)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	bool any = false;

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		int type = sk_GENERAL_NAME_value(names, i)->type;

		any = any || type == GEN_DNS || type == GEN_IPADD;
	}
	GENERAL_NAMES_free(names);
	return any;
}

static bool is_for_host(X509 *x, struct str host)
{
	char *name = mem_text(host);
	bool ok = X509_check_ip_asc(x, name, 0) == 1 ||
		  X509_check_host(x, name, host.n, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, NULL) == 1;

	free(name);
	return ok;
}

static bool is_allowed(const struct endpoint *at, struct str name)
{
	for (size_t i = 0; i < at->n_allowed_cn; i++)
		if (str_eq(at->allowed_cn[i], name))
			return true;
	return false;
}

static bool check_name(struct conn *c, const struct endpoint *at, X509 *x, struct err *e)
{
	const struct err_kind *kind = c->scope == SCOPE_UPSTREAM ? &err_upstream_tls_name : &err_tls_name;
	char text[300] = "";
	struct str name;

	if (!x)
		return err_set(e, kind, "cannot connect to %s: the certificate of the server cannot be looked at with "
			       "this client library", c->name);
	name = common_name(x, text, sizeof(text));
	if (at->n_allowed_cn > 0)
		return is_allowed(at, name) ||
		       err_set(e, kind, "cannot connect to %s: the server's certificate is that of '%.*s', which "
					"cert-allowed-cn does not list", c->name, STR(name));
	if (at->socket.n > 0 || !has_names(x) || is_for_host(x, at->host))
		return true;
	return err_set(e, kind, "cannot connect to %s: the server's certificate, of '%.*s', is not for the host '%.*s'",
		       c->name, STR(name), STR(at->host));
}

bool tls_check(struct conn *c, const struct endpoint *at, struct err *e)
{
	X509 *x;
	bool ok;

	/* The library takes a server that has no TLS in clear text, whatever it was told. */
	if (!mysql_get_ssl_cipher(c->m))
		return err_set(e, kind_for(&err_connect_refused, c->scope),
			       "cannot connect to %s: TLS is wanted, and the server has none", c->name);
	if (at->ssl_ca.n == 0 && at->ca_pem.n == 0 && at->n_allowed_cn == 0)
		return true;
	x = certificate(c->m);
	ok = check_name(c, at, x, e);
	X509_free(x);
	return ok;
}
