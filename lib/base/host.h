/*
 * host.h - what this host is called where several hosts meet: in the leases downstream, in metrics.
 *
 * Callers: meta, status.
 */
#ifndef BASE_HOST_H
#define BASE_HOST_H

enum { HOST_NAME_SIZE = 65 };

/* $DM_HOST, else the system's name. What parts a lease's words (':' and '@') becomes '_'. */
void host_name(char name[HOST_NAME_SIZE]);

#endif
