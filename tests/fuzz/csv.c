/*
 * csv.c - rows of CSV: a byte of flags (1 backslashes), one that says how big the pieces are, then separator, delimiter, terminator and
 * the text for NULL, each up to a '\n', and the text. Read whole and read in pieces it gives the same rows.
 */
#include "fuzz.h"

#include "text/csv.h"

#define LIMIT (64 << 20)
#define FIELDS 40

static void put_row(struct buf *out, const struct csv_field *fields, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		buf_putf(out, "%c%c%zu:", fields[i].is_null ? 'N' : ' ', fields[i].quoted ? 'Q' : ' ', fields[i].text.n);
		buf_put_str(out, fields[i].text);
		MUST(!fields[i].is_null || !fields[i].quoted);
	}
	buf_put_char(out, '\n');
}

static enum csv_got read_all(struct buf *out, const struct csv_form *form, struct str text, size_t piece)
{
	struct csv_field fields[FIELDS];
	struct arena a = ARENA_INIT;
	size_t at = 0, have = 0;

	for (;;) {
		char *copy = exact_copy((struct str){ text.p + at, have });
		size_t n, used;
		enum csv_got got = csv_next(form, (struct str){ copy, have }, at + have == text.n, fields, FIELDS, &n, &used, &a);

		MUST(n <= FIELDS);
		if (got == CSV_ROW) {
			MUST(used > 0 && used <= have);
			put_row(out, fields, n);
			at += used;
			have -= used;
		}
		free(copy);
		arena_clear(&a);
		if (got == CSV_MORE) {
			MUST(at + have < text.n);
			have += piece < text.n - at - have ? piece : text.n - at - have;
		} else if (got != CSV_ROW) {
			arena_release(&a);
			return got;
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str input = { (const char *)data, size };
	unsigned flags = take_byte(&input);
	size_t piece = (size_t)take_byte(&input) % 64 + 1;
	struct csv_form form = { .backslash = flags & 1 };
	struct buf whole = BUF_INIT(LIMIT), pieces = BUF_INIT(LIMIT);

	form.separator = take_until(&input, '\n');
	form.delimiter = take_until(&input, '\n');
	form.terminator = take_until(&input, '\n');
	form.null_value = take_until(&input, '\n');
	if (form.separator.n == 0)
		form.separator = STR_LIT(",");	/* dm-load wants one */
	if (flags & 2)
		form.terminator = STR_LIT("|\n");
	if (input.n > 4000)
		return 0;	/* each piece is a copy */
	MUST(read_all(&whole, &form, input, SIZE_MAX) == read_all(&pieces, &form, input, piece));
	must_equal(buf_str(&whole), buf_str(&pieces), "rows whole and in pieces");
	buf_release(&whole);
	buf_release(&pieces);
	return 0;
}
