/*
 * options.h - the options that all tools share: -c, -s, -S and the connection; and what they resolve to.
 *
 * A tool splices config_options (for tools that talk to a server: connection_options too) into its own table.
 * config_load then gives one struct config, whether the settings came from DM's files or from the command line.
 * Secrets come from a file, the environment (DM_PASSWORD, for the server that -h names) or the configuration.
 * Callers: tools.
 */
#ifndef CONFIG_OPTIONS_H
#define CONFIG_OPTIONS_H

#include "base/opt.h"
#include "config/task.h"

struct config_settings {
	const char *config;		/* -c, --config FILE: task file, as DM reads it */
	const char *source;		/* -s, --source ID */
	struct opt_list source_files;	/* -S, --source-file FILE: source file; may be repeated */
	const char *secret_key_file;	/* --secret-key-file: opens the passwords of these files */
};

struct connection_settings {
	const char *host;		/* -h, --host */
	uint64_t port;			/* -P, --port */
	const char *user;		/* -u, --user */
	const char *socket;		/* --socket */
	const char *password_file;	/* --password-file: first line is the password */
	const char *defaults_file;	/* --defaults-file: [client] and [client-dm] of a my.cnf */
};

extern const struct opt config_options[];	/* offsets into struct config_settings */
extern const struct opt connection_options[];	/* offsets into struct connection_settings */

struct config {
	bool has_task, has_source;
	struct task task;
	struct source source;
	const struct task_instance *instance;	/* of task; NULL without a task file */
	struct str source_id;			/* from -s, or the only one */
};

/* Reads the task file where -c is given, finds the source among -S files, then among $DM_HOME/sources/ (DM_HOME: see
 * dm(1)). need_source: it is an error when the source file cannot be found, or switches the source off for tasks.
 * Encrypted passwords are decrypted; what there is to say about them is among the warnings of task and source. config is released by
 * config_release, also after failure. */
bool config_load(struct config *config, const struct config_settings *settings, bool need_source, struct err *e);
void config_release(struct config *config);

/* The same for a task that was read alone. */
bool config_unlock_task(struct task *task, const struct config_settings *settings, struct err *e);

/* Do the options say which server, so that no file needs to? */
bool connection_is_named(const struct connection_settings *settings);

/* The server that -h -P -u --socket name, over what defaults gives (an endpoint of the files, or NULL). Text borrowed
 * from both and from a. */
bool config_endpoint(struct endpoint *out, const struct connection_settings *settings, const struct endpoint *defaults,
		     struct arena *a, struct err *e);

/* $DM_HOME, or /var/lib/dm for root, or ${XDG_STATE_HOME:-~/.local/state}/dm. */
struct str config_home(struct arena *a);

#endif
