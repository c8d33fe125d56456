/* ahead.c - what changes tables between a place and now; see ahead.h */
#include "ahead.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "mysql/replica.h"
#include "mysql/server.h"
#include "schema/ddl.h"
#include "text/charset.h"
#include "text/utf8.h"

enum { HEARTBEAT_MS = 900 };

void ahead_init(struct ahead *a)
{
	*a = (struct ahead){ .from = { .pos = 0 } };
	map_init(&a->changed);
	map_init(&a->made);
}

void ahead_release(struct ahead *a)
{
	struct map_entry *entry;
	size_t at = 0;

	while ((entry = map_next(&a->changed, &at)))
		free(entry->value);
	map_release(&a->changed);
	map_release(&a->made);
}

/* --- what a statement changes --- */

/* A server that folds names logs them as they were typed: those that differ in case only are one here. */
static struct str key_of(struct arena *a, struct str schema, struct str table)
{
	struct buf name = BUF_INIT(8192), lower = BUF_INIT(16384);
	struct str key;

	buf_put_str(&name, schema);
	buf_put_char(&name, '\0');
	buf_put_str(&name, table);
	utf8_put_lower(&lower, buf_str(&name));
	key = arena_str(a, buf_str(&lower));
	buf_release(&name);
	buf_release(&lower);
	return key;
}

static void note(struct ahead *a, struct arena *arena, struct str schema, struct str table, const struct place *at)
{
	struct place *copy = mem_zalloc(sizeof(*copy));

	*copy = *at;
	free(map_put(&a->changed, key_of(arena, schema, table), copy));
}

/* The names that a statement gives: of a table that is made, and the new ones. */
static bool makes(const struct ddl *ddl, size_t i)
{
	return ddl->kind == DDL_CREATE_TABLE ? i == 0 :
	       (ddl->kind == DDL_RENAME_TABLE || ddl->kind == DDL_ALTER_TABLE) && i % 2 == 1;
}

static void note_made(struct ahead *a, struct arena *arena, struct str schema, struct str table)
{
	struct str key = key_of(arena, schema, table);

	if (!map_has(&a->changed, key) && !map_has(&a->changed, key_of(arena, schema, STR_LIT(""))))
		map_put(&a->made, key, a);
}

static void note_statement(struct ahead *a, struct arena *arena, const struct ddl *ddl, const struct place *at)
{
	switch (ddl->kind) {
	case DDL_UNKNOWN:
		a->unknown = *at;
		break;
	case DDL_DROP_DATABASE:
	case DDL_CREATE_TABLE: case DDL_ALTER_TABLE: case DDL_DROP_TABLE: case DDL_RENAME_TABLE:
	case DDL_CREATE_INDEX: case DDL_DROP_INDEX:
		for (size_t i = 0; i < ddl->n_tables; i++)
			if (makes(ddl, i))
				note_made(a, arena, ddl->names[i].schema, ddl->names[i].table);
		for (size_t i = 0; i < ddl->n_tables; i++)
			note(a, arena, ddl->names[i].schema, ddl->names[i].table, at);
		break;
	case DDL_OTHER: case DDL_TRANSACTION: case DDL_DML: case DDL_TRUNCATE_TABLE: case DDL_CREATE_VIEW:
	case DDL_DROP_VIEW: case DDL_CREATE_DATABASE: case DDL_ALTER_DATABASE:
		break;
	}
}

static void take_query(struct ahead *a, const struct binlog_query *q, bool mariadb, const struct place *at)
{
	const struct charset *cs = q->has_charset ? charset_of_collation(q->client) : charset_of_name(STR_LIT("utf8mb4"));
	struct buf text = BUF_INIT((size_t)1 << 30), mode = BUF_INIT(4096);
	struct arena arena = ARENA_INIT;
	struct ddl ddl;

	binlog_sql_mode_put(&mode, q->sql_mode, mariadb);
	if (!cs || !charset_put_utf8(cs, q->text, &text) || text.over) {
		a->unknown = *at;
	} else {
		ddl_parse(&ddl, &arena, buf_str(&text), q->schema, buf_str(&mode), mariadb);
		note_statement(a, &arena, &ddl, at);
	}
	arena_release(&arena);
	buf_release(&text);
	buf_release(&mode);
}

/* --- reading --- */

struct reader {
	struct ahead *a;
	struct replica replica;
	struct binlog_decoder decoder;
	struct place at;		/* behind the last event */
	bool at_end;			/* there is no more */
};

static bool take_event(struct reader *r, struct str raw, struct err *e)
{
	struct binlog_header head;
	struct binlog_event ev;
	struct place start = r->at;
	struct span span;

	if (!binlog_header_read(&head, raw, e))
		return false;
	span = place_span(r->at.pos, &head);
	if (head.type != BINLOG_FORMAT && head.type != BINLOG_ROTATE && head.type != BINLOG_QUERY &&
	    head.type != BINLOG_MARIADB_QUERY_COMPRESSED && head.type != BINLOG_HEARTBEAT &&
	    head.type != BINLOG_HEARTBEAT_V2) {
		r->at.pos = span.end;
		return true;
	}
	if (!binlog_decode(&r->decoder, &ev, raw, false, e))
		return err_at(e, "%s:%llu", r->at.file, (unsigned long long)span.start);
	start.pos = span.start;
	r->at.pos = span.end;
	if (head.type == BINLOG_ROTATE && head.flags & BINLOG_FLAG_ARTIFICIAL)
		place_set(&r->at, ev.rotate.file, ev.rotate.pos);
	else if (head.type == BINLOG_HEARTBEAT || head.type == BINLOG_HEARTBEAT_V2)
		r->at_end = true;
	else if (head.type != BINLOG_FORMAT && head.type != BINLOG_ROTATE)
		take_query(r->a, &ev.query, r->decoder.format.mariadb, &start);
	return true;
}

