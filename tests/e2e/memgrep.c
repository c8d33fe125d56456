/* memgrep --core TOOL [ARGUMENT ...] - does it leave a core file when SIGSEGV hits it, once it has started (and catches its
 * signals)? Prints core or none; without a tool, what a process of no care leaves here.
 * memgrep PID TEXT - is TEXT in the memory of this process? Looks at all that can be read, also what core files leave out.
 * Prints the areas that hold it. Exit status 0: it is there, 1: it is not, 2: nothing could be looked at. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define BLOCK (1 << 20)

static char block[BLOCK + 256];

/* Blocks overlap, so that nothing is cut in two. */
static int search(int mem, unsigned long from, unsigned long to, const char *text, size_t n, size_t *looked)
{
	int found = 0;

	for (unsigned long at = from; at < to; at += BLOCK) {
		size_t want = to - at < sizeof(block) ? to - at : sizeof(block);
		ssize_t got = pread(mem, block, want, (off_t)at);

		if (got <= 0)
			continue;
		*looked += (size_t)got;
		for (char *p = memmem(block, (size_t)got, text, n); p && !found; p = NULL)
			found = 1;
	}
	return found;
}

static int has_started(pid_t pid)
{
	char path[100], line[1000];
	int yes = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		yes = yes || (strncmp(line, "SigCgt:", 7) == 0 && strstr(line, "4002\n"));
	if (f)
		fclose(f);
	return yes;
}

static int core(char **argv)
{
	struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	int in[2], status = 0;
	pid_t pid;

	setrlimit(RLIMIT_CORE, &all);
	if (pipe2(in, O_CLOEXEC) != 0 || (pid = fork()) < 0)
		return 2;
	if (pid == 0) {
		dup2(in[0], 0);
		if (argv[0])
			execvp(argv[0], argv);
		else
			raise(SIGSEGV);
		_exit(127);
	}
	while (argv[0] && !has_started(pid))
		if (waitpid(pid, &status, WNOHANG) != 0)
			return 2;	/* gone by itself, or never there */
	kill(pid, SIGSEGV);
	if (waitpid(pid, &status, 0) != pid || !WIFSIGNALED(status) || WTERMSIG(status) != SIGSEGV)
		return 2;
	puts(WCOREDUMP(status) ? "core" : "none");
	return 0;
}

int main(int argc, char **argv)
{
	char path[100], line[1000];
	unsigned long from, to;
	size_t looked = 0;
	int found = 0, mem;
	FILE *maps;

	if (argc > 1 && strcmp(argv[1], "--core") == 0)
		return core(argv + 2);
	if (argc != 3 || strlen(argv[2]) >= 256)
		return 2;
	snprintf(path, sizeof(path), "/proc/%s/mem", argv[1]);
	mem = open(path, O_RDONLY);
	snprintf(path, sizeof(path), "/proc/%s/maps", argv[1]);
	maps = fopen(path, "r");
	if (mem < 0 || !maps)
		return 2;
	while (fgets(line, sizeof(line), maps))
		if (sscanf(line, "%lx-%lx", &from, &to) == 2 && search(mem, from, to, argv[2], strlen(argv[2]), &looked)) {
			printf("%s", line);
			found = 1;
		}
	return looked < 4096 ? 2 : !found;
}
