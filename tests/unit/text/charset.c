#include "text/charset.h"

#include <pthread.h>

#include "tests.h"
#include "text/utf8.h"

/* The number and the hash of all (code, character) pairs, as MariaDB 10.11 and MySQL 9.7 convert them. */
static const struct known {
	const char *name;
	unsigned n;
	uint64_t hash;
} known[] = {
	{ "armscii8", 256, 0x30c25fdd3d8e0d27 },
	{ "ascii", 128, 0x0e3683759d531325 },
	{ "big5", 13838, 0x68dba079767793a4 },
	{ "cp1250", 251, 0x4bd777e378c6f715 },
	{ "cp1251", 255, 0x77665e3ded38994b },
	{ "cp1256", 248, 0xaedb6ac5a0653f57 },
	{ "cp1257", 244, 0x54cb86380869fa6c },
	{ "cp850", 256, 0x57dc0daf73959574 },
	{ "cp852", 256, 0xaec845e650321e23 },
	{ "cp866", 256, 0x6a2ed8271f9353a0 },
	{ "cp932", 9795, 0xcbf6954af0cdcc29 },
	{ "dec8", 242, 0xe4cab4c3c1152671 },
	{ "eucjpms", 15206, 0xed76c7637b9c5db7 },
	{ "euckr", 17176, 0x1b7634938f075c14 },
	{ "gb18030", 63488, 0x2c0f283f88c0357d },
	{ "gb2312", 7573, 0x0192fc18ec771158 },
	{ "gbk", 21919, 0x95954722669cb388 },
	{ "geostd8", 215, 0x12e099f3a97205bc },
	{ "greek", 250, 0x019553c460a06225 },
	{ "hebrew", 220, 0x36701fe1f62a5d2e },
	{ "hp8", 255, 0x35df098c685e1e7c },
	{ "keybcs2", 256, 0xa835d0836bea3257 },
	{ "koi8r", 256, 0x6c657002ae13e997 },
	{ "koi8u", 256, 0xa9907e263afed0bd },
	{ "latin1", 256, 0xf9deaf89aaa51367 },
	{ "latin2", 256, 0x3b92e17214f08556 },
	{ "latin5", 256, 0x4f14d47a5faed356 },
	{ "latin7", 256, 0x268b9971610c64cc },
	{ "macce", 256, 0x142a89817296864a },
	{ "macroman", 256, 0x172e1d7cb65aeb76 },
	{ "sjis", 7070, 0xf370da53926a8e43 },
	{ "swe7", 127, 0xed09648e8f9729ef },
	{ "tis620", 247, 0x44d45d00542abfb5 },
	{ "ujis", 15017, 0xff3d020665c63a86 },
};

struct sum {
	unsigned n;
	uint64_t hash;
};

/* Counts the code in when its bytes are one character. */
static void add_code(struct sum *sum, const struct charset *cs, uint32_t code, unsigned n, struct buf *out)
{
	char bytes[4];
	struct str s;

	for (unsigned i = 0; i < n; i++)
		bytes[i] = (char)(code >> 8 * (n - 1 - i));
	buf_clear(out);
	if (!charset_put_utf8(cs, (struct str){ bytes, n }, out))
		return;
	s = buf_str(out);
	if (s.n > 0) {
		uint32_t c = utf8_take(&s);

		if (s.n > 0)
			return;
		sum->hash = (sum->hash ^ code) * 1099511628211u;
		sum->hash = (sum->hash ^ c) * 1099511628211u;
		sum->n++;
	}
}

static struct sum sum_of(const struct charset *cs)
{
	struct sum sum = { 0, 0xcbf29ce484222325u };
	struct buf out = BUF_INIT(64);

