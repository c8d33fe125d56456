/* event.c - lines to structs and back. */
#include "tests.h"

#include <stdlib.h>

#include "stream/event.h"

static struct err e;
static struct arena a;
static struct event_head ev;

static bool parse(const char *line)
{
	err_clear(&e);
	arena_clear(&a);
	return event_head_parse(&ev, str_of(line), &a, &e);
}

static bool refused(const char *line)
{
	return !parse(line) && e.kind == &err_stream_syntax && e.text[0];
}

static void a_head_is_read_in_the_documented_order(void)
{
	const char *line = "{\"type\":\"insert\",\"schema\":\"a\",\"table\":\"b\",\"to\":[\"x\",\"y\"],\"pos\":\"bin.000001:4\",\"seq\":7,"
			   "\"gtid\":\"0-1-2\",\"ts\":1700000000.25,\"rows\":[[1]]}";

	CHECK(parse(line));
	CHECK(ev.type == EVENT_INSERT && str_is(ev.schema, "a") && str_is(ev.table, "b"));
	CHECK(ev.routed && str_is(ev.to.schema, "x") && str_is(ev.to.table, "y"));
	CHECK(str_is(ev.pos, "bin.000001:4") && ev.seq == 7 && str_is(ev.gtid, "0-1-2") && str_is(ev.ts, "1700000000.25"));
	CHECK(strncmp(line + ev.after_names, ",\"to\"", 5) == 0);
	CHECK(ev.to_start == ev.after_names);
	CHECK(strncmp(line + ev.to_end, ",\"pos\"", 6) == 0);
	CHECK(a.total == 0);
}

static void a_head_is_read_in_any_order_and_with_blanks(void)
{
	const char *line = "{ \"type\" : \"insert\" , \"rows\" : [ [ 1, \"]]}\" ] ] , \"more\" : {\"a\":[1,{}]} , \"table\" : \"b\" ,"
			   " \"ts\" : \"1.5\" , \"to\" : [ \"x\" , \"y\" ] , \"schema\" : \"a\\u0062\" , \"pos\":null }";

	CHECK(parse(line));
	CHECK(str_is(ev.schema, "ab") && str_is(ev.table, "b") && str_is(ev.to.table, "y") && str_is(ev.ts, "1.5"));
	CHECK(ev.pos.n == 0);
	CHECK(strncmp(line + ev.after_names, " , \"ts\"", 7) == 0);
	CHECK(strncmp(line + ev.to_start, " , \"to\"", 7) == 0);
	CHECK(strncmp(line + ev.to_end, " , \"schema\"", 11) == 0);
}

static void without_to_a_table_keeps_its_name(void)
{
	CHECK(parse("{\"type\":\"delete\",\"schema\":\"a\",\"table\":\"b\",\"rows\":[]}"));
	CHECK(!ev.routed && str_is(ev.to.schema, "a") && str_is(ev.to.table, "b"));
	CHECK(ev.to_start == 0 && ev.to_end == 0);
}

static void the_bulk_of_a_head_may_be_cut_off(void)
{
	CHECK(parse("{\"type\":\"insert\",\"schema\":\"a\",\"table\":\"b\",\"rows\":[[1,\"x"));
	CHECK(str_is(ev.table, "b"));
	CHECK(parse("{\"type\":\"insert\",\"schema\":\"a\",\"table\":\"b\",\"rows\":"
		    "[[\"[]}"));
	CHECK(parse("{\"type\":\"ddl\",\"kind\":\"alter table\",\"schema\":\"a\",\"tables\":[[\"a\",\"b\"]],\"sql\":\"ALTER"));
	CHECK(str_is(ev.kind, "alter table"));
	CHECK(parse("{\"type\":\"table\",\"schema\":\"a\",\"table\":\"b\",\"charset\":\"utf8mb4\",\"columns\":[{\"na"));
	CHECK(parse("{\"type\":\"state\",\"stage\":\"s\",\"key\":\"k\",\"value\":{\"a"));
	CHECK(str_is(ev.stage, "s") && str_is(ev.key, "k"));
}

static void a_head_cut_before_its_names_is_refused(void)
{
	CHECK(refused("{\"type\":\"insert\",\"rows\":[[1,\"x"));
	CHECK(refused("{\"type\":\"insert\",\"schema\":\"a\",\"table\":\"b"));
	CHECK(refused("{\"type\":\"insert\",\"schema\":\"a\",\"rows\":[]}"));
	CHECK(refused("{\"type\":\"table\",\"schema\":\"a\",\"columns\":[]}"));
	CHECK(refused("{\"type\":\"chunk\",\"id\":1}"));
}

