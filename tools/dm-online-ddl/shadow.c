/* shadow.c - what is remembered of each shadow table; see shadow.h */
#include "shadow.h"

#include <stdlib.h>

#include "base/mem.h"
#include "text/json_read.h"
#include "text/json_write.h"
#include "text/sql_quote.h"

#define NAME_MAX_BYTES 4096

static const struct err_kind err_value = {
	.code = 36551, .class = "sync-unit", .scope = SCOPE_INTERNAL, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "correct the row of TASK_onlineddl, as dm-online-ddl(1) shows it, or delete it",
};

static void put_key(struct buf *b, const struct event_name *name)
{
	sql_put_table(b, name->schema, name->table);
}

void shadows_init(struct shadows *s)
{
	map_init(&s->by_name);
}

static void free_shadow(struct shadow *shadow)
{
	free(shadow->ddls);
	free(shadow->done);
	arena_release(&shadow->arena);
	free(shadow);
}

void shadows_release(struct shadows *s)
{
	struct map_entry *entry;
	size_t at = 0;

	while ((entry = map_next(&s->by_name, &at)))
		free_shadow(entry->value);
	map_release(&s->by_name);
}

struct shadow *shadows_find(const struct shadows *s, const struct event_name *name)
{
	struct buf key = BUF_INIT(NAME_MAX_BYTES);
	struct shadow *shadow;

	put_key(&key, name);
	shadow = map_get(&s->by_name, buf_str(&key));
	buf_release(&key);
	return shadow;
}

struct shadow *shadows_want(struct shadows *s, const struct event_name *name)
{
	struct buf key = BUF_INIT(NAME_MAX_BYTES);
	struct shadow *shadow = shadows_find(s, name);

	if (shadow)
		return shadow;
	shadow = mem_zalloc(sizeof(*shadow));
	arena_init(&shadow->arena);
	shadow->name.schema = arena_str(&shadow->arena, name->schema);
	shadow->name.table = arena_str(&shadow->arena, name->table);
	put_key(&key, name);
	map_put(&s->by_name, buf_str(&key), shadow);
	buf_release(&key);
	return shadow;
}

void shadows_drop(struct shadows *s, struct shadow *shadow)
{
	struct buf key = BUF_INIT(NAME_MAX_BYTES);

	put_key(&key, &shadow->name);
	map_take(&s->by_name, buf_str(&key));
	buf_release(&key);
	free_shadow(shadow);
	if (s->by_name.live == 0) {		/* what is gone must not pile up */
		map_release(&s->by_name);
		map_init(&s->by_name);
	}
}

bool shadow_add(struct shadow *shadow, const struct stored *ddl)
{
	struct arena *a = &shadow->arena;

	for (size_t i = 0; i < shadow->n; i++)
		if (str_eq(shadow->ddls[i].sql, ddl->sql) &&
		    (i + 1 == shadow->n || (ddl->pos.n > 0 && str_eq(shadow->ddls[i].pos, ddl->pos))))
			return false;
	shadow->ddls = mem_rearray(shadow->ddls, shadow->n + 1, sizeof(*shadow->ddls));
	shadow->ddls[shadow->n++] = (struct stored){
		arena_str(a, ddl->sql), arena_str(a, ddl->sql_mode), arena_str(a, ddl->charset),
		arena_str(a, ddl->collation), arena_str(a, ddl->time_zone), arena_str(a, ddl->pos),
	};
	return true;
}

bool shadow_is_done(const struct shadow *shadow, struct str pos)
{
	for (size_t i = 0; i < shadow->n_done; i++)
		if (event_pos_compare(pos, shadow->done[i]) <= 0)
			return true;
	return false;
}

void shadow_add_done(struct shadow *shadow, struct str pos)
{
	shadow->done = mem_rearray(shadow->done, shadow->n_done + 1, sizeof(*shadow->done));
	shadow->done[shadow->n_done++] = arena_str(&shadow->arena, pos);
}

bool shadow_trim_done(struct shadow *shadow, struct str resume)
{
	size_t n = 0, before = shadow->n_done;

	for (size_t i = 0; i < before; i++)
		if (resume.n > 0 && event_pos_compare(resume, shadow->done[i]) <= 0)
			shadow->done[n++] = shadow->done[i];
	shadow->n_done = n;
	return n < before;
}

bool shadow_is_empty(const struct shadow *shadow)
{
	return shadow->n == 0 && shadow->n_done == 0 && !shadow->holds_real;
}

/* --- the value --- */

static void load_session(struct json *j, struct stored *ddl, struct arena *a)
{
	struct str key;

	for (bool more = json_object(j); more && json_key(j, &key); ) {
		struct str *into = str_is(key, "sql_mode") ? &ddl->sql_mode : str_is(key, "charset") ? &ddl->charset :
				   str_is(key, "collation") ? &ddl->collation :
				   str_is(key, "time_zone") ? &ddl->time_zone :
				   str_is(key, "pos") ? &ddl->pos : NULL;

		if (into)
			*into = json_text(j, a);
		else
			json_skip(j);
	}
}

static void load_ddls(struct json *j, struct shadow *shadow)
{
	for (bool more = json_array(j); more && json_item(j); shadow->n++) {
		shadow->ddls = mem_rearray(shadow->ddls, shadow->n + 1, sizeof(*shadow->ddls));
		shadow->ddls[shadow->n] = (struct stored){ .sql = json_text(j, &shadow->arena) };
		shadow->ddls[shadow->n].sql_mode = shadow->ddls[shadow->n].charset = STR_LIT("");
		shadow->ddls[shadow->n].collation = shadow->ddls[shadow->n].time_zone = STR_LIT("");
		shadow->ddls[shadow->n].pos = STR_LIT("");
	}
}

