/*
 * rules.c - patterns and rules as options give them, one a line: '+' do-db, '-' ignore-db, 'd' do-table, 'i' ignore-table,
 * '=' route; 'f' an event filter; 'g' and 'G' a pattern alone. What else stands there is a name that is asked about.
 */
#include "fuzz.h"

#include "rules/rules.h"
#include "text/glob.h"

/* A pattern without any sign means its own letters. */
static void check_glob(struct str pattern, bool case_sensitive)
{
	struct err e = { 0 };
	struct glob *g = glob_new(pattern, case_sensitive, &e);
	bool plain = pattern.n > 0 && pattern.p[0] != '~';

	if (!settled(g, &e))
		return;
	must_equal(glob_text(g), pattern, "the text of a pattern");
	for (size_t i = 0; i < pattern.n; i++)
		plain = plain && !memchr("*?[]", pattern.p[i], 4);
	if (plain)
		MUST(glob_match(g, pattern) && !glob_match(g, STR_LIT("")));
	glob_match(g, STR_LIT("store_01"));
	glob_match(g, STR_LIT("\xc3\x84pfel\xff"));
	glob_free(g);
}

static void ask(struct rules *r, struct str name)
{
	struct str schema = name, table = STR_LIT(""), to_schema, to_table, again_schema, again_table;
	struct err e = { 0 };
	bool ok;

	str_cut(name, '.', &schema, &table);
	if (schema.n == 0)
		return;
	rules_want_schema(r, schema);
	if (table.n > 0 && rules_want_table(r, schema, table))
		settled(rules_want_rows(r, schema, table, "insert", &e) != RULES_ERROR, &e);
	settled(rules_want_ddl(r, schema, table, STR_LIT("drop table"), name, &e) != RULES_ERROR, &e);
	ok = settled(rules_route(r, schema, table, &to_schema, &to_table, &e), &e);
	MUST(ok == settled(rules_route(r, schema, table, &again_schema, &again_table, &e), &e));
	if (ok) {
		MUST(to_schema.n > 0);
		must_equal(to_schema, again_schema, "a route that is asked for twice");
		must_equal(to_table, again_table, "a route that is asked for twice");
	}
	rules_merges(r, schema, table);
}

/* "schema.table=events;sql": action Ignore. */
static bool add_filter(struct rules *r, struct str text, struct err *e)
{
	struct str schema, table, event, sql;
	struct config_filter f = { .name = STR_LIT("f"), .events = &event, .sql_patterns = &sql, .action = STR_LIT("Ignore") };

	schema = take_until(&text, '.');
	table = take_until(&text, '=');
	event = take_until(&text, ';');
	sql = text;
	f.schema_pattern = schema;
	f.table_pattern = table;
	f.n_events = event.n > 0;
	f.n_sql_patterns = sql.n > 0;
	return rules_add_filter(r, &f, e);
}

/* False where a rule is refused: what is left of the rules is then of no use to anybody. */
static bool take_line(struct rules *r, struct str line)
{
	struct err e = { 0 };
	struct str rest = str_from(line, 1);

	switch (line.n ? line.p[0] : 0) {
	case '+':
		return settled(rules_add_do_db(r, rest, &e), &e);
	case '-':
		return settled(rules_add_ignore_db(r, rest, &e), &e);
	case 'd':
		return settled(rules_add_do_table(r, rest, &e), &e);
	case 'i':
		return settled(rules_add_ignore_table(r, rest, &e), &e);
	case '=':
		return settled(rules_add_route(r, rest, &e), &e);
	case 'f':
		return settled(add_filter(r, rest, &e), &e);
	case 'g': case 'G':
		check_glob(rest, line.p[0] == 'G');
		return true;
	default:
		ask(r, line);
		return true;
	}
}

static void warn(void *context, const char *text)
{
	(void)context;
	MUST(text[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct rules_table tables[] = {
		{ STR_LIT("store_01"), STR_LIT("sale_01") }, { STR_LIT("store_02"), STR_LIT("sale_02") }, { STR_LIT("a"), STR_LIT("b") },
	};
	struct str input = { (const char *)data, size };
	struct rules *r = rules_new(take_byte(&input) & 1);
	struct err e = { 0 };
	bool good = true;

	while (good && input.n > 0)
		good = take_line(r, take_until(&input, '\n'));
	if (good) {
		settled(rules_lint(r, tables, 3, warn, NULL, &e), &e);
		rules_lint_patterns(r, tables, 3, warn, NULL);
	}
	rules_free(r);
	return 0;
}
