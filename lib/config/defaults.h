/*
 * defaults.h - a client's option file, as ~/.my.cnf, for --defaults-file. Internal to the room.
 */
#ifndef CONFIG_DEFAULTS_H
#define CONFIG_DEFAULTS_H

#include "base/secret.h"
#include "config/task.h"

struct defaults {
	struct str host, user, socket, ssl_ca, ssl_cert, ssl_key;	/* p NULL: the file does not say */
	unsigned port;				/* 0: it does not say */
	bool has_password;
	struct secret password;
};

/* Reads the groups [client] and [client-dm]; what comes later in the file wins. */
bool defaults_read(struct defaults *d, const char *path, struct arena *a, struct err *e);

#endif
