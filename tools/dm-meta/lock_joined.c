/* lock_joined.c - what tables wait for whose structures are joined, as DM's optimistic locks; see commands.h */
#include "commands.h"

#include "meta/joined_state.h"
#include "schema/join.h"
#include "text/json_write.h"
#include "text/sql_quote.h"

#define STATE_MAX ((size_t)256 << 20)

static const struct err_kind err_not_waiting = {
	.code = 36643, .class = "dm-master", .scope = SCOPE_INTERNAL, .level = LEVEL_MEDIUM, .status = STATUS_REFUSED,
	.workaround = "see the tables that wait with 'dm query-status', and give one's names with -s, -d and -t",
};

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

/* The join of all that are here: the target may have columns that no table has any more. */
static bool join_all(struct table *joined, const struct joined_member *members, const struct shard_group *g, struct arena *a)
{
	const struct table **tables = arena_array(a, g->n_members + 1, sizeof(*tables));
	struct table_clash clash;
	size_t n = 0;

	for (size_t i = 0; i < g->n_members; i++)
		if (members[i].has_now && !g->members[i].away)
			tables[n++] = &members[i].now;
	return n > 0 && table_join(joined, tables, n, &clash);
}

/* A group is a lock while a table waits, or is not as the others together. */
bool lock_joined_put(struct buf *b, const struct work *w, const struct shard_group *g, struct err *e)
{
	struct buf lists[3] = { BUF_INIT(STATE_MAX), BUF_INIT(STATE_MAX), BUF_INIT(STATE_MAX) };
	struct arena a = ARENA_INIT;
	struct joined_member *members = arena_array(&a, g->n_members + 1, sizeof(*members));
	struct table joined;
	size_t n = 0;
	bool locked = false, has_joined, ok = true;

	for (size_t i = 0; i < 3; i++)
		buf_put_char(&lists[i], '[');
	for (; ok && n < g->n_members; n += ok)
		ok = joined_member_read(&members[n], g->members[n].state, &a, e);
	has_joined = ok && join_all(&joined, members, g, &a);
	for (size_t i = 0; ok && i < n; i++) {
		const struct joined_member *m = &members[i];
		enum table_order order;
		bool same = m->verdict.n == 0 && (!has_joined || !m->has_now ||
						  (table_compare(&m->now, &joined, &order, NULL, 0) && order == ORDER_EQUAL));

		if (g->members[i].away)
			continue;
		put_label(&lists[same ? 1 : 2], &g->members[i]);
		if (m->sql.n)
			put_item(&lists[0], m->sql);
		locked |= !same;
	}
	if (ok && locked)
		put_one(b, w, g, lists);
	if (has_joined)
		table_release(&joined);
	for (size_t i = 0; i < n; i++)
		joined_member_release(&members[i]);
	for (size_t i = 0; i < 3; i++)
		buf_release(&lists[i]);
	arena_release(&a);
	return ok;
}

bool lock_joined_order(struct work *w, struct shard_group *g, struct arena *a, struct err *e)
{
	struct shard_member *member;
	struct joined_member m;

	if (w->source.n == 0 || w->database.n == 0 || w->table.n == 0 || (!str_is(w->action, "skip") && !str_is(w->action, "exec")))
		return err_set(e, &err_usage, "of an optimistic lock, one table is unlocked: name it with -s, --database and --table, and say "
			       "--action skip or exec");
	member = shard_find(g, w->source, w->database, w->table);
	if (!member)
		return err_set(e, &err_not_waiting, "table '%.*s.%.*s' of source '%.*s' is none of lock %.*s", STR(w->database), STR(w->table),
			       STR(w->source), STR(w->operands[0]));
	if (!joined_member_read(&m, member->state, a, e))
		return false;
	joined_member_release(&m);
	if ((!str_is(m.verdict, "wait") && !str_is(m.verdict, "conflict")) || m.order.n > 0)
		return err_set(e, &err_not_waiting, "table '%.*s.%.*s' of source '%.*s' %s", STR(w->database), STR(w->table), STR(w->source),
			       m.order.n ? "is to be unlocked already" : "waits at no statement");
	member->state = arena_strf(a, "{\"order\":\"%.*s\",%.*s", STR(w->action), STR(str_from(member->state, 1)));
	g->done++;		/* it looks again */
	return meta_shard_put_member(&w->meta, &g->target, member, e);
}
