/*
 * infile.h - who answers when a server asks for a local file. For this room only.
 */
#ifndef MYSQL_INFILE_H
#define MYSQL_INFILE_H

struct conn;

/* What the library then says of the statement. */
#define INFILE_REFUSED "the server asked for a local file, which it does not get"

/* From now on nothing but conn_load answers; before the connection is made. */
void infile_arm(struct conn *c);

#endif
