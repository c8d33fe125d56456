/*
 * expr.c - an expression, and behind a NUL the values of a row: a text for each column, parted by NULs, 'n' for a NULL.
 *
 * What is refused has its reason; an expression says the same of a row each time, and NOT turns what it says around.
 */
#include "fuzz.h"

#include "rules/expr.h"

static const char *const columns[][4] = {
	{ "i", "int(11)", "", "" }, { "u", "bigint(20) unsigned", "", "" }, { "d", "decimal(30,10)", "", "" }, { "f", "double", "", "" },
	{ "v", "varchar(20)", "utf8mb4", "utf8mb4_general_ci" }, { "w", "text", "utf8mb4", "utf8mb4_0900_ai_ci" },
	{ "e", "enum('a','b')", "utf8mb4", "utf8mb4_bin" }, { "s", "set('a','b')", "latin1", "latin1_swedish_ci" },
	{ "t", "datetime(6)", "", "" }, { "c", "time(2)", "", "" }, { "j", "json", "", "" }, { "b", "varbinary(20)", "", "" },
};
#define N_COLUMNS (sizeof(columns) / sizeof(columns[0]))

static enum expr_truth ask(struct expr *x, const struct row_value *row)
{
	struct err e = { 0 };
	enum expr_truth truth = expr_ask(x, row, 1600000000000000, &e);

	settled(truth != EXPR_FAILED, &e);
	return truth;
}

static void turned(struct str text, const struct table *t, const struct row_value *row, enum expr_truth truth)
{
	struct buf b = BUF_INIT(1 << 20);
	struct err e = { 0 };
	struct expr *x;

	buf_put_text(&b, "NOT(\n");
	buf_put_str(&b, text);
	buf_put_text(&b, "\n)");
	x = expr_bind(buf_str(&b), t, &e);
	if (settled(x, &e))	/* one that is all but too deep is so now */
		MUST(ask(x, row) == (truth == EXPR_TRUE ? EXPR_FALSE : truth == EXPR_FALSE ? EXPR_TRUE : truth));
	expr_free(x);
	buf_release(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str input = { (const char *)data, size }, text = take_until(&input, '\0');
	struct row_value row[N_COLUMNS];
	struct err e = { 0 };
	struct table t;
	struct expr *x;

	table_init(&t, STR_LIT("s"), STR_LIT("t"));
	for (size_t i = 0; i < N_COLUMNS; i++) {
		struct column c = {
			.name = str_of(columns[i][0]), .type = str_of(columns[i][1]), .charset = str_of(columns[i][2]),
			.collation = str_of(columns[i][3]), .base64 = i + 1 == N_COLUMNS,
		};
		struct str value = take_until(&input, '\0');

		table_add_column(&t, &c, i);
		row[i] = (struct row_value){ str_is(value, "n") ? VALUE_NULL : c.base64 ? VALUE_BYTES : VALUE_TEXT, value };
	}
	settled(expr_check(text, &e), &e);
	x = expr_bind(text, &t, &e);
	if (settled(x, &e)) {
		enum expr_truth truth = ask(x, row);

		MUST(ask(x, row) == truth);
		turned(text, &t, row, truth);
	}
	expr_free(x);
	table_release(&t);
	return 0;
}
