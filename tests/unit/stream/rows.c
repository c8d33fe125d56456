/* rows.c - rows of lines, full and partial, good and bad. */
#include "tests.h"

#include "stream/rows.h"

static struct err e;
static struct arena a;
static struct rows_reader r;
static struct table t;

/* id int, name varchar, data blob */
static void make_table(void)
{
	table_init(&t, STR_LIT("s"), STR_LIT("t"));
	table_add_column(&t, &(struct column){ .name = STR_LIT("id"), .type = STR_LIT("int") }, 0);
	table_add_column(&t, &(struct column){ .name = STR_LIT("name"), .type = STR_LIT("varchar(9)") }, 1);
	table_add_column(&t, &(struct column){ .name = STR_LIT("data"), .type = STR_LIT("blob"), .base64 = true }, 2);
}

static bool start(const char *line)
{
	struct event_head ev;

	err_clear(&e);
	arena_clear(&a);
	return event_head_parse(&ev, str_of(line), &a, &e) && rows_start(&r, &ev, &t, str_of(line), &e);
}

static bool next(void)
{
	bool more;

	return rows_next(&r, &more, &e) && more;
}

static bool ended(void)
{
	bool more = true;

	return rows_next(&r, &more, &e) && !more && !e.kind;
}

/* Reads on until it fails; true when it does, as a row or a syntax error. */
static bool fails(const char *line)
{
	bool ok = start(line), more = true;

	while (ok && more)
		ok = rows_next(&r, &more, &e);
	if (ok)
		printf("#   no error: %s\n", line);
	return !ok && (e.kind == &err_stream_row || e.kind == &err_stream_syntax);
}

static bool is(const struct row_value *v, enum value_kind kind, const char *text)
{
	return v->kind == kind && str_is(v->text, text);
}

#define NAMES "\"schema\":\"s\",\"table\":\"t\",\"pos\":\"b.1:4\",\"seq\":5,"

static void inserted_rows_have_an_after(void)
{
	CHECK(start("{\"type\":\"insert\"," NAMES "\"rows\":[[1,\"a\",\"AAH/\"],[-2,null,null],[18446744073709551615,\"q\\\"\\u00e4\",\"\"]]}"));
	CHECK(next() && r.seq == 5);
	CHECK(is(&r.after[0], VALUE_NUMBER, "1") && is(&r.after[1], VALUE_TEXT, "a"));
	CHECK(r.after[2].kind == VALUE_BYTES && r.after[2].text.n == 3 && memcmp(r.after[2].text.p, "\0\1\377", 3) == 0);
	CHECK(next() && r.seq == 6);
	CHECK(is(&r.after[0], VALUE_NUMBER, "-2") && r.after[1].kind == VALUE_NULL && r.after[2].kind == VALUE_NULL);
	CHECK(next() && is(&r.after[0], VALUE_NUMBER, "18446744073709551615") && is(&r.after[1], VALUE_TEXT, "q\"\303\244"));
	CHECK(is(&r.after[2], VALUE_BYTES, ""));
	CHECK(ended() && r.seq == 7);
	CHECK(r.before[0].kind == VALUE_ABSENT);
}

static void deleted_rows_have_a_before(void)
{
	CHECK(start("{\"type\":\"delete\"," NAMES "\"rows\":[[1,\"a\",null]]}"));
	CHECK(next() && is(&r.before[1], VALUE_TEXT, "a") && r.after[1].kind == VALUE_ABSENT);
	CHECK(ended());
}

static void updated_rows_have_both(void)
{
	CHECK(start("{\"type\":\"update\"," NAMES "\"rows\":[[[1,\"a\",null],[2,\"b\",\"Yg==\"]],[[3,\"\",null],[3,\"c\",null]]]}"));
	CHECK(next() && is(&r.before[1], VALUE_TEXT, "a") && is(&r.after[1], VALUE_TEXT, "b") && is(&r.after[2], VALUE_BYTES, "b"));
	CHECK(next() && is(&r.before[1], VALUE_TEXT, "") && is(&r.after[1], VALUE_TEXT, "c"));
	CHECK(ended());
}

