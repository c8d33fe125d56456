/* structures.c - what is known about the upstream's tables; see structures.h */
#include "structures.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "fit.h"
#include "text/charset.h"
#include "text/sql_quote.h"

enum { MAPS_MAX = 4096 };		/* a server gives new numbers for ever */

struct mapped {
	struct buf body;
	struct known *known;		/* NULL: not looked up yet */
};

void structures_init(struct structures *s, const struct endpoint *upstream)
{
	*s = (struct structures){ .upstream = upstream, .collation = BUF_INIT(1024) };
	map_init(&s->by_name);
	map_init(&s->by_id);
	map_init(&s->charsets);
	ahead_init(&s->ahead);
	arena_init(&s->arena);
}

void structures_drop_maps(struct structures *s)
{
	struct map_entry *entry;
	size_t at = 0;

	while ((entry = map_next(&s->by_id, &at))) {
		struct mapped *m = entry->value;

		buf_release(&m->body);
		free(m);
	}
	map_release(&s->by_id);
	map_init(&s->by_id);
}

void structures_trim(struct structures *s)
{
	if (s->by_id.live >= MAPS_MAX)
		structures_drop_maps(s);
}

static void forget_table(struct known *k)
{
	if (k->has_table)
		table_release(&k->table);
	k->has_table = k->announced = k->planned = false;
}

static void free_known(struct known *k)
{
	forget_table(k);
	buf_release(&k->map);
	rows_plan_release(&k->plan);
	free((char *)k->schema.p);
	free((char *)k->name.p);
	free(k);
}

void structures_release(struct structures *s)
{
	struct map_entry *entry;
	size_t at = 0;

	structures_drop_maps(s);
	while ((entry = map_next(&s->by_name, &at)))
		free_known(entry->value);
	map_release(&s->by_name);
	map_release(&s->by_id);
	map_release(&s->charsets);
	ahead_release(&s->ahead);
	arena_release(&s->arena);
	buf_release(&s->collation);
	if (s->connected)
		conn_close(&s->conn);
}

/* --- by name --- */

static void put_key(struct buf *b, struct str schema, struct str name)
{
	buf_put_str(b, schema);
	buf_put_char(b, '\0');
	buf_put_str(b, name);
}

struct known *structures_find(const struct structures *s, struct str schema, struct str name)
{
	struct buf key = BUF_INIT(4096);
	struct known *k;

	put_key(&key, schema, name);
	k = map_get(&s->by_name, buf_str(&key));
	buf_release(&key);
	return k;
}

static struct known *want_known(struct structures *s, struct str schema, struct str name)
{
	struct known *k = structures_find(s, schema, name);
	struct buf key = BUF_INIT(4096);

	if (k)
		return k;
	k = mem_zalloc(sizeof(*k));
	k->schema = (struct str){ mem_text(schema), schema.n };
	k->name = (struct str){ mem_text(name), name.n };
	buf_init(&k->map, 1 << 24);
	rows_plan_init(&k->plan);
	put_key(&key, schema, name);
	map_put(&s->by_name, buf_str(&key), k);
	buf_release(&key);
	return k;
}

static void drop_known(struct structures *s, struct known *k)
{
	struct buf key = BUF_INIT(4096);

	structures_drop_maps(s);	/* they point to it; each statement brings its own */
	put_key(&key, k->schema, k->name);
	map_take(&s->by_name, buf_str(&key));
	buf_release(&key);
	free_known(k);
}

void structures_add(struct structures *s, struct table *t, bool announced)
{
	struct known *k = want_known(s, t->schema, t->name);

	forget_table(k);
	k->table = *t;
	k->has_table = k->named = true;
	k->announced = announced;
}

/* --- the upstream --- */

bool structures_connect(struct structures *s, struct err *e)
{
	struct conn_want want = { .at = s->upstream, .scope = SCOPE_UPSTREAM };

	if (s->connected)
		return true;
	s->connected = conn_open(&s->conn, &want, e);
	if (!s->connected)
		conn_close(&s->conn);
	return s->connected;
}

void structures_disconnect(struct structures *s)
{
	if (s->connected)
		conn_close(&s->conn);
	s->connected = false;
}

/* An idle connection may have been closed by the server: then one more try, on a new one. */
static bool may_ask_again(struct structures *s, bool fresh, struct err *e)
{
	if (fresh || !conn_error_is_passing(s->conn.errno_last))
		return false;
	structures_disconnect(s);
	err_clear(e);
	return structures_connect(s, e);
}

static bool ask_table(struct structures *s, struct str schema, struct str name, struct table *t, bool *exists,
		      struct err *e)
{
	bool fresh = !s->connected;

