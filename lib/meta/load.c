/*
 * load.c - how far the loading of a dump has come; see meta.h
 *
 * In TASK_loader_checkpoint, rows with a filename are chunks, those without are structures of upstream tables (by
 * cp_schema and cp_table), and the one without any of these is the load's own: a small document in table_info.
 */
#include <openssl/sha.h>

#include "meta/parts.h"
#include "stream/event.h"
#include "text/json_read.h"
#include "text/json_write.h"


#define PLACE_BYTES 160
#define CHUNK_HEAD 180

const struct err_kind err_meta_loaded = {
	.code = 24505, .class = "checkpoint", .scope = SCOPE_DOWNSTREAM, .level = LEVEL_HIGH, .status = STATUS_REFUSED,
	.workaround = "to load again, drop what is remembered with 'dm-meta drop', and the tables that were loaded",
};

static void take_key(struct load_head *head, struct json *j, struct str key, struct arena *a)
{
	if (str_is(key, "start"))
		head->start = json_text(j, a);
	else if (str_is(key, "start_gtid"))
		head->start_gtid = json_text(j, a);
	else if (str_is(key, "now"))
		head->now = json_text(j, a);
	else if (str_is(key, "end"))
		head->end = json_text(j, a);
	else if (str_is(key, "finished"))
		head->finished = json_bool(j);
	else
		json_skip(j);
}

bool load_head_get(struct meta *m, struct arena *a, struct load_head *head, struct err *e)
{
	struct str info, key;
	struct json j;

	*head = (struct load_head){ 0 };
	if (!meta_row(m, a, &info, 1, &head->exists, e,
		      "SELECT table_info FROM $t WHERE id = $i AND place = '' AND filename = '' "
		      "AND cp_schema = '' AND cp_table = ''", LOADER))
		return false;
	if (!head->exists)
		return true;
	json_init(&j, info);
	for (bool more = json_object(&j); more && json_key(&j, &key); )
		take_key(head, &j, key, a);
	return json_ok(&j, "the state of a load", e);
}

static bool load_head_put(struct meta *m, const struct load_head *head, struct err *e)
{
	struct buf info = BUF_INIT(64 << 20);
	bool ok;

	buf_put_char(&info, '{');
	json_put_key_text(&info, "start", head->start);
	json_put_key_text(&info, "start_gtid", head->start_gtid);
	json_put_key_text(&info, "now", head->now);
	json_put_key_text(&info, "end", head->end);
	json_put_key_bool(&info, "finished", head->finished);
	buf_put_char(&info, '}');
	ok = buf_ok(&info, "a GTID set", e) &&
	     meta_run(m, e, "INSERT INTO $t (id, filename, cp_schema, cp_table, table_info) "
		      "VALUES ($i, '', '', '', $s) ON DUPLICATE KEY UPDATE table_info = VALUES(table_info)", LOADER,
		      buf_str(&info));
	buf_release(&info);
	return ok;
}

static struct str later(struct str a, struct str b)
{
	return a.n == 0 || (b.n > 0 && event_pos_compare(b, a) > 0) ? b : a;
}

/* A dump of another place, before the load of the first was finished: rows of both will be there. Changes are read
 * from the older place on, and carry over what they meet until the newer one. */
static void add_dump(struct load_head *head, struct str pos, struct str gtid, struct str pos_end)
{
	if (event_pos_compare(pos, head->start) < 0) {
		head->end = later(head->end, head->start);
		head->start = pos;
		head->start_gtid = gtid;
	} else {
		head->end = later(head->end, pos);
	}
	head->end = later(head->end, pos_end);
	head->now = pos;
}

static bool refuse_synced(struct meta *m, struct arena *a, struct err *e)
{
	struct meta_place place;

	return meta_place_get(m, a, &place, e) &&
	       (!place.exists || err_set(e, &err_meta_loaded,
					 "source '%.*s' of task '%.*s' is past loading: its changes are applied up "
					 "to '%.*s:%llu'",
					 STR(m->source), STR(m->task), STR(place.file), (unsigned long long)place.pos));
}

