/* ddl-parse.c - how many statements a minute are parsed, and named anew, on one processor: a million is wanted. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "schema/ddl_tree.h"

static const char *const statements[] = {
	"ALTER TABLE t ADD COLUMN c INT NOT NULL DEFAULT 0 COMMENT 'x'",
	"ALTER TABLE `shop`.`item` MODIFY COLUMN `price` DECIMAL(12,2) UNSIGNED NOT NULL DEFAULT '0.00' AFTER `name`, ADD KEY `k_p` (`price`)",
	"CREATE TABLE `sbtest1` (`id` int NOT NULL AUTO_INCREMENT, `k` int NOT NULL DEFAULT '0', `c` char(120) NOT NULL DEFAULT '', "
	"`pad` char(60) NOT NULL DEFAULT '', PRIMARY KEY (`id`), KEY `k_1` (`k`)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4",
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	size_t n = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;

	for (size_t s = 0; s < sizeof(statements) / sizeof(*statements); s++) {
		struct arena a = ARENA_INIT;
		struct buf b = BUF_INIT(1 << 16);
		double start = now(), seconds;
		struct ddl ddl;

		for (size_t i = 0; i < n; i++) {
			arena_clear(&a);
			buf_clear(&b);
			ddl_parse(&ddl, &a, str_of(statements[s]), STR_LIT("d"), STR_LIT(""), false);
			if (ddl.kind == DDL_UNKNOWN)
				return 1;
			ddl_put_renamed(&b, &ddl, ddl.names);
		}
		seconds = now() - start;
		printf("%5.1f s, %4.1f million a minute: %.50s...\n", seconds, (double)n / seconds * 60 / 1e6, statements[s]);
		arena_release(&a);
		buf_release(&b);
	}
	return 0;
}
