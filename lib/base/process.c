/* process.c - what /proc tells of a process; see process.h */
#include "base/process.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>

#include "base/file.h"

uint64_t process_start(uint64_t pid, bool *known)
{
	char path[64];
	struct buf text = BUF_INIT(65536);
	struct err ignored;
	const char *at;
	char state = 'Z';
	unsigned long long start = 0;

	*known = true;
	snprintf(path, sizeof(path), "/proc/%llu/stat", (unsigned long long)pid);
	if (!file_read(path, &text, &ignored)) {
		buf_release(&text);
		*known = pid > INT32_MAX || (kill((pid_t)pid, 0) < 0 && errno == ESRCH);
		return 0;
	}
	/* The name, in parentheses, may hold anything: what counts comes behind the last one. */
	at = strrchr(buf_text(&text), ')');
	if (!at || sscanf(at + 1, " %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu",
			  &state, &start) != 2)
		*known = false;
	buf_release(&text);
	return state == 'Z' || state == 'X' ? 0 : start;
}

struct str process_boot(char room[BOOT_ID_SIZE])
{
	struct buf boot = BUF_INIT(100);
	struct err ignored;
	struct str id;

	if (!file_read("/proc/sys/kernel/random/boot_id", &boot, &ignored))
		buf_clear(&boot);
	id = str_trim(buf_str(&boot));
	snprintf(room, BOOT_ID_SIZE, "%.*s", STR(id));
	buf_release(&boot);
	return str_of(room);
}
