#include "config/options.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "config/defaults.h"
#include "config/keys.h"
#include "config/kinds.h"
#include "config/secret_file.h"

const struct opt config_options[] = {
	{ OPT_TEXT, 'c', "config", "FILE", offsetof(struct config_settings, config), "read this task file", 0, 0,
	  NULL },
	{ OPT_TEXT, 's', "source", "ID", offsetof(struct config_settings, source),
	  "act for this source of the task", 0, 0, NULL },
	{ OPT_LIST, 'S', "source-file", "FILE", offsetof(struct config_settings, source_files),
	  "read this source file; may be repeated", 0, 0, NULL },
	{ OPT_TEXT, 0, "secret-key-file", "FILE", offsetof(struct config_settings, secret_key_file),
	  "decrypt the passwords of task and source files with the key in this file (default $DM_SECRET_KEY_FILE)", 0, 0, NULL },
	{ 0 }
};

const struct opt connection_options[] = {
	{ OPT_TEXT, 'h', "host", "HOST", offsetof(struct connection_settings, host), "connect to this host", 0, 0,
	  NULL },
	{ OPT_NUMBER, 'P', "port", "PORT", offsetof(struct connection_settings, port), "connect to this port", 1,
	  65535, NULL },
	{ OPT_TEXT, 'u', "user", "NAME", offsetof(struct connection_settings, user), "connect as this user", 0, 0,
	  NULL },
	{ OPT_TEXT, 0, "socket", "PATH", offsetof(struct connection_settings, socket),
	  "connect to this unix socket", 0, 0, NULL },
	{ OPT_TEXT, 0, "password-file", "FILE", offsetof(struct connection_settings, password_file),
	  "take the password from the first line of this file", 0, 0, NULL },
	{ OPT_TEXT, 0, "defaults-file", "FILE", offsetof(struct connection_settings, defaults_file),
	  "take host, port, user, password, socket and TLS files from this option file of a client", 0, 0, NULL },
	{ 0 }
};

