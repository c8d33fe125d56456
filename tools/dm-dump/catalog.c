/* catalog.c - which schemas and tables are dumped, as of the snapshot; see dump.h */
#include "dump.h"

#include <stdlib.h>

#include "base/log.h"
#include "text/sql_quote.h"

const struct err_kind err_dump_changed = {
	.code = 32501, .class = "dump-unit", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_RETRY,
	.workaround = "start the dump again, at a time when nobody changes table structures",
};

static const struct err_kind err_no_schema = {
	.code = 20070, .class = "dump-unit", .scope = SCOPE_UPSTREAM, .level = LEVEL_MEDIUM, .status = STATUS_REFUSED,
	.workaround = "give --database the names of schemas as the server shows them to this account; those of tables are for --tables-list",
};

/* Rows are few and short: names only. */
struct growing {
	struct dump_table *tables;
	size_t n, cap;
	struct dump_view *views;
	size_t n_views, views_cap;
	size_t unwanted;	/* tables that the rules leave out */
};

static struct dump_table *add(struct growing *g)
{
	if (g->n == g->cap) {
		g->cap = g->cap ? 2 * g->cap : 64;
		g->tables = mem_rearray(g->tables, g->cap, sizeof(*g->tables));
	}
	memset(&g->tables[g->n], 0, sizeof(*g->tables));
	return &g->tables[g->n++];
}

static void add_view(struct growing *g, struct str schema, struct str name)
{
	if (g->n_views == g->views_cap) {
		g->views_cap = g->views_cap ? 2 * g->views_cap : 64;
		g->views = mem_rearray(g->views, g->views_cap, sizeof(*g->views));
	}
	g->views[g->n_views++] = (struct dump_view){ schema, name };
}

static size_t find(const struct str *names, size_t n, struct str name)
{
	size_t i = 0;

	while (i < n && !str_eq(names[i], name))
		i++;
	return i;
}

/* Marks the schemas that one --database names: "a,b,c", or one whose own name holds commas. */
static bool mark_listed(bool *listed, const struct str *names, size_t n, struct str list, struct arena *a, struct err *e)
{
	size_t at = find(names, n, list);
	struct str name = list, rest = list;

	if (at < n)
		rest = STR_NONE;
	do {
		if (rest.p && list_next(&rest, &name, false, a))
			at = find(names, n, name);
		if (at == n)
			return err_set(e, &err_no_schema, "the server shows no schema '%.*s', or it is one of its own", STR(name));
		listed[at] = true;
	} while (rest.p);
	return true;
}

static bool read_listed(bool *listed, const struct str *names, size_t n, const struct opt_list *list, struct arena *a,
			struct err *e)
{
	bool ok = true;

	for (size_t i = 0; i < n; i++)
		listed[i] = list->n == 0;
	for (size_t i = 0; ok && i < list->n; i++)
		ok = mark_listed(listed, names, n, str_of(list->items[i]), a, e);
	return ok;
}

static bool read_schemas(struct catalog *c, struct conn *conn, const struct dump_want *want, struct err *e)
{
	struct str *names;
	bool *listed;
	size_t n;

	if (!server_schemas(conn, &c->arena, &names, &n, e))
		return false;
	listed = arena_array(&c->arena, n + 1, sizeof(*listed));
	if (!read_listed(listed, names, n, &want->databases, &c->arena, e))
		return false;
	c->schemas = names;
	c->n_schemas = 0;
	for (size_t i = 0; i < n; i++)
		if (listed[i] && (want->filter || !want->rules || rules_want_schema(want->rules, names[i])))
			c->schemas[c->n_schemas++] = names[i];
	return true;
}

static void put_where(struct buf *sql, struct str schema)
{
	buf_put_text(sql, " WHERE TABLE_SCHEMA = ");
	sql_put_text(sql, schema, true);
}

/* ",InnoDB,ROCKSDB," : the engines with snapshots. */
static bool read_engines(struct conn *conn, struct buf *engines, struct err *e)
{
	struct result r;
	bool more = false, ok;

	ok = conn_query(conn, &r, STR_LIT("SELECT ENGINE FROM information_schema.ENGINES WHERE TRANSACTIONS = 'YES'"),
			false, e);
	buf_put_char(engines, ',');
	while (ok && (ok = result_next(&r, &more, e)) && more) {
		buf_put_str(engines, r.row[0]);
		buf_put_char(engines, ',');
	}
	result_release(&r);
	return ok;
}

