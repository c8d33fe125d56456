/* table_map.c - table maps: types, optional metadata, the structure as text. */
#include "binlog/table_map.h"

#include <stdlib.h>

#include "tests.h"

static struct arena arena = ARENA_INIT;
static struct table_map map;

/* flags, schema s, table t, then what hex says: count, types, metadata, null bits, optional metadata */
static bool decode(const char *hex, bool mariadb)
{
	static const char head[] = "0100 0173 00 0174 00";
	uint8_t bytes[4096], *exact;
	size_t n = from_hex(head, bytes, sizeof(bytes));
	struct err e = { 0 };

	n += from_hex(hex, bytes + n, sizeof(bytes) - n);
	arena_clear(&arena);
	/* Cut anywhere it must not be read past. */
	for (size_t cut = 0; cut < n; cut++) {
		exact = mem_alloc(cut + 1);
		memcpy(exact, bytes, cut);
		table_map_decode(&map, &arena, (struct str){ (char *)exact, cut }, mariadb, &e);
		free(exact);
	}
	exact = arena_alloc(&arena, n);
	memcpy(exact, bytes, n);
	return table_map_decode(&map, &arena, (struct str){ (char *)exact, n }, mariadb, &e);
}

static bool type_is(size_t i, const char *want)
{
	struct str text = map_column_type_text(&map.columns[i], &arena);

	if (!str_is(text, want))
		printf("# column %zu is %.*s, not %s\n", i, STR(text), want);
	return str_is(text, want);
}

static void types_are_told(void)
{
	/* tiny short int24 long longlong float double decimal(10,2) year bit(9) date time(3) datetime(6) timestamp */
	CHECK(decode("0e 0102090308 0405 f6 0d 10 0a 13 12 11 09 04 08 0a02 0101 03 06 00 ff3f", false));
	CHECK(map.n_columns == 14);
	CHECK(type_is(0, "tinyint") && type_is(1, "smallint") && type_is(2, "mediumint") && type_is(3, "int"));
	CHECK(type_is(4, "bigint") && type_is(5, "float") && type_is(6, "double") && type_is(7, "decimal(10,2)"));
	CHECK(type_is(8, "year") && type_is(9, "bit(9)") && type_is(10, "date") && type_is(11, "time(3)"));
	CHECK(type_is(12, "datetime(6)") && type_is(13, "timestamp"));
	CHECK(str_is(map.schema, "s") && str_is(map.table, "t") && map.columns[0].nullable && !map.has_names);
	/* varchar(20), char(255) of utf8mb3, enum, set, tinyblob, longblob, json, geometry, vector, old datetime */
	CHECK(decode("0a 0f fe fe fe fc fc f5 ff f2 0c 0d 1400 defd f701 f802 01 04 04 04 04 0000", false));
	CHECK(map.columns[1].length == 765 && map.columns[2].type == TYPE_ENUM && map.columns[3].type == TYPE_SET);
	CHECK(type_is(0, "varchar(20)") && type_is(1, "char(765)") && type_is(2, "enum") && type_is(3, "set"));
	CHECK(type_is(4, "tinyblob") && type_is(5, "longblob") && type_is(6, "json") && type_is(7, "geometry"));
	CHECK(type_is(8, "vector") && type_is(9, "datetime") && !map.columns[0].nullable);
}

