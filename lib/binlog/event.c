/* event.c - the table of decoders, and what each event's body says; see event.h */
#include "binlog/event.h"

#include <stdio.h>
#include <zlib.h>

#include "binlog/cur.h"
#include "binlog/inflate.h"
#include "text/utf8.h"

enum {
	CHECKSUM_SIZE = 4,
	FORMAT_FIXED = 2 + 50 + 4 + 1,		/* binlog version, server version, created, header size */
	QUERY_POST_HEADER = 13,
	ROWS_STATEMENT_END = 1,
	ROWS_DUMMY_ID = 0xffffff,
	COLUMNS_MAX = 4096,
	EXPANDED_MAX = 1 << 30,
	FLAGS2_EXPLICIT_TIMESTAMPS = 0x1000000,
};

struct decoder {
	const char *name;
	bool (*decode)(struct cur *c, struct binlog_event *ev, struct binlog_decoder *d, struct err *e);
	bool ignore;
};

void binlog_decoder_init(struct binlog_decoder *d)
{
	*d = (struct binlog_decoder){ .expanded = BUF_INIT((size_t)EXPANDED_MAX + 1) };
	binlog_decoder_restart(d);
}

void binlog_decoder_release(struct binlog_decoder *d)
{
	buf_release(&d->expanded);
}

void binlog_decoder_restart(struct binlog_decoder *d)
{
	d->has_format = false;
	d->format = (struct binlog_format){ .checksum = CHECKSUM_UNKNOWN, .header_size = BINLOG_HEADER_SIZE };
}

bool binlog_magic_check(struct str start, struct err *e)
{
	if (str_is(start, "\xfe" "bin"))
		return true;
	if (str_is(start, "\xfd" "bin"))
		return err_set(e, &err_binlog_file, "the binary log is encrypted");
	return err_set(e, &err_binlog_file, "this is no binary log: it does not start with the bytes fe 62 69 6e");
}

bool binlog_header_read(struct binlog_header *head, struct str bytes, struct err *e)
{
	struct cur c = cur_of(bytes.p, bytes.n);

	head->time = (uint32_t)cur_uint(&c, 4);
	head->type = (uint8_t)cur_uint(&c, 1);
	head->server_id = (uint32_t)cur_uint(&c, 4);
	head->size = (uint32_t)cur_uint(&c, 4);
	head->end = (uint32_t)cur_uint(&c, 4);
	head->flags = (uint16_t)cur_uint(&c, 2);
	if (c.bad)
		return err_set(e, &err_binlog_event, "event header is cut short");
	if (head->size < BINLOG_HEADER_SIZE)
		return err_set(e, &err_binlog_event, "event header says %u bytes, less than a header has", head->size);
	return true;
}

/* --- the format --- */

static unsigned version_number(const char *text)
{
	unsigned parts[3] = { 0, 0, 0 };

	sscanf(text, "%3u.%3u.%3u", &parts[0], &parts[1], &parts[2]);
	return parts[0] * 10000 + parts[1] * 100 + parts[2];
}

static bool decode_format(struct cur *c, struct binlog_event *ev, struct binlog_decoder *d, struct err *e)
{
	struct binlog_format f = { .checksum = CHECKSUM_NONE };
	unsigned binlog_version = (unsigned)cur_uint(c, 2);
	const uint8_t *server = cur_take(c, 50);
	const uint8_t *sizes;

	cur_uint(c, 4);
	f.header_size = cur_uint(c, 1);
	if (c->bad)
		return false;
	if (binlog_version != 4)
		return err_set(e, &err_binlog_unknown, "binary log has format %u; only format 4 is known",
			       binlog_version);
	memcpy(f.server_version, server, 50);
	if (!utf8_valid(str_of(f.server_version)))
		return false;
	f.version = version_number(f.server_version);
	f.mariadb = strstr(f.server_version, "MariaDB");
	f.in_use = ev->head.flags & BINLOG_FLAG_IN_USE;
	if (f.header_size < BINLOG_HEADER_SIZE)
		return err_set(e, &err_binlog_event, "format description has a header size of %zu", f.header_size);
	f.n_types = cur_left(c);
	if (f.mariadb ? f.version >= 50300 : f.version >= 50601) {
		if (f.n_types < 1)
			return false;
		f.n_types--;
	}
	sizes = cur_take(c, f.n_types);
	if (f.n_types > sizeof(f.post_header))
		f.n_types = sizeof(f.post_header);
	memcpy(f.post_header, sizes, f.n_types);
	if (cur_left(c) > 0)
		switch (cur_uint(c, 1)) {
		case 0:
			break;
		case 1:
			f.checksum = CHECKSUM_CRC32;
			break;
		default:
			return err_set(e, &err_binlog_unknown, "binary log has a checksum of a kind that is not known");
		}
	d->format = f;
	d->has_format = true;
	return true;
}

