/* checkpoint.c - the place of a source, the structures at it, and the document that a restart reads; see meta.h */
#include <stdio.h>

#include "meta/parts.h"
#include "stream/event.h"
#include "text/json_read.h"
#include "text/json_write.h"

/* "FILE:POS"; "" for no file. */
static struct str place_text(struct arena *a, struct str file, uint64_t pos)
{
	return file.n > 0 ? arena_strf(a, "%.*s:%llu", STR(file), (unsigned long long)pos) : STR_LIT("");
}

/* table_info of the global row holds the place again: where the two differ, an operator has moved the task. DM writes
 * null there. */
static bool parse_written(struct str info, struct arena *a, struct str *written, struct err *e)
{
	struct json j;
	struct str key;

	*written = STR_LIT("");
	json_init(&j, info);
	if (json_null(&j))
		return true;
	for (bool more = json_object(&j); more && json_key(&j, &key); ) {
		if (str_is(key, "written"))
			*written = json_text(&j, a);
		else
			json_skip(&j);
	}
	return json_ok(&j, "table_info of the checkpoint", e);
}

/* The GTID set belongs to the old place, and so does how far all was applied. What lies between the new place and that
 * comes again: safe mode carries over it. */
static void move(struct meta_place *place, struct str written, struct arena *a)
{
	struct str now = place_text(a, place->file, place->pos);
	struct str exit = place_text(a, place->exit_file, place->exit_pos);
	struct str applied = event_pos_compare(place->applied, written) > 0 ? place->applied : written;

	place->gtid = place->applied = place->applied_gtid = STR_LIT("");
	place->anchored = false;
	if (event_pos_compare(applied, now) > 0 && (exit.n == 0 || event_pos_compare(applied, exit) > 0)) {
		event_pos_parse(applied, &place->exit_file, &place->exit_pos);
		place->exit_gtid = STR_LIT("");
	}
}

/* The state line: "FILE:POS", or that with the GTID set that belongs to it. */
static bool read_applied(struct meta *m, struct arena *a, struct meta_place *place, struct err *e)
{
	struct str value, key;
	struct json j;

	place->applied = STR_LIT("");
	if (!meta_state_get(m, a, STR_LIT("dm-sync"), STR_LIT("applied"), &value, e))
		return false;
	if (value.n == 0)
		return true;
	json_init(&j, value);
	place->anchored = value.p[0] == '{';
	if (!place->anchored)
		place->applied = json_text(&j, a);
	for (bool more = place->anchored && json_object(&j); more && json_key(&j, &key); ) {
		if (str_is(key, "pos"))
			place->applied = json_text(&j, a);
		else if (str_is(key, "gtid"))
			place->applied_gtid = json_text(&j, a);
		else
			json_skip(&j);
	}
	return json_ok(&j, "the applied place of the checkpoint", e);
}

/* A move that was found is kept as one, so that none of its parts can be lost. */
static bool settle_move(struct meta *m, const struct meta_place *place, struct err *e)
{
	struct err ignored = { 0 };

	if (!conn_run(m->c, STR_LIT("START TRANSACTION"), e))
		return false;
	if (meta_place_put(m, place, e) && meta_place_forget(m, e) && conn_run(m->c, STR_LIT("COMMIT"), e))
		return true;
	conn_run(m->c, STR_LIT("ROLLBACK"), &ignored);
	return false;
}

static bool read_u64(struct str text, uint64_t *value)
{
	*value = 0;
	return text.n == 0 || str_to_u64(text, value);
}

enum { P_FILE, P_POS, P_GTID, P_EXIT_FILE, P_EXIT_POS, P_EXIT_GTID, P_INFO, P_N };

bool meta_place_forget(struct meta *m, struct err *e)
{
	return meta_state_drop(m, STR_LIT("dm-sync"), STR_LIT("applied"), e) &&
	       meta_state_drop(m, STR_LIT("dm-relay"), STR_LIT("xa"), e) &&
	       meta_state_drop(m, STR_LIT("dm-relay"), STR_LIT("server"), e) &&
	       meta_run(m, e, "DELETE FROM $t WHERE id = $i AND is_global = 0", CHECKPOINT);
}

