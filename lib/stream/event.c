/*
 * event.c - heads of lines, and the places in them.
 */
#include "stream/event.h"

#include "base/log.h"
#include "stream/fields.h"

const struct err_kind err_stream_version = {
	.code = 50106, .class = "functional", .scope = SCOPE_INTERNAL, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "use tools of one version in one pipeline",
};

static const struct { const char *name; size_t n; } type_names[] = {
#define NAME(type, name) [type] = { name, sizeof(name) - 1 }
	NAME(EVENT_OTHER, "other"), NAME(EVENT_STREAM, "stream"), NAME(EVENT_STATE, "state"),
	NAME(EVENT_SNAPSHOT, "snapshot"), NAME(EVENT_TABLE, "table"), NAME(EVENT_INSERT, "insert"),
	NAME(EVENT_UPDATE, "update"), NAME(EVENT_DELETE, "delete"), NAME(EVENT_DDL, "ddl"), NAME(EVENT_CHUNK, "chunk"),
	NAME(EVENT_CHUNK_END, "chunk_end"), NAME(EVENT_COMMIT, "commit"), NAME(EVENT_HEARTBEAT, "heartbeat"),
	NAME(EVENT_END, "end"),
#undef NAME
};

const char *event_type_name(enum event_type type)
{
	return type_names[type].name;
}

static enum event_type type_of_name(struct str name)
{
	for (size_t i = EVENT_STREAM; i < sizeof(type_names) / sizeof(*type_names); i++)
		if (type_names[i].n == name.n && memcmp(type_names[i].name, name.p, name.n) == 0)
			return (enum event_type)i;
	return EVENT_OTHER;
}

enum { OWN_TABLE, OWN_TABLES, OWN_TO, OWN_ROWS };

static const struct field head_fields[] = {
	FIELD("version", FIELD_U64, event_head, version),
	FIELD("source", FIELD_TEXT, event_head, source),
	FIELD("flavor", FIELD_TEXT, event_head, flavor),
	FIELD("server_version", FIELD_TEXT, event_head, server_version),
	FIELD("stage", FIELD_TEXT, event_head, stage),
	FIELD("key", FIELD_TEXT, event_head, key),
	FIELD("kind", FIELD_TEXT, event_head, kind),
	FIELD("schema", FIELD_TEXT, event_head, schema),
	FIELD_BY("table", FIELD_OWN, OWN_TABLE),
	FIELD_BY("tables", FIELD_OWN, OWN_TABLES),
	FIELD_BY("to", FIELD_OWN, OWN_TO),
	FIELD("id", FIELD_DIGITS, event_head, id),
	FIELD("of", FIELD_U64, event_head, of),
	FIELD("rows_estimate", FIELD_U64, event_head, rows_estimate),
	FIELD("reason", FIELD_TEXT, event_head, reason),
	FIELD("pos", FIELD_TEXT, event_head, pos),
	FIELD("at", FIELD_TEXT, event_head, at),
	FIELD("seq", FIELD_U64, event_head, seq),
	FIELD("resume", FIELD_TEXT, event_head, resume),
	FIELD("gtid", FIELD_TEXT, event_head, gtid),
	FIELD("ts", FIELD_NUMBER, event_head, ts),
	FIELD("doubt", FIELD_TEXT, event_head, doubt),
	FIELD_BY("rows", FIELD_OWN, OWN_ROWS),
	FIELD("bytes", FIELD_U64, event_head, bytes),
	FIELD("head", FIELD_TEXT, event_head, head),
	FIELD("consistent", FIELD_BOOL, event_head, consistent),
	FIELD("pos_end", FIELD_TEXT, event_head, pos_end),
	FIELD_BY("columns", FIELD_BULK, 0),
	FIELD_BY("keys", FIELD_BULK, 0),
	FIELD_BY("sql", FIELD_BULK, 0),
	FIELD_BY("value", FIELD_BULK, 0),
};