	for (uint32_t c = 0; c < 0x100; c++)
		add_code(&sum, cs, c, 1, &out);
	for (uint32_t c = 0x8000; c < 0x10000; c++)
		add_code(&sum, cs, c, 2, &out);
	for (uint32_t c = 0x8f0000; c < 0x900000; c++)
		add_code(&sum, cs, c, 3, &out);
	for (uint32_t i = 0; i < 100000 && str_is(str_of(charset_name(cs)), "gb18030"); i++)
		add_code(&sum, cs, (0x81 + i / 12600) << 24 | (0x30 + i / 1260 % 10) << 16 |
			 (0x81 + i / 10 % 126) << 8 | (0x30 + i % 10), 4, &out);
	buf_release(&out);
	return sum;
}

static void every_code_is_what_the_servers_say(void)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		struct sum sum = sum_of(charset_of_name(str_of(known[i].name)));

		CHECK(sum.n == known[i].n && sum.hash == known[i].hash);
		if (sum.hash != known[i].hash)
			printf("# %s: %u characters, not %u\n", known[i].name, sum.n, known[i].n);
	}
}

static bool gives(const char *name, struct str bytes, const char *text)
{
	struct buf out = BUF_INIT(1000);
	const struct charset *cs = charset_of_name(str_of(name));
	bool is;

	buf_put_text(&out, "<");
	is = cs && charset_put_utf8(cs, bytes, &out) && out.n > 0 && str_is(str_from(buf_str(&out), 1), text);
	if (!is)
		printf("# %s gives '%.*s'\n", name, STR(buf_str(&out)));
	buf_release(&out);
	return is;
}

#define GIVES(name, bytes, text) CHECK(gives(name, STR_LIT(bytes), text))

static void known_texts(void)
{
	GIVES("latin1", "caf\xe9 \x80 \x81", "café € \xc2\x81");
	GIVES("latin2", "\xb1\xe6\xea\xb3", "ąćęł");
	GIVES("cp1251", "\xcf\xf0\xe8", "При");
	GIVES("koi8r", "\xf0\xd2\xc9", "При");
	GIVES("greek", "\xc1\xe1", "Αα");
	GIVES("hebrew", "\xf9\xec", "של");
	GIVES("tis620", "\xa1\xa2", "กข");
	GIVES("swe7", "Sm|rg}s", "Smörgås");
	GIVES("gbk", "\xd6\xd0\xce\xc4 ok", "中文 ok");
	GIVES("gb2312", "\xd6\xd0\xce\xc4", "中文");
	GIVES("gb18030", "\xd6\xd0 \x81\x30\x84\x36 \x94\x39\xda\x33", "中 ¥ \xf0\x9f\x92\xa9");
	GIVES("big5", "\xa4\xa4\xa4\xe5", "中文");
	GIVES("sjis", "\x93\xfa\x96{ \\ ~ \xb1", "日本 \\ ~ ｱ");
	GIVES("cp932", "\x93\xfa\x96{ \x87\x40", "日本 ①");
	GIVES("ujis", "\xc6\xfc\xcb\xdc \x8e\xb1 \x8f\xb0\xa1", "日本 ｱ 丂");
	GIVES("eucjpms", "\xc6\xfc\xcb\xdc \xad\xa1", "日本 ①");
	GIVES("euckr", "\xc7\xd1\xb1\xdb \x8c\x63", "한글 똠");
	GIVES("ucs2", "\0a\x4e\x2d", "a中");
	GIVES("utf16", "\0a\xd8\x3d\xde\x00", "a\xf0\x9f\x98\x80");
	GIVES("utf16le", "a\0\x3d\xd8\x00\xde", "a\xf0\x9f\x98\x80");
	GIVES("utf32", "\0\0\0a\0\x01\xf6\x00", "a\xf0\x9f\x98\x80");
	GIVES("utf8mb4", "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80");
	GIVES("utf8", "é", "é");
	GIVES("ascii", "a\x7f", "a\x7f");
	GIVES("binary", "é", "é");
	CHECK(gives("latin1", STR_NONE, ""));
	CHECK(gives("gbk", STR_NONE, ""));
}

