#include "text/json_read.h"

#include <stdlib.h>

#include "tests.h"
#include "text/json_write.h"

/* Skips one value; is that all there is, and whole? The text has no byte to spare behind it, so that reading
 * on is seen. */
static bool good(struct str text)
{
	struct err e = { 0 };
	struct json j;
	char *copy = malloc(text.n ? text.n : 1);
	bool ok;

	if (text.n)
		memcpy(copy, text.p, text.n);
	json_init(&j, (struct str){ copy, text.n });
	json_skip(&j);
	ok = json_ok(&j, "it", &e);
	free(copy);
	return ok;
}

static void what_is_json(void)
{
	static const char *const texts[] = {
		"null", "true", "false", "0", "-0", "-0.0", "12", "1.5", "1e5", "1E+5", "-1.25e-10", "\"\"", "\"a\"",
		"[]", "[ ]", "{}", "{ }", " [ 1 , 2 ] ", "{\"a\":1}", "{ \"a\" : { \"b\" : [ ] } , \"c\" : null }\r\n",
		"[[],[[]],{}]", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"", "\"\\ud83d\\ude00\"", "\"\\uD83D\\uDE00\"",
		"\"é漢\xf0\x9f\x98\x80\"", "\"\x7f\"", "\"\\u0000\"",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		bool ok = good(str_of(texts[i]));

		CHECK(ok);
		if (!ok)
			printf("# '%s'\n", texts[i]);
	}
}

static void what_is_not(void)
{
	static const char *const texts[] = {
		"", " ", "nul", "nulll", "True", "tru", "01", "-", "-a", "+1", ".5", "1.", "1.e5", "1e", "1e+",
		"0x1", "1 2",
		"NaN", "Infinity", "'a'", "\"", "\"a", "\"\\\"", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\", "\"\\u",
		"\"\\ud83d\"", "\"\\ud83dx\"", "\"\\ud83d\\n\"", "\"\\ud83d\\u0041\"", "\"\\ude00\"",
		"\"\\ud83d\\ud83d\"",
		"\"\n\"", "\"\x01\"", "\"\xff\"", "\"\xc3\"", "\"\xed\xa0\x80\"",
		"[", "]", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "[1}", "[1]]", "[1],", "{", "}", "{]", "{\"a\"}",
		"{\"a\":}",
		"{\"a\":1,}", "{\"a\" 1}", "{a:1}", "{1:1}", "{,}", "{\"a\":1]", "{\"a\":1}}", "{\"a\":1}{", "[[[",
		"{\"a\":[1,{\"b\":2]}", "[:]", "[1:2]", "{\"a\",1}", "/**/1", "\xef\xbb\xbf" "1",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		bool ok = good(str_of(texts[i]));

		CHECK(!ok);
		if (ok)
			printf("# '%s'\n", texts[i]);
	}
	CHECK(!good(STR_LIT("\"a\0b\"")));
	CHECK(!good(STR_LIT("1\0")));
	CHECK(!good(STR_LIT("\"\\\0\"")));
}

/* What is cut short is never taken for whole, wherever the cut is. */
static void a_cut_is_seen_at_every_place(void)
{
	struct str text = STR_LIT("{\"a\":[1.5e3,true,null,\"x\\u00e9\\ud83d\\ude00é\"],\"b\":{\"c\":[[],{}]}}");

	CHECK(good(text));
	for (size_t n = 0; n < text.n; n++)
		CHECK(!good(str_first(text, n)));
}

static void members_come_one_by_one(void)
{
	struct arena a = ARENA_INIT;
	struct err e = { 0 };
	struct json j;
	struct str key;
	int seen = 0;

	json_init(&j, STR_LIT("{\"n\":18446744073709551615,\"i\":-9223372036854775808,\"t\":\"x\\ny\",\"plain\":\"p\","
			      "\"b\":true,\"z\":null,\"list\":[1,[2],\"3\"],\"other\":{\"deep\":[{}]},\"d\":1.50}"));
	CHECK(json_peek(&j) == JSON_OBJECT);
	for (bool more = json_object(&j); more && json_key(&j, &key); seen++) {
		if (str_is(key, "n")) {
			CHECK(json_u64(&j) == UINT64_MAX);
		} else if (str_is(key, "i")) {
			CHECK(json_i64(&j) == INT64_MIN);
		} else if (str_is(key, "t")) {
			CHECK(str_is(json_text(&j, &a), "x\ny"));
		} else if (str_is(key, "plain")) {
			struct str t = json_text(&j, &a);

			CHECK(str_is(t, "p") && t.p > j.start && t.p < j.end);
		} else if (str_is(key, "b")) {
			CHECK(!json_null(&j) && json_bool(&j));
		} else if (str_is(key, "z")) {
			CHECK(json_peek(&j) == JSON_NULL && json_null(&j));
		} else if (str_is(key, "list")) {
			int items = 0;

			for (bool in = json_array(&j); in && json_item(&j); items++)
				json_skip(&j);
			CHECK(items == 3);
		} else if (str_is(key, "d")) {
			CHECK(str_is(json_number(&j), "1.50"));
		} else {
			CHECK(str_is(json_skip(&j), "{\"deep\":[{}]}"));
		}
	}
	CHECK(seen == 9);
	CHECK(json_ok(&j, "it", &e) && !e.kind);
	arena_release(&a);
}

