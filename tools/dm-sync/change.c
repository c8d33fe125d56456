/* change.c - one row change as SQL; see change.h */
#include "change.h"

#include "statement.h"
#include "stream/value_sql.h"
#include "text/sql_quote.h"

static const struct err_kind err_partial = {
	.code = 36509, .class = "sync-unit", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "set binlog_row_image=FULL and binlog_row_value_options='' upstream, and start from a place written with them",
};

static bool backslash(const struct transaction *tx)
{
	return tx->target->c.backslash;
}

static bool is_whole(const struct shape *shape, const struct row_value *values)
{
	for (size_t i = 0; i < shape->table.n_columns; i++)
		if (shape->written[i] && (values[i].kind == VALUE_ABSENT || values[i].kind == VALUE_JSON_DIFF))
			return false;
	return true;
}

static bool check_images(const struct transaction *tx, const struct shape *shape, const struct change *c, struct err *e)
{
	struct buf name = BUF_INIT(700);

	if ((c->type == EVENT_INSERT || is_whole(shape, c->before)) &&
	    (c->type == EVENT_DELETE || is_whole(shape, c->after)))
		return true;
	shape_name_put(&name, shape);
	err_set(e, &err_partial, "table %s, row at %.*s seq %llu: the log does not hold the whole row",
		buf_text(&name), STR(tx->pos),
		(unsigned long long)c->seq);
	buf_release(&name);
	return false;
}

static void put_row(struct buf *b, const struct transaction *tx, const struct shape *shape,
		    const struct row_value *values)
{
	char comma = '(';

	for (size_t i = 0; i < shape->table.n_columns; i++) {
		if (!shape->written[i])
			continue;
		buf_put_char(b, comma);
		value_put_sql(b, &values[i], &shape->table.columns[i], backslash(tx));
		comma = ',';
	}
	buf_put_text(b, comma == '(' ? "()" : ")");
}

/* NULL: all columns together must find the row. */
static const struct shape_key *find_key(const struct shape *shape, const struct row_value *values)
{
	for (size_t k = 0; k < shape->n_keys; k++) {
		const struct shape_key *key = &shape->keys[k];
		size_t there = 0;

		while (there < key->n && values[key->columns[there]].kind != VALUE_NULL &&
		       values[key->columns[there]].kind != VALUE_ABSENT)
			there++;
		if (there == key->n)
			return key;
	}
	return NULL;
}

/* Servers compare a JSON column by another rule than the text that it may be at the other end. */
static const struct column *compared_as(const struct shape *shape, size_t at)
{
	const struct column *up = &shape->table.columns[at], *down = shape->down[at];

	return column_type_is(up->type, "json") || column_type_is(down->type, "json") ? down : up;
}

static void put_where(struct buf *b, const struct transaction *tx, const struct shape *shape,
		      const struct row_value *values)
{
	const struct shape_key *key = find_key(shape, values);
	void (*put)(struct buf *, struct str, const struct row_value *, const struct column *, bool, bool) =
		key ? value_put_sql_equal : value_put_sql_identical;
	size_t n = key ? key->n : shape->table.n_columns;
	bool mariadb = tx->target->c.flavor == FLAVOR_MARIADB;
	const char *word = " WHERE ";

	for (size_t i = 0; i < n; i++) {
		size_t at = key ? key->columns[i] : i;

		if (!key && !shape->written[at])
			continue;
		buf_put_text(b, word);
		put(b, shape->down[at]->name, &values[at], compared_as(shape, at), backslash(tx), mariadb);
		word = " AND ";
	}
	buf_put_text(b, " LIMIT 1");
}

/* Error values of enums. */
static size_t count_zeroes(const struct shape *shape, const struct row_value *values)
{
	size_t zeroes = 0;

	for (size_t i = 0; i < shape->table.n_columns; i++)
		if (shape->written[i] && values[i].kind == VALUE_NUMBER && str_is(values[i].text, "0") &&
		    column_type_is(shape->down[i]->type, "enum"))
			zeroes++;
	return zeroes;
}

