/*
 * ddl.c - statements, one after the other, carried out on the structures that they make.
 *
 * Input: a byte of flags (1 of MariaDB, 2 ANSI_QUOTES, 4 NO_BACKSLASH_ESCAPES, 8 explicit timestamps, 16 a charset of the
 * database is known), then statements with a NUL between them. Renamed or cut down, a statement is the same about other
 * names; an ALTER with some of its clauses, or one of its changes, is an ALTER with those; a structure survives being written as a
 * line.
 */
#include "fuzz.h"

#include "base/map.h"
#include "rules/split.h"
#include "schema/ddl_cut.h"
#include "schema/ddl_event.h"
#include "stream/event.h"
#include "text/sql_lex.h"
#include "text/utf8.h"

#define LIMIT (16 << 20)

struct store {
	struct map tables;	/* "schema\0table" */
	struct arena arena;	/* keys */
};

static struct str key_of(struct store *s, struct str schema, struct str table)
{
	struct str key = { arena_alloc(&s->arena, schema.n + table.n + 1), schema.n + table.n + 1 };
	char *p = (char *)key.p;

	if (schema.n)
		memcpy(p, schema.p, schema.n);
	p[schema.n] = '\0';
	if (table.n)
		memcpy(p + schema.n + 1, table.p, table.n);
	return key;
}

static void forget(struct table *t)
{
	if (!t)
		return;
	table_release(t);
	free(t);
}

static const struct table *get(void *context, struct str schema, struct str table)
{
	struct store *s = context;

	return map_get(&s->tables, key_of(s, schema, table));
}

/* A structure of text that is none cannot be written as a line; where statements come from, it never is. */
static bool is_text(const struct table *t)
{
	bool ok = utf8_valid(t->schema) && utf8_valid(t->name) && utf8_valid(t->charset);

	for (size_t i = 0; ok && i < t->n_columns; i++)
		ok = utf8_valid(t->columns[i].name) && utf8_valid(t->columns[i].type) && utf8_valid(t->columns[i].charset) &&
		     utf8_valid(t->columns[i].def) && utf8_valid(t->columns[i].expression) && utf8_valid(t->columns[i].collation);
	for (size_t i = 0; ok && i < t->n_keys; i++)
		ok = utf8_valid(t->keys[i].name);
	return ok;
}

static void check_line(const struct table *t)
{
	struct buf b = BUF_INIT(LIMIT);
	struct arena a = ARENA_INIT;
	struct err e = { 0 };
	struct table again;
	char why[200];

	table_line_put(&b, t, NULL);
	if (is_text(t) && t->schema.n > 0 && t->name.n > 0) {
		if (!table_line_parse(&again, NULL, str_first(buf_str(&b), b.n - 1), &a, &e) ||
		    !table_equal(t, &again, why, sizeof(why))) {
			fprintf(stderr, "%s%s: %.*s\n", e.text, e.kind ? "" : why, STR(buf_str(&b)));
			abort();
		}
		table_release(&again);
	}
	arena_release(&a);
	buf_release(&b);
}

static void check_table(const struct table *t)
{
	const struct key *identity = table_identity(t);
	struct arena a = ARENA_INIT;
	struct buf b = BUF_INIT(LIMIT);

	for (size_t i = 0; i < t->n_columns; i++) {
		struct str *labels;
		size_t n;

		MUST(table_find_column(t, t->columns[i].name) <= i);
		column_type_put_normal(&b, t->columns[i].type);
		column_type_labels(&a, t->columns[i].type, &labels, &n);
	}
	for (size_t i = 0; i < t->n_keys; i++)
		for (size_t k = 0; k < t->keys[i].n_parts; k++)
			MUST(t->keys[i].parts[k].column.n == 0 ||
			     table_find_column(t, t->keys[i].parts[k].column) != SIZE_MAX);
	MUST(!identity || identity->n_parts > 0);
	buf_release(&b);
	arena_release(&a);
	check_line(t);
}

static void set(void *context, struct str schema, struct str table, const struct table *structure)
{
	struct store *s = context;
	struct str key = key_of(s, schema, table);
	struct table *copy = NULL;

	if (structure) {
		check_table(structure);
		copy = mem_alloc(sizeof(*copy));
		table_copy(copy, structure);
	}
	forget(copy ? map_put(&s->tables, key, copy) : map_take(&s->tables, key));
}

