/* change.c - one row change as SQL; see change.h */
#include "change.h"

#include "image.h"
#include "json_diff.h"
#include "statement.h"
#include "stream/value_sql.h"
#include "text/sql_quote.h"

static const struct err_kind err_partial = {
	.code = 36509, .class = "sync-unit", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "make the two tables alike where the message says so; else set binlog_row_image=FULL and "
		      "binlog_row_value_options='' upstream, for all sessions, and start from a place written with them",
};

static const struct err_kind err_document = {
	.code = 36530, .class = "sync-unit", .scope = SCOPE_DOWNSTREAM, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "make the downstream column a LONGTEXT, change the number upstream before it gets there, or leave the table out "
		      "with block-allow-list",
};

static bool backslash(const struct transaction *tx)
{
	return tx->target->c.backslash;
}

static enum json_store json_store(const struct transaction *tx)
{
	return conn_json_store(&tx->target->c);
}

/* --- images that are not whole --- */

static bool refuse(const struct transaction *tx, const struct shape *shape, const struct change *c,
		   const struct err_kind *kind, const char *what, struct err *e)
{
	struct buf name = BUF_INIT(700);

	shape_name_put(&name, shape);
	err_set(e, kind, "table %s, row at %.*s seq %llu: %s", buf_text(&name), STR(tx->pos),
		(unsigned long long)c->seq, what);
	buf_release(&name);
	return false;
}

static bool refuse_column(const struct transaction *tx, const struct shape *shape, const struct change *c,
			  const char *format, struct str column, struct err *e)
{
	struct buf what = BUF_INIT(1000);

	buf_putf(&what, format, STR(column));
	refuse(tx, shape, c, &err_partial, buf_text(&what), e);
	buf_release(&what);
	return false;
}

static bool has_diff(const struct shape *shape, const struct row_value *values)
{
	for (size_t i = 0; i < shape->table.n_columns; i++)
		if (values[i].kind == VALUE_JSON_DIFF)
			return true;
	return false;
}

static bool is_partial(const struct shape *shape, const struct row_value *values)
{
	for (size_t i = 0; i < shape->table.n_columns; i++)
		if (values[i].kind == VALUE_ABSENT)
			return true;
	return has_diff(shape, values);
}

static bool check_diffs(const struct transaction *tx, const struct shape *shape, const struct change *c, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct json_diff diff;
	const char *why = NULL;

	for (size_t i = 0; i < shape->table.n_columns && !why; i++)
		if (c->type != EVENT_UPDATE && has_diff(shape, c->type == EVENT_INSERT ? c->after : c->before))
			why = "there is no document for operations on one";
		else if (c->type == EVENT_UPDATE && c->after[i].kind == VALUE_JSON_DIFF)
			json_diff_parse(&diff, c->after[i].text, &a, &why);
	arena_release(&a);
	return !why || refuse(tx, shape, c, &err_stream_row, why, e);
}

static bool check_before(const struct transaction *tx, const struct shape *shape, const struct change *c, struct err *e)
{
	struct buf lacking = BUF_INIT(700);
	bool ok = image_finds_row(shape, c->before, &lacking);

	if (!ok)
		refuse_column(tx, shape, c, "the log does not hold the old value of %.*s, and what it holds is no key "
			      "of the downstream table that finds the row", buf_str(&lacking), e);
	buf_release(&lacking);
	return ok;
}

static bool check_after(const struct transaction *tx, const struct shape *shape, const struct change *c, struct err *e)
{
	bool unchanged = c->type == EVENT_UPDATE && !c->from_mariadb;
	struct str column;

	if (image_lacks_generated(shape, c->after, unchanged, &column))
		return refuse_column(tx, shape, c, "the log does not hold column '%.*s', which is generated upstream "
				     "and not downstream", column, e);
	if (c->type == EVENT_INSERT && !image_defaults_agree(shape, c->after, &column))
		return refuse_column(tx, shape, c, "the log does not hold column '%.*s', which got its default; the "
				     "downstream's may be another", column, e);
	return true;
}

static bool check_images(const struct transaction *tx, const struct shape *shape, const struct change *c, struct err *e)
{
	return check_diffs(tx, shape, c, e) &&
	       (c->type == EVENT_INSERT || check_before(tx, shape, c, e)) &&
	       (c->type == EVENT_DELETE || check_after(tx, shape, c, e));
}

/* --- documents --- */

static bool refuse_number(const struct transaction *tx, const struct shape *shape, const struct change *c, size_t i,
			  struct err *e)
{
	struct buf what = BUF_INIT(700);

	buf_putf(&what, "column '%.*s': the downstream would change a number of the JSON document, which is no DOUBLE%s",
		 STR(shape->down[i]->name), json_store(tx) == JSON_STORE_DECIMALS ? " and has too many digits for a DECIMAL" : "");
	refuse(tx, shape, c, &err_document, buf_text(&what), e);
	buf_release(&what);
	return false;
}

