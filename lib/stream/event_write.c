/*
 * event_write.c - structs as lines, keys in the documented order.
 */
#include "stream/event.h"

#include "text/json_write.h"

static void begin(struct buf *b, enum event_type type)
{
	buf_put_text(b, "{\"type\":\"");
	buf_put_text(b, event_type_name(type));
	buf_put_char(b, '"');
}

static void end(struct buf *b)
{
	buf_put(b, "}\n", 2);
}

/* Left out where it is empty. */
static void text(struct buf *b, const char *key, struct str value)
{
	if (value.n > 0)
		json_put_key_text(b, key, value);
}

/* A number that is kept as its digits. */
static void digits(struct buf *b, const char *key, struct str value)
{
	if (value.n == 0)
		return;
	json_put_key(b, key);
	buf_put_str(b, value);
}

static void number(struct buf *b, const char *key, uint64_t value)
{
	if (value > 0)
		json_put_key_u64(b, key, value);
}

static void pair(struct buf *b, const struct event_name *name)
{
	buf_put_char(b, '[');
	json_put_text(b, name->schema);
	buf_put_char(b, ',');
	json_put_text(b, name->table);
	buf_put_char(b, ']');
}

static void pairs(struct buf *b, const char *key, const struct event_name *names, size_t n)
{
	json_put_key(b, key);
	buf_put_char(b, '[');
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buf_put_char(b, ',');
		pair(b, &names[i]);
	}
	buf_put_char(b, ']');
}

void to_key_put(struct buf *b, const struct event_name *to)
{
	buf_put_text(b, ",\"to\":");
	pair(b, to);
}

void to_list_key_put(struct buf *b, const struct event_name *to, size_t n)
{
	pairs(b, "to", to, n);
}

static void names(struct buf *b, const struct event_head *head)
{
	json_put_key_text(b, "schema", head->schema);
	json_put_key_text(b, "table", head->table);
	if (head->routed)
		to_key_put(b, &head->to);
}

void stream_line_put(struct buf *b, const struct event_head *head)
{
	begin(b, EVENT_STREAM);
	json_put_key_u64(b, "version", head->version ? head->version : STREAM_VERSION);
	text(b, "source", head->source);
	text(b, "flavor", head->flavor);
	text(b, "server_version", head->server_version);
	text(b, "pos", head->pos);
	text(b, "gtid", head->gtid);
	end(b);
}

void snapshot_line_put(struct buf *b, const struct event_head *head)
{
	begin(b, EVENT_SNAPSHOT);
	text(b, "pos", head->pos);
	text(b, "gtid", head->gtid);
	json_put_key_bool(b, "consistent", head->consistent);
	if (!head->consistent)
		text(b, "pos_end", head->pos_end);
	end(b);
}

void chunk_line_put(struct buf *b, const struct event_head *head)
{
	begin(b, EVENT_CHUNK);
	names(b, head);
	text(b, "id", head->id);
	number(b, "of", head->of);
	number(b, "rows_estimate", head->rows_estimate);
	end(b);
}

void chunk_end_line_put(struct buf *b, const struct event_head *head)
{
	begin(b, EVENT_CHUNK_END);
	text(b, "id", head->id);
	json_put_key_u64(b, "rows", head->rows);
	json_put_key_u64(b, "bytes", head->bytes);
	end(b);
}

static void place(struct buf *b, const struct event_head *head)
{
	text(b, "pos", head->pos);
	text(b, "resume", head->resume);
	text(b, "gtid", head->gtid);
	digits(b, "ts", head->ts);
}

void commit_line_put(struct buf *b, const struct event_head *head)
{
	begin(b, EVENT_COMMIT);
	place(b, head);
	end(b);
}

void heartbeat_line_put(struct buf *b, const struct event_head *head)
{
	begin(b, EVENT_HEARTBEAT);
	place(b, head);
	text(b, "head", head->head);
	end(b);
}

void end_line_put(struct buf *b, const struct event_head *head)
{
	begin(b, EVENT_END);
	text(b, "reason", head->reason);
	text(b, "pos", head->pos);
	text(b, "resume", head->resume);
	text(b, "gtid", head->gtid);
	end(b);
}

static void column_list(struct buf *b, const char *key, const size_t *columns, size_t n)
{
	if (!columns)
		return;
	json_put_key(b, key);
	buf_put_char(b, '[');
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buf_put_char(b, ',');
		buf_put_u64(b, columns[i]);
	}
	buf_put_char(b, ']');
}

void rows_line_start_partial(struct buf *b, const struct event_head *head, const struct rows_columns *columns)
{
	begin(b, head->type);
	names(b, head);
	if (head->pos.n > 0) {
		json_put_key_text(b, "pos", head->pos);
		json_put_key_u64(b, "seq", head->seq);
	}
	text(b, "gtid", head->gtid);
	digits(b, "ts", head->ts);
	text(b, "doubt", head->doubt);
	column_list(b, head->type == EVENT_UPDATE ? "before" : "cols", columns->before, columns->n_before);
	column_list(b, head->type == EVENT_UPDATE ? "after" : "cols", columns->after, columns->n_after);
	json_put_key(b, "rows");
	buf_put_char(b, '[');
}

