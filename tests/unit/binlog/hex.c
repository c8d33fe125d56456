/* hex.c - bytes that tests write as text. */
#include "tests.h"

static int digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

size_t from_hex(const char *hex, uint8_t *into, size_t n)
{
	size_t used = 0;

	for (; *hex; hex++) {
		if (digit(*hex) < 0 || digit(hex[1]) < 0)
			continue;
		if (used < n)
			into[used++] = (uint8_t)(digit(*hex) << 4 | digit(hex[1]));
		hex++;
	}
	return used;
}
