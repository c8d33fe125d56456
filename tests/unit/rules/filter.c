/* filter.c - the event filter. */
#include "tests.h"

#include "config/task.h"

struct want {
	const char *schema, *table;
	const char *events[4], *sql[3];
	const char *action;
};

static bool add(struct rules *r, const struct want *w, struct err *e)
{
	struct str events[4], sql[3];
	struct config_filter f = { .name = STR_LIT("f"),
				   .schema_pattern = str_of(w->schema),
				   .table_pattern = str_of(w->table),
				   .events = events,
				   .sql_patterns = sql,
				   .action = str_of(w->action) };

	*e = (struct err){ 0 };
	for (; f.n_events < 4 && w->events[f.n_events]; f.n_events++)
		events[f.n_events] = str_of(w->events[f.n_events]);
	for (; f.n_sql_patterns < 3 && w->sql[f.n_sql_patterns]; f.n_sql_patterns++)
		sql[f.n_sql_patterns] = str_of(w->sql[f.n_sql_patterns]);
	return rules_add_filter(r, &f, e);
}

static struct rules *with(const struct want *w)
{
	struct rules *r = rules_new(false);
	struct err e;

	if (!add(r, w, &e)) {
		printf("# %s\n", e.text);
		CHECK(!"a rule was refused");
	}
	return r;
}

static enum rules_answer rows(struct rules *r, const char *schema, const char *table, const char *event)
{
	struct err e;

	return rules_want_rows(r, str_of(schema), str_of(table), event, &e);
}

static enum rules_answer ddl(struct rules *r, const char *schema, const char *table, const char *kind, const char *sql)
{
	struct err e;

	return rules_want_ddl(r, str_of(schema), str_of(table), str_of(kind), str_of(sql), &e);
}

static void ignore_drops_what_it_lists(void)
{
	struct rules *r = with(
		&(struct want){ "store_*", "sale_*", { "truncate table", "Drop Table", "delete" }, { 0 }, "Ignore" });

	CHECK(rows(r, "store_1", "sale_1", "delete") == RULES_DROP &&
	      rows(r, "STORE_1", "SALE_1", "delete") == RULES_DROP);
	CHECK(rows(r, "store_1", "sale_1", "insert") == RULES_KEEP && rows(r, "store_1", "x", "delete") == RULES_KEEP);
	CHECK(rows(r, "x", "sale_1", "delete") == RULES_KEEP);
	CHECK(ddl(r, "store_1", "sale_1", "drop table", "DROP TABLE sale_1") == RULES_DROP);
	CHECK(ddl(r, "store_1", "sale_1", "create table", "CREATE TABLE sale_1 (a INT)") == RULES_KEEP);
	CHECK(ddl(r, "store_1", "", "drop database", "DROP DATABASE store_1") == RULES_KEEP);
	rules_free(r);
}

static void do_drops_what_it_does_not_list(void)
{
	struct rules *r = with(&(struct want){ "a", "t", { "insert", "create table" }, { 0 }, "Do" });

	CHECK(rows(r, "a", "t", "insert") == RULES_KEEP && rows(r, "a", "t", "update") == RULES_DROP);
	CHECK(rows(r, "a", "u", "update") == RULES_KEEP);
	CHECK(ddl(r, "a", "t", "create table", "x") == RULES_KEEP &&
	      ddl(r, "a", "t", "alter table", "x") == RULES_DROP);
	rules_free(r);
}

static void error_stops(void)
{
	struct rules *r = with(&(struct want){ "a", "", { "all ddl" }, { 0 }, "Error" });
	struct err e = { 0 };

	CHECK(rows(r, "a", "t", "insert") == RULES_KEEP);
	CHECK(rules_want_ddl(r, STR_LIT("a"), STR_LIT("t"), STR_LIT("drop table"), STR_LIT("x"), &e) == RULES_ERROR);
	CHECK(error_is(&e, 36015, "'drop table' of 'a.t'"));
	rules_free(r);
}

static void a_schema_rule_is_about_its_tables_and_a_table_rule_not_about_schemas(void)
{
	struct rules *r = with(&(struct want){ "store_*", "", { "drop database", "drop table" }, { 0 }, "Ignore" });

	CHECK(ddl(r, "store_1", "", "drop database", "x") == RULES_DROP &&
	      ddl(r, "store_1", "t", "drop table", "x") == RULES_DROP);
	rules_free(r);
	r = with(&(struct want){ "store_*", "*", { "all" }, { 0 }, "Ignore" });
	CHECK(ddl(r, "store_1", "", "drop database", "x") == RULES_KEEP &&
	      rows(r, "store_1", "t", "insert") == RULES_DROP);
	rules_free(r);
}

static void the_first_word_that_says_something_decides(void)
{
	struct rules *r = with(&(struct want){ "a", "", { "drop table", "none ddl", "all" }, { 0 }, "Ignore" });

	CHECK(ddl(r, "a", "t", "drop table", "x") == RULES_DROP && ddl(r, "a", "t", "create table", "x") == RULES_KEEP);
	CHECK(rows(r, "a", "t", "insert") == RULES_DROP);
	rules_free(r);
	r = with(&(struct want){ "a", "", { "none", "all" }, { 0 }, "Ignore" });
	CHECK(rows(r, "a", "t", "insert") == RULES_KEEP && ddl(r, "a", "t", "drop table", "x") == RULES_KEEP);
	rules_free(r);
	r = with(&(struct want){ "a", "", { "none dml", "all" }, { 0 }, "Ignore" });
	CHECK(rows(r, "a", "t", "insert") == RULES_KEEP && ddl(r, "a", "t", "drop table", "x") == RULES_DROP);
	rules_free(r);
	r = with(&(struct want){ "a", "", { "all dml" }, { 0 }, "Ignore" });
	CHECK(rows(r, "a", "t", "update") == RULES_DROP && ddl(r, "a", "t", "drop table", "x") == RULES_KEEP);
	rules_free(r);
}