/* Of the type's post-header; otherwise where the server did not know the type. */
static size_t post_header(const struct binlog_format *f, uint8_t type, size_t otherwise)
{
	return type >= 1 && type <= f->n_types ? f->post_header[type - 1] : otherwise;
}

/* --- places --- */

/* Names go on as they are, so they must be what they are said to be: UTF-8. */
static bool is_name(struct str name)
{
	return name.n > 0 && utf8_valid(name);
}

static bool decode_rotate(struct cur *c, struct binlog_event *ev, struct binlog_decoder *d, struct err *e)
{
	(void)d;
	(void)e;
	ev->rotate.pos = cur_uint(c, 8);
	ev->rotate.file = cur_rest(c);
	return !c->bad && is_name(ev->rotate.file);
}

static bool decode_heartbeat(struct cur *c, struct binlog_event *ev, struct binlog_decoder *d, struct err *e)
{
	(void)d;
	(void)e;
	/* MariaDB past 4 GiB writes it into the body. */
	ev->heartbeat.pos = ev->head.end ? ev->head.end : cur_uint(c, 8);
	ev->heartbeat.file = cur_rest(c);
	return !c->bad && is_name(ev->heartbeat.file);
}

static bool decode_heartbeat_v2(struct cur *c, struct binlog_event *ev, struct binlog_decoder *d, struct err *e)
{
	(void)d;
	(void)e;
	ev->heartbeat = (struct binlog_place){ STR_NONE, 0 };
	while (cur_left(c) > 0) {
		uint64_t type = cur_packed(c);
		struct str value;
		struct cur inner;

		if (type == 0)
			break;
		value = cur_packed_str(c);
		inner = cur_of(value.p ? value.p : "", value.n);
		if (type == 1)
			ev->heartbeat.file = value;
		if (type == 2)
			ev->heartbeat.pos = cur_packed(&inner);
		c->bad = c->bad || inner.bad;
	}
	return !c->bad && is_name(ev->heartbeat.file) && ev->heartbeat.pos > 0;
}

/* --- statements --- */

/* Codes in front, payloads without a length: what follows an unknown code cannot be read. It is only more detail
 * then. */