static void what_is_no_line_of_ours_is_refused(void)
{
	static const char *const lines[] = {
		"", " ", "x", "[]", "{}", "null", "{\"schema\":\"a\",\"type\":\"insert\"}", "{\"type\":1}", "{\"type\":\"insert\"",
		"{\"type\":\"commit\",\"pos\":1}", "{\"type\":\"commit\",\"seq\":-1}", "{\"type\":\"commit\",\"seq\":1.5}",
		"{\"type\":\"commit\",\"seq\":18446744073709551616}", "{\"type\":\"snapshot\",\"consistent\":1}",
		"{\"type\":\"commit\",\"pos\":\"a\",\"pos\":\"b\"}", "{\"type\":\"commit\",}", "{\"type\":\"commit\" \"pos\":\"a\"}",
		"{\"type\":\"commit\",\"ts\":\"x\"}", "{\"type\":\"commit\",\"ts\":\" 1\"}", "{\"type\":\"commit\",\"ts\":\"1,2\"}",
		"{\"type\":\"insert\",\"schema\":\"a\",\"table\":\"b\",\"to\":[\"x\"],\"to\":[],\"rows\":[]}",
		"{\"type\":\"insert\",\"schema\":\"a\",\"table\":\"b\",\"to\":[\"x\",\"y\",\"z\"],\"rows\":[]}",
		"{\"type\":\"insert\",\"schema\":\"a\",\"table\":\"b\",\"to\":\"x\",\"rows\":[]}",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		CHECK(refused(lines[i]));
		if (e.kind != &err_stream_syntax)
			printf("#   %s\n", lines[i]);
	}
}

static void a_type_that_is_not_known_is_not_looked_into(void)
{
	CHECK(parse("{\"type\":\"later\",\"pos\":17,\"schema\":null}"));
	CHECK(ev.type == EVENT_OTHER);
}

static void a_ddl_says_where_its_to_goes(void)
{
	const char *line = "{\"type\":\"ddl\",\"kind\":\"drop table\",\"schema\":\"d\",\"tables\":[[\"a\",\"b\"],[\"c\",\"d\"]],"
			   "\"to\":[[\"a\",\"b\"],[\"c\",\"d\"]],\"pos\":\"x.1:4\",\"sql\":\"\"}";

	CHECK(parse(line));
	CHECK(str_is(ev.schema, "d") && ev.to_start == ev.after_names && ev.routed);
	CHECK(strncmp(line + ev.after_names, ",\"to\"", 5) == 0 && strncmp(line + ev.to_end, ",\"pos\"", 6) == 0);
	line = "{\"type\":\"ddl\",\"kind\":\"unknown\",\"schema\":\"d\",\"sql\":\"\"}";
	CHECK(parse(line));
	CHECK(strncmp(line + ev.after_names, ",\"kind\"", 7) == 0);
}

static void numbers_and_truths_of_heads(void)
{
	CHECK(parse("{\"type\":\"snapshot\",\"pos\":\"x.1:4\"}") && ev.consistent);
	CHECK(parse("{\"type\":\"snapshot\",\"consistent\":false,\"pos_end\":\"x.2:5\"}") && !ev.consistent);
	CHECK(str_is(ev.pos_end, "x.2:5"));
	CHECK(parse("{\"type\":\"chunk_end\",\"id\":\"c1\",\"rows\":12,\"bytes\":18446744073709551615}"));
	CHECK(ev.rows == 12 && ev.bytes == UINT64_MAX && str_is(ev.id, "c1"));
	CHECK(parse("{\"type\":\"chunk\",\"schema\":\"a\",\"table\":\"b\",\"id\":3,\"of\":9,\"rows_estimate\":100}"));
	CHECK(ev.of == 9 && ev.rows_estimate == 100 && str_is(ev.id, "3"));
	CHECK(parse("{\"type\":\"heartbeat\",\"pos\":\"x.1:4\",\"resume\":\"x.1:2\",\"gtid\":\"g\",\"ts\":1,\"head\":\"x.9:9\"}"));
	CHECK(str_is(ev.resume, "x.1:2") && str_is(ev.head, "x.9:9"));
	CHECK(parse("{\"type\":\"stream\",\"version\":1,\"source\":\"s\",\"flavor\":\"mariadb\",\"server_version\":\"10\"}"));
	CHECK(ev.version == 1 && str_is(ev.source, "s") && str_is(ev.flavor, "mariadb") && str_is(ev.server_version, "10"));
	CHECK(parse("{\"type\":\"end\",\"reason\":\"until\"}") && str_is(ev.reason, "until"));
}