static void sql_patterns_are_regular_expressions_in_any_case(void)
{
	struct rules *r = with(&(struct want){ "a", "", { NULL }, { "^DROP\\s+PROCEDURE", "add index" }, "Ignore" });

	CHECK(ddl(r, "a", "t", "unknown", "drop  procedure x") == RULES_DROP);
	CHECK(ddl(r, "a", "t", "alter table", "ALTER TABLE t ADD INDEX (a)") == RULES_DROP);
	CHECK(ddl(r, "a", "t", "alter table", "ALTER TABLE t ADD COLUMN a INT") == RULES_KEEP);
	CHECK(rows(r, "a", "t", "insert") == RULES_KEEP);
	rules_free(r);
	/* Do: both the event and the text have to be as said. */
	r = with(&(struct want){ "a", "", { "create table" }, { "^create table x" }, "Do" });
	CHECK(ddl(r, "a", "x1", "create table", "CREATE TABLE x1 (a int)") == RULES_KEEP);
	CHECK(ddl(r, "a", "y1", "create table", "CREATE TABLE y1 (a int)") == RULES_DROP);
	CHECK(ddl(r, "a", "x1", "drop table", "create table x") == RULES_DROP);
	rules_free(r);
	/* As in DM: without events, Do keeps no event that has a name. */
	r = with(&(struct want){ "a", "", { NULL }, { "x" }, "Do" });
	CHECK(ddl(r, "a", "t", "create table", "x") == RULES_DROP && rows(r, "a", "t", "insert") == RULES_DROP);
	CHECK(ddl(r, "a", "t", "unknown", "x") == RULES_KEEP && ddl(r, "a", "t", "unknown", "y") == RULES_DROP);
	rules_free(r);
}

static void ignore_wins_over_do(void)
{
	struct rules *r = with(&(struct want){ "a", "", { "insert" }, { 0 }, "Do" });
	struct err e;

	CHECK(add(r, &(struct want){ "a", "t", { "insert" }, { 0 }, "Ignore" }, &e));
	CHECK(rows(r, "a", "t", "insert") == RULES_DROP && rows(r, "a", "u", "insert") == RULES_KEEP);
	CHECK(rows(r, "a", "u", "delete") == RULES_DROP);
	rules_free(r);
}

static void bad_rules_are_refused(void)
{
	static const struct {
		struct want want;
		int code;
		const char *what;
	} bad[] = {
		{ { "a", "", { "insertt" }, { 0 }, "Ignore" }, 20037, "'insertt'" },
		{ { "a", "", { "insert" }, { 0 }, "ignore" }, 20601, "action" },
		{ { "", "", { "insert" }, { 0 }, "Ignore" }, 20601, "schema pattern" },
		{ { "a*b", "", { "insert" }, { 0 }, "Ignore" }, 48001, "filter 'f'" },
		{ { "a", "", { 0 }, { "(" }, "Ignore" }, 20502, "" },
		{ { "S", "T", { "insert" }, { 0 }, "Ignore" }, 20601, "same patterns" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct rules *r = with(&(struct want){ "s", "t", { "insert" }, { 0 }, "Ignore" });
		struct err e;

		CHECK(!add(r, &bad[i].want, &e) && error_is(&e, bad[i].code, bad[i].what));
		rules_free(r);
	}
}

static void the_tasks_filter_wins_over_the_sources(void)
{
	struct str events[] = { STR_LIT("insert") }, other[] = { STR_LIT("delete") };
	struct config_filter mine = { .name = STR_LIT("m"),
				      .schema_pattern = STR_LIT("a"),
				      .n_events = 1,
				      .events = events,
				      .action = STR_LIT("Ignore") };
	struct config_filter theirs[] = {
		{ .schema_pattern = STR_LIT("A"), .n_events = 1, .events = other, .action = STR_LIT("Ignore") },
		{ .schema_pattern = STR_LIT("b"), .n_events = 1, .events = other, .action = STR_LIT("Ignore") },
	};
	const struct config_filter *list[] = { &mine };
	struct task task = { .file = STR_LIT("task.yaml") };
	struct task_instance instance = { .n_filters = 1, .filters = list };
	struct source source = { .file = STR_LIT("source.yaml"), .n_filters = 2, .filters = theirs };
	struct rules *r = rules_new(false);
	struct err e;

	CHECK(rules_of_task(r, &task, &instance, &source, &e));
	CHECK(rows(r, "a", "t", "insert") == RULES_DROP && rows(r, "a", "t", "delete") == RULES_KEEP);
	CHECK(rows(r, "b", "t", "delete") == RULES_DROP);
	rules_free(r);
}

void test_filter(void)
{
	RUN(ignore_drops_what_it_lists);
	RUN(do_drops_what_it_does_not_list);
	RUN(error_stops);
	RUN(a_schema_rule_is_about_its_tables_and_a_table_rule_not_about_schemas);
	RUN(the_first_word_that_says_something_decides);
	RUN(sql_patterns_are_regular_expressions_in_any_case);
	RUN(ignore_wins_over_do);
	RUN(bad_rules_are_refused);
	RUN(the_tasks_filter_wins_over_the_sources);
}
