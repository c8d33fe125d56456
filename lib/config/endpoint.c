/* endpoint.c - how to reach a server: target-database of a task, from of a source. */
#include "config/parts.h"

#include "base/buf.h"

/* Embedded keys are a way of DM's control tool to send files to other hosts; here each host reads its own. */
#define EMBEDDED(key) { .kind = KEY_TEXT, .name = key, .later = "*", .secret = true }

static const struct key security_keys[] = {
	{ .kind = KEY_TEXT, .name = "ssl-ca", .at = AT(struct endpoint, ssl_ca) },
	{ .kind = KEY_TEXT, .name = "ssl-cert", .at = AT(struct endpoint, ssl_cert) },
	{ .kind = KEY_TEXT, .name = "ssl-key", .at = AT(struct endpoint, ssl_key) },
	{ .kind = KEY_TEXTS, .name = "cert-allowed-cn", .at = AT(struct endpoint, allowed_cn),
	  .count_at = AT(struct endpoint, n_allowed_cn) },
	{ .kind = KEY_ANY, .name = "ssl-ca-bytes", .later = "*", .secret = true },
	{ .kind = KEY_ANY, .name = "ssl-cert-bytes", .later = "*", .secret = true },
	{ .kind = KEY_ANY, .name = "ssl-key-bytes", .later = "*", .secret = true },
	EMBEDDED("ssl-ca-base64"), EMBEDDED("ssl-cert-base64"), EMBEDDED("ssl-key-base64"),
	{ 0 }
};

const struct key endpoint_keys[] = {
	{ .kind = KEY_TEXT, .name = "host", .at = AT(struct endpoint, host) },
	{ .kind = KEY_NUMBER, .name = "port", .at = AT(struct endpoint, port), .def = "3306", .min = 1, .max = 65535,
	  .narrow = true },
	{ .kind = KEY_TEXT, .name = "user", .at = AT(struct endpoint, user), .def = "root" },
	{ .kind = KEY_TEXT, .name = "password", .at = AT(struct endpoint, password), .secret = true },
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

bool endpoint_whole(struct key_reader *r, void *element, const struct yaml_node *node, const char *path, struct err *e)
{
	struct endpoint *at = element;
	const struct yaml_node *session = yaml_get(node, "session");

	at->ssl = at->n_allowed_cn || at->ssl_ca.n || at->ssl_cert.n || at->ssl_key.n;
	if (at->host.n == 0)
		return keys_fail(r, node->line, &err_config, e, "'%s' has no 'host'", path);
	if (at->ssl && (at->ssl_cert.n == 0) != (at->ssl_key.n == 0))
		return keys_fail(r, node->line, &err_config, e,
				 "'%s.security' wants both 'ssl-cert' and 'ssl-key', or none", path);
	if (at->n_allowed_cn > 0 && at->ssl_ca.n == 0)
		return keys_fail(r, node->line, &err_config, e, "'%s.security' has 'cert-allowed-cn', and no 'ssl-ca' "
				 "that says whose word counts", path);
	return !session || check_session(r, at, session, path, e);
}