static bool has_snapshots(struct str engines, struct str engine)
{
	char name[70] = ",";

	if (!engine.p || engine.n > 64)
		return false;
	memcpy(name + 1, engine.p, engine.n);
	memcpy(name + 1 + engine.n, ",", 2);
	return str_find(engines, str_of(name)) != SIZE_MAX;
}

/* One row of information_schema.TABLES: name, type, engine, time of creation. */
static void take_table(struct growing *g, struct arena *a, struct str schema, const struct str *row,
		       struct str engines, const struct dump_want *want)
{
	struct dump_table *t;

	if (want->filter ? !table_filter_wants(want->filter, schema, row[0]) :
			   want->rules && !rules_want_table(want->rules, schema, row[0])) {
		g->unwanted++;
		return;
	}
	if (str_is(row[1], "SYSTEM VERSIONED"))
		log_warning("`%.*s`.`%.*s` is system-versioned: what is there now is dumped, its history is not", STR(schema),
			    STR(row[0]));
	if (str_is(row[1], "VIEW") && want->dir && !want->no_views && !want->no_schemas) {
		add_view(g, schema, arena_str(a, row[0]));
		return;
	}
	if (!str_is(row[1], "SYSTEM VERSIONED") && !str_is(row[1], "BASE TABLE") && !str_is(row[1], "SEQUENCE")) {
		log_notice("`%.*s`.`%.*s` is not dumped: it is a %.*s", STR(schema), STR(row[0]), STR(row[1]));
		return;
	}
	t = add(g);
	t->schema = schema;
	t->name = arena_str(a, row[0]);
	t->is_sequence = str_is(row[1], "SEQUENCE");
	t->needs_lock = !has_snapshots(engines, row[2]);
	t->identity = str_hash(row[3].p ? row[3] : STR_LIT(""));
}

static bool read_tables(struct growing *g, struct arena *a, struct conn *conn, struct str schema, struct str engines,
			const struct dump_want *want, struct err *e)
{
	struct buf sql = BUF_INIT(1 << 16);
	struct result r;
	bool more = false, ok;

	buf_put_text(&sql, "SELECT TABLE_NAME, TABLE_TYPE, ENGINE, CREATE_TIME FROM information_schema.TABLES");
	put_where(&sql, schema);
	buf_put_text(&sql, " ORDER BY TABLE_NAME");
	ok = conn_query(conn, &r, buf_str(&sql), false, e);
	while (ok && (ok = result_next(&r, &more, e)) && more)
		take_table(g, a, schema, r.row, engines, want);
	result_release(&r);
	buf_release(&sql);
	return ok;
}

/* Adds the columns of one schema to the signatures of its tables, which stand at tables[0 .. n). */
static bool read_signatures(struct dump_table *tables, size_t n, struct conn *conn, struct str schema, struct err *e)
{
	struct map by_name = MAP_INIT;
	struct buf sql = BUF_INIT(1 << 16);
	struct result r;
	bool more = false, ok;

	for (size_t i = 0; i < n; i++)
		map_put(&by_name, tables[i].name, &tables[i]);
	buf_put_text(&sql, "SELECT TABLE_NAME, COLUMN_NAME, COLUMN_TYPE FROM information_schema.COLUMNS");
	put_where(&sql, schema);
	if (n == 1) {
		buf_put_text(&sql, " AND TABLE_NAME = ");
		sql_put_text(&sql, tables[0].name, true);
	}
	buf_put_text(&sql, " ORDER BY TABLE_NAME, ORDINAL_POSITION");
	ok = conn_query(conn, &r, buf_str(&sql), false, e);
	while (ok && (ok = result_next(&r, &more, e)) && more) {
		struct dump_table *t = map_get(&by_name, r.row[0]);

		if (t)
			t->signature = signature_add(t->signature, r.row[1], r.row[2]);
	}
	result_release(&r);
	buf_release(&sql);
	map_release(&by_name);
	return ok;
}

uint64_t signature_add(uint64_t signature, struct str name, struct str type)
{
	return (signature * 31 + str_hash(name)) * 31 + str_hash(type);
}

