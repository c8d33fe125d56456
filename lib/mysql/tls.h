/*
 * tls.h - TLS of a connection: what is asked of the library, and whose certificate came.
 *
 * With a CA the chain is verified by the library, while the connection is made. Then the name: where the settings list
 * common names, the certificate's must be one of them; else, where the certificate carries alternative names, the host must be
 * among these. The certificates that servers make for themselves carry none, and only their chain counts.
 * Caller: mysql/conn.
 */
#ifndef MYSQL_TLS_H
#define MYSQL_TLS_H

#include "mysql/conn.h"

/* Before connecting. */
bool tls_set(struct conn *c, const struct endpoint *at, struct err *e);

/* Once the library has read what tls_set gave it. */
void tls_done(struct conn *c);

/* Behind it: is there TLS at all, and is the certificate the server's? */
bool tls_check(struct conn *c, const struct endpoint *at, struct err *e);

#endif
