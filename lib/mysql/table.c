/* table.c - reads the structure of a table from a server; see server.h */
#include "base/map.h"
#include "mysql/server.h"
#include "text/sql_quote.h"

#define ER_NO_SUCH_TABLE 1146
#define ER_BAD_DB 1049

static bool has_word(struct str text, const char *word)
{
	return text.p && str_find(text, str_of(word)) != SIZE_MAX;
}

/* "... WHERE TABLE_SCHEMA = 's' AND TABLE_NAME = 't'" */
static void put_where(struct buf *sql, const struct conn *c, struct str schema, struct str table)
{
	buf_put_text(sql, " WHERE TABLE_SCHEMA = ");
	sql_put_text(sql, schema, c->backslash);
	buf_put_text(sql, " AND TABLE_NAME = ");
	sql_put_text(sql, table, c->backslash);
}

/* A collation's name starts with its character set's, but for 'binary', which is both. */
static struct str charset_of(struct str collation)
{
	struct str charset;

	return str_cut(collation, '_', &charset, NULL) ? charset : collation;
}

/* Fills t->charset. *exists false: there is no such base table. */
static bool read_table(struct conn *c, struct table *t, bool *exists, struct err *e)
{
	struct buf sql = BUF_INIT(8192);
	struct result r = { 0 };
	bool ok;

	buf_put_text(&sql, "SELECT TABLE_COLLATION, TABLE_TYPE FROM information_schema.TABLES");
	put_where(&sql, c, t->schema, t->name);
	buf_put_text(&sql, " AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED', 'SEQUENCE')");
	ok = buf_ok(&sql, "a table's name", e) && conn_query(c, &r, buf_str(&sql), false, e) &&
	     result_next(&r, exists, e);
	if (ok && *exists) {
		t->charset = arena_str(&t->arena, charset_of(r.row[0]));
		t->is_sequence = str_is(r.row[1], "SEQUENCE");
		t->versioned = str_is(r.row[1], "SYSTEM VERSIONED");
	}
	result_release(&r);
	buf_release(&sql);
	return ok;
}

enum { COL_NAME, COL_TYPE, COL_CHARSET, COL_NULLABLE, COL_DEFAULT, COL_EXTRA, COL_COLLATION, COL_COMMENT, COL_EXPRESSION };

/* EXTRA says "on update CURRENT_TIMESTAMP(6)" among other things, with a comma between them or a space. */
static struct str on_update(struct str extra)
{
	size_t at = extra.p ? str_find(extra, STR_LIT("on update ")) : SIZE_MAX;
	struct str rest, said;

	if (at == SIZE_MAX)
		return STR_NONE;
	rest = str_from(extra, at + strlen("on update "));
	said = rest;
	str_cut(rest, ',', &said, NULL);
	str_cut(said, ' ', &said, NULL);
	return said;
}

/* EXTRA says "VIRTUAL GENERATED", "STORED GENERATED", in old MariaDB "VIRTUAL" and "PERSISTENT"; an expression as
 * default is "DEFAULT_GENERATED", and no generated column. */
static void add_column(struct table *t, const struct str *row)
{
	struct str extra = row[COL_EXTRA];
	struct column column = {
		.name = row[COL_NAME], .type = row[COL_TYPE], .charset = row[COL_CHARSET],
		.collation = row[COL_COLLATION], .collate = row[COL_COLLATION], .comment = row[COL_COMMENT],
		.on_update = on_update(extra), .def = row[COL_DEFAULT], .has_default = row[COL_DEFAULT].p != NULL,
		.nullable = str_is_nocase(row[COL_NULLABLE], "YES"),
		.generated = has_word(extra, "VIRTUAL") || has_word(extra, "STORED GENERATED") ||
			     has_word(extra, "PERSISTENT"),
		.auto_increment = has_word(extra, "auto_increment"),
		.invisible = has_word(extra, "INVISIBLE"),
		.base64 = column_type_is_base64(row[COL_TYPE], row[COL_CHARSET]),
	};

	if (t->versioned && str_is(row[COL_EXPRESSION], "ROW END"))
		t->row_end = arena_str(&t->arena, column.name);
	table_add_column(t, &column, t->n_columns);
}

