/* logs.c - whole logs of real servers: every event is decoded, and damaged copies are survived. */
#include <glob.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#include "base/file.h"
#include "binlog/event.h"
#include "binlog/payload.h"
#include "binlog/rows.h"
#include "tests.h"

#define LOGS "tests/data/binlogs"

static size_t events, rows;

struct walk {
	struct binlog_decoder decoder;
	struct table_map map;		/* the last one */
	bool has_map;
	uint64_t id;
	struct arena arena;
};

static void walk_rows(struct walk *w, const struct binlog_rows *r, struct err *e)
{
	struct rows_plan plan;
	struct column_facts *facts;
	struct buf out = BUF_INIT(16 << 20);
	struct cur c = cur_of(r->images.p, r->images.n);

	if (!w->has_map || w->id != r->table_id || r->n_columns != w->map.n_columns)
		return;
	rows_plan_init(&plan);
	facts = arena_array(&w->arena, w->map.n_columns, sizeof(*facts));
	if (rows_plan_make(&plan, &w->map, facts, e))
		while (cur_left(&c) > 0) {
			size_t left = cur_left(&c);

			if ((r->before && !rows_image_put(&plan, r->before, &c, &out, e)) ||
			    (r->after && !(r->partial_json ? rows_partial_image_put : rows_image_put)
			     (&plan, r->after, &c, &out, e)) || left == cur_left(&c))
				break;
			rows++;
		}
	rows_plan_release(&plan);
	buf_release(&out);
}

static void walk_event(struct walk *w, struct str raw, bool inner)
{
	struct binlog_event ev;
	struct gtid_set set;
	struct payload payload;
	struct err e = { 0 };
	bool more = true;

	if (!binlog_decode(&w->decoder, &ev, raw, inner, &e))
		return;
	events++;
	switch (ev.head.type) {
	case BINLOG_TABLE_MAP:
		arena_clear(&w->arena);
		w->has_map = table_map_decode(&w->map, &w->arena, arena_str(&w->arena, ev.table_map.body),
					      w->decoder.format.mariadb, &e);
		w->id = ev.table_map.id;
		break;
	case BINLOG_PREVIOUS_GTIDS:
		gtid_set_init(&set);
		gtid_set_decode(&set, ev.body, &e);
		gtid_set_release(&set);
		break;
	case BINLOG_TRANSACTION_PAYLOAD:
		payload_init(&payload);
		if (!inner && payload_start(&payload, ev.body, &e))
			while (payload_next(&payload, &raw, &more, &e) && more)
				walk_event(w, raw, true);
		payload_release(&payload);
		break;
	case BINLOG_WRITE_ROWS_V1: case BINLOG_UPDATE_ROWS_V1: case BINLOG_DELETE_ROWS_V1:
	case BINLOG_WRITE_ROWS: case BINLOG_UPDATE_ROWS: case BINLOG_DELETE_ROWS: case BINLOG_PARTIAL_UPDATE_ROWS:
		walk_rows(w, &ev.rows, &e);
		break;
	}
}

/* Makes it seem whole: size and checksum fit, or nothing behind them would ever be reached. */
static void mend(uint8_t *event, size_t n)
{
	uint32_t sum;

	for (size_t i = 0; i < 4; i++)
		event[9 + i] = (uint8_t)(n >> 8 * i);
	if (n < BINLOG_HEADER_SIZE + 4)
		return;
	event[17] &= 0xfe;
	sum = (uint32_t)crc32(0, event, (uInt)n - 4);
	for (size_t i = 0; i < 4; i++)
		event[n - 4 + i] = (uint8_t)(sum >> 8 * i);
}

/* From memory of its own, so that a read past its end is seen. */
static void walk_exact(struct walk *w, struct str event, bool mended)
{
	char *exact = mem_alloc(event.n);

	memcpy(exact, event.p, event.n);
	if (mended)
		mend((uint8_t *)exact, event.n);
	walk_event(w, (struct str){ exact, event.n }, false);
	free(exact);
}

static void walk_cut(struct walk *w, struct str event)
{
	struct binlog_format format = w->decoder.format;
	size_t step = event.n / 300 + 1;

	for (size_t n = BINLOG_HEADER_SIZE; n < event.n; n += step)
		walk_exact(w, str_first(event, n), true);
	w->decoder.format = format;
}

enum manner { WHOLE, MENDED, CUT };

/* How far it got is the answer. */
static size_t walk(struct str log, enum manner manner)
{
	struct walk w = { .has_map = false };
	size_t at = BINLOG_MAGIC_SIZE;

	binlog_decoder_init(&w.decoder);
	arena_init(&w.arena);
	while (log.n - at >= BINLOG_HEADER_SIZE) {
		struct binlog_header head;
		struct err e = { 0 };
		struct str event;

		if (!binlog_header_read(&head, str_from(log, at), &e) || head.size > log.n - at)
			break;
		event = str_first(str_from(log, at), head.size);
		if (manner == CUT)
			walk_cut(&w, event);
		walk_exact(&w, event, manner == MENDED);
		at += head.size;
	}
	binlog_decoder_release(&w.decoder);
	arena_release(&w.arena);
	return at;
}

/* The program runs in a folder of its own: the tree is the one that it was built in. */
static bool find_logs(char *path, size_t size)
{
	ssize_t n = readlink("/proc/self/exe", path, size - 100);

	while (n > 0) {
		while (n > 0 && path[n - 1] != '/')
			n--;
		strcpy(path + n, LOGS);
		if (access(path, R_OK) == 0) {
			strcat(path, "/*/*.0?????");
			return true;
		}
		n--;
	}
	return false;
}

static void for_each_log(void (*see)(struct str log, const char *path))
{
	char pattern[4096];
	glob_t found;

	if (!find_logs(pattern, sizeof(pattern)) || glob(pattern, 0, NULL, &found) != 0) {
		CHECK(!"the logs are there");
		return;
	}
	CHECK(found.gl_pathc >= 40);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		struct buf log = BUF_INIT(1 << 20);
		struct err e = { 0 };

		CHECK(file_read(found.gl_pathv[i], &log, &e));
		see(buf_str(&log), found.gl_pathv[i]);
		buf_release(&log);
	}
	globfree(&found);
}

static void see_whole(struct str log, const char *path)
{
	CHECK(log.n > 4 && (strstr(path, "encrypted") || walk(log, WHOLE) == log.n));
}

static void whole_logs_are_walked_to_their_end(void)
{
	for_each_log(see_whole);
	CHECK(events > 900);
	CHECK(rows > 200);
}

static void see_cut(struct str log, const char *path)
{
	CHECK(strstr(path, "encrypted") || walk(log, CUT) == log.n);
}

static void events_cut_anywhere_are_survived(void)
{
	for_each_log(see_cut);
}

static void see_flipped(struct str log, const char *path)
{
	char *copy = mem_alloc(log.n);
	size_t step = log.n / 500 + 1;

	(void)path;
	for (size_t i = BINLOG_MAGIC_SIZE; i < log.n; i += step) {
		memcpy(copy, log.p, log.n);
		copy[i] ^= (char)(1 << i / step % 8);
		CHECK(walk((struct str){ copy, log.n }, MENDED) <= log.n);
	}
	free(copy);
}

static void logs_with_a_flipped_bit_are_survived(void)
{
	for_each_log(see_flipped);
}

void test_logs(void)
{
	RUN(whole_logs_are_walked_to_their_end);
	RUN(events_cut_anywhere_are_survived);
	RUN(logs_with_a_flipped_bit_are_survived);
}
