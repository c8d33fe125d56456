/* json_text.c - JSON text: walking it and skipping it agree, and what is walked, written and walked again stays the same. */
#include "fuzz.h"

#include "text/json_read.h"
#include "text/json_sql.h"
#include "text/json_write.h"
#include "text/utf8.h"

#define LIMIT (64 << 20)

static void walk(struct json *j, struct buf *out, struct arena *a);

static void walk_object(struct json *j, struct buf *out, struct arena *a)
{
	struct str key;
	bool first = true;

	buf_put_char(out, '{');
	for (bool more = json_object(j); more && json_key(j, &key); first = false) {
		if (!first)
			buf_put_char(out, ',');
		buf_put_char(out, '"');
		buf_put_str(out, key);		/* keys are not unescaped */
		buf_put_text(out, "\":");
		walk(j, out, a);
	}
	buf_put_char(out, '}');
}

static void walk_array(struct json *j, struct buf *out, struct arena *a)
{
	bool first = true;

	buf_put_char(out, '[');
	for (bool more = json_array(j); more && json_item(j); first = false) {
		if (!first)
			buf_put_char(out, ',');
		walk(j, out, a);
	}
	buf_put_char(out, ']');
}

/* A number that goes through the processor's own form comes back as that form. */
static void check_double(struct str number)
{
	char *text = mem_text(number);
	double v = strtod(text, NULL), again;
	float f = strtof(text, NULL), again_f;
	struct buf b = BUF_INIT(1000);

	if (v - v == 0) {
		json_put_double(&b, v);
		again = strtod(buf_text(&b), NULL);
		MUST(memcmp(&v, &again, sizeof(v)) == 0);
	}
	buf_clear(&b);
	if (f - f == 0) {
		json_put_float(&b, f);
		again_f = strtof(buf_text(&b), NULL);
		MUST(memcmp(&f, &again_f, sizeof(f)) == 0);
	}
	buf_release(&b);
	free(text);
}

static void check_number(struct json at, struct str number)
{
	struct json as_u64 = at, as_i64 = at;
	uint64_t u = json_u64(&as_u64);
	int64_t i = json_i64(&as_i64);
	struct buf b = BUF_INIT(100);

	if (!as_u64.bad) {
		buf_put_u64(&b, u);
		must_equal(buf_str(&b), number, "an unsigned number");
	}
	buf_clear(&b);
	if (!as_i64.bad && !str_is(number, "-0")) {
		buf_put_i64(&b, i);
		must_equal(buf_str(&b), number, "a number");
	}
	buf_release(&b);
	check_double(number);
}

static void walk_number(struct json *j, struct buf *out)
{
	struct json at = *j;
	struct str number = json_number(j);

	if (!j->bad)
		check_number(at, number);
	buf_put_str(out, number);
}

static void walk(struct json *j, struct buf *out, struct arena *a)
{
	switch (json_peek(j)) {
	case JSON_NULL:
		json_null(j);
		buf_put_text(out, "null");
		break;
	case JSON_FALSE: case JSON_TRUE:
		buf_put_text(out, json_bool(j) ? "true" : "false");
		break;
	case JSON_NUMBER:
		walk_number(j, out);
		break;
	case JSON_TEXT:
		json_put_text(out, json_text(j, a));
		break;
	case JSON_ARRAY:
		walk_array(j, out, a);
		break;
	case JSON_OBJECT:
		walk_object(j, out, a);
		break;
	case JSON_BAD:
		j->bad = true;
		break;
	}
}

static bool read_whole(struct str text, struct buf *out, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct json j;
	bool ok;

	json_init(&j, text);
	walk(&j, out, &a);
	ok = settled(json_ok(&j, "the input", e), e);
	arena_release(&a);
	return ok;
}

static void check_texts(struct str input)
{
	struct buf b = BUF_INIT(LIMIT);
	struct arena a = ARENA_INIT;
	struct json j;

	MUST(json_put_text_checked(&b, input) == utf8_valid(input));
	if (b.n > 0) {
		json_init(&j, buf_str(&b));
		must_equal(json_text(&j, &a), input, "a text that is written and read");
	}
	buf_release(&b);
	arena_release(&a);
}

/* As SQL: always one expression, and what is built can be held. */
static void check_sql(struct str input)
{
	struct buf b = BUF_INIT(LIMIT);
	struct str number = STR_NONE;

	if (!json_sql_can_hold(input, JSON_STORE_DECIMALS, &number))
		MUST(number.n > 0 && number.p >= input.p && number.p + number.n <= input.p + input.n);
	json_put_sql(&b, input, true, JSON_STORE_DECIMALS);
	MUST(b.over || (b.n > 0 && b.p[b.n - 1] == ')'));
	buf_release(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str input = { (const char *)data, size };
	struct buf first = BUF_INIT(LIMIT), second = BUF_INIT(LIMIT);
	struct err e = { 0 };
	struct json skip;
	bool ok;

	check_texts(input);
	check_sql(input);
	json_init(&skip, input);
	json_skip(&skip);
	ok = read_whole(input, &first, &e);
	MUST(ok == settled(json_ok(&skip, "the input", &e), &e));
	if (ok) {
		MUST(utf8_valid(buf_str(&first)));
		MUST(read_whole(buf_str(&first), &second, &e));
		must_equal(buf_str(&first), buf_str(&second), "a document that is written again");
	}
	buf_release(&first);
	buf_release(&second);
	return 0;
}
