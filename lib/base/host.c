/* host.c - what this host is called; see host.h */
#include "base/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void host_name(char name[HOST_NAME_SIZE])
{
	const char *said = getenv("DM_HOST");

	name[0] = name[HOST_NAME_SIZE - 1] = '\0';
	if (said && said[0])
		snprintf(name, HOST_NAME_SIZE, "%s", said);
	else
		gethostname(name, HOST_NAME_SIZE - 1);
	for (char *p = name; *p; p++)
		if (*p == ':' || *p == '@')
			*p = '_';
}
