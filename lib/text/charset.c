#include "text/charset.h"

#include <iconv.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "text/charset_tables.h"
#include "text/scan.h"
#include "text/utf8.h"

enum charset_kind {
	CHARSET_UTF8,
	CHARSET_BINARY,
	CHARSET_BYTES,		/* one byte a character, ASCII below 80: high */
	CHARSET_SWE7,
	CHARSET_MULTI,		/* ASCII below 80, else one to four bytes: iconv and fixes */
	CHARSET_UCS2,
	CHARSET_UTF16,
	CHARSET_UTF16LE,
	CHARSET_UTF32,
};

struct charset {
	const char *name;
	enum charset_kind kind;
	const uint16_t *high;			/* CHARSET_BYTES */
	const char *iconv;			/* CHARSET_MULTI: the C library's name for the nearest set */
	const struct charset_fix *fixes;	/* and where that differs; NULL: nowhere */
	const struct charset_range *lossy;	/* what does not come back from UTF-8; NULL: nothing */
};

enum {
	NONE, BIG5, LATIN2, DEC8, CP850, LATIN1, HP8, KOI8R, SWE7, ASCII, UJIS, SJIS, CP1251, HEBREW, TIS620,
	EUCKR, LATIN7, KOI8U, GB2312, GREEK, CP1250, GBK, CP1257, LATIN5, ARMSCII8, UTF8MB3, UCS2, CP866,
	KEYBCS2, MACCE, MACROMAN, CP852, UTF8MB4, UTF16, UTF16LE, CP1256, UTF32, BINARY, GEOSTD8, CP932,
	EUCJPMS, GB18030, CHARSETS
};

static const struct charset charsets[CHARSETS] = {
	[BIG5] = { "big5", CHARSET_MULTI, NULL, "BIG5", charset_big5_fixes, NULL },
	[LATIN2] = { "latin2", CHARSET_BYTES, charset_latin2, NULL, NULL, NULL },
	[DEC8] = { "dec8", CHARSET_BYTES, charset_dec8, NULL, NULL, NULL },
	[CP850] = { "cp850", CHARSET_BYTES, charset_cp850, NULL, NULL, NULL },
	[LATIN1] = { "latin1", CHARSET_BYTES, charset_latin1, NULL, NULL, NULL },
	[HP8] = { "hp8", CHARSET_BYTES, charset_hp8, NULL, NULL, NULL },
	[KOI8R] = { "koi8r", CHARSET_BYTES, charset_koi8r, NULL, NULL, NULL },
	[SWE7] = { "swe7", CHARSET_SWE7, NULL, NULL, NULL, NULL },
	[ASCII] = { "ascii", CHARSET_UTF8, NULL, NULL, NULL, NULL },
	[UJIS] = { "ujis", CHARSET_MULTI, NULL, "EUC-JP", charset_ujis_fixes, charset_ujis_lossy },
	[SJIS] = { "sjis", CHARSET_MULTI, NULL, "SHIFT_JIS", charset_sjis_fixes, charset_sjis_lossy },
	[CP1251] = { "cp1251", CHARSET_BYTES, charset_cp1251, NULL, NULL, NULL },
	[HEBREW] = { "hebrew", CHARSET_BYTES, charset_hebrew, NULL, NULL, NULL },
	[TIS620] = { "tis620", CHARSET_BYTES, charset_tis620, NULL, NULL, NULL },
	[EUCKR] = { "euckr", CHARSET_MULTI, NULL, "CP949", NULL, NULL },
	[LATIN7] = { "latin7", CHARSET_BYTES, charset_latin7, NULL, NULL, NULL },
	[KOI8U] = { "koi8u", CHARSET_BYTES, charset_koi8u, NULL, NULL, NULL },
	[GB2312] = { "gb2312", CHARSET_MULTI, NULL, "EUC-CN", NULL, NULL },
	[GREEK] = { "greek", CHARSET_BYTES, charset_greek, NULL, NULL, NULL },
	[CP1250] = { "cp1250", CHARSET_BYTES, charset_cp1250, NULL, NULL, NULL },
	[GBK] = { "gbk", CHARSET_MULTI, NULL, "GBK", charset_gbk_fixes, NULL },
	[CP1257] = { "cp1257", CHARSET_BYTES, charset_cp1257, NULL, NULL, NULL },
	[LATIN5] = { "latin5", CHARSET_BYTES, charset_latin5, NULL, NULL, NULL },
	[ARMSCII8] = { "armscii8", CHARSET_BYTES, charset_armscii8, NULL, NULL, charset_armscii8_lossy },
	[UTF8MB3] = { "utf8mb3", CHARSET_UTF8, NULL, NULL, NULL, NULL },
	[UCS2] = { "ucs2", CHARSET_UCS2, NULL, NULL, NULL, NULL },
	[CP866] = { "cp866", CHARSET_BYTES, charset_cp866, NULL, NULL, NULL },
	[KEYBCS2] = { "keybcs2", CHARSET_BYTES, charset_keybcs2, NULL, NULL, NULL },
	[MACCE] = { "macce", CHARSET_BYTES, charset_macce, NULL, NULL, NULL },
	[MACROMAN] = { "macroman", CHARSET_BYTES, charset_macroman, NULL, NULL, NULL },
	[CP852] = { "cp852", CHARSET_BYTES, charset_cp852, NULL, NULL, NULL },
	[UTF8MB4] = { "utf8mb4", CHARSET_UTF8, NULL, NULL, NULL, NULL },
	[UTF16] = { "utf16", CHARSET_UTF16, NULL, NULL, NULL, NULL },
	[UTF16LE] = { "utf16le", CHARSET_UTF16LE, NULL, NULL, NULL, NULL },
	[CP1256] = { "cp1256", CHARSET_BYTES, charset_cp1256, NULL, NULL, NULL },
	[UTF32] = { "utf32", CHARSET_UTF32, NULL, NULL, NULL, NULL },
	[BINARY] = { "binary", CHARSET_BINARY, NULL, NULL, NULL, NULL },
	[GEOSTD8] = { "geostd8", CHARSET_BYTES, charset_geostd8, NULL, NULL, NULL },
	[CP932] = { "cp932", CHARSET_MULTI, NULL, "CP932", NULL, charset_cp932_lossy },
	[EUCJPMS] = { "eucjpms", CHARSET_MULTI, NULL, "EUC-JP-MS", charset_eucjpms_fixes, charset_eucjpms_lossy },
	[GB18030] = { "gb18030", CHARSET_MULTI, NULL, "GB18030", charset_gb18030_fixes, NULL },
};