static void load_done(struct json *j, struct shadow *shadow)
{
	for (bool more = json_array(j); more && json_item(j); )
		shadow_add_done(shadow, json_text(j, &shadow->arena));
}

/* sessions may stand before ddls, so they are read when the statements are there. */
static void load_sessions(struct str text, struct shadow *shadow)
{
	struct json j;
	size_t i = 0;

	if (text.n == 0)
		return;
	json_init(&j, text);
	for (bool more = json_array(&j); more && json_item(&j); i++) {
		if (i < shadow->n)
			load_session(&j, &shadow->ddls[i], &shadow->arena);
		else
			json_skip(&j);
	}
}

/* The statements are unescaped into the shadow's own memory, out of a copy of the line. */
static bool load_value(struct shadows *s, const struct event_name *name, struct str value, struct err *e)
{
	struct shadow *shadow = shadows_want(s, name);
	struct str sessions = STR_LIT(""), key;
	struct json j;

	shadow->n = shadow->n_done = 0;
	shadow->holds_real = false;
	json_init(&j, arena_str(&shadow->arena, value));
	for (bool more = json_object(&j); more && json_key(&j, &key); ) {
		if (str_is(key, "ddls") && !json_null(&j))
			load_ddls(&j, shadow);
		else if (str_is(key, "sessions"))
			sessions = json_skip(&j);
		else if (str_is(key, "done"))
			load_done(&j, shadow);
		else if (str_is(key, "holds_real"))
			shadow->holds_real = json_bool(&j);
		else
			json_skip(&j);
	}
	if (!json_ok(&j, "the statements", e))
		return false;
	load_sessions(sessions, shadow);
	return true;
}

/* schema and table of the value, which DM writes too. */
static bool value_name(struct str value, struct event_name *name, struct arena *a)
{
	struct str key;
	struct json j;

	*name = (struct event_name){ STR_LIT(""), STR_LIT("") };
	json_init(&j, value);
	for (bool more = json_object(&j); more && json_key(&j, &key); ) {
		if (str_is(key, "schema"))
			name->schema = json_text(&j, a);
		else if (str_is(key, "table"))
			name->table = json_text(&j, a);
		else
			json_skip(&j);
	}
	return !j.bad && name->schema.n > 0 && name->table.n > 0;
}

bool shadows_load(struct shadows *s, struct str key, struct str value, struct arena *a, struct err *e)
{
	struct shadow *old = map_get(&s->by_name, key);
	struct event_name name;
	struct buf own = BUF_INIT(NAME_MAX_BYTES);
	struct err why = { 0 };
	bool ok;

	if (str_is(value, "null")) {
		if (old)
			shadows_drop(s, old);
		return true;
	}
	ok = value_name(value, &name, a) && load_value(s, &name, value, &why);
	if (ok)
		put_key(&own, &name);
	ok = ok && str_eq(buf_str(&own), key);
	buf_release(&own);
	return ok || err_set(e, &err_value, "what is remembered of the shadow table %.*s cannot be read%s%s: %.*s", STR(key),
			     why.kind ? ": " : "", why.text, STR(str_first(value, 300)));
}

static void put_sessions(struct buf *b, const struct shadow *shadow)
{
	json_put_key(b, "sessions");
	buf_put_char(b, '[');
	for (size_t i = 0; i < shadow->n; i++) {
		const struct stored *ddl = &shadow->ddls[i];

		buf_put_text(b, i ? ",{" : "{");
		json_put_key_text(b, "sql_mode", ddl->sql_mode);
		json_put_key_text(b, "charset", ddl->charset);
		json_put_key_text(b, "collation", ddl->collation);
		json_put_key_text(b, "time_zone", ddl->time_zone);
		json_put_key_text(b, "pos", ddl->pos);
		buf_put_char(b, '}');
	}
	buf_put_char(b, ']');
}

static void put_done(struct buf *b, const struct shadow *shadow)
{
	json_put_key(b, "done");
	buf_put_char(b, '[');
	for (size_t i = 0; i < shadow->n_done; i++) {
		if (i)
			buf_put_char(b, ',');
		json_put_text(b, shadow->done[i]);
	}
	buf_put_char(b, ']');
}

static void put_value(struct buf *b, const struct shadow *shadow)
{
	buf_put_char(b, '{');
	json_put_key_text(b, "schema", shadow->name.schema);
	json_put_key_text(b, "table", shadow->name.table);
	json_put_key(b, "ddls");
	buf_put_char(b, '[');
	for (size_t i = 0; i < shadow->n; i++) {
		if (i)
			buf_put_char(b, ',');
		json_put_text(b, shadow->ddls[i].sql);
	}
	buf_put_char(b, ']');
	if (shadow->n > 0)
		put_sessions(b, shadow);
	if (shadow->n_done > 0)
		put_done(b, shadow);
	if (shadow->holds_real)
		json_put_key_bool(b, "holds_real", true);
	buf_put_char(b, '}');
}

static void put_line(struct buf *b, const char *stage, const struct event_name *name, struct str value)
{
	struct buf key = BUF_INIT(NAME_MAX_BYTES);

	put_key(&key, name);
	state_line_put(b, str_of(stage), buf_str(&key), value);
	buf_release(&key);
}

void shadow_line_put(struct buf *b, const struct shadow *shadow)
{
	struct buf value = BUF_INIT(b->limit);

	if (!shadow_is_empty(shadow))
		put_value(&value, shadow);
	else
		buf_put_text(&value, "null");
	put_line(b, "dm-online-ddl", &shadow->name, buf_str(&value));
	b->over |= value.over;
	buf_release(&value);
}

void shadow_structure_put(struct buf *b, const struct event_name *name, struct str structure)
{
	put_line(b, "dm-relay", name, structure);
}
