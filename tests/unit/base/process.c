/* process.c - a process is known by its number and its start; what is left of one is none. */
#include "base/process.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests.h"

/* Now, in the kernel's ticks since the boot. */
static uint64_t ticks_now(void)
{
	struct timespec now;
	uint64_t each = (uint64_t)sysconf(_SC_CLK_TCK);

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * each + (uint64_t)now.tv_nsec * each / 1000000000;
}

static void a_process_began_when_it_did(void)
{
	uint64_t before = ticks_now(), start;
	siginfo_t info;
	bool known;
	pid_t pid = fork();

	if (pid == 0) {
		pause();
		_exit(0);
	}
	start = process_start((uint64_t)pid, &known);
	CHECK(known && start + 1 >= before && start <= ticks_now());
	CHECK(process_start((uint64_t)getpid(), &known) <= start && known);
	kill(pid, SIGKILL);
	waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
	CHECK(process_start((uint64_t)pid, &known) == 0 && known);	/* it only waits for us */
	waitpid(pid, NULL, 0);
	CHECK(process_start((uint64_t)pid, &known) == 0 && known);
	CHECK(process_start(UINT64_MAX, &known) == 0 && known);
}

static void the_boot_has_a_name(void)
{
	char room[BOOT_ID_SIZE], again[BOOT_ID_SIZE];
	struct str boot = process_boot(room);

	CHECK(boot.n == 36 && str_eq(boot, process_boot(again)));
}

void test_process(void)
{
	RUN(a_process_began_when_it_did);
	RUN(the_boot_has_a_name);
}