/* The oldest collations stand in no order: 0 to 99. */
static const uint8_t first_ids[100] = {
	NONE, BIG5, LATIN2, DEC8, CP850, LATIN1, HP8, KOI8R, LATIN1, LATIN2,
	SWE7, ASCII, UJIS, SJIS, CP1251, LATIN1, HEBREW, NONE, TIS620, EUCKR,
	LATIN7, LATIN2, KOI8U, CP1251, GB2312, GREEK, CP1250, LATIN2, GBK, CP1257,
	LATIN5, LATIN1, ARMSCII8, UTF8MB3, CP1250, UCS2, CP866, KEYBCS2, MACCE, MACROMAN,
	CP852, LATIN7, LATIN7, MACCE, CP1250, UTF8MB4, UTF8MB4, LATIN1, LATIN1, LATIN1,
	CP1251, CP1251, CP1251, MACROMAN, UTF16, UTF16, UTF16LE, CP1256, CP1257, CP1257,
	UTF32, UTF32, UTF16LE, BINARY, ARMSCII8, ASCII, CP1250, CP1256, CP866, DEC8,
	GREEK, HEBREW, HP8, KEYBCS2, KOI8R, KOI8U, UTF8MB3, LATIN2, LATIN5, LATIN7,
	CP850, CP852, SWE7, UTF8MB3, BIG5, EUCKR, GB2312, GBK, SJIS, TIS620,
	UCS2, UJIS, GEOSTD8, GEOSTD8, LATIN1, CP932, CP932, EUCJPMS, EUCJPMS, CP1250,
};

