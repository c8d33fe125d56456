#include "config/defaults.h"

#include <ctype.h>

#include "config/kinds.h"
#include "config/secret_file.h"

struct reading {
	struct defaults *d;
	struct arena *a;
	const char *path;
	unsigned line;
	bool ours;		/* in a group that is read */
};

static struct str trim(struct str s)
{
	while (s.n && isspace((unsigned char)s.p[0]))
		s = str_from(s, 1);
	while (s.n && isspace((unsigned char)s.p[s.n - 1]))
		s.n--;
	return s;
}

/* As the servers' own clients read a value: quotes of either kind around it, and escapes in it. A # behind a space begins a
 * comment, but not in quotes. Changes the text where it stands, which is ours and no longer after. */
static struct str value_of(struct str raw)
{
	static const char escapes[] = "ntrbs", meanings[] = "\n\t\r\b ";
	char *to = (char *)raw.p;
	char quote = raw.n && (raw.p[0] == '"' || raw.p[0] == '\'') ? raw.p[0] : 0;
	struct str out = { to, 0 };

	for (size_t i = quote ? 1 : 0; i < raw.n && (!quote || raw.p[i] != quote); i++) {
		char c = raw.p[i];

		if (!quote && c == '#' && (i == 0 || isspace((unsigned char)raw.p[i - 1])))
			break;
		if (c == '\\' && i + 1 < raw.n) {
			const char *at = strchr(escapes, raw.p[++i]);

			c = at && *at ? meanings[at - escapes] : raw.p[i];
		}
		to[out.n++] = c;
	}
	return quote ? out : trim(out);
}

static bool bad(const struct reading *r, struct err *e, const char *why, struct str name)
{
	return err_set(e, &config_kinds[BAD_DEFAULTS_FILE], "%s:%u: %s%.*s", r->path, r->line, why, STR(str_first(name, 60)));
}

/* "ssl_ca" and "ssl-ca", "loose_password" is not asked for. */
static bool is(struct str name, const char *word)
{
	size_t i = 0;

	for (; i < name.n && word[i]; i++)
		if ((name.p[i] == '_' ? '-' : name.p[i]) != word[i])
			return false;
	return i == name.n && !word[i];
}

static bool put(struct reading *r, struct str name, struct str value, struct err *e)
{
	struct defaults *d = r->d;
	const struct { const char *word; struct str *to; } texts[] = {
		{ "host", &d->host }, { "user", &d->user }, { "socket", &d->socket }, { "ssl-ca", &d->ssl_ca },
		{ "ssl-cert", &d->ssl_cert }, { "ssl-key", &d->ssl_key },
	};
	uint64_t port;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (is(name, texts[i].word))
			*texts[i].to = arena_str(r->a, value);
	if (is(name, "password")) {
		d->has_password = true;
		d->password = secret_keep(r->a, value);
	}
	if (is(name, "port")) {
		if (!str_to_u64(value, &port) || port < 1 || port > 65535)
			return bad(r, e, "'port' wants a number from 1 to 65535", STR_NONE);
		d->port = (unsigned)port;
	}
	return true;
}

static bool read_line(struct reading *r, struct str line, struct err *e)
{
	struct str name, value = STR_LIT("");

	line = trim(line);
	if (line.n == 0 || line.p[0] == '#' || line.p[0] == ';')
		return true;
	if (line.p[0] == '!')
		return bad(r, e, "other files are not followed: ", line);
	if (line.p[0] == '[') {
		r->ours = str_starts(line, STR_LIT("[client]")) || str_starts(line, STR_LIT("[client-dm]"));
		return str_find(line, STR_LIT("]")) != SIZE_MAX || bad(r, e, "a group wants ']' at its end", STR_NONE);
	}
	if (!r->ours)
		return true;
	if (!str_cut(line, '=', &name, &value))
		name = line;
	return put(r, trim(name), value_of(trim(value)), e);
}

bool defaults_read(struct defaults *d, const char *path, struct arena *a, struct err *e)
{
	struct reading r = { .d = d, .a = a, .path = path };
	struct buf text = BUF_INIT(SECRET_FILE_MAX);
	struct str rest, line;
	bool ok = secret_file_read(path, &text, e), more = true;

	*d = (struct defaults){ 0 };
	rest = buf_str(&text);
	while (ok && more) {
		r.line++;
		more = str_cut(rest, '\n', &line, &rest);
		ok = read_line(&r, more ? line : rest, e);
	}
	secret_wipe_buf(&text);
	return ok;
}
