/*
 * rows.c - reads the rows of a line, value by value.
 */
#include "stream/rows.h"

#include <stdlib.h>

#include "base/mem.h"
#include "stream/fields.h"
#include "text/base64.h"

const struct err_kind err_stream_row = {
	.code = 50107, .class = "functional", .scope = SCOPE_INTERNAL, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "the structure in the stream is not the one that the row was written with: start again from a checkpoint, "
		      "or give the structure of that place in the log",
};

void rows_init(struct rows_reader *r)
{
	memset(r, 0, sizeof(*r));
	arena_init(&r->arena);
	r->values = &r->arena;
}

void rows_keep(struct rows_reader *r, struct arena *values, bool own_line)
{
	r->values = values ? values : &r->arena;
	r->own_line = own_line;
}

static void free_images(struct rows_reader *r)
{
	free(r->before);
	free(r->after);
	free(r->before_columns);
	free(r->after_columns);
	r->before = r->after = NULL;
	r->before_columns = r->after_columns = NULL;
}

void rows_release(struct rows_reader *r)
{
	free_images(r);
	arena_release(&r->arena);
	rows_init(r);
}

static bool bad_row(const struct rows_reader *r, struct err *e, const char *what)
{
	return err_set(e, &err_stream_row, "row of '%.*s.%.*s'%s%.*s, seq %llu: %s", STR(r->table->schema),
		       STR(r->table->name), r->pos.n ? " at " : "", STR(r->pos), (unsigned long long)r->seq, what);
}

/* Images are kept from line to line, since most lines are of tables alike. */
static void make_images(struct rows_reader *r, size_t n, size_t own)
{
	if (n > r->room) {
		free_images(r);
		r->before = mem_array(n, sizeof(*r->before));
		r->after = mem_array(n, sizeof(*r->after));
		r->before_columns = mem_array(n, sizeof(*r->before_columns));
		r->after_columns = mem_array(n, sizeof(*r->after_columns));
		r->room = n;
	}
	r->n_columns = n;
	r->n_before = r->n_after = own;
	for (size_t i = 0; i < n; i++) {
		r->before[i] = r->after[i] = (struct row_value){ VALUE_ABSENT, STR_NONE };
		r->before_columns[i] = r->after_columns[i] = i;
	}
	for (size_t i = own; i < n; i++)
		r->before[i] = r->after[i] = (struct row_value){ VALUE_TEXT, r->table->columns[i].constant };
}

/* Numbers of columns, rising. */
static bool take_columns(struct rows_reader *r, size_t *columns, size_t *n, struct err *e)
{
	size_t count = 0, least = 0;

	for (bool more = json_array(&r->j); more && json_item(&r->j);) {
		uint64_t at = json_u64(&r->j);

		if (at < least || at >= table_own_columns(r->table))
			return bad_row(r, e, "the list of its columns does not fit the table");
		columns[count++] = (size_t)at;
		least = (size_t)at + 1;
	}
	*n = count;
	return true;
}

enum { OWN_COLS, OWN_BEFORE, OWN_AFTER };

static const struct field image_fields[] = {
	FIELD_BY("cols", FIELD_OWN, OWN_COLS),
	FIELD_BY("before", FIELD_OWN, OWN_BEFORE),
	FIELD_BY("after", FIELD_OWN, OWN_AFTER),
	FIELD_BY("rows", FIELD_BULK, 0),
};

static bool take_image_list(struct rows_reader *r, size_t which, struct err *e)
{
	bool before = which == OWN_BEFORE || (which == OWN_COLS && r->type == EVENT_DELETE);

	return before ? take_columns(r, r->before_columns, &r->n_before, e) :
			take_columns(r, r->after_columns, &r->n_after, e);
}

/* Reads the lists of columns; leaves the cursor at the rows. Where the line came from elsewhere, the lists may stand behind. */
static bool find_rows(struct rows_reader *r, struct str line, struct err *e)
{
	struct json rows = { 0 };
	bool found = false;
	size_t hint = 0;
	struct str key;

	while (json_key(&r->j, &key)) {
		const struct field *field =
			field_find(image_fields, sizeof(image_fields) / sizeof(*image_fields), key, &hint);

		if (!field) {
			json_skip(&r->j);
		} else if (field->how == FIELD_OWN) {
			if (!take_image_list(r, field->offset, e))
				return false;
		} else {
			rows = r->j;
			found = true;
			if (str_ends(line, STR_LIT("]]}")) || str_ends(line, STR_LIT("[]}")))
				break;
			json_skip(&r->j);
		}
	}
	if (r->j.bad)
		return line_bad(&r->j, event_type_name(r->type), e);
	if (!found)
		return bad_row(r, e, "there is no \"rows\"");
	r->j = rows;
	return true;
}

