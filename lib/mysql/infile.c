/*
 * infile.c - LOAD DATA LOCAL, answered from memory; see conn.h
 *
 * A server may ask for any file in answer to any statement. What it asks for is never opened: it gets the bytes of the
 * statement that is running, if that is ours and names what we named, else an error.
 */
#include "mysql/infile.h"

#include <stdio.h>

#include <mysql.h>
#include <errmsg.h>

#include "mysql/conn.h"
#include "mysql/fail.h"

static int infile_init(void **state, const char *name, void *context)
{
	struct conn *c = context;

	*state = c;
	return !c->infile || strcmp(name, CONN_INFILE) != 0;
}

static int infile_read(void *state, char *to, unsigned room)
{
	struct conn *c = state;
	struct str rest;

	if (!c->infile)
		return -1;
	rest = str_first(str_from(*c->infile, c->infile_at), room);
	if (rest.n > 0)
		memcpy(to, rest.p, rest.n);
	c->infile_at += rest.n;
	return (int)rest.n;
}

static void infile_end(void *state)
{
	(void)state;
}

static int infile_error(void *state, char *text, unsigned room)
{
	(void)state;
	snprintf(text, room, INFILE_REFUSED);
	return CR_UNKNOWN_ERROR;
}

void infile_arm(struct conn *c)
{
	mysql_set_local_infile_handler(c->m, infile_init, infile_read, infile_end, infile_error, c);
}

bool conn_load(struct conn *c, struct str sql, struct str data, struct err *e)
{
	bool ok;

	c->infile = &data;
	c->infile_at = 0;
	ok = conn_run(c, sql, e);
	c->infile = NULL;
	if (!ok || c->infile_at == data.n)
		return ok;
	return err_set(e, kind_for(&err_query, c->scope), "%s: a LOAD DATA took %zu of %zu bytes", c->name, c->infile_at,
		       data.n);
}