static void read_status_variables(struct binlog_query *q, struct cur c, const struct binlog_format *f)
{
	while (cur_left(&c) > 0 && !c.bad) {
		unsigned code = (unsigned)cur_uint(&c, 1);
		uint64_t n;

		switch (code) {
		case 0:
			n = cur_uint(&c, 4);	/* where MySQL has none of this flag, and MariaDB before 10.6.9 */
			q->explicit_timestamps = f->mariadb && n & FLAGS2_EXPLICIT_TIMESTAMPS;
			q->has_timestamps = f->mariadb && (q->explicit_timestamps || f->version >= 100609);
			break;
		case 10:			/* master data written */
			cur_take(&c, 4);
			break;
		case 1:
			q->sql_mode = cur_uint(&c, 8);
			break;
		case 2:				/* catalog, with a NUL */
			cur_take(&c, cur_uint(&c, 1) + 1);
			break;
		case 3:				/* auto increment */
			cur_take(&c, 4);
			break;
		case 4:
			q->client = (uint16_t)cur_uint(&c, 2);
			q->connection = (uint16_t)cur_uint(&c, 2);
			q->server = (uint16_t)cur_uint(&c, 2);
			q->has_charset = !c.bad;
			break;
		case 5:
			q->time_zone = cur_str(&c, cur_uint(&c, 1));
			break;
		case 6:				/* catalog */
			cur_take(&c, cur_uint(&c, 1));
			break;
		case 7: case 8: case 18:	/* names of times, charset of the database, collation of utf8mb4 */
			cur_take(&c, 2);
			break;
		case 9: case 17: case 129:	/* table map for update, xid of a ddl, xid of MariaDB */
			cur_take(&c, 8);
			break;
		case 11:			/* invoker: user, host */
			cur_take(&c, cur_uint(&c, 1));
			cur_take(&c, cur_uint(&c, 1));
			break;
		case 12:			/* names of databases; too many are only counted */
			for (n = cur_uint(&c, 1); n <= 16 && n > 0; n--)
				cur_text(&c);
			break;
		case 13: case 128:
			q->microseconds = (uint32_t)cur_uint(&c, 3);
			q->has_microseconds = !c.bad;
			break;
		case 16:
			q->explicit_timestamps = cur_uint(&c, 1);
			q->has_timestamps = !c.bad;
			break;
		case 19: case 20: case 21:
			cur_take(&c, 1);
			break;
		case 130:			/* MariaDB: flags of the GTID; a two-phase ALTER's sequence number */
			if (cur_uint(&c, 1) & 0x0c)
				cur_take(&c, 8);
			break;
		case 131:			/* MariaDB: default collations, pairs of ids */
			cur_take(&c, cur_uint(&c, 1) * 4);
			break;
		default:
			return;
		}
	}
}

static bool decode_query(struct cur *c, struct binlog_event *ev, struct binlog_decoder *d, struct err *e)
{
	size_t more = post_header(&d->format, BINLOG_QUERY, QUERY_POST_HEADER);
	struct str variables;
	size_t schema_size;

	(void)e;
	ev->query = (struct binlog_query){ .time_zone = STR_LIT("") };
	cur_take(c, 4 + 4);		/* thread, seconds */
	schema_size = cur_uint(c, 1);
	ev->query.error = (uint16_t)cur_uint(c, 2);
	variables = (struct str){ NULL, cur_uint(c, 2) };
	if (more > QUERY_POST_HEADER)
		cur_take(c, more - QUERY_POST_HEADER);
	variables = cur_str(c, variables.n);
	ev->query.schema = cur_str(c, schema_size);
	cur_take(c, 1);
	ev->query.text = cur_rest(c);
	if (c->bad)
		return false;
	read_status_variables(&ev->query, cur_of(variables.p, variables.n), &d->format);
	return utf8_valid(ev->query.schema) && utf8_valid(ev->query.time_zone);
}

static bool decode_query_compressed(struct cur *c, struct binlog_event *ev, struct binlog_decoder *d, struct err *e)
{
	if (!decode_query(c, ev, d, e))
		return false;
	buf_clear(&d->expanded);
	if (!inflate_event(ev->query.text, &d->expanded, e))
		return false;
	ev->query.text = buf_str(&d->expanded);
	ev->head.type = BINLOG_QUERY;
	return true;
}

/* --- transactions --- */

/* Fields came one after the other with the versions; an event ends where its server's knowledge did. */
static bool decode_gtid(struct cur *c, struct binlog_event *ev, struct binlog_decoder *d, struct err *e)
{
	const uint64_t has_original = UINT64_C(1) << 55;
	struct binlog_gtid *g = &ev->gtid;
	const uint8_t *uuid;

	(void)d;
	*g = (struct binlog_gtid){ .gtid = { .flavor = GTID_MYSQL } };
	cur_take(c, 1);
	uuid = cur_take(c, 16);
	g->gtid.number = cur_uint(c, 8);
	if (c->bad)
		return false;
	memcpy(g->gtid.uuid, uuid, 16);
	if (ev->head.type == BINLOG_ANONYMOUS_GTID)
		g->gtid = (struct gtid){ .flavor = GTID_NONE };
	else if (g->gtid.number < 1 || g->gtid.number >> 63)
		return err_set(e, &err_binlog_event, "gtid event has a number out of range");
	if (cur_left(c) < 1 + 16 || cur_uint(c, 1) != 2)
		return true;
	cur_take(c, 16);		/* logical clock */
	if (cur_left(c) >= 7)
		g->commit_us = cur_uint(c, 7) & ~has_original;
	return true;
}