/* The later ones came in blocks. MariaDB's from 2048 on are 256 a set, of which not all are in use. */
static const struct {
	uint16_t first, last;
	uint8_t set;
} later_ids[] = {
	{ 101, 124, UTF16 }, { 128, 151, UCS2 }, { 159, 159, UCS2 }, { 160, 183, UTF32 }, { 192, 215, UTF8MB3 },
	{ 223, 223, UTF8MB3 }, { 224, 247, UTF8MB4 }, { 248, 250, GB18030 }, { 255, 323, UTF8MB4 },
	{ 576, 579, UTF8MB3 }, { 608, 611, UTF8MB4 }, { 640, 643, UCS2 }, { 672, 675, UTF16 }, { 736, 739, UTF32 },
	{ 2048, 2303, UTF8MB3 }, { 2304, 2559, UTF8MB4 }, { 2560, 2815, UCS2 }, { 2816, 3071, UTF16 },
	{ 3072, 3327, UTF32 },
};

const struct charset *charset_of_collation(unsigned id)
{
	if (id > 1024 && id < 1024 + 256)	/* MariaDB: the same collation, without padding */
		id -= 1024;
	if (id < sizeof(first_ids))
		return first_ids[id] == NONE ? NULL : &charsets[first_ids[id]];
	for (size_t i = 0; i < sizeof(later_ids) / sizeof(later_ids[0]); i++)
		if (id >= later_ids[i].first && id <= later_ids[i].last)
			return &charsets[later_ids[i].set];
	return NULL;
}

const struct charset *charset_of_name(struct str name)
{
	if (str_is_nocase(name, "utf8"))
		return &charsets[UTF8MB3];
	for (size_t i = NONE + 1; i < CHARSETS; i++)
		if (str_is_nocase(name, charsets[i].name))
			return &charsets[i];
	return NULL;
}

const char *charset_name(const struct charset *cs)
{
	return cs->name;
}

bool charset_is_binary(const struct charset *cs)
{
	return cs->kind == CHARSET_BINARY;
}

bool charset_has_ascii(const struct charset *cs)
{
	return cs->kind == CHARSET_UTF8 || (cs->kind == CHARSET_BYTES && !cs->lossy);
}

bool charset_is_utf8(const struct charset *cs)
{
	return cs->kind == CHARSET_UTF8;
}

#define GB18030_BMP 39420	/* codes of four bytes, counted from 81308130, up to U+FFFF */
#define GB18030_REST 189000	/* that of U+10000 */

/* What a CHARSET_MULTI maps to; 0 is nothing. Made once from the C library's converter, when the set is first
 * met. */
struct multi {
	bool gb18030;
	uint16_t one[256];
	uint16_t two[65536];		/* by code; the first byte is 80 or more */
	uint16_t three[65536];		/* 8fxxxx; ujis and eucjpms */
	uint16_t four[GB18030_BMP];
};

static _Atomic(struct multi *) multis[CHARSETS];

/* Counts the codes of four bytes, 81308130 being 0. UINT32_MAX for what is none. */
static uint32_t linear(uint32_t code)
{
	uint32_t a = code >> 24, b = code >> 16 & 0xff, c = code >> 8 & 0xff, d = code & 0xff;

	if (a < 0x81 || a > 0xfe || b < 0x30 || b > 0x39 || c < 0x81 || c > 0xfe || d < 0x30 || d > 0x39)
		return UINT32_MAX;
	return ((a - 0x81) * 10 + b - 0x30) * 1260 + (c - 0x81) * 10 + d - 0x30;
}

static uint32_t unlinear(uint32_t n)
{
	return (0x81 + n / 12600) << 24 | (0x30 + n / 1260 % 10) << 16 | (0x81 + n / 10 % 126) << 8 |
	       (0x30 + n % 10);
}

static uint16_t *place_of(struct multi *m, uint32_t code)
{
	if (code < 0x100)
		return &m->one[code];
	if (code < 0x10000)
		return &m->two[code];
	if (code < 0x1000000)
		return &m->three[code & 0xffff];
	return &m->four[linear(code) % GB18030_BMP];
}

/* What the C library maps a code of n bytes to, if that is one character up to U+FFFF; else 0. */
static uint16_t ask(iconv_t cd, uint32_t code, size_t n)
{
	char in[4], *from = in, *to;
	unsigned char out[8];
	size_t left = n, room = sizeof(out);

	for (size_t i = 0; i < n; i++)
		in[i] = (char)(code >> 8 * (n - 1 - i));
	to = (char *)out;
	iconv(cd, NULL, NULL, NULL, NULL);
	if (iconv(cd, &from, &left, &to, &room) == (size_t)-1 || left > 0 || room != sizeof(out) - 2)
		return 0;
	return (uint16_t)(out[0] << 8 | out[1]);
}