	return structures_connect(s, e) && (server_table(&s->conn, schema, name, t, exists, e) ||
	       (may_ask_again(s, fresh, e) && server_table(&s->conn, schema, name, t, exists, e)));
}

/* The charset that a table gets which names none. Empty where it cannot be known. */
static bool ask_default_charset(struct structures *s, struct str schema, struct str *charset, struct err *e)
{
	struct buf sql = BUF_INIT(8192);
	bool fresh = !s->connected, ok;

	*charset = str_of(map_get(&s->charsets, schema));
	if (charset->n > 0)
		return true;
	*charset = STR_LIT("");
	if (!s->upstream)
		return true;
	if (!structures_connect(s, e))
		return false;
	buf_put_text(&sql, "SELECT default_character_set_name FROM information_schema.schemata WHERE schema_name = ");
	sql_put_text(&sql, schema, s->conn.backslash);
	ok = conn_get(&s->conn, &s->arena, charset, buf_str(&sql), e) ||
	     (may_ask_again(s, fresh, e) && conn_get(&s->conn, &s->arena, charset, buf_str(&sql), e));
	buf_release(&sql);
	return ok;
}

bool structures_collation(struct structures *s, struct arena *a, unsigned id, struct str *name, struct err *e)
{
	bool fresh = !s->connected;

	*name = STR_LIT("");
	if (!s->upstream)
		return true;
	if (id != s->collation_id || s->collation.n == 0) {
		if (!structures_connect(s, e))
			return false;
		if (!server_collation(&s->conn, a, id, name, e) &&
		    !(may_ask_again(s, fresh, e) && server_collation(&s->conn, a, id, name, e)))
			return false;
		buf_set(&s->collation, *name);
		s->collation_id = id;
	}
	*name = arena_str(a, buf_str(&s->collation));
	return true;
}

bool structures_default_collation(struct structures *s, struct arena *a, struct str charset, struct str *name, struct err *e)
{
	bool fresh = !s->connected;

	*name = STR_LIT("");
	return !s->upstream || (structures_connect(s, e) &&
				(server_default_collation(&s->conn, a, charset, name, e) ||
				 (may_ask_again(s, fresh, e) && server_default_collation(&s->conn, a, charset, name, e))));
}

/* --- by number --- */

static struct str id_key(const uint64_t *id)
{
	return (struct str){ (const char *)id, sizeof(*id) };
}

void structures_map(struct structures *s, const struct binlog_table_map *map)
{
	struct mapped *m = map_get(&s->by_id, id_key(&map->id));

	if (m && str_eq(buf_str(&m->body), map->body))
		return;
	if (!m) {
		m = mem_zalloc(sizeof(*m));
		buf_init(&m->body, (size_t)1 << 32);
		map_put(&s->by_id, id_key(&map->id), m);
	}
	m->known = NULL;
	buf_set(&m->body, map->body);
}

/* What the upstream has just told of a table: is it true of the place that is read? */
static bool is_still(struct structures *s, struct str schema, struct str name, bool *same, char *why, size_t why_size,
		     struct err *e)
{
	struct ahead_want want = {
		.upstream = s->upstream, .c = &s->conn, .server = s->server, .schema = schema, .table = name,
	};
	struct ahead_answer answer;

	ahead_place(&want.from, s->at, *s->trx_start);
	ahead_place(&want.after, s->at, s->at->pos);
	if (!ahead_ask(&s->ahead, &want, &answer, e))
		return false;
	*same = answer.same;
	snprintf(why, why_size, "%.250s", answer.why);
	return true;
}

static bool take_from_upstream(struct structures *s, struct known *k, const struct table_map *map, char *why,
			       size_t why_size, struct err *e)
{
	struct table t;
	bool exists, same = true, ok = true;

	if (!ask_table(s, map->schema, map->table, &t, &exists, e))
		return false;
	if (!exists) {
		snprintf(why, why_size, "the upstream has no such table now");
		return true;
	}
	same = fit_check(&t, map, why, why_size);
	/* Without names, columns of one type cannot be told apart. */
	if (same && !map->has_names)
		ok = is_still(s, map->schema, map->table, &same, why, why_size, e);
	if (!ok || !same) {
		table_release(&t);
		return ok;
	}
	k->table = t;
	k->has_table = k->named = true;
	log_debug("structure of '%.*s.%.*s': as it is upstream now", STR(k->schema), STR(k->name));
	return true;
}