void rows_line_start(struct buf *b, const struct event_head *head)
{
	rows_line_start_partial(b, head, &(struct rows_columns){ NULL, 0, NULL, 0 });
}

void ddl_line_put(struct buf *b, const struct ddl_event *ddl)
{
	begin(b, EVENT_DDL);
	json_put_key_text(b, "kind", ddl->kind);
	json_put_key_text(b, "schema", ddl->schema);
	pairs(b, "tables", ddl->tables, ddl->n_tables);
	if (ddl->routed)
		pairs(b, "to", ddl->to, ddl->n_tables);
	text(b, "pos", ddl->pos);
	text(b, "at", ddl->at);
	text(b, "gtid", ddl->gtid);
	digits(b, "ts", ddl->ts);
	text(b, "sql_mode", ddl->sql_mode);
	text(b, "charset", ddl->charset);
	text(b, "collation", ddl->collation);
	text(b, "time_zone", ddl->time_zone);
	json_put_key_text(b, "sql", ddl->sql);
	end(b);
}

/* null where there is none. */
static void text_or_null(struct buf *b, const char *key, struct str value, bool there)
{
	json_put_key(b, key);
	if (there)
		json_put_text(b, value);
	else
		buf_put_text(b, "null");
}

static void column(struct buf *b, const struct column *c)
{
	buf_put_char(b, '{');
	json_put_key_text(b, "name", c->name);
	json_put_key_text(b, "type", c->type);
	text_or_null(b, "charset", c->charset, c->charset.n > 0);
	if (c->collation.n)
		json_put_key_text(b, "collation", c->collation);
	json_put_key_bool(b, "nullable", c->nullable);
	text_or_null(b, "default", c->def, c->has_default);
	json_put_key_bool(b, "generated", c->generated);
	if (c->expression.n > 0)
		json_put_key_text(b, "expression", c->expression);
	if (c->base64)
		json_put_key_text(b, "enc", STR_LIT("base64"));
	if (c->auto_increment)
		json_put_key_bool(b, "auto_increment", true);
	if (c->invisible)
		json_put_key_bool(b, "invisible", true);
	buf_put_char(b, '}');
}

static void key(struct buf *b, const struct key *k)
{
	bool prefix = false;

	buf_put_char(b, '{');
	json_put_key_text(b, "name", k->name);
	json_put_key_bool(b, "unique", k->unique);
	json_put_key(b, "columns");
	for (size_t i = 0; i < k->n_parts; i++) {
		buf_put_char(b, i ? ',' : '[');
		json_put_text(b, k->parts[i].column);
		prefix |= k->parts[i].prefix > 0;
	}
	buf_put_text(b, k->n_parts ? "]" : "[]");
	if (prefix) {
		json_put_key(b, "prefix");
		for (size_t i = 0; i < k->n_parts; i++) {
			buf_put_char(b, i ? ',' : '[');
			buf_put_u64(b, k->parts[i].prefix);
		}
		buf_put_char(b, ']');
	}
	buf_put_char(b, '}');
}

void extract_key_put(struct buf *b, const struct str (*columns)[2], size_t n)
{
	buf_put_text(b, ",\"extract\":");
	for (size_t i = 0; i < n; i++) {
		buf_put_char(b, i ? ',' : '[');
		buf_put_char(b, '[');
		json_put_text(b, columns[i][0]);
		buf_put_char(b, ',');
		json_put_text(b, columns[i][1]);
		buf_put_char(b, ']');
	}
	buf_put_char(b, ']');
}

void table_line_put(struct buf *b, const struct table *t, const struct event_name *to)
{
	begin(b, EVENT_TABLE);
	json_put_key_text(b, "schema", t->schema);
	json_put_key_text(b, "table", t->name);
	if (to)
		to_key_put(b, to);
	text_or_null(b, "charset", t->charset, t->charset.n > 0);
	if (t->versioned)
		json_put_key_text(b, "row_end", t->row_end);
	json_put_key(b, "columns");
	buf_put_char(b, '[');
	for (size_t i = 0; i < table_own_columns(t); i++) {
		if (i > 0)
			buf_put_char(b, ',');
		column(b, &t->columns[i]);
	}
	buf_put_char(b, ']');
	json_put_key(b, "keys");
	buf_put_char(b, '[');
	for (size_t i = 0; i < t->n_keys; i++) {
		if (i > 0)
			buf_put_char(b, ',');
		key(b, &t->keys[i]);
	}
	buf_put_char(b, ']');
	end(b);
}

void state_line_put(struct buf *b, struct str stage, struct str key_text, struct str raw_value)
{
	begin(b, EVENT_STATE);
	json_put_key_text(b, "stage", stage);
	json_put_key_text(b, "key", key_text);
	json_put_key(b, "value");
	buf_put_str(b, raw_value);
	end(b);
}
