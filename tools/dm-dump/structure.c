/* structure.c - one table's structure, size and chunks; see dump.h */
#include "dump.h"

#include "text/sql_quote.h"

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

static bool is_whole_number(struct str type)
{
	static const char *const names[] = { "tinyint", "smallint", "mediumint", "int", "bigint" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (column_type_is(type, names[i]))
			return true;
	return false;
}

/* The first column of the key that identifies rows, where it is an integer. Such a key has no NULLs. */
static void choose_key(struct dump_table *t)
{
	const struct key *key = table_identity(&t->structure);
	size_t at = key ? table_find_column(&t->structure, key->parts[0].column) : SIZE_MAX;

	if (at == SIZE_MAX || !is_whole_number(t->structure.columns[at].type))
		return;
	t->key = t->structure.columns[at].name;
	t->key_signed = str_find(t->structure.columns[at].type, STR_LIT("unsigned")) == SIZE_MAX;
}

static bool bound(const struct dump_table *t, struct str text, uint64_t *value)
{
	int64_t number;

	if (!t->key_signed)
		return str_to_u64(text, value);
	if (!str_to_i64(text, &number))
		return false;
	*value = (uint64_t)number;
	return true;
}

/* Ranges of equal width. The first and the last are open, so it does not matter that these bounds are not the
 * snapshot's. */
static void cut(struct dump_table *t, uint64_t least, uint64_t greatest, uint64_t n)
{
	uint64_t span = greatest - least;

	if (n > span)
		n = span ? span : 1;
	t->first = least;
	t->step = span / n + 1;
	t->n_chunks = span / t->step + 1;
}

static bool read_bounds(struct dump_table *t, struct conn *conn, const struct dump_want *want, struct err *e)
{
	uint64_t by_size = t->row_bytes ? CHUNK_BYTES / t->row_bytes : want->rows;
	uint64_t rows = by_size == 0 ? 1 : by_size < want->rows ? by_size : want->rows, least, greatest;
	struct buf sql = BUF_INIT(1 << 16);
	struct result r;
	bool more = false, ok;

	t->n_chunks = 1;
	if (t->key.n == 0 || t->rows_estimate <= rows)
		return true;
	buf_put_text(&sql, "SELECT MIN(");
	sql_put_name(&sql, t->key);
	buf_put_text(&sql, "), MAX(");
	sql_put_name(&sql, t->key);
	buf_put_text(&sql, ") FROM ");
	sql_put_table(&sql, t->schema, t->name);
	ok = conn_query(conn, &r, buf_str(&sql), false, e) && result_next(&r, &more, e);
	if (ok && more && r.row[0].p && r.row[1].p && bound(t, r.row[0], &least) && bound(t, r.row[1], &greatest))
		cut(t, least, greatest, t->rows_estimate / rows + 1);
	result_release(&r);
	buf_release(&sql);
	return ok;
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
	if (!check_signature(t, e) || !value_columns(&t->values, &t->structure, a, e) || !read_estimates(t, conn, e))
		return false;
	choose_key(t);
	if (!read_bounds(t, conn, want, e))
		return false;
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