/* What the put functions write, the parser reads. */
static void lines_come_back_as_they_were_put(void)
{
	struct buf b = BUF_INIT(1 << 20);
	struct event_head h = {
		.source = STR_LIT("s\"1"), .flavor = STR_LIT("mysql"), .server_version = STR_LIT("8"), .pos = STR_LIT("b.1:4"),
		.gtid = STR_LIT("u:1"), .ts = STR_LIT("1.000002"), .resume = STR_LIT("b.1:2"), .head = STR_LIT("b.1:9"),
		.schema = STR_LIT("a"), .table = STR_LIT("t\n"), .to = { STR_LIT("x"), STR_LIT("y") }, .routed = true,
		.id = STR_LIT("7"), .of = 8, .rows_estimate = 9, .reason = STR_LIT("complete"), .rows = 1, .bytes = 2,
		.pos_end = STR_LIT("b.2:4"), .type = EVENT_UPDATE, .seq = 3,
	};

	stream_line_put(&b, &h);
	CHECK(holds(&b, "{\"type\":\"stream\",\"version\":1,\"source\":\"s\\\"1\",\"flavor\":\"mysql\",\"server_version\":\"8\","
			"\"pos\":\"b.1:4\",\"gtid\":\"u:1\"}\n"));
	buf_clear(&b);
	snapshot_line_put(&b, &h);
	CHECK(holds(&b, "{\"type\":\"snapshot\",\"pos\":\"b.1:4\",\"gtid\":\"u:1\",\"consistent\":false,\"pos_end\":\"b.2:4\"}\n"));
	buf_clear(&b);
	chunk_line_put(&b, &h);
	CHECK(holds(&b, "{\"type\":\"chunk\",\"schema\":\"a\",\"table\":\"t\\n\",\"to\":[\"x\",\"y\"],\"id\":\"7\",\"of\":8,"
			"\"rows_estimate\":9}\n"));
	buf_clear(&b);
	chunk_end_line_put(&b, &h);
	CHECK(holds(&b, "{\"type\":\"chunk_end\",\"id\":\"7\",\"rows\":1,\"bytes\":2}\n"));
	buf_clear(&b);
	commit_line_put(&b, &h);
	CHECK(holds(&b, "{\"type\":\"commit\",\"pos\":\"b.1:4\",\"resume\":\"b.1:2\",\"gtid\":\"u:1\",\"ts\":1.000002}\n"));
	buf_clear(&b);
	heartbeat_line_put(&b, &h);
	CHECK(holds(&b, "{\"type\":\"heartbeat\",\"pos\":\"b.1:4\",\"resume\":\"b.1:2\",\"gtid\":\"u:1\",\"ts\":1.000002,"
			"\"head\":\"b.1:9\"}\n"));
	buf_clear(&b);
	end_line_put(&b, &h);
	CHECK(holds(&b, "{\"type\":\"end\",\"reason\":\"complete\",\"pos\":\"b.1:4\",\"resume\":\"b.1:2\",\"gtid\":\"u:1\"}\n"));
	buf_clear(&b);
	rows_line_start(&b, &h);
	CHECK(holds(&b, "{\"type\":\"update\",\"schema\":\"a\",\"table\":\"t\\n\",\"to\":[\"x\",\"y\"],\"pos\":\"b.1:4\",\"seq\":3,"
			"\"gtid\":\"u:1\",\"ts\":1.000002,\"rows\":["));
	buf_put_text(&b, "]}");
	CHECK(parse(buf_text(&b)) && ev.type == EVENT_UPDATE && str_is(ev.table, "t\n") && ev.seq == 3);
	buf_release(&b);
}

