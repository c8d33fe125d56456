/* head.c - the lines in front of the first chunk: stream, state, snapshot, structures; see dump.h and dm-stream(5) */
#include "dump.h"

#include "text/json_write.h"

static void pos_put(struct arena *a, struct str *pos, const struct server_place *place)
{
	*pos = arena_strf(a, "%.*s:%llu", STR(place->file), (unsigned long long)place->pos);
}

bool server_identity(struct snapshot *s, struct str *identity, struct err *e)
{
	*identity = STR_LIT("");
	return s->control.flavor == FLAVOR_TIDB || server_own_id(&s->control, &s->arena, identity, e);
}

/* dm-relay's own fact, so that its first start can tell another server, which has other places. */
static void put_server(struct buf *b, struct str identity)
{
	struct buf value = BUF_INIT(1 << 16);

	json_put_text(&value, identity);
	if (identity.n > 0)
		state_line_put(b, STR_LIT("dm-relay"), STR_LIT("server"), buf_str(&value));
	buf_release(&value);
}

static void put_first_lines(struct buf *b, struct snapshot *s, struct str sql_mode, struct str identity,
			    const struct dump_want *want)
{
	struct buf value = BUF_INIT(1 << 16);
	struct event_head head = {
		.version = STREAM_VERSION, .source = want->source, .flavor = s->flavor,
		.server_version = str_of(s->control.server_version), .consistent = want->consistent,
		.gtid = s->place.gtid,
	};

	if (head.source.n == 0 && strlen(s->control.name) <= SOURCE_ID_MAX)
		head.source = str_of(s->control.name);	/* where nobody has named it */
	pos_put(&s->arena, &head.pos, &s->place);
	head.type = EVENT_STREAM;
	stream_line_put(b, &head);
	json_put_text(&value, sql_mode);
	state_line_put(b, STR_LIT("dm-dump"), STR_LIT("sql_mode"), buf_str(&value));
	put_server(b, identity);
	if (!want->consistent)
		pos_put(&s->arena, &head.pos_end, &s->place_end);
	head.type = EVENT_SNAPSHOT;
	snapshot_line_put(b, &head);
	buf_release(&value);
}

/* How much there is, for dm-load's progress. */
static void put_estimate(struct buf *b, const struct catalog *catalog)
{
	struct buf value = BUF_INIT(1 << 16);
	uint64_t rows = 0, bytes = 0;

	for (size_t i = 0; i < catalog->n_tables; i++) {
		rows += catalog->tables[i].rows_estimate;
		bytes += catalog->tables[i].bytes_estimate;
	}
	buf_put_char(&value, '{');
	json_put_key_u64(&value, "tables", catalog->n_tables);
	json_put_key_u64(&value, "rows", rows);
	json_put_key_u64(&value, "bytes", bytes);
	buf_put_char(&value, '}');
	state_line_put(b, STR_LIT("dm-dump"), STR_LIT("estimate"), buf_str(&value));
	buf_release(&value);
}

static void put_ddl(struct buf *b, enum ddl_kind kind, struct str schema, struct str table, struct str sql)
{
	struct event_name name = { schema, table };
	struct ddl_event ddl = {
		.kind = str_of(ddl_kind_name(kind)), .schema = schema, .n_tables = 1, .tables = &name, .to = &name,
		.sql = sql,
	};

	ddl_line_put(b, &ddl);
}

static bool put_schema(struct buf *b, struct conn *conn, struct str schema, struct err *e)
{
	struct buf text = BUF_INIT(1 << 16);
	struct arena a = ARENA_INIT;
	struct str sql;
	bool ok = server_create_schema(conn, &a, schema, &sql, e) && spell_schema(&text, sql, schema, conn, e) &&
		  buf_ok(&text, "a schema", e);

	if (ok)
		put_ddl(b, DDL_CREATE_DATABASE, schema, STR_LIT(""), buf_str(&text));
	buf_release(&text);
	arena_release(&a);
	return ok;
}

bool table_read(struct dump_table *t, struct str *sql, struct arena *a, struct catalog *catalog, struct conn *conn,
		const struct dump_want *want, struct err *e)
{
	return (t->is_sequence ? server_create_sequence : server_create_table)(conn, a, t->schema, t->name, sql, e) &&
	       structure_read(t, &catalog->arena, conn, want, e);
}

static bool put_table(struct buf *b, struct conn *conn, struct dump_table *t, struct catalog *catalog,
		      const struct dump_want *want, struct err *e)
{
	struct buf text = BUF_INIT(1 << 26);
	struct arena a = ARENA_INIT;
	struct str sql = STR_NONE;
	bool ok = table_read(t, &sql, &a, catalog, conn, want, e) && spell_create(&text, sql, t, conn, e);

	if (ok) {
		put_ddl(b, DDL_CREATE_TABLE, t->schema, t->name, buf_str(&text));
		table_line_put(b, &t->structure, NULL);
	}
	buf_release(&text);
	arena_release(&a);
	return ok;
}

static bool put_out(struct output *out, struct buf *b, struct err *e)
{
	bool ok = buf_ok(b, "a structure", e) && line_put(out->line, buf_str(b), e);

	buf_clear(b);
	return ok;
}

static bool put_structures(struct output *out, struct buf *b, struct catalog *catalog, struct conn *conn,
			   const struct dump_want *want, struct err *e)
{
	for (size_t i = 0; i < catalog->n_schemas; i++)
		if (!put_schema(b, conn, catalog->schemas[i], e) || !put_out(out, b, e))
			return false;
	for (int sequences = 1; sequences >= 0; sequences--)
		for (size_t i = 0; i < catalog->n_tables; i++)
			if (catalog->tables[i].is_sequence == (sequences == 1) &&
			    (!put_table(b, conn, &catalog->tables[i], catalog, want, e) || !put_out(out, b, e)))
				return false;
	return true;
}

bool head_put(struct output *out, struct catalog *catalog, struct snapshot *s, const struct dump_want *want,
	      struct err *e)
{
	struct buf b = BUF_INIT(1 << 28);
	struct str sql_mode, identity;
	bool exists, ok;

	ok = server_identity(s, &identity, e) && server_variable(&s->control, &s->arena, "sql_mode", &sql_mode, &exists, e);
	if (ok) {
		put_first_lines(&b, s, sql_mode, identity, want);
		ok = put_out(out, &b, e) && put_structures(out, &b, catalog, &s->control, want, e);
	}
	if (ok) {
		put_estimate(&b, catalog);
		ok = put_out(out, &b, e) && line_flush(out->line, e);
	}
	buf_release(&b);
	return ok;
}