static bool read_columns(struct conn *c, struct table *t, struct err *e)
{
	struct buf sql = BUF_INIT(8192);
	struct result r = { 0 };
	bool more = true, ok;

	buf_put_text(&sql, "SELECT COLUMN_NAME, COLUMN_TYPE, CHARACTER_SET_NAME, IS_NULLABLE, COLUMN_DEFAULT, EXTRA, COLLATION_NAME, COLUMN_COMMENT");
	buf_put_text(&sql, t->versioned ? ", GENERATION_EXPRESSION" : "");	/* MySQL 5.6 has no such column */
	buf_put_text(&sql, " FROM information_schema.COLUMNS");
	put_where(&sql, c, t->schema, t->name);
	buf_put_text(&sql, " ORDER BY ORDINAL_POSITION");
	ok = buf_ok(&sql, "a table's name", e) && conn_query(c, &r, buf_str(&sql), false, e);
	while (ok && (ok = result_next(&r, &more, e)) && more)
		add_column(t, r.row);
	result_release(&r);
	buf_release(&sql);
	return ok;
}

enum { KEY_NON_UNIQUE = 1, KEY_NAME, KEY_SEQ, KEY_COLUMN, KEY_PREFIX = 7 };

/* Rows of one key follow one another. */
struct key_being_read {
	struct key key;
	struct key_part parts[64];	/* servers allow 16 (MySQL) and 32 (MariaDB) */
	struct arena arena;
};

static void end_key(struct table *t, struct key_being_read *now)
{
	if (now->key.n_parts > 0)
		table_add_key(t, &now->key);
	now->key.n_parts = 0;
	arena_clear(&now->arena);
}

static void add_part(struct table *t, struct key_being_read *now, const struct str *row)
{
	uint64_t prefix = 0;

	if (now->key.n_parts > 0 && (str_is(row[KEY_SEQ], "1") || !str_eq(now->key.name, row[KEY_NAME])))
		end_key(t, now);
	if (now->key.n_parts == 0) {
		now->key.name = arena_str(&now->arena, row[KEY_NAME]);
		now->key.unique = str_is(row[KEY_NON_UNIQUE], "0");
		now->key.parts = now->parts;
	}
	if (now->key.n_parts == sizeof(now->parts) / sizeof(now->parts[0]))
		return;
	/* The server puts it behind each unique key: of the rows that are now, the others are unique. */
	if (t->row_end.n && row[KEY_COLUMN].p && str_eq_nocase(row[KEY_COLUMN], t->row_end))
		return;
	if (row[KEY_PREFIX].p)
		str_to_u64(row[KEY_PREFIX], &prefix);
	now->parts[now->key.n_parts++] = (struct key_part){
		.column = row[KEY_COLUMN].p ? arena_str(&now->arena, row[KEY_COLUMN]) : STR_LIT(""),
		.prefix = (unsigned)prefix,
	};
}

/* SHOW INDEX and not information_schema.STATISTICS: it keeps the server's own order of keys. */
static bool read_keys(struct conn *c, struct table *t, bool *exists, struct err *e)
{
	struct buf sql = BUF_INIT(4096);
	struct key_being_read now = { .arena = ARENA_INIT };
	struct result r = { 0 };
	bool more = true, ok;

	buf_put_text(&sql, "SHOW INDEX FROM ");
	sql_put_table(&sql, t->schema, t->name);
	ok = buf_ok(&sql, "a table's name", e) && conn_query(c, &r, buf_str(&sql), false, e);
	while (ok && (ok = result_next(&r, &more, e)) && more && r.n > KEY_PREFIX)
		add_part(t, &now, r.row);
	end_key(t, &now);
	if (!ok && (c->errno_last == ER_NO_SUCH_TABLE || c->errno_last == ER_BAD_DB)) {
		*exists = false;	/* dropped in between */
		err_clear(e);
		ok = true;
	}
	result_release(&r);
	arena_release(&now.arena);
	buf_release(&sql);
	return ok;
}

/* --- many at once --- */

#define STATEMENT_MAX ((size_t)16 << 20)

struct many {
	struct conn *c;
	struct str schema;
	const struct str *names;
	size_t n;
	struct table *tables;
	bool *exists, any_versioned;
	struct map by_name;		/* name -> its struct table, whether it exists or not */
	struct table *of;		/* whose key is being read */
	struct key_being_read key;
};

/* Runs "what WHERE TABLE_SCHEMA = .. AND TABLE_NAME IN (..) order", and gives the rows to take. */
static bool ask_many(struct many *m, const char *what, const char *order, void (*take)(struct many *m, struct table *t, const struct str *row),
		     struct err *e)
{
	struct buf sql = BUF_INIT(STATEMENT_MAX);
	struct result r = { 0 };
	bool more = true, ok;