static void ask_all(struct multi *m, const struct charset *cs)
{
	iconv_t cd = iconv_open("UTF-16BE", cs->iconv);
	bool euc = strncmp(cs->iconv, "EUC-JP", 6) == 0;

	if (cd == (iconv_t)-1)
		return;		/* then only ASCII and the fixes are known, and the rest travels as bytes */
	for (uint32_t c = 0; c < 0x100; c++)
		m->one[c] = ask(cd, c, 1);
	for (uint32_t c = 0x8000; c < 0x10000; c++)
		m->two[c] = (c & 0xff) < 0x30 ? 0 : ask(cd, c, 2);
	for (uint32_t c = 0xa1a1; euc && c < 0xffff; c++)
		m->three[c] = (c & 0xff) < 0xa1 ? 0 : ask(cd, 0x8f0000 | c, 3);
	for (uint32_t i = 0; m->gb18030 && i < GB18030_BMP; i++)
		m->four[i] = ask(cd, unlinear(i), 4);
	iconv_close(cd);
}

static struct multi *multi_new(const struct charset *cs)
{
	struct multi *m = mem_zalloc(sizeof(*m));

	m->gb18030 = cs == &charsets[GB18030];
	ask_all(m, cs);
	for (const struct charset_fix *fix = cs->fixes; fix && fix->first; fix++)
		for (uint32_t c = fix->first; c <= fix->last; c++)
			*place_of(m, c) = fix->unicode ? (uint16_t)(fix->unicode + (c - fix->first)) : 0;
	return m;
}

/* Two threads may both make it; one of them is first, and what the other made is dropped. */
static const struct multi *multi_of(const struct charset *cs)
{
	_Atomic(struct multi *) *at = &multis[cs - charsets];
	struct multi *m = atomic_load_explicit(at, memory_order_acquire), *none = NULL;

	if (m)
		return m;
	m = multi_new(cs);
	if (atomic_compare_exchange_strong(at, &none, m))
		return m;
	free(m);
	return none;
}

/* The character at p, which is not ASCII, and how many bytes it takes. 0 when it is none. */
static unsigned take_multi(const struct multi *m, const unsigned char *p, size_t n, uint32_t *c)
{
	uint32_t at;

	if (m->one[p[0]]) {
		*c = m->one[p[0]];
		return 1;
	}
	if (n >= 2 && m->two[p[0] << 8 | p[1]]) {
		*c = m->two[p[0] << 8 | p[1]];
		return 2;
	}
	if (n >= 3 && p[0] == 0x8f && m->three[p[1] << 8 | p[2]]) {
		*c = m->three[p[1] << 8 | p[2]];
		return 3;
	}
	if (n < 4 || !m->gb18030)
		return 0;
	at = linear((uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]);
	*c = at < GB18030_BMP ? m->four[at] : at >= GB18030_REST ? at - GB18030_REST + 0x10000 : 0;
	return *c && *c < 0x110000 ? 4 : 0;
}

static unsigned take_bytes(const uint16_t *high, const unsigned char *p, uint32_t *c)
{
	*c = high[p[0] - 0x80];
	return *c != 0;
}

static bool is_lossy(const struct charset_range *lossy, const unsigned char *p, unsigned n)
{
	uint32_t code = 0;

	if (!lossy)
		return false;
	while (n-- > 0)
		code = code << 8 | *p++;
	for (; lossy->last; lossy++)
		if (code >= lossy->first && code <= lossy->last)
			return true;
	return false;
}

/* The only one of ASCII that is lossy anywhere is the backslash. */
static bool is_lossy_run(const struct charset_range *lossy, const char *run, size_t n)
{
	return lossy && lossy->first == '\\' && memchr(run, '\\', n);
}

