/* sql_split.c - statements in one text. */
#include "tests.h"

#include "text/sql_lex.h"
#include "text/sql_split.h"

/* All of them, '|' behind each. */
static void put_all(struct buf *b, const char *text, unsigned flags)
{
	struct str rest = str_of(text), statement;

	while (sql_split(&rest, flags, &statement)) {
		buf_put_str(b, statement);
		buf_put_char(b, '|');
	}
}

static void statements_are_told_apart(void)
{
	struct buf b = BUF_INIT(4096);

	put_all(&b, "A b; C ;;\n D", 0);
	CHECK(holds_text(&b, "A b|C|D|"));
	put_all(&b, " ; ;", 0);
	CHECK(holds_text(&b, ""));
	put_all(&b, "", 0);
	CHECK(holds_text(&b, ""));
	put_all(&b, "a ';' \"x;\" `;` /* ; */ b -- ;\n; c", 0);
	CHECK(holds_text(&b, "a ';' \"x;\" `;` /* ; */ b -- ;|c|"));
	put_all(&b, "a 'x\\';' ; b", 0);
	CHECK(holds_text(&b, "a 'x\\';'|b|"));
	put_all(&b, "a 'x\\';' ; b'", SQL_NO_BACKSLASH_ESCAPES);
	CHECK(holds_text(&b, "a 'x\\'|' ; b'|"));
	put_all(&b, "a 'not closed; b", 0);
	CHECK(holds_text(&b, "a 'not closed; b|"));
	buf_release(&b);
}

void test_sql_split(void)
{
	statements_are_told_apart();
}