static void plain_text_is_borrowed_from_the_line(void)
{
	const char *line = "{\"type\":\"insert\"," NAMES "\"rows\":[[1,\"plain\",null]]}";

	CHECK(start(line));
	CHECK(next() && r.after[1].text.p > line && r.after[1].text.p < line + strlen(line));
	CHECK(r.arena.total == 0);
}

static void values_may_be_objects(void)
{
	CHECK(start("{\"type\":\"insert\"," NAMES "\"rows\":[[1,{\"base64\":\"/w==\"},{\"json_diff\":[{\"op\":\"replace\"}]}]]}"));
	CHECK(next() && is(&r.after[1], VALUE_BYTES, "\377") && is(&r.after[2], VALUE_JSON_DIFF, "[{\"op\":\"replace\"}]"));
	CHECK(ended());
}

static void a_partial_image_says_what_it_holds(void)
{
	CHECK(start("{\"type\":\"update\"," NAMES "\"before\":[0],\"after\":[1,2],\"rows\":[[[1],[\"x\",\"eA==\"]]]}"));
	CHECK(next() && is(&r.before[0], VALUE_NUMBER, "1") && r.before[1].kind == VALUE_ABSENT && r.before[2].kind == VALUE_ABSENT);
	CHECK(r.after[0].kind == VALUE_ABSENT && is(&r.after[1], VALUE_TEXT, "x") && is(&r.after[2], VALUE_BYTES, "x"));
	CHECK(ended());
	CHECK(start("{\"type\":\"insert\"," NAMES "\"cols\":[0,1],\"rows\":[[1,\"a\"],[2,\"b\"]]}"));
	CHECK(next() && next() && is(&r.after[1], VALUE_TEXT, "b") && r.after[2].kind == VALUE_ABSENT);
	CHECK(start("{\"type\":\"delete\"," NAMES "\"cols\":[1],\"rows\":[[\"a\"]]}"));
	CHECK(next() && is(&r.before[1], VALUE_TEXT, "a") && r.before[0].kind == VALUE_ABSENT);
	CHECK(start("{\"type\":\"insert\"," NAMES "\"cols\":[],\"rows\":[[],[]]}"));
	CHECK(next() && next() && ended());
}

static void columns_of_a_route_are_in_every_row(void)
{
	table_add_constant(&t, STR_LIT("shard"), STR_LIT("7"));
	CHECK(start("{\"type\":\"update\"," NAMES "\"rows\":[[[1,\"a\",null],[2,\"b\",null]]]}"));
	CHECK(r.n_columns == 4 && next() && is(&r.before[3], VALUE_TEXT, "7") && is(&r.after[3], VALUE_TEXT, "7") && ended());
	CHECK(start("{\"type\":\"delete\"," NAMES "\"cols\":[1],\"rows\":[[\"a\"]]}"));
	CHECK(next() && is(&r.before[3], VALUE_TEXT, "7") && r.before[0].kind == VALUE_ABSENT);
	CHECK(start("{\"type\":\"delete\"," NAMES "\"cols\":[3],\"rows\":[[\"a\"]]}") == false);
	table_drop_column(&t, 3);
}

static void what_a_line_held_is_gone_with_the_next(void)
{
	CHECK(start("{\"type\":\"insert\"," NAMES "\"rows\":[[1,\"a\",null]]}") && next());
	CHECK(start("{\"type\":\"insert\"," NAMES "\"cols\":[1],\"rows\":[[\"b\"]]}") && next());
	CHECK(r.after[0].kind == VALUE_ABSENT && is(&r.after[1], VALUE_TEXT, "b"));
}

static void keys_may_stand_behind_the_rows(void)
{
	CHECK(start("{\"type\":\"delete\", \"rows\": [[\"x\"], [\"y\"]], \"cols\": [1], \"schema\": \"s\", \"table\": \"t\", \"seq\": 9 }"));
	CHECK(next() && is(&r.before[1], VALUE_TEXT, "x") && r.seq == 9);
	CHECK(next() && next() == false && !e.kind);
}