enum tagged_field {
	TAGGED_FLAGS, TAGGED_UUID, TAGGED_NUMBER, TAGGED_TAG, TAGGED_LAST_COMMITTED, TAGGED_SEQUENCE,
	TAGGED_COMMIT_TIME, TAGGED_ORIGINAL_TIME, TAGGED_LENGTH, TAGGED_VERSION, TAGGED_ORIGINAL_VERSION,
	TAGGED_TICKET, TAGGED_END,
};

static void read_tag(struct cur *c, struct gtid *g)
{
	struct str tag = cur_str(c, cur_varuint(c));

	if (tag.n > GTID_TAG_MAX)
		c->bad = true;
	else if (tag.n > 0)
		memcpy(g->tag, tag.p, tag.n);
}

static bool decode_gtid_tagged(struct cur *c, struct binlog_event *ev, struct binlog_decoder *d, struct err *e)
{
	struct binlog_gtid *g = &ev->gtid;
	uint64_t version = cur_varuint(c), size = cur_varuint(c), last = cur_varuint(c);

	(void)d;
	*g = (struct binlog_gtid){ .gtid = { .flavor = GTID_MYSQL } };
	if (version != 1 || size > ev->body.n)
		return err_set(e, &err_binlog_event, "tagged gtid event has a bad header");
	if (last > TAGGED_END)
		return err_set(e, &err_binlog_unknown, "tagged gtid event has fields that must be known and are not");
	while (cur_left(c) > 0 && !c->bad) {
		switch (cur_varuint(c)) {
		case TAGGED_UUID:
			for (size_t i = 0; i < 16; i++)
				g->gtid.uuid[i] = (uint8_t)cur_varuint(c);
			break;
		case TAGGED_NUMBER:
			g->gtid.number = (uint64_t)cur_varint(c);
			break;
		case TAGGED_TAG:
			read_tag(c, &g->gtid);
			break;
		case TAGGED_COMMIT_TIME:
			g->commit_us = cur_varuint(c);
			break;
		case TAGGED_FLAGS: case TAGGED_LAST_COMMITTED: case TAGGED_SEQUENCE: case TAGGED_ORIGINAL_TIME:
		case TAGGED_LENGTH: case TAGGED_VERSION: case TAGGED_ORIGINAL_VERSION: case TAGGED_TICKET:
			cur_varuint(c);
			break;
		default:	/* values carry no length: behind an unknown field nothing can be read, or need be */
			cur_rest(c);
			break;
		}
	}
	if (c->bad)
		return false;
	return (g->gtid.number >= 1 && !(g->gtid.number >> 63)) ||
	       err_set(e, &err_binlog_event, "tagged gtid event has a number out of range");
}

static bool decode_mariadb_gtid(struct cur *c, struct binlog_event *ev, struct binlog_decoder *d, struct err *e)
{
	enum { STANDALONE = 1, COMMIT_ID = 2, PREPARED_XA = 0x40, COMPLETED_XA = 0x80 };
	enum { START_ALTER = 2, COMMIT_ALTER = 4, ROLLBACK_ALTER = 8 };
	struct binlog_gtid *g = &ev->gtid;
	unsigned flags, extra;

	(void)d;
	(void)e;
	*g = (struct binlog_gtid){ .gtid = { .flavor = GTID_MARIADB, .server = ev->head.server_id } };
	g->gtid.number = cur_uint(c, 8);
	g->gtid.domain = (uint32_t)cur_uint(c, 4);
	flags = (unsigned)cur_uint(c, 1);
	g->standalone = flags & STANDALONE;
	g->xa_prepared = flags & PREPARED_XA;
	g->xa_completed = flags & COMPLETED_XA;
	if (flags & COMMIT_ID)
		cur_take(c, 8);
	if (flags & (PREPARED_XA | COMPLETED_XA)) {
		size_t n;

		cur_take(c, 4);
		n = cur_uint(c, 1);
		n += cur_uint(c, 1);
		cur_take(c, n);
	}
	if (c->bad)
		return false;
	extra = cur_left(c) > 0 ? (unsigned)cur_uint(c, 1) : 0;
	g->alter_start = extra & START_ALTER;
	g->alter_commit = extra & COMMIT_ALTER;
	g->alter_rollback = extra & ROLLBACK_ALTER;
	return true;
}

