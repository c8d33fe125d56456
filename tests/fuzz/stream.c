/*
 * stream.c - a stream: each line is read as what it says it is; what the writers make of it reads back the same.
 *
 * Input: lines. A table line is the structure of the rows behind it, whatever they are of; their values are put as SQL, which
 * must stay one literal.
 */
#include "fuzz.h"

#include "schema/table.h"
#include "stream/rows.h"
#include "stream/value_sql.h"
#include "text/sql_lex.h"
#include "text/utf8.h"

#define LIMIT (16 << 20)

static struct arena again_arena;

static void put_head(struct buf *b, const struct event_head *ev)
{
	switch (ev->type) {
	case EVENT_STREAM:
		stream_line_put(b, ev);
		break;
	case EVENT_SNAPSHOT:
		snapshot_line_put(b, ev);
		break;
	case EVENT_CHUNK:
		chunk_line_put(b, ev);
		break;
	case EVENT_CHUNK_END:
		chunk_end_line_put(b, ev);
		break;
	case EVENT_COMMIT:
		commit_line_put(b, ev);
		break;
	case EVENT_HEARTBEAT:
		heartbeat_line_put(b, ev);
		break;
	case EVENT_END:
		end_line_put(b, ev);
		break;
	case EVENT_INSERT: case EVENT_UPDATE: case EVENT_DELETE:
		rows_line_start(b, ev);
		buf_put_text(b, "]}\n");
		break;
	case EVENT_OTHER: case EVENT_STATE: case EVENT_TABLE: case EVENT_DDL:
		break;
	}
}

/* The line without its newline. */
static struct str line_of(const struct buf *b)
{
	MUST(b->n > 0 && b->p[b->n - 1] == '\n' && !memchr(b->p, '\n', b->n - 1));
	MUST(utf8_valid(buf_str(b)));
	return str_first(buf_str(b), b->n - 1);
}

/* What is written of a head is read as the same, and written as the same again. */
static void check_head(const struct event_head *ev)
{
	struct buf first = BUF_INIT(LIMIT), second = BUF_INIT(LIMIT);
	struct event_head again;
	struct err e = { 0 };

	put_head(&first, ev);
	if (first.n > 0) {
		if (!event_head_parse(&again, line_of(&first), &again_arena, &e)) {
			fprintf(stderr, "%s\n%.*s\n", e.text, STR(buf_str(&first)));
			abort();
		}
		put_head(&second, &again);
		must_equal(buf_str(&first), buf_str(&second), "a head that is written again");
	}
	buf_release(&first);
	buf_release(&second);
}

static void check_place(struct str pos, struct str other)
{
	struct str file;
	uint64_t offset;

	if (event_pos_parse(pos, &file, &offset))
		MUST(file.n > 0 && file.n < pos.n);
	MUST(event_pos_compare(pos, other) == -event_pos_compare(other, pos));
	MUST(event_pos_compare(pos, pos) == 0);
}

static void check_ddl(struct str line)
{
	struct buf first = BUF_INIT(LIMIT), second = BUF_INIT(LIMIT);
	struct arena a = ARENA_INIT;
	struct ddl_event ddl, again;
	struct err e = { 0 };

	if (settled(ddl_line_parse(&ddl, line, &a, &e), &e)) {
		ddl_line_put(&first, &ddl);
		MUST(ddl_line_parse(&again, line_of(&first), &a, &e));
		MUST(again.n_tables == ddl.n_tables && str_eq(again.sql, ddl.sql));
		ddl_line_put(&second, &again);
		must_equal(buf_str(&first), buf_str(&second), "a ddl line that is written again");
	}
	buf_release(&first);
	buf_release(&second);
	arena_release(&a);
}

static void check_state(struct str line)
{
	struct str parts[3], again[3];
	struct arena a = ARENA_INIT;
	struct buf b = BUF_INIT(LIMIT);
	struct err e = { 0 };

	if (settled(state_line_parse(&parts[0], &parts[1], &parts[2], line, &a, &e), &e)) {
		state_line_put(&b, parts[0], parts[1], parts[2]);
		MUST(state_line_parse(&again[0], &again[1], &again[2], line_of(&b), &a, &e));
		for (size_t i = 0; i < 3; i++)
			must_equal(parts[i], again[i], "a state line that is written again");
	}
	buf_release(&b);
	arena_release(&a);
}

/* t is replaced where the line is good. */
static void check_table(struct table *t, struct str line)
{
	struct buf first = BUF_INIT(LIMIT), second = BUF_INIT(LIMIT);
	struct arena a = ARENA_INIT;
	struct event_name to;
	struct err e = { 0 };
	struct table read, again;
	char why[200];

	if (settled(table_line_parse(&read, &to, line, &a, &e), &e)) {
		table_line_put(&first, &read, &to);
		MUST(table_line_parse(&again, NULL, line_of(&first), &a, &e));
		MUST(table_equal(&read, &again, why, sizeof(why)));
		table_line_put(&second, &again, &to);
		must_equal(buf_str(&first), buf_str(&second), "a table line that is written again");
		table_release(t);
		table_copy(t, &again);
		table_release(&again);
		table_release(&read);
	}
	buf_release(&first);
	buf_release(&second);
	arena_release(&a);
}