bool meta_place_get(struct meta *m, struct arena *a, struct meta_place *place, struct err *e)
{
	struct str row[P_N], written, now;

	*place = (struct meta_place){ 0 };
	if (!meta_row(m, a, row, P_N, &place->exists, e,
		      "SELECT binlog_name, binlog_pos, binlog_gtid, exit_safe_binlog_name, "
		      "exit_safe_binlog_pos, exit_safe_binlog_gtid, table_info FROM $t "
		      "WHERE id = $i AND cp_schema = '' AND cp_table = '' AND is_global = 1", CHECKPOINT))
		return false;
	if (!place->exists)
		return true;
	place->file = str_trim(row[P_FILE]);
	place->gtid = row[P_GTID];
	place->exit_file = row[P_EXIT_FILE];
	place->exit_gtid = row[P_EXIT_GTID];
	if (place->file.n == 0 || !read_u64(row[P_POS], &place->pos) || !read_u64(row[P_EXIT_POS], &place->exit_pos))
		return err_set(e, &err_meta_row,
			       "the checkpoint of source '%.*s' names no place: binlog_name '%.*s', binlog_pos '%.*s'",
			       STR(m->source), STR(row[P_FILE]), STR(row[P_POS]));
	if (!parse_written(row[P_INFO], a, &written, e) || !read_applied(m, a, place, e))
		return false;
	now = place_text(a, place->file, place->pos);
	if (written.n == 0 || str_eq(written, now))
		return true;
	move(place, written, a);
	place->moved = true;
	return !m->holds || settle_move(m, place, e);
}

bool meta_place_put(struct meta *m, const struct meta_place *place, struct err *e)
{
	struct buf info = BUF_INIT(4096);
	struct arena a = ARENA_INIT;
	bool ok;

	buf_put_char(&info, '{');
	json_put_key_text(&info, "written", place_text(&a, place->file, place->pos));
	buf_put_char(&info, '}');
	ok = meta_fits(place->file, NAME_BYTES, "the name of a binlog", e) &&
	     meta_fits(place->exit_file, NAME_BYTES, "the name of a binlog", e) &&
	     meta_run(m, e, "INSERT INTO $t (id, cp_schema, cp_table, binlog_name, binlog_pos, binlog_gtid, "
		      "exit_safe_binlog_name, exit_safe_binlog_pos, exit_safe_binlog_gtid, table_info, is_global) "
		      "VALUES ($i, '', '', $s, $n, $s, $s, $n, $s, $s, 1) ON DUPLICATE KEY UPDATE "
		      "binlog_name = VALUES(binlog_name), binlog_pos = VALUES(binlog_pos), "
		      "binlog_gtid = VALUES(binlog_gtid), exit_safe_binlog_name = VALUES(exit_safe_binlog_name), "
		      "exit_safe_binlog_pos = VALUES(exit_safe_binlog_pos), "
		      "exit_safe_binlog_gtid = VALUES(exit_safe_binlog_gtid), "
		      "table_info = VALUES(table_info), is_global = 1",
		      CHECKPOINT, place->file, place->pos, place->gtid, place->exit_file, place->exit_pos,
		      place->exit_gtid, buf_str(&info));
	arena_release(&a);
	buf_release(&info);
	return ok;
}

bool meta_table_put(struct meta *m, struct str schema, struct str table, struct str line, struct err *e)
{
	return meta_fits(schema, NAME_BYTES, "the name of a schema", e) &&
	       meta_fits(table, NAME_BYTES, "the name of a table", e) &&
	       meta_run(m, e, "INSERT INTO $t (id, cp_schema, cp_table, binlog_name, binlog_pos, binlog_gtid, "
			"table_info, is_global) VALUES ($i, $s, $s, '', 0, '', $s, 0) "
			"ON DUPLICATE KEY UPDATE table_info = VALUES(table_info)", CHECKPOINT, schema, table, line);
}

bool meta_table_get(struct meta *m, struct arena *a, struct str schema, struct str table, struct str *line, struct err *e)
{
	bool found;

	*line = STR_LIT("");
	if (!meta_row(m, a, line, 1, &found, e, "SELECT table_info FROM $t WHERE id = $i AND cp_schema = $s AND cp_table = $s "
		      "AND is_global = 0", CHECKPOINT, schema, table))
		return false;
	return found || meta_row(m, a, line, 1, &found, e, "SELECT table_info FROM $t WHERE id = $i AND filename = '' "
				 "AND cp_schema = $s AND cp_table = $s AND table_info IS NOT NULL", LOADER, schema, table);
}

