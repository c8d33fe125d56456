/* structure.c - one table's structure, size and chunks; see dump.h */
#include "dump.h"

#include "text/sql_quote.h"

#define ER_NOT_LOCKED 1100

static bool changed(const struct dump_table *t, const char *how, struct err *e)
{
	return err_set(e, &err_dump_changed, "table `%.*s`.`%.*s` was %s while it was dumped", STR(t->schema),
		       STR(t->name), how);
}

static bool check_signature(const struct dump_table *t, struct err *e)
{
	uint64_t now = 0;

	for (size_t i = 0; i < t->structure.n_columns; i++)
		now = signature_add(now, t->structure.columns[i].name, t->structure.columns[i].type);
	return now == t->signature || changed(t, "altered", e);
}

static uint64_t number_or_0(struct str s)
{
	uint64_t v;

	return s.p && str_to_u64(s, &v) ? v : 0;
}

static bool read_estimates(struct dump_table *t, struct conn *conn, struct err *e)
{
	struct buf sql = BUF_INIT(1 << 16);
	struct result r;
	bool more = false, ok;

	buf_put_text(&sql, "SELECT TABLE_ROWS, AVG_ROW_LENGTH, DATA_LENGTH FROM information_schema.TABLES"
		     " WHERE TABLE_SCHEMA = ");
	sql_put_text(&sql, t->schema, true);
	buf_put_text(&sql, " AND TABLE_NAME = ");
	sql_put_text(&sql, t->name, true);
	ok = conn_query(conn, &r, buf_str(&sql), false, e) && result_next(&r, &more, e);
	if (ok && more) {
		t->rows_estimate = number_or_0(r.row[0]);
		t->row_bytes = number_or_0(r.row[1]);
		t->bytes_estimate = number_or_0(r.row[2]);
	}
	result_release(&r);
	buf_release(&sql);
	return ok;
}

/* The beginnings of values do not order them. */
static bool has_prefix(const struct key *key)
{
	for (size_t i = 0; i < key->n_parts; i++)
		if (key->parts[i].prefix > 0)
			return true;
	return false;
}

/* Where a server keeps rows in the order of the primary key, the order costs nothing; elsewhere, or by another key, only
 * who asks for it has to wait for it. */
static void put_order(struct dump_table *t, struct arena *a, bool asked)
{
	const struct key *key = table_identity(&t->structure);
	struct buf b = BUF_INIT(1 << 16);

	if (!asked && (t->needs_lock || !key || !str_is(key->name, "PRIMARY") || has_prefix(key) ||
		       (t->force.n > 0 && !str_is(t->force, " FORCE INDEX (`PRIMARY`)"))))
		return;
	for (size_t i = 0; key && i < key->n_parts; i++) {
		buf_put_text(&b, i > 0 ? ", " : " ORDER BY ");
		sql_put_name(&b, key->parts[i].column);
	}
	t->order = arena_str(a, buf_str(&b));
	buf_release(&b);
}

/* A condition that the table cannot answer is told as that, and not by the first chunk as a table that has changed. */
static bool check_where(const struct dump_table *t, struct conn *conn, const struct dump_want *want, struct err *e)
{
	struct buf sql = BUF_INIT(1 << 24);
	struct result r = { 0 };
	bool more = false, ok;

	if (want->where.n == 0 || want->no_data || t->is_sequence)
		return true;
	buf_put_text(&sql, "SELECT 1 FROM ");
	sql_put_table(&sql, t->schema, t->name);
	buf_putf(&sql, " WHERE (%.*s) LIMIT 0", STR(want->where));
	ok = buf_ok(&sql, "the condition of --where", e) && conn_query(conn, &r, buf_str(&sql), false, e) &&
	     result_next(&r, &more, e);
	result_release(&r);
	buf_release(&sql);
	if (!ok && conn->errno_last == ER_NOT_LOCKED) {	/* it asks other tables, and LOCK TABLES is held here, and not by workers */
		err_clear(e);
		ok = true;
	}
	return ok || err_at(e, "the condition of --where for `%.*s`.`%.*s`", STR(t->schema), STR(t->name));
}

bool structure_read(struct dump_table *t, struct arena *a, struct conn *conn, const struct dump_want *want,
		    struct err *e)
{
	struct buf sql = BUF_INIT(1 << 24);
	bool exists = false, ok;

	if (!server_table(conn, t->schema, t->name, &t->structure, &exists, e))
		return false;
	if (!exists)
		return changed(t, "dropped", e);
	t->known = true;
	if (!check_signature(t, e) || !check_where(t, conn, want, e) || !value_columns(&t->values, &t->structure, a, e) || !read_estimates(t, conn, e) ||
	    (want->dir && !table_prepare(t, a, want, e)))
		return false;
	if (!cut_table(t, a, conn, want, e))
		return false;
	if (want->no_data)
		t->n_chunks = 0;
	if (want->by_key != OPT_OFF)
		put_order(t, a, want->by_key == OPT_ON);
	t->chunks_left = t->n_chunks;
	buf_put_text(&sql, "SELECT ");
	value_select_put(&sql, &t->structure, t->values);
	buf_put_text(&sql, " FROM ");
	sql_put_table(&sql, t->schema, t->name);
	ok = buf_ok(&sql, "the select list of a table", e);
	t->select = arena_str(a, buf_str(&sql));
	buf_release(&sql);
	return ok;
}