/* Nothing that was quoted ends early, and nothing stands outside of quotes but numbers and a few words. */
static void check_sql(struct str sql, bool backslash, bool alone)
{
	struct sql_lex lex;
	struct sql_token t;
	size_t n = 0;

	sql_lex_init(&lex, sql, backslash ? 0 : SQL_NO_BACKSLASH_ESCAPES);
	while ((t = sql_lex_next(&lex)).kind != SQL_END) {
		bool sign = t.kind == SQL_SIGN && (str_is(t.raw, "-") || str_is(t.raw, "--"));
		bool word = t.kind == SQL_WORD && (str_is(t.raw, "NULL") || str_is(t.raw, "DEFAULT"));

		MUST(t.kind != SQL_BAD && t.kind != SQL_VARIABLE);
		n += !sign;
		if (alone && !sign && !word && t.kind != SQL_TEXT && t.kind != SQL_NUMBER) {
			fprintf(stderr, "no literal: %.*s\n", STR(sql));
			abort();
		}
	}
	MUST(n > 0 && (!alone || n == 1));
}

static void check_value(const struct row_value *v, const struct column *column)
{
	struct buf b = BUF_INIT(LIMIT);

	if (v->kind == VALUE_JSON_DIFF)
		return;
	MUST(v->kind == VALUE_BYTES || utf8_valid(v->text));
	for (unsigned i = 0; i < 4; i++) {
		buf_clear(&b);
		value_put_sql(&b, v, column, i & 1);
		check_sql(buf_str(&b), i & 1, true);
		buf_clear(&b);
		value_put_sql_identical(&b, column->name, v, column, i & 1, i & 2);
		check_sql(buf_str(&b), i & 1, false);
	}
	buf_release(&b);
}

static void check_rows(const struct event_head *ev, const struct table *t, struct str line)
{
	struct rows_reader r;
	struct err e = { 0 };
	bool more = true;

	rows_init(&r);
	if (settled(rows_start(&r, ev, t, line, &e), &e))
		while (settled(rows_next(&r, &more, &e), &e) && more) {
			MUST(r.n_columns == t->n_columns && r.n_before <= t->n_columns && r.n_after <= t->n_columns);
			for (size_t i = 0; i < t->n_columns; i++) {
				check_value(&r.before[i], &t->columns[i]);
				check_value(&r.after[i], &t->columns[i]);
			}
		}
	rows_release(&r);
}

static void check_line(struct table *t, struct arena *a, struct str line)
{
	struct event_head ev;
	struct err e = { 0 };

	arena_clear(a);
	if (!settled(event_head_parse(&ev, line, a, &e), &e))
		return;
	MUST(ev.after_names <= line.n && ev.to_start <= ev.to_end && ev.to_end <= line.n);
	MUST(event_type_name(ev.type)[0]);
	check_head(&ev);
	check_place(ev.pos, ev.pos_end.n ? ev.pos_end : ev.resume);
	switch (ev.type) {
	case EVENT_DDL:
		check_ddl(line);
		break;
	case EVENT_STATE:
		check_state(line);
		break;
	case EVENT_TABLE:
		check_table(t, line);
		break;
	case EVENT_INSERT: case EVENT_UPDATE: case EVENT_DELETE:
		check_rows(&ev, t, line);
		break;
	case EVENT_OTHER: case EVENT_STREAM: case EVENT_SNAPSHOT: case EVENT_CHUNK: case EVENT_CHUNK_END: case EVENT_COMMIT:
	case EVENT_HEARTBEAT: case EVENT_END:
		break;
	}
	arena_clear(&again_arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str input = { (const char *)data, size };
	struct arena a = ARENA_INIT;
	struct table t;

	table_init(&t, STR_LIT("s"), STR_LIT("t"));
	table_add_column(&t, &(struct column){ .name = STR_LIT("a"), .type = STR_LIT("int(11)") }, 0);
	table_add_column(&t, &(struct column){ .name = STR_LIT("b"), .type = STR_LIT("decimal(5,2)") }, 1);
	table_add_column(&t, &(struct column){ .name = STR_LIT("`"), .type = STR_LIT("blob"), .base64 = true }, 2);
	while (input.n > 0) {
		struct str line = take_until(&input, '\n');
		char *exact = exact_copy(line);

		check_line(&t, &a, (struct str){ exact, line.n });
		free(exact);
	}
	table_release(&t);
	arena_release(&a);
	arena_release(&again_arena);
	return 0;
}
