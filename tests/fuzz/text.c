/* text.c - character sets (two bytes: a collation's id), base64, lower case, types: what comes out is UTF-8, or the same again. */
#include "fuzz.h"

#include "schema/column_type.h"
#include "text/base64.h"
#include "text/charset.h"
#include "text/utf8.h"

#define LIMIT (16 << 20)

static void check_charset(const struct charset *cs, struct str bytes)
{
	struct buf b = BUF_INIT(LIMIT);

	buf_put_char(&b, 'x');
	if (charset_put_utf8(cs, bytes, &b)) {
		MUST(utf8_valid(buf_str(&b)));
		if (charset_is_utf8(cs) || charset_is_binary(cs))
			must_equal(str_from(buf_str(&b), 1), bytes, "UTF-8 as UTF-8");
	} else {
		MUST(b.n == 1);
	}
	MUST(charset_of_name(str_of(charset_name(cs))));
	buf_release(&b);
}

static void check_base64(struct str bytes)
{
	struct buf b = BUF_INIT(LIMIT);
	struct arena a = ARENA_INIT;
	struct str back;

	base64_put(&b, bytes);
	MUST(base64_take(&a, buf_str(&b), &back));
	must_equal(back, bytes, "base64 there and back");
	if (base64_take(&a, bytes, &back)) {
		buf_clear(&b);
		base64_put(&b, back);
		must_equal(buf_str(&b), bytes, "base64 back and there");
	}
	buf_release(&b);
	arena_release(&a);
}

/* Nothing that is not closed; all else has a normal form, which is its own. */
static bool is_type(struct str type)
{
	size_t open = 0, close = 0;
	struct str *labels;
	struct arena a = ARENA_INIT;
	bool is_list = column_type_labels(&a, type, &labels, &open);

	arena_release(&a);
	if (is_list)
		return true;
	open = 0;
	for (size_t i = 0; i < type.n; i++) {
		if (memchr("\0'\"*", type.p[i], 4) || (type.p[i] == ')' && open == close))
			return false;
		open += type.p[i] == '(';
		close += type.p[i] == ')';
	}
	return open <= 1 && open == close;
}

static void check_type(struct str type)
{
	struct buf first = BUF_INIT(LIMIT), second = BUF_INIT(LIMIT);
	struct arena a = ARENA_INIT;
	struct str *labels, *again;
	size_t n, n_again;

	if (!is_type(type))
		return;
	column_type_put_normal(&first, type);
	column_type_put_normal(&second, buf_str(&first));
	must_equal(buf_str(&first), buf_str(&second), "a normal type that is made normal");
	MUST(column_type_equal(type, buf_str(&first)));
	if (column_type_labels(&a, type, &labels, &n)) {
		MUST(column_type_labels(&a, buf_str(&first), &again, &n_again) && n == n_again);
		for (size_t i = 0; i < n; i++)
			must_equal(labels[i], again[i], "labels of the normal type");
	}
	column_type_is_base64(type, STR_LIT("binary"));
	buf_release(&first);
	buf_release(&second);
	arena_release(&a);
}

static void check_lower(struct str text)
{
	struct buf first = BUF_INIT(LIMIT), second = BUF_INIT(LIMIT);

	utf8_put_lower(&first, text);
	utf8_put_lower(&second, buf_str(&first));
	must_equal(buf_str(&first), buf_str(&second), "lower case of lower case");
	MUST(utf8_valid(text) == utf8_valid(buf_str(&first)));
	buf_release(&first);
	buf_release(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str input = { (const char *)data, size };
	unsigned low = take_byte(&input), id = low | (unsigned)take_byte(&input) << 8;
	const struct charset *cs = charset_of_collation(id);

	if (cs)
		check_charset(cs, input);
	check_base64(input);
	check_lower(input);
	check_type(input);
	return 0;
}
