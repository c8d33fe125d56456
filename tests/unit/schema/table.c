/* table.c - structures: built, copied, compared. */
#include "tests.h"

#include "schema/table.h"

static void add(struct table *t, const char *name, const char *type, bool nullable)
{
	table_add_column(t, &(struct column){ .name = str_of(name), .type = str_of(type), .nullable = nullable }, t->n_columns);
}

static void add_key(struct table *t, const char *name, bool unique, const char *column, unsigned prefix)
{
	struct key_part part = { str_of(column), prefix };

	table_add_key(t, &(struct key){ .name = str_of(name), .unique = unique, .n_parts = 1, .parts = &part });
}

static void make(struct table *t)
{
	table_init(t, STR_LIT("s"), STR_LIT("t"));
	add(t, "id", "int(11)", false);
	add(t, "a", "varchar(10)", true);
	add(t, "b", "varchar(10)", false);
	add_key(t, "k", false, "a", 0);
	add_key(t, "u", true, "b", 0);
	add_key(t, "PRIMARY", true, "id", 0);
}

static void columns_go_where_they_are_put(void)
{
	struct table t;

	make(&t);
	table_add_column(&t, &(struct column){ .name = STR_LIT("first") }, 0);
	table_add_column(&t, &(struct column){ .name = STR_LIT("mid") }, 2);
	table_add_column(&t, &(struct column){ .name = STR_LIT("last") }, 999);
	CHECK(t.n_columns == 6 && table_find_column(&t, STR_LIT("FIRST")) == 0 && table_find_column(&t, STR_LIT("mid")) == 2);
	CHECK(table_find_column(&t, STR_LIT("last")) == 5);
	table_drop_column(&t, 2);
	table_drop_column(&t, 99);
	CHECK(t.n_columns == 5 && table_find_column(&t, STR_LIT("mid")) == SIZE_MAX && table_find_column(&t, STR_LIT("b")) == 3);
	for (size_t i = 0; i < 100; i++)
		add(&t, "x", "int", true);
	CHECK(t.n_columns == 105 && str_is(t.columns[104].name, "x") && str_is(t.columns[0].name, "first"));
	table_release(&t);
}

static void primary_stands_first(void)
{
	struct table t;

	make(&t);
	CHECK(t.n_keys == 3 && str_is(t.keys[0].name, "PRIMARY") && str_is(t.keys[1].name, "k"));
	CHECK(table_find_key(&t, STR_LIT("U")) == 2);
	table_drop_key(&t, 0);
	CHECK(t.n_keys == 2 && table_find_key(&t, STR_LIT("primary")) == SIZE_MAX);
	table_release(&t);
}

static void a_copy_owns_everything(void)
{
	struct table t, copy;

	make(&t);
	table_copy(&copy, &t);
	CHECK(table_equal(&t, &copy, NULL, 0));
	table_release(&t);
	CHECK(str_is(copy.columns[1].name, "a") && str_is(copy.keys[0].parts[0].column, "id") && str_is(copy.schema, "s"));
	table_release(&copy);
}

static void the_first_key_that_identifies_is_found(void)
{
	struct table t;

	make(&t);
	CHECK(str_is(table_identity(&t)->name, "PRIMARY"));
	table_drop_key(&t, 0);
	CHECK(str_is(table_identity(&t)->name, "u"));
	t.columns[2].nullable = true;
	CHECK(!table_identity(&t));
	add_key(&t, "p", true, "id", 3);
	add_key(&t, "e", true, "", 0);
	CHECK(!table_identity(&t));
	add_key(&t, "w", true, "ID", 0);
	CHECK(str_is(table_identity(&t)->name, "w"));
	table_release(&t);
}

static void differences_are_told(void)
{
	struct table a, b;
	char why[200];

	make(&a);
	make(&b);
	b.columns[0].type = STR_LIT("int");
	CHECK(table_equal(&a, &b, why, sizeof(why)));
	b.columns[0].type = STR_LIT("bigint");
	CHECK(!table_equal(&a, &b, why, sizeof(why)) && strstr(why, "'id' is bigint, not int(11)"));
	b.columns[0].type = STR_LIT("int");
	a.columns[1].charset = STR_LIT("utf8");
	b.columns[1].charset = STR_LIT("utf8mb3");
	CHECK(table_equal(&a, &b, why, sizeof(why)));
	b.columns[1].charset = STR_LIT("latin1");
	CHECK(!table_equal(&a, &b, why, sizeof(why)) && strstr(why, "latin1"));
	b.columns[1].charset = STR_LIT("utf8");
	b.columns[1].nullable = false;
	CHECK(!table_equal(&a, &b, why, sizeof(why)) && strstr(why, "NOT NULL"));
	b.columns[1].nullable = true;
	b.columns[1].generated = true;
	CHECK(!table_equal(&a, &b, why, sizeof(why)) && strstr(why, "generated"));
	b.columns[1].generated = false;
	b.columns[1].name = STR_LIT("z");
	CHECK(!table_equal(&a, &b, why, sizeof(why)) && strstr(why, "'z'"));
	b.columns[1].name = STR_LIT("A");
	add(&b, "more", "int", true);
	CHECK(!table_equal(&a, &b, why, sizeof(why)) && strstr(why, "4 columns, not 3"));
	table_drop_column(&b, 3);
	b.keys[1].parts[0].prefix = 5;
	CHECK(!table_equal(&a, &b, why, sizeof(why)) && strstr(why, "'k'"));
	table_drop_key(&b, 1);
	CHECK(!table_equal(&a, &b, why, sizeof(why)) && strstr(why, "'k'"));
	CHECK(!table_equal(&b, &a, why, sizeof(why)) && strstr(why, "too many"));
	CHECK(!table_equal(&b, &a, NULL, 0));
	table_release(&a);
	table_release(&b);
}

void test_table(void)
{
	RUN(columns_go_where_they_are_put);
	RUN(primary_stands_first);
	RUN(a_copy_owns_everything);
	RUN(the_first_key_that_identifies_is_found);
	RUN(differences_are_told);
}
