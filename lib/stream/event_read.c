/*
 * event_read.c - the lines that are read whole: ddl, table, state.
 */
#include "stream/event.h"

#include "stream/fields.h"

static const struct err_kind err_extract = {
	.code = 36641, .class = "functional", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "give the route's extract-* another 'target-column'",
};

/* All keys must have been read, and the object closed. */
static bool line_done(const struct json *j, const char *type, struct err *e)
{
	return !j->bad || line_bad(j, type, e);
}

static bool line_of_type(struct json *j, struct str line, const char *type, struct arena *a, struct err *e)
{
	struct str found;

	if (!line_begin(j, line, &found, a, e))
		return false;
	if (!str_is(found, type))
		return err_set(e, &err_stream_syntax, "a line of type '%.*s' stands where one of type '%s' should",
			       STR(found), type);
	return true;
}

enum { OWN_TABLES, OWN_TO };

static const struct field ddl_fields[] = {
	FIELD("kind", FIELD_TEXT, ddl_event, kind),
	FIELD("schema", FIELD_TEXT, ddl_event, schema),
	FIELD_BY("tables", FIELD_OWN, OWN_TABLES),
	FIELD_BY("to", FIELD_OWN, OWN_TO),
	FIELD("pos", FIELD_TEXT, ddl_event, pos),
	FIELD("at", FIELD_TEXT, ddl_event, at),
	FIELD("gtid", FIELD_TEXT, ddl_event, gtid),
	FIELD("ts", FIELD_NUMBER, ddl_event, ts),
	FIELD("sql_mode", FIELD_TEXT, ddl_event, sql_mode),
	FIELD("charset", FIELD_TEXT, ddl_event, charset),
	FIELD("collation", FIELD_TEXT, ddl_event, collation),
	FIELD("time_zone", FIELD_TEXT, ddl_event, time_zone),
	FIELD("sql", FIELD_TEXT, ddl_event, sql),
};

bool ddl_line_parse(struct ddl_event *ddl, struct str line, struct arena *a, struct err *e)
{
	size_t hint = 0, n_to = 0;
	struct str key;
	struct json j;

	memset(ddl, 0, sizeof(*ddl));
	if (!line_of_type(&j, line, "ddl", a, e))
		return false;
	while (json_key(&j, &key)) {
		const struct field *field = field_find(ddl_fields, sizeof(ddl_fields) / sizeof(*ddl_fields), key, &hint);

		if (!field) {
			json_skip(&j);
		} else if (field->how != FIELD_OWN) {
			field_take(&j, field, ddl, a);
		} else if (field->offset == OWN_TABLES) {
			pairs_take(&j, &ddl->tables, &ddl->n_tables, a);
		} else {
			pairs_take(&j, &ddl->to, &n_to, a);
			ddl->routed = true;
		}
	}
	if (!line_done(&j, "ddl", e))
		return false;
	if (!ddl->kind.p || !ddl->sql.p)
		return err_set(e, &err_stream_syntax, "a line of type 'ddl' has no \"kind\" or no \"sql\"");
	if (!ddl->routed)
		ddl->to = ddl->tables;
	else if (n_to != ddl->n_tables)
		return err_set(e, &err_stream_syntax, "a line of type 'ddl' has %zu \"tables\" and %zu \"to\"",
			       ddl->n_tables, n_to);
	return true;
}

struct column_line {
	struct column column;
	struct str enc;
};

static const struct field column_fields[] = {
	FIELD("name", FIELD_TEXT, column_line, column.name),
	FIELD("type", FIELD_TEXT, column_line, column.type),
	FIELD("charset", FIELD_TEXT, column_line, column.charset),
	FIELD("collation", FIELD_TEXT, column_line, column.collation),
	FIELD("nullable", FIELD_BOOL, column_line, column.nullable),
	FIELD("default", FIELD_TEXT, column_line, column.def),
	FIELD("generated", FIELD_BOOL, column_line, column.generated),
	FIELD("expression", FIELD_TEXT, column_line, column.expression),
	FIELD("enc", FIELD_TEXT, column_line, enc),
	FIELD("auto_increment", FIELD_BOOL, column_line, column.auto_increment),
	FIELD("invisible", FIELD_BOOL, column_line, column.invisible),
};

static void take_column(struct json *j, struct table *t, struct arena *a)
{
	struct column_line line = { 0 };
	size_t hint = 0;
	struct str key;

	if (!json_object(j))
		return;
	while (json_key(j, &key)) {
		const struct field *field =
			field_find(column_fields, sizeof(column_fields) / sizeof(*column_fields), key, &hint);

		if (field)
			field_take(j, field, &line, a);
		else
			json_skip(j);
	}
	if (line.column.name.n == 0)
		j->bad = true;
	if (j->bad)
		return;
	line.column.has_default = line.column.def.p != NULL;
	line.column.base64 = str_is(line.enc, "base64");
	table_add_column(t, &line.column, t->n_columns);
}

