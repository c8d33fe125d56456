/* lint.c - rules held against the tables that are there. */
#include "tests.h"

#include "base/buf.h"

static void add_line(void *context, const char *text)
{
	buf_putf(context, "%s\n", text);
}

struct found {
	struct buf text;
	bool ok;
	struct err e;
};

static void lint(struct rules *r, const char *const *names, struct found *found)
{
	struct rules_table tables[100];
	size_t n = 0;

	for (; names[n]; n++)
		str_cut(str_of(names[n]), '.', &tables[n].schema, &tables[n].table);
	*found = (struct found){ .text = BUF_INIT(1 << 20) };
	rules_lint_patterns(r, tables, n, add_line, &found->text);
	found->ok = rules_lint(r, tables, n, add_line, &found->text, &found->e);
	buf_text(&found->text);
}
#define TABLES(...) ((const char *const[]){ __VA_ARGS__, NULL })

static bool says(struct found *f, const char *what)
{
	bool good = strstr(buf_text(&f->text), what) != NULL;

	if (!good)
		printf("# not said: %s\n# but: %s\n", what, buf_text(&f->text));
	return good;
}

static size_t lines(const struct found *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->text.n; i++)
		n += f->text.p[i] == '\n';
	return n;
}

/* Routes, and a filter as DM's manual has it beside them. */
static struct rules *with(const char *const *routes)
{
	struct str events[] = { STR_LIT("truncate table"), STR_LIT("drop table") };
	struct config_filter filter = { .schema_pattern = STR_LIT("*"), .n_events = 2, .events = events,
					.action = STR_LIT("Ignore") };
	struct rules *r = rules_new(false);
	struct err e = { 0 };

	CHECK(rules_add_filter(r, &filter, &e));

	for (; *routes; routes++)
		CHECK(rules_add_route(r, str_of(*routes), &e));
	return r;
}

static void good_rules_are_silent(void)
{
	struct rules *r = with(TABLES("store_*=store", "store_*.sale_*=store.sale"));
	struct found f;

	lint(r, TABLES("store_01.sale_01", "store_01.sale_02", "store_02.sale_01", "user.information"), &f);
	CHECK(f.ok && f.text.n == 0);
	buf_release(&f.text);
	rules_free(r);
}

/* AT-28 */
static void a_class_that_looks_like_numbers_is_explained(void)
{
	struct rules *r = with(TABLES("db.tbl_[0-63]=db.tbl"));
	struct found f;

	lint(r, TABLES("db.tbl_0", "db.tbl_6", "db.tbl_7", "db.tbl_63"), &f);
	CHECK(f.ok && says(&f, "the class [0-63] stands for one character"));
	CHECK(says(&f, "2 tables match no such rule and keep their names") && says(&f, "'tbl_7', 'tbl_63'"));
	CHECK(lines(&f) == 2);
	buf_release(&f.text);
	rules_free(r);
	r = with(TABLES("db.t[0-9]=db.t", "db.u[0-9a-f]=db.u"));
	lint(r, TABLES("db.t1", "db.u1"), &f);
	CHECK(f.ok && f.text.n == 0);
	buf_release(&f.text);
	rules_free(r);
}

/* AT-28 */
static void a_pattern_that_matches_nothing_is_told(void)
{
	struct rules *r = with(TABLES("a.t=b.t", "nowhere.*=b.t"));
	struct err e;
	struct found f;

	CHECK(rules_add_ignore_table(r, STR_LIT("a.gone"), &e) && rules_add_ignore_db(r, STR_LIT("c"), &e));
	lint(r, TABLES("a.t", "c.t"), &f);
	CHECK(f.ok && lines(&f) == 2);
	CHECK(says(&f, "route 'nowhere.*=b.t': pattern 'nowhere.*' matches no table"));
	CHECK(says(&f, "ignore-table 'a.gone': pattern 'a.gone' matches no table"));
	buf_release(&f.text);
	rules_free(r);
}