/* Ends the statement that was started last; it writes so many of them. */
static bool end_with_zeroes(struct transaction *tx, size_t zeroes, struct err *e)
{
	tx->statements[tx->n - 1].zeroes = zeroes;
	return transaction_end(tx, e);
}

static bool put_insert(struct transaction *tx, struct shape *shape, const struct change *c, bool replace, struct err *e)
{
	size_t zeroes = count_zeroes(shape, c->after);

	if (zeroes > 0) {	/* alone, so that its warnings are not mistaken for those of other rows */
		transaction_start(tx, shape, c->seq, false);
		buf_put_str(&tx->sql, replace ? shape->replace : shape->insert);
		put_row(&tx->sql, tx, shape, c->after);
		return end_with_zeroes(tx, zeroes, e);
	}
	transaction_row_start(tx, shape, c->seq, replace ? shape->replace : shape->insert);
	put_row(&tx->sql, tx, shape, c->after);
	return transaction_row_end(tx, e);
}

static bool put_delete(struct transaction *tx, struct shape *shape, const struct change *c, bool must_find, struct err *e)
{
	transaction_start(tx, shape, c->seq, must_find);
	buf_put_text(&tx->sql, "DELETE FROM ");
	sql_put_table(&tx->sql, shape->target.schema, shape->target.table);
	put_where(&tx->sql, tx, shape, c->before);
	return transaction_end(tx, e);
}

static void put_instead(struct transaction *tx, struct shape *shape, const struct change *c)
{
	struct buf row = BUF_INIT(tx->sql.limit);

	buf_put_str(&row, shape->has_unique ? shape->replace : shape->insert);
	put_row(&row, tx, shape, c->after);
	transaction_instead(tx, buf_str(&row));
	buf_release(&row);
}

static bool put_update(struct transaction *tx, struct shape *shape, const struct change *c, struct err *e)
{
	const char *word = " SET ";
	struct buf *b = &tx->sql;

	transaction_start(tx, shape, c->seq, true);
	buf_put_text(b, "UPDATE ");
	sql_put_table(b, shape->target.schema, shape->target.table);
	for (size_t i = 0; i < shape->table.n_columns; i++) {
		if (!shape->written[i])
			continue;
		buf_put_text(b, word);
		sql_put_name(b, shape->down[i]->name);
		buf_put_char(b, '=');
		value_put_sql(b, &c->after[i], &shape->table.columns[i], backslash(tx));
		word = ",";
	}
	put_where(b, tx, shape, c->before);
	if (!end_with_zeroes(tx, count_zeroes(shape, c->after), e))
		return false;
	if (tx->on_missing == MISSING_UPSERT)
		put_instead(tx, shape, c);
	return true;
}

static bool same_value(const struct row_value *a, const struct row_value *b)
{
	return a->kind == b->kind && str_eq(a->text, b->text);
}

/* REPLACE finds the old row by any unique key of the new one. It does not where such a key changes, or where
 * there is none. */
static bool old_row_stays(const struct shape *shape, const struct change *c)
{
	if (!shape->has_unique || shape->hidden_unique)
		return true;
	for (size_t i = 0; i < shape->table.n_columns; i++)
		if (shape->is_unique[i] && (c->after[i].kind == VALUE_NULL || !same_value(&c->before[i], &c->after[i])))
			return true;
	return false;
}

static bool put_safe_update(struct transaction *tx, struct shape *shape, const struct change *c, struct err *e)
{
	if (old_row_stays(shape, c) && !put_delete(tx, shape, c, false, e))
		return false;
	return put_insert(tx, shape, c, true, e);
}

bool change_put(struct transaction *tx, struct shape *shape, const struct change *c, struct err *e)
{
	if (!check_images(tx, shape, c, e))
		return false;
	if (c->type == EVENT_INSERT)
		return put_insert(tx, shape, c, c->safe, e);
	if (c->type == EVENT_DELETE)
		return put_delete(tx, shape, c, !c->safe, e);
	return c->safe ? put_safe_update(tx, shape, c, e) : put_update(tx, shape, c, e);
}
