/* endpoint.c - how to reach a server: target-database of a task, from of a source. */
#include "config/parts.h"

#include <stdlib.h>

#include "base/buf.h"
#include "config/kinds.h"
#include "text/base64.h"

/* Bytes are how DM's own servers keep what its control tool sent; base64 is how people write it. */
static const struct key security_keys[] = {
	{ .kind = KEY_TEXT, .name = "ssl-ca", .at = AT(struct endpoint, ssl_ca) },
	{ .kind = KEY_TEXT, .name = "ssl-cert", .at = AT(struct endpoint, ssl_cert) },
	{ .kind = KEY_TEXT, .name = "ssl-key", .at = AT(struct endpoint, ssl_key) },
	{ .kind = KEY_TEXTS, .name = "cert-allowed-cn", .at = AT(struct endpoint, allowed_cn),
	  .count_at = AT(struct endpoint, n_allowed_cn) },
	{ .kind = KEY_ANY, .name = "ssl-ca-bytes", .later = "*", .secret = true },
	{ .kind = KEY_ANY, .name = "ssl-cert-bytes", .later = "*", .secret = true },
	{ .kind = KEY_ANY, .name = "ssl-key-bytes", .later = "*", .secret = true },
	{ .kind = KEY_SECRET, .name = "ssl-ca-base64", .at = AT(struct endpoint, ca_pem) },
	{ .kind = KEY_SECRET, .name = "ssl-cert-base64", .at = AT(struct endpoint, cert_pem) },
	{ .kind = KEY_SECRET, .name = "ssl-key-base64", .at = AT(struct endpoint, key_pem) },
	{ 0 }
};

const struct key endpoint_keys[] = {
	{ .kind = KEY_TEXT, .name = "host", .at = AT(struct endpoint, host) },
	{ .kind = KEY_NUMBER, .name = "port", .at = AT(struct endpoint, port), .def = "3306", .min = 1, .max = 65535,
	  .narrow = true },
	{ .kind = KEY_TEXT, .name = "user", .at = AT(struct endpoint, user), .def = "root" },
	{ .kind = KEY_SECRET, .name = "password", .at = AT(struct endpoint, password),
	  .line_at = AT(struct endpoint, password_line) },
	{ .kind = KEY_NUMBER, .name = "max-allowed-packet", .gone = "the server is asked" },
	{ .kind = KEY_PAIRS, .name = "session", .at = AT(struct endpoint, session),
	  .count_at = AT(struct endpoint, n_session) },
	{ .kind = KEY_MAP, .name = "security", .keys = security_keys },
	{ 0 }
};

static bool is_variable_name(struct str name)
{
	for (size_t i = 0; i < name.n; i++) {
		unsigned char c = (unsigned char)name.p[i];

		if (c != '_' && (c < '0' || c > '9') && ((c | 0x20) < 'a' || (c | 0x20) > 'z'))
			return false;
	}
	return name.n > 0 && name.n <= 64;
}

static struct str lower(struct arena *a, struct str name)
{
	struct str copy = arena_str(a, name);
	char *p = (char *)copy.p;

	for (size_t i = 0; i < copy.n; i++)
		if (p[i] >= 'A' && p[i] <= 'Z')
			p[i] |= 0x20;
	return copy;
}

/* All times and texts of a pipeline are UTC and UTF-8: another session would change values silently. */
static const char *ours(struct str name, struct str value)
{
	if (str_is(name, "time_zone") && !str_is(value, "+00:00") && !str_is_nocase(value, "utc"))
		return "+00:00";
	if ((str_is(name, "character_set_client") || str_is(name, "character_set_connection") ||
	     str_is(name, "character_set_results")) && !str_is_nocase(value, "utf8mb4"))
		return "utf8mb4";
	return NULL;
}

static bool check_session(struct key_reader *r, struct endpoint *at, const struct yaml_node *node, const char *path,
			  struct err *e)
{
	for (size_t i = 0; i < at->n_session; i++) {
		unsigned line = node->pairs[i].line;
		struct config_pair *pair = &at->session[i];
		const char *fixed;

		pair->name = lower(r->a, pair->name);
		if (!is_variable_name(pair->name))
			return keys_fail(r, line, &err_config, e, "'%s.session' names no variable: '%.*s'", path,
					 STR(str_first(pair->name, 100)));
		for (size_t j = 0; j < i; j++)
			if (str_eq(at->session[j].name, pair->name))
				return keys_fail(r, line, &err_yaml, e, "'%s.session' sets '%.*s' twice", path,
						 STR(pair->name));
		fixed = ours(pair->name, pair->value);
		if (fixed)
			return keys_fail(r, line, &err_unsupported, e,
					 "'%s.session.%.*s' is not supported yet with another value than %s", path,
					 STR(pair->name), fixed);
	}
	return true;
}

/* What stands between PEM's lines of base64 is a matter of how the YAML was folded. */
static size_t without_space(char *text, size_t n)
{
	size_t to = 0;

	for (size_t i = 0; i < n; i++)
		if (!strchr(" \t\r\n", text[i]))
			text[to++] = text[i];
	return to;
}

static bool take_pem(struct key_reader *r, struct secret *pem, const struct yaml_node *security, const char *name,
		     const char *path, struct err *e)
{
	const struct yaml_node *node = yaml_get(security, name);
	struct secret was = *pem;
	struct str bytes;
	char *text;
	bool ok;

	if (pem->n == 0)
		return true;
	text = secret_text(&was);
	ok = base64_take_here(text, without_space(text, was.n), &bytes) &&
	     str_find(bytes, STR_LIT("-----BEGIN ")) != SIZE_MAX;
	if (ok)
		*pem = secret_keep(r->a, bytes);
	secret_drop(&was, text);
	return ok || keys_fail(r, node ? node->line : 1, &config_kinds[BAD_TLS_BASE64], e,
			       "'%s.security.%s' is not the base64 of a PEM file", path, name);
}

bool endpoint_whole(struct key_reader *r, void *element, const struct yaml_node *node, const char *path, struct err *e)
{
	struct endpoint *at = element;
	const struct yaml_node *session = yaml_get(node, "session"), *security = yaml_get(node, "security");
	bool cert = at->ssl_cert.n || at->cert_pem.n, key = at->ssl_key.n || at->key_pem.n,
	     ca = at->ssl_ca.n || at->ca_pem.n;

	at->ssl = at->n_allowed_cn || ca || cert || key;
	if (!take_pem(r, &at->ca_pem, security, "ssl-ca-base64", path, e) ||
	    !take_pem(r, &at->cert_pem, security, "ssl-cert-base64", path, e) ||
	    !take_pem(r, &at->key_pem, security, "ssl-key-base64", path, e))
		return false;
	if (at->host.n == 0)
		return keys_fail(r, node->line, &err_config, e, "'%s' has no 'host'", path);
	if (cert != key)
		return keys_fail(r, node->line, &err_config, e,
				 "'%s.security' wants both 'ssl-cert' and 'ssl-key', or none", path);
	if (at->n_allowed_cn > 0 && !ca)
		return keys_fail(r, node->line, &err_config, e, "'%s.security' has 'cert-allowed-cn', and no 'ssl-ca' "
				 "that says whose word counts", path);
	return !session || check_session(r, at, session, path, e);
}
