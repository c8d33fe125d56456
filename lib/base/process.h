/*
 * process.h - is a process of this machine still the one that it was? What /proc tells of it.
 *
 * A number is used again, so a process is its number, when it began, and the boot of the machine. Callers: meta, dm-relay, dm-top.
 */
#ifndef BASE_PROCESS_H
#define BASE_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

/* When it began, in the kernel's ticks since the boot; 0 where there is no such process, or only what is left of one.
 * *known false: the system does not let us look. */
uint64_t process_start(uint64_t pid, bool *known);

enum { BOOT_ID_SIZE = 64 };

/* Which boot of this machine this is; "" where the system does not say. Borrowed from room. */
struct str process_boot(char room[BOOT_ID_SIZE]);

#endif