static void a_ddl_comes_back_as_it_was_put(void)
{
	const char *line = "{\"type\":\"ddl\",\"kind\":\"rename table\",\"schema\":\"d\",\"tables\":[[\"a\",\"b\"],[\"a\",\"c\"]],"
			   "\"to\":[[\"x\",\"b\"],[\"x\",\"c\"]],\"pos\":\"b.1:4\",\"at\":\"b.1:90\",\"gtid\":\"u:1\",\"ts\":5,"
			   "\"sql_mode\":\"ANSI_QUOTES\",\"charset\":\"utf8mb4\",\"collation\":\"utf8mb4_bin\",\"time_zone\":\"+01:00\","
			   "\"sql\":\"rename table \\\"b\\\" to c\"}\n";
	struct buf b = BUF_INIT(1 << 20);
	struct ddl_event ddl;

	CHECK(ddl_line_parse(&ddl, str_of(line), &a, &e));
	CHECK(ddl.n_tables == 2 && str_is(ddl.tables[1].table, "c") && str_is(ddl.to[0].schema, "x") && ddl.routed);
	CHECK(str_is(ddl.sql, "rename table \"b\" to c") && str_is(ddl.sql_mode, "ANSI_QUOTES") && str_is(ddl.at, "b.1:90"));
	ddl_line_put(&b, &ddl);
	CHECK(holds(&b, line));
	CHECK(ddl_line_parse(&ddl, STR_LIT("{\"type\":\"ddl\",\"kind\":\"k\",\"tables\":[[\"a\",\"\"]],\"sql\":\"s\"}"), &a, &e));
	CHECK(!ddl.routed && ddl.to == ddl.tables && ddl.tables[0].table.n == 0);
	buf_release(&b);
}

static void a_ddl_that_is_not_whole_is_refused(void)
{
	static const char *const lines[] = {
		"{\"type\":\"ddl\",\"kind\":\"k\"}", "{\"type\":\"ddl\",\"sql\":\"s\"}", "{\"type\":\"table\",\"kind\":\"k\",\"sql\":\"s\"}",
		"{\"type\":\"ddl\",\"kind\":\"k\",\"sql\":\"s\",\"tables\":[[\"a\",\"b\"]],\"to\":[]}",
		"{\"type\":\"ddl\",\"kind\":\"k\",\"sql\":\"s\",\"tables\":[\"a\",\"b\"]}", "{\"type\":\"ddl\",\"kind\":\"k\",\"sql\":\"s",
	};
	struct ddl_event ddl;

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		err_clear(&e);
		CHECK(!ddl_line_parse(&ddl, str_of(lines[i]), &a, &e) && e.kind == &err_stream_syntax);
	}
}

static const char table_line[] =
	"{\"type\":\"table\",\"schema\":\"a\",\"table\":\"b\",\"to\":[\"x\",\"y\"],\"charset\":\"utf8mb4\",\"columns\":["
	"{\"name\":\"id\",\"type\":\"bigint(20) unsigned\",\"charset\":null,\"nullable\":false,\"default\":null,\"generated\":false,"
	"\"auto_increment\":true},"
	"{\"name\":\"n\",\"type\":\"varchar(9)\",\"charset\":\"latin1\",\"nullable\":true,\"default\":\"\",\"generated\":false},"
	"{\"name\":\"x\",\"type\":\"blob\",\"charset\":null,\"nullable\":true,\"default\":null,\"generated\":true,\"expression\":\"(1)\",\"enc\":\"base64\","
	"\"invisible\":true}],\"keys\":["
	"{\"name\":\"PRIMARY\",\"unique\":true,\"columns\":[\"id\"]},"
	"{\"name\":\"k\",\"unique\":false,\"columns\":[\"n\",\"x\",\"\"],\"prefix\":[0,10,0]}]}\n";

static void a_table_comes_back_as_it_was_put(void)
{
	struct buf b = BUF_INIT(1 << 20);
	struct event_name to;
	struct table t;

	CHECK(table_line_parse(&t, &to, str_of(table_line), &a, &e));
	CHECK(t.n_columns == 3 && t.n_keys == 2 && str_is(to.table, "y"));
	CHECK(t.columns[0].auto_increment && !t.columns[0].has_default && !t.columns[0].nullable);
	CHECK(t.columns[1].has_default && t.columns[1].def.n == 0 && str_is(t.columns[1].charset, "latin1"));
	CHECK(str_is(t.columns[2].expression, "(1)") && t.columns[1].expression.n == 0);
	CHECK(t.columns[2].base64 && t.columns[2].generated && t.columns[2].invisible);
	CHECK(t.keys[1].n_parts == 3 && t.keys[1].parts[1].prefix == 10 && t.keys[1].parts[2].column.n == 0);
	table_line_put(&b, &t, &to);
	CHECK(holds(&b, table_line));
	table_release(&t);
	buf_release(&b);
}

