/*
 * binlog.c - a whole binary log, or one event: what is decoded lies inside what was given, what comes out is good text.
 *
 * Input: a log as servers write it, or one event without its header: a byte of flags (1: of MariaDB), its type, its body. A
 * log's events are given a checksum that fits, or nothing behind it would ever be reached.
 */
#include "fuzz.h"

#include <zlib.h>

#include "binlog/event.h"
#include "binlog/payload.h"
#include "binlog/rows.h"
#include "text/json_read.h"
#include "text/utf8.h"

struct walk {
	struct binlog_decoder decoder;
	struct table_map map;
	bool has_map;
	struct arena arena;
};

/* Each image is one JSON list. */
static bool put_image(const struct rows_plan *plan, const uint8_t *bitmap, bool partial, struct cur *c, struct err *e)
{
	struct buf out = BUF_INIT(16 << 20);
	struct json j;
	bool ok = !bitmap ||
		settled((partial ? rows_partial_image_put : rows_image_put)(plan, bitmap, c, &out, e), e);

	if (ok && bitmap && !out.over) {
		json_init(&j, buf_str(&out));
		MUST(json_peek(&j) == JSON_ARRAY && json_skip(&j).n == out.n);
	}
	buf_release(&out);
	return ok;
}

static void walk_rows(struct walk *w, const struct binlog_rows *r, struct err *e)
{
	struct cur c = cur_of(r->images.p, r->images.n);
	struct column_facts *facts;
	struct rows_plan plan;

	if (!w->has_map || r->n_columns != w->map.n_columns)
		return;
	rows_plan_init(&plan);
	facts = arena_array(&w->arena, w->map.n_columns, sizeof(*facts));
	if (settled(rows_plan_make(&plan, &w->map, facts, e), e))
		for (size_t left = 0; cur_left(&c) > 0 && left != cur_left(&c);) {
			left = cur_left(&c);
			if (!put_image(&plan, r->before, false, &c, e) ||
			    !put_image(&plan, r->after, r->partial_json, &c, e))
				break;
		}
	rows_plan_release(&plan);
}

static void walk_map(struct walk *w, const struct binlog_event *ev, struct err *e)
{
	arena_clear(&w->arena);
	w->has_map = settled(table_map_decode(&w->map, &w->arena, arena_str(&w->arena, ev->table_map.body),
					      w->decoder.format.mariadb, e), e);
	for (size_t i = 0; w->has_map && i < w->map.n_columns; i++)
		MUST(utf8_valid(map_column_type_text(&w->map.columns[i], &w->arena)));
}

static void walk_event(struct walk *w, struct str raw, bool inner);

/* It borrows from the event, and events decode into the decoder: hence the copy. */
static void walk_payload(struct walk *w, struct str body, struct err *e)
{
	struct str copy = { exact_copy(body), body.n }, event;
	struct payload payload;
	size_t total = 0;
	bool more = true;

	payload_init(&payload);
	if (settled(payload_start(&payload, copy, e), e))
		while (total < 1 << 20 && settled(payload_next(&payload, &event, &more, e), e) && more) {
			struct str exact = { exact_copy(event), event.n };

			walk_event(w, exact, true);
			free((char *)exact.p);
			total += event.n;
		}
	payload_release(&payload);
	free((char *)copy.p);
}

static void walk_query(const struct binlog_query *q, bool mariadb)
{
	struct buf mode = BUF_INIT(1 << 16);

	MUST(utf8_valid(q->schema) && utf8_valid(q->time_zone));
	binlog_sql_mode_put(&mode, q->sql_mode, mariadb);
	MUST(utf8_valid(buf_str(&mode)));
	buf_release(&mode);
}

static void walk_gtids(const struct binlog_event *ev, struct err *e)
{
	struct gtid_set set;

	gtid_set_init(&set);
	if (ev->head.type == BINLOG_PREVIOUS_GTIDS)
		settled(gtid_set_decode(&set, ev->body, e), e);
	else if (ev->head.type == BINLOG_MARIADB_GTID_LIST)
		settled(binlog_gtid_list_add(&ev->gtid_list, &set, e), e);
	else if (settled(gtid_set_add(&set, &ev->gtid.gtid, e), e))
		MUST(gtid_set_is_empty(&set) == (ev->gtid.gtid.flavor == GTID_NONE));
	gtid_set_release(&set);
}