static bool refuses(const char *name, struct str bytes)
{
	struct buf out = BUF_INIT(1000);
	bool is;

	buf_put_text(&out, "before");
	is = !charset_put_utf8(charset_of_name(str_of(name)), bytes, &out) && !out.over;
	is = is && str_is(buf_str(&out), "before");
	buf_release(&out);
	return is;
}

#define REFUSES(name, bytes) CHECK(refuses(name, STR_LIT(bytes)))

static void what_a_set_does_not_hold_is_refused(void)
{
	REFUSES("ascii", "abc\x80");
	REFUSES("utf8mb4", "abc\xff");
	REFUSES("utf8mb3", "\xed\xa0\x80");
	REFUSES("binary", "\xff");
	REFUSES("cp1250", "abc\x81");
	REFUSES("hebrew", "\xa1");
	REFUSES("swe7", "\x7f");
	REFUSES("swe7", "\x80");
	REFUSES("gbk", "ok\x80");
	REFUSES("gbk", "ok\xd6");
	REFUSES("gbk", "\xd6 ");
	REFUSES("gbk", "\xff\xff");
	REFUSES("big5", "\xa1\x5a");
	REFUSES("sjis", "\x93");
	REFUSES("ujis", "\x8f\xb0");
	REFUSES("ujis", "\x80");
	REFUSES("gb18030", "\x81\x30\x84");
	REFUSES("gb18030", "\xfe\x39\xfe\x39");
	REFUSES("gb18030", "\xe3\x32\x9a\x36");
	REFUSES("gbk", "\x81\x30\x84\x36");
	REFUSES("ucs2", "a");
	REFUSES("ucs2", "\xd8\x3d\xde\x00");
	REFUSES("utf16", "\xd8\x3d");
	REFUSES("utf16", "\xd8\x3d\0a");
	REFUSES("utf16", "\xde\x00\xd8\x3d");
	REFUSES("utf16", "\0a\0");
	REFUSES("utf16le", "\x00\xde");
	REFUSES("utf32", "\0\x11\0\0");
	REFUSES("utf32", "\0\0\xd8\0");
	REFUSES("utf32", "\0\0\0");
}

static bool is_set(unsigned id, const char *name)
{
	const struct charset *cs = charset_of_collation(id);

	return cs ? str_is(str_of(charset_name(cs)), name) : !*name;
}

static void collations_have_their_sets(void)
{
	static const struct {
		unsigned id;
		const char *name;
	} ids[] = {
		{ 0, "" }, { 1, "big5" }, { 8, "latin1" }, { 11, "ascii" }, { 17, "" }, { 28, "gbk" },
		{ 33, "utf8mb3" }, { 35, "ucs2" }, { 45, "utf8mb4" }, { 46, "utf8mb4" }, { 47, "latin1" },
		{ 54, "utf16" }, { 56, "utf16le" }, { 60, "utf32" }, { 63, "binary" }, { 83, "utf8mb3" },
		{ 84, "big5" }, { 95, "cp932" }, { 98, "eucjpms" }, { 99, "cp1250" }, { 100, "" },
		{ 101, "utf16" }, { 124, "utf16" }, { 125, "" }, { 151, "ucs2" }, { 159, "ucs2" },
		{ 160, "utf32" }, { 183, "utf32" }, { 184, "" }, { 192, "utf8mb3" }, { 223, "utf8mb3" },
		{ 224, "utf8mb4" }, { 248, "gb18030" }, { 250, "gb18030" }, { 251, "" }, { 255, "utf8mb4" },
		{ 323, "utf8mb4" }, { 324, "" }, { 576, "utf8mb3" }, { 608, "utf8mb4" }, { 640, "ucs2" },
		{ 672, "utf16" }, { 736, "utf32" }, { 1025, "big5" }, { 1057, "utf8mb3" }, { 1070, "utf8mb4" },
		{ 1270, "utf8mb4" }, { 2048, "utf8mb3" }, { 2304, "utf8mb4" }, { 2503, "utf8mb4" },
		{ 2560, "ucs2" }, { 2816, "utf16" }, { 3072, "utf32" }, { 3271, "utf32" }, { 4000, "" },
		{ 65535, "" }, { 4294967295u, "" },
	};

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		bool is = is_set(ids[i].id, ids[i].name);

		CHECK(is);
		if (!is)
			printf("# collation %u is not '%s'\n", ids[i].id, ids[i].name);
	}
}

