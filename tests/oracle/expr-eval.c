/*
 * expr-eval - what lib/rules makes of expressions over rows; for tests/oracle/expr.
 *
 * usage: expr-eval STREAM EXPRESSIONS
 *
 * STREAM has a table line and insert lines of that table, as dm-dump writes them. For each line of EXPRESSIONS one line is printed: a
 * letter for each row, 1 0 N (unknown) or E (it cannot be told); or "refused: " and why. Errors of rows go to standard error.
 */
#include <stdio.h>
#include <stdlib.h>

#include "rules/expr.h"
#include "stream/rows.h"

static struct table table;
static struct row_value *rows;
static size_t n_rows;
static struct arena arena;

static char *read_line(FILE *f, size_t *n)
{
	static char *line;
	static size_t room;
	ssize_t got = getline(&line, &room, f);

	if (got <= 0)
		return NULL;
	*n = (size_t)got - (line[got - 1] == '\n');
	return line;
}

static bool take_rows(struct str line, const struct event_head *head, struct err *e)
{
	struct rows_reader r;
	bool more = true, ok;

	rows_init(&r);
	rows_keep(&r, &arena, false);
	ok = rows_start(&r, head, &table, arena_str(&arena, line), e);
	while (ok && (ok = rows_next(&r, &more, e)) && more) {
		rows = realloc(rows, (n_rows + 1) * table.n_columns * sizeof(*rows));
		memcpy(rows + n_rows++ * table.n_columns, r.after, table.n_columns * sizeof(*rows));
	}
	rows_release(&r);
	return ok;
}

static bool read_stream(FILE *f, struct err *e)
{
	char *line;
	size_t n;

	while ((line = read_line(f, &n))) {
		struct str text = { line, n };
		struct event_head head;

		if (!event_head_parse(&head, text, &arena, e))
			return false;
		if (head.type == EVENT_TABLE && !table_line_parse(&table, NULL, text, &arena, e))
			return false;
		if (head.type == EVENT_INSERT && !take_rows(text, &head, e))
			return false;
	}
	return true;
}

static void evaluate(struct str text)
{
	static const char letters[] = { [EXPR_FALSE] = '0', [EXPR_TRUE] = '1', [EXPR_UNKNOWN] = 'N', [EXPR_FAILED] = 'E' };
	struct err e = { .kind = NULL };
	struct expr *x = expr_bind(text, &table, &e);

	if (!x) {
		printf("refused: %s\n", e.text);
		return;
	}
	for (size_t i = 0; i < n_rows; i++) {
		enum expr_truth t = expr_ask(x, rows + i * table.n_columns, 1600000000000000, &e);

		putchar(letters[t]);
		if (t == EXPR_FAILED)
			fprintf(stderr, "%.*s: row %zu: %s\n", STR(text), i + 1, e.text);
	}
	putchar('\n');
	expr_free(x);
}

int main(int argc, char **argv)
{
	struct err e = { .kind = NULL };
	FILE *stream = argc == 3 ? fopen(argv[1], "r") : NULL, *expressions = argc == 3 ? fopen(argv[2], "r") : NULL;
	char *line;
	size_t n;

	if (!stream || !expressions || !read_stream(stream, &e)) {
		fprintf(stderr, "expr-eval: %s\n", e.kind ? e.text : "usage: expr-eval STREAM EXPRESSIONS");
		return 1;
	}
	while ((line = read_line(expressions, &n)))
		evaluate((struct str){ line, n });
	return 0;
}