/* Those that need the lock go first, so that it is held as briefly as can be; else the order stays. */
static void take_over(struct catalog *c, const struct growing *g)
{
	size_t at = 0;

	c->tables = arena_array(&c->arena, g->n, sizeof(*c->tables));
	for (int locked = 1; locked >= 0; locked--)
		for (size_t i = 0; i < g->n; i++)
			if (g->tables[i].needs_lock == (locked == 1))
				c->tables[at++] = g->tables[i];
	c->n_tables = at;
	c->views = arena_array(&c->arena, g->n_views + 1, sizeof(*c->views));
	if (g->n_views > 0)
		memcpy(c->views, g->views, g->n_views * sizeof(*c->views));
	c->n_views = g->n_views;
}

bool catalog_read(struct catalog *c, struct conn *conn, const struct dump_want *want, struct err *e)
{
	struct buf engines = BUF_INIT(1 << 16);
	struct growing g = { 0 };
	bool ok = read_engines(conn, &engines, e) && read_schemas(c, conn, want, e);
	size_t n = c->n_schemas;

	c->n_schemas = 0;
	for (size_t i = 0; ok && i < n; i++) {
		size_t before = g.n, views = g.n_views;

		g.unwanted = 0;
		ok = read_tables(&g, &c->arena, conn, c->schemas[i], buf_str(&engines), want, e) &&
		     (g.n == before || read_signatures(g.tables + before, g.n - before, conn, c->schemas[i], e));
		/* An empty schema is wanted, one of which nothing is wanted is not. */
		if (g.n > before || g.n_views > views || g.unwanted == 0)
			c->schemas[c->n_schemas++] = c->schemas[i];
	}
	ok = ok && (!want->filter || table_filter_found(want->filter, e));
	take_over(c, &g);
	free(g.tables);
	free(g.views);
	buf_release(&engines);
	return ok;
}

uint64_t catalog_hash(const struct catalog *c)
{
	uint64_t hash = c->n_tables;

	for (size_t i = 0; i < c->n_schemas; i++)
		hash += str_hash(c->schemas[i]);
	for (size_t i = 0; i < c->n_tables; i++) {
		const struct dump_table *t = &c->tables[i];

		hash += signature_add(t->signature * 31 + t->identity, t->schema, t->name);
	}
	return hash;
}

static bool changed(const struct dump_table *t, const char *how, struct err *e)
{
	return err_set(e, &err_dump_changed, "table `%.*s`.`%.*s` was %s while it was dumped", STR(t->schema),
		       STR(t->name), how);
}

static bool read_identity(const struct dump_table *t, struct conn *conn, bool *exists, uint64_t *identity, struct err *e)
{
	struct buf sql = BUF_INIT(1 << 16);
	struct result r;
	bool ok;

	buf_put_text(&sql, "SELECT CREATE_TIME FROM information_schema.TABLES");
	put_where(&sql, t->schema);
	buf_put_text(&sql, " AND TABLE_NAME = ");
	sql_put_text(&sql, t->name, true);
	ok = conn_query(conn, &r, buf_str(&sql), false, e) && result_next(&r, exists, e);
	if (ok && *exists)
		*identity = str_hash(r.row[0].p ? r.row[0] : STR_LIT(""));
	result_release(&r);
	buf_release(&sql);
	return ok;
}

/* Servers notice themselves what makes an old snapshot unreadable. They do not notice that the name stands for another
 * table, one as old as the snapshot, since a RENAME: rows of the one would follow on those of the other. */
bool catalog_check(const struct dump_table *t, struct conn *conn, struct err *e)
{
	struct dump_table now = { .schema = t->schema, .name = t->name };
	bool exists = false;

	if (!read_identity(t, conn, &exists, &now.identity, e) || !read_signatures(&now, 1, conn, t->schema, e))
		return false;
	if (!exists)
		return changed(t, "dropped or renamed", e);
	return (now.identity == t->identity && now.signature == t->signature) || changed(t, "altered or replaced", e);
}

bool catalog_needs_lock(const struct catalog *c)
{
	return c->n_tables > 0 && c->tables[0].needs_lock;
}

void catalog_release(struct catalog *c)
{
	for (size_t i = 0; i < c->n_tables; i++)
		if (c->tables[i].known)
			table_release(&c->tables[i].structure);
	arena_release(&c->arena);
}
