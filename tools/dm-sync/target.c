/* target.c - the downstream server; see target.h */
#include "target.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"
#include "base/tool.h"
#include "mysql/server.h"
#include "text/sql_quote.h"

#define TRIES_MAX 300
#define TRY_FOR_MS 300000
#define WAIT_MAX_MS 3000
#define TABLES_KEPT 1000

const struct err_kind err_target_table = {
	.code = 36070, .class = "sync-unit", .scope = SCOPE_DOWNSTREAM, .level = LEVEL_HIGH, .status = STATUS_REFUSED,
	.workaround = "create the table downstream with the upstream's columns, or route or filter it elsewhere, then start again",
};

int64_t clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct str table_key(struct arena *a, struct str schema, struct str table)
{
	char *p = arena_alloc(a, schema.n + 1 + table.n);

	if (schema.n)
		memcpy(p, schema.p, schema.n);
	p[schema.n] = '\0';
	if (table.n)
		memcpy(p + schema.n + 1, table.p, table.n);
	return (struct str){ p, schema.n + 1 + table.n };
}

static bool read_session(struct target *t, struct err *e)
{
	struct result r = { 0 };
	bool more = false, ok;

	t->max_packet = 1 << 20;
	ok = conn_query(&t->c, &r, STR_LIT("SELECT @@session.max_allowed_packet, @@session.sql_mode, @@session.foreign_key_checks"), false, e) &&
	     result_next(&r, &more, e);
	if (ok && more) {
		str_to_u64(r.row[0], &t->max_packet);
		snprintf(t->sql_mode, sizeof(t->sql_mode), "%.*s", STR(r.row[1]));
		t->checks_keys = str_is(r.row[2], "1");
	}
	result_release(&r);
	return ok;
}

bool target_open(struct target *t, const struct conn_want *want, struct err *e)
{
	t->want = *want;
	map_init(&t->tables);
	families_init(&t->families);
	target_worked(t);
	return conn_open(&t->c, &t->want, e) && read_session(t, e);
}

void target_release(struct target *t)
{
	target_forget(t, NULL);
	map_release(&t->tables);
	families_release(&t->families);
	conn_close(&t->c);
}

bool target_is_passing(const struct err *e)
{
	return e->kind == &err_query_retry || e->kind == &err_connect_retry;
}

void target_worked(struct target *t)
{
	t->tries = 0;
	t->failing_since = 0;
}

/* A waiting place: a signal may come in, and ends it. */
static bool wait_ms(int ms)
{
	struct timespec time = { ms / 1000, ms % 1000 * 1000000L };

	return !stop_asked && ppoll(NULL, 0, &time, tool_wait_mask()) == 0 && !stop_asked;
}

static bool is_alive(struct target *t)
{
	struct err e = { 0 };

	return t->c.m && conn_run(&t->c, STR_LIT("ROLLBACK"), &e);
}

static bool connect_again(struct target *t, struct err *e)
{
	conn_close(&t->c);
	return conn_open(&t->c, &t->want, e) && read_session(t, e);
}

bool target_recover(struct target *t, struct err *e)
{
	struct err later = { 0 };
	int wait = 0;

	if (!t->failing_since)
		t->failing_since = clock_ms();
	if (conn_is_read_only(&t->c))
		conn_close(&t->c);	/* after a fail-over the name leads to another server */
	for (;;) {
		const struct err *why = later.kind ? &later : e;

		if (t->tries++ > 0)
			wait = t->tries > 8 ? WAIT_MAX_MS : 20 << t->tries;
		if (t->tries > TRIES_MAX || clock_ms() - t->failing_since > TRY_FOR_MS)
			return err_at(e, "given up after %u tries", t->tries);
		log_warning("%s; trying again%s", why->text, wait ? " soon" : "");
		if (!wait_ms(wait))
			return false;
		if (is_alive(t))
			break;
		err_clear(&later);
		if (connect_again(t, &later))
			break;
		if (!target_is_passing(&later)) {
			*e = later;
			return false;
		}
	}
	err_clear(e);
	return true;
}

const struct table *target_table(struct target *t, const struct event_name *name, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct str key = table_key(&a, name->schema, name->table);
	struct table *table = map_get(&t->tables, key);
	bool exists = false;

	if (!table) {
		table = mem_zalloc(sizeof(*table));
		if (!server_table(&t->c, name->schema, name->table, table, &exists, e) || !exists) {
			free(table);
			table = NULL;
			if (!e->kind)
				err_set(e, &err_target_table, "table '%.*s.%.*s' does not exist at %s", STR(name->schema),
					STR(name->table), t->c.name);
		} else {
			if (t->tables.live >= TABLES_KEPT)
				target_forget(t, NULL);
			map_put(&t->tables, key, table);
		}
	}
	arena_release(&a);
	return table;
}

static void forget(struct target *t, struct str key)
{
	struct table *table = map_take(&t->tables, key);

	if (table)
		table_release(table);
	free(table);
}

void target_forget(struct target *t, const struct event_name *name)
{
	struct map_entry *entry;
	size_t at = 0;

	families_clear(&t->families);
	while ((entry = map_next(&t->tables, &at))) {
		struct table *table = entry->value;

		if (!name || (str_eq_nocase(table->schema, name->schema) &&
			      (name->table.n == 0 || str_eq_nocase(table->name, name->table))))
			forget(t, entry->key);
	}
}

bool target_triggers(struct target *t, const struct event_name *name, bool *yes, struct err *e)
{
	struct buf sql = BUF_INIT(4096);
	struct result r = { 0 };
	bool ok;

	*yes = false;
	buf_put_text(&sql, "SELECT 1 FROM information_schema.TRIGGERS WHERE EVENT_OBJECT_SCHEMA = ");
	sql_put_text(&sql, name->schema, t->c.backslash);
	buf_put_text(&sql, " AND EVENT_OBJECT_TABLE = ");
	sql_put_text(&sql, name->table, t->c.backslash);
	buf_put_text(&sql, " LIMIT 1");
	ok = buf_ok(&sql, "a table's name", e) && conn_query(&t->c, &r, buf_str(&sql), false, e) && result_next(&r, yes, e);
	result_release(&r);
	buf_release(&sql);
	return ok;
}

bool target_family(struct target *t, const struct event_name *name, struct event_name *head, bool *cascades, struct err *e)
{
	return families_find(&t->families, &t->c, name, t->checks_keys, head, cascades, e);
}