/* What is not there, or needs no documents, fits. */
static bool document_fits(const struct transaction *tx, const struct shape *shape, size_t i, const struct row_value *v)
{
	struct arena a = ARENA_INIT;
	struct json_diff diff;
	struct str number;
	const char *why;
	bool ok = true;

	if (v->kind != VALUE_JSON_DIFF)
		return value_fits(v, shape->down[i], json_store(tx), &number);
	json_diff_parse(&diff, v->text, &a, &why);
	for (size_t op = 0; op < diff.n && ok; op++)
		ok = json_sql_can_hold(diff.ops[op].value, json_store(tx), &number);
	arena_release(&a);
	return ok;
}

/* The document before finds the row, or operations are done to it. */
static bool needs_before(const struct shape *shape, const struct change *c, size_t i)
{
	return c->type != EVENT_INSERT &&
	       (!image_key(shape, c->before) || (c->type == EVENT_UPDATE && c->after[i].kind == VALUE_JSON_DIFF));
}

static bool check_documents(const struct transaction *tx, const struct shape *shape, const struct change *c, struct err *e)
{
	for (size_t i = 0; i < shape->table.n_columns; i++) {
		if (!shape->is_document[i])
			continue;
		if ((needs_before(shape, c, i) && !document_fits(tx, shape, i, &c->before[i])) ||
		    (c->type != EVENT_DELETE && !document_fits(tx, shape, i, &c->after[i])))
			return refuse_number(tx, shape, c, i, e);
	}
	return true;
}

/* --- values --- */

static struct json_diff_base diff_base(const struct transaction *tx, const struct shape *shape, size_t i,
				       const struct row_value *before)
{
	bool there = before && (before[i].kind == VALUE_TEXT || before[i].kind == VALUE_NULL);

	return (struct json_diff_base){
		shape->down[i]->name, there ? &before[i] : NULL, backslash(tx), json_store(tx),
	};
}

static void put_diff(struct buf *b, const struct transaction *tx, const struct shape *shape, size_t i,
		     const struct row_value *v, const struct row_value *before)
{
	struct json_diff_base base = diff_base(tx, shape, i, before);
	struct arena a = ARENA_INIT;
	struct json_diff diff;
	const char *why;

	json_diff_parse(&diff, v->text, &a, &why);	/* not for the first time */
	if (diff.n > 0)
		json_diff_put(b, &diff, &base);
	else if (base.document)
		value_put_sql_into(b, base.document, &shape->table.columns[i], shape->down[i], backslash(tx), json_store(tx));
	else
		sql_put_name(b, base.column);
	arena_release(&a);
}

/* before: of an update, the document that operations are done to, where it is there. */
static void put_value(struct buf *b, const struct transaction *tx, const struct shape *shape, size_t i,
		      const struct row_value *values, const struct row_value *before)
{
	if (values[i].kind == VALUE_JSON_DIFF)
		put_diff(b, tx, shape, i, &values[i], before);
	else
		value_put_sql_into(b, &values[i], &shape->table.columns[i], shape->down[i], backslash(tx), json_store(tx));
}

static void put_row(struct buf *b, const struct transaction *tx, const struct shape *shape,
		    const struct row_value *values, const struct row_value *before)
{
	char comma = '(';

	for (size_t i = 0; i < shape->table.n_columns; i++) {
		if (!shape->written[i])
			continue;
		buf_put_char(b, comma);
		put_value(b, tx, shape, i, values, before);
		comma = ',';
	}
	buf_put_text(b, comma == '(' ? "()" : ")");
}