bool meta_tables(struct meta *m, struct arena *a, struct event_name **names, size_t *n, struct err *e)
{
	struct result r;
	bool ok = meta_ask(m, &r, e, "SELECT cp_schema, cp_table FROM $t WHERE id = $i AND cp_table <> '' AND is_global = 0 UNION "
			   "SELECT cp_schema, cp_table FROM $t WHERE id = $i AND cp_table <> '' AND filename = '' AND table_info IS NOT NULL",
			   CHECKPOINT, LOADER) &&
		  meta_take_names(&r, a, names, n, e);

	result_release(&r);
	return ok;
}

bool meta_table_drop(struct meta *m, struct str schema, struct str table, struct err *e)
{
	if (table.n == 0)
		return meta_run(m, e, "DELETE FROM $t WHERE id = $i AND cp_schema = $s AND is_global = 0",
				CHECKPOINT, schema);
	return meta_run(m, e, "DELETE FROM $t WHERE id = $i AND cp_schema = $s AND cp_table = $s AND is_global = 0",
			CHECKPOINT, schema, table);
}

bool meta_count_tables(struct meta *m, uint64_t *n, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct str row;
	bool found, ok;

	*n = 0;
	ok = meta_row(m, &a, &row, 1, &found, e, "SELECT COUNT(*) FROM $t WHERE id = $i AND is_global = 0", CHECKPOINT);
	if (ok && found)
		str_to_u64(row, n);
	arena_release(&a);
	return ok;
}

/* Structures that DM left are not ours to read: those tables are learnt again from upstream. */
static bool put_tables(struct meta *m, struct buf *out, const char *from, struct err *e)
{
	static const struct str ours = { "{\"type\":\"table\"", 15 };
	struct result r;
	bool more = true, ok;

	ok = meta_ask(m, &r, e, "SELECT table_info FROM $t WHERE id = $i AND cp_table <> '' AND $r "
		      "ORDER BY cp_schema, cp_table", from,
		      strcmp(from, LOADER) == 0 ? "filename = ''" : "is_global = 0");
	while (ok && (ok = result_next(&r, &more, e)) && more) {
		if (!str_starts(r.row[0], ours))
			continue;
		buf_put_str(out, r.row[0]);
		buf_put_char(out, '\n');
	}
	result_release(&r);
	return ok;
}

/* The place of the changes: the checkpoint's, or that of the dump that was loaded. */
static bool find_place(struct meta *m, struct arena *a, struct event_head *place, const char **tables, bool *exists,
		       bool *moved, struct err *e)
{
	struct meta_place at;
	struct load_head load;

	if (!meta_place_get(m, a, &at, e))
		return false;
	*tables = CHECKPOINT;
	*exists = at.exists;
	*moved = at.moved;
	place->pos = place_text(a, at.file, at.pos);
	place->gtid = at.gtid;
	place->pos_end = place_text(a, at.exit_file, at.exit_pos);
	if (!at.exists) {
		if (!load_head_get(m, a, &load, e))
			return false;
		*tables = LOADER;
		*exists = load.finished;
		place->pos = load.start;
		place->gtid = load.start_gtid;
		place->pos_end = load.end;
	}
	place->consistent = place->pos_end.n == 0;
	return true;
}

bool meta_resume_document(struct meta *m, struct buf *out, bool *exists, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct event_head place = { .type = EVENT_SNAPSHOT };
	const char *tables;
	struct err ignored;
	bool moved, ok;

	/* All of one moment: a pipeline may be at work. */
	ok = conn_run(m->c, STR_LIT("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"), e) &&
	     conn_run(m->c, STR_LIT("START TRANSACTION WITH CONSISTENT SNAPSHOT"), e) &&
	     find_place(m, &a, &place, &tables, exists, &moved, e) &&
	     state_lines_put(m, out, moved, e) && (moved || put_tables(m, out, tables, e)) &&
	     (strcmp(tables, CHECKPOINT) == 0 || put_tables(m, out, CHECKPOINT, e));
	if (ok && *exists)
		snapshot_line_put(out, &place);
	if (!conn_run(m->c, STR_LIT("COMMIT"), ok ? e : &ignored))
		ok = false;
	arena_release(&a);
	return ok && buf_ok(out, "the resume document", e);
}