bool meta_load_begin(struct meta *m, struct str pos, struct str gtid, struct str pos_end, bool *again, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct load_head head;
	bool ok, same;

	ok = meta_fits(pos, PLACE_BYTES, "a binlog place", e) && load_head_get(m, &a, &head, e) &&
	     refuse_synced(m, &a, e);
	if (ok && head.finished)
		ok = err_set(e, &err_meta_loaded, "source '%.*s' of task '%.*s' was loaded already", STR(m->source),
			     STR(m->task));
	same = ok && head.exists && str_eq(head.now, pos);
	if (ok && !head.exists)
		head = (struct load_head){ .start = pos, .start_gtid = gtid, .now = pos, .end = pos_end };
	else if (ok && !same)
		add_dump(&head, pos, gtid, pos_end);
	*again = ok && !str_eq(head.start, head.now);
	ok = ok && (same || load_head_put(m, &head, e));
	if (ok) {
		memcpy(m->place, pos.p, pos.n);
		m->place[pos.n] = '\0';
		m->place_is_start = !*again;
	}
	arena_release(&a);
	return ok;
}

bool meta_load_is_finished(struct meta *m, bool *finished, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct load_head head;
	bool ok = load_head_get(m, &a, &head, e);

	*finished = ok && head.finished;
	arena_release(&a);
	return ok;
}

bool meta_load_finish(struct meta *m, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct load_head head;
	bool ok = load_head_get(m, &a, &head, e);

	head.finished = true;
	ok = ok && load_head_put(m, &head, e);
	arena_release(&a);
	return ok;
}

/* The id where it fits, else its head and a digest of all of it. */
static struct str chunk_name(struct str chunk, char room[CHUNK_BYTES + 1])
{
	static const char hex[] = "0123456789abcdef";
	unsigned char digest[SHA256_DIGEST_LENGTH];
	size_t n = CHUNK_HEAD;

	if (chunk.n <= CHUNK_BYTES)
		return chunk;
	while (n > 0 && ((unsigned char)chunk.p[n] & 0xc0) == 0x80)
		n--;	/* not inside a character */
	memcpy(room, chunk.p, n);
	room[n++] = '#';
	SHA256((const unsigned char *)chunk.p, chunk.n, digest);
	for (size_t i = 0; i < sizeof(digest); i++) {
		room[n++] = hex[digest[i] >> 4];
		room[n++] = hex[digest[i] & 15];
	}
	return (struct str){ room, n };
}

bool meta_load_chunk_get(struct meta *m, struct str chunk, struct meta_load_chunk *got, struct err *e)
{
	char room[CHUNK_BYTES + 1];
	struct arena a = ARENA_INIT;
	struct str row[3];
	bool exists, ok;

	*got = (struct meta_load_chunk){ 0 };
	ok = meta_row(m, &a, row, 3, &exists, e,
		      "SELECT `offset`, end_pos, row_count FROM $t WHERE id = $i AND place = $s AND filename = $s", LOADER,
		      str_of(m->place), chunk_name(chunk, room));
	if (ok && exists) {
		uint64_t end = 0;

		str_to_u64(row[0], &got->bytes);
		str_to_u64(row[1], &end);
		str_to_u64(row[2], &got->rows);
		got->done = got->bytes >= end;
	}
	arena_release(&a);
	return ok;
}

bool meta_load_chunk_is_done(struct meta *m, struct str chunk, bool *done, struct err *e)
{
	struct meta_load_chunk got;
	bool ok = meta_load_chunk_get(m, chunk, &got, e);

	*done = ok && got.done;
	return ok;
}