	buf_put_text(&sql, what);
	buf_put_text(&sql, " WHERE TABLE_SCHEMA = ");
	sql_put_text(&sql, m->schema, m->c->backslash);
	buf_put_text(&sql, " AND TABLE_NAME IN (");
	for (size_t i = 0; i < m->n; i++) {
		buf_put_text(&sql, i ? ", " : "");
		sql_put_text(&sql, m->names[i], m->c->backslash);
	}
	buf_put_text(&sql, order);
	ok = buf_ok(&sql, "a list of tables", e) && conn_query(m->c, &r, buf_str(&sql), false, e);
	while (ok && (ok = result_next(&r, &more, e)) && more) {
		struct table *t = map_get(&m->by_name, r.row[0]);

		if (t)		/* else another one, whose name differs in case only */
			take(m, t, r.row);
	}
	result_release(&r);
	buf_release(&sql);
	return ok;
}

static void take_table(struct many *m, struct table *t, const struct str *row)
{
	t->charset = arena_str(&t->arena, charset_of(row[1]));
	t->is_sequence = str_is(row[2], "SEQUENCE");
	t->versioned = str_is(row[2], "SYSTEM VERSIONED");
	m->any_versioned |= t->versioned;
	m->exists[t - m->tables] = true;
}

static void take_column(struct many *m, struct table *t, const struct str *row)
{
	(void)m;
	add_column(t, row + 1);
}

/* Rows as those of SHOW INDEX. */
static void take_part(struct many *m, struct table *t, const struct str *row)
{
	if (m->of && m->of != t)
		end_key(m->of, &m->key);
	m->of = t;
	add_part(t, &m->key, row);
}

static bool read_many(struct many *m, struct err *e)
{
	static const char columns[] = "SELECT TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, CHARACTER_SET_NAME, IS_NULLABLE, COLUMN_DEFAULT, "
				      "EXTRA, COLLATION_NAME FROM information_schema.COLUMNS";
	static const char versioned[] = "SELECT TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, CHARACTER_SET_NAME, IS_NULLABLE, COLUMN_DEFAULT, "
					"EXTRA, COLLATION_NAME, GENERATION_EXPRESSION FROM information_schema.COLUMNS";
	bool ok;

	ok = ask_many(m, "SELECT TABLE_NAME, TABLE_COLLATION, TABLE_TYPE FROM information_schema.TABLES",
		      ") AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED', 'SEQUENCE')", take_table, e) &&
	     ask_many(m, m->any_versioned ? versioned : columns, ") ORDER BY TABLE_NAME, ORDINAL_POSITION", take_column, e) &&
	     ask_many(m, "SELECT TABLE_NAME, NON_UNIQUE, INDEX_NAME, SEQ_IN_INDEX, COLUMN_NAME, NULL, NULL, SUB_PART "
			 "FROM information_schema.STATISTICS", ") ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX", take_part, e);
	if (m->of)
		end_key(m->of, &m->key);
	return ok;
}

bool server_tables_read(struct conn *c, struct str schema, const struct str *names, size_t n, struct table *tables, bool *exists,
			struct err *e)
{
	struct many m = {
		.c = c, .schema = schema, .names = names, .n = n, .tables = tables, .exists = exists, .by_name = MAP_INIT,
		.key = { .arena = ARENA_INIT },
	};
	bool ok;

	for (size_t i = 0; i < n; i++) {
		table_init(&tables[i], schema, names[i]);
		exists[i] = false;
		map_put(&m.by_name, names[i], &tables[i]);
	}
	ok = n == 0 || read_many(&m, e);
	for (size_t i = 0; i < n; i++)
		if (!ok || !exists[i])
			table_release(&tables[i]);
	map_release(&m.by_name);
	arena_release(&m.key.arena);
	return ok;
}

bool server_table(struct conn *c, struct str schema, struct str table, struct table *t, bool *exists, struct err *e)
{
	struct table read;
	bool ok;

	table_init(&read, schema, table);
	ok = read_table(c, &read, exists, e) &&
	     (!*exists || (read_columns(c, &read, e) && read_keys(c, &read, exists, e)));
	if (ok && *exists)
		*t = read;
	else
		table_release(&read);
	return ok;
}
