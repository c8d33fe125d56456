/*
 * text.h - words and numbers for a screen: whose width in columns is known, and which no stranger's text can disturb.
 *
 * What comes from files is masked: control characters, characters that cannot be seen or that turn the direction of writing, and
 * bytes that are no characters become '?'. Without UTF-8 so does all that is not ASCII.
 */
#ifndef DM_TOP_TEXT_H
#define DM_TOP_TEXT_H

#include "base/buf.h"

struct look {
	bool utf8, colour;
};

/* Colour where the terminal has it and NO_COLOR is not set; UTF-8 by the locale, which is taken on. */
void look_init(struct look *look);

/* Puts the text, masked, in so many columns at most; what is cut ends in an ellipsis. Returns the columns that were used. */
size_t text_put(struct buf *b, const struct look *look, struct str text, size_t columns);

/* Columns that it takes. */
size_t text_width(const struct look *look, struct str text);

/* The head of text that fits into so many columns, whole words where there is a space; rest is what follows. */
struct str text_wrap(const struct look *look, struct str text, size_t columns, struct str *rest);

/* Three figures, decimal thousands; what stands in front of the prefix, and behind it: "18.9 MB/s" has " " and "B/s", "12.3k rows/s"
 * "" and " rows/s". */
void text_put_amount(struct buf *b, double v, const char *before, const char *behind);

/* "12 s", "2m10s", "3h05m", "12d03h" */
void text_put_time(struct buf *b, uint64_t seconds);

/* A bar of so many columns, filled so far as part (0 to 1) says. */
void text_put_bar(struct buf *b, const struct look *look, double part, size_t columns);

/* One column for a value between 0 and max. */
void text_put_spark(struct buf *b, const struct look *look, double v, double max);

#endif