static void drop_schema(void *context, struct str schema)
{
	struct store *s = context;
	struct map_entry *entry;

	for (size_t at = 0; (entry = map_next(&s->tables, &at));)
		if (str_starts(entry->key, schema) && entry->key.n > schema.n && entry->key.p[schema.n] == '\0') {
			forget(entry->value);
			entry->value = NULL;
		}
}

static void check_places(const struct ddl *ddl)
{
	MUST(ddl->n_tables <= ddl->n_names);
	MUST((ddl->kind == DDL_UNKNOWN) == (ddl->why[0] != '\0'));
	MUST(ddl_kind_of_name(str_of(ddl_kind_name(ddl->kind))) == ddl->kind);
	MUST(ddl->cut_start <= ddl->cut_end && ddl->cut_end <= ddl->sql.n);
	for (size_t i = 0; i < ddl->n_names; i++)
		MUST(ddl->names[i].start <= ddl->names[i].end && ddl->names[i].end <= ddl->sql.n);
	for (const struct ddl_change *c = ddl->changes; c; c = c->next)
		MUST(c->start <= c->end && c->end <= ddl->sql.n);
}

static void show(const struct ddl *ddl, struct str other, const char *what)
{
	fprintf(stderr, "%s:\n%.*s\n%.*s\n", what, STR(ddl->sql), STR(other));
	abort();
}

/* sql is the statement with these names. */
static void must_name(const struct ddl *ddl, struct str sql, const struct ddl_name *names, size_t n, bool mariadb, const char *what)
{
	struct arena a = ARENA_INIT;
	struct ddl again;
	bool same;

	ddl_parse(&again, &a, sql, STR_LIT("other"), ddl->sql_mode, mariadb);
	same = again.kind == ddl->kind && again.n_names == n;
	for (size_t i = 0; same && i < n; i++)
		same = str_eq(again.names[i].schema, names[i].schema) && str_eq(again.names[i].table, names[i].table);
	if (!same)
		show(ddl, sql, what);
	arena_release(&a);
}

/* Renamed to its own names, and to strange ones, it is the same statement about those. */
static void check_renamed(const struct ddl *ddl, bool mariadb)
{
	struct ddl_name *to = mem_array(ddl->n_names + 1, sizeof(*to));
	struct buf b = BUF_INIT(LIMIT);

	if (ddl->n_names)
		memcpy(to, ddl->names, ddl->n_names * sizeof(*to));
	ddl_put_renamed(&b, ddl, to);
	if (ddl->kind != DDL_UNKNOWN) {
		must_name(ddl, buf_str(&b), to, ddl->n_names, mariadb, "renamed to its own names it is another");
		for (size_t i = 0; i < ddl->n_names; i++) {
			if (i % 3 < 2)
				to[i].schema = STR_LIT("a`.\"b");
			if (i % 3 < 1 && to[i].table.n > 0)
				to[i].table = STR_LIT("'c */ d\\");
		}
		buf_clear(&b);
		ddl_put_renamed(&b, ddl, to);
		must_name(ddl, buf_str(&b), to, ddl->n_names, mariadb, "renamed it is another");
	}
	free(to);
	buf_release(&b);
}

/* Cut down to every other table, or pair of them, it is the same statement about those. */
static void check_split(const struct ddl *ddl, bool mariadb)
{
	size_t group = split_group(ddl), n = ddl->n_tables / group, n_left = 0;
	struct buf whole = BUF_INIT(LIMIT), b = BUF_INIT(LIMIT);
	struct ddl_name *left;
	struct arena a = ARENA_INIT;
	struct ddl named;
	bool *keep;

	if (!split_can(ddl) || n == 0)
		return;
	ddl_put_renamed(&whole, ddl, ddl->names);	/* now each name has its schema */
	ddl_parse(&named, &a, buf_str(&whole), STR_LIT("d"), ddl->sql_mode, mariadb);
	keep = arena_array(&a, n, sizeof(*keep));
	left = arena_array(&a, ddl->n_tables, sizeof(*left));
	for (size_t i = 0; i < n; i++) {
		keep[i] = i % 2 == n % 2 || n == 1;
		for (size_t k = 0; keep[i] && k < group; k++)
			left[n_left++] = named.names[i * group + k];
	}
	if (n_left > 0 && split_can(&named)) {
		split_put(&b, &named, keep);
		must_name(&named, buf_str(&b), left, n_left, mariadb, "cut down it is another");
	}
	arena_release(&a);
	buf_release(&whole);
	buf_release(&b);
}