static void columns_of_a_route_are_told_and_not_kept(void)
{
	static const char line[] = "{\"type\":\"table\",\"schema\":\"a\",\"table\":\"b\",\"extract\":[[\"x\",\"1\"],[\"y\",\"\"]],\"charset\":null,"
				   "\"columns\":[{\"name\":\"c\",\"type\":\"int\"}],\"keys\":[]}";
	static const char twice[] = "{\"type\":\"table\",\"schema\":\"a\",\"table\":\"b\",\"columns\":[{\"name\":\"c\",\"type\":\"int\"}],"
				    "\"keys\":[],\"extract\":[[\"C\",\"1\"]]}";
	const struct str pairs[2][2] = { { STR_LIT("x"), STR_LIT("1") }, { STR_LIT("y"), STR_LIT("") } };
	struct buf b = BUF_INIT(1 << 20);
	struct event_name to;
	struct table t;

	CHECK(table_line_parse(&t, &to, str_of(line), &a, &e));
	CHECK(t.n_columns == 3 && table_own_columns(&t) == 1 && str_is(t.columns[1].constant, "1") && t.columns[2].constant.p);
	table_line_put(&b, &t, NULL);
	CHECK(str_find(buf_str(&b), STR_LIT("extract")) == SIZE_MAX && str_find(buf_str(&b), STR_LIT("\"x\"")) == SIZE_MAX);
	table_release(&t);
	CHECK(!table_line_parse(&t, &to, str_of(twice), &a, &e) && e.kind->code == 36641);
	err_clear(&e);
	buf_clear(&b);
	extract_key_put(&b, pairs, 2);
	CHECK(holds(&b, ",\"extract\":[[\"x\",\"1\"],[\"y\",\"\"]]"));
	buf_release(&b);
}

static void a_versioned_table_says_its_row_end(void)
{
	static const char hidden[] = "{\"type\":\"table\",\"schema\":\"a\",\"table\":\"b\",\"charset\":null,\"row_end\":\"\","
				     "\"columns\":[],\"keys\":[]}\n";
	struct buf b = BUF_INIT(1 << 20);
	struct event_name to;
	struct table t;

	CHECK(table_line_parse(&t, &to, str_of(hidden), &a, &e));
	CHECK(t.versioned && t.row_end.n == 0);
	table_line_put(&b, &t, NULL);
	CHECK(holds(&b, hidden));
	table_release(&t);
	CHECK(table_line_parse(&t, &to, STR_LIT("{\"type\":\"table\",\"schema\":\"a\",\"table\":\"b\",\"row_end\":\"e\"}"), &a, &e));
	CHECK(t.versioned && str_is(t.row_end, "e"));
	table_release(&t);
	CHECK(table_line_parse(&t, &to, STR_LIT("{\"type\":\"table\",\"schema\":\"a\",\"table\":\"b\"}"), &a, &e));
	CHECK(!t.versioned);
	table_release(&t);
	buf_release(&b);
}

static void a_table_line_needs_no_more_than_its_names(void)
{
	struct event_name to;
	struct table t;

	CHECK(table_line_parse(&t, &to, STR_LIT("{\"type\":\"table\",\"keys\":[{\"columns\":[\"b\"],\"prefix\":[3],\"name\":\"k\"}],"
						"\"columns\":[{\"type\":\"int\",\"name\":\"b\",\"new\":[1]}],\"table\":\"t\","
						"\"schema\":\"s\",\"new\":{}}"), &a, &e));
	CHECK(t.n_columns == 1 && t.n_keys == 1 && str_is(to.table, "t") && t.keys[0].parts[0].prefix == 3);
	table_release(&t);
}

static void a_table_line_that_is_not_whole_is_refused(void)
{
	static const char *const lines[] = {
		"{\"type\":\"table\",\"schema\":\"s\"}", "{\"type\":\"table\",\"schema\":\"s\",\"table\":\"t\",\"columns\":[{}]}",
		"{\"type\":\"table\",\"schema\":\"s\",\"table\":\"t\",\"columns\":[1]}",
		"{\"type\":\"table\",\"schema\":\"s\",\"table\":\"t\",\"keys\":[{\"name\":\"k\",\"columns\":[\"a\"],\"prefix\":[1,2]}]}",
		"{\"type\":\"table\",\"schema\":\"s\",\"table\":\"t\",\"keys\":[{\"name\":\"k\",\"columns\":[\"a\"],\"prefix\":[-1]}]}",
		"{\"type\":\"table\",\"schema\":\"s\",\"table\":\"t\",\"columns\":[{\"name\":\"a\"}]",
	};
	struct table t;

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		err_clear(&e);
		CHECK(!table_line_parse(&t, NULL, str_of(lines[i]), &a, &e) && e.kind == &err_stream_syntax);
	}
}