void change_put_row(struct transaction *tx, const struct shape *shape, const struct row_value *row)
{
	put_row(&tx->sql, tx, shape, row, NULL);
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
	const struct shape_key *key = image_key(shape, values);
	void (*put)(struct buf *, struct str, const struct row_value *, const struct column *, bool, enum json_store) =
		key ? value_put_sql_equal : value_put_sql_identical;
	size_t n = key ? key->n : shape->table.n_columns;
	const char *word = " WHERE ";

	for (size_t i = 0; i < n; i++) {
		size_t at = key ? key->columns[i] : i;

		if (!key && !shape->written[at])
			continue;
		buf_put_text(b, word);
		put(b, shape->down[at]->name, &values[at], compared_as(shape, at), backslash(tx), json_store(tx));
		word = " AND ";
	}
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

/* A row whose warnings are not to be mistaken for those of other rows is a statement of its own. */
static bool put_insert(struct transaction *tx, struct shape *shape, const struct change *c, const struct row_value *row,
		       bool replace, struct err *e)
{
	size_t zeroes = count_zeroes(shape, row);
	bool json = has_diff(shape, row);

	if (zeroes > 0 || json) {
		transaction_start(tx, shape, c->seq, false);
		buf_put_str(&tx->sql, replace ? shape->replace : shape->insert);
		put_row(&tx->sql, tx, shape, row, c->before);
		tx->statements[tx->n - 1].json = json;
		return end_with_zeroes(tx, zeroes, e);
	}
	transaction_row_start(tx, shape, c->seq, replace ? shape->replace : shape->insert);
	put_row(&tx->sql, tx, shape, row, c->before);
	return transaction_row_end(tx, e);
}

static bool put_delete(struct transaction *tx, struct shape *shape, const struct change *c, bool must_find, struct err *e)
{
	transaction_start(tx, shape, c->seq, must_find);
	buf_put_text(&tx->sql, "DELETE FROM ");
	sql_put_table(&tx->sql, shape->target.schema, shape->target.table);
	put_where(&tx->sql, tx, shape, c->before);
	buf_put_text(&tx->sql, " LIMIT 1");
	tx->statements[tx->n - 1].cascades = shape->cascades && c->type == EVENT_DELETE;
	return transaction_end(tx, e);
}

/* What is written where an update finds no row, if the log holds all of it. */
static void put_instead(struct transaction *tx, struct shape *shape, const struct change *c,
			const struct row_value *row)
{
	struct buf text = BUF_INIT(tx->sql.limit);

	if (!image_is_whole(shape, c->before, row) || has_diff(shape, row)) {
		tx->statements[tx->n - 1].partial = true;
		return;
	}
	buf_put_str(&text, shape->has_unique ? shape->replace : shape->insert);
	put_row(&text, tx, shape, row, c->before);
	transaction_instead(tx, buf_str(&text));
	buf_release(&text);
}

/* Servers set a time that is said to follow the row's changes, unless the statement does. */
static bool is_kept(const struct shape *shape, size_t i, const struct row_value *v)
{
	return v->kind == VALUE_ABSENT &&
	       (column_type_is(shape->down[i]->type, "timestamp") || column_type_is(shape->down[i]->type, "datetime"));
}

static const char *put_set(struct buf *b, const struct shape *shape, size_t i, const char *word)
{
	buf_put_text(b, word);
	sql_put_name(b, shape->down[i]->name);
	buf_put_char(b, '=');
	return ",";
}

/* The columns that the image after the change holds. Where it holds none, one is set to itself, and the row is found or
 * missed as any other. */
static void put_sets(struct buf *b, const struct transaction *tx, const struct shape *shape, const struct change *c)
{
	const char *word = " SET ";
	size_t first = SIZE_MAX;
	bool any = false;

	for (size_t i = 0; i < shape->table.n_columns; i++) {
		if (!shape->written[i])
			continue;
		first = first == SIZE_MAX ? i : first;
		if (is_kept(shape, i, &c->after[i])) {
			word = put_set(b, shape, i, word);
			sql_put_name(b, shape->down[i]->name);
			any = true;
		} else if (c->after[i].kind != VALUE_ABSENT) {
			word = put_set(b, shape, i, word);
			put_value(b, tx, shape, i, c->after, c->before);
			any = true;
		}
	}
	if (!any && first != SIZE_MAX) {
		put_set(b, shape, first, word);
		sql_put_name(b, shape->down[first]->name);
	}
}

static void put_guards(struct buf *b, const struct transaction *tx, const struct shape *shape, const struct change *c)
{
	struct arena a = ARENA_INIT;

	for (size_t i = 0; i < shape->table.n_columns; i++) {
		struct json_diff_base base;
		struct json_diff diff;
		const char *why;

		if (!shape->written[i] || c->after[i].kind != VALUE_JSON_DIFF)
			continue;
		base = diff_base(tx, shape, i, c->before);
		if (!base.document && json_diff_parse(&diff, c->after[i].text, &a, &why))
			json_diff_put_guard(b, &diff, &base);
	}
	arena_release(&a);
}

static bool put_update(struct transaction *tx, struct shape *shape, const struct change *c, const struct row_value *row,
		       struct err *e)
{
	struct buf *b = &tx->sql;

	transaction_start(tx, shape, c->seq, true);
	buf_put_text(b, "UPDATE ");
	sql_put_table(b, shape->target.schema, shape->target.table);
	put_sets(b, tx, shape, c);
	put_where(b, tx, shape, c->before);
	if (has_diff(shape, c->after)) {
		put_guards(b, tx, shape, c);
		tx->statements[tx->n - 1].json = true;
	}
	buf_put_text(b, " LIMIT 1");
	tx->statements[tx->n - 1].cascades = shape->cascades;
	if (!end_with_zeroes(tx, count_zeroes(shape, c->after), e))
		return false;
	if (tx->on_missing == MISSING_UPSERT)
		put_instead(tx, shape, c, row);
	return true;
}

static bool same_value(const struct row_value *a, const struct row_value *b)
{
	return a->kind == b->kind && str_eq(a->text, b->text);
}

static bool key_changes(const struct shape *shape, const struct row_value *before, const struct row_value *after)
{
	for (size_t i = 0; i < shape->table.n_columns; i++)
		if (shape->is_unique[i] && !same_value(&before[i], &after[i]))
			return true;
	return false;
}

/* REPLACE finds the old row by any unique key of the new one. It does not where such a key changes, or where
 * there is none. */
static bool old_row_stays(const struct shape *shape, const struct row_value *before, const struct row_value *after)
{
	if (!shape->has_unique || shape->hidden_unique || key_changes(shape, before, after))
		return true;
	for (size_t i = 0; i < shape->table.n_columns; i++)
		if (shape->is_unique[i] && after[i].kind == VALUE_NULL)
			return true;
	return false;
}

/* The row may hold later changes already. What is set again is right in the end, since the later changes come again as
 * well; not so operations on a document, nor a row that moves to another key and takes what it holds along. */
static bool put_safe_update(struct transaction *tx, struct shape *shape, const struct change *c,
			    const struct row_value *row, struct err *e)
{
	if (shape->cascades && key_changes(shape, c->before, row))
		return refuse(tx, shape, c, &err_partial, "in safe mode, a change of a key that rows of other tables follow by "
			      "a foreign key cannot be done", e);
	if (!image_is_whole(shape, c->before, row)) {
		if (has_diff(shape, row))
			return refuse(tx, shape, c, &err_partial, "in safe mode, operations on a JSON document need "
				      "the whole row", e);
		if (key_changes(shape, c->before, row))
			return refuse(tx, shape, c, &err_partial, "in safe mode, a change of a unique key needs "
				      "the whole row", e);
		return put_update(tx, shape, c, row, e);
	}
	if (old_row_stays(shape, c->before, row) && !put_delete(tx, shape, c, false, e))
		return false;
	return put_insert(tx, shape, c, row, true, e);
}

/* With MINIMAL images the log tells of a sequence only how far it is, and how often it was all through. */
static bool put_next(struct transaction *tx, struct shape *shape, const struct change *c, struct err *e)
{
	size_t next = table_find_column(&shape->table, STR_LIT("next_not_cached_value"));
	size_t round = table_find_column(&shape->table, STR_LIT("cycle_count"));
	struct buf *b = &tx->sql;

	if (next == SIZE_MAX || round == SIZE_MAX || c->after[next].kind == VALUE_ABSENT ||
	    c->after[round].kind == VALUE_ABSENT)
		return refuse(tx, shape, c, &err_partial, "the log does not hold the next value of the sequence", e);
	transaction_start(tx, shape, c->seq, false);
	buf_put_text(b, "DO SETVAL(");
	sql_put_table(b, shape->target.schema, shape->target.table);
	buf_put_char(b, ',');
	put_value(b, tx, shape, next, c->after, NULL);
	buf_put_text(b, ",0,");
	put_value(b, tx, shape, round, c->after, NULL);
	buf_put_char(b, ')');
	return transaction_end(tx, e);
}

static bool put_change(struct transaction *tx, struct shape *shape, const struct change *c, const struct row_value *row,
		       struct err *e)
{
	if (c->type == EVENT_INSERT)
		return put_insert(tx, shape, c, row, c->safe, e);
	if (c->type == EVENT_DELETE)
		return put_delete(tx, shape, c, !c->safe, e);
	return c->safe ? put_safe_update(tx, shape, c, row, e) : put_update(tx, shape, c, row, e);
}

bool change_put(struct transaction *tx, struct shape *shape, const struct change *c, struct err *e)
{
	struct arena a = ARENA_INIT;
	const struct row_value *row = c->after;
	struct row_value *merged;
	bool ok;

	if (shape->has_documents && json_store(tx) != JSON_STORE_TEXT && !check_documents(tx, shape, c, e))
		return false;
	if ((c->type == EVENT_INSERT || !is_partial(shape, c->before)) &&
	    (c->type == EVENT_DELETE || !is_partial(shape, c->after)))
		return put_change(tx, shape, c, c->after, e);
	if (shape->is_sequence && c->type == EVENT_INSERT)
		return put_next(tx, shape, c, e);
	if (!check_images(tx, shape, c, e))
		return false;
	if (c->type == EVENT_UPDATE) {
		merged = arena_array(&a, shape->table.n_columns, sizeof(*merged));
		image_merge(shape, c->before, c->after, merged);
		row = merged;
	}
	ok = put_change(tx, shape, c, row, e);
	arena_release(&a);
	return ok;
}