/* ["id",...] or [0,10,...] into the parts, which grow. */
static void take_parts(struct json *j, struct key *key, size_t *room, bool prefixes, struct arena *a)
{
	size_t at = 0;

	for (bool more = json_array(j); more && json_item(j); at++) {
		if (at >= *room) {
			struct key_part *bigger = arena_array(a, *room = at ? at * 2 : 4, sizeof(*bigger));

			if (at)
				memcpy(bigger, key->parts, at * sizeof(*bigger));
			key->parts = bigger;
		}
		if (!prefixes) {
			key->parts[at].column = json_text(j, a);
		} else {
			uint64_t v = json_u64(j);

			key->parts[at].prefix = (unsigned)v;
			if (v > UINT32_MAX)
				j->bad = true;
		}
	}
	if (prefixes ? at > key->n_parts && key->n_parts > 0 : at < key->n_parts)
		j->bad = true;
	if (at > key->n_parts)
		key->n_parts = at;
}

static void take_key(struct json *j, struct table *t, struct arena *a)
{
	struct key key = { 0 };
	size_t room = 0;
	struct str name;

	if (!json_object(j))
		return;
	while (json_key(j, &name)) {
		if (str_is(name, "name"))
			key.name = json_text(j, a);
		else if (str_is(name, "unique"))
			key.unique = json_bool(j);
		else if (str_is(name, "columns"))
			take_parts(j, &key, &room, false, a);
		else if (str_is(name, "prefix"))
			take_parts(j, &key, &room, true, a);
		else
			json_skip(j);
	}
	if (!j->bad)
		table_add_key(t, &key);
}

static bool add_extracts(struct table *t, const struct event_name *extracts, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		if (extracts[i].schema.n == 0)
			return err_set(e, &err_stream_syntax, "a column of \"extract\" of table '%.*s.%.*s' has no name", STR(t->schema),
				       STR(t->name));
		if (table_find_column(t, extracts[i].schema) != SIZE_MAX)
			return err_set(e, &err_extract, "table '%.*s.%.*s' has a column '%.*s', and a route adds one of that name",
				       STR(t->schema), STR(t->name), STR(extracts[i].schema));
		table_add_constant(t, extracts[i].schema, extracts[i].table);
	}
	return true;
}

/* Columns that a route adds come behind all others, wherever the line has them. */
struct extracts {
	size_t n;
	struct event_name *pairs;
};

static void take_table(struct json *j, struct table *t, struct event_name *to, bool *routed, struct extracts *extracts,
		       struct arena *a)
{
	struct str key, schema = STR_NONE, name = STR_NONE, charset = STR_NONE, row_end = STR_NONE;

	while (json_key(j, &key)) {
		if (str_is(key, "schema")) {
			schema = json_text(j, a);
		} else if (str_is(key, "table")) {
			name = json_text(j, a);
		} else if (str_is(key, "to")) {
			pair_take(j, to, a);
			*routed = true;
		} else if (str_is(key, "extract")) {
			pairs_take(j, &extracts->pairs, &extracts->n, a);
		} else if (str_is(key, "charset")) {
			charset = json_null(j) ? STR_NONE : json_text(j, a);
		} else if (str_is(key, "row_end")) {
			row_end = json_text(j, a);
			t->versioned = true;
		} else if (str_is(key, "columns")) {
			for (bool more = json_array(j); more && json_item(j);)
				take_column(j, t, a);
		} else if (str_is(key, "keys")) {
			for (bool more = json_array(j); more && json_item(j);)
				take_key(j, t, a);
		} else {
			json_skip(j);
		}
	}
	t->schema = arena_str(&t->arena, schema);
	t->name = arena_str(&t->arena, name);
	t->charset = arena_str(&t->arena, charset);
	t->row_end = arena_str(&t->arena, row_end);
}

bool table_line_parse(struct table *t, struct event_name *to, struct str line, struct arena *a, struct err *e)
{
	struct event_name pair = { 0 };
	struct extracts extracts = { 0 };
	bool routed = false, ok;
	struct json j;

	if (!line_of_type(&j, line, "table", a, e))
		return false;
	table_init(t, STR_NONE, STR_NONE);
	take_table(&j, t, &pair, &routed, &extracts, a);
	ok = line_done(&j, "table", e);
	if (ok && (t->schema.n == 0 || t->name.n == 0))
		ok = err_set(e, &err_stream_syntax, "a line of type 'table' has no \"schema\" or no \"table\"");
	ok = ok && add_extracts(t, extracts.pairs, extracts.n, e);
	if (!ok) {
		table_release(t);
		return false;
	}
	if (to)
		*to = routed ? pair : (struct event_name){ t->schema, t->name };
	return true;
}

bool state_line_parse(struct str *stage, struct str *key, struct str *value, struct str line, struct arena *a, struct err *e)
{
	struct str name;
	struct json j;

	*stage = *key = *value = STR_NONE;
	if (!line_of_type(&j, line, "state", a, e))
		return false;
	while (json_key(&j, &name)) {
		if (str_is(name, "stage"))
			*stage = json_text(&j, a);
		else if (str_is(name, "key"))
			*key = json_text(&j, a);
		else if (str_is(name, "value"))
			*value = json_skip(&j);
		else
			json_skip(&j);
	}
	if (!line_done(&j, "state", e))
		return false;
	return (stage->p && key->p && value->p) ||
	       err_set(e, &err_stream_syntax, "a line of type 'state' has no \"stage\", \"key\" or \"value\"");
}
