/* foreign.c - foreign keys whose parent does not go where the child goes. */
#include "check.h"

/* What the task does to a parent's rows, as words for a message; NULL: nothing. */
static const char *filtered(struct rules *rules, struct str schema, struct str table)
{
	static const char *const events[][2] = {
		{ "insert", "whose inserts a filter drops" }, { "update", "whose updates a filter drops" },
		{ "delete", "whose deletes a filter drops" },
	};
	struct err ignored = { 0 };

	if (!rules_want_table(rules, schema, table))
		return "which the task does not want";
	for (size_t i = 0; i < sizeof(events) / sizeof(*events); i++) {
		if (rules_want_rows(rules, schema, table, events[i][0], &ignored) == RULES_DROP)
			return events[i][1];
		err_clear(&ignored);
	}
	return NULL;
}

/* key: schema, child, name, the parent's schema, parent. */
static void check_key(struct report *r, struct upstream *u, const struct str *key)
{
	struct str to_schema = key[3], to_table = key[4];
	const char *what = filtered(u->rules, key[3], key[4]);
	struct err ignored = { 0 };

	if (what) {
		report_problem(r, false, "want the parent too, or do without the foreign key downstream",
			       "foreign key '%.*s' of '%.*s.%.*s' refers to '%.*s.%.*s', %s", STR(key[2]), STR(key[0]),
			       STR(key[1]), STR(key[3]), STR(key[4]), what);
		return;
	}
	if (!rules_route(u->rules, key[3], key[4], &to_schema, &to_table, &ignored))
		return;			/* two routes: told by the check of rules */
	if (!str_eq(to_schema, key[3]) || !str_eq(to_table, key[4]))
		report_problem(r, false, "see that the downstream's foreign key refers to that table, or do without it there",
			       "foreign key '%.*s' of '%.*s.%.*s' refers to '%.*s.%.*s', which a route renames to '%.*s.%.*s'",
			       STR(key[2]), STR(key[0]), STR(key[1]), STR(key[3]), STR(key[4]), STR(to_schema),
			       STR(to_table));
}

/* MariaDB opens every table to list foreign keys; whether InnoDB, which alone has them, knows any is had at once. */
static bool has_none(struct conn *c)
{
	struct arena a = ARENA_INIT;
	struct err ignored = { 0 };		/* without PROCESS it does not say */
	struct str value;
	bool none = c->flavor == FLAVOR_MARIADB &&
		    conn_get(c, &a, &value, STR_LIT("SELECT COUNT(*) FROM information_schema.INNODB_SYS_FOREIGN"), &ignored) &&
		    str_is(value, "0");

	arena_release(&a);
	return none;
}

void check_foreign_keys(struct report *r, struct upstream *u, struct conn *c)
{
	struct result rows = { 0 };
	struct err e = { 0 };
	bool more = true, ok;

	report_begin(r, "foreign key checker", "do parents go where their children go", u->where);
	if (has_none(c)) {
		report_end(r);
		return;
	}
	ok = conn_query(c, &rows, STR_LIT("SELECT CONSTRAINT_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, UNIQUE_CONSTRAINT_SCHEMA, "
					  "REFERENCED_TABLE_NAME FROM information_schema.REFERENTIAL_CONSTRAINTS "
					  "ORDER BY 1, 2, 3"), false, &e);
	while (ok && (ok = result_next(&rows, &more, &e)) && more)
		if (rules_want_table(u->rules, rows.row[0], rows.row[1]))
			check_key(r, u, rows.row);
	if (!ok)
		report_problem(r, e.kind == &err_upstream_rogue, NULL, "%s", e.text);
	result_release(&rows);
	report_end(r);
}