static bool decode_gtid_list(struct cur *c, struct binlog_event *ev, struct binlog_decoder *d, struct err *e)
{
	(void)d;
	(void)e;
	ev->gtid_list.n = cur_uint(c, 4) & 0x0fffffff;	/* the high bits are flags */
	if (ev->gtid_list.n > cur_left(c) / 16)
		return false;
	ev->gtid_list.entries = cur_str(c, ev->gtid_list.n * 16);
	return !c->bad;
}

bool binlog_gtid_list_add(const struct binlog_gtid_list *list, struct gtid_set *set, struct err *e)
{
	struct cur c = cur_of(list->entries.p, list->entries.n);

	for (size_t i = 0; i < list->n; i++) {
		struct gtid g = { .flavor = GTID_MARIADB };

		g.domain = (uint32_t)cur_uint(&c, 4);
		g.server = (uint32_t)cur_uint(&c, 4);
		g.number = cur_uint(&c, 8);
		if (!gtid_set_add(set, &g, e))
			return false;
	}
	return true;
}

static bool decode_xa_prepare(struct cur *c, struct binlog_event *ev, struct binlog_decoder *d, struct err *e)
{
	enum { PART_MAX = 64 };
	struct binlog_xa_prepare *x = &ev->xa_prepare;
	size_t gtrid, bqual;

	(void)d;
	x->one_phase = cur_uint(c, 1);
	x->xid.format = (int32_t)cur_uint(c, 4);
	gtrid = cur_uint(c, 4);
	bqual = cur_uint(c, 4);
	if (!c->bad && (gtrid > PART_MAX || bqual > PART_MAX))
		return err_set(e, &err_binlog_event, "xa prepare event names an XA transaction by %zu and %zu bytes",
			       gtrid, bqual);
	x->xid.gtrid = cur_str(c, gtrid);
	x->xid.bqual = cur_str(c, bqual);
	return !c->bad;
}

static bool decode_incident(struct cur *c, struct binlog_event *ev, struct binlog_decoder *d, struct err *e)
{
	unsigned number = (unsigned)cur_uint(c, 2);
	struct str message = cur_left(c) > 0 ? cur_str(c, cur_uint(c, 1)) : STR_NONE;

	(void)d;
	(void)ev;
	return err_set(e, &err_binlog_lost, "the upstream says that its log lacks changes: incident %u '%.*s'", number,
		       STR(message));
}

/* --- rows --- */

static bool decode_table_map(struct cur *c, struct binlog_event *ev, struct binlog_decoder *d, struct err *e)
{
	(void)e;
	ev->table_map.id = cur_uint(c, post_header(&d->format, BINLOG_TABLE_MAP, 8) == 6 ? 4 : 6);
	ev->table_map.body = cur_rest(c);
	return !c->bad;
}