bool rows_start(struct rows_reader *r, const struct event_head *head, const struct table *table, struct str line, struct err *e)
{
	struct str type;

	r->type = head->type;
	r->table = table;
	r->pos = head->pos;
	r->seq = head->seq;
	r->started = false;
	arena_clear(&r->arena);
	make_images(r, table->n_columns, table_own_columns(table));
	if (!line_begin(&r->j, line, &type, &r->arena, e) || !find_rows(r, line, e))
		return false;
	return json_array(&r->j) || line_bad(&r->j, event_type_name(r->type), e);
}

static bool take_base64(struct rows_reader *r, const struct column *column, struct row_value *v, struct err *e)
{
	v->kind = VALUE_BYTES;
	if (r->j.bad || (r->own_line ? base64_take_here((char *)v->text.p, v->text.n, &v->text) :
			 base64_take(r->values, v->text, &v->text)))
		return true;
	bad_row(r, e, "a value is no base64");
	return err_at(e, "column '%.*s'", STR(column->name));
}

/* {"base64":"..."} and {"json_diff":[...]} */
static bool take_object(struct rows_reader *r, const struct column *column, struct row_value *v, struct err *e)
{
	struct str key;

	if (!json_object(&r->j) || !json_key(&r->j, &key))
		return r->j.bad || bad_row(r, e, "a value is an empty object");
	if (str_eq(key, STR_LIT("base64"))) {
		v->text = json_text(&r->j, r->values);
		if (!take_base64(r, column, v, e))
			return false;
	} else if (str_eq(key, STR_LIT("json_diff")) && json_peek(&r->j) == JSON_ARRAY) {
		v->kind = VALUE_JSON_DIFF;
		v->text = json_skip(&r->j);
	} else {
		return bad_row(r, e, "a value is an object that is not known");
	}
	if (json_key(&r->j, &key))
		return bad_row(r, e, "a value is an object of two keys");
	return true;
}

/* Faults of JSON stay in r->j and are told by the caller, once a row. */
static bool take_value(struct rows_reader *r, const struct column *column, struct row_value *v, struct err *e)
{
	switch (json_peek(&r->j)) {
	case JSON_NULL:
		json_null(&r->j);
		*v = (struct row_value){ VALUE_NULL, STR_NONE };
		return true;
	case JSON_NUMBER:
		v->kind = VALUE_NUMBER;
		v->text = json_number(&r->j);
		return true;
	case JSON_TEXT:
		v->kind = VALUE_TEXT;
		v->text = json_text(&r->j, r->values);
		return !column->base64 || take_base64(r, column, v, e);
	case JSON_OBJECT:
		return take_object(r, column, v, e);
	case JSON_FALSE:
	case JSON_TRUE:
	case JSON_ARRAY:
		return bad_row(r, e, "a value is true, false or a list");
	case JSON_BAD:
		break;
	}
	r->j.bad = true;
	return true;
}

static bool take_image(struct rows_reader *r, struct row_value *image, const size_t *columns, size_t n, struct err *e)
{
	size_t count = 0;

	if (!json_array(&r->j))
		return line_bad(&r->j, event_type_name(r->type), e);
	while (json_item(&r->j)) {
		if (count == n)
			return bad_row(r, e, "it has more values than the table has columns");
		if (!take_value(r, &r->table->columns[columns[count]], &image[columns[count]], e))
			return false;
		count++;
	}
	if (r->j.bad)
		return line_bad(&r->j, event_type_name(r->type), e);
	if (count < n)
		return bad_row(r, e, "it has fewer values than the table has columns");
	return true;
}

static bool take_update(struct rows_reader *r, struct err *e)
{
	if (!json_array(&r->j) || !json_item(&r->j))
		return line_bad(&r->j, event_type_name(r->type), e);
	if (!take_image(r, r->before, r->before_columns, r->n_before, e))
		return false;
	if (!json_item(&r->j))
		return bad_row(r, e, "the image after the change is missing");
	if (!take_image(r, r->after, r->after_columns, r->n_after, e))
		return false;
	if (json_item(&r->j))
		return bad_row(r, e, "it has more than two images");
	return !r->j.bad || line_bad(&r->j, event_type_name(r->type), e);
}

/* What stands behind the rows must be whole too: a line is all good or refused. */
static bool finish(struct rows_reader *r, struct err *e)
{
	struct str key;

	while (json_key(&r->j, &key))
		json_skip(&r->j);
	if (!r->j.bad && json_peek(&r->j) == JSON_BAD && r->j.p == r->j.end)
		return true;
	return line_bad(&r->j, event_type_name(r->type), e);
}

bool rows_next(struct rows_reader *r, bool *more, struct err *e)
{
	*more = json_item(&r->j);
	if (!*more)
		return !r->j.bad ? finish(r, e) : line_bad(&r->j, event_type_name(r->type), e);
	if (r->values == &r->arena)
		arena_clear(&r->arena);
	r->seq += r->started;
	r->started = true;
	if (r->type == EVENT_UPDATE)
		return take_update(r, e);
	if (r->type == EVENT_DELETE)
		return take_image(r, r->before, r->before_columns, r->n_before, e);
	return take_image(r, r->after, r->after_columns, r->n_after, e);
}