/* Where the structure is not known, or is not the one that these rows were written with. */
static bool learn(struct structures *s, struct known *k, const struct table_map *map, struct err *e)
{
	char why[300] = "";

	if (k->has_table)
		forget_table(k);
	if (s->upstream && !take_from_upstream(s, k, map, why, sizeof(why), e))
		return false;
	if (k->has_table)
		return true;
	/* It may be a table that the task leaves out: who has to apply the rows refuses columns without names. */
	if (s->upstream && !map->has_names)
		log_warning("structure of '%.*s.%.*s' is not known at %s:%llu, and cannot be taken from the upstream (%s): "
			    "its columns are sent without names; give it with --schema, or 'dm binlog-schema update', or set "
			    "binlog_row_metadata=FULL", STR(k->schema), STR(k->name), s->at->file,
			    (unsigned long long)*s->trx_start, why);
	fit_table_of_map(&k->table, map);
	k->has_table = true;
	k->named = map->has_names;
	log_debug("structure of '%.*s.%.*s': from the log%s", STR(k->schema), STR(k->name),
		  k->named ? "" : ", without names");
	return true;
}

/* A statement does not say which collation a column gets, and the log may: expressions over the rows need it. */
static bool learn_collations(struct structures *s, struct known *k, const struct table_map *map, struct err *e)
{
	struct table *t = &k->table;

	for (size_t i = 0; i < t->n_columns && i < map->n_columns; i++) {
		struct str name;

		if (!map->columns[i].has_collation || t->columns[i].collation.n > 0 || t->columns[i].charset.n == 0)
			continue;
		if (!structures_collation(s, &s->arena, map->columns[i].collation, &name, e))
			return err_at(e, "table '%.*s.%.*s'", STR(k->schema), STR(k->name));
		if (name.n == 0)
			continue;
		t->columns[i].collation = arena_str(&t->arena, name);
		k->announced = false;
	}
	return true;
}

static bool prepare(struct structures *s, struct mapped *m, struct err *e)
{
	struct table_map map;
	struct column_facts *facts;
	struct known *k;
	char why[300];

	arena_clear(&s->arena);
	if (!table_map_decode(&map, &s->arena, buf_str(&m->body), s->mariadb, e))
		return false;
	k = m->known = want_known(s, map.schema, map.table);
	if (k->planned && str_eq(buf_str(&k->map), buf_str(&m->body)))
		return true;
	k->planned = false;
	if (k->has_table && !fit_check(&k->table, &map, why, sizeof(why))) {
		log_debug("structure of '%.*s.%.*s' does not fit the log: %s", STR(k->schema), STR(k->name), why);
		forget_table(k);
	}
	if (!k->has_table && !learn(s, k, &map, e))
		return false;
	if (!learn_collations(s, k, &map, e))
		return false;
	facts = k->named ? fit_facts(&k->table, &s->arena) : arena_array(&s->arena, map.n_columns, sizeof(*facts));
	if (!rows_plan_make(&k->plan, &map, facts, e))
		return err_at(e, "table '%.*s.%.*s'", STR(k->schema), STR(k->name));
	k->plan.n_shown = map.n_columns - fit_hidden(&k->table);
	buf_set(&k->map, buf_str(&m->body));
	k->planned = true;
	return true;
}

bool structures_of_id(struct structures *s, uint64_t id, struct known **known, struct err *e)
{
	struct mapped *m = map_get(&s->by_id, id_key(&id));

	if (!m)
		return err_set(e, &err_binlog_event, "rows event for table number %llu, which no table map announced",
			       (unsigned long long)id);
	/* Two numbers may mean one table: the second one since it was altered. */
	if (!m->known || !m->known->planned || !str_eq(buf_str(&m->known->map), buf_str(&m->body)))
		if (!prepare(s, m, e))
			return false;
	*known = m->known;
	return true;
}

/* --- statements --- */

static const struct table *get_table(void *context, struct str schema, struct str name)
{
	struct known *k = structures_find(context, schema, name);

	return k && k->has_table && k->named ? &k->table : NULL;
}

static void set_table(void *context, struct str schema, struct str name, const struct table *t)
{
	struct structures *s = context;
	struct known *k = structures_find(s, schema, name);
	struct table copy;

	if (!t) {
		if (k)
			drop_known(s, k);
		return;
	}
	table_copy(&copy, t);
	k = want_known(s, schema, name);
	forget_table(k);
	k->table = copy;
	k->has_table = k->named = true;
}

static void drop_schema(void *context, struct str schema)
{
	struct structures *s = context;
	struct map_entry *entry;
	size_t at = 0;

	map_take(&s->charsets, schema);
	while ((entry = map_next(&s->by_name, &at))) {
		struct known *k = entry->value;

		if (str_eq(k->schema, schema))
			drop_known(s, k);
	}
}

