#include "text/utf8.h"

#include "tests.h"

static bool valid(const char *text)
{
	return utf8_valid(str_of(text));
}

static void valid_utf8_is_valid(void)
{
	CHECK(utf8_valid(STR_NONE));
	CHECK(utf8_valid(STR_LIT("a\0b")));
	CHECK(valid("plain"));
	CHECK(valid("\x7f"));
	CHECK(valid("\xc2\x80 \xdf\xbf"));
	CHECK(valid("\xe0\xa0\x80 \xed\x9f\xbf \xee\x80\x80 \xef\xbf\xbf"));
	CHECK(valid("\xf0\x90\x80\x80 \xf4\x8f\xbf\xbf"));
}

static void broken_utf8_is_not(void)
{
	CHECK(!valid("\x80"));
	CHECK(!valid("\xc0\x80"));
	CHECK(!valid("\xc1\xbf"));
	CHECK(!valid("\xc2"));
	CHECK(!valid("\xc2\x41"));
	CHECK(!valid("\xc2\xc2\x80"));
	CHECK(!valid("\xe0\x9f\xbf"));
	CHECK(!valid("\xe1\x80"));
	CHECK(!valid("\xe1\x80\x41"));
	CHECK(!valid("\xed\xa0\x80"));
	CHECK(!valid("\xed\xbf\xbf"));
	CHECK(!valid("\xf0\x8f\xbf\xbf"));
	CHECK(!valid("\xf0\x90\x80"));
	CHECK(!valid("\xf0\x90\x41\x80"));
	CHECK(!valid("\xf0\x90\x80\x41"));
	CHECK(!valid("\xf4\x90\x80\x80"));
	CHECK(!valid("\xf5\x80\x80\x80"));
	CHECK(!valid("\xff"));
}

/* The scan takes steps; the fault must be found wherever it stands in one. */
static void a_fault_is_found_at_every_place(void)
{
	char text[80];

	for (size_t n = 1; n <= sizeof(text); n++) {
		for (size_t at = 0; at < n; at++) {
			memset(text, 'a', n);
			text[at] = (char)0xff;
			CHECK(!utf8_valid((struct str){ text, n }));
			if (at + 1 >= n)
				continue;
			text[at] = (char)0xc3;
			text[at + 1] = (char)0xa9;
			CHECK(utf8_valid((struct str){ text, n }));
			text[at + 1] = 'a';
			CHECK(!utf8_valid((struct str){ text, n }));
		}
	}
}

static void every_code_point_goes_there_and_back(void)
{
	struct buf b = BUF_INIT(16);
	bool ok = true;

	for (uint32_t c = 0; c < 0x110000; c++) {
		struct str s;

		if (c == 0xd800)
			c = 0xe000;
		buf_clear(&b);
		utf8_put(&b, c);
		s = buf_str(&b);
		ok = ok && utf8_valid(s) && utf8_take(&s) == c && s.n == 0;
	}
	CHECK(ok);
	buf_release(&b);
}

static void a_byte_that_is_none_equals_only_itself(void)
{
	struct str s = STR_LIT("\xffz\xc3");

	CHECK(utf8_take(&s) == 0x1100ff);
	CHECK(utf8_take(&s) == 'z');
	CHECK(utf8_take(&s) == 0x1100c3);
	CHECK(s.n == 0);
}

static void capitals_get_small(void)
{
	struct buf b = BUF_INIT(1000);

	utf8_put_lower(&b, STR_LIT("AZ[az@"));
	CHECK(holds_text(&b, "az[az@"));
	utf8_put_lower(&b, STR_LIT("ÄÖÜẞ ÉÀ ΑΣΩς АЯЁ Ÿ Ā ā Ƀ İ K"));
	CHECK(holds_text(&b, "äöüß éà ασως аяё ÿ ā ā ƀ i k"));
	utf8_put_lower(&b, STR_LIT("漢字 \xff\xc3 A"));
	CHECK(holds_text(&b, "漢字 \xff\xc3 a"));
	CHECK(utf8_lower(0x10400) == 0x10428);
	CHECK(utf8_lower(0x10ffff) == 0x10ffff);
	CHECK(utf8_lower(0xd7) == 0xd7);
	buf_release(&b);
}

void test_utf8(void)
{
	RUN(valid_utf8_is_valid);
	RUN(broken_utf8_is_not);
	RUN(a_fault_is_found_at_every_place);
	RUN(every_code_point_goes_there_and_back);
	RUN(a_byte_that_is_none_equals_only_itself);
	RUN(capitals_get_small);
}
