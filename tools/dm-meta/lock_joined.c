/* lock_joined.c - what tables wait for whose structures are joined, as DM's optimistic locks; see commands.h */
#include "commands.h"

#include "schema/join.h"
#include "text/json_read.h"
#include "text/json_write.h"
#include "text/sql_quote.h"

#define STATE_MAX ((size_t)256 << 20)

static const struct err_kind err_not_waiting = {
	.code = 36643, .class = "dm-master", .scope = SCOPE_INTERNAL, .level = LEVEL_MEDIUM, .status = STATUS_REFUSED,
	.workaround = "see the tables that wait with 'dm query-status', and give one's names with -s, -d and -t",
};

/* Of a member's state, what is told here. */
struct waiting {
	struct str verdict, sql, order;
	struct table now;
	bool has_now;
};

static bool read_table(struct json *j, struct table *t, bool *there, struct arena *a, struct err *e)
{
	struct str raw = json_skip(j);

	if (j->bad || str_is(raw, "null"))
		return true;
	return *there = table_line_parse(t, NULL, raw, a, e);
}

static bool read_state(struct waiting *w, struct str state, struct arena *a, struct err *e)
{
	struct json j;
	struct str key;
	bool ok = true;

	*w = (struct waiting){ .has_now = false };
	if (state.n == 0)
		return true;
	json_init(&j, state);
	for (bool more = json_object(&j); ok && more && json_key(&j, &key); ) {
		if (str_is(key, "verdict"))
			w->verdict = json_text(&j, a);
		else if (str_is(key, "sql"))
			w->sql = json_text(&j, a);
		else if (str_is(key, "order"))
			w->order = json_text(&j, a);
		else if (str_is(key, "now"))
			ok = read_table(&j, &w->now, &w->has_now, a, e);
		else
			json_skip(&j);
	}
	return ok && json_ok(&j, "what is known of a shard", e);
}

static bool read_joined(struct str state, struct table *joined, bool *there, struct arena *a, struct err *e)
{
	struct json j;
	struct str key;
	bool ok = true;

	*there = false;
	if (state.n == 0)
		return true;
	json_init(&j, state);
	for (bool more = json_object(&j); ok && more && json_key(&j, &key); ) {
		if (str_is(key, "joined"))
			ok = read_table(&j, joined, there, a, e);
		else
			json_skip(&j);
	}
	return ok && json_ok(&j, "what is known of merged tables", e);
}

static void put_item(struct buf *b, struct str text)
{
	if (b->p[b->n - 1] != '[')
		buf_put_char(b, ',');
	json_put_text(b, text);
}

static void put_label(struct buf *b, const struct shard_member *m)
{
	struct buf label = BUF_INIT(4096);

	buf_putf(&label, "%.*s-", STR(m->source));
	sql_put_table(&label, m->schema, m->table);
	put_item(b, buf_str(&label));
	buf_release(&label);
}

static void put_one(struct buf *b, const struct work *w, const struct shard_group *g, const struct buf lists[3])
{
	static const char *const keys[] = { "DDLs", "synced", "unsynced" };
	struct buf id = BUF_INIT(4096);

	shard_lock_id_put(&id, w->task, &g->target);
	if (b->n > 1)
		buf_put_char(b, ',');
	buf_put_char(b, '{');
	json_put_key_text(b, "ID", buf_str(&id));
	json_put_key_text(b, "task", w->task);
	json_put_key_text(b, "mode", str_of(shard_mode_name(g->mode)));
	json_put_key_text(b, "owner", g->owner);
	for (size_t i = 0; i < 3; i++) {
		json_put_key(b, keys[i]);
		buf_put_str(b, buf_str(&lists[i]));
		buf_put_char(b, ']');
	}
	buf_put_char(b, '}');
	buf_release(&id);
}

/* A group is a lock while a table waits, or is not as the target. */
bool lock_joined_put(struct buf *b, const struct work *w, const struct shard_group *g, struct err *e)
{
	struct buf lists[3] = { BUF_INIT(STATE_MAX), BUF_INIT(STATE_MAX), BUF_INIT(STATE_MAX) };
	struct arena a = ARENA_INIT;
	struct table joined;
	bool has_joined, locked = false, ok;

	for (size_t i = 0; i < 3; i++)
		buf_put_char(&lists[i], '[');
	ok = read_joined(g->state, &joined, &has_joined, &a, e);
	for (size_t i = 0; ok && i < g->n_members; i++) {
		struct waiting m;
		enum table_order order;
		bool same;

		ok = read_state(&m, g->members[i].state, &a, e);
		if (!ok)
			break;
		same = m.verdict.n == 0 && (!has_joined || !m.has_now ||
					    (table_compare(&m.now, &joined, &order, NULL, 0) && order == ORDER_EQUAL));
		put_label(&lists[same ? 1 : 2], &g->members[i]);
		if (m.sql.n)
			put_item(&lists[0], m.sql);
		locked |= !same;
		if (m.has_now)
			table_release(&m.now);
	}
	if (ok && locked)
		put_one(b, w, g, lists);
	if (ok && has_joined)
		table_release(&joined);
	for (size_t i = 0; i < 3; i++)
		buf_release(&lists[i]);
	arena_release(&a);
	return ok;
}

bool lock_joined_order(struct work *w, struct shard_group *g, struct arena *a, struct err *e)
{
	struct shard_member *member;
	struct waiting m;

	if (w->source.n == 0 || w->database.n == 0 || w->table.n == 0 || (!str_is(w->action, "skip") && !str_is(w->action, "exec")))
		return err_set(e, &err_usage, "of an optimistic lock, one table is unlocked: name it with -s, --database and --table, and say "
			       "--action skip or exec");
	member = shard_find(g, w->source, w->database, w->table);
	if (!member)
		return err_set(e, &err_not_waiting, "table '%.*s.%.*s' of source '%.*s' is none of lock %.*s", STR(w->database), STR(w->table),
			       STR(w->source), STR(w->operands[0]));
	if (!read_state(&m, member->state, a, e))
		return false;
	if (m.has_now)
		table_release(&m.now);
	if ((!str_is(m.verdict, "wait") && !str_is(m.verdict, "conflict")) || m.order.n > 0)
		return err_set(e, &err_not_waiting, "table '%.*s.%.*s' of source '%.*s' %s", STR(w->database), STR(w->table), STR(w->source),
			       m.order.n ? "is to be unlocked already" : "waits at no statement");
	member->state = arena_strf(a, "{\"order\":\"%.*s\",%.*s", STR(w->action), STR(str_from(member->state, 1)));
	g->done++;		/* it looks again */
	return meta_shard_put_member(&w->meta, &g->target, member, e);
}