/* A table that was known and whose change could not be followed is asked for at once: the next rows must not
 * meet the structure that a checkpoint still holds. */
static bool learn_again(struct structures *s, struct str schema, struct str name, struct err *e)
{
	struct table t;
	bool exists, same = false, ok;
	char why[300];

	if (!s->upstream || structures_find(s, schema, name))
		return true;
	if (!ask_table(s, schema, name, &t, &exists, e))
		return false;
	if (!exists)
		return true;
	ok = is_still(s, schema, name, &same, why, sizeof(why), e);
	if (ok && same)
		set_table(s, schema, name, &t);
	else if (ok)
		log_debug("structure of '%.*s.%.*s' is not known until its next rows: %s", STR(schema), STR(name), why);
	table_release(&t);
	return ok;
}

bool structures_learn(struct structures *s, struct str schema, struct str name, const struct place *at, struct known **known,
		      bool *was_there, struct err *e)
{
	struct ahead_want want = {
		.upstream = s->upstream, .c = &s->conn, .server = s->server, .schema = schema, .table = name,
	};
	struct ahead_answer answer;
	struct table t;
	bool exists, ok;

	*known = NULL;
	*was_there = false;
	if (!ask_table(s, schema, name, &t, &exists, e))
		return false;
	if (!exists)
		return true;
	ahead_place(&want.from, at, at->pos);
	want.after = want.from;
	ok = ahead_ask(&s->ahead, &want, &answer, e);
	if (ok && answer.same) {
		set_table(s, schema, name, &t);
		*known = structures_find(s, schema, name);
	}
	*was_there = ok && answer.was_there;
	table_release(&t);
	return ok;
}

/* A schema without a charset of its own gets the server's. */
static void note_schema(struct structures *s, const struct ddl *ddl, const struct binlog_query *q)
{
	const struct charset *cs = ddl->charset.n ? charset_of_name(ddl->charset) : NULL;

	if (ddl->n_tables < 1 || (ddl->kind != DDL_CREATE_DATABASE && ddl->kind != DDL_ALTER_DATABASE))
		return;
	if (!cs && ddl->kind == DDL_CREATE_DATABASE && ddl->charset.n == 0 && q->has_charset)
		cs = charset_of_collation(q->server);
	/* IF NOT EXISTS may have changed nothing. */
	if (cs && !(ddl->if_exists && map_has(&s->charsets, ddl->names[0].schema)))
		map_put(&s->charsets, ddl->names[0].schema, (char *)charset_name(cs));
}

static bool apply(struct structures *s, const struct ddl *ddl, const struct binlog_query *q, struct err *e)
{
	struct ddl_tables tables = {
		.get = get_table, .set = set_table, .drop_schema = drop_schema, .context = s,
		.default_charset = STR_LIT(""),
		.timestamps = !q->has_timestamps ? TIMESTAMPS_UNKNOWN : q->explicit_timestamps ? TIMESTAMPS_EXPLICIT :
			      TIMESTAMPS_IMPLICIT,
	};

	note_schema(s, ddl, q);
	if (ddl->kind == DDL_CREATE_TABLE && ddl->n_names > 0 &&
	    !ask_default_charset(s, ddl->names[0].schema, &tables.default_charset, e))
		return false;
	if (ddl_apply(ddl, &tables, e))
		return true;
	/* It ran upstream: what we knew was not what is there. */
	log_warning("%s; the structure is learnt anew", e->text);
	err_clear(e);
	for (size_t i = 0; i < ddl->n_tables; i++)
		set_table(s, ddl->names[i].schema, ddl->names[i].table, NULL);
	return true;
}

bool structures_apply(struct structures *s, const struct ddl *ddl, const struct binlog_query *query, struct err *e)
{
	bool *known, ok = true;

	arena_clear(&s->arena);
	known = arena_array(&s->arena, ddl->n_tables, sizeof(*known));
	for (size_t i = 0; i < ddl->n_tables; i++)
		known[i] = get_table(s, ddl->names[i].schema, ddl->names[i].table);
	if (!apply(s, ddl, query, e))
		return false;
	if (ddl->kind == DDL_DROP_TABLE)
		return true;
	/* Of a RENAME what counts is the new name: a table that was known may have made place for one that is not. */
	for (size_t i = 0; ok && i < ddl->n_tables; i++)
		ok = !known[i] || (ddl->kind == DDL_RENAME_TABLE && i % 2 == 0) ||
		     learn_again(s, ddl->names[i].schema, ddl->names[i].table, e);
	return ok;
}
