/* no-new-code.c - runs a command whose memory cannot be made to run what was written into it, as a unit with MemoryDenyWriteExecute=.
 * Status 77: this kernel (before 6.3) cannot. */
#include <sys/prctl.h>
#include <unistd.h>

#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#define PR_MDWE_REFUSE_EXEC_GAIN 1
#endif

int main(int argc, char **argv)
{
	if (argc < 2 || prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0) != 0)
		return 77;
	execvp(argv[1], argv + 1);
	return 127;
}
