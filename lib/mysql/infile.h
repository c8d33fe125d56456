/*
 * infile.h - who answers when a server asks for a local file. For this room only.
 */
#ifndef MYSQL_INFILE_H
#define MYSQL_INFILE_H

struct conn;

/* From now on nothing but conn_load answers; before the connection is made. */
void infile_arm(struct conn *c);

#endif
