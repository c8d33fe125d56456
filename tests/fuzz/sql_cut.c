/*
 * sql_cut.c - statements cut out of a file: a byte of flags (1 no backslashes, 2 terminators at the end of a line only), one that says
 * how big the pieces are, and the text. Cut whole and cut in pieces it gives the same statements.
 */
#include "fuzz.h"

#include "text/sql_cut.h"

#define LIMIT (64 << 20)

/* All statements behind each other, and how it ended. Pieces come in blocks of their own. */
static enum sql_cut_got cut_all(struct buf *out, struct str text, size_t piece, unsigned flags)
{
	struct str statement;
	struct sql_cut cut;
	size_t at = 0, have = 0;

	sql_cut_init(&cut);
	cut.backslash = !(flags & 1);
	cut.at_line_end = flags & 2;
	for (;;) {
		char *copy = exact_copy((struct str){ text.p + at, have });
		size_t used, before = at;
		enum sql_cut_got got = sql_cut_next(&cut, (struct str){ copy, have }, at + have == text.n, &statement, &used);

		MUST(used <= have);
		if (got == SQL_CUT_STATEMENT) {
			MUST(statement.p >= copy && statement.p + statement.n <= copy + used);
			buf_put_str(out, statement);
			buf_put_text(out, "\n;\n");
		}
		at += used;
		have -= used;
		free(copy);
		if (got == SQL_CUT_STATEMENT) {
			MUST(at > before);
		} else if (got == SQL_CUT_MORE) {
			MUST(at + have < text.n);
			have += piece < text.n - at - have ? piece : text.n - at - have;
		} else {
			return got;
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str input = { (const char *)data, size };
	unsigned flags = take_byte(&input);
	size_t piece = (size_t)take_byte(&input) % 64 + 1;
	struct buf whole = BUF_INIT(LIMIT), pieces = BUF_INIT(LIMIT);

	if (input.n > 4000)
		return 0;	/* each piece is a copy */
	MUST(cut_all(&whole, input, SIZE_MAX, flags) == cut_all(&pieces, input, piece, flags));
	must_equal(buf_str(&whole), buf_str(&pieces), "statements whole and in pieces");
	buf_release(&whole);
	buf_release(&pieces);
	return 0;
}