static bool decode_rows(struct cur *c, struct binlog_event *ev, const struct binlog_decoder *d, enum rows_kind kind,
			bool extra)
{
	struct binlog_rows *r = &ev->rows;
	size_t bitmap, id_size = post_header(&d->format, ev->head.type, extra ? 10 : 8) == 6 ? 4 : 6;
	const uint8_t *columns;

	*r = (struct binlog_rows){ .kind = kind };
	r->table_id = cur_uint(c, id_size);
	r->statement_end = cur_uint(c, 2) & ROWS_STATEMENT_END;
	if (extra) {
		size_t n = cur_uint(c, 2);

		if (n < 2)
			return false;
		cur_take(c, n - 2);
	}
	r->n_columns = cur_packed(c);
	if (r->n_columns > COLUMNS_MAX)
		return false;
	bitmap = (r->n_columns + 7) / 8;
	columns = cur_take(c, bitmap);
	r->before = kind == ROWS_INSERT ? NULL : columns;
	r->after = kind == ROWS_INSERT ? columns : kind == ROWS_UPDATE ? cur_take(c, bitmap) : NULL;
	r->images = cur_rest(c);
	if (r->n_columns == 0 && (r->table_id != ROWS_DUMMY_ID || r->images.n > 0))
		return false;
	return !c->bad;
}

static bool decode_insert(struct cur *c, struct binlog_event *ev, struct binlog_decoder *d, struct err *e)
{
	(void)e;
	return decode_rows(c, ev, d, ROWS_INSERT, ev->head.type == BINLOG_WRITE_ROWS);
}

static bool decode_update(struct cur *c, struct binlog_event *ev, struct binlog_decoder *d, struct err *e)
{
	(void)e;
	return decode_rows(c, ev, d, ROWS_UPDATE, ev->head.type == BINLOG_UPDATE_ROWS);
}

static bool decode_delete(struct cur *c, struct binlog_event *ev, struct binlog_decoder *d, struct err *e)
{
	(void)e;
	return decode_rows(c, ev, d, ROWS_DELETE, ev->head.type == BINLOG_DELETE_ROWS);
}

static bool decode_partial_update(struct cur *c, struct binlog_event *ev, struct binlog_decoder *d, struct err *e)
{
	(void)e;
	if (!decode_rows(c, ev, d, ROWS_UPDATE, true))
		return false;
	ev->rows.partial_json = true;
	return true;
}

static bool decode_rows_compressed(struct cur *c, struct binlog_event *ev, struct binlog_decoder *d, struct err *e)
{
	unsigned number = ev->head.type - BINLOG_MARIADB_WRITE_ROWS_COMPRESSED_V1;

	if (!decode_rows(c, ev, d, (enum rows_kind)(number % 3), number >= 3))
		return false;
	if (ev->rows.n_columns == 0)
		return true;
	buf_clear(&d->expanded);
	if (!inflate_event(ev->rows.images, &d->expanded, e))
		return false;
	ev->rows.images = buf_str(&d->expanded);
	ev->head.type = (uint8_t)((number >= 3 ? BINLOG_WRITE_ROWS : BINLOG_WRITE_ROWS_V1) + number % 3);
	return true;
}

/* --- all --- */