static void must_alter(const struct ddl *ddl, struct str sql, size_t n_clauses, bool mariadb, const char *what)
{
	struct arena a = ARENA_INIT;
	struct ddl again;

	ddl_parse(&again, &a, sql, STR_LIT("d"), ddl->sql_mode, mariadb);
	if (again.kind != DDL_ALTER_TABLE || again.n_clauses != n_clauses || again.n_tables == 0 ||
	    !str_eq(again.names[0].table, ddl->names[0].table))
		show(ddl, sql, what);
	arena_release(&a);
}

/* With every other clause it is still an ALTER of as many; so is each of its changes alone. */
static void check_clauses(const struct ddl *ddl, const struct table *old, bool mariadb)
{
	struct ddl_event_name events[DDL_EVENTS_MAX];
	struct buf b = BUF_INIT(LIMIT);
	struct arena a = ARENA_INIT;
	bool *keep = arena_array(&a, ddl->n_clauses + 1, sizeof(*keep));
	struct str *singles;
	size_t i = 0, n, n_kept = 0;

	for (const struct ddl_clause *c = ddl->clauses; c; c = c->next, i++) {
		MUST(c->start <= c->end && c->end <= ddl->sql.n && c->name < ddl->n_names + (c->name == 0));
		MUST(c->event || c->kind == CLAUSE_MODIFY);
		n = ddl_clause_events(ddl, c, old, events);
		MUST(n > 0 && n <= DDL_EVENTS_MAX && events[0].event);
		keep[i] = i % 2 == ddl->sql.n % 2;
		n_kept += keep[i];
	}
	if (ddl->kind == DDL_ALTER_TABLE && n_kept > 0) {
		ddl_put_clauses(&b, ddl, keep);
		must_alter(ddl, buf_str(&b), n_kept, mariadb, "cut it is another");
	}
	singles = ddl_singles(&a, ddl, &n);
	for (i = 0; singles && i < n && n < 100; i++)
		must_alter(ddl, singles[i], 1, mariadb, "of its changes one is another");
	arena_release(&a);
	buf_release(&b);
}

static void run(struct store *s, struct str sql, uint8_t flags)
{
	static const char *const modes[] = { "", "ANSI_QUOTES", "NO_BACKSLASH_ESCAPES", "ANSI_QUOTES,NO_BACKSLASH_ESCAPES" };
	struct ddl_tables tables = {
		.get = get, .set = set, .drop_schema = drop_schema, .context = s,
		.default_charset = flags & 16 ? STR_LIT("utf8mb4") : STR_LIT(""),
		.timestamps = flags & 8 ? TIMESTAMPS_EXPLICIT : TIMESTAMPS_UNKNOWN,
	};
	struct arena a = ARENA_INIT;
	struct err e = { 0 };
	struct ddl ddl;

	ddl_parse(&ddl, &a, sql, STR_LIT("d"), str_of(modes[flags >> 1 & 3]), flags & 1);
	check_places(&ddl);
	check_renamed(&ddl, flags & 1);
	check_split(&ddl, flags & 1);
	if (ddl.kind == DDL_ALTER_TABLE)
		check_clauses(&ddl, get(s, ddl.names[0].schema, ddl.names[0].table), flags & 1);
	settled(ddl_apply(&ddl, &tables, &e), &e);
	arena_release(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str input = { (const char *)data, size };
	struct store s = { .tables = MAP_INIT, .arena = ARENA_INIT };
	uint8_t flags = take_byte(&input);
	struct map_entry *entry;

	while (input.n > 0) {
		struct str sql = take_until(&input, '\0');
		char *exact = exact_copy(sql);

		run(&s, (struct str){ exact, sql.n }, flags);
		free(exact);
	}
	for (size_t at = 0; (entry = map_next(&s.tables, &at));)
		forget(entry->value);
	map_release(&s.tables);
	arena_release(&s.arena);
	return 0;
}
