/* repair.c - operations on statements, to JSON and back; where a statement stands. */
#include "tests.h"

#include "stream/event.h"
#include "stream/repair.h"

static void a_list_reads_back_the_same(void)
{
	static const char *const texts[] = {
		"null",
		"[{\"op\":\"skip\",\"pos\":\"b.000001:4\"}]",
		"[{\"op\":\"replace\",\"pos\":\"b.000001:4\",\"sqls\":[\"A \\\"x\\\"\",\"B\"],\"done\":1},"
		"{\"op\":\"inject\",\"pos\":\"b|000001.000002:9\",\"sqls\":[\"C\"]}]",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct buf b = BUF_INIT(4096);
		struct repairs r;
		struct err e = { 0 };

		repairs_init(&r);
		CHECK(repairs_parse(&r, str_of(texts[i]), &e));
		repairs_put(&b, &r);
		CHECK(holds(&b, texts[i]));
		repairs_release(&r);
		buf_release(&b);
	}
}

static void what_is_not_understood_is_refused(void)
{
	static const char *const texts[] = {
		"{}", "[{\"op\":\"leap\",\"pos\":\"b:4\"}]", "[{\"op\":\"skip\"}]", "[{\"pos\":\"b:4\"}]",
		"[{\"op\":\"replace\",\"pos\":\"b:4\",\"sqls\":[\"A\"],\"done\":2}]", "[{\"op\":\"skip\",\"pos\":\"b:4\"}",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct repairs r;
		struct err e = { 0 };

		repairs_init(&r);
		CHECK(!repairs_parse(&r, str_of(texts[i]), &e) && e.kind);
		repairs_release(&r);
	}
}

static void the_last_word_about_a_place_counts(void)
{
	struct repair skip = { .kind = REPAIR_SKIP, .pos = STR_LIT("b:4") };
	struct str sql = STR_LIT("A");
	struct repair replace = { .kind = REPAIR_REPLACE, .pos = STR_LIT("b:4"), .n_sqls = 1, .sqls = &sql };
	struct repair other = { .kind = REPAIR_SKIP, .pos = STR_LIT("b:5") };
	struct repairs r;

	repairs_init(&r);
	repairs_add(&r, &skip);
	repairs_add(&r, &other);
	repairs_add(&r, &replace);
	CHECK(r.n == 2 && repairs_find(&r, STR_LIT("b:4"))->kind == REPAIR_REPLACE);
	repairs_drop(&r, repairs_find(&r, STR_LIT("b:5")));
	CHECK(r.n == 1 && !repairs_find(&r, STR_LIT("b:5")) && repairs_find(&r, STR_LIT("b:4")));
	repairs_drop(&r, repairs_find(&r, STR_LIT("b:4")));
	CHECK(r.n == 0);
	repairs_release(&r);
}

static void a_failure_says_where_its_statement_starts(void)
{
	static const struct err_kind refused = { .code = 1, .class = "x", .status = STATUS_REFUSED };
	static const struct err_kind retry = { .code = 2, .class = "x", .status = STATUS_RETRY };
	struct event_name name = { STR_LIT("a"), STR_LIT("b") };
	struct ddl_event ddl = {
		.pos = STR_LIT("bin.000001:4"), .at = STR_LIT("bin.000001:50"), .gtid = STR_LIT("0-1-2"), .sql = STR_LIT("ALTER x"),
		.n_tables = 1, .tables = &name, .routed = true,
	};
	struct err e = { 0 };

	err_set(&e, &refused, "no");
	CHECK(!ddl_line_err(&ddl, &e));
	CHECK(str_is(str_of(e.text), "startLocation: [position: (bin.000001, 50), gtid-set: 0-1-2], origin SQL: [ALTER x]: of 'a.b': no"));
	ddl_line_err(&ddl, &e);		/* once is enough */
	CHECK(str_starts(str_of(e.text), STR_LIT("startLocation: [position: (bin.000001, 50), gtid-set: 0-1-2], origin SQL: [ALTER x]: of")));
	err_set(&e, &retry, "later");
	ddl_line_err(&ddl, &e);
	CHECK(str_is(str_of(e.text), "later"));
}

void test_repair(void)
{
	a_list_reads_back_the_same();
	what_is_not_understood_is_refused();
	the_last_word_about_a_place_counts();
	a_failure_says_where_its_statement_starts();
}