static void a_state_keeps_its_value_as_it_is(void)
{
	struct buf b = BUF_INIT(1 << 20);
	struct str stage, key, value;

	state_line_put(&b, STR_LIT("dm-sync"), STR_LIT("k"), STR_LIT("{\"a\": [1, 2]}"));
	CHECK(holds(&b, "{\"type\":\"state\",\"stage\":\"dm-sync\",\"key\":\"k\",\"value\":{\"a\": [1, 2]}}\n"));
	CHECK(state_line_parse(&stage, &key, &value, buf_str(&b), &a, &e));
	CHECK(str_is(stage, "dm-sync") && str_is(key, "k") && str_is(value, "{\"a\": [1, 2]}"));
	CHECK(!state_line_parse(&stage, &key, &value, STR_LIT("{\"type\":\"state\",\"stage\":\"x\",\"key\":\"k\"}"), &a, &e));
	buf_release(&b);
}

static void places_are_cut_and_ordered(void)
{
	static const char *const rising[] = {
		"nonsense", "bin.000001:4", "bin.000001:5", "bin.000002:4", "bin.999999:4294967296", "bin.1000000:4",
		"bin|000002.000001:4", "bin|000002.000001:5", "bin|000010.000001:4",
	};
	struct str file;
	uint64_t offset;

	CHECK(event_pos_parse(STR_LIT("a:b.000001:18446744073709551615"), &file, &offset));
	CHECK(str_is(file, "a:b.000001") && offset == UINT64_MAX);
	CHECK(!event_pos_parse(STR_LIT("bin.000001"), &file, &offset));
	CHECK(!event_pos_parse(STR_LIT("bin.000001:"), &file, &offset));
	CHECK(!event_pos_parse(STR_LIT(":4"), &file, &offset));
	CHECK(!event_pos_parse(STR_LIT("bin.000001:4x"), &file, &offset));
	for (size_t i = 0; i < sizeof(rising) / sizeof(*rising); i++)
		for (size_t k = 0; k < sizeof(rising) / sizeof(*rising); k++) {
			int order = event_pos_compare(str_of(rising[i]), str_of(rising[k]));

			CHECK(order == (i > k) - (i < k));
		}
}

static void a_newer_stream_is_refused_by_both_versions(void)
{
	static struct line_in in;
	struct str head;
	FILE *f = tmpfile();

	fputs("{\"type\":\"stream\",\"version\":1}\n{\"type\":\"stream\",\"version\":2}\n", f);
	rewind(f);
	line_in_init(&in, fileno(f), NULL);
	CHECK(event_next(&in, &ev, &head, &a, &e) == LINE_GOT);
	CHECK(ev.type == EVENT_STREAM);
	CHECK(event_next(&in, &ev, &head, &a, &e) == LINE_FAIL);
	CHECK(e.kind == &err_stream_version);
	CHECK(strstr(e.text, "version 2") && strstr(e.text, "version 1"));
	fclose(f);
}

void test_event(void)
{
	RUN(a_head_is_read_in_the_documented_order);
	RUN(a_head_is_read_in_any_order_and_with_blanks);
	RUN(without_to_a_table_keeps_its_name);
	RUN(the_bulk_of_a_head_may_be_cut_off);
	RUN(a_head_cut_before_its_names_is_refused);
	RUN(what_is_no_line_of_ours_is_refused);
	RUN(a_type_that_is_not_known_is_not_looked_into);
	RUN(a_ddl_says_where_its_to_goes);
	RUN(numbers_and_truths_of_heads);
	RUN(lines_come_back_as_they_were_put);
	RUN(a_ddl_comes_back_as_it_was_put);
	RUN(a_ddl_that_is_not_whole_is_refused);
	RUN(a_table_comes_back_as_it_was_put);
	RUN(columns_of_a_route_are_told_and_not_kept);
	RUN(a_versioned_table_says_its_row_end);
	RUN(a_table_line_needs_no_more_than_its_names);
	RUN(a_table_line_that_is_not_whole_is_refused);
	RUN(a_state_keeps_its_value_as_it_is);
	RUN(places_are_cut_and_ordered);
	RUN(a_newer_stream_is_refused_by_both_versions);
	arena_release(&a);
}
