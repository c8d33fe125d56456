/* shard_report.c - what merged tables wait for, for the status file; see shard.h */
#include "shard.h"

#include "apply.h"
#include "text/json_write.h"
#include "text/sql_quote.h"

#define TABLES_MAX ((size_t)1 << 20)

static bool same(const struct event_name *a, const struct event_name *b)
{
	return str_eq(a->schema, b->schema) && str_eq(a->table, b->table);
}

/* The first table of ours that waits in its group. */
static bool is_first(const struct shard *sh, const struct shard_table *t)
{
	struct map_entry *entry;
	size_t at = 0;

	while ((entry = map_next(&sh->tables, &at))) {
		const struct shard_table *other = entry->value;

		if (other->blocked && same(&other->target, &t->target))
			return other == t;
	}
	return false;
}

static void put_name(struct buf *b, const struct event_name *name)
{
	struct buf text = BUF_INIT(4096);

	sql_put_table(&text, name->schema, name->table);
	json_put_text(b, buf_str(&text));
	buf_release(&text);
}

static void put_tables(struct buf *b, const char *key, const struct shard *sh, const struct event_name *target, bool blocked)
{
	struct map_entry *entry;
	size_t at = 0;

	json_put_key(b, key);
	buf_put_char(b, '[');
	while ((entry = map_next(&sh->tables, &at))) {
		const struct shard_table *t = entry->value;

		if (t->blocked != blocked || !same(&t->target, target))
			continue;
		if (b->p[b->n - 1] != '[')
			buf_put_char(b, ',');
		put_name(b, &t->up);
	}
	buf_put_char(b, ']');
}

static void put_sql(struct buf *b, const struct shard_table *t, struct arena *a)
{
	struct ddl_event ddl;
	struct err ignored = { 0 };
	struct buf text = BUF_INIT(TABLES_MAX);

	if (t->ddl.n && ddl_line_parse(&ddl, buf_str(&t->ddl), a, &ignored)) {
		buf_put_text(&text, "USE ");
		sql_put_name(&text, t->target.schema);
		buf_putf(&text, "; %.*s;", STR(ddl.sql));
	}
	json_put_text(b, buf_str(&text));
	buf_release(&text);
}

/* Have all tables of ours brought the statement? */
static bool is_whole(const struct shard *sh, const struct event_name *target)
{
	struct map_entry *entry;
	size_t at = 0;

	while ((entry = map_next(&sh->tables, &at))) {
		const struct shard_table *t = entry->value;

		if (!t->blocked && same(&t->target, target))
			return false;
	}
	return true;
}

/* "(mysql-bin.000001, 154)", as DM's manual has it. */
static void put_first(struct buf *b, struct str place)
{
	struct buf text = BUF_INIT(1200);
	struct str file;
	uint64_t pos;

	if (event_pos_parse(place, &file, &pos))
		buf_putf(&text, "(%.*s, %llu)", STR(file), (unsigned long long)pos);
	json_put_key_text(b, "firstPos", buf_str(&text));
	buf_release(&text);
}

static void put_group(struct buf *b, const struct shard *sh, const struct shard_table *t, struct arena *a)
{
	struct buf target = BUF_INIT(4096);

	sql_put_table(&target, t->target.schema, t->target.table);
	buf_put_char(b, '{');
	json_put_key_text(b, "target", buf_str(&target));
	json_put_key(b, "DDLs");
	buf_put_char(b, '[');
	put_sql(b, t, a);
	buf_put_char(b, ']');
	put_first(b, buf_str(&t->held_pos));
	json_put_key_text(b, "firstLocation", buf_str(&t->held_pos));
	put_tables(b, "synced", sh, &t->target, true);
	put_tables(b, "unsynced", sh, &t->target, false);
	buf_put_char(b, '}');
	buf_release(&target);
}

/* The first table of ours that is in conflict, or waits, and what with. */
void shard_report_conflict(const struct sync *s, struct buf *owner, struct buf *why)
{
	const struct shard *sh = &s->shard;
	const struct shard_table *told = NULL;
	struct map_entry *entry;
	size_t at = 0;

	buf_clear(owner);
	buf_clear(why);
	while (sh->mode == SHARD_OPTIMISTIC && sh->n_blocked && (entry = map_next(&sh->tables, &at))) {
		const struct shard_table *t = entry->value;

		if (t->blocked && t->verdict.n && (!told || (str_is(buf_str(&t->verdict), "conflict") && !str_is(buf_str(&told->verdict), "conflict"))))
			told = t;
	}
	if (!told)
		return;
	buf_putf(owner, "%.*s-", STR(s->source));
	sql_put_table(owner, told->up.schema, told->up.table);
	buf_put_str(why, buf_str(&told->why));
}

void shard_report(const struct sync *s, struct buf *blocking, struct buf *groups, struct buf *lock)
{
	const struct shard *sh = &s->shard;
	struct arena a = ARENA_INIT;
	struct map_entry *entry;
	size_t at = 0;

	buf_clear(blocking);
	buf_clear(groups);
	buf_clear(lock);
	buf_put_char(blocking, '[');
	buf_put_char(groups, '[');
	while (sh->n_blocked && (entry = map_next(&sh->tables, &at))) {
		const struct shard_table *t = entry->value;

		if (!t->blocked || !is_first(sh, t))
			continue;
		if (lock->n == 0)
			shard_lock_id_put(lock, s->task, &t->target);
		if (groups->n > 1)
			buf_put_char(groups, ',');
		if (sh->mode == SHARD_PESSIMISTIC)	/* both as with DM */
			put_group(groups, sh, t, &a);
		if (sh->mode == SHARD_PESSIMISTIC && !is_whole(sh, &t->target))
			continue;
		if (blocking->n > 1)
			buf_put_char(blocking, ',');
		put_sql(blocking, t, &a);
	}
	buf_put_char(blocking, ']');
	buf_put_char(groups, ']');
	arena_release(&a);
}