static void asking_for_the_wrong_thing_is_bad_for_good(void)
{
	struct arena a = ARENA_INIT;
	struct err e = { 0 };
	struct json j;
	struct str key;

	json_init(&j, STR_LIT("{\"a\":1,\"b\":2}"));
	CHECK(json_object(&j) && json_key(&j, &key));
	CHECK(json_text(&j, &a).n == 0);
	CHECK(j.bad);
	CHECK(json_u64(&j) == 0 && json_i64(&j) == 0 && !json_bool(&j) && !json_null(&j));
	CHECK(!json_key(&j, &key) && !json_item(&j) && !json_array(&j) && !json_object(&j));
	CHECK(json_skip(&j).n == 0 && json_number(&j).n == 0 && json_peek(&j) == JSON_BAD);
	CHECK(!json_ok(&j, "a resume document", &e));
	CHECK(strcmp(e.text, "a resume document is not valid at byte 5") == 0);
	arena_release(&a);
}

static void numbers_have_their_bounds(void)
{
	static const char *const no_u64[] = { "-1", "18446744073709551616", "1.0", "1e3", "-0.0", "\"1\"" };
	static const char *const no_i64[] = { "9223372036854775808", "-9223372036854775809", "1.5", "null" };
	struct json j;

	for (size_t i = 0; i < sizeof(no_u64) / sizeof(no_u64[0]); i++) {
		json_init(&j, str_of(no_u64[i]));
		CHECK(json_u64(&j) == 0 && j.bad);
	}
	for (size_t i = 0; i < sizeof(no_i64) / sizeof(no_i64[0]); i++) {
		json_init(&j, str_of(no_i64[i]));
		CHECK(json_i64(&j) == 0 && j.bad);
	}
}

static void depth_is_bounded(void)
{
	static char text[4000];
	struct json j;
	int depth = 0;

	for (int n = 998; n <= 1002; n++) {
		memset(text, '[', (size_t)n);
		memset(text + n, ']', (size_t)n);
		CHECK(good((struct str){ text, (size_t)n * 2 }) == (n <= 1000));
	}
	memset(text, '[', sizeof(text));
	json_init(&j, (struct str){ text, sizeof(text) });
	while (json_array(&j) && json_item(&j))
		depth++;
	CHECK(depth == 1000);
}

static void a_head_may_be_read_alone(void)
{
	struct err e = { 0 };
	struct json j;
	struct str key;

	json_init(&j, STR_LIT("{\"type\":\"insert\",\"rows\":[[1,2"));
	CHECK(json_object(&j) && json_key(&j, &key));
	json_skip(&j);
	CHECK(json_key(&j, &key) && str_is(key, "rows"));
	CHECK(json_ok(&j, "a head", &e));
}

static void more_behind_a_document_is_bad(void)
{
	struct err e = { 0 };
	struct json j;

	json_init(&j, STR_LIT("[1] x"));
	json_skip(&j);
	CHECK(!json_ok(&j, "it", &e));
	json_init(&j, STR_LIT("[1] \n"));
	json_skip(&j);
	CHECK(json_ok(&j, "it", &e));
}

static void escapes_are_undone(void)
{
	struct arena a = ARENA_INIT;
	struct json j;

	json_init(&j, STR_LIT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\\u00E9\\u6f22\\ud83d\\ude00x\""));
	CHECK(str_eq(json_text(&j, &a), STR_LIT("\"\\/\b\f\n\r\t\0é漢\xf0\x9f\x98\x80x")));
	json_init(&j, STR_LIT("\"\\n\""));
	CHECK(str_is(json_text(&j, &a), "\n"));
	json_init(&j, STR_LIT("\"\""));
	CHECK(json_text(&j, &a).n == 0 && !j.bad);
	arena_release(&a);
}

static void what_is_written_is_read(void)
{
	struct buf b = BUF_INIT(10000);
	struct arena a = ARENA_INIT;
	uint64_t state = 7;
	char text[200];

	for (int i = 0; i < 5000; i++) {
		size_t n = next_random(&state) % sizeof(text);
		struct str s = { text, n };
		struct json j;

		for (size_t k = 0; k < n; k++) {
			uint64_t r = next_random(&state);

			text[k] = (char)(r & 1 ? 'a' : (r >> 8) & 0x7f);
		}
		buf_clear(&b);
		json_put_text(&b, s);
		json_init(&j, buf_str(&b));
		CHECK(str_eq(json_text(&j, &a), s) && !j.bad && j.p == j.end);
		arena_clear(&a);
	}
	buf_release(&b);
	arena_release(&a);
}

void test_json_read(void)
{
	RUN(what_is_json);
	RUN(what_is_not);
	RUN(a_cut_is_seen_at_every_place);
	RUN(members_come_one_by_one);
	RUN(asking_for_the_wrong_thing_is_bad_for_good);
	RUN(numbers_have_their_bounds);
	RUN(depth_is_bounded);
	RUN(a_head_may_be_read_alone);
	RUN(more_behind_a_document_is_bad);
	RUN(escapes_are_undone);
	RUN(what_is_written_is_read);
}
