/* dump_metadata.c - the file "metadata" of a dump, with some tables that it may tell the rows of. */
#include "fuzz.h"

#include "../../tools/dm-load/catalog.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct load_table t = { .metadata_rows = UINT64_MAX }, odd = { .metadata_rows = UINT64_MAX };
	char *exact = exact_copy((struct str){ (const char *)data, size });
	struct catalog c = { .dir = -1, .by_name = MAP_INIT };
	struct err e = { 0 };

	map_put(&c.by_name, (struct str){ "db\0t", 4 }, &t);
	map_put(&c.by_name, (struct str){ "a`\0b", 4 }, &odd);
	settled(metadata_read(&c, (struct str){ exact, size }, &e), &e);
	free(exact);
	str_hash(c.gtid);
	MUST(c.pos.n == 0 || memchr(c.pos.p, ':', c.pos.n));
	map_release(&c.by_name);
	arena_release(&c.arena);
	return 0;
}