#define N_HEAD_FIELDS (sizeof(head_fields) / sizeof(*head_fields))

static bool has_rows(enum event_type type)
{
	return type == EVENT_INSERT || type == EVENT_UPDATE || type == EVENT_DELETE;
}

/* Behind the bulk there is nothing, in lines of our own. A line from elsewhere may have keys there: they are read when the bulk
 * is whole in the head. True when it was skipped and reading goes on. */
static bool pass_bulk(struct json *j, enum event_type type)
{
	struct json at = *j;
	struct str text = { j->start, (size_t)(j->end - j->start) };

	if (has_rows(type) && (str_ends(text, STR_LIT("]]}")) || str_ends(text, STR_LIT("[]}"))))
		return false;
	json_skip(&at);
	if (at.bad)
		return false;
	*j = at;
	return true;
}

static bool take_own(struct json *j, const struct field *field, struct event_head *ev, struct arena *a)
{
	switch (field->offset) {
	case OWN_TABLE:
		ev->table = json_text(j, a);
		ev->after_names = (size_t)(j->p - j->start);
		return true;
	case OWN_TABLES:
		json_skip(j);
		ev->after_names = (size_t)(j->p - j->start);
		return true;
	case OWN_TO:
		if (ev->type == EVENT_DDL)
			json_skip(j);
		else
			pair_take(j, &ev->to, a);
		ev->to_end = (size_t)(j->p - j->start);
		ev->routed = true;
		return true;
	default:
		if (json_peek(j) != JSON_NUMBER)
			return pass_bulk(j, ev->type);
		ev->rows = json_u64(j);
		return true;
	}
}

/* False at a bulk that ends the head. */
static bool take_member(struct json *j, const struct field *field, struct event_head *ev, struct arena *a)
{
	if (field->how == FIELD_OWN)
		return take_own(j, field, ev, a);
	if (field->how == FIELD_BULK)
		return pass_bulk(j, ev->type);
	field_take(j, field, ev, a);
	return true;
}

/* All keys behind "type". */
static bool take_head(struct json *j, struct event_head *ev, struct arena *a, struct err *e)
{
	uint64_t seen = 0;
	size_t hint = 0;

	for (;;) {
		size_t comma = (size_t)(j->p - j->start);
		const struct field *field;
		struct str key;
		uint64_t bit;

		if (!json_key(j, &key))
			break;
		field = field_find(head_fields, N_HEAD_FIELDS, key, &hint);
		if (!field) {
			json_skip(j);
			continue;
		}
		bit = (uint64_t)1 << (field - head_fields);
		if (seen & bit)
			return err_set(e, &err_stream_syntax, "a line of type '%s' has two keys '%s'",
				       event_type_name(ev->type), field->name);
		seen |= bit;
		if (field->how == FIELD_OWN && field->offset == OWN_TO)
			ev->to_start = comma;
		if (!take_member(j, field, ev, a))
			break;
	}
	return !j->bad || line_bad(j, event_type_name(ev->type), e);
}

/* What nobody can do without. */
static bool check_head(const struct event_head *ev, struct err *e)
{
	bool of_table = has_rows(ev->type) || ev->type == EVENT_TABLE || ev->type == EVENT_CHUNK;

	if (of_table && (ev->schema.n == 0 || ev->table.n == 0))
		return err_set(e, &err_stream_syntax, "a line of type '%s' has no \"schema\" and \"table\" in its head",
			       event_type_name(ev->type));
	return true;
}

bool event_head_parse(struct event_head *ev, struct str head, struct arena *a, struct err *e)
{
	struct str type;
	struct json j;

	memset(ev, 0, sizeof(*ev));
	ev->consistent = true;
	if (!line_begin(&j, head, &type, a, e))
		return false;
	ev->type = type_of_name(type);
	if (ev->type == EVENT_OTHER)
		return true;
	if (ev->type == EVENT_DDL)
		ev->after_names = (size_t)(j.p - j.start);
	if (!take_head(&j, ev, a, e) || !check_head(ev, e))
		return false;
	if (!ev->routed)
		ev->to = (struct event_name){ ev->schema, ev->table };
	return true;
}