bool meta_load_table_touched(struct meta *m, struct str schema, struct str table, bool *touched, struct err *e)
{
	struct str ignored;
	struct arena a = ARENA_INIT;
	bool ok = meta_row(m, &a, &ignored, 1, touched, e,
			   "SELECT 1 FROM $t WHERE id = $i AND filename <> '' AND place <> $s "
			   "AND cp_schema = $s AND cp_table = $s AND row_count > 0 LIMIT 1", LOADER,
			   str_of(m->place), schema, table);

	arena_release(&a);
	return ok;
}

static bool put_chunk(struct meta *m, struct str schema, struct str table, struct str chunk,
		      const struct meta_load_chunk *at, struct err *e)
{
	char room[CHUNK_BYTES + 1];

	return meta_fits(schema, NAME_BYTES, "the name of a schema", e) &&
	       meta_fits(table, NAME_BYTES, "the name of a table", e) &&
	       meta_run(m, e, "INSERT INTO $t (id, place, filename, cp_schema, cp_table, `offset`, end_pos, row_count) "
			"VALUES ($i, $s, $s, $s, $s, $n, $n, $n) ON DUPLICATE KEY UPDATE "
			"`offset` = VALUES(`offset`), end_pos = VALUES(end_pos), row_count = VALUES(row_count)", LOADER,
			str_of(m->place), chunk_name(chunk, room), schema, table, at->bytes,
			at->done ? at->bytes : at->bytes + 1, at->rows);
}

bool meta_load_chunk_done(struct meta *m, struct str schema, struct str table, struct str chunk, uint64_t rows,
			  uint64_t bytes, struct err *e)
{
	return put_chunk(m, schema, table, chunk, &(struct meta_load_chunk){ true, rows, bytes }, e);
}

bool meta_load_chunk_part(struct meta *m, struct str schema, struct str table, struct str chunk, uint64_t rows,
			  uint64_t bytes, struct err *e)
{
	return put_chunk(m, schema, table, chunk, &(struct meta_load_chunk){ false, rows, bytes }, e);
}

/* Structures are those of the place where changes are read from; a table that is new in a later dump is better known
 * than not. */
bool meta_load_table_put(struct meta *m, struct str schema, struct str table, struct str line, struct err *e)
{
	return meta_fits(schema, NAME_BYTES, "the name of a schema", e) &&
	       meta_fits(table, NAME_BYTES, "the name of a table", e) &&
	       meta_run(m, e, "INSERT INTO $t (id, place, filename, cp_schema, cp_table, table_info) "
			"VALUES ($i, '', '', $s, $s, $s) ON DUPLICATE KEY UPDATE table_info = $r", LOADER, schema, table,
			line, m->place_is_start ? "VALUES(table_info)" : "table_info");
}

bool meta_load_table_drop(struct meta *m, struct str schema, struct str table, struct err *e)
{
	return meta_run(m, e, "DELETE FROM $t WHERE id = $i AND filename = '' AND cp_schema = $s AND cp_table = $s", LOADER,
			schema, table);
}

bool meta_load_sum(struct meta *m, struct arena *a, struct meta_load_sum *sum, struct err *e)
{
	struct load_head head;
	struct str row[3];
	bool found, ok;

	*sum = (struct meta_load_sum){ 0 };
	ok = load_head_get(m, a, &head, e) &&
	     meta_row(m, a, row, 3, &found, e,
		      "SELECT COALESCE(SUM(`offset` >= end_pos), 0), COALESCE(SUM(row_count), 0), COALESCE(SUM(`offset`), 0) FROM $t "
		      "WHERE id = $i AND filename <> '' AND place = $s", LOADER, head.exists ? head.now : STR_LIT(""));
	sum->begun = ok && head.exists;
	sum->finished = ok && head.finished;
	sum->place = ok && head.exists ? head.start : STR_NONE;
	if (ok && found) {
		str_to_u64(row[0], &sum->chunks);
		str_to_u64(row[1], &sum->rows);
		str_to_u64(row[2], &sum->bytes);
	}
	return ok;
}