static const struct decoder decoders[256] = {
	[BINLOG_QUERY] = { "query", decode_query, false },
	[BINLOG_STOP] = { "stop", NULL, true },
	[BINLOG_ROTATE] = { "rotate", decode_rotate, false },
	[BINLOG_INTVAR] = { "integer variable", NULL, false },
	[BINLOG_APPEND_BLOCK] = { "append block", NULL, false },
	[BINLOG_DELETE_FILE] = { "delete file", NULL, false },
	[BINLOG_RAND] = { "rand", NULL, false },
	[BINLOG_USER_VAR] = { "user variable", NULL, false },
	[BINLOG_FORMAT] = { "format description", decode_format, false },
	[BINLOG_XID] = { "xid", NULL, false },
	[BINLOG_BEGIN_LOAD_QUERY] = { "begin load query", NULL, false },
	[BINLOG_EXECUTE_LOAD_QUERY] = { "execute load query", NULL, false },
	[BINLOG_TABLE_MAP] = { "table map", decode_table_map, false },
	[BINLOG_WRITE_ROWS_V1] = { "write rows", decode_insert, false },
	[BINLOG_UPDATE_ROWS_V1] = { "update rows", decode_update, false },
	[BINLOG_DELETE_ROWS_V1] = { "delete rows", decode_delete, false },
	[BINLOG_INCIDENT] = { "incident", decode_incident, false },
	[BINLOG_HEARTBEAT] = { "heartbeat", decode_heartbeat, false },
	[BINLOG_IGNORABLE] = { "ignorable", NULL, true },
	[BINLOG_ROWS_QUERY] = { "rows query", NULL, true },
	[BINLOG_WRITE_ROWS] = { "write rows", decode_insert, false },
	[BINLOG_UPDATE_ROWS] = { "update rows", decode_update, false },
	[BINLOG_DELETE_ROWS] = { "delete rows", decode_delete, false },
	[BINLOG_GTID] = { "gtid", decode_gtid, false },
	[BINLOG_ANONYMOUS_GTID] = { "anonymous gtid", decode_gtid, false },
	[BINLOG_PREVIOUS_GTIDS] = { "previous gtids", NULL, false },
	[BINLOG_TRANSACTION_CONTEXT] = { "transaction context", NULL, true },
	[BINLOG_VIEW_CHANGE] = { "view change", NULL, true },
	[BINLOG_XA_PREPARE] = { "xa prepare", decode_xa_prepare, false },
	[BINLOG_PARTIAL_UPDATE_ROWS] = { "partial update rows", decode_partial_update, false },
	[BINLOG_TRANSACTION_PAYLOAD] = { "transaction payload", NULL, false },
	[BINLOG_HEARTBEAT_V2] = { "heartbeat", decode_heartbeat_v2, false },
	[BINLOG_GTID_TAGGED] = { "tagged gtid", decode_gtid_tagged, false },
	[BINLOG_MARIADB_ANNOTATE] = { "annotate rows", NULL, true },
	[BINLOG_MARIADB_CHECKPOINT] = { "binlog checkpoint", NULL, true },
	[BINLOG_MARIADB_GTID] = { "gtid", decode_mariadb_gtid, false },
	[BINLOG_MARIADB_GTID_LIST] = { "gtid list", decode_gtid_list, false },
	[BINLOG_START_ENCRYPTION] = { "start encryption", NULL, true },
	[BINLOG_MARIADB_QUERY_COMPRESSED] = { "compressed query", decode_query_compressed, false },
	[BINLOG_MARIADB_WRITE_ROWS_COMPRESSED_V1] = { "compressed write rows", decode_rows_compressed, false },
	[BINLOG_MARIADB_WRITE_ROWS_COMPRESSED_V1 + 1] = { "compressed update rows", decode_rows_compressed, false },
	[BINLOG_MARIADB_WRITE_ROWS_COMPRESSED_V1 + 2] = { "compressed delete rows", decode_rows_compressed, false },
	[BINLOG_MARIADB_WRITE_ROWS_COMPRESSED] = { "compressed write rows", decode_rows_compressed, false },
	[BINLOG_MARIADB_WRITE_ROWS_COMPRESSED + 1] = { "compressed update rows", decode_rows_compressed, false },
	[BINLOG_MARIADB_WRITE_ROWS_COMPRESSED + 2] = { "compressed delete rows", decode_rows_compressed, false },
};

const char *binlog_type_name(uint8_t type, char scratch[20])
{
	if (decoders[type].name)
		return decoders[type].name;
	snprintf(scratch, 20, "type %u", type);
	return scratch;
}

static bool checksum_fits(struct str raw, bool format)
{
	struct cur c = cur_of(raw.p + raw.n - CHECKSUM_SIZE, CHECKSUM_SIZE);
	const uint8_t *p = (const uint8_t *)raw.p;
	size_t n = raw.n - CHECKSUM_SIZE, flags = BINLOG_HEADER_SIZE - 2;
	uint8_t cleared = p[flags] & (uint8_t)~BINLOG_FLAG_IN_USE;
	uint32_t want = (uint32_t)cur_uint(&c, 4), crc;

	if (!format)
		return (uint32_t)crc32_z(0, p, n) == want;
	/* A format description was summed up as it stands in a closed file. */
	crc = (uint32_t)crc32_z(0, p, flags);
	crc = (uint32_t)crc32_z(crc, &cleared, 1);
	return (uint32_t)crc32_z(crc, p + flags + 1, n - flags - 1) == want;
}

