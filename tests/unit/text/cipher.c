/* cipher.c - encrypted passwords: DM's published vectors, our own form, and what is neither. */
#include "text/cipher.h"

#include "text/base64.h"
#include "tests.h"

static const unsigned char some_key[CIPHER_KEY_BYTES] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };

static bool opens(enum cipher_form form, const unsigned char *key, const char *text, const char *plain)
{
	struct buf b = BUF_INIT(1000);
	bool ok = cipher_open(&b, form, key, str_of(text)) && str_is(buf_str(&b), plain);

	buf_release(&b);
	return ok;
}

static void dm_s_own_texts_open_with_the_published_key(void)
{
	static const char *const texts[] = { "fCxfQ9XKCezSzuCD0Wf5dUD+LsKegSg=", "VjX8cEeTX+qcvZ3bPaO4h0C80pe/1aU=" };

	for (size_t i = 0; i < 2; i++) {
		CHECK(cipher_form(str_of(texts[i])) == CIPHER_DM);
		CHECK(opens(CIPHER_DM, cipher_published_key, texts[i], "123456"));
		CHECK(!opens(CIPHER_DM, some_key, texts[i], "123456"));
		CHECK(!opens(CIPHER_OURS, cipher_published_key, texts[i], "123456"));
	}
}

static void both_forms_go_there_and_back(void)
{
	struct buf sealed = BUF_INIT(200000), plain = BUF_INIT(100000);
	char text[300];

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)('!' + i % 90);
	for (enum cipher_form form = CIPHER_OURS; form <= CIPHER_DM; form++) {
		for (size_t n = 0; n <= sizeof(text); n++) {
			buf_clear(&sealed);
			buf_clear(&plain);
			CHECK(cipher_put(&sealed, form, some_key, (struct str){ text, n }));
			CHECK(cipher_form(buf_str(&sealed)) == form);
			CHECK(n < 8 || str_find(buf_str(&sealed), (struct str){ text, n }) == SIZE_MAX);
			CHECK(cipher_open(&plain, form, some_key, buf_str(&sealed)));
			CHECK(str_eq(buf_str(&plain), (struct str){ text, n }));
		}
	}
	buf_release(&sealed);
	buf_release(&plain);
}

static void one_text_is_never_encrypted_alike_twice(void)
{
	struct buf one = BUF_INIT(1000), two = BUF_INIT(1000);

	CHECK(cipher_put(&one, CIPHER_OURS, some_key, STR_LIT("pw")) && cipher_put(&two, CIPHER_OURS, some_key, STR_LIT("pw")));
	CHECK(!str_eq(buf_str(&one), buf_str(&two)));
	buf_release(&one);
	buf_release(&two);
}

static void our_form_tells_a_wrong_key_and_any_changed_byte(void)
{
	struct buf sealed = BUF_INIT(1000), plain = BUF_INIT(1000);

	CHECK(cipher_put(&sealed, CIPHER_OURS, some_key, STR_LIT("password")));
	CHECK(!cipher_open(&plain, CIPHER_OURS, cipher_published_key, buf_str(&sealed)));
	for (size_t i = 0; i < sealed.n; i++) {
		char was = sealed.p[i];

		sealed.p[i] = was == 'A' ? 'B' : 'A';
		CHECK(!cipher_open(&plain, CIPHER_OURS, some_key, buf_str(&sealed)) && plain.n == 0);
		sealed.p[i] = was;
	}
	CHECK(!cipher_open(&plain, CIPHER_OURS, some_key, str_first(buf_str(&sealed), sealed.n - 4)));
	CHECK(cipher_open(&plain, CIPHER_OURS, some_key, buf_str(&sealed)));
	buf_release(&sealed);
	buf_release(&plain);
}

static void plain_passwords_are_plain(void)
{
	static const char *const texts[] = {
		"", "123456", "cGFzc3dvcmQ=", "aes-256-gcm.", "aes-256-gcm.c2hvcnQ=", "p@ss", "aes-256-gcm.!",
		/* 24 bytes, and the one behind 16 is another */
		"QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		CHECK(cipher_form(str_of(texts[i])) == CIPHER_NONE);
		CHECK(!opens(CIPHER_DM, cipher_published_key, texts[i], texts[i]));
	}
	/* It looks like one, and what it makes is no text: plain, too. */
	CHECK(cipher_form(STR_LIT("QUFBQUFBQUFBQUFBQUFBQUBBQUFBQUFB")) == CIPHER_DM);
	CHECK(!opens(CIPHER_DM, cipher_published_key, "QUFBQUFBQUFBQUFBQUFBQUBBQUFBQUFB", ""));
}

static void a_key_is_64_hex_digits(void)
{
	static const char hex[] = "a529b7665997f043a30ac8fadcb51d6aa032c226ab5b7750530b12b8c1a16A48";
	unsigned char key[CIPHER_KEY_BYTES];

	CHECK(cipher_key_parse(str_of(hex), key) && memcmp(key, cipher_published_key, sizeof(key)) == 0);
	CHECK(!cipher_key_parse(str_first(str_of(hex), 63), key) && !cipher_key_parse(STR_LIT(""), key));
	CHECK(!cipher_key_parse(STR_LIT("g529b7665997f043a30ac8fadcb51d6aa032c226ab5b7750530b12b8c1a16A48"), key));
}

void test_cipher(void)
{
	RUN(dm_s_own_texts_open_with_the_published_key);
	RUN(both_forms_go_there_and_back);
	RUN(one_text_is_never_encrypted_alike_twice);
	RUN(our_form_tells_a_wrong_key_and_any_changed_byte);
	RUN(plain_passwords_are_plain);
	RUN(a_key_is_64_hex_digits);
}