static void nonsense_is_refused(void)
{
	CHECK(!decode("01 63 00 00", false));			/* no such type */
	CHECK(!decode("01 03 01 00 00", false));		/* metadata left over */
	CHECK(!decode("01 f6 02 0a0b 00", false));		/* scale above precision */
	CHECK(!decode("01 f6 02 4200 00", false));		/* precision 66 */
	CHECK(!decode("01 fe 02 f703 00", false));		/* enum of 3 bytes */
	CHECK(!decode("01 fe 02 f809 00", false));		/* set of 9 bytes */
	CHECK(!decode("01 12 01 07 00", false));		/* 7 digits */
	CHECK(!decode("01 10 02 0000 00", false));		/* no bits */
	CHECK(!decode("01 fc 01 05 00", false));		/* length of 5 bytes */
	CHECK(!decode("fcff7f 03", false));			/* more columns than any table has */
	CHECK(!decode("01 03 00 00 01 05 80", false));		/* optional metadata cut short */
	CHECK(!decode("01 03 00 00 08 01 01", false));		/* primary key on column 1 of 0 to 0 */
	CHECK(!decode("01 fe 02 f701 00 06 02 ff 01", false));	/* labels cut short */
	CHECK(!decode("01 03 00 00 04 02 01 ff", false));	/* a name that is not UTF-8 */
	CHECK(!decode("01 03 00 00 04 01 00", false));		/* no name at all */
}

static void optional_metadata_is_read(void)
{
	/* id int unsigned, name varchar(20) latin1, e enum('a',e-acute), b blob, sum double */
	CHECK(decode("05 03 0f fe fc 05 06 1400 f701 02 08 1e"
		     "01 01 80"						/* signs: id, sum */
		     "02 03 08 01 3f"					/* latin1, but the second text column: binary */
		     "04 10 02 6964 04 6e616d65 01 65 01 62 03 73756d"	/* names */
		     "06 05 02 01 61 01 e9"				/* labels */
		     "08 01 00"						/* primary key */
		     "0a 01 08"						/* charset of labels */
		     "0c 01 e8"						/* visible: all but the fourth */
		     "4d 02 0102", false));				/* not known: skipped */
	CHECK(map.columns[0].has_sign && map.columns[0].is_unsigned && !map.columns[4].is_unsigned);
	CHECK(type_is(0, "int unsigned") && type_is(1, "varchar(20)") && type_is(2, "enum('a','\xc3\xa9')") && type_is(3, "blob"));
	CHECK(map.columns[1].collation == 8 && map.columns[3].collation == COLLATION_BINARY);
	CHECK(map.has_names && str_is(map.columns[1].name, "name") && str_is(map.columns[4].name, "sum"));
	CHECK(map.n_primary == 1 && map.primary[0].column == 0 && map.primary[0].prefix == 0);
	CHECK(map.columns[3].invisible && !map.columns[0].invisible);
}

static void the_two_families_count_text_columns_differently(void)
{
	/* geometry, varchar: one collation each */
	CHECK(decode("02 ff 0f 03 04 1400 00 03 02 3f 2d", true));
	CHECK(map.columns[0].collation == 63 && map.columns[1].collation == 45);
	CHECK(type_is(1, "varchar(5)"));
	CHECK(decode("02 ff 0f 03 04 1400 00 03 01 2d 07 01 01", false));
	CHECK(map.columns[1].collation == 45 && !map.columns[0].has_collation);
	CHECK(type_is(0, "point"));
	/* vector, varchar on MySQL */
	CHECK(decode("02 f2 0f 03 04 1400 00 03 02 3f 2d", false));
	CHECK(map.columns[0].collation == 63 && map.columns[1].collation == 45);
	/* a collation id above 250 */
	CHECK(decode("01 0f 02 1400 00 03 03 fc 0009", true));
	CHECK(map.columns[0].collation == 2304);
}

static void a_key_with_prefixes_is_read(void)
{
	CHECK(decode("03 0f fc 03 03 6400 02 00 09 06 0200 000a 0105", false));
	CHECK(map.n_primary == 3 && map.primary[0].column == 2 && map.primary[0].prefix == 0);
	CHECK(map.primary[1].column == 0 && map.primary[1].prefix == 10 && map.primary[2].column == 1 && map.primary[2].prefix == 5);
}

void test_table_map(void)
{
	RUN(types_are_told);
	RUN(nonsense_is_refused);
	RUN(optional_metadata_is_read);
	RUN(the_two_families_count_text_columns_differently);
	RUN(a_key_with_prefixes_is_read);
	arena_release(&arena);
}