/* A format description of a server that knows checksums has one whatever its file has, and says so itself, in
 * its version. */
static bool format_has_checksum(struct str raw)
{
	size_t at = BINLOG_HEADER_SIZE + 2;
	char text[51] = "";

	if (raw.n < at + 50 + CHECKSUM_SIZE)
		return false;
	memcpy(text, raw.p + at, 50);
	return strstr(text, "MariaDB") ? version_number(text) >= 50300 : version_number(text) >= 50601;
}

/* MariaDB takes the time of creation out of the format description that it sends before the middle of a file, and sums it
 * up anew only where that file has checksums. */
static bool is_changed_format(const struct binlog_event *ev, struct str raw)
{
	enum { CREATED_AT = BINLOG_HEADER_SIZE + 2 + 50, ALGORITHM_OFF = 0 };
	static const char never[4];

	return ev->head.type == BINLOG_FORMAT && memcmp(raw.p + CREATED_AT, never, sizeof(never)) == 0 &&
	       raw.p[raw.n - CHECKSUM_SIZE - 1] == ALGORITHM_OFF;
}

/* How many bytes at the end are the checksum; false where it does not fit. */
static bool check_sum(const struct binlog_decoder *d, const struct binlog_event *ev, struct str raw, size_t *size,
		      struct err *e)
{
	bool format = ev->head.type == BINLOG_FORMAT;
	enum binlog_checksum kind = d->format.checksum;
	bool fits;

	if (format)
		kind = format_has_checksum(raw) ? CHECKSUM_CRC32 : CHECKSUM_NONE;
	fits = raw.n >= BINLOG_HEADER_SIZE + CHECKSUM_SIZE && kind != CHECKSUM_NONE &&
	       (checksum_fits(raw, format) || is_changed_format(ev, raw));

	*size = fits ? CHECKSUM_SIZE : 0;
	/* Before the first format description only the bytes themselves can tell. */
	if (kind == CHECKSUM_CRC32 && !fits)
		return err_set(e, &err_binlog_checksum, "%s event does not fit its checksum", ev->name);
	return true;
}

static bool decode(struct binlog_decoder *d, struct binlog_event *ev, struct err *e)
{
	const struct decoder *decoder = &decoders[ev->head.type];
	struct cur c = cur_of(ev->body.p, ev->body.n);

	ev->ignore = decoder->ignore;
	if (!decoder->name && ev->head.flags & BINLOG_FLAG_IGNORABLE) {
		ev->ignore = true;
		return true;
	}
	if (!decoder->name)
		return err_set(e, &err_binlog_unknown, "event of type %u is not known, and not marked as ignorable",
			       ev->head.type);
	if (!decoder->decode)
		return true;
	e->kind = NULL;
	if (decoder->decode(&c, ev, d, e))
		return true;
	return e->kind ? false : err_set(e, &err_binlog_event, "%s event is cut short or damaged", decoder->name);
}

bool binlog_decode(struct binlog_decoder *d, struct binlog_event *ev, struct str raw, bool inner, struct err *e)
{
	size_t header, checksum = 0;

	if (!binlog_header_read(&ev->head, str_first(raw, BINLOG_HEADER_SIZE), e))
		return false;
	ev->name = decoders[ev->head.type].name ? decoders[ev->head.type].name : "unknown";
	if (ev->head.size != raw.n)
		return err_set(e, &err_binlog_event, "%s event says %u bytes, and has %zu", ev->name, ev->head.size,
			       raw.n);
	if (!inner && !check_sum(d, ev, raw, &checksum, e))
		return false;
	/* The format description is what says how long headers are; its own is of the usual size. */
	header = ev->head.type == BINLOG_FORMAT ? BINLOG_HEADER_SIZE : d->format.header_size;
	if (raw.n < header + checksum)
		return err_set(e, &err_binlog_event, "%s event is cut short or damaged", ev->name);
	ev->body = (struct str){ raw.p + header, raw.n - header - checksum };
	ev->checksum = checksum;
	return decode(d, ev, e);
}