static const char *env(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

struct str config_home(struct arena *a)
{
	const char *home = env("DM_HOME"), *state = env("XDG_STATE_HOME"), *user = env("HOME");

	if (home)
		return arena_str(a, str_of(home));
	if (geteuid() == 0)
		return STR_LIT("/var/lib/dm");
	if (state)
		return arena_strf(a, "%s/dm", state);
	return arena_strf(a, "%s/.local/state/dm", user ? user : "");
}

/* What a file calls itself, without judging the rest of it. "" when it cannot be read. */
static struct str source_id_of(const char *path, struct arena *a, struct err *e)
{
	struct key_reader r;
	struct yaml_node *root = NULL, *id;

	if (!keys_open(&r, path, a, &root, e))
		return STR_NONE;
	id = yaml_get(root, "source-id");
	return id && id->kind == YAML_SCALAR ? id->text : STR_NONE;
}

/* The one file of a list that says source-id: "" takes the only one there is. */
static bool find_in_files(const struct opt_list *files, struct str id, const char **path, struct arena *a,
			  struct err *e)
{
	*path = NULL;
	for (size_t i = 0; i < files->n; i++) {
		struct err why = { 0 };
		struct str found = source_id_of(files->items[i], a, &why);

		if (why.kind) {
			*e = why;
			return false;
		}
		if (id.n && !str_eq(found, id))
			continue;
		if (*path && id.n == 0)
			return err_set(e, &err_usage, "several source files are given, choose one with -s");
		if (*path)
			return err_set(e, &config_kinds[SAME_SOURCE_ID], "%s and %s both say 'source-id: %.*s'",
				       *path, files->items[i], STR(id));
		*path = files->items[i];
	}
	return true;
}

static int is_yaml(const struct dirent *entry)
{
	struct str name = str_of(entry->d_name);

	return name.p[0] != '.' && (str_ends(name, STR_LIT(".yaml")) || str_ends(name, STR_LIT(".yml")));
}

/* A file there that cannot be read is told only when no other one is the right one. */
static bool find_at_home(struct str id, const char **path, struct arena *a, struct err *e)
{
	struct str dir = arena_strf(a, "%.*s/sources", STR(config_home(a)));
	struct dirent **entries = NULL;
	struct err first = { 0 };
	int n = scandir(dir.p, &entries, is_yaml, alphasort);

	*path = NULL;
	for (int i = 0; i < n; i++) {
		struct err why = { 0 };
		const char *file = arena_strf(a, "%s/%s", dir.p, entries[i]->d_name).p;

		if (!*path && str_eq(source_id_of(file, a, &why), id))
			*path = file;
		if (why.kind && !first.kind)
			first = why;
		free(entries[i]);
	}
	free(entries);
	if (*path || !first.kind)
		return true;
	*e = first;
	return false;
}

static bool load_source(struct config *config, const struct config_settings *settings, bool need, struct err *e)
{
	struct arena a = ARENA_INIT;
	const char *path = NULL;
	bool ok = false;

	secret_scrub(true);	/* files are read to find the one, and thrown away with their passwords */
	if (!find_in_files(&settings->source_files, config->source_id, &path, &a, e))
		goto out;
	if (!path && config->source_id.n && !find_at_home(config->source_id, &path, &a, e))
		goto out;
	if (!path) {
		ok = !need;
		if (need && config->source_id.n == 0)
			err_set(e, &err_usage, "no source is given: name one with -s, or its file with -S");
		else if (need)
			err_set(e, &config_kinds[NO_SOURCE],
				"no source file says 'source-id: %.*s' (looked at -S and in %.*s/sources)",
				STR(config->source_id), STR(config_home(&a)));
		goto out;
	}
	config->has_source = true;
	ok = source_read(&config->source, path, e);
	if (ok && config->source_id.n == 0)
		config->source_id = config->source.source_id;
	if (ok && need && config->has_task && !config->source.enable)
		ok = err_set(e, &err_config, "%s: source '%.*s' is switched off ('enable: false')", path,
			     STR(config->source_id));
out:
	arena_release(&a);
	secret_scrub(false);
	return ok;
}

static bool unlock(struct key_reader *r, struct endpoint *at, const struct secret_key *key, struct err *e)
{
	const char *note;

	if (!secret_unlock(at, key, r->file, r->a, &note, e))
		return false;
	if (note)
		keys_warn(r, at->password_line, "%s", note);
	return true;
}

static bool unlock_task(struct task *task, const struct secret_key *key, struct err *e)
{
	struct key_reader r = { .file = task->file.p, .a = &task->arena, .n_warnings = task->n_warnings,
				.warnings = task->warnings };
	bool ok = unlock(&r, &task->target, key, e);

	task->n_warnings = r.n_warnings;
	task->warnings = r.warnings;
	return ok;
}

static bool unlock_source(struct source *source, const struct secret_key *key, struct err *e)
{
	struct key_reader r = { .file = source->file.p, .a = &source->arena, .n_warnings = source->n_warnings,
				.warnings = source->warnings };
	bool ok = unlock(&r, &source->from, key, e);

	source->n_warnings = r.n_warnings;
	source->warnings = r.warnings;
	return ok;
}

bool config_unlock_task(struct task *task, const struct config_settings *settings, struct err *e)
{
	struct secret_key key;
	bool ok = secret_key_load(&key, settings->secret_key_file, e) && unlock_task(task, &key, e);

	explicit_bzero(&key, sizeof(key));
	return ok;
}

static bool load_files(struct config *config, const struct config_settings *settings, bool need_source, struct err *e)
{
	if (settings->config) {
		config->has_task = true;
		if (!task_read(&config->task, settings->config, e))
			return false;
		config->instance = task_find(&config->task, config->source_id, e);
		if (!config->instance)
			return false;
		config->source_id = config->instance->source_id;
	}
	if (!settings->config && !settings->source && settings->source_files.n == 0 && !need_source)
		return true;
	return load_source(config, settings, need_source, e);
}

bool config_load(struct config *config, const struct config_settings *settings, bool need_source, struct err *e)
{
	struct secret_key key;
	bool ok;

	*config = (struct config){ .source_id = settings->source ? str_of(settings->source) : STR_NONE };
	ok = secret_key_load(&key, settings->secret_key_file, e) && load_files(config, settings, need_source, e) &&
	     (!config->has_task || unlock_task(&config->task, &key, e)) &&
	     (!config->has_source || unlock_source(&config->source, &key, e));
	explicit_bzero(&key, sizeof(key));
	return ok;
}

void config_release(struct config *config)
{
	if (config->has_task)
		task_release(&config->task);
	if (config->has_source)
		source_release(&config->source);
	*config = (struct config){ 0 };
}

static bool read_password(struct secret *password, const char *path, struct arena *a, struct err *e)
{
	struct buf text = BUF_INIT(SECRET_FILE_MAX);
	bool ok = secret_file_read(path, &text, e);

	if (ok)
		*password = secret_keep(a, secret_first_line(&text));
	secret_wipe_buf(&text);
	return ok;
}

bool connection_is_named(const struct connection_settings *settings)
{
	return settings->host || settings->socket || settings->defaults_file;
}

static void put_defaults(struct endpoint *out, const struct connection_settings *settings, const struct defaults *d)
{
	if (d->host.p && !settings->socket)
		out->host = d->host;
	if (d->socket.p && !settings->host)
		out->socket = d->socket;
	if (d->port)
		out->port = d->port;
	if (d->user.p)
		out->user = d->user;
	if (d->has_password)
		out->password = d->password;
	if (d->ssl_ca.p)
		out->ssl_ca = d->ssl_ca;
	if (d->ssl_cert.p)
		out->ssl_cert = d->ssl_cert;
	if (d->ssl_key.p)
		out->ssl_key = d->ssl_key;
	out->ssl = out->ssl || d->ssl_ca.n || d->ssl_cert.n || d->ssl_key.n;
}

static void put_options(struct endpoint *out, const struct connection_settings *settings)
{
	if (settings->host)
		out->host = str_of(settings->host);
	if (settings->socket)
		out->socket = str_of(settings->socket);
	if (settings->port)
		out->port = (unsigned)settings->port;
	if (settings->user)
		out->user = str_of(settings->user);
}

/* Another host, or another user, gets no secret that the files hold for theirs. */
bool config_endpoint(struct endpoint *out, const struct connection_settings *settings, const struct endpoint *defaults,
		     struct arena *a, struct err *e)
{
	struct defaults file = { 0 };
	bool other_server;

	if (settings->host && settings->socket)
		return err_set(e, &err_usage, "options --host and --socket exclude each other");
	if (settings->defaults_file && !defaults_read(&file, settings->defaults_file, a, e))
		return false;
	other_server = !defaults || settings->host || settings->socket || file.host.p || file.socket.p;
	*out = other_server ? (struct endpoint){ .host = STR_LIT("127.0.0.1"), .port = 3306, .user = STR_LIT("root") }
			    : *defaults;
	if (other_server || settings->user || file.user.p)
		out->password = env("DM_PASSWORD") ? secret_keep(a, str_of(env("DM_PASSWORD"))) : (struct secret){ 0 };
	put_defaults(out, settings, &file);
	put_options(out, settings);
	return !settings->password_file || read_password(&out->password, settings->password_file, a, e);
}