/* AT-28 */
static void a_table_that_its_neighbours_rule_misses_is_told(void)
{
	struct rules *r = with(TABLES("s*=t", "s*.x_*=t.x"));
	struct found f;

	lint(r, TABLES("s1.x_1", "s1.y", "s2.y", "z.y"), &f);
	CHECK(f.ok && lines(&f) == 1 &&
	      says(&f, "of schema 's1', 1 table matches no such rule and keeps its name in the schema's target"));
	buf_release(&f.text);
	lint(r, TABLES("s1.x_1", "s1.a", "s1.b", "s1.c", "s1.d", "s1.e", "s1.f"), &f);
	CHECK(says(&f, "6 tables") && says(&f, "'e', ...") && !strstr(buf_text(&f.text), "'f'"));
	buf_release(&f.text);
	rules_free(r);
}

/* AT-28 */
static void a_table_with_two_rules_is_an_error(void)
{
	struct rules *r = with(TABLES("a.t*=b.t", "a.?1=b.u"));
	struct found f;

	lint(r, TABLES("a.t1", "a.t2"), &f);
	CHECK(!f.ok && error_is(&f.e, 40080, "'a.t1'"));
	buf_release(&f.text);
	rules_free(r);
}

static void tables_that_are_not_wanted_do_not_count(void)
{
	struct rules *r = with(TABLES("a.t*=b.t", "a.?1=b.u"));
	struct found f;
	struct err e;

	CHECK(rules_add_ignore_table(r, STR_LIT("a.t1"), &e));
	lint(r, TABLES("a.t1", "a.t2", "a.x1"), &f);
	CHECK(f.ok && f.text.n == 0);
	buf_release(&f.text);
	rules_free(r);
}

static void targets_that_differ_in_case_are_an_error(void)
{
	struct rules *r = with(TABLES("a.t=b.Sale", "c.t=b.sale"));
	struct found f;

	lint(r, TABLES("a.t", "c.t"), &f);
	CHECK(!f.ok && error_is(&f.e, 26001, "'b.Sale' and 'b.sale'"));
	buf_release(&f.text);
	rules_free(r);
}

static void a_filter_that_keeps_nothing_is_told(void)
{
	struct str sql[] = { STR_LIT("x") };
	struct config_filter filter = { .name = STR_LIT("f"),
					.schema_pattern = STR_LIT("a"),
					.n_sql_patterns = 1,
					.sql_patterns = sql,
					.action = STR_LIT("Do") };
	struct rules *r = rules_new(false);
	struct found f;
	struct err e;

	CHECK(rules_add_filter(r, &filter, &e));
	lint(r, TABLES("a.t"), &f);
	CHECK(f.ok && lines(&f) == 1 && says(&f, "filter 'f': 'Do' without events keeps no event"));
	buf_release(&f.text);
	rules_free(r);
}

static void a_merged_target_that_one_table_may_drop_is_told(void)
{
	struct str events[] = { STR_LIT("drop table") };
	struct config_filter filter = { .schema_pattern = STR_LIT("a"), .n_events = 1, .events = events,
					.action = STR_LIT("Ignore") };
	struct rules *r = rules_new(false);
	struct err e;
	struct found f;

	CHECK(rules_add_route(r, STR_LIT("a.t_*=b.t"), &e) && rules_add_route(r, STR_LIT("a.u=b.u"), &e));
	CHECK(rules_add_filter(r, &filter, &e));
	lint(r, TABLES("a.t_1", "a.u"), &f);
	CHECK(f.ok && f.text.n == 0);
	buf_release(&f.text);
	lint(r, TABLES("a.t_1", "a.t_2", "a.u"), &f);
	CHECK(f.ok && lines(&f) == 1 && says(&f, "route 'a.t_*=b.t': 2 tables are merged into 'b.t'") && says(&f, "'a.t_2'"));
	buf_release(&f.text);
	rules_free(r);
}

void test_lint(void)
{
	RUN(good_rules_are_silent);
	RUN(a_class_that_looks_like_numbers_is_explained);
	RUN(a_pattern_that_matches_nothing_is_told);
	RUN(a_table_that_its_neighbours_rule_misses_is_told);
	RUN(a_table_with_two_rules_is_an_error);
	RUN(tables_that_are_not_wanted_do_not_count);
	RUN(targets_that_differ_in_case_are_an_error);
	RUN(a_filter_that_keeps_nothing_is_told);
	RUN(a_merged_target_that_one_table_may_drop_is_told);
}
