/* column_type.c - the text of types: one spelling, base64 or not, labels. */
#include "tests.h"

#include "schema/column_type.h"

static void types_have_one_spelling(void)
{
	static const char *const cases[][2] = {
		{ "INT", "int" }, { "int(11)", "int" }, { "INTEGER(3) UNSIGNED", "int unsigned" }, { "int4 signed", "int" },
		{ "int(5) zerofill", "int unsigned zerofill" }, { "int(5) unsigned zerofill", "int unsigned zerofill" },
		{ "BOOL", "tinyint" }, { "tinyint(1)", "tinyint" }, { "bigint(20) unsigned", "bigint unsigned" },
		{ "SERIAL", "bigint unsigned" }, { "middleint", "mediumint" },
		{ "decimal", "decimal(10,0)" }, { "DEC(5)", "decimal(5,0)" }, { "NUMERIC( 10 , 02 )", "decimal(10,2)" },
		{ "fixed(3,1) unsigned", "decimal(3,1) unsigned" }, { "decimal(0)", "decimal(10,0)" },
		{ "float(24)", "float" }, { "float(25)", "double" }, { "FLOAT(7,3)", "float(7,3)" },
		{ "DOUBLE   PRECISION", "double" }, { "real", "double" }, { "double(10,2)", "double(10,2)" },
		{ "bit", "bit(1)" }, { "bit(64)", "bit(64)" }, { "YEAR(4)", "year" }, { "year", "year" },
		{ "datetime(0)", "datetime" }, { "TIMESTAMP(6)", "timestamp(6)" }, { "time", "time" },
		{ "char", "char(1)" }, { "CHARACTER(3)", "char(3)" }, { "national char(3)", "char(3)" },
		{ "CHARACTER VARYING (10)", "varchar(10)" }, { "nchar varying(4)", "varchar(4)" }, { "NVARCHAR(4)", "varchar(4)" },
		{ "binary", "binary(1)" }, { "char(4) byte", "binary(4)" }, { "char byte", "binary(1)" },
		{ "LONG", "mediumtext" }, { "long varchar", "mediumtext" }, { "LONG VARBINARY", "mediumblob" },
		{ "text", "text" }, { "TEXT(100)", "text(100)" }, { "LONGBLOB", "longblob" },
		{ "ENUM('A', 'b''c' ,\"d\")", "enum('A','b''c','d')" }, { "set('x','y')", "set('x','y')" },
		{ "enum('a\\\\b','\\n')", "enum('a\\\\b','\\n')" }, { "enum(')','(')", "enum(')','(')" },
		{ "GeomCollection", "geometrycollection" }, { "geometry", "geometry" }, { "vector", "vector(2048)" },
		{ "VECTOR(3)", "vector(3)" }, { "json", "json" }, { "uuid", "uuid" }, { "INET6", "inet6" },
		{ "varchar(10) /*M!100301 COMPRESSED*/", "varchar(10)" }, { "datetime /* mariadb-5.3 */", "datetime" },
		{ "", "" }, { "(", "()" }, { "varchar(", "varchar()" }, { "enum('a", "enum('a')" }, { "/*", "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct buf b = BUF_INIT(1 << 16);

		column_type_put_normal(&b, str_of(cases[i][0]));
		CHECK(holds(&b, cases[i][1]));
		buf_release(&b);
	}
}

static void equal_types_are_equal(void)
{
	CHECK(column_type_equal(STR_LIT("int(11)"), STR_LIT("INTEGER")));
	CHECK(!column_type_equal(STR_LIT("int(11)"), STR_LIT("int(11) unsigned")));
	CHECK(!column_type_equal(STR_LIT("varchar(11)"), STR_LIT("varchar(12)")));
	CHECK(!column_type_equal(STR_LIT("enum('a')"), STR_LIT("enum('A')")));
	CHECK(column_type_equal(STR_LIT("tinyint(1)"), STR_LIT("boolean")));
}

static void bytes_travel_as_base64_and_text_does_not(void)
{
	static const char *const bytes[] = {
		"binary(3)", "VARBINARY(10)", "blob", "tinyblob", "longblob", "geometry", "point", "geomcollection", "vector(3)",
	};
	static const char *const texts[] = { "int", "varchar(10)", "text", "enum('blob')", "json", "bit(8)", "date", "uuid", "" };

	for (size_t i = 0; i < sizeof(bytes) / sizeof(*bytes); i++)
		CHECK(column_type_is_base64(str_of(bytes[i]), STR_LIT("")));
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		CHECK(!column_type_is_base64(str_of(texts[i]), STR_LIT("utf8mb4")));
	CHECK(column_type_is_base64(STR_LIT("varchar(10)"), STR_LIT("binary")));
	CHECK(!column_type_is_base64(STR_LIT("enum('a')"), STR_LIT("binary")));
}

static void labels_are_read(void)
{
	struct arena a = ARENA_INIT;
	struct str *labels;
	size_t n;

	CHECK(column_type_labels(&a, STR_LIT("enum('a','b''c','','x,y','\\\\','(')"), &labels, &n));
	CHECK(n == 6 && str_is(labels[0], "a") && str_is(labels[1], "b'c") && labels[2].n == 0 && str_is(labels[3], "x,y"));
	CHECK(str_is(labels[4], "\\") && str_is(labels[5], "("));
	CHECK(column_type_labels(&a, STR_LIT("SET('\303\244')"), &labels, &n) && n == 1 && str_is(labels[0], "\303\244"));
	CHECK(!column_type_labels(&a, STR_LIT("int(11)"), &labels, &n));
	CHECK(!column_type_labels(&a, STR_LIT("enum"), &labels, &n));
	CHECK(!column_type_labels(&a, STR_LIT("enum()"), &labels, &n));
	CHECK(!column_type_labels(&a, STR_LIT("enum(a)"), &labels, &n));
	arena_release(&a);
}

void test_column_type(void)
{
	RUN(types_have_one_spelling);
	RUN(equal_types_are_equal);
	RUN(bytes_travel_as_base64_and_text_does_not);
	RUN(labels_are_read);
}