static void walk_event(struct walk *w, struct str raw, bool inner)
{
	struct binlog_event ev;
	struct err e = { 0 };

	if (!settled(binlog_decode(&w->decoder, &ev, raw, inner, &e), &e))
		return;
	MUST(ev.name && ev.name[0]);
	switch (ev.head.type) {
	case BINLOG_TABLE_MAP:
		walk_map(w, &ev, &e);
		break;
	case BINLOG_QUERY:
		walk_query(&ev.query, w->decoder.format.mariadb);
		break;
	case BINLOG_ROTATE:
		MUST(utf8_valid(ev.rotate.file));
		break;
	case BINLOG_HEARTBEAT: case BINLOG_HEARTBEAT_V2:
		MUST(utf8_valid(ev.heartbeat.file));
		break;
	case BINLOG_PREVIOUS_GTIDS: case BINLOG_MARIADB_GTID_LIST:
	case BINLOG_GTID: case BINLOG_ANONYMOUS_GTID: case BINLOG_GTID_TAGGED: case BINLOG_MARIADB_GTID:
		walk_gtids(&ev, &e);
		break;
	case BINLOG_TRANSACTION_PAYLOAD:
		if (!inner)
			walk_payload(w, ev.body, &e);
		break;
	case BINLOG_WRITE_ROWS_V1: case BINLOG_UPDATE_ROWS_V1: case BINLOG_DELETE_ROWS_V1:
	case BINLOG_WRITE_ROWS: case BINLOG_UPDATE_ROWS: case BINLOG_DELETE_ROWS: case BINLOG_PARTIAL_UPDATE_ROWS:
		walk_rows(w, &ev.rows, &e);
		break;
	}
}

static void put_le(char *at, uint32_t v, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		at[i] = (char)(v >> 8 * i);
}

/* A whole event, its checksum made to fit. */
static void walk_mended(struct walk *w, struct str event)
{
	char *exact = exact_copy(event);

	if (event.n >= BINLOG_HEADER_SIZE + 4) {
		exact[17] &= (char)0xfe;	/* the flag "in use" is set when the checksum is already there */
		put_le(exact + event.n - 4, (uint32_t)crc32(0, (Bytef *)exact, (uInt)event.n - 4), 4);
	}
	walk_event(w, (struct str){ exact, event.n }, false);
	free(exact);
}

static void walk_log(struct walk *w, struct str log)
{
	struct err e = { 0 };

	while (log.n > 0) {
		struct binlog_header head = { .size = 0 };
		size_t n = log.n;

		if (settled(binlog_header_read(&head, str_first(log, BINLOG_HEADER_SIZE), &e), &e) && head.size < n)
			n = head.size;
		walk_mended(w, str_first(log, n));
		log = str_from(log, n);
	}
}

/* One event behind a format that says "no checksum", after a table map that rows may fit. */
static void walk_one(struct walk *w, struct str input)
{
	uint8_t flags = take_byte(&input), type = take_byte(&input);
	struct binlog_format *f = &w->decoder.format;
	char *event = mem_zalloc(BINLOG_HEADER_SIZE + input.n);

	f->mariadb = flags & 1;
	f->version = f->mariadb ? 101119 : 90704;
	f->checksum = CHECKSUM_NONE;
	w->decoder.has_format = true;
	event[4] = (char)type;
	put_le(event + 9, (uint32_t)(BINLOG_HEADER_SIZE + input.n), 4);
	if (input.n)
		memcpy(event + BINLOG_HEADER_SIZE, input.p, input.n);
	walk_event(w, (struct str){ event, BINLOG_HEADER_SIZE + input.n }, false);
	free(event);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str input = { (const char *)data, size };
	struct walk w = { .arena = ARENA_INIT };
	struct err e = { 0 };

	binlog_decoder_init(&w.decoder);
	if (settled(binlog_magic_check(str_first(input, BINLOG_MAGIC_SIZE), &e), &e))
		walk_log(&w, str_from(input, BINLOG_MAGIC_SIZE));
	else
		walk_one(&w, input);
	binlog_decoder_release(&w.decoder);
	arena_release(&w.arena);
	return 0;
}