static void names_are_found_in_any_case(void)
{
	CHECK(charset_of_name(STR_LIT("UTF8MB4")) == charset_of_collation(45));
	CHECK(charset_of_name(STR_LIT("utf8")) == charset_of_collation(33));
	CHECK(charset_of_name(STR_LIT("utf8mb3")) == charset_of_collation(33));
	CHECK(!charset_of_name(STR_LIT("latin")));
	CHECK(!charset_of_name(STR_NONE));
	CHECK(charset_is_binary(charset_of_collation(63)));
	CHECK(!charset_is_binary(charset_of_collation(45)));
	CHECK(charset_is_utf8(charset_of_collation(45)));
	CHECK(charset_is_utf8(charset_of_collation(33)));
	CHECK(charset_is_utf8(charset_of_collation(11)));
	CHECK(!charset_is_utf8(charset_of_collation(8)));
	CHECK(!charset_is_utf8(charset_of_collation(63)));
}

static bool is_exact(const char *name, struct str bytes)
{
	struct buf out = BUF_INIT(100);
	bool got = charset_put_utf8_exact(charset_of_name(str_of(name)), bytes, &out);

	CHECK(got || out.n == 0);
	buf_release(&out);
	return got;
}

/* Servers write these as other bytes when they read them as UTF-8. */
static void what_does_not_come_back_is_not_exact(void)
{
	CHECK(!is_exact("armscii8", STR_LIT("a\xa4")));
	CHECK(is_exact("armscii8", STR_LIT("a)\xa6\xfe")));
	CHECK(!is_exact("sjis", STR_LIT("a\\")));
	CHECK(!is_exact("sjis", STR_LIT("\xb1\\")));
	CHECK(is_exact("sjis", STR_LIT("a\x83\\")));	/* the second byte of a character */
	CHECK(is_exact("cp932", STR_LIT("a\\\x87\x8f\x87\x94")));
	CHECK(!is_exact("cp932", STR_LIT("\x87\x90")));
	CHECK(!is_exact("cp932", STR_LIT("\xed\x40")));
	CHECK(!is_exact("eucjpms", STR_LIT("\x8f\xf4\xa8")));
	CHECK(is_exact("eucjpms", STR_LIT("\xad\xa1")));
	CHECK(!is_exact("ujis", STR_LIT("\xa1\xc0")));
	CHECK(is_exact("ujis", STR_LIT("\xc6\xfc\\")));
	CHECK(is_exact("latin1", STR_LIT("\\\x81\xff")));
	CHECK(!is_exact("gbk", STR_LIT("\xff")));
}

/* The tables of sets of several bytes are made at first use, by whoever is first. */
static void *convert(void *context)
{
	struct buf out = BUF_INIT(100);

	*(bool *)context = charset_put_utf8(charset_of_name(STR_LIT("cp932")), STR_LIT("\x93\xfa\x96{"), &out) &&
			   str_is(buf_str(&out), "日本");
	buf_release(&out);
	return NULL;
}

static void threads_may_be_first_together(void)
{
	pthread_t threads[4];
	bool good[4] = { false };

	for (size_t i = 0; i < 4; i++)
		CHECK(pthread_create(&threads[i], NULL, convert, &good[i]) == 0);
	for (size_t i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		CHECK(good[i]);
	}
}

void test_charset(void)
{
	RUN(threads_may_be_first_together);
	RUN(every_code_is_what_the_servers_say);
	RUN(known_texts);
	RUN(what_a_set_does_not_hold_is_refused);
	RUN(what_does_not_come_back_is_not_exact);
	RUN(collations_have_their_sets);
	RUN(names_are_found_in_any_case);
}