enum line_got event_next(struct line_in *in, struct event_head *ev, struct str *head, struct arena *a, struct err *e)
{
	enum line_got got = line_head(in, head, e);

	if (got != LINE_GOT)
		return got;
	arena_clear(a);
	if (!event_head_parse(ev, *head, a, e))
		return LINE_FAIL;
	if (ev->type == EVENT_STREAM && ev->version > STREAM_VERSION) {
		err_set(e, &err_stream_version, "the stream is of version %llu, this tool reads version %d",
			(unsigned long long)ev->version, STREAM_VERSION);
		return LINE_FAIL;
	}
	if (ev->pos.n > 0)
		log_place(ev->pos);
	return LINE_GOT;
}

bool event_pos_parse(struct str pos, struct str *file, uint64_t *offset)
{
	struct str name, digits;

	if (!str_cut_last(pos, ':', &name, &digits) || name.n == 0 || !str_to_u64(digits, offset))
		return false;
	*file = name;
	return true;
}

/* Sub-directory of a relay log (0: none), number of the file, offset: the order of all places of one log. */
enum { POS_NUMBERS = 3 };

static bool pos_numbers(struct str pos, uint64_t n[POS_NUMBERS])
{
	struct str name, base, number, sub;

	n[0] = 0;
	if (!event_pos_parse(pos, &name, &n[2]) || !str_cut_last(name, '.', &base, &number) || !str_to_u64(number, &n[1]))
		return false;
	if (str_cut_last(base, '|', NULL, &sub) && !str_to_u64(sub, &n[0]))
		n[0] = 0;
	return true;
}

int event_pos_compare(struct str a, struct str b)
{
	uint64_t of_a[POS_NUMBERS], of_b[POS_NUMBERS];
	bool ok_a = pos_numbers(a, of_a), ok_b = pos_numbers(b, of_b);

	if (!ok_a || !ok_b)
		return ok_a - ok_b;
	for (size_t i = 0; i < POS_NUMBERS; i++)
		if (of_a[i] != of_b[i])
			return of_a[i] < of_b[i] ? -1 : 1;
	return 0;
}

enum { SQL_SHOWN = 200 };

bool ddl_line_err(const struct ddl_event *ddl, struct err *e)
{
	struct str file = STR_LIT("");
	uint64_t offset = 0;

	if (e->kind->status == STATUS_RETRY || str_starts(str_of(e->text), STR_LIT("startLocation: ")))
		return false;
	event_pos_parse(ddl->at.n ? ddl->at : ddl->pos, &file, &offset);
	/* Routing has put the target's name into the text. */
	if (ddl->routed && ddl->n_tables > 0)
		err_at(e, "of '%.*s.%.*s'", STR(ddl->tables[0].schema), STR(ddl->tables[0].table));
	return err_at(e, "startLocation: [position: (%.*s, %llu), gtid-set: %.*s], origin SQL: [%.*s%s]", STR(file),
		      (unsigned long long)offset, STR(ddl->gtid), STR(str_first(ddl->sql, SQL_SHOWN)),
		      ddl->sql.n > SQL_SHOWN ? "..." : "");
}

void ddl_event_cut(struct ddl_event *ddl, const bool *keep, size_t group, struct arena *a)
{
	struct event_name *tables = arena_array(a, ddl->n_tables, sizeof(*tables));
	struct event_name *to = ddl->routed ? arena_array(a, ddl->n_tables, sizeof(*to)) : tables;
	size_t n = 0;

	for (size_t i = 0; i < ddl->n_tables; i++) {
		if (!keep[i / group])
			continue;
		tables[n] = ddl->tables[i];
		to[n++] = ddl->routed ? ddl->to[i] : ddl->tables[i];
	}
	ddl->tables = tables;
	ddl->to = to;
	ddl->n_tables = n;
}
