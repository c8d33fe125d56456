#define _XOPEN_SOURCE 700	/* wcwidth */
#include "text.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <wchar.h>

#include "text/utf8.h"

void look_init(struct look *look)
{
	static const char *const with[] = {
		"xterm", "screen", "tmux", "rxvt", "linux", "st-", "foot", "alacritty", "kitty", "konsole", "vte", "putty",
	};
	const char *no = getenv("NO_COLOR"), *more = getenv("COLORTERM"), *term = getenv("TERM");
	struct str name = str_of(term ? term : "");

	setlocale(LC_CTYPE, "");
	look->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	look->colour = more && *more;
	for (size_t i = 0; i < sizeof(with) / sizeof(*with); i++)
		look->colour = look->colour || str_starts(name, str_of(with[i]));
	look->colour = (look->colour || str_find(name, STR_LIT("color")) != SIZE_MAX) && !(no && *no);
}

/* Takes no place, or turns what stands around it: soft hyphen, joiners, marks of direction, byte order marks, annotations, tags. */
static bool is_hidden(uint32_t c)
{
	return c == 0xad || c == 0x61c || c == 0x180e || (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe007f);
}

/* The next character as it is shown, and how many columns that takes. */
static uint32_t take_shown(const struct look *look, struct str *text, size_t *columns)
{
	uint32_t c = utf8_take(text);
	int width = c < 0x80 ? (c >= 0x20 && c != 0x7f ? 1 : -1) : c > 0x10ffff || !look->utf8 || is_hidden(c) ? -1 : wcwidth((wchar_t)c);

	*columns = width < 0 ? 1 : (size_t)width;
	return width < 0 ? '?' : c;
}

size_t text_width(const struct look *look, struct str text)
{
	size_t width = 0, columns;

	while (text.n > 0) {
		take_shown(look, &text, &columns);
		width += columns;
	}
	return width;
}

size_t text_put(struct buf *b, const struct look *look, struct str text, size_t columns)
{
	size_t width = 0, one;
	bool whole = text.n <= columns || text_width(look, text) <= columns;

	if (columns == 0)
		return 0;
	while (text.n > 0) {
		uint32_t c = take_shown(look, &text, &one);

		if (width + one > columns - !whole)
			break;
		utf8_put(b, c);
		width += one;
	}
	if (whole)
		return width;
	buf_put_text(b, look->utf8 ? "\xe2\x80\xa6" : "~");
	return width + 1;
}

struct str text_wrap(const struct look *look, struct str text, size_t columns, struct str *rest)
{
	struct str at = text;
	size_t width = 0, one, word = 0;

	while (at.n > 0) {
		struct str before = at;

		if (*at.p == ' ')
			word = text.n - at.n;
		take_shown(look, &at, &one);
		width += one;
		if (width <= columns)
			continue;
		if (word == 0)	/* a word longer than a line; where one character is wider than that, it is taken all the same */
			word = before.n < text.n ? text.n - before.n : text.n - at.n;
		*rest = str_trim(str_from(text, word));
		return str_first(text, word);
	}
	*rest = STR_LIT("");
	return text;
}

void text_put_amount(struct buf *b, double v, const char *before, const char *behind)
{
	static const char *const prefixes[] = { "", "k", "M", "G", "T", "P", "E" };
	size_t i = 0;

	/* Not 1000 k, which 999.95 k would become. */
	for (; v >= (i == 0 ? 999.5 : 999.95) && i + 1 < sizeof(prefixes) / sizeof(*prefixes); i++)
		v /= 1000;
	buf_putf(b, i == 0 || v >= 99.95 ? "%.0f" : "%.1f", v);
	buf_putf(b, "%s%s%s", before, prefixes[i], behind);
}

void text_put_time(struct buf *b, uint64_t seconds)
{
	unsigned long long s = seconds;

	if (s < 60)
		buf_putf(b, "%llu s", s);
	else if (s < 3600)
		buf_putf(b, "%llum%02llus", s / 60, s % 60);
	else if (s < 86400)
		buf_putf(b, "%lluh%02llum", s / 3600, s / 60 % 60);
	else if (s < 1000 * 86400ull)
		buf_putf(b, "%llud%02lluh", s / 86400, s / 3600 % 24);
	else
		buf_put_text(b, "years");
}

void text_put_bar(struct buf *b, const struct look *look, double part, size_t columns)
{
	static const char *const eighths[] = {
		"", "\xe2\x96\x8f", "\xe2\x96\x8e", "\xe2\x96\x8d", "\xe2\x96\x8c", "\xe2\x96\x8b", "\xe2\x96\x8a", "\xe2\x96\x89",
	};
	size_t steps = look->utf8 ? (size_t)(part * 8 * (double)columns + 0.5) : 8 * (size_t)(part * (double)columns + 0.5);
	size_t full = steps / 8;
	bool begun = steps % 8 > 0;

	for (size_t i = 0; i < full && i < columns; i++)
		buf_put_text(b, look->utf8 ? "\xe2\x96\x88" : "#");
	buf_put_text(b, eighths[steps % 8]);
	for (size_t i = full + begun; i < columns; i++)
		buf_put_text(b, look->utf8 ? "\xe2\x96\x91" : "-");
}

void text_put_spark(struct buf *b, const struct look *look, double v, double max)
{
	static const char ascii[] = "_.:-=+*#";
	size_t level = max > 0 && v > 0 ? (size_t)(v / max * 7 + 0.5) : 0;

	if (level > 7)
		level = 7;
	if (look->utf8)
		buf_putf(b, "\xe2\x96%c", (char)(0x81 + level));
	else
		buf_put_char(b, ascii[level]);
}