static void no_rows_are_no_fault(void)
{
	CHECK(start("{\"type\":\"insert\"," NAMES "\"rows\":[]}"));
	CHECK(ended());
}

static void a_row_that_does_not_fit_is_named(void)
{
	static const char *const lines[] = {
		"[[1,\"a\",null],[1,\"a\"]]", "[[1,\"a\",null],[1,\"a\",null,4]]", "[[1,\"a\",null],[]]", "[[1,\"a\",null],[1,\"a\",\"*\"]]",
		"[[1,\"a\",null],[1,true,null]]", "[[1,\"a\",null],[1,[1],null]]", "[[1,\"a\",null],[1,{},null]]",
		"[[1,\"a\",null],[1,{\"x\":1},null]]", "[[1,\"a\",null],[1,{\"base64\":\"\",\"x\":1},null]]",
	};
	char line[400];

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		snprintf(line, sizeof(line), "{\"type\":\"insert\"," NAMES "\"rows\":%s}", lines[i]);
		CHECK(fails(line) && e.kind == &err_stream_row);
		CHECK(strstr(e.text, "'s.t'") && strstr(e.text, "b.1:4") && strstr(e.text, "seq 6"));
		if (e.kind != &err_stream_row)
			printf("#   %s: %s\n", line, e.text);
	}
}

static void a_line_that_is_not_whole_is_refused(void)
{
	static const char *const tails[] = {
		"\"rows\":[[1,\"a\",null]", "\"rows\":[[1,\"a\",null", "\"rows\":[[1,\"a", "\"rows\":[[1,\"a\",null]}", "\"rows\":[1]}",
		"\"rows\":[[1 \"a\",null]]}", "\"rows\":[[1,\"a\",nul]]}", "\"rows\":[[1,\"a\",null]]", "\"rows\":[[01,\"a\",null]]}",
		"\"rows\":[[1,\"a\",null]]}x", "\"rows\":{}}", "\"x\":1}", "\"cols\":[3],\"rows\":[[1]]}", "\"cols\":[1,1],\"rows\":[[1,1]]}",
		"\"cols\":[-1],\"rows\":[[1]]}", "\"cols\":1,\"rows\":[[1]]}", "\"cols\":[0,1,2,2],\"rows\":[[1]]}",
		"\"rows\":[[1,\"a\",{\"base64\":5}]]}", "\"rows\":[[1,\"\\ud800\",null]]}",
	};
	char line[400];

	for (size_t i = 0; i < sizeof(tails) / sizeof(*tails); i++) {
		snprintf(line, sizeof(line), "{\"type\":\"insert\"," NAMES "%s", tails[i]);
		CHECK(fails(line));
	}
	CHECK(fails("{\"type\":\"update\"," NAMES "\"rows\":[[[1,\"a\",null]]]}"));
	CHECK(fails("{\"type\":\"update\"," NAMES "\"rows\":[[[1,\"a\",null],[1,\"a\",null],[1,\"a\",null]]]}"));
	CHECK(fails("{\"type\":\"update\"," NAMES "\"rows\":[[1,\"a\",null]]}"));
	CHECK(fails("{\"type\":\"update\"," NAMES "\"rows\":[[]]}"));
}

void test_rows(void)
{
	make_table();
	rows_init(&r);
	RUN(inserted_rows_have_an_after);
	RUN(deleted_rows_have_a_before);
	RUN(updated_rows_have_both);
	RUN(plain_text_is_borrowed_from_the_line);
	RUN(values_may_be_objects);
	RUN(a_partial_image_says_what_it_holds);
	RUN(columns_of_a_route_are_in_every_row);
	RUN(what_a_line_held_is_gone_with_the_next);
	RUN(keys_may_stand_behind_the_rows);
	RUN(no_rows_are_no_fault);
	RUN(a_row_that_does_not_fit_is_named);
	RUN(a_line_that_is_not_whole_is_refused);
	rows_release(&r);
	table_release(&t);
	arena_release(&a);
}