static bool read_to(struct reader *r, const struct place *to, struct err *e)
{
	while (place_compare(&r->at, to) < 0) {
		struct str raw;

		switch (replica_next(&r->replica, &raw, e)) {
		case REPLICA_EVENT:
			if (!take_event(r, raw, e))
				return false;
			if (r->at_end && place_compare(&r->at, to) < 0)
				return err_set(e, &err_binlog_event, "the log ends at %s:%llu now, and went on to %s:%llu before",
					       r->at.file, (unsigned long long)r->at.pos, to->file, (unsigned long long)to->pos);
			break;
		case REPLICA_TICK:
			break;
		case REPLICA_STOP:
			return err_set(e, &err_replica_lost, "%s: told to stop", r->replica.c.name);
		case REPLICA_LOST:
		case REPLICA_FAIL:
			return false;
		}
	}
	return true;
}

static bool before_wait(void *context, struct err *e)
{
	(void)context;
	(void)e;
	return true;
}

/* *there false, and the answer says why: the upstream no longer has these places, or is another server. */
static bool read_stretch(struct ahead *a, const struct ahead_want *want, const struct place *from, const struct place *to,
			 bool *there, struct ahead_answer *answer, struct err *e)
{
	struct replica_start start = {
		.file = str_of(from->file), .pos = from->pos, .heartbeat_ms = HEARTBEAT_MS, .server = str_of(want->server),
	};
	struct reader r = { .a = a, .at = *from };
	bool ok;

	if (strcmp(from->file, to->file) != 0)
		log_notice("reading ahead for statements, from %s:%llu to %s:%llu", from->file,
			   (unsigned long long)from->pos, to->file, (unsigned long long)to->pos);
	binlog_decoder_init(&r.decoder);
	ok = replica_open(&r.replica, want->upstream, &start, before_wait, NULL, e) && read_to(&r, to, e);
	replica_close(&r.replica);
	binlog_decoder_release(&r.decoder);
	*there = ok;
	if (ok || e->kind->status == STATUS_RETRY || e->kind == &err_upstream_rogue)
		return ok;
	snprintf(answer->why, sizeof(answer->why), "what has changed it since cannot be read: %s", e->text);
	err_clear(e);
	return true;
}

/* Reads on, or anew where the stretch that is known does not hold the place. */
static bool cover(struct ahead *a, const struct ahead_want *want, bool *there, struct ahead_answer *answer, struct err *e)
{
	struct arena arena = ARENA_INIT;
	struct server_place head;
	struct place to, from = want->from;
	bool ok;

	*there = true;
	ok = server_binlog_place(want->c, &arena, &head, e);
	if (ok) {
		place_set(&to, head.file, head.pos);
		if (!a->from.file[0] || place_compare(&from, &a->from) < 0 || place_compare(&from, &a->to) > 0) {
			ahead_release(a);
			ahead_init(a);
			a->from = a->to = from;
		}
		from = a->to;
		if (place_compare(&from, &to) < 0)
			ok = read_stretch(a, want, &from, &to, there, answer, e);
		if (ok && *there && place_compare(&a->to, &to) < 0)
			a->to = to;
	}
	arena_release(&arena);
	return ok;
}

static bool is_behind(const struct place *at, const struct place *after)
{
	return at && at->file[0] && place_compare(at, after) >= 0;
}

/* Of a later sub-directory of a relay log, "bin|000002.000003" is bin.000003 upstream. */
void ahead_place(struct place *p, const struct place *at, uint64_t pos)
{
	struct str base, digits, name;

	*p = *at;
	p->pos = pos;
	if (str_cut_last(str_of(at->file), '.', &base, &digits) && str_cut_last(base, '|', &name, NULL))
		snprintf(p->file, sizeof(p->file), "%.*s.%.*s", STR(name), STR(digits));
}

bool ahead_ask(struct ahead *a, const struct ahead_want *want, struct ahead_answer *answer, struct err *e)
{
	struct arena arena = ARENA_INIT;
	const struct place *of_table, *of_schema, *at;
	struct str key;
	bool there;

	*answer = (struct ahead_answer){ .same = false };
	if (!want->server[0] || !want->from.file[0]) {
		snprintf(answer->why, sizeof(answer->why), "it is not known whose place this is");
		return true;
	}
	if (!cover(a, want, &there, answer, e))
		return false;
	if (!there)
		return true;
	key = key_of(&arena, want->schema, want->table);
	of_table = map_get(&a->changed, key);
	of_schema = map_get(&a->changed, key_of(&arena, want->schema, STR_LIT("")));
	at = is_behind(of_table, &want->after) ? of_table : is_behind(of_schema, &want->after) ? of_schema :
	     is_behind(&a->unknown, &want->after) ? &a->unknown : NULL;
	answer->same = !at;
	answer->was_there = !map_has(&a->made, key);
	if (at)
		snprintf(answer->why, sizeof(answer->why), "the statement at %s:%llu %s it since", at->file, (unsigned long long)at->pos,
			 at == &a->unknown ? "may have changed" : "has changed");
	arena_release(&arena);
	return true;
}