/* Sets that are ASCII below 80: runs of it are copied, the rest goes character by character. */
static bool put_ascii_based(const struct charset *cs, struct str bytes, const struct charset_range *lossy, struct buf *out)
{
	const struct multi *m = cs->kind == CHARSET_MULTI ? multi_of(cs) : NULL;
	const char *p = bytes.p, *end = p + bytes.n;

	for (;;) {
		const char *run = p;

		p = scan_ascii(p, end);
		if (is_lossy_run(lossy, run, (size_t)(p - run)))
			return false;
		buf_put(out, run, (size_t)(p - run));
		if (p == end)
			return true;
		while (p < end && (signed char)*p < 0) {
			const unsigned char *at = (const unsigned char *)p;
			uint32_t c;
			unsigned n = m ? take_multi(m, at, (size_t)(end - p), &c) : take_bytes(cs->high, at, &c);

			if (n == 0 || is_lossy(lossy, at, n))
				return false;
			utf8_put(out, c);
			p += n;
		}
	}
}

static bool put_swe7(struct str bytes, struct buf *out)
{
	for (size_t i = 0; i < bytes.n; i++) {
		unsigned char c = (unsigned char)bytes.p[i];

		if (c >= 0x7f)
			return false;
		utf8_put(out, charset_swe7[c]);
	}
	return true;
}

static uint32_t unit16(const unsigned char *p, bool little)
{
	return little ? (uint32_t)p[1] << 8 | p[0] : (uint32_t)p[0] << 8 | p[1];
}

/* ucs2 knows no pairs, so half of one is as wrong there as alone in utf16. */
static bool put_utf16(const struct charset *cs, struct str bytes, struct buf *out)
{
	const unsigned char *p = (const unsigned char *)bytes.p;
	bool little = cs->kind == CHARSET_UTF16LE;

	for (size_t i = 0; i + 2 <= bytes.n; i += 2) {
		uint32_t c = unit16(p + i, little), low;

		if (c >= 0xd800 && c < 0xe000) {
			if (c >= 0xdc00 || cs->kind == CHARSET_UCS2 || bytes.n - i < 4)
				return false;
			i += 2;
			low = unit16(p + i, little);
			if (low < 0xdc00 || low >= 0xe000)
				return false;
			c = 0x10000 + ((c & 0x3ff) << 10 | (low & 0x3ff));
		}
		utf8_put(out, c);
	}
	return bytes.n % 2 == 0;
}

static bool put_utf32(struct str bytes, struct buf *out)
{
	const unsigned char *p = (const unsigned char *)bytes.p;

	for (size_t i = 0; i + 4 <= bytes.n; i += 4) {
		uint32_t c = unit16(p + i, false) << 16 | unit16(p + i + 2, false);

		if (c >= 0x110000 || (c >= 0xd800 && c < 0xe000))
			return false;
		utf8_put(out, c);
	}
	return bytes.n % 4 == 0;
}

static bool put_utf8(const struct charset *cs, struct str bytes, struct buf *out)
{
	const char *end = bytes.p + bytes.n;

	if (cs == &charsets[ASCII] ? scan_ascii(bytes.p, end) < end : !utf8_valid(bytes))
		return false;
	buf_put_str(out, bytes);
	return true;
}

static bool put(const struct charset *cs, struct str bytes, const struct charset_range *lossy, struct buf *out)
{
	switch (cs->kind) {
	case CHARSET_UTF8:
	case CHARSET_BINARY:
		return put_utf8(cs, bytes, out);
	case CHARSET_BYTES:
	case CHARSET_MULTI:
		return put_ascii_based(cs, bytes, lossy, out);
	case CHARSET_SWE7:
		return put_swe7(bytes, out);
	case CHARSET_UCS2:
	case CHARSET_UTF16:
	case CHARSET_UTF16LE:
		return put_utf16(cs, bytes, out);
	case CHARSET_UTF32:
		return put_utf32(bytes, out);
	}
	return false;
}

static bool put_or_not(const struct charset *cs, struct str bytes, const struct charset_range *lossy, struct buf *out)
{
	size_t n = out->n;
	bool over = out->over;

	if (bytes.n == 0 || put(cs, bytes, lossy, out))
		return true;
	out->n = n;
	out->over = over;
	return false;
}

bool charset_put_utf8(const struct charset *cs, struct str bytes, struct buf *out)
{
	return put_or_not(cs, bytes, NULL, out);
}

bool charset_put_utf8_exact(const struct charset *cs, struct str bytes, struct buf *out)
{
	return put_or_not(cs, bytes, cs->lossy, out);
}
