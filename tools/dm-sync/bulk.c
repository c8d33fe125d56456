/* bulk.c - what a plan says is to be done, as statements; see bulk.h */
#include "bulk.h"

#include "change.h"
#include "stream/value_sql.h"
#include "text/sql_quote.h"

#define MANY_BYTES ((size_t)512 << 10)	/* a statement grows no further */
#define MANY_ROWS 1000			/* servers plan long lists of keys slowly */

static struct transaction *at(const struct bulk *bulk, const struct plan_item *item)
{
	transaction_of(bulk->tx, bulk->group->trxs[item->last->trx].pos);
	return bulk->tx;
}

static bool put_alone(const struct bulk *bulk, const struct plan_item *item, struct err *e)
{
	struct change change = { item->type, item->before, item->after, item->last->seq, item->safe, bulk->from_mariadb };

	return change_put(at(bulk, item), item->shape, &change, e);
}

bool bulk_put_op(const struct bulk *bulk, const struct op *op, struct err *e)
{
	struct change change = { op->type, op->before, op->after, op->seq, op->safe, bulk->from_mariadb };

	transaction_of(bulk->tx, bulk->group->trxs[op->trx].pos);
	return change_put(bulk->tx, op->shape, &change, e);
}

/* How many of the items, from the first on, may stand in one statement. */
static size_t run_length(struct plan_item *const *items, size_t n, bool (*may)(const struct plan_item *))
{
	size_t i = 0;

	while (i < n && i < MANY_ROWS && items[i]->shape == items[0]->shape && items[i]->phase == items[0]->phase && may(items[i]))
		i++;
	return i;
}

static bool is_full(const struct transaction *tx, size_t start)
{
	size_t limit = tx->target->max_packet / 2;

	return tx->sql.n - start >= (limit < MANY_BYTES ? limit : MANY_BYTES);
}

/* --- rows that go --- */

static bool may_go(const struct plan_item *item)
{
	return item->shape->n_keys > 0;
}

static bool by_one_number(const struct shape *shape)
{
	static const char *const types[] = { "int", "bigint", "mediumint", "smallint", "tinyint" };
	const struct shape_key *key = &shape->keys[0];

	for (size_t i = 0; key->n == 1 && i < sizeof(types) / sizeof(types[0]); i++)
		if (column_type_is(shape->down[key->columns[0]]->type, types[i]))
			return true;
	return false;
}

static void put_key(struct buf *b, const struct bulk *bulk, const struct plan_item *item, bool first)
{
	const struct shape *shape = item->shape;
	const struct shape_key *key = &shape->keys[0];
	const struct conn *c = &bulk->tx->target->c;
	const char *word = first ? " WHERE (" : " OR (";

	for (size_t i = 0; i < key->n; i++) {
		size_t column = key->columns[i];

		buf_put_text(b, word);
		value_put_sql_equal(b, shape->down[column]->name, &item->before[column], &shape->table.columns[column],
				    c->backslash, c->flavor == FLAVOR_MARIADB);
		word = " AND ";
	}
	buf_put_char(b, ')');
}

static void put_number(struct buf *b, const struct bulk *bulk, const struct plan_item *item, bool first)
{
	size_t column = item->shape->keys[0].columns[0];

	if (first) {
		buf_put_text(b, " WHERE ");
		sql_put_name(b, item->shape->down[column]->name);
		buf_put_text(b, " IN (");
	} else {
		buf_put_char(b, ',');
	}
	value_put_sql(b, &item->before[column], &item->shape->table.columns[column], bulk->tx->target->c.backslash);
}

static bool put_gone(const struct bulk *bulk, struct plan_item *const *items, size_t n, size_t *done, struct err *e)
{
	struct transaction *tx = at(bulk, items[0]);
	struct shape *shape = items[0]->shape;
	bool number = by_one_number(shape);
	size_t start = tx->sql.n, i;

	transaction_start(tx, shape, items[0]->last->seq, false);
	buf_put_text(&tx->sql, "DELETE FROM ");
	sql_put_table(&tx->sql, shape->target.schema, shape->target.table);
	for (i = 0; i < n && !is_full(tx, start); i++) {
		if (i > 0)
			transaction_more(at(bulk, items[i]), items[i]->last->seq);
		(number ? put_number : put_key)(&tx->sql, bulk, items[i], i == 0);
	}
	if (number)
		buf_put_char(&tx->sql, ')');
	*done = i;
	return transaction_end_many(tx, i, e);
}

/* --- rows that change --- */

/* The server counts 2 for a row that was there and is another now, 1 for one that is new, or that is as it was. */
static bool may_change(const struct plan_item *item)
{
	const struct shape *shape = item->shape;
	bool changes = false;

	if (!shape->covers || shape->n_keys != 1)
		return false;
	for (size_t i = 0; i < shape->table.n_columns && !changes; i++)
		changes = shape->written[i] && !shape->is_unique[i] &&
			  (item->before[i].kind != item->after[i].kind || !str_eq(item->before[i].text, item->after[i].text));
	return changes;
}

static bool takes_alias(const struct conn *c)
{
	return c->flavor == FLAVOR_MYSQL && c->version >= 80020;	/* VALUES() makes it warn */
}

static void put_new_values(struct buf *b, const struct shape *shape, bool alias)
{
	const char *word = alias ? " AS n ON DUPLICATE KEY UPDATE " : " ON DUPLICATE KEY UPDATE ";

	for (size_t i = 0; i < shape->table.n_columns; i++) {
		if (!shape->written[i] || shape->is_unique[i])
			continue;
		buf_put_text(b, word);
		sql_put_name(b, shape->down[i]->name);
		buf_put_text(b, alias ? "=n." : "=VALUES(");
		sql_put_name(b, shape->down[i]->name);
		if (!alias)
			buf_put_char(b, ')');
		word = ",";
	}
}

static bool put_changed(const struct bulk *bulk, struct plan_item *const *items, size_t n, size_t *done, struct err *e)
{
	struct transaction *tx = at(bulk, items[0]);
	struct shape *shape = items[0]->shape;
	size_t start = tx->sql.n, i;

	transaction_start(tx, shape, items[0]->last->seq, false);
	buf_put_str(&tx->sql, shape->insert);
	for (i = 0; i < n && !is_full(tx, start); i++) {
		if (i > 0) {
			transaction_more(at(bulk, items[i]), items[i]->last->seq);
			buf_put_char(&tx->sql, ',');
		}
		change_put_row(tx, shape, items[i]->after);
	}
	put_new_values(&tx->sql, shape, takes_alias(&tx->target->c));
	*done = i;
	return transaction_end_many(tx, 2 * i, e);
}

bool bulk_put(const struct bulk *bulk, struct plan_item *const *items, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; ) {
		size_t many = 0, done = 1;
		bool ok = true;

		if (!bulk->apart && items[i]->phase == PLAN_DELETE)
			many = run_length(items + i, n - i, may_go);
		else if (!bulk->apart && items[i]->phase == PLAN_UPDATE)
			many = run_length(items + i, n - i, may_change);
		if (items[i]->phase == PLAN_NOTHING)
			;
		else if (many > 1 && items[i]->phase == PLAN_DELETE)
			ok = put_gone(bulk, items + i, many, &done, e);
		else if (many > 1)
			ok = put_changed(bulk, items + i, many, &done, e);
		else
			ok = put_alone(bulk, items[i], e);
		if (!ok)
			return false;
		i += done;
	}
	return true;
}
